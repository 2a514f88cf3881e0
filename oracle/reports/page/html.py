"""The report as one page: everything in it, nothing fetched, opened from a file as well as from a server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from markupsafe import Markup
from msgspec import Struct

from telltale_conformance.model.guard import Guard
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.oracle.claims import second_solver
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.claims.claim import Claim
from telltale_conformance.oracle.histories.judging import judge_bytes
from telltale_conformance.oracle.reference.judging import fault_of_harness
from telltale_conformance.oracle.reports.history_text import refusal_lines
from telltale_conformance.oracle.reports.next_step import next_step
from telltale_conformance.oracle.reports.page.cast import cast, scene
from telltale_conformance.oracle.reports.page.contract_rows import Row, row_of_guard, row_of_operation, rows_for
from telltale_conformance.oracle.reports.page.coverage_map import CoverageMap, coverage_map
from telltale_conformance.oracle.reports.page.diagram import diagram
from telltale_conformance.oracle.reports.page.difference import Change, difference
from telltale_conformance.oracle.reports.page.exchanges import Exchange, exchanges
from telltale_conformance.oracle.reports.page.history_bars import bars_of, drawing
from telltale_conformance.oracle.reports.page.side_by_side import Line, folded, side_by_side
from telltale_conformance.oracle.reports.page.template import filled
from telltale_conformance.oracle.reports.places import from_page
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.what_broke import causes, what_broke, why_it_matters
from telltale_conformance.oracle.reports.wording import (
    lane_notes,
    place_of,
    problems,
    program_text,
    stand_text,
)
from telltale_conformance.oracle.verdict.claim_stand import NOT_JUDGED, ClaimStand
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.readable import value_line
from telltale_conformance.sinks import shell_word

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
    what: str
    """What broke, in a sentence."""
    why: str
    """Why it matters."""
    guard: Guard | None
    """The guard that must refuse; None where none does."""
    row: Row | None
    """The contract's row of the operation."""
    guard_row: Row | None
    stand: str
    place: str | None
    program: str
    """How small its program is, and what one must know about it."""
    verify: str | None
    """The command that runs its dossier again."""
    beside: bool
    """That command is for the folder of the page, not for the working directory of the check."""
    diagram: Markup | None = None
    log: tuple[LogRow, ...] = ()
    left_out: int = 0
    """Steps before those that the log shows."""
    not_drawn: int = 0
    """Steps that the diagram leaves out."""
    answer: tuple[Change, ...] = ()
    """The answer to the diverging step, as the difference from the contract's."""
    state: str = ""
    bars: Markup | None = None
    """The history of several clients, where the finding is one."""
    orders: tuple[str, ...] = ()
    """Why no order explains it, line by line."""


class CauseView(Struct, frozen=True):
    """Classes of one cause, as the first screen shows them."""

    leading: FindingView
    others: tuple[FindingView, ...]
    operations: tuple[str, ...]


class ClaimRow(Struct, frozen=True):
    """A claim as the page shows it."""

    claim: Claim
    stand: ClaimStand
    """How it stands by what was seen of the implementation."""
    known: str
    """What is known of it under the contract that the verdict is by, by z3."""
    again: str
    """What cvc5 says to that; empty where it was not asked."""

    @property
    def inherent(self) -> bool:
        """Whether the contract breaks it, so that every implementation of the contract does."""
        return self.stand.status == "broken" and self.known == "refuted"

    @property
    def order(self) -> int:
        """Its place in the list: first what the implementation alone breaks."""
        return 0 if self.stand.status == "broken" and not self.inherent else _CLAIMS[self.stand.status]


_CLAIMS: Final = {"broken": 1, "kept": 2, "not judged": 3}


class Bar(Struct, frozen=True):
    """A lane's time."""

    lane: str
    seconds: float
    start: float
    """In per mille of the whole."""
    width: float


