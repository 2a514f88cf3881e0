"""The report of a campaign: how it stands, as one JSON document and as text; ``schema campaign-report`` states it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters.reference import REFERENCE_NAME
from telltale_conformance.oracle.campaign.events import LaneWork
from telltale_conformance.oracle.campaign.folder import Settings
from telltale_conformance.oracle.campaign.over_time import FIGURES, bars, chao2, good_turing, new_an_hour, stretches
from telltale_conformance.oracle.campaign.plan import lanes_of, no_turn
from telltale_conformance.oracle.campaign.standing import OVER, Found, Point, Standing
from telltale_conformance.oracle.campaign.verdict import EXIT_CODES, missing_of, verdict_of
from telltale_conformance.oracle.reports.page.chart import shown
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.not_covered import OWN_REFERENCE
from telltale_conformance.readable import counted, one_line

FORMAT: Final = "telltale-conformance/campaign-report"
VERSION: Final = 1
_WIDTH: Final = 48
"""Of how many bars a row has at most."""


class Cells(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cells that were reached, and an estimate of what is left."""

    reached: int
    once: int
    """Reached by one case."""
    twice: int
    """Reached by two cases."""
    per_hour: float
    """How many were new in the last hour of the campaign, or in all of it where it is shorter, for each hour."""
    next_case: float
    """Good–Turing: about how many new cells the next case reaches; below 1 it is no less than the chance of one."""
    left: float
    """Chao2: about how many cells more can be reached in this way, at least."""


