"""Making a race smaller: fewer clients, fewer steps, then simpler values, as long as it fails often enough.

A race is lost in some runs and not in others, so a candidate is run several times, each time with other pauses. It is
kept once it has failed as often as is asked, in a way in which the race itself fails: at the same operation, in the
same part of its answer. A candidate at which the adapter fails is not kept.
"""

from __future__ import annotations

import time
from collections import Counter
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
    """At how many candidates the adapter failed, so that nothing is known of them."""


class Trying:
    """Runs races again and again.

    Args:
        clients: whom to ask.
        level: how strictly answers are compared.
        ways: in which a race counts as failing; None for any.
    """

    def __init__(self, clients: Clients, level: Level, ways: frozenset[Way] | None = None) -> None:
        self._clients = clients
        self._level = level
        self._ways = ways

    def once(self, race: Race, seed: str) -> tuple[list[HistoryEvent], HistoryResult] | None:
        """Run a race; return its history and the refusal, or None where it is not refused.

        Raises:
            AdapterFault: the adapter failed.
        """
        run = Run(race, self._clients, seed, race.ended)
        run.perform()
        if run.panic is not None or run.bad_request is not None:
            return None
        events = run.events
        result = judge_history(lambda: events, race.contract, clients=len(race.suffixes), level=self._level)
        if result.refusal is None or (self._ways is not None and _way(result) not in self._ways):
            return None
        return events, result

    def ways(self, race: Race, runs: int = RUNS) -> Counter[Way]:
        """Return in which ways a race fails in so many runs, and how often in each."""
        seen = (self.once(race, f"again/{number}") for number in range(runs))
        return Counter(_way(one[1]) for one in seen if one is not None)

    def failing(self, race: Race, failures: int = FAILURES, runs: int = RUNS) -> bool:
        """Say whether a race fails so often within so many runs."""
        seen = 0
        for number in range(runs):
            seen += self.once(race, f"again/{number}") is not None
            if seen >= failures:
                return True
            if seen + runs - number - 1 < failures:
                return False
        return False


def _way(result: HistoryResult) -> Way:
    assert result.refusal is not None
    return result.refusal.op, result.refusal.kind


def minimise_race(race: Race, clients: Clients, level: Level, seconds: float) -> Smaller | None:
    """Make a race smaller; None where it does not fail often enough to tell.

    Args:
        race: that was refused once.
        clients: whom to ask.
        level: how strictly answers are compared.
        seconds: after which the smallest race so far is taken.

    Raises:
        AdapterFault: the adapter failed at the race itself, or at the smallest one.
    """
    until = time.monotonic() + seconds
    ways = Trying(clients, level).ways(race)
    if ways.total() < FAILURES:
        return None
    trying = Trying(clients, level, frozenset(ways))
    faults = 0
    while True:
        smaller, known = None, True
        for candidate in candidates(race):
            if time.monotonic() >= until or faults == FAULTS:
                return _with_faults(rated(race, trying, minimal=False), faults)
            try:
                kept = trying.failing(candidate)
            except AdapterFault:  # the next run starts it again; of this candidate nothing is known
                faults += 1
                known = False
                continue
            if kept:
                smaller = candidate
                break
        if smaller is None:
            return _with_faults(rated(race, trying, minimal=known), faults)
        race = smaller


def _with_faults(smaller: Smaller | None, faults: int) -> Smaller | None:
    return None if smaller is None else smaller._replace(faults=faults)


def rated(race: Race, trying: Trying, *, minimal: bool, runs: int = TO_RATE) -> Smaller | None:
    """Return a race with how often it fails; None where no run does."""
    found = None
    times = 0
    for number in range(runs):
        seen = trying.once(race, f"rate/{number}")
        if seen is not None:
            times += 1
            found = found or seen
    return None if found is None else Smaller(race, *found, times, runs, minimal)


def candidates(race: Race) -> Iterator[Race]:
    """Yield smaller races, the smallest first: without a client, without a step, with a simpler value."""
    for client, suffix in enumerate(race.suffixes):
        if suffix and race.clients > 1:
            suffixes = tuple(() if other == client else steps for other, steps in enumerate(race.suffixes))
            yield msgspec.structs.replace(race, suffixes=suffixes)
    referred = frozenset(number for step in race.steps() for number in references(step.args))
    for step in reversed(list(race.steps())):
        if step.seq not in referred:
            yield without_step(race, step.seq)
    for step in race.steps():
        for args in _simpler(step):
            yield with_args(race, step.seq, args)
    if any(client for client, _ in (*race.prefix, *race.last)) and race.ended != 0:
        alone = {
            "prefix": tuple((0, step) for _, step in race.prefix),
            "last": tuple((0, step) for _, step in race.last),
        }
        yield msgspec.structs.replace(race, **alone)


def _simpler(step: Step) -> Iterator[dict[str, Any]]:
    for name, simple in (("initial_types", {}), ("roles", ["A"]), ("scope", "Session"), ("new_scope", "Session")):
        value = step.args.get(name)
        if value is not None and value != simple and not references(value):
            yield {**step.args, name: simple}
