"""Texts from outside on their way out: one rule for each kind of place that they are written to.

A name, an answer or a message of an implementation is shown as text wherever it goes: it moves no cursor, turns no
direction of writing, opens no tag, starts no command of a CI log, ends no comment, no string and no code block.
``readable`` says what a character that acts is and how it is spelled out; here is what each place needs beyond that.
"""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Iterator
from typing import Final

from telltale_conformance.readable import ACTING, block, spelled

_COMMAND_ANYWHERE: Final = "##["
"""The old form of a command of a CI log, which is one wherever it stands in a line."""
_COMMAND: Final = "::"
"""The form of today, which is one at the beginning of a line, after spaces."""
_MARKDOWN_MARKS: Final = re.compile(r"([\\`*_\[\]|~#@!{}])")
_BLOCK_MARK: Final = re.compile(r"^[-+=]|(?<=^\d)[.)]")
"""What begins a list or underlines a heading at the beginning of a line."""
_AUTOLINK: Final = re.compile(r"(?<=[A-Za-z0-9+.-]):(?=//)|(?<=[wW]{3})\.|(?<=mailto):|(?<=xmpp):")
_SUMMARY_LINK: Final = re.compile(f"{_AUTOLINK.pattern}|[@#](?=\\w)")
_NOT_IN_A_NAME: Final = re.compile(r"[^\w.-]+")
_LONGEST_NAME: Final = 60
"""In characters, which may take four bytes each of the 255 that a name can have."""
_NOT_IN_XML: Final = re.compile("[\ufffe\uffff]")


# --- terminals and logs


class LogLines:
    """Makes a stream of texts safe for a terminal and for the log of a CI, though a line comes in pieces."""

    def __init__(self) -> None:
        self._begun = ""
        """What stands in the line that is not ended: its first characters after spaces, at most two."""

    def written(self, text: str) -> str:
        """Return the next piece as it may be written."""
        if not self._begun and "#" not in text and ":" not in text and text.isascii() and text.isprintable():
            self._begun = text.lstrip()[:2]
            return text
        shown = block(text).replace(_COMMAND_ANYWHERE, r"#\x23[")
        return "\n".join(self._lines(shown.split("\n")))

    def _lines(self, lines: list[str]) -> Iterator[str]:
        for number, line in enumerate(lines):
            if number:
                self._begun = ""
            before, self._begun = self._begun, (self._begun + line.lstrip() if not self._begun else self._begun + line)
            if before in ("", ":") and self._begun.startswith(_COMMAND):
                blank = "" if before else line[: len(line) - len(line.lstrip())]
                line = blank + r"\x3a" + line[len(blank) + 1 :]
            self._begun = self._begun[:2]
            yield line


def command_field(text: str, more: str = "") -> str:
    """Return a text for a command of GitHub's log: its message or, with ``more`` set to ``:,``, a property of it."""
    text = block(text)
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text.replace(_COMMAND_ANYWHERE, r"#\x23[")


# --- formats


def json_text(text: str) -> str:
    """Return a JSON text with every character that acts written as an escape; it stands for the same value.

    A lone surrogate, which is how Python reads a byte of a file name that is not UTF-8, becomes text: ``\\udcff``.
    """
    if text.isascii() and text.isprintable() and _COMMAND_ANYWHERE not in text:
        return text
    return ACTING.sub(_json_escape, text).replace(_COMMAND_ANYWHERE, r"#\u0023[")


def _json_escape(found: re.Match[str]) -> str:
    char = found[0]
    if char in "\n\r\t":
        return char  # between the values; in a text JSON has them escaped already
    if "\ud800" <= char <= "\udfff":
        return f"\\\\u{ord(char):04x}"
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def xml_text(text: str) -> str:
    """Return a text that an element or attribute of XML can hold; the writer of the document escapes its marks."""
    return _NOT_IN_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", block(text))


def html_text(value: object) -> object:
    """Return what a template shows for a value: a text spelled out, all else as it is; the template escapes it."""
    return block(value) if type(value) is str else value


def markdown_text(text: str) -> str:
    """Return a text that Markdown shows as it is, in one line: no mark, no tag, no link, no mention."""
    escaped = html.escape(spelled(re.sub(r"[\r\n]+", " ", text).strip()), quote=False)
    escaped = _BLOCK_MARK.sub(r"\\\g<0>", _MARKDOWN_MARKS.sub(r"\\\1", escaped))
    return _AUTOLINK.sub(lambda found: f"&#{ord(found[0])};", escaped)


def summary_text(text: str) -> str:
    """Return a text for a ``<summary>`` in Markdown, which is HTML to its end: no mark acts, code in backticks is code."""
    escaped = html.escape(spelled(re.sub(r"[\r\n]+", " ", text).strip()), quote=False)
    linked = _SUMMARY_LINK.sub(lambda found: f"&#{ord(found[0])};", escaped)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", linked)


def markdown_code(text: str, language: str) -> Iterator[str]:
    """Yield a code block whose fence is longer than any run of backticks in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + language
    yield block(text)
    yield fence


# --- programs


def shell_word(text: str) -> str:
    """Return a text as one word of a shell; with characters that act in the form ``$'…'`` of bash and zsh.

    A pasted text with raw control characters would act on the terminal before a shell ever reads it.
    """
    if not ACTING.search(text):
        return shlex.quote(text)
    data = text.replace("\\", r"\\").replace("'", r"\'").replace("\0", "")
    return "$'" + ACTING.sub(_octal, data) + "'"


def _octal(found: re.Match[str]) -> str:
    return "".join(f"\\{byte:03o}" for byte in found[0].encode("utf-8", "surrogateescape"))


def python_docstring(text: str) -> str:
    """Return a text for a line of a docstring in three double quotes."""
    return spelled(text).replace("\\", "\\\\").replace('"', "'")


def lean_string(text: str) -> str:
    """Return a Lean string literal, or an expression of some, that stands for the text."""
    quoted = '"' + ACTING.sub(_lean_escape, text.replace("\\", "\\\\").replace('"', '\\"')) + '"'
    return f"({quoted})" if any(char > "\uffff" for char in ACTING.findall(text)) else quoted


def _lean_escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(found[0])
    if short is not None:
        return short
    if number > 0xFFFF:
        return f'" ++ String.singleton (Char.ofNat {number}) ++ "'  # Lean's escapes end before it
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}"


def lean_comment(text: str) -> str:
    """Return a text for a comment of Lean, in one line; comments nest."""
    return spelled(text).replace("-/", "- /").replace("/-", "/ -")


# --- files


def file_name(text: str, otherwise: str = "unnamed") -> str:
    """Return a name for a file in a folder of ours: letters and digits, short, and leading nowhere else."""
    name = _NOT_IN_A_NAME.sub("_", text).strip("._")[:_LONGEST_NAME].rstrip("._")
    return name or otherwise