def page(report: Report, folder: Path) -> str:
    """Return the page; ``folder`` is where the programs are that it names."""
    views = {finding.fingerprint: _told(finding, folder, report.level, report.contract) for finding in report.findings}
    grouped = [
        CauseView(
            leading=views[cause.leading.fingerprint],
            others=tuple(views[one.fingerprint] for one in cause.findings[1:]),
            operations=cause.operations,
        )
        for cause in causes(report.findings)
    ]
    return filled(
        "page.html.j2",
        script="page.js",
        folder=folder,
        report=report,
        problems=problems(report),
        causes=grouped,
        failing=[cause for cause in grouped if cause.leading.finding.fails],
        next=next_step(report),
        coverage=_coverage(report),
        claims=_claims(report),
        rows=rows_for((finding.key for finding in report.findings), report.contract),
        bars=_bars(report),
        lane_notes=lane_notes,
    )


def _told(finding: Finding, folder: Path, level: Level, contract: str) -> FindingView:
    """Return a finding as the page shows it; without diagram and log where these cannot be made."""
    key = finding.key
    dossier = None if finding.folder is None else from_page(folder / finding.folder, folder)
    plain = FindingView(
        finding=finding,
        what=what_broke(finding),
        why=why_it_matters(key),
        guard=GUARDS.get(key.guard),
        row=row_of_operation(key.op, contract),
        guard_row=row_of_guard(key.guard),
        stand=stand_text(finding),
        place=None,
        program=program_text(finding),
        verify=None if dossier is None else f"telltale-conformance verify {shell_word(dossier.path)}",
        beside=dossier is not None and dossier.beside,
        answer=_changes(side_by_side(finding.divergence.expected, finding.divergence.actual)),
    )
    try:
        return _drawn(plain, folder, level)
    except Exception as error:
        fault = fault_of_harness(error, "while its program was drawn")
        return msgspec.structs.replace(plain, program=f"{plain.program}; {fault}")


def _drawn(view: FindingView, folder: Path, level: Level) -> FindingView:
    """Return the view with all that is read from the program of its finding."""
    finding = view.finding
    steps = exchanges(finding)
    shown = steps[-STEPS_SHOWN:]
    drawn = steps if finding.minimal and len(steps) <= STEPS_SHOWN else scene(steps, STEPS_DRAWN)
    last = next((step for step in shown if step.diverges), None)
    place = place_of(finding, folder)
    return msgspec.structs.replace(
        view,
        place=None if place is None else f"{from_page(Path(place.path), folder).path}:{place.line}",
        diagram=Markup(diagram(cast(drawn), f"d{finding.short}")) if drawn else None,  # noqa: S704 # it escapes texts
        log=tuple(_log_row(step) for step in shown),
        left_out=len(steps) - len(shown),
        not_drawn=len(steps) - len(drawn),
        answer=_changes(_answer(finding, last)),
        state="" if finding.divergence.state is None else value_line(finding.divergence.state, 2000),
        **_of_history(finding, level),
    )


def _changes(lines: Sequence[Line]) -> tuple[Change, ...]:
    return tuple(difference(folded(lines)))


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
    diverging = {one.op for lane in report.lanes for one in lane.divergences}
    return coverage_map(cells, report.contract, report.implementation.ops, diverging)


def _claims(report: Report) -> list[ClaimRow]:
    """Return all claims of the catalogue, and those that are watched apart, whether they were judged or not."""
    stands = {**dict.fromkeys(CLAIMS, NOT_JUDGED), **report.claims}
    return [
        ClaimRow(
            CLAIMS[claim],
            stand,
            known=CLAIMS[claim].known(report.contract),
            again=second_solver.kept().of(report.contract, claim),
        )
        for claim, stand in stands.items()
        if claim in CLAIMS
    ]


def _bars(report: Report) -> list[Bar]:
    whole = sum(lane.seconds for lane in report.lanes) or 1.0
    bars, start = [], 0.0
    for lane in report.lanes:
        width = 1000 * lane.seconds / whole
        bars.append(Bar(lane.lane, lane.seconds, round(start, 1), round(max(width, 1.5), 1)))
        start += width
    return bars
