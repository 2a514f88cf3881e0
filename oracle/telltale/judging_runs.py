"""Runs compared with the contract: events and slices in their order, then what must be true at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from telltale_conformance.lean_traces.telltale.runs import AuthoritativeRead, Run, StepState, TraceEvent
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.claims.monitors import ClaimVerdict
from telltale_conformance.oracle.telltale.departures import Diverged, NotFollowed
from telltale_conformance.oracle.telltale.results import AFTER, DocumentDivergence, DocumentResult, Told
from telltale_conformance.oracle.telltale.run_claims import claims_of
from telltale_conformance.oracle.telltale.run_replay import RunReplay, status_text
from telltale_conformance.oracle.telltale.slices import Slices
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.readable import counted


class _Judging:
    """One run being judged."""

    def __init__(self, run: Run, contract: str, level: Level) -> None:
        self.run = run
        self.replay = RunReplay(run, contract, level)
        self.slices = Slices(self.replay)
        self.level = level
        self.events = 0
        self.path = "$"
        self._tick = 0

    def through(self) -> None:
        """Go through the run.

        Raises:
            Diverged: the first thing that the contract does not have.
            NotFollowed: it cannot be followed further.
        """
        trace, place = self.run.output.trace, self.replay.place
        at = 0
        for number, step in enumerate(self.run.output.step_states):
            place.clear()
            at = self._before(trace, at, number, step.event)
            place.clear()
            place["step"] = number
            self.path = f"$.step_states[{number}]"
            if self.level >= Level.state:
                if step.step_index != number:
                    raise Diverged("state", "observe", number, step.step_index, "steps are numbered 0, 1, 2, …")
                self.slices.start(step)
            if step.event is not None:
                self._take(trace, at)
                at += 1
                self.path = f"$.step_states[{number}]"
            if self.level >= Level.state:
                place.pop("coroutine", None)
                self.slices.end(step)
        place.pop("step", None)
        while at < len(trace):
            self._rest(trace[at], at)
            at += 1
        self._end()

    def _before(self, trace: list[TraceEvent], at: int, number: int, event: TraceEvent | None) -> int:
        """Take the events of the trace that come before a step: those that no step tells, up to the step's own."""
        while at < len(trace) and trace[at].kind not in _TOLD_BY_STEPS:
            if event is not None and trace[at] == event:
                break
            self._take(trace, at)
            at += 1
        if event is not None and (at == len(trace) or trace[at] != event):
            self.path = f"{self.run.trace_path}[{at}]"
            self.replay.place = {"trace": at, "step": number}
            found = None if at == len(trace) else _shown(trace[at])
            raise Diverged("outcome", event.kind, _shown(event), found, "trace and steps tell the same events")
        return at

    def _rest(self, event: TraceEvent, at: int) -> None:
        if self.run.output.step_states and event.kind in _TOLD_BY_STEPS:
            self.path = f"{self.run.trace_path}[{at}]"
            raise Diverged("outcome", event.kind, None, _shown(event), "trace and steps tell the same events")
        self._take(self.run.output.trace, at)

    def _take(self, trace: list[TraceEvent], at: int) -> None:
        event = trace[at]
        self.events += 1
        self.path = f"{self.run.trace_path}[{at}]"
        place = self.replay.place
        place["trace"] = at
        place.pop("coroutine", None)
        if event.tick < self._tick:
            raise Diverged("outcome", event.kind, self._tick, event.tick, "the trace is ordered by its clock")
        self._tick = event.tick
        self.replay.event(event)

    def _end(self) -> None:
        """Judge what must be true when the run is over."""
        output, replay = self.run.output, self.replay
        store = replay.store
        self.path = self.run.trace_path
        for sid, session in store.sessions.items():
            if not session.types and session.roles and session.buffered_messages():
                count = session.buffered_messages()
                raise Diverged(
                    "outcome", "recv", 0, count, f"all roles of session {sid} have halted: nothing is left unreceived"
                )
        if replay.level >= Level.audit and output.semantic_objects is not None:
            self.path = "$.semantic_objects.authoritative_reads"
            reads = output.semantic_objects.authoritative_reads
            replay.judged += _reads(reads)
            for read in reads:
                if read.kind not in _READS:
                    replay.not_judged[f"authoritative reads ({read.kind})"] += 1
        if replay.level < Level.state or self.run.dialect == "raw":
            return
        self.path = "$.sessions"
        if [entry.sid for entry in output.sessions] != sorted(store.sessions):
            shown = [entry.sid for entry in output.sessions]
            raise Diverged(
                "state", "session_ids", sorted(store.sessions), shown, "the sessions that are open, ascending"
            )
        for number, entry in enumerate(output.sessions):
            session = store.sessions[entry.sid]
            ended = status_text(session) != "active"
            self.path = f"$.sessions[{number}].terminal"
            if entry.terminal and not ended and not session.types:
                replay.not_judged["close after the end, by the host"] += 1
                replay.notes.append(
                    f"session {entry.sid} is terminal at the end, after all roles halted: its host closed it"
                )
            elif entry.terminal and not ended:
                self.slices.not_explained.append(f"session {entry.sid} is terminal at the end: nothing says why")
            elif entry.terminal != ended:
                raise Diverged("state", "observe", ended, entry.terminal, "terminal says that the status is not Active")
            self.slices.judged += 1


