"""Making a race smaller: fewer clients, fewer steps, then simpler values, as long as it fails often enough.

A race is lost in some runs and not in others, so a candidate is run several times, each time with other pauses. It is
kept once it has failed as often as is asked, in a way in which the race itself fails: at the same operation, in the
same part of its answer. A candidate at which the adapter fails is not kept.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec

from telltale_conformance.lean_traces.history import HistoryEvent
from telltale_conformance.lean_traces.programs import Step, references
from telltale_conformance.lean_traces.races import Race, with_args, without_step
from telltale_conformance.oracle.adapters import AdapterFault
from telltale_conformance.oracle.adapters.clients import Clients
from telltale_conformance.oracle.histories.judging import HistoryResult, judge_history
from telltale_conformance.oracle.histories.racing import Run
from telltale_conformance.oracle.verdict.compare import DivergenceClass, Level

FAILURES: Final = 2
"""How often a candidate must fail to be kept."""
RUNS: Final = 12
"""Within how many runs."""
TO_RATE: Final = 20
"""How often the smallest race is run to say how often it fails."""
FAULTS: Final = 20
"""At how many candidates the adapter may fail before the smallest race so far is taken."""

Way: TypeAlias = tuple[str, DivergenceClass]
"""In what a race fails: the operation that no order explains, and what of its answer is wrong."""


class Lost(NamedTuple):
    """A run that no order explains."""

    events: list[HistoryEvent]
    result: HistoryResult

    @property
    def way(self) -> Way:
        """In what the run fails."""
        assert self.result.refusal is not None
        return self.result.refusal.op, self.result.refusal.kind


class Losses(NamedTuple):
    """What became of running a race again and again."""

    lost: list[Lost]
    runs: int
    """How many runs came to their end."""
    fault: AdapterFault | None = None
    """Of the adapter, which ended it."""
    late: bool = False
    """Whether the time was over, which ended it."""


class Smaller(NamedTuple):
    """The smallest race that was found to fail."""

    race: Race
    events: list[HistoryEvent]
    """A history of it that is refused."""
    result: HistoryResult
    times: int
    """How often it failed, of ``runs``."""
    runs: int
    minimal: bool
    """Nothing more could be taken away; else the time was over, or the adapter failed at something smaller."""
    faults: int = 0
    """How often the adapter failed, at smaller races of which so nothing is known, or at the smallest one."""


class TooSeldom(NamedTuple):
    """The race did not fail often enough to tell what is smaller."""

    times: int
    """How often it failed, of ``runs``."""
    runs: int
    late: bool
    """Whether the time was over before all runs were made."""


class Trying:
    """Runs races again and again.

    Args:
        clients: whom to ask.
        level: how strictly answers are compared.
        ways: in which a race counts as failing; None for any.
        until: the moment (``time.monotonic``) after which no run is begun and no answer waited for.
    """

    def __init__(
        self, clients: Clients, level: Level, ways: frozenset[Way] | None = None, until: float | None = None
    ) -> None:
        self._clients = clients
        self._level = level
        self._ways = ways
        self._until = until
        clients.answers_until(until)

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return self._until is not None and time.monotonic() >= self._until

    def once(self, race: Race, seed: str) -> Lost | None:
        """Run a race; return the run where it is refused.

        Raises:
            AdapterFault: the adapter failed.
        """
        run = Run(race, self._clients, seed, race.ended)
        run.perform()
        if run.panic is not None or run.bad_request is not None:
            return None
        events = run.events
        result = judge_history(lambda: events, race.contract, clients=len(race.suffixes), level=self._level)
        if result.refusal is None:
            return None
        lost = Lost(events, result)
        return lost if self._ways is None or lost.way in self._ways else None

    def losses(self, race: Race, seed: str, runs: int, enough: int | None = None) -> Losses:
        """Run a race up to so many times, to the first fault of the adapter, or to the end of the time.

        Args:
            race: what is asked.
            seed: what tells these runs from others of the same race.
            runs: how many.
            enough: after how many losses to stop, and to stop as soon as there cannot be so many.
        """
        lost: list[Lost] = []
        for number in range(runs):
            if enough is not None and (len(lost) >= enough or len(lost) + runs - number < enough):
                return Losses(lost, number)
            if self.late:
                return Losses(lost, number, late=True)
            try:
                one = self.once(race, f"{seed}/{number}")
            except AdapterFault as fault:
                return Losses(lost, number, late=True) if self.late else Losses(lost, number, fault)
            if one is not None:
                lost.append(one)
        return Losses(lost, runs)

    def failing(self, race: Race) -> Losses | None:
        """Return the losses of a race that fails often enough to be kept; None where it does not.

        Raises:
            AdapterFault: the adapter failed before that was known.
        """
        losses = self.losses(race, "again", RUNS, FAILURES)
        if len(losses.lost) >= FAILURES:
            return losses
        if losses.fault is not None:
            raise losses.fault
        return None


def minimise_race(race: Race, clients: Clients, level: Level, seconds: float) -> Smaller | TooSeldom:
    """Make a race smaller.

    Args:
        race: that was refused once.
        clients: whom to ask.
        level: how strictly answers are compared.
        seconds: how long it may take; so much of them is kept as the last runs take, at most half.

    Raises:
        AdapterFault: the adapter failed at the race itself before it was lost often enough.
    """
    begun = time.monotonic()
    until = begun + seconds
    try:
        given = Trying(clients, level, until=until).losses(race, "again", RUNS)
        if len(given.lost) < FAILURES:
            if given.fault is not None:
                raise given.fault
            return TooSeldom(len(given.lost), given.runs, given.late)
        ways = frozenset(lost.way for lost in given.lost)
        kept = min(seconds / 2, (time.monotonic() - begun) / given.runs * TO_RATE)
        searched = _searched(race, given, Trying(clients, level, ways, until - kept))
        rating = Trying(clients, level, ways, until).losses(searched.race, "rate", TO_RATE)
    finally:
        clients.answers_until(None)
    faults = searched.faults + (rating.fault is not None)
    if not rating.lost:
        return searched._replace(runs=searched.runs + rating.runs, faults=faults)
    return Smaller(searched.race, *rating.lost[0], len(rating.lost), rating.runs, searched.minimal, faults)


def _searched(race: Race, losses: Losses, trying: Trying) -> Smaller:
    """Take smaller races as long as they fail often enough; ``losses`` are those of the race in hand."""
    faults = 0
    smaller: Race | None = race
    known = True
    while smaller is not None:
        race, smaller, known = smaller, None, True
        for candidate in candidates(race):
            if trying.late or faults == FAULTS:
                known = False
                break
            try:
                found = trying.failing(candidate)
            except AdapterFault:  # the next run starts it again; of this candidate nothing is known
                faults += 1
                known = False
                continue
            if found is not None:
                smaller, losses = candidate, found
                break
    known = known and not trying.late
    return Smaller(race, *losses.lost[0], len(losses.lost), losses.runs, known, faults)


def rated(race: Race, trying: Trying) -> Smaller | None:
    """Return a race with how often it fails; None where no run does.

    Raises:
        AdapterFault: the adapter failed.
    """
    losses = trying.losses(race, "rate", TO_RATE)
    if losses.fault is not None:
        raise losses.fault
    return Smaller(race, *losses.lost[0], len(losses.lost), losses.runs, minimal=False) if losses.lost else None


def candidates(race: Race) -> Iterator[Race]:
    """Yield smaller races, the smallest first.

    Without a client, with no client ended, without a step and what refers to it, and with a simpler value.
    """
    for client, suffix in enumerate(race.suffixes):
        if suffix and race.clients > 1:
            suffixes = tuple(() if other == client else steps for other, steps in enumerate(race.suffixes))
            yield msgspec.structs.replace(race, suffixes=suffixes)
    if race.ended is not None:
        yield msgspec.structs.replace(race, ended=None)
    for step in reversed(list(race.steps())):
        yield _without(race, step.seq)
    for step in race.steps():
        for args in _simpler(step):
            yield with_args(race, step.seq, args)
    if any(client for client, _ in (*race.prefix, *race.last)) and race.ended != 0:
        alone = {
            "prefix": tuple((0, step) for _, step in race.prefix),
            "last": tuple((0, step) for _, step in race.last),
        }
        yield msgspec.structs.replace(race, **alone)


def _without(race: Race, number: int) -> Race:
    """Return the race without a step and all that refers to it."""
    gone = {number}
    for step in race.steps():
        if references(step.args) & gone:
            gone.add(step.seq)
    for seq in gone:
        race = without_step(race, seq)
    return race


def _simpler(step: Step) -> Iterator[dict[str, Any]]:
    for name, simple in (("initial_types", {}), ("roles", ["A"]), ("scope", "Session"), ("new_scope", "Session")):
        value = step.args.get(name)
        if value is not None and value != simple and not references(value):
            yield {**step.args, name: simple}
