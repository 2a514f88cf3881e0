"""A lane's cases in chunks of fixed size, shared among processes, merged in the order of the cases.

What is reported never depends on the number of workers: chunks are cut by number, each one begins in a fresh store,
and a lane that stops early stops after the first chunk, in order, by which enough cases have diverged.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Struct

from telltale_conformance.generators.steps import Cell
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter, AdapterFault
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.process.garbage import collect_seldom
from telltale_conformance.oracle.process.interrupts import (
    Interrupted,
    deaf_to_interrupts,
    heed,
    held_back,
    leave_interrupts_to_parent,
)
from telltale_conformance.oracle.process.progress import tell
from telltale_conformance.oracle.process.sharing import CannotShare
from telltale_conformance.oracle.reference.judging import CaseResult, fault_of_harness, undescribed
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult

REFUSED: Final = "operations offered and answered as unsupported"
"""What is missing of a lane in which there are any. A type that ``decode`` does not have may be left out, whole."""


class Plan(NamedTuple):
    """How many cases a lane tries, and how they are cut into chunks."""

    kind: str
    """What the cases are called, in the plural."""
    cases: int
    size: int
    """Cases per chunk; the last chunk may have fewer."""

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-self.cases // self.size)

    def of(self, number: int) -> range:
        """Return the numbers of the cases in a chunk."""
        return range(number * self.size, min((number + 1) * self.size, self.cases))


class Chunk(Struct, frozen=True, kw_only=True):
    """What some cases of a lane came to."""

    evidence: Evidence
    tally: Tally = Tally()
    divergences: tuple[LaneDivergence, ...] = ()
    faults: tuple[str, ...] = ()
    unsupported: frozenset[str] = frozenset()
    decoded: frozenset[str] = frozenset()
    coverage: frozenset[Cell] = frozenset()
    marks: frozenset[int] = frozenset()
    """Whatever else a lane collects, to be united over all chunks."""
    ended: bool = False
    """The adapter cannot be started again, so nothing more is run on it."""


Task: TypeAlias = Callable[[Adapter, int], Chunk]
"""Runs the chunk of that number; must be picklable, as functions and partials of functions are."""


def collect(
    kind: str, results: Iterable[CaseResult], planned: int, describe: Callable[[int, CaseResult], LaneDivergence]
) -> Chunk:
    """Add up the cases of a chunk.

    Args:
        kind: what the cases are called, in the plural.
        results: of the cases, in order; fewer than planned where the adapter came to an end.
        planned: how many cases the chunk has.
        describe: is given the number of a diverging case within the chunk.
    """
    tally = Tally()
    shown = against = empty = lost = at_limit = 0
    divergences: list[LaneDivergence] = []
    faults: list[str] = []
    ended_early: set[str] = set()
    elsewhere: set[str] = set()
    cells: set[Cell] = set()
    unsupported: set[str] = set()
    decoded: set[str] = set()
    number = 0
    for result in results:
        if result.divergence is not None:
            against += 1
            try:
                divergences.append(describe(number, result))
            except Exception as error:  # what was seen is told, whatever is wrong with telling it
                where = f"while case {number} of its chunk was described"
                faults.append(fault_of_harness(error, where))
                lost += 1
                divergences.append(undescribed(f"case {number} of its chunk", result))
        elif result.shown:
            shown += 1
        elif result.empty:
            empty += 1
        elif result.at_limit:
            at_limit += 1
        elif result.elsewhere is not None:
            elsewhere.add(result.elsewhere)
        elif result.fault is None and result.over:
            ended_early |= result.unsupported
        if result.fault is not None:
            faults.append(result.fault)
        cells |= result.cells
        unsupported |= result.unsupported
        decoded |= result.decoded
        tally += result.tally
        number += 1
    named = tuple(f"{op} is answered as unsupported, which ends the case" for op in sorted(ended_early))
    named += tuple(f"cases depart earlier, in {op}, which ends them" for op in sorted(elsewhere))
    return Chunk(
        evidence=Evidence(Items(kind, planned - empty - at_limit, shown, against, named)),
        tally=tally + Tally(faults=lost),
        divergences=tuple(divergences),
        faults=tuple(faults),
        unsupported=frozenset(unsupported),
        decoded=frozenset(decoded),
        coverage=frozenset(cells),
        ended=number < planned,
    )


def run_chunks(
    lane: str,
    subject: Subject,
    settings: Settings,
    task: Task,
    plan: Plan,
    *,
    finish: Callable[[LaneResult, Sequence[Chunk]], LaneResult] | None = None,
) -> LaneResult:
    """Run the chunks of a lane, by as many processes as the settings say, and merge them.

    Args:
        lane: its name.
        subject: what is judged; every process starts its own, and this one takes what was greeted.
        settings: how.
        task: runs one chunk.
        plan: its cases.
        finish: is given the result with the merged chunks and may conclude more from them.
    """
    started = time.monotonic()
    count = plan.chunks
    workers = max(1, min(settings.workers, count))
    if workers == 1:
        shares = [_work(subject, task, plan, range(count), settings)]
    else:
        with _processes(workers - 1) as pool:
            with held_back(), deaf_to_interrupts():
                futures = [
                    pool.submit(_work, subject, task, plan, range(worker, count, workers), settings)
                    for worker in range(1, workers)
                ]
            shares = [_work(subject, task, plan, range(0, count, workers), settings)]
            heed()  # after a signal the others have nothing to say any more
            shares += [future.result() for future in futures]
    chunks: list[Chunk] = []
    done = {number: chunk for share in shares for number, chunk in share.chunks}
    closing = tuple(share.closing for share in shares if share.closing)[:1]
    cut_off = False
    for number in range(count):
        if number not in done:
            cut_off = True
            break
        chunks.append(done[number])
        if sum(len(chunk.divergences) for chunk in chunks) >= settings.divergences or done[number].ended:
            break
    result = merged(lane, plan, chunks, cut_off, closing)
    if finish is not None:
        result = _finished(finish, result, chunks)
    return msgspec.structs.replace(result, seconds=time.monotonic() - started)


def _processes(count: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    try:
        return ProcessPoolExecutor(count, mp_context=context, initializer=_begun)
    except OSError as error:
        raise CannotShare(error) from None


def _begun() -> None:
    """Prepare a process that runs chunks."""
    leave_interrupts_to_parent()
    collect_seldom()


def _finished(
    finish: Callable[[LaneResult, Sequence[Chunk]], LaneResult], result: LaneResult, chunks: Sequence[Chunk]
) -> LaneResult:
    """Conclude more from the chunks; where that fails, what they say is left."""
    try:
        return finish(result, chunks)
    except Exception as error:
        heed()
        fault = fault_of_harness(error, "while the lane was concluded")
        tally = result.tally + Tally(faults=1)
        return msgspec.structs.replace(result, tally=tally, notes=(*result.notes, fault))


class _Share(Struct, frozen=True):
    """What one worker did."""

    chunks: tuple[tuple[int, Chunk], ...]
    closing: str
    """What went wrong when the adapter was started or ended; empty when nothing did."""


def _work(subject: Subject, task: Task, plan: Plan, numbers: Sequence[int], settings: Settings) -> _Share:
    """Run some chunks on one adapter; stop where the merged result certainly stops, or at the deadline."""
    done: list[tuple[int, Chunk]] = []
    diverged = 0
    try:
        adapter = subject.start()
    except AdapterFault as fault:
        return _Share((), str(fault.diagnostic()))
    try:
        for number in numbers:
            if settings.late:
                break
            chunk = _chunk(task, adapter, plan, number)
            done.append((number, chunk))
            if len(numbers) > 1:  # of a single chunk there is nothing to tell until it is over
                tell(len(done), len(numbers))
            diverged += len(chunk.divergences)
            if diverged >= settings.divergences or chunk.ended:
                break
    except Interrupted:
        pass  # what was done until then is reported; the check ends after this lane
    finally:
        closing = _closed(adapter)
    return _Share(tuple(done), "" if done and done[-1][1].ended else closing)


def _chunk(task: Task, adapter: Adapter, plan: Plan, number: int) -> Chunk:
    """Run one chunk; a fault of the harness costs this chunk, and the lane's others keep what they saw."""
    try:
        return task(adapter, number)
    except AdapterFault:
        raise
    except Exception as error:
        heed()  # calls into C wrap what a signal raises within them
        fault = fault_of_harness(error, f"in chunk {number}")
        nothing = Evidence(Items(plan.kind, len(plan.of(number)), missing_ones=(fault,)))
        return Chunk(evidence=nothing, tally=Tally(faults=1), faults=(fault,))


