"""How a campaign stands: what its events add up to, the same when they are read again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from msgspec import Struct

from telltale_conformance.oracle.campaign.events import (
    RARE,
    Begun,
    DossierMade,
    Ended,
    Entry,
    Event,
    Inherited,
    LaneWork,
    MetClass,
    TaskDone,
    TaskLost,
    WorkerEvent,
)
from telltale_conformance.oracle.campaign.folder import FILE as SETTINGS
from telltale_conformance.oracle.campaign.folder import NAMED_BY, found_in, read_settings
from telltale_conformance.oracle.campaign.journal import FILE, MalformedJournal, lines, named_in
from telltale_conformance.oracle.verdict.evidence import Tally

_POINTS: Final = 400
"""Of how many points the curve of the coverage has at most."""
FAULTS_NAMED: Final = 5
OVER: Final = ("time", "tasks")
"""Why a campaign ends that did all it was to do."""


class Contradiction(ValueError):
    """Thrown when an event contradicts those before it."""


class Point(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a campaign was at some time."""

    seconds: float
    """Of the campaign, pauses left out."""
    answers: int
    cells: int
    entries: int
    """Programs of the corpus, without those that it began with."""
    findings: int = 0
    """Classes of divergence."""
    cases: int = 0
    once: int = 0
    """Cells that one case reached; with ``twice`` and the cases they give the estimate of what is left."""
    twice: int = 0
    """Cells that two cases reached."""

    @property
    def reached(self) -> tuple[int, int, int]:
        """What does not grow in every task."""
        return self.cells, self.entries, self.findings


@dataclass
class Found:
    """A class of divergence."""

    fingerprint: str
    text: str
    case: str
    """The first case that showed it."""
    task: int | None
    """The first task that showed it; None where another campaign did."""
    lanes: set[str]
    cases: int
    answers: int
    """How many answers were judged when it was first met; where campaigns were merged, of the one that met it."""
    seconds: float
    made: DossierMade | None = None
    """What became of it when it was run again; None before that."""


