"""Lane ``corpus``: recorded traces. The reference replays them; an implementation is given their operations."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from telltale_conformance.generators.coverage import cell_of, situation
from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.lines import line_count, traces_in
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.lean_traces.reader import open_trace
from telltale_conformance.lean_traces.shipped import CORPUS, RECORDINGS
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.operations import step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, collect, run_chunks
from telltale_conformance.oracle.lanes.only import Only, chosen_cases
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject
from telltale_conformance.oracle.process.progress import tell
from telltale_conformance.oracle.reference.judging import Asked, CaseResult, described
from telltale_conformance.oracle.reference.replay import TraceResult, judge
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import NAMED, Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult, not_run

CHUNK: Final = 20
"""Traces per chunk."""


def corpus_files() -> list[Path]:
    """Return all traces that are part of the distribution."""
    return [path for folder in (CORPUS, RECORDINGS) for path in traces_in(folder)]


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Replay the corpus on the reference, or put its operations to the implementation."""
    files = corpus_files()
    if not files:
        return not_run("corpus", "no recorded traces come with this installation")
    if subject.command is None and settings.only is None:
        return _replayed(files, settings)
    plan = Plan("traces", len(files), CHUNK)
    task = partial(_chunk, plan=plan, files=files, contract=subject.contract, settings=settings)
    return run_chunks("corpus", subject, settings, task, plan, finish=_unless_nothing_is_offered)


def _unless_nothing_is_offered(result: LaneResult, chunks: Sequence[Chunk]) -> LaneResult:
    """Return the result, or that there was nothing to judge by: the files have no operation that is offered."""
    answers = sum(items.planned for items in result.evidence.further)
    nothing = not answers and not result.tally.faults and result.tally.uncovered > 0
    return not_run("corpus", NOTHING_OFFERED) if nothing else result


def _replayed(files: Sequence[Path], settings: Settings) -> LaneResult:
    started = time.monotonic()
    cells: set[Cell] = set()
    results = []
    for number, path in enumerate(files, 1):
        results.append(judge(path, level=settings.level, cells=cells))
        tell(number, len(files))
    errors = tuple(result.error for result in results if result.error is not None)
    against = sum(result.verdict == "diverge" for result in results)
    agree = sum(result.verdict == "agree" for result in results)
    tally = sum((result.tally for result in results), Tally())
    return LaneResult(
        lane="corpus",
        evidence=Evidence(Items("traces", len(files), agree, against, errors[:NAMED])).with_items(
            _answers(sum(map(events_in, files)), tally, against)
        ),
        tally=tally,
        divergences=tuple(_recorded(result) for result in results if result.first_divergence is not None),
        coverage=frozenset(cells),
        seconds=time.monotonic() - started,
    )


def events_in(path: Path) -> int:
    """Return how many events a trace has: its lines between header and end."""
    return max(0, line_count(path) - 2)


def _answers(events: int, tally: Tally, against: int) -> Items:
    """Return the recorded events as items: each is to be judged, save those that the implementation does not offer."""
    return Items("recorded answers", events - tally.uncovered, tally.judged - against, against)


def _recorded(result: TraceResult) -> LaneDivergence:
    first = result.first_divergence
    assert first is not None
    return LaneDivergence(
        case=Path(result.trace).name,
        seq=first.seq,
        op=first.op,
        kind=first.kind,  # type: ignore[arg-type] # a class of divergence, kept as text there
        args=first.args,
        expected=first.expected,
        actual=first.actual,
        guard=first.guard,
        reason=first.reason,
        state=first.state,
        path=result.trace,
    )


def _chunk(
    adapter: Adapter, number: int, *, plan: Plan, files: Sequence[Path], contract: str, settings: Settings
) -> Chunk:
    paths = [files[index] for index in plan.of(number)]
    return _judged(adapter, paths, contract, settings.level, settings.only)


def judge_trace(adapter: Adapter, path: Path, level: Level = Level.state, contract: str | None = None) -> Chunk:
    """Have an implementation carry out the operations of one trace, and judge its answers.

    Args:
        adapter: drives the implementation.
        path: the trace.
        level: how strictly answers are compared.
        contract: what it is judged by; by default the contract that its hello names.

    Raises:
        MalformedTrace: a line is not well-formed, be it only in the answer that was recorded.
    """
    with open_trace(path) as reader:
        for event in reader:
            event.answer()
    return _judged(adapter, [path], contract or adapter.hello.contract, level)


def program_of(path: Path, adapter: Adapter, contract: str | None = None) -> Program:
    """Return the operations of a trace that an implementation offers, as a program."""
    return _program(path, contract or adapter.hello.contract, adapter.hello.ops)


def _judged(adapter: Adapter, paths: Sequence[Path], contract: str, level: Level, only: Only | None = None) -> Chunk:
    offered = adapter.hello.ops
    left_out = 0
    cases = []
    for path in paths:
        try:
            asked, skipped = _asked(path, contract, offered)
        except MalformedTrace as error:
            return Chunk(
                evidence=Evidence(Items("traces", len(paths), missing_ones=(str(error),))),
                tally=Tally(faults=1),
                faults=(str(error),),
            )
        left_out += skipped
        cases.append(partial(iter, asked))

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        path = paths[position]
        assert result.diverged_at is not None
        return described(path.name, result, _program(path, contract, offered, result.diverged_at.seq), str(path))

    judged = chosen_cases(adapter, cases, [path.name for path in paths], level, only)
    chunk = collect("traces", judged, len(paths), describe)
    tally = chunk.tally + Tally(uncovered=left_out)
    answers = _answers(sum(map(events_in, paths)), tally, len(chunk.divergences))
    return msgspec.structs.replace(chunk, tally=tally, evidence=chunk.evidence.with_items(answers))


def _asked(path: Path, contract: str, offered: frozenset[str]) -> tuple[list[Asked], int]:
    """Return the operations of a trace with the reference's answers, and how many are not offered."""
    store = Store(contract)
    asked: list[Asked] = []
    left_out = 0
    with open_trace(path) as reader:
        for event in reader:
            operation, arguments = event.operation, event.arguments
            if operation.name not in offered:
                left_out += 1
                continue
            before = situation(store, operation, arguments)
            outcome = step(store, operation, arguments)
            cell = cell_of(before, operation, outcome)
            asked.append(Asked(event.seq, operation.name, event.arguments_text(), outcome, cell))
    return asked, left_out


def _program(path: Path, contract: str, offered: frozenset[str], last: int | None = None) -> Program:
    """Return the operations of a trace up to a step, or all, as a program."""
    return Program(contract=contract, meta={"trace": path.name}, steps=tuple(_steps(path, offered, last)))


def _steps(path: Path, offered: frozenset[str], last: int | None) -> Iterator[Step]:
    with open_trace(path) as reader:
        for event in reader:
            if last is not None and event.seq > last:
                return
            if event.operation.name in offered:
                yield Step(args=event.arguments_document(), op=event.operation.name, seq=event.seq)