def _closed(adapter: Adapter) -> str:
    try:
        adapter.close()
    except AdapterFault as fault:
        return str(fault.diagnostic())
    return ""


def answered_in_part(chunks: Iterable[Chunk]) -> frozenset[str]:
    """Return the types of ``decode`` of which some texts are answered and others unsupported, as named there."""
    chunks = list(chunks)
    left_out = frozenset[str]().union(*(chunk.unsupported for chunk in chunks))
    return left_out & frozenset[str]().union(*(chunk.decoded for chunk in chunks))


def merged(
    lane: str,
    plan: Plan,
    chunks: Sequence[Chunk],
    cut_off: bool,
    closing: tuple[str, ...],
) -> LaneResult:
    """Return what a lane came to by its chunks, in their order."""
    divergences = tuple(divergence for chunk in chunks for divergence in chunk.divergences)
    faults = tuple(fault for chunk in chunks for fault in chunk.faults) + closing
    unsupported = frozenset().union(*(chunk.unsupported for chunk in chunks))
    remarks: list[str] = []
    if unsupported:
        remarks.append(f"answered as unsupported: {', '.join(sorted(unsupported))}")
    if faults:
        remarks.append(f"{len(faults)} fault(s); the first: {faults[0]}")
    run = len(chunks)
    not_begun = plan.cases - sum(len(plan.of(number)) for number in range(run))
    why: tuple[str, ...] = ()
    if not_begun and divergences and not cut_off:
        why = (f"stopped after {len(divergences)} diverging cases",)
    elif not_begun and cut_off and not closing:
        why = ("stopped by the time limit or a signal",)
    evidence = Evidence(Items(plan.kind, not_begun, missing_ones=why))
    tally = Tally(faults=len(closing))
    for chunk in chunks:
        evidence += chunk.evidence
        tally += chunk.tally
    refused = sorted(unsupported & OPERATIONS.keys() | answered_in_part(chunks))
    if refused:
        evidence = evidence.with_items(Items(REFUSED, len(refused), missing_ones=tuple(refused)))
    if tally.at_limit:
        remarks.append(f"{tally.at_limit} at a limit of the contract (§18), where several answers are admitted")
    return LaneResult(
        lane=lane,
        evidence=evidence,
        tally=tally,
        divergences=divergences,
        notes=tuple(remarks),
        coverage=frozenset().union(*(chunk.coverage for chunk in chunks)),
        unsupported=unsupported,
        decoded=frozenset().union(*(chunk.decoded for chunk in chunks)),
    )
