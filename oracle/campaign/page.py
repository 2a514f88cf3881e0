"""The report of a campaign as one page: its verdict, how it came along as charts, its findings and lanes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from telltale_conformance.oracle.campaign.over_time import FIGURES, Stretch, stretches
from telltale_conformance.oracle.campaign.report import (
    CampaignReport,
    corpus_text,
    of_own_reference,
    time_text,
    worked_text,
)
from telltale_conformance.oracle.reports.page.chart import Line, Point, chart, shown
from telltale_conformance.oracle.reports.page.template import filled
from telltale_conformance.oracle.verdict.not_covered import OWN_REFERENCE

PARTS: Final = 60
"""In how many parts of its time a campaign is drawn at most."""
_MARKS: Final = 5
"""How many times are written below a chart."""


def campaign_page(report: CampaignReport) -> str:
    """Return the page; it needs no script."""
    parts = stretches(report.coverage, min(PARTS, len(report.coverage)))
    return filled(
        "campaign.html.j2",
        styles=("page.css", "plain.css"),
        title="Campaign",
        parts=[("over-time", "Over time"), ("findings", "Findings"), ("lanes", "Lanes")],
        report=report,
        charts=_charts(parts),
        figures=[figure.name for figure in FIGURES],
        rows=[(time_text(part.end.seconds), [figure.of(part) for figure in FIGURES]) for part in parts],
        corpus=corpus_text(report),
        worked=worked_text(report),
        own_reference=OWN_REFERENCE if of_own_reference(report) else "",
        number=shown,
        time=time_text,
    )


def _charts(parts: Sequence[Stretch]) -> list[Markup]:
    each = max(1, -(-len(parts) // _MARKS))
    points = [
        Point(
            f"after {time_text(part.end.seconds)}",
            mark=time_text(part.end.seconds) if number % each == each - 1 else None,
        )
        for number, part in enumerate(parts)
    ]
    return [
        Markup(  # noqa: S704 # it escapes texts
            chart(
                f"c{number}",
                figure.name.capitalize(),
                points,
                [Line(figure.name, tuple(figure.of(part) for part in parts))],
            )
        )
        for number, figure in enumerate(FIGURES)
        if parts
    ]
