"""Trends as text for a terminal: a table of versions for each series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from telltale_conformance.oracle.reports.trends.figures import FIGURES
from telltale_conformance.oracle.reports.trends.series import OfVersion, Series
from telltale_conformance.readable import one_line

_TEXT: Final = 200
_VERSION: Final = 24
_LEFT: Final = ("version", "harness", "last verdict")
"""The columns whose texts begin on the left."""


def trends_lines(series: Sequence[Series]) -> Iterator[str]:
    """Yield the lines of the text."""
    for number, one in enumerate(series):
        if number:
            yield ""
        yield one_line(str(one.way), _TEXT)
        yield from _table(one)


def _table(series: Series) -> Iterator[str]:
    versions = series.versions
    rows = [_row(series.what, of) for of in versions]
    widths = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
    yield _line(dict(zip(widths, widths, strict=True)), widths)
    for of, row in zip(versions, rows, strict=True):
        yield _line(row, widths)
        yield from _changes(of)


def _row(what: str, of: OfVersion) -> dict[str, str]:
    """Return the cells of the line of a version, by their titles."""
    return {
        "version": one_line(of.version, _VERSION),
        "harness": one_line(of.harness, _VERSION),
        f"{what}s": f"{len(of.records):,}",
        "last verdict": of.last.verdict,
        **{column.short: column.text(of.last) for column in FIGURES[what].columns if column.short},
    }


def _line(row: dict[str, str], widths: dict[str, int]) -> str:
    cells = (text.ljust(widths[name]) if name in _LEFT else text.rjust(widths[name]) for name, text in row.items())
    return f"  {'  '.join(cells)}".rstrip()


def _changes(of: OfVersion) -> Iterator[str]:
    """Yield what is new in a version, what only an earlier search found, and what is not seen any more."""
    yield from (f"    + {one_line(text, _TEXT)}" for text in of.appeared)
    yield from (f"    found by an earlier {of.last.what}: {one_line(text, _TEXT)}" for text in of.earlier)
    gone = "-" if of.last.not_seen == "no longer seen" else f"{of.last.not_seen}:"
    yield from (f"    {gone} {one_line(text, _TEXT)}" for text in of.gone)
    yield from (f"    not looked for: {one_line(text, _TEXT)}" for text in of.not_looked_for)
