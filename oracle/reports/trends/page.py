"""Trends as one page: for each series its charts, its versions, its divergences and all its checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from telltale_conformance.oracle.reports.page.chart import Line, Point, Shape, chart, shown
from telltale_conformance.oracle.reports.page.template import filled
from telltale_conformance.oracle.reports.trends.record import CheckRecord
from telltale_conformance.oracle.reports.trends.series import OfVersion, Series, Track

DRAWN: Final = 300
"""Of a longer series the charts and the table of checks show the last ones."""
_SHAPES: Final[dict[str, Shape]] = {"agree": "circle", "diverge": "square", "inconclusive": "diamond"}

Figure = Callable[[CheckRecord], float | None]


def cpu_per_answers(check: CheckRecord) -> float | None:
    """Return the processor seconds of 100,000 answers; None where there was no answer."""
    return 100_000 * check.speed.cpu_seconds / check.judged if check.judged else None


CHARTS: Final[tuple[tuple[str, tuple[tuple[str, Figure], ...]], ...]] = (
    (
        "Divergences",
        (
            ("fail the gate", lambda check: len(check.failing)),
            ("known", lambda check: len(check.findings) - len(check.failing)),
        ),
    ),
    ("Power: claims judged", (("claims judged", lambda check: check.claims_judged),)),
    (
        "Coverage: rows of the contract",
        (("judged", lambda check: check.coverage.rows), ("within reach", lambda check: check.coverage.of_rows)),
    ),
    ("Coverage: situations", (("situations", lambda check: check.coverage.cells),)),
    ("Speed: answers per second", (("answers per second", lambda check: check.speed.answers_per_second),)),
    ("Speed: processor seconds for 100,000 answers", (("processor seconds", cpu_per_answers),)),
)
"""What is drawn of each series: title, and the lines with their figures."""


class Shown(Struct, frozen=True, kw_only=True):
    """A series as the page shows it."""

    series: Series
    charts: tuple[Markup, ...]
    versions: tuple[OfVersion, ...]
    tracks: tuple[Track, ...]
    checks: tuple[CheckRecord, ...]
    """The last ones, the latest first."""
    left_out: int


def trends_page(series: Sequence[Series]) -> str:
    """Return the page; it needs no script."""
    return filled(
        "trends.html.j2",
        styles=("page.css", "plain.css"),
        title="Trends",
        parts=[(f"s{number}", f"{one.way.name} {one.way.contract}") for number, one in enumerate(series)],
        shown_series=[_shown(number, one) for number, one in enumerate(series)],
        number=_number,
    )


def _shown(number: int, series: Series) -> Shown:
    checks = series.checks[-DRAWN:]
    points = [_point(check, before) for before, check in zip((None, *checks), checks, strict=False)]
    charts = []
    for at, (title, lines) in enumerate(CHARTS):
        drawn = [Line(name, tuple(figure(check) for check in checks)) for name, figure in lines]
        charts.append(Markup(chart(f"s{number}c{at}", title, points, drawn)))  # noqa: S704 # it escapes texts
    return Shown(
        series=series,
        charts=tuple(charts),
        versions=series.versions,
        tracks=series.tracks,
        checks=checks[::-1],
        left_out=len(series.checks) - len(checks),
    )


def _point(check: CheckRecord, before: CheckRecord | None) -> Point:
    version = check.implementation.version
    mark = version if before is None or before.implementation.version != version else None
    if before is not None and before.harness != check.harness:
        mark = f"harness {check.harness}" if mark is None else f"{mark}, harness {check.harness}"
    return Point(f"{check.date} version {version}, {check.verdict}", _SHAPES[check.verdict], mark)


def _number(value: float | None) -> str:
    return "–" if value is None else shown(value)
