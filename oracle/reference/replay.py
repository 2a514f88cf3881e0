"""Replay of recorded traces against the reference store: one pass, a verdict per trace."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from telltale_conformance.generators.coverage import cell_of, situation
from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.json_values import shown
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.printing import as_json, decode
from telltale_conformance.lean_traces.reader import Answer, Event, TraceReader, open_trace, trace_of
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.contract import UnknownContract
from telltale_conformance.model.errors import NotJudged
from telltale_conformance.model.operations import Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.verdict.compare import Divergence, Level, admitted_beyond_limit, compare
from telltale_conformance.oracle.verdict.decision import decided_by
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.relevant import relevant_state
from telltale_conformance.uncollected import uncollected

TraceVerdict = Literal["agree", "diverge", "malformed", "inconclusive"]


class FirstDivergence(Struct, frozen=True, kw_only=True):
    """The first event of a trace that departs from the contract."""

    seq: int
    op: str
    kind: str = msgspec.field(name="class")
    expected: Any
    """The differing fields as the reference answers them."""
    actual: Any
    """The same fields as recorded."""
    guard: str
    """The name of the guard that refuses, as ``G-live``; ``passes`` where none does."""
    reason: str
    """The same for people, worded as what failed."""
    line: int
    args: Any
    state: Any
    """What of the session the event is about, after the reference's step."""


class TraceResult(Struct, frozen=True, kw_only=True):
    """The verdict on one trace."""

    trace: str
    verdict: TraceVerdict
    events: int
    judged: int
    uncovered: int = 0
    first_divergence: FirstDivergence | None = None
    error: str | None = None
    log_compared: bool = False
    """The trace has the records that each operation appended to the log; without them nothing is said of the log."""

    @property
    def not_judged(self) -> int:
        """How many events came after the first divergence, or are left open by the contract."""
        return self.events - self.judged - self.uncovered

    @property
    def tally(self) -> Tally:
        """The trace as counted."""
        return Tally(
            cases=1,
            judged=self.judged,
            uncovered=self.uncovered,
            not_judged=self.not_judged,
            faults=self.error is not None,
        )


def judge(
    path: Path,
    *,
    contract: str | None = None,
    level: Level = Level.state,
    limits: Limits = DEFAULT_LIMITS,
    cells: set[Cell] | None = None,
) -> TraceResult:
    """Replay one trace; a fault of the harness itself is inconclusive, never a verdict on the trace."""
    try:
        return replay_file(path, contract=contract, level=level, limits=limits, cells=cells)
    except UnknownContract:
        raise
    except Exception as error:
        text = f"{path}: fault of the harness: {type(error).__name__}: {error}"
        return TraceResult(trace=str(path), verdict="inconclusive", events=0, judged=0, error=text)


def replay_file(
    path: Path,
    *,
    contract: str | None = None,
    level: Level = Level.state,
    limits: Limits = DEFAULT_LIMITS,
    cells: set[Cell] | None = None,
) -> TraceResult:
    """Replay one trace file.

    Args:
        path: a ``.jsonl`` or ``.jsonl.gz`` trace.
        contract: judge by this contract instead of the one that the header names.
        level: how strictly answers are compared.
        limits: what the reader takes.
        cells: gets the cell of the coverage of each event that agrees; nothing is collected when None.

    Raises:
        UnknownContract: the contract is none that the model states.
    """
    return _judged(open_trace(path, limits), str(path), contract, level, cells)


def replay_bytes(data: bytes, path: str, *, level: Level = Level.state) -> TraceResult:
    """Replay the trace that the bytes of a plain file are. Errors as of ``replay_file``."""
    return _judged(trace_of(data, path), path, None, level, None)


def _judged(
    trace: AbstractContextManager[TraceReader],
    path: str,
    contract: str | None,
    level: Level,
    cells: set[Cell] | None,
) -> TraceResult:
    try:
        with uncollected(), trace as reader:
            result = _replay(reader, Store(contract or reader.header.contract), level, cells)
            return msgspec.structs.replace(result, log_compared="audit" in reader.header.observes)
    except MalformedTrace as error:
        return TraceResult(trace=path, verdict="malformed", events=0, judged=0, error=str(error))
    except UnknownContract as error:
        if contract is not None:
            raise
        return TraceResult(
            trace=path, verdict="malformed", events=0, judged=0, error=f"{path}:1: {error}; give --contract"
        )


def _replay(reader: TraceReader, store: Store, level: Level, cells: set[Cell] | None) -> TraceResult:
    events = left_open = 0
    for event in reader:
        events += 1
        before = None if cells is None else situation(store, event.operation, event.arguments)
        try:
            outcome = step(store, event.operation, event.arguments)
        except Exception:
            event.answer()  # the harness is at fault only if the line is well-formed
            raise
        if outcome.error is not None:
            if outcome.error.guard.limit and _admitted(event.answer()):
                return TraceResult(
                    trace=reader.path,
                    verdict="inconclusive",
                    events=events + _check_rest(reader),
                    judged=events - 1 - left_open,
                    error=f"{reader.path}: event {event.seq} goes beyond a limit of the contract "
                    f"({decided_by(outcome).guard}), where several answers are admitted; "
                    "nothing is judged from there on",
                )
            left_open += isinstance(outcome.error, NotJudged)
        divergence = None
        if not event.is_exactly(outcome):
            divergence = compare(event.operation.name, outcome, event.answer(), level)
        if divergence is None:
            if cells is not None and before is not None and not isinstance(outcome.error, NotJudged):
                cells.add(cell_of(before, event.operation, outcome))
        else:
            first = describe(store, event, outcome, divergence)
            return TraceResult(
                trace=reader.path,
                verdict="diverge",
                events=events + _check_rest(reader),
                judged=events - left_open,
                first_divergence=first,
            )
    judged = events - left_open
    if judged == 0:
        why = "the contract leaves every answer of the trace open" if events else "the trace has no events"
        return TraceResult(
            trace=reader.path, verdict="inconclusive", events=events, judged=0, error=f"{reader.path}: {why}"
        )
    return TraceResult(trace=reader.path, verdict="agree", events=events, judged=judged)


def _admitted(answer: Answer) -> bool:
    return admitted_beyond_limit(is_ok=answer.is_ok, result=answer.result)


def _check_rest(reader: TraceReader) -> int:
    """Read the trace to its end, strictly, so that a malformed one is never half-judged; count its events."""
    rest = 0
    for event in reader:
        event.answer()
        rest += 1
    return rest


def describe(store: Store, event: Event, outcome: Outcome, divergence: Divergence) -> FirstDivergence:
    """Say where and how an event departs from the contract."""
    decision = decided_by(outcome, divergence.kind)
    return FirstDivergence(
        seq=event.seq,
        op=event.operation.name,
        kind=divergence.kind,
        expected=divergence.expected,
        actual=divergence.actual,
        guard=decision.guard,
        reason=decision.reason,
        line=event.line_number,
        args=shown(decode(event.arguments_text())),
        state=shown(as_json(relevant_state(store, event.operation, event.arguments))),
    )