@dataclass
class Standing:
    """The sum of the events so far."""

    events: int = 0
    """How many they are."""
    untold: tuple[str, ...] = ()
    """The files of findings of which the journal does not tell."""
    tasks: set[int] = field(default_factory=set)
    """The numbers of the finished tasks, and of those that are not tried again."""
    tally: Tally = field(default_factory=Tally)
    lanes: dict[str, LaneWork] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Why cases have no verdict, the first reasons."""
    cells: dict[str, int] = field(default_factory=dict)
    """Each cell with the number of cases that reached it, up to three; in the order of the journal."""
    names: list[str] = field(default_factory=list)
    """The cells by their numbers."""
    entries: dict[str, Entry] = field(default_factory=dict)
    """The programs of the corpus by address, in order."""
    histories: dict[str, str] = field(default_factory=dict)
    """The histories of the corpus by address, in order, each with the address of its race."""
    found: dict[str, Found] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    """The first ones."""
    unsupported: set[str] = field(default_factory=set)
    """What was offered and answered as unsupported."""
    decoded: set[str] = field(default_factory=set)
    """The types of ``decode`` of which a text was answered, named as in ``unsupported``."""
    lost: list[str] = field(default_factory=list)
    """The workers that were lost."""
    refused: dict[str, str] = field(default_factory=dict)
    """The workers that were refused, with why."""
    not_run: dict[int, str] = field(default_factory=dict)
    """The tasks that are not tried again, with why."""
    inherited: dict[str, Inherited] = field(default_factory=dict)
    curve: list[Point] = field(default_factory=list)
    new_at: float = 0.0
    """After how many seconds of the campaign a cell was last new."""
    in_vain: int = 0
    """How many tasks in a row had faults and no judged answer."""
    cpu_seconds: float = 0.0
    """Of the workers and their adapters."""
    ended: str | None = None
    """Why it ended or paused; None while it runs, or where it was cut off."""
    _with_cases: list[int] = field(default_factory=lambda: [0] * (RARE + 1))
    """How many cells so many cases reached, up to three."""
    _seconds: float = 0.0
    _since: float | None = None
    _now: float = 0.0

    @property
    def seconds(self) -> float:
        """How long it has run, pauses left out, up to its last event."""
        running = 0.0 if self._since is None else max(0.0, self._now - self._since)
        return self._seconds + running

    @property
    def last(self) -> float:
        """When the last event was, in seconds since 1970; 0 where there was none."""
        return self._now

    @property
    def over(self) -> bool:
        """Whether it did all that it was to do; of several that were merged, whether each of them did."""
        if self.inherited:
            return all(one.over for one in self.inherited.values())
        return self.ended in OVER

    @property
    def once(self) -> int:
        """How many cells one case reached."""
        return self._with_cases[1]

    @property
    def twice(self) -> int:
        """How many cells two cases reached."""
        return self._with_cases[2]

    def take(self, events: Iterable[Event]) -> Standing:
        """Add events, in their order.

        Raises:
            Contradiction: one contradicts those before it; those before it are added.
        """
        for event in events:
            self._take(event)
        return self

    def _take(self, event: Event) -> None:
        if isinstance(event, Begun):
            self._seconds, self._since, self.ended = self.seconds, event.at, None
        self._now = event.at
        self.events += 1
        if isinstance(event, TaskDone):
            self._task(event)
        elif isinstance(event, DossierMade):
            if event.fingerprint not in self.found:
                raise Contradiction("it is about a finding that no task met")
            self.found[event.fingerprint].made = event
            self.cpu_seconds += event.cpu_seconds
        elif isinstance(event, WorkerEvent):
            if event.what == "lost":
                self.lost.append(event.worker)
            else:
                self.refused[event.worker] = event.why
        elif isinstance(event, TaskLost):
            self.tasks.add(event.task)
            self.not_run[event.task] = event.why
            self._count(Tally(faults=1), [f"task {event.task}: {event.why}"])
        elif isinstance(event, Inherited):
            self._inherit(event)
        elif isinstance(event, Ended):
            self._seconds, self._since, self.ended = self.seconds, None, event.why
            self._count(Tally(faults=len(event.faults)), event.faults)

    def _count(self, tally: Tally, faults: Iterable[str]) -> None:
        self.tally += tally
        self.faults = [*self.faults, *faults][:FAULTS_NAMED]

    def _count_lane(self, lane: str, work: LaneWork, missing: Iterable[str]) -> None:
        self.lanes[lane] = self.lanes.get(lane, LaneWork()) + work
        self.missing = list(dict.fromkeys([*self.missing, *missing]))[:FAULTS_NAMED]

    def _task(self, event: TaskDone) -> None:
        if event.task in self.tasks:
            raise Contradiction(f"task {event.task} is counted twice")
        self.tasks.add(event.task)
        self.cpu_seconds += event.cpu_seconds
        before = self.tally.judged
        self._count(event.tally, event.faults)
        self._count_lane(event.lane, LaneWork(tasks=1, tally=event.tally, open=event.open), event.missing)
        self.in_vain = self.in_vain + 1 if event.tally.faults and not event.tally.judged else 0
        self.unsupported.update(event.unsupported)
        self.decoded.update(event.decoded)
        if event.new_cells:
            self.new_at = self.seconds
        for name in event.new_cells:
            self._reach(name, 0)
            self.names.append(name)
        for number, cases in event.cells:
            if not 0 <= number < len(self.names):
                raise Contradiction(f"there is no cell of number {number}")
            self._reach(self.names[number], cases)
        for entry in event.entries:
            self.entries.setdefault(entry.address, entry)
        for history in event.histories:
            self.histories.setdefault(history.address, history.race)
        for met in event.findings:
            found = self._met(met, before + met.after, event.task)
            found.lanes.add(event.lane)
            found.cases += met.cases
        self._point()

    def _reach(self, name: str, cases: int) -> None:
        before = self.cells.get(name)
        if before is not None:
            self._with_cases[before] -= 1
        self.cells[name] = min(RARE, (before or 0) + cases)
        self._with_cases[self.cells[name]] += 1

    def _met(self, met: MetClass, answers: int, task: int | None) -> Found:
        return self.found.setdefault(
            met.fingerprint,
            Found(met.fingerprint, met.text, met.case, task, set(), 0, answers, self.seconds),
        )

    def _point(self) -> None:
        point = Point(
            seconds=self.seconds,
            answers=self.tally.judged,
            cells=len(self.cells),
            entries=len(self.entries),
            findings=len(self.found),
            cases=self.tally.cases,
            once=self.once,
            twice=self.twice,
        )
        if len(self.curve) > 1 and self.curve[-1].reached == self.curve[-2].reached == point.reached:
            self.curve[-1] = point
            return
        self.curve.append(point)
        if len(self.curve) > _POINTS:
            self.curve = [*self.curve[:-1:2], point]

    def _inherit(self, event: Inherited) -> None:
        if event.campaign in self.inherited:
            return
        self.inherited[event.campaign] = event
        self._count(event.tally, event.faults)
        for lane, work in event.lanes.items():
            self._count_lane(lane, work, event.missing)
        self.unsupported.update(event.unsupported)
        self.decoded.update(event.decoded)
        self._seconds += event.seconds
        self.cpu_seconds += event.cpu_seconds
        for name, cases in event.cells.items():
            self._reach(name, cases)
        for met in event.findings.values():
            self._met(met, met.after, None).cases += met.cases


def _refuse_others(folder: Path) -> None:
    """Refuse a journal that is not that of the campaign of the settings; where there are none yet, nobody uses it."""
    names = named_in(folder), read_settings(folder).campaign if (folder / SETTINGS).exists() else None
    if names[1] not in (None, names[0]):
        raise MalformedJournal(
            f"this is the journal of another campaign than that of {SETTINGS}",
            place=f"{folder / FILE}:1",
            remedy="restore both files from one copy",
        )


def standing_in(folder: Path) -> Standing:
    """Return how the campaign of a folder stands, by its journal.

    Raises:
        MalformedJournal: it is damaged elsewhere than at its end, or a line contradicts those before it, or it is that
            of another campaign than the settings.
        OSError: it cannot be read.
    """
    standing = Standing()
    _refuse_others(folder)
    for line in lines(folder):
        try:
            standing.take((line.event,))
        except Contradiction as error:
            told = f"line {line.number} contradicts those before it: {error}"
            raise MalformedJournal(told, place=f"{folder / FILE}:{line.number}") from None
    known = {fingerprint[:NAMED_BY] for fingerprint in standing.found}
    standing.untold = tuple(name for name in found_in(folder) if name.partition(".")[0] not in known)
    return standing
