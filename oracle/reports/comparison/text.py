"""A comparison as text for a terminal: in what the reports are not alike, then the rows in which they differ."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from telltale_conformance.oracle.reports.comparison.comparison import Comparison
from telltale_conformance.oracle.reports.comparison.rows import Compared, Section
from telltale_conformance.readable import one_line

_NAME: Final = 46
_STATE: Final = 12
_WORDS: Final = 200
_LIST: Final = 1000


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the lines of the text."""
    for side in comparison.sides:
        settings = f"contract {side.report.contract}, level {side.report.level}, {side.report.amount}"
        yield f"{side.letter}  {side.report.verdict:<14}{one_line(side.name, 60)}  {one_line(settings, 120)}"
        yield f"   {one_line(side.path)}"
    for one in comparison.unlike:
        values = ", ".join(f"{side.letter} {value}" for side, value in zip(comparison.sides, one.values, strict=True))
        yield f"NOT ALIKE in {one.setting}: {one_line(values, _WORDS)}; {one.follows}"
    for section in comparison.sections:
        yield from _section_lines(section, comparison)
    yield ""
    yield last_line(comparison)


def last_line(comparison: Comparison) -> str:
    """Return the sums in one line."""
    unlike = ", ".join(one.setting for one in comparison.unlike)
    counts = f"rows that differ: {comparison.differences}; judged in some reports only: {comparison.partly}"
    return counts + (f"; the reports are not alike in {unlike}" if unlike else "")


def _section_lines(section: Section, comparison: Comparison) -> Iterator[str]:
    yield ""
    heads = "".join(f"{side.letter:<{_STATE}}" for side in comparison.sides) if section.differing else ""
    yield f"{section.name:<{_NAME}}{heads}".rstrip()
    for row in section.differing:
        yield from _row_lines(row, comparison)
    for by, rows in groupby(
        sorted(section.partly, key=lambda row: _judges(row, comparison)), lambda row: _judges(row, comparison)
    ):
        names = [row.name for row in rows]
        yield f"  judged in {by} only ({len(names)}): {one_line(', '.join(names), _LIST)}"
    alike = ", ".join(f"{count} {state}" for state, count in section.alike_by_state.items())
    yield f"  the same in all: {alike or 'none'}"


def _judges(row: Compared, comparison: Comparison) -> str:
    """Return the letters of the reports that judged a row."""
    return " ".join(side.letter for side, mark in zip(comparison.sides, row.marks, strict=True) if mark.judged)


def _row_lines(row: Compared, comparison: Comparison) -> Iterator[str]:
    states = "".join(f"{mark.state:<{_STATE}}" for mark in row.marks)
    yield f"  {one_line(row.name, _NAME - 4):<{_NAME - 2}}{states}".rstrip()
    if row.about:
        yield f"    {one_line(row.about, _WORDS)}"
    for side, mark in zip(comparison.sides, row.marks, strict=True):
        yield f"    {side.letter}: {one_line(mark.words, _WORDS)}"
