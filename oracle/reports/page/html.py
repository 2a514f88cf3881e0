"""The report as one page: everything in it, nothing fetched, opened from a file as well as from a server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup
from msgspec import Struct

from telltale_conformance.oracle.claims import second_solver
from telltale_conformance.oracle.claims.catalogue import CLAIMS, Claim
from telltale_conformance.oracle.histories.judging import judge_bytes
from telltale_conformance.oracle.reference.judging import fault_of_harness
from telltale_conformance.oracle.reports.history_text import refusal_lines
from telltale_conformance.oracle.reports.page.cast import cast, scene
from telltale_conformance.oracle.reports.page.coverage_map import CoverageMap, coverage_map
from telltale_conformance.oracle.reports.page.diagram import diagram
from telltale_conformance.oracle.reports.page.exchanges import Exchange, exchanges
from telltale_conformance.oracle.reports.page.history_bars import bars_of, drawing
from telltale_conformance.oracle.reports.page.side_by_side import Line, folded, side_by_side
from telltale_conformance.oracle.reports.page.template import filled
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.wording import (
    lane_notes,
    place_of,
    problems,
    program_text,
    shown_path,
    stand_text,
    title,
    verify_command,
)
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.readable import value_line

STEPS_SHOWN: Final = 40
"""Of a longer program the page shows the last steps; the file beside it has them all."""
STEPS_DRAWN: Final = 14
"""Of a longer program the diagram shows the last steps about the session that diverges."""
_SHOWN: Final = 240
"""Characters of a value in the log."""
_SHOWN_DIVERGING: Final = 2000


class LogRow(Struct, frozen=True, kw_only=True):
    """One step in the log."""

    seq: int
    op: str
    args: str
    expected: str
    note: str
    diverges: bool
    skipped: str | None


class FindingView(Struct, frozen=True, kw_only=True):
    """A finding as the page shows it."""

    finding: Finding
    title: str
    stand: str
    place: str | None
    program: str
    """How small its program is, and what one must know about it."""
    folder: str | None
    """The path of its dossier."""
    verify: str | None
    """The command that runs it again from there."""
    diagram: Markup | None
    log: tuple[LogRow, ...]
    left_out: int
    """Steps before those that the log shows."""
    not_drawn: int
    """Steps that the diagram leaves out."""
    answer: tuple[Line, ...]
    """The answer to the diverging step, side by side."""
    state: str
    bars: Markup | None = None
    """The history of several clients, where the finding is one."""
    orders: tuple[str, ...] = ()
    """Why no order explains it, line by line."""


class ClaimRow(Struct, frozen=True):
    """A claim as the page shows it."""

    claim: Claim
    stand: ClaimStand
    known: str
    """What is known of it under the contract that the verdict is by, by z3."""
    again: str
    """What cvc5 says to that; empty where it was not asked."""

    @property
    def inherent(self) -> bool:
        """Whether the contract breaks it, so that every implementation of the contract does."""
        return self.stand.status == "broken" and self.known == "refuted"


class Bar(Struct, frozen=True):
    """A lane's time."""

    lane: str
    seconds: float
    start: float
    """In per mille of the whole."""
    width: float


def page(report: Report, folder: Path) -> str:
    """Return the page; ``folder`` is where the programs are that it names."""
    return filled(
        "page.html.j2",
        script="page.js",
        report=report,
        problems=problems(report),
        findings=[_told(finding, folder, report.level) for finding in report.findings],
        coverage=_coverage(report),
        claims=_claims(report),
        bars=_bars(report),
        lane_notes=lane_notes,
    )


def _told(finding: Finding, folder: Path, level: Level) -> FindingView:
    """Return a finding as the page shows it; without diagram and log where these cannot be made."""
    try:
        return _view(finding, folder, level)
    except Exception as error:
        fault = fault_of_harness(error, "while its program was drawn")
        return FindingView(
            finding=finding,
            title=title(finding),
            stand=stand_text(finding),
            place=None,
            program=f"{program_text(finding)}; {fault}",
            folder=None if finding.folder is None else shown_path(folder / finding.folder),
            verify=verify_command(finding, folder),
            diagram=None,
            log=(),
            left_out=0,
            not_drawn=0,
            answer=tuple(folded(side_by_side(finding.divergence.expected, finding.divergence.actual))),
            state="",
        )


def _view(finding: Finding, folder: Path, level: Level) -> FindingView:
    steps = exchanges(finding)
    shown = steps[-STEPS_SHOWN:]
    drawn = steps if finding.minimal and len(steps) <= STEPS_SHOWN else scene(steps, STEPS_DRAWN)
    last = next((step for step in shown if step.diverges), None)
    place = place_of(finding, folder)
    return FindingView(
        finding=finding,
        title=title(finding),
        stand=stand_text(finding),
        place=None if place is None else f"{place.path}:{place.line}",
        program=program_text(finding),
        folder=None if finding.folder is None else shown_path(folder / finding.folder),
        verify=verify_command(finding, folder),
        diagram=Markup(diagram(cast(drawn), f"d{finding.short}")) if drawn else None,  # noqa: S704 # it escapes texts
        log=tuple(_log_row(step) for step in shown),
        left_out=len(steps) - len(shown),
        not_drawn=len(steps) - len(drawn),
        answer=tuple(folded(_answer(finding, last))),
        state="" if finding.divergence.state is None else value_line(finding.divergence.state, 2000),
        **_of_history(finding, level),
    )


def _of_history(finding: Finding, level: Level) -> dict[str, Any]:
    """Return the bars and the orders of a history; nothing where the finding is none."""
    history = finding.divergence.history
    if history is None:
        return {}
    result = judge_bytes(history, level=level)
    drawn = drawing(bars_of(history, result.refusal), f"h{finding.short}")
    orders = tuple(refusal_lines(result.refusal)) if result.refusal is not None else ()
    return {"bars": Markup(drawn), "orders": orders}  # noqa: S704 # it escapes texts


def _log_row(step: Exchange) -> LogRow:
    return LogRow(
        seq=step.seq,
        op=step.op,
        args=value_line(step.args, _SHOWN if not step.diverges else _SHOWN_DIVERGING),
        expected="" if step.expected is None else value_line(step.expected, _SHOWN),
        note=step.note,
        diverges=step.diverges,
        skipped=step.skipped,
    )


def _answer(finding: Finding, step: Exchange | None) -> Sequence[Line]:
    """Return both answers to the diverging step; the differing fields alone where the step cannot be run."""
    if step is None or step.expected is None:
        return side_by_side(finding.divergence.expected, finding.divergence.actual)
    actual = dict(step.actual or {})
    expected = dict(step.expected)
    if finding.divergence.kind in ("outcome", "panic"):
        expected.pop("audit", None)  # what the implementation logged there was not compared
    return side_by_side(expected, actual)


def _coverage(report: Report) -> CoverageMap:
    cells = set().union(*(lane.coverage for lane in report.lanes))
    return coverage_map(cells, report.contract, report.implementation.ops)


def _claims(report: Report) -> list[ClaimRow]:
    return [
        ClaimRow(
            CLAIMS[claim],
            stand,
            known=CLAIMS[claim].known(report.contract),
            again=second_solver.kept().of(report.contract, claim),
        )
        for claim, stand in report.claims.items()
    ]


def _bars(report: Report) -> list[Bar]:
    whole = sum(lane.seconds for lane in report.lanes) or 1.0
    bars, start = [], 0.0
    for lane in report.lanes:
        width = 1000 * lane.seconds / whole
        bars.append(Bar(lane.lane, lane.seconds, round(start, 1), round(max(width, 1.5), 1)))
        start += width
    return bars
