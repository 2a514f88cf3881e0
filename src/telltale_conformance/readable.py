"""Text for people: what comes from outside made one line, its odd characters spelled out, and cut where it is long.

Names, answers and messages of an implementation may hold anything: escape sequences that move the cursor, line breaks
that look like another line of ours, marks that turn the direction of writing, megabytes. Whatever is shown of them
goes through here, and nothing here returns more than it was allowed to.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any, Final

LINE: Final = 400
"""How long a value in a line is when nothing else is said."""
MANY_LINES: Final = 20
"""How many lines of a text are shown when nothing else is said."""

_ENDING: Final = 100
"""How much of the end of a text is kept where both ends are."""
ACTING: Final = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u180e\\u200b-\\u200f"
    "\\u2028-\\u202e\\u2060-\\u206f\\ud800-\\udfff\\ufeff\\ufff9-\\ufffb\\U000110bd\\U000110cd\\U00013430-\\U0001343f"
    "\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0001\\U000e0020-\\U000e007f]"
)
"""A character that acts instead of being seen: controls, formats (direction of writing), surrogates, separators of
lines and paragraphs; the categories Cc, Cf, Cs, Zl and Zp of Unicode."""
_SHORT_FORMS: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def shortened(text: str, limit: int) -> str:
    """Return a text of at most ``limit`` characters, with ``…`` in place of what was cut off."""
    return text if len(text) <= limit else text[: max(0, limit - 1)] + "…"[:limit]


def both_ends(text: str, limit: int) -> str:
    """Return a text of at most ``limit`` characters; of a longer one its beginning and its end."""
    if len(text) <= limit:
        return text
    mark = f"… {len(text) - limit:,} characters left out …"
    room = limit - len(mark) - 8  # the mark may say a larger number yet
    if room < 8:
        return shortened(text, limit)
    ending = min(_ENDING, room // 4)
    left_out = len(text) - room
    return f"{text[: room - ending]}… {left_out:,} characters left out …{text[-ending:]}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 trace``, ``2 traces``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def spelled(text: str) -> str:
    """Return a text in one line, every character that acts spelled out: ``\\n``, ``\\x1b``, ``\\u202e``."""
    return text if text.isprintable() else ACTING.sub(_spelling, text)


def one_line(text: str, limit: int = LINE) -> str:
    """Return a text spelled out in at most ``limit`` characters; of a long one its beginning and how long it is."""
    if len(text) <= limit:
        whole = spelled(text)
        if len(whole) <= limit:
            return whole
    mark = f"… ({len(text)} characters)"
    if 2 * len(mark) > limit:
        mark = "…"
    shown, room = [], limit - len(mark)
    for char in text[: max(0, room)]:
        shown.append(spelled(char))
        room -= len(shown[-1])
        if room < 0:
            shown.pop()
            break
    return shortened("".join(shown) + mark, limit)


def value_line(value: Any, limit: int = LINE) -> str:
    """Return a JSON value as ``one_line`` does; a text as it is, without quotes."""
    return one_line(value, limit) if isinstance(value, str) else json_line(value, limit)


def json_line(value: Any, limit: int = LINE) -> str:
    """Return a JSON value as ``one_line`` does; a text in quotes."""
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    except RecursionError:
        text = "(it nests too deep to be shown)"
    return one_line(text, limit)


def last_lines(text: str, most: int = MANY_LINES, limit: int = LINE) -> list[str]:
    """Return the lines of a text, each as ``one_line`` does; of many the last ``most``."""
    return [one_line(one, limit) for one in text.splitlines()[-most:]] if most > 0 else []


def few_lines(text: str, most: int = 100, limit: int = 1000) -> str:
    """Return a text of several lines, each as ``one_line`` does; of many the first ``most``."""
    lines = text.split("\n", most)
    rest = lines[most:]
    shown = [one_line(one, limit) for one in lines[:most]]
    return "\n".join([*shown, f"… {rest[0].count(chr(10)) + 1:,} more lines"] if rest else shown)


def block(text: str) -> str:
    """Return a text of several lines with its line ends, every other character that acts spelled out."""
    return text if text.isprintable() else "\n".join(map(spelled, text.split("\n")))


def visible(text: str) -> str:
    """Return a text of as many characters: tabs as spaces, every other character that acts as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return ACTING.sub(lambda found: " " if found[0] in "\t\r" else "\ufffd", text)


def markup(text: str) -> str:
    """Return a text for an element of XML or HTML: escaped, what XML forbids and what acts replaced by U+FFFD."""
    return html.escape(re.sub("[\ufffe\uffff]", "\ufffd", visible(text)), quote=False)


def _spelling(found: re.Match[str]) -> str:
    char = found[0]
    number = ord(char)
    form = f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
    return _SHORT_FORMS.get(char, form)
