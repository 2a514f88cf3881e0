"""Two answers as one difference, as version control shows it: ``-`` the contract, ``+`` the implementation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from msgspec import Struct

from telltale_conformance.oracle.reports.page.side_by_side import Line

Sign = Literal["-", "+", " "]


class Change(Struct, frozen=True):
    """A line of the difference."""

    sign: Sign
    """``-`` where only the contract has it, ``+`` where only the implementation does."""
    text: str
    alike: int = 0
    """How many lines that do not differ this one stands for; 0 for none but itself."""


def difference(lines: Sequence[Line]) -> list[Change]:
    """Return aligned lines as one column: what the contract has there first, then what was answered instead."""
    return list(_difference(lines))


def _difference(lines: Sequence[Line]) -> Iterator[Change]:
    differing: list[Line] = []
    for line in lines:
        if line.differs:
            differing.append(line)
            continue
        yield from _changed(differing)
        differing = []
        yield Change(" ", line.left, line.alike)
    yield from _changed(differing)


def _changed(lines: Sequence[Line]) -> Iterator[Change]:
    yield from (Change("-", line.left) for line in lines if line.left)
    yield from (Change("+", line.right) for line in lines if line.right)
