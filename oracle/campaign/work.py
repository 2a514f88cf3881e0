"""What runs on a worker: one task after the other on one adapter, which is kept from task to task."""

from __future__ import annotations

import os
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import partial
from socket import gethostname
from typing import Final

import msgspec
from msgspec import Struct

from telltale_conformance.generators.guidance import Steps, renumbered
from telltale_conformance.generators.reached import Feature, Reached
from telltale_conformance.generators.steps import Cell, GeneratedStep, program_step
from telltale_conformance.lean_traces.history import HistoryEvent
from telltale_conformance.lean_traces.programs import Program, program_bytes, written_program
from telltale_conformance.lean_traces.races import Race, race_bytes, race_of
from telltale_conformance.oracle.adapters import Adapter, AdapterFault
from telltale_conformance.oracle.campaign import keeping
from telltale_conformance.oracle.campaign.cases import LONGEST, changed, generator_of
from telltale_conformance.oracle.campaign.features import number_of
from telltale_conformance.oracle.campaign.plan import Setup, Task, pumps_of
from telltale_conformance.oracle.histories.meetings import Meeting, new_in
from telltale_conformance.oracle.histories.racing import history_bytes
from telltale_conformance.oracle.lanes import concurrent, deep, programs, stateful
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.lanes.cases import LaneCase, judged
from telltale_conformance.oracle.lanes.chunks import Chunk
from telltale_conformance.oracle.lanes.identity import OtherVersion
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.reference.judging import CaseResult, fault_of_harness
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint, fingerprint_of
from telltale_conformance.oracle.verdict.results import LaneDivergence
from telltale_conformance.uncollected import uncollected

_UNPLACED: Final = -1
"""In place of a step, where only the cells of a case are known."""
FAULTS_TOLD: Final = 3
"""How many faults of a task the journal names; all are counted."""
_NEVER: Final = 1_000_000
"""After how many divergences a lane stops that stops early in a check."""


class Met(Struct, frozen=True):
    """A class of divergence as a task met it."""

    divergence: LaneDivergence
    """The case with the fewest steps."""
    cases: int
    after: int
    """How many answers of the task were judged when it was first met; 0 where that is not known."""


class Reaching(Struct, frozen=True):
    """A case that is the first of its task to reach something."""

    case: int
    features: tuple[int, ...]
    """What it is the first to reach, each as a number of 64 bits."""
    places: tuple[int, ...] = ()
    """The step that reaches each of them, by its place among those carried out; empty where only cells are known."""
    program: bytes | None = None
    """Its steps as they were carried out, up to the last one that this worker tells something new of, packed by
    ``packed``; None where it tells nothing new, or the program is made again from the task. Of lane ``concurrent`` its
    race."""
    history: bytes | None = None
    """Of lane ``concurrent`` the history of the race, packed too."""


class Done(Struct, frozen=True, kw_only=True):
    """The result of a task, which follows from the task if the implementation repeats itself.

    Time and worker do not, nor which programs are sent along.
    """

    number: int
    tally: Tally = Tally()
    open: int = 0
    """Cases without a verdict: neither shown to agree nor found to diverge."""
    missing: tuple[str, ...] = ()
    """Why some of them have none."""
    cells: dict[Cell, int] = {}
    """The cells in which answers were judged, each with the number of cases that did."""
    met: tuple[Met, ...] = ()
    reached: tuple[Reaching, ...] = ()
    faults: tuple[str, ...] = ()
    unsupported: frozenset[str] = frozenset()
    decoded: frozenset[str] = frozenset()
    """The types of ``decode`` of which a text was answered, named as in ``unsupported``."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Of this worker and its adapters, since the task before."""
    worker: str = ""
    """Where it was run, as ``host:process``."""


def carry_out(setup: Setup, task: Task, given: Sequence[bytes]) -> Done:
    """Judge the cases of a task; a fault costs what it hits, and is counted.

    Args:
        setup: of the campaign.
        task: its number decides the cases.
        given: the programs that it names as its parents, as their files hold them.

    Raises:
        OtherVersion: this worker has another harness or implementation.
    """
    started = time.monotonic()
    keeping.METER.begin(setup.campaign)
    try:
        adapter = keeping.adapter_of(setup)
        with uncollected():
            done = _LANES[task.lane](setup, task, given, adapter)
    except OtherVersion:
        raise
    except AdapterFault as fault:
        done = Done(number=task.number, tally=Tally(faults=1), faults=(str(fault.diagnostic()),))
    except Exception as error:  # the campaign goes on, whatever is wrong with one task
        told = fault_of_harness(error, f"in task {task.number}")
        done = Done(number=task.number, tally=Tally(faults=1), faults=(told,))
        keeping.drop()
    worker = f"{gethostname()}:{os.getpid()}"
    return msgspec.structs.replace(
        done, seconds=time.monotonic() - started, cpu_seconds=keeping.METER.used(), worker=worker
    )