_TOLD_BY_STEPS = frozenset({"sent", "received", "halted"})
_READS = frozenset({"readiness", "cancellation"})
"""The kinds of authoritative reads that have a rule."""


def _reads(reads: list[AuthoritativeRead]) -> int:
    """Judge the witness part of the audit log, which has lost its order; return how many entries were judged."""
    issued: dict[tuple[Any, Any], AuthoritativeRead] = {}
    consumed: set[tuple[Any, Any]] = set()
    readiness = [read for read in reads if read.kind == "readiness"]
    for read in (read for read in readiness if read.lifecycle == "issued"):
        key = (read.session, read.witness_id)
        if key in issued or not read.witness_id:
            raise _read("a readiness witness gets a number of its own, from 1", read)
        issued[key] = read
    for read in readiness:
        key = (read.session, read.witness_id)
        if read.lifecycle != "consumed":
            continue
        origin = issued.get(key)
        if key in consumed:
            raise _read("a witness is consumed at most once (§3.1)", read)
        if origin is None:
            raise _read("a witness that is consumed was issued (§3.2)", read)
        if (origin.owner_id, origin.generation, origin.predicate_ref) != (
            read.owner_id,
            read.generation,
            read.predicate_ref,
        ):
            raise _read("a witness is consumed as it was issued (§3.3)", read)
        consumed.add(key)
    cancellations = [read for read in reads if read.kind == "cancellation"]
    for read in cancellations:
        if (read.session, read.witness_id) in issued:
            raise _read("a cancellation has a number of its own", read)
    return len(readiness) + len(cancellations)


def _read(reason: str, read: AuthoritativeRead) -> Diverged:
    return Diverged("audit", "consume_readiness_witness", None, read.read_id, reason)


def _shown(event: TraceEvent) -> dict[str, Any]:
    fields = ((name, getattr(event, name)) for name in event.__struct_fields__)
    return {name: value for name, value in fields if value is not None and name != "schema_version"}


def judge_run(run: Run, contract: str, level: Level) -> tuple[DocumentResult, list[Told]]:
    """Hold a run against the contract; return its row and the operations that it tells of."""
    result, replay = _judged(run, contract, level)
    return result, replay.told


def watch_run(run: Run, level: Level) -> Mapping[str, ClaimVerdict]:
    """Return what a run says of the claims, read by the contract that explains most of it."""
    told: list[Told] = []
    claims: Mapping[str, ClaimVerdict] = {}
    for contract in CONTRACTS:
        result, replay = _judged(run, contract, level, observing=True)
        if not claims or len(replay.told) > len(told):
            told = replay.told
            claims = claims_of(told, replay.shown, result.first_divergence, run.trace_path)
    return claims


def _judged(run: Run, contract: str, level: Level, *, observing: bool = False) -> tuple[DocumentResult, RunReplay]:
    judging = _Judging(run, contract, level)
    judging.replay.observing = observing
    replay = judging.replay
    first: DocumentDivergence | None = None
    try:
        judging.through()
    except NotFollowed as stop:
        replay.notes.append(f"not followed from {judging.path} on, at this level: {stop}")
    except Diverged as diverged:
        if Level[diverged.kind] <= level:
            first = replay.divergence(diverged, judging.path)
        else:
            replay.notes.append(f"not followed from {judging.path} on, at this level: {diverged.reason}")
    not_judged = replay.not_judged + run.unknown
    after = len(run.output.trace) - judging.events
    if after:
        not_judged[f"events {AFTER}" if first is not None else "events"] += after
    steps: list[StepState] = run.output.step_states
    if level < Level.state and steps:
        not_judged["steps, below level state"] += len(steps)
    judged = replay.judged + judging.slices.judged + (first is not None)
    error = None
    if not judged:
        error = f"{run.path}: nothing of this run could be judged"
    elif judging.slices.not_explained and first is None:
        error = f"{run.path}: " + judging.slices.not_explained[0]
    result = DocumentResult(
        trace=run.path,
        kind="bridge-run",
        verdict="diverge" if first is not None else "inconclusive" if error is not None else "agree",
        events=len(run.output.trace) + len(steps),
        judged=judged,
        not_judged=dict(not_judged),
        not_explained=len(judging.slices.not_explained),
        first_divergence=first,
        error=error,
        notes=tuple(_notes(run, replay, judging.slices, whole=not after)),
    )
    return result, replay


def _notes(run: Run, replay: RunReplay, slices: Slices, *, whole: bool) -> Iterator[str]:
    if run.protocol is None:
        yield "no protocol is at hand (give --protocol INPUT): sessions, counts and order are judged, types are not"
    yield from (remark for session in run.protocol or () for remark in session.remarks)
    unopened = len(run.protocol or ()) - replay.store.next_sid
    if whole and unopened > 0:
        yield f"{counted(unopened, 'session')} of the protocol not opened in the run: of them nothing was judged"
    yield from replay.notes
    yield from slices.not_explained[1:]
