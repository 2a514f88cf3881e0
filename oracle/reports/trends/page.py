"""Trends as one page: for each series its charts, its versions, its divergences and all its records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from telltale_conformance.oracle.reports.page.chart import Line, Point, Shape, chart
from telltale_conformance.oracle.reports.page.template import filled
from telltale_conformance.oracle.reports.trends.figures import FIGURES, Column
from telltale_conformance.oracle.reports.trends.record import Record
from telltale_conformance.oracle.reports.trends.series import OfVersion, Series, Track

DRAWN: Final = 300
"""Of a longer series the charts and the table of records show the last ones."""
_SHAPES: Final[dict[str, Shape]] = {"agree": "circle", "diverge": "square", "inconclusive": "diamond"}


class Shown(Struct, frozen=True, kw_only=True):
    """A series as the page shows it."""

    series: Series
    charts: tuple[Markup, ...]
    columns: tuple[Column, ...]
    versions: tuple[OfVersion, ...]
    tracks: tuple[Track, ...]
    records: tuple[Record, ...]
    """The last ones, the latest first."""
    left_out: int


def trends_page(series: Sequence[Series]) -> str:
    """Return the page; it needs no script."""
    return filled(
        "trends.html.j2",
        styles=("page.css", "plain.css"),
        title="Trends",
        parts=[(f"s{number}", title) for number, title in enumerate(_titles(series))],
        shown_series=[_shown(number, one) for number, one in enumerate(series)],
    )


def _titles(series: Sequence[Series]) -> list[str]:
    """Return what links call the series: as little as tells each from the others."""
    titles = [f"{one.way.name} {one.way.contract} {one.what}s" for one in series]
    settings = [(f"level {one.way.level}", one.way.amount, one.way.lanes_in_words) for one in series]
    for further in zip(*settings, strict=True):
        by_title: dict[str, set[str]] = {}
        for title, more in zip(titles, further, strict=True):
            by_title.setdefault(title, set()).add(more)
        titles = [
            f"{title}, {more}" if len(by_title[title]) > 1 else title
            for title, more in zip(titles, further, strict=True)
        ]
    return titles


def _shown(number: int, series: Series) -> Shown:
    figures, records = FIGURES[series.what], series.records[-DRAWN:]
    points = [_point(record, before) for before, record in zip((None, *records), records, strict=False)]
    charts = []
    for at, (title, lines) in enumerate(figures.charts):
        drawn = [Line(name, tuple(figure(record) for record in records)) for name, figure in lines]
        charts.append(Markup(chart(f"s{number}c{at}", title, points, drawn)))  # noqa: S704 # it escapes texts
    return Shown(
        series=series,
        charts=tuple(charts),
        columns=figures.columns,
        versions=series.versions,
        tracks=series.tracks,
        records=records[::-1],
        left_out=len(series.records) - len(records),
    )


def _point(record: Record, before: Record | None) -> Point:
    version = record.implementation.version
    mark = version if before is None or before.implementation.version != version else None
    if before is not None and before.harness != record.harness:
        mark = f"harness {record.harness}" if mark is None else f"{mark}, harness {record.harness}"
    return Point(f"{record.date} version {version}, {record.verdict}", _SHAPES[record.verdict], mark)