class BeganWith(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the corpus began with; of a merger, what was kept of those of the campaigns."""

    programs: int
    histories: int


class FindingRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A class of divergence."""

    fingerprint: str
    text: str
    lanes: tuple[str, ...]
    cases: int
    first_case: str
    first_task: int | None
    after_answers: int
    after_seconds: float
    ending: str
    """The result of running it again: ``minimal``, …; ``waits`` before that."""
    remark: str
    steps: int | None
    dossier: str | None
    """Its folder, within that of the campaign."""


class CampaignReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a campaign stands."""

    schema: str = FORMAT
    version: int = VERSION
    campaign: str
    harness: str
    harness_hash: str
    implementation: str
    implementation_version: str
    contract: str
    level: str
    seed: int
    guided: bool
    hours: float
    seconds: float
    cpu_seconds: float
    """Of the workers and their adapters."""
    state: str
    """``running``, where it runs or was cut off; ``ended`` when its time was over or its tasks done; ``paused``,
    ``given up``, ``merged``."""
    why: str | None
    """Why it ended."""
    verdict: str
    exit_code: int
    missing: tuple[str, ...]
    """What is missing for the verdict ``agree``."""
    tasks: int
    tally: Tally
    lanes: dict[str, LaneWork]
    no_turn: dict[str, str]
    """The lanes that have nothing to ask of this implementation, each with why."""
    answers_per_second: float
    cells: Cells
    corpus: int
    """Programs, without those that it began with."""
    histories: int
    """Of several clients, without those that it began with."""
    began_with: BeganWith
    findings: tuple[FindingRow, ...]
    faults: tuple[str, ...]
    """The first ones; the tally has the number of all."""
    not_run: dict[str, str]
    """Tasks that could not be run, with why."""
    unsupported: tuple[str, ...]
    lost_workers: tuple[str, ...]
    refused_workers: dict[str, str]
    not_offered: tuple[str, ...]
    """Operations that the implementation does not offer: nothing is said of them."""
    clients_differ: str
    """In what several clients say otherwise than the implementation behind one; empty where in nothing."""
    merged: tuple[str, ...]
    """The campaigns of which this one is a merger."""
    coverage: tuple[Point, ...]
    """How far it was at which time; findings, cases, and cells that one and two cases reached too."""


def report_of(settings: Settings, standing: Standing) -> CampaignReport:
    """Return how a campaign stands."""
    identity, setup = settings.identity, settings.setup()
    lanes: dict[str, LaneWork] = {lane: standing.lanes.get(lane, LaneWork()) for lane in lanes_of(setup)}
    missing = tuple(missing_of(standing, lanes))
    verdict = verdict_of(standing, missing)
    return CampaignReport(
        campaign=settings.campaign,
        harness=identity.harness,
        harness_hash=identity.harness_hash,
        implementation=identity.implementation,
        implementation_version=identity.version,
        contract=settings.contract,
        level=settings.level,
        seed=settings.seed,
        guided=settings.guided,
        hours=settings.hours,
        seconds=round(standing.seconds, 3),
        cpu_seconds=round(standing.cpu_seconds, 3),
        state=state_of(standing),
        why=standing.ended,
        verdict=verdict,
        exit_code=EXIT_CODES[verdict],
        missing=missing,
        tasks=len(standing.tasks) + sum(one.tasks for one in standing.inherited.values()),
        tally=standing.tally,
        lanes={**lanes, **standing.lanes},
        no_turn={str(lane): why for lane, why in no_turn(setup).items()},
        answers_per_second=round(standing.tally.judged / standing.seconds, 1) if standing.seconds else 0.0,
        cells=cells_of(standing),
        corpus=len(standing.entries),
        histories=len(standing.histories),
        began_with=BeganWith(programs=len(settings.start), histories=len(settings.histories)),
        findings=tuple(_row(found) for found in standing.found.values()),
        faults=tuple(standing.faults),
        not_run={str(task): why for task, why in standing.not_run.items()},
        unsupported=tuple(sorted(standing.unsupported)),
        lost_workers=tuple(standing.lost),
        refused_workers=dict(standing.refused),
        not_offered=tuple(sorted(OPERATIONS.keys() - setup.hello.ops)),
        clients_differ="" if setup.clients_hello is None else setup.hello.differs(setup.clients_hello),
        merged=tuple(standing.inherited),
        coverage=tuple(standing.curve),
    )


def state_of(standing: Standing) -> str:
    """Return whether a campaign runs, has ended, paused, gave up, or is a merger."""
    if standing.ended is None:
        return "merged" if standing.inherited else "running"
    if standing.ended in OVER:
        return "ended"
    return "paused" if standing.ended.startswith("interrupted") else "given up"


def cells_of(standing: Standing) -> Cells:
    """Return the cells with the estimate of what is left; the cases are the samples."""
    cases, once, twice = standing.tally.cases, standing.once, standing.twice
    return Cells(
        reached=len(standing.cells),
        once=once,
        twice=twice,
        per_hour=round(new_an_hour(standing.curve), 1),
        next_case=good_turing(cases, once),
        left=round(chao2(cases, once, twice), 1),
    )


def _row(found: Found) -> FindingRow:
    made = found.made
    return FindingRow(
        fingerprint=found.fingerprint,
        text=found.text,
        lanes=tuple(sorted(found.lanes)),
        cases=found.cases,
        first_case=found.case,
        first_task=found.task,
        after_answers=found.answers,
        after_seconds=round(found.seconds, 3),
        ending="waits" if made is None else made.ending,
        remark="" if made is None else made.remark,
        steps=None if made is None else made.steps,
        dossier=None if made is None else made.folder,
    )


def report_document(report: CampaignReport) -> dict[str, Any]:
    """Return a report as JSON."""
    document: dict[str, Any] = msgspec.to_builtins(report)
    return document


def report_lines(report: CampaignReport) -> Iterator[str]:
    """Yield a report as text for people."""
    tally, cells = report.tally, report.cells
    who = one_line(f"{report.implementation} {report.implementation_version}", 120)
    yield f"{who}, contract {report.contract}, level {report.level}, seed {report.seed}"
    yield (
        f"{report.state}: {worked_text(report)}, {counted(report.tasks, 'task')}, "
        f"{tally.cases:,} cases, {tally.judged:,} answers judged, {report.answers_per_second:,.0f} a second, "
        f"{report.cpu_seconds:,.0f} CPU seconds"
    )
    pace = f"{cells.per_hour:,.0f} new an hour, " if report.coverage else ""
    yield (
        f"cells: {cells.reached} reached, {pace}about {cells.left:,.0f} left at least "
        f"({cells.once} reached once, {cells.twice} twice; the next case reaches about {cells.next_case:.2g} new ones)"
    )
    yield f"corpus: {corpus_text(report)}"
    left_out = {"not offered or unsupported": tally.uncovered, "not judged": tally.not_judged, "skipped": tally.skipped}
    left_out["cases at a limit"] = tally.at_limit
    told = ", ".join(f"{count:,} {name}" for name, count in left_out.items() if count)
    yield "answers by lane: " + ", ".join(f"{lane} {work.tally.judged:,}" for lane, work in report.lanes.items())
    yield from (f"lane {lane} has no turn: {why}" for lane, why in report.no_turn.items())
    if told:
        yield f"beside the judged answers: {told}"
    if report.not_offered:
        offered = len(OPERATIONS) - len(report.not_offered)
        yield f"{offered} of {len(OPERATIONS)} operations offered, not {', '.join(report.not_offered)}"
    if report.clients_differ:
        yield f"the clients of --sut-clients say another hello than --sut: {one_line(report.clients_differ, 300)}"
    if report.unsupported:
        yield f"answered as unsupported: {', '.join(report.unsupported)}"
    if tally.faults:
        yield f"{counted(tally.faults, 'fault')}; the first: {one_line(report.faults[0], 300)}"
    for worker in report.lost_workers:
        yield f"worker {one_line(worker, 100)} was lost; its tasks were run again"
    for worker, why in report.refused_workers.items():
        yield f"worker {one_line(worker, 100)} was refused: {one_line(why, 300)}"
    for one in report.findings:
        size = "" if one.steps is None else f", {counted(one.steps, 'step')}"
        where = "" if one.dossier is None else f", {one.dossier}"
        yield f"finding {one.fingerprint[:12]}  {one_line(one.text, 200)}"
        yield f"  {counted(one.cases, 'case')}, first after {one.after_answers:,} answers; {one.ending}{size}{where}"
        if one.remark:
            yield f"  {one_line(one.remark, 300)}"
    yield from _over_time(report.coverage)
    if of_own_reference(report):
        yield OWN_REFERENCE
    if report.verdict != "diverge":
        yield from (f"missing for agreement: {one_line(why, 400)}" for why in report.missing)
    yield f"verdict: {report.verdict}"


def _over_time(curve: Sequence[Point]) -> Iterator[str]:
    """Yield the figures of a campaign over its time, each as a row of bars."""
    parts = stretches(curve, min(_WIDTH, len(curve)))
    if len(parts) < 2:
        return
    yield f"over time, each bar {time_text(parts[0].end.seconds)} of the campaign:"
    for one in FIGURES:
        values = [one.of(part) for part in parts]
        yield f"  {one.name:<30} {bars(values)}  {shown(values[-1])} at the end"


def corpus_text(report: CampaignReport) -> str:
    """Return what the corpus holds, for people."""
    began = report.began_with
    before = f"{began.programs} programs and {began.histories} histories"
    if report.merged:
        return f"{before}, kept of those of the campaigns"
    return (
        f"{report.corpus} programs and {report.histories} histories that reached something new; it began with {before}"
    )


def worked_text(report: CampaignReport) -> str:
    """Return how long a campaign worked, of how long; ``resume --hours`` may have given it more than it began with."""
    worked, hours = time_text(report.seconds), time_text(report.hours * 3600)
    return f"{worked} of {hours}" if report.seconds <= report.hours * 3600 else f"{worked}, begun with {hours}"


def of_own_reference(report: CampaignReport) -> bool:
    """Say whether the implementation bears the name of the reference, and nothing shows that it is another."""
    return report.implementation == REFERENCE_NAME and not report.findings


def time_text(seconds: float) -> str:
    """Return seconds as hours, minutes and seconds."""
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
