"""Lane ``concurrent``: several clients race on purpose, and each history must be that of some order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from telltale_conformance.errors import UsageError
from telltale_conformance.files import content
from telltale_conformance.generators.histories import race, races_offered
from telltale_conformance.lean_traces.history import HistoryEvent, Return
from telltale_conformance.lean_traces.json_values import shown
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.lean_traces.races import MalformedRace, Race, race_bytes, race_of
from telltale_conformance.oracle.adapters import AdapterFault
from telltale_conformance.oracle.adapters.clients import Clients
from telltale_conformance.oracle.histories.judging import HistoryResult, judge_history
from telltale_conformance.oracle.histories.racing import Run, history_bytes
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject
from telltale_conformance.oracle.process.progress import tell
from telltale_conformance.oracle.verdict.decision import NOT_ANSWERED
from telltale_conformance.oracle.verdict.evidence import NAMED, Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult, not_run

LANE: Final = "concurrent"
KIND: Final = "histories"
PER_RACE: Final = {Effort.quick: 4, Effort.default: 12, Effort.thorough: 200}
"""How many histories there are of each race."""
NO_CLIENTS: Final = "the adapter has one client; offer `clients` in its hello, or start one for each with --sut-clients"
_ENDED_EACH: Final = 11
"""Each so many histories one client is ended in the middle, where that can be done."""


Seen = Callable[[int, Race, Sequence[HistoryEvent]], None]
"""Gets each history that agrees, with its number and its race."""


def run(
    subject: Subject, settings: Settings, *, again: Sequence[Race] | None = None, seen: Seen | None = None
) -> LaneResult:
    """Race the clients of the implementation.

    Args:
        subject: the implementation.
        settings: how.
        again: races that are run before those of the seed; those of ``settings.races`` when None.
        seen: gets the histories that agree.
    """
    clients = subject.start_clients()
    if clients is None:
        return not_run(LANE, NO_CLIENTS)
    if again is None:
        again = races_in(settings.races) if settings.races is not None else ()
    return judge_clients(clients, subject, settings, again=again, seen=seen)


def races_in(place: str) -> tuple[Race, ...]:
    """Return the races of a file, one on each line.

    Raises:
        UsageError: it cannot be read, or a line is no race.
    """
    try:
        return tuple(map(race_of, content(Path(place)).splitlines()))
    except (OSError, MalformedRace) as error:
        told = error.strerror if isinstance(error, OSError) else None
        raise UsageError(
            told or str(error), place=place, remedy="name the folder of a campaign that has ended"
        ) from None


def judge_clients(
    clients: Clients,
    subject: Subject,
    settings: Settings,
    *,
    again: Sequence[Race] = (),
    seen: Seen | None = None,
) -> LaneResult:
    """Race clients that are started, and end them."""
    try:
        return _Lane(clients, subject, settings, again, seen).result()
    finally:
        with suppress(AdapterFault):  # their histories are judged, and a fault of their end changes none
            clients.close()


class _Lane:
    """The histories of one lane, and what became of them."""

    def __init__(
        self, clients: Clients, subject: Subject, settings: Settings, again: Sequence[Race], seen: Seen | None
    ) -> None:
        self._clients = clients
        self._again = [race for race in again if self._can_be_run(race)]
        self._seen = seen
        self._subject = subject
        self._settings = settings
        self._offered = clients.hello.ops
        self._races = races_offered(self._offered)
        self._tally = Tally()
        self._shown = 0
        self._left_out = 0
        """Histories that a restricted check does not ask for."""
        self._answers = 0
        self._against = 0
        self._missing: list[str] = []
        self._divergences: list[LaneDivergence] = []
        self._notes: list[str] = []
        self._met: set[str] = set()
        self._interleavings: set[Any] = set()
        self._unsupported: set[str] = set()
        self._figures = {"operations": 0, "configurations": 0, "ended clients": 0}

    def result(self) -> LaneResult:
        """Run the histories, in their order."""
        if not self._races:
            return not_run(LANE, NOTHING_OFFERED)
        started = time.monotonic()
        seeded = self._settings.amount({effort: each * len(self._races) for effort, each in PER_RACE.items()})
        planned = len(self._again) + seeded
        for index in range(planned):
            tell(index, planned)
            if self._settings.late or len(self._divergences) >= self._settings.divergences or not self._history(index):
                break
        return LaneResult(
            lane=LANE,
            evidence=Evidence(
                Items(
                    KIND,
                    planned - self._left_out,
                    self._shown,
                    self._against,
                    tuple(dict.fromkeys(self._missing))[:NAMED],
                ),
                (self._judged_answers(), *self._floor(seeded)),
            ),
            tally=self._tally,
            divergences=tuple(self._divergences),
            notes=tuple(self._notes),
            unsupported=frozenset(self._unsupported),
            figures={"interleavings": len(self._interleavings), "race pairs": len(self._met), **self._figures},
            seconds=time.monotonic() - started,
        )

    def _judged_answers(self) -> Items:
        """Return the answers that came, each of which is to be judged."""
        return Items("answers", self._answers, self._tally.judged - self._against, self._against)

    def _floor(self, planned: int) -> Iterator[Items]:
        """Yield the pairs that must have met, at least once each."""
        if self._divergences:
            return  # it may have ended early
        names = self._races[:planned]
        unmet = [name for name in names if name not in self._met]
        yield Items("race pairs", len(names), len(names) - len(unmet), 0, tuple(unmet[:NAMED]))

    def _history(self, index: int) -> bool:
        """Run and judge one history; say whether more can be run."""
        settings, clients = self._settings, self._clients
        where, schedule, program = self._race(index)
        ended = program.ended
        if settings.only is not None and not settings.only.takes(where):
            self._left_out += 1
            return True
        try:
            run = Run(program, clients, schedule, ended)
            run.perform()
        except AdapterFault as fault:
            self._tally += Tally(cases=1, faults=1)
            self._notes.append(f"fault of the adapter in {where}: {fault.diagnostic()}")
            return self._tally.faults <= self._subject.limits.restarts
        self._count(run, ended)
        if run.bad_request is not None:
            self._tally += Tally(cases=1, faults=1)
            self._notes.append(f"{where}: {run.bad_request}")
            return True
        if run.unsupported:
            self._unsupported |= run.unsupported
            self._tally += Tally(cases=1, uncovered=len(run.unsupported))
            self._missing.append(f"{', '.join(sorted(run.unsupported))} is answered as unsupported")
            return True
        self._judge(index, where, program, run)
        return True

    def _can_be_run(self, race: Race) -> bool:
        """Whether these clients can run a race: there are enough, and all of its operations are offered."""
        ops = {step.op for step in race.steps()}
        return len(race.suffixes) <= self._clients.count and ops <= self._clients.hello.ops

    def _race(self, index: int) -> tuple[str, str, Race]:
        """Return the race of a number, how reports call its history, and what its schedule follows from."""
        seed, clients, number = self._settings.seed, self._clients, index - len(self._again)
        if number < 0:
            program = self._again[index]
            ended = program.ended if clients.can_end_clients else None
            where, schedule = f"race {index} of the corpus ({program.pair})", f"{seed}/again/{index}"
        else:
            program = race(seed, number, self._races, clients.count, self._offered)
            ended = None
            if clients.can_end_clients and number % _ENDED_EACH == _ENDED_EACH - 1:
                ended = next(client for client, steps in enumerate(program.suffixes) if steps)
            where, schedule = f"history {number} ({program.pair})", f"{seed}/{number}"
        return where, schedule, msgspec.structs.replace(program, contract=self._subject.contract, ended=ended)

    def _count(self, run: Run, ended: int | None) -> None:
        if run.met():
            self._met.add(run.race.pair)
        self._interleavings.add(run.interleaving())
        self._figures["operations"] += len(run.numbers)
        self._figures["ended clients"] += ended is not None
        self._tally += Tally(skipped=run.skipped, faults=run.died)
        if run.died:
            self._notes.append(f"{run.died} client(s) ended before they answered in a history of {run.race.pair}")

    def _judge(self, index: int, where: str, program: Race, run: Run) -> None:
        if run.panic is not None:
            step, given = run.panic
            self._tally += Tally(cases=1, judged=1)
            self._against += 1
            self._divergences.append(
                LaneDivergence(
                    case=where,
                    seq=step.seq,
                    op=step.op,
                    kind="panic",
                    args=shown(as_json(step.args)),
                    expected=None,
                    actual={"panic": given.text()},
                    guard=NOT_ANSWERED,
                    reason="the contract never panics",
                )
            )
            return
        self._answers += sum(isinstance(event, Return) for event in run.events)
        result = judge_history(
            lambda: run.events,
            self._subject.contract,
            name=where,
            clients=self._clients.count,
            level=self._settings.level,
        )
        self._figures["configurations"] += result.configurations
        self._tally += Tally(cases=1, judged=result.judged, not_judged=result.not_judged)
        if result.verdict == "agree":
            self._shown += 1
            if self._seen is not None:
                self._seen(index, program, run.events)
        elif result.verdict == "diverge":
            self._against += 1
            self._divergences.append(of_history(where, result, program, run.events))
        else:
            self._missing.append(f"{where}: {result.error}")


def of_history(where: str, result: HistoryResult, program: Race, events: Sequence[HistoryEvent]) -> LaneDivergence:
    """Return a refused history as the divergence of a lane."""
    refusal = result.refusal
    assert refusal is not None
    return LaneDivergence(
        case=where,
        seq=refusal.seq,
        op=refusal.op,
        kind=refusal.kind,
        args=refusal.args,
        expected=refusal.expected,
        actual=refusal.actual,
        guard=refusal.guard,
        reason=refusal.reason,
        race=race_bytes(program),
        history=history_bytes(program, events),
    )
