"""What is shown of a record: the columns of its tables, and the charts of a series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from telltale_conformance.oracle.reports.page.chart import shown
from telltale_conformance.oracle.reports.trends.campaign_record import CampaignRecord
from telltale_conformance.oracle.reports.trends.check_record import CheckRecord

Value = float | str | None


class Column(NamedTuple):
    """A column of figures."""

    title: str
    of: Callable[[Any], Value]
    short: str = ""
    """Its title in the text; empty where only the page has it."""

    def text(self, record: object) -> str:
        """Return the figure of a record, as it is shown."""
        value = self.of(record)
        return value if isinstance(value, str) else "–" if value is None else shown(value)


class Chart(NamedTuple):
    """A chart with its lines."""

    title: str
    lines: tuple[tuple[str, Callable[[Any], float | None]], ...]


class Figures(NamedTuple):
    """The figures of one kind of record."""

    columns: tuple[Column, ...]
    charts: tuple[Chart, ...]


def _known(check: CheckRecord) -> int:
    return len(check.findings) - len(check.failing)


def _rows(record: CheckRecord | CampaignRecord) -> str:
    return f"{record.coverage.rows}/{record.coverage.of_rows}"


_ANSWERS: Final = (
    Column("answers", lambda record: record.judged, "answers"),
    Column("not judged", lambda record: record.not_judged),
    Column("faults", lambda record: record.faults),
    Column("answers/s", lambda record: record.speed.answers_per_second, "answers/s"),
    Column("CPU s", lambda record: record.speed.cpu_seconds),
)
_ROWS: Final = Chart(
    "Coverage: rows of the contract",
    (("judged", lambda record: record.coverage.rows), ("within reach", lambda record: record.coverage.of_rows)),
)
_SPEED: Final = (
    Chart("Speed: answers per second", (("answers per second", lambda record: record.speed.answers_per_second),)),
    Chart(
        "Speed: processor seconds for 100,000 answers",
        (("processor seconds", lambda record: record.cpu_per_answers),),
    ),
)
FIGURES: Final[dict[str, Figures]] = {
    CheckRecord.what: Figures(
        (
            Column("fail the gate", lambda check: len(check.failing), "failing"),
            Column("known", _known, "known"),
            Column("claims judged", lambda check: check.claims_judged, "claims"),
            Column("rows", _rows, "rows"),
            Column("situations", lambda check: check.coverage.cells, "situations"),
            *_ANSWERS,
        ),
        (
            Chart("Divergences", (("fail the gate", lambda check: len(check.failing)), ("known", _known))),
            Chart("Power: claims judged", (("claims judged", lambda check: check.claims_judged),)),
            _ROWS,
            Chart("Coverage: situations", (("situations", lambda check: check.coverage.cells),)),
            *_SPEED,
        ),
    ),
    CampaignRecord.what: Figures(
        (
            Column("findings", lambda campaign: len(campaign.findings), "findings"),
            Column("tasks", lambda campaign: campaign.tasks, "tasks"),
            Column("rows", _rows, "rows"),
            Column("cells", lambda campaign: campaign.coverage.cells, "cells"),
            Column("left, at least", lambda campaign: campaign.estimate.left, "left"),
            Column("corpus", lambda campaign: campaign.corpus),
            *_ANSWERS,
        ),
        (
            Chart("Findings", (("classes of divergence", lambda campaign: len(campaign.findings)),)),
            Chart(
                "Power: of 100 cells within reach, by the estimate",
                (("reached", lambda campaign: campaign.share_reached),),
            ),
            _ROWS,
            Chart(
                "Coverage: cells",
                (
                    ("reached", lambda campaign: campaign.coverage.cells),
                    ("within reach, at least", lambda campaign: campaign.within_reach),
                ),
            ),
            Chart("Length: answers judged", (("answers", lambda campaign: campaign.judged),)),
            *_SPEED,
        ),
    ),
}
"""The figures by what left the record."""
