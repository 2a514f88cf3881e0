"""Places in a source text, and how to show one: the line with a caret below it."""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple

from telltale_conformance.readable import visible

_WINDOW: Final = 70
"""How much of a long line is shown on either side of the place."""


class Position(NamedTuple):
    """A place in a text: line and column, both from 1, columns counted in characters."""

    line: int
    column: int


def excerpt(text: str, position: Position) -> str:
    """Return the line of ``text`` at ``position`` with its number, and a caret under the column.

    Long lines are cut around the place; control characters are replaced, so that a file cannot move the
    cursor of the terminal that shows it; wide and combining characters are measured as a terminal does.
    """
    start = 0
    for _ in range(position.line - 1):
        start = text.find("\n", start) + 1
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    place = min(start + position.column - 1, end)
    first, last = max(start, place - _WINDOW), min(end, place + _WINDOW)
    before = visible(("…" if first > start else "") + text[first:place])
    after = visible(text[place:last]) + ("…" if last < end else "")
    number = str(position.line)
    return f"{number} | {before}{after}\n{' ' * len(number)} | {' ' * _columns(before)}^"


def _columns(text: str) -> int:
    """How many columns a terminal gives to ``text``."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
