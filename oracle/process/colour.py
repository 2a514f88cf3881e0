"""Colours for verdict words on a terminal: where a line begins with one, or has one as its lane's.

The words stay what they are; colour says nothing that they do not. What is not a terminal gets none, unless
``FORCE_COLOR`` asks for them, and nothing does where ``NO_COLOR`` is set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Final, TextIO

_STYLES: Final[Mapping[str, str]] = {
    "green": "agree|same verdict|fixed|proved|passed|well-formed",
    "red": "diverge|other verdict|malformed|refuted|new|expired|stale|CLAIM BROKEN|FAILED",
    "yellow": "inconclusive|flaky|bounded|not run|known",
}
_WORDS: Final = "|".join(_STYLES.values())
_STYLE_OF: Final = {word: style for style, words in _STYLES.items() for word in words.split("|")}
_BEGINS: Final = re.compile(
    r"^(?P<before>\s*|[a-z][a-z-]{0,15} +|(?:telltale-17|hardened) +K\d\S* [^\n]{0,40}?)"
    rf"(?P<word>{_WORDS})(?=$|:|  )",
    re.MULTILINE,
)
"""A verdict word at the beginning of a line, in the column after a lane's name, or after a contract and its claim."""

Colouring = Callable[[str], str]


def colouring_for(stream: TextIO) -> Colouring | None:
    """Return what colours whole lines that are written to a stream; None where it gets no colours."""
    if os.environ.get("NO_COLOR"):
        return None
    if not os.environ.get("FORCE_COLOR") and not stream.isatty():
        return None
    from rich.color import ColorSystem
    from rich.console import Console
    from rich.style import Style

    if Console(file=stream).color_system is None:
        return None
    styles = {name: Style(color=name, bold=True) for name in _STYLES}

    def colour(found: re.Match[str]) -> str:
        word = found["word"]
        return found["before"] + styles[_STYLE_OF[word]].render(word, color_system=ColorSystem.STANDARD)

    return lambda text: _BEGINS.sub(colour, text)