_New = tuple[int, Collection[Feature]]
"""A step with what it is the first to reach."""


class _Notes:
    """What the cases of a task reach, and when they diverge."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._cells: Counter[Cell] = Counter()
        self._told: set[Hashable] = set()
        self._new: dict[int, list[_New]] = {}
        self._judged = 0
        self._diverged: list[int] = []

    def reached(self, place: int) -> Reached | None:
        """Return who notes what the steps of a case are the first to reach; None where nobody asks for that."""
        if not self._setup.guided:
            return None

        def note(step: int, features: Collection[Feature]) -> None:
            if features:
                self._new.setdefault(place, []).append((step, features))

        return Reached(note, self._told, LONGEST)

    def seen(self, place: int, result: CaseResult) -> None:
        """Note the result of a case."""
        self._judged += result.judged
        if result.divergence is not None:
            self._diverged.append(self._judged)
        self._cells.update(result.cells)

    def seen_alone(self, place: int, result: CaseResult) -> None:
        """Note the result of a case of which only the cells are looked at."""
        self.seen(place, result)
        fresh = sorted(result.cells - self._told) if self._setup.guided else []
        if fresh:
            self._told.update(fresh)
            self._new[place] = [(_UNPLACED, fresh)]

    def done(
        self,
        task: Task,
        chunks: Sequence[Chunk],
        further: Tally = Tally(),  # noqa: B008 # it is frozen
        program: Callable[[int, int], bytes | None] = lambda place, steps: None,
    ) -> Done:
        """Return the result of the task.

        ``program`` returns so many steps of the case at a place, packed; of a case of which only the cells are known
        all that it has.
        """
        faults = [fault for chunk in chunks for fault in chunk.faults]
        divergences = [divergence for chunk in chunks for divergence in chunk.divergences]
        tried = [chunk.evidence.cases for chunk in chunks]
        return Done(
            number=task.number,
            tally=sum((chunk.tally for chunk in chunks), further),
            open=sum(cases.missing for cases in tried),
            missing=tuple(dict.fromkeys(why for cases in tried for why in cases.missing_ones))[:FAULTS_TOLD],
            cells=dict(self._cells),
            met=classes(zip(divergences, self._diverged, strict=True)),
            reached=tuple(self._reaching(place, new, program) for place, new in self._new.items()),
            faults=tuple(faults[:FAULTS_TOLD]),
            unsupported=frozenset().union(*(chunk.unsupported for chunk in chunks)),
            decoded=frozenset().union(*(chunk.decoded for chunk in chunks)),
        )

    def _reaching(self, place: int, new: Sequence[_New], program: Callable[[int, int], bytes | None]) -> Reaching:
        """Return a case with its program, up to the last step that this process has not told the campaign of."""
        numbers = tuple(number_of(feature) for _, features in new for feature in features)
        places = tuple(step for step, features in new if step != _UNPLACED for _ in features)
        first = keeping.told_first(self._setup, numbers)
        last = max((step for number, step in zip(numbers, places, strict=False) if number in first), default=-1)
        return Reaching(place, numbers, places, program(place, 1 + last) if first or not places else None)


def packed(steps: Steps, contract: str) -> bytes:
    """Return the bytes of a program for the way to the campaign, compressed."""
    return zlib.compress(program_bytes(Program(contract=contract, steps=steps)), 1)


def _printed(steps: Sequence[GeneratedStep]) -> Steps:
    return tuple(program_step(step, printed=True) for step in steps)


def classes(met: Iterable[tuple[LaneDivergence, int]]) -> tuple[Met, ...]:
    """Return divergences by class: the one with the fewest steps of each, and when the class was first met."""
    found: dict[Fingerprint, Met] = {}
    for divergence, after in met:
        key = fingerprint_of(divergence)
        before = found.get(key)
        if before is None:
            found[key] = Met(divergence, 1, after)
        else:
            shorter = divergence.seq < before.divergence.seq
            found[key] = Met(divergence if shorter else before.divergence, before.cases + 1, before.after)
    return tuple(found.values())


def _judged(task: Task, setup: Setup, adapter: Adapter, cases: Sequence[LaneCase], seen: _Seen) -> Chunk:
    chunk = judged(adapter, task.lane, cases, setup.level, seen=seen)
    if chunk.ended:
        keeping.drop()  # it cannot be started again; the next task starts another
    return chunk


_Seen = Callable[[int, CaseResult], None]


def _programs(setup: Setup, task: Task, given: Sequence[bytes], adapter: Adapter) -> Done:
    """Judge seeded programs."""
    notes, first, contract = _Notes(setup), task.turn * task.size, setup.subject.contract
    made: list[list[GeneratedStep]] = [[] for _ in range(task.size)]
    cases = [
        programs.case_of(
            setup.seed,
            first + place,
            contract,
            partial(generator_of, setup, first + place),
            notes.reached(place),
            made[place] if setup.guided else None,
        )
        for place in range(task.size)
    ]

    def program(place: int, steps: int) -> bytes:
        return packed(_printed(made[place][:steps]), contract)

    return notes.done(task, [_judged(task, setup, adapter, cases, notes.seen)], program=program)


def _deep(setup: Setup, task: Task, given: Sequence[bytes], adapter: Adapter) -> Done:
    """Judge pumps."""
    notes, offered = _Notes(setup), adapter.hello.ops
    cases = [deep.case_of(pump, seed, offered, setup.subject.contract) for pump, seed in pumps_of(setup, task)]
    return notes.done(task, [_judged(task, setup, adapter, cases, notes.seen_alone)])


def _changed(setup: Setup, task: Task, given: Sequence[bytes], adapter: Adapter) -> Done:
    """Judge programs of the corpus, or mutants of them."""
    notes = _Notes(setup)
    parents = [written_program(data, address) for data, address in zip(given, task.parents, strict=True)]
    cases: list[LaneCase] = []
    carried_out: list[Steps] = []
    left_out = skipped = 0
    for place in range(task.size):
        case = changed(setup, task, parents, place)
        asked, lacking, without = asked_of(case, case.contract, adapter.hello.ops, notes.reached(place))
        left_out += lacking
        skipped += without
        if setup.guided:
            took_part = {one.seq for one in asked[:LONGEST]}
            carried_out.append(tuple(step for step in case.steps if step.seq in took_part))
        cases.append(LaneCase(f"task {task.number}, case {place}", partial(iter, asked), partial(_until, case)))
    chunk = _judged(task, setup, adapter, cases, notes.seen)

    def program(place: int, steps: int) -> bytes:
        return packed(renumbered(carried_out[place][:steps]), setup.subject.contract)

    return notes.done(task, [chunk], Tally(uncovered=left_out, skipped=skipped), program)


def _until(program: Program, last: int) -> Program:
    return msgspec.structs.replace(program, steps=program.steps[: last + 1])


def _stateful(setup: Setup, task: Task, given: Sequence[bytes], adapter: Adapter) -> Done:
    """Judge sequences of the state machine; those that reach a cell go along, for only Hypothesis can make them."""
    from telltale_conformance.oracle.lanes.machines import AdapterCounterpart

    # dask's own threads use the global random numbers meanwhile, which Hypothesis lays to the strategies
    warnings.filterwarnings("ignore", message="Do not use the `random` module inside strategies")
    notes, contract = _Notes(setup), setup.subject.contract
    settings = Settings(seed=task.seed(setup), level=setup.level)
    chunks: list[Chunk] = []
    played: list[list[GeneratedStep]] = []
    for number in range(task.size):
        machine = AdapterCounterpart(adapter, contract, setup.level, remember=setup.guided)
        chunk = stateful.judged_by_machine(
            machine, number, examples=stateful.EXAMPLES, settings=settings, contract=contract
        )
        chunks.append(chunk)
        for place, result in enumerate(machine.results[: chunk.tally.cases]):
            notes.seen_alone(len(played) + place, result)
        played += machine.played[: chunk.tally.cases]
        if chunk.ended:
            keeping.drop()
            break

    def program(place: int, steps: int) -> bytes:
        return packed(_printed(played[place]), contract)

    return notes.done(task, chunks, program=program)


def _concurrent(setup: Setup, task: Task, given: Sequence[bytes], adapter: Adapter) -> Done:
    """Race several clients, which every task starts anew: races of the corpus once more, then new ones."""
    again = [race_of(data) for data in given]
    settings = Settings(seed=task.seed(setup), cases=task.size - len(again), level=setup.level, divergences=_NEVER)
    known: set[Meeting] = set()
    reached: list[Reaching] = []

    def seen(place: int, race: Race, events: Sequence[HistoryEvent]) -> None:
        fresh = new_in(events, known.__contains__)
        if fresh:
            known.update(fresh)
            files = (zlib.compress(data, 1) for data in (race_bytes(race), history_bytes(race, events)))
            reached.append(Reaching(place, tuple(map(number_of, fresh)), (), *files))

    result = concurrent.run(setup.as_greeted, settings, again=again, seen=seen if setup.guided else None)
    return Done(
        number=task.number,
        tally=result.tally,
        open=result.evidence.cases.missing,
        missing=result.evidence.cases.missing_ones[:FAULTS_TOLD],
        met=classes((divergence, 0) for divergence in result.divergences),
        reached=tuple(reached),
        faults=result.missing[:FAULTS_TOLD] if result.tally.faults else (),
        unsupported=result.unsupported,
    )


_LANES: Final = {
    "start": _changed,
    "mutants": _changed,
    "programs": _programs,
    "deep": _deep,
    "stateful": _stateful,
    "concurrent": _concurrent,
}
