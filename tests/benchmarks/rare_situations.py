"""Guided against unguided generation over hundreds of drawn situations, so that no single one can be tuned for.

``python -m tests.benchmarks.rare_situations`` draws situations that a store could be wrong in, and prints how many
times fewer answers guided programs need to meet one. A situation is a step, what came before it, and a later step that
would show it: *a third commit since a claim was refused, seen by observing the session*. Those count that unguided
programs meet about once in 2,000 to 50,000 answers. ``--of validation`` draws others than guidance is developed with.
"""

from __future__ import annotations

import argparse
import statistics
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from math import exp, log
from random import Random
from typing import Any, Final, NamedTuple

from telltale_conformance.generators.coverage import PHASES, phase_of
from telltale_conformance.generators.steps import GeneratedStep
from telltale_conformance.model.growth import grown
from telltale_conformance.model.operations import OPERATIONS, Operation, step
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import Edge
from tests.benchmarks.guidance_compared import guided, unguided

Made = Callable[[int, int], Iterable[GeneratedStep]]
Kind = tuple[str, str]
"""An operation with what it said: ``ok``, ``refused``, or the error."""
DRAWN: Final = 12_000
"""Situations that are drawn, most of which are met too often, or hardly at all."""
COMMON, SELDOM = 1 / 2_000, 1 / 50_000
CHOSEN_WITH, CHOSEN_BY = range(2_000, 2_020), 8_000
"""The seeds that situations are chosen with, other ones than they are counted with, and how many answers of each."""
_NEAR: Final = 0.75
"""How often a situation is of operations of one section of the contract."""
_OK: Final = 0.75
_COUNTERS: Final = (
    "Store.sessions",
    "Store.ended",
    "Store.archive",
    "Timeouts.live",
    "Session.epoch",
    "Session.edge_handlers",
    "Session.edge_traces",
    "Session.auth",
    "Session.auth_leaves",
    "Ownership.next_claim_id",
    "Ownership.next_witness_id",
    "Ownership.issued",
    "Ownership.consumed",
    "Ownership.current",
    "Buffer.messages",
    "Buffer.capacity",
)


class Condition(NamedTuple):
    """One thing that is to be so before the step."""

    what: str
    kind: Kind = ("", "")
    other: Kind = ("", "")
    by: str = "session"
    """What has to be the same: ``session``, ``edge``, ``owner`` or ``store``."""
    number: int = 0
    name: str = ""


class Situation(NamedTuple):
    """A step that is to be met, and where."""

    step: Kind
    before: tuple[Condition, ...]
    seen: Kind | None
    """What has to follow in the same session so that it shows; None where its answer shows it."""


# Drawing


def drawn(seed: str, count: int) -> list[Situation]:
    """Return that many situations of a seed."""
    rng = Random(seed)
    return [_situation(rng) for _ in range(count)]


_CHANGING: Final = [name for name, one in OPERATIONS.items() if not one.reads_only]
_LOOKING: Final = [name for name, one in OPERATIONS.items() if one.sid_of is not None and one.section != "§17"]


def _near(rng: Random, name: str, among: Sequence[str]) -> str:
    """Return an operation, mostly one of the same section of the contract."""
    near = [one for one in among if OPERATIONS[one].section == OPERATIONS[name].section]
    return rng.choice(near if near and rng.random() < _NEAR else among)


def _kind(rng: Random, name: str) -> Kind:
    return name, "refused" if OPERATIONS[name].errors != "none" and rng.random() >= _OK else "ok"


def _situation(rng: Random) -> Situation:
    name = rng.choice(_CHANGING)
    before = tuple(_condition(rng, name) for _ in range(rng.choice((1, 2, 2, 3))))
    chance = rng.random()
    seen = None if chance < 0.4 else ("observe", "ok") if chance < 0.7 else (_near(rng, name, _LOOKING), "ok")
    return Situation(_kind(rng, name), before, seen)


def _condition(rng: Random, name: str) -> Condition:
    operation = OPERATIONS[name]
    keys = ["session"] * 3 if operation.sid_of or operation.gives == "session" else ["store"]
    keys += ["edge"] * 3 * ("to" in operation.parameters or "edge" in operation.parameters) + ["owner", "store"]
    by = rng.choice(keys)
    kind, other = (_kind(rng, _near(rng, name, _CHANGING)) for _ in range(2))
    what = rng.choice(
        ("times", "times", "again", "after", "after", "after", "without", "elsewhere", "same", "different", "size")
    )
    if what == "again":
        what, kind = "times", (name, rng.choice(("ok", "ok", "refused")))
    if what in ("after", "without") and rng.random() < 0.3:
        other = ("reload", "ok")
    if what in ("same", "different"):
        return Condition(what, by=by, number=rng.randrange(max(1, len(operation.parameters))))
    if what == "elsewhere":
        return Condition(what, name=rng.choice(PHASES[1:]), number=rng.random() < 0.4)
    if what == "size":
        return Condition(what, name=rng.choice(_COUNTERS), number=rng.choice((1, 2, 2, 3, 3, 4, 5)))
    return Condition(what, kind, other, by, rng.choice((1, 1, 2, 2, 3, 4)))


# Meeting them

_At = dict[tuple[Hashable, Kind], list[int]]


class _Program:
    """What has happened in one program so far."""

    def __init__(self) -> None:
        self.store = Store("telltale-17")
        self.lives: dict[int, int] = defaultdict(int)
        self.at: _At = defaultdict(list)
        self.given: dict[tuple[Hashable, str], tuple[Any, ...]] = {}
        """By what it names, the arguments of the last call of an operation that succeeded."""

    def keys(self, operation: Operation, arguments: tuple[Any, ...], opened: int | None) -> dict[str, Hashable]:
        """Return what a step names."""
        keys: dict[str, Hashable] = {"store": None}
        sid = opened if opened is not None else operation.sid_of(arguments) if operation.sid_of else None
        if sid is not None:
            life = (sid, self.lives[sid])
            keys["session"] = life
            pair = _pair(operation, arguments)
            if pair is not None:
                keys["edge"] = (life, *pair)
        owner = _owner(operation, arguments)
        if owner is not None:
            keys["owner"] = owner
        return keys

    def holds(
        self, one: Condition, operation: Operation, arguments: tuple[Any, ...], keys: dict[str, Hashable]
    ) -> bool:
        """Say whether a condition holds before a step."""
        if one.what == "elsewhere":
            return self._elsewhere(one, keys)
        if one.what == "size":
            life = keys.get("session")
            return grown(self.store, life[0] if isinstance(life, tuple) else -1).get(one.name) == one.number
        if one.by not in keys:
            return False
        key = keys[one.by]
        if one.what in ("same", "different"):
            earlier = self.given.get((key, operation.name))
            if earlier is None or one.number >= len(arguments):
                return False
            return (earlier[one.number] == arguments[one.number]) == (one.what == "same")
        times = self.at.get((key, one.kind), ())
        if one.what == "times":
            return len(times) >= one.number
        since = self.at.get((None if one.other[0] == "reload" else key, one.other), ())
        if not since:
            return False
        if one.what == "after":  # so often, and what came in between before the last of them
            return len(times) >= one.number and bisect(since, times[-1]) > 0
        return bool(times) and times[-1] < since[0] and len(since) >= one.number

    def _elsewhere(self, one: Condition, keys: dict[str, Hashable]) -> bool:
        life = keys.get("session")
        sid = life[0] if isinstance(life, tuple) else -1
        mine = self.store.sessions.get(sid)
        live = None if mine is None else mine.ownership.current
        for other in self.store.sessions.values():
            if other.sid != sid and phase_of(other) == one.name:
                owner = other.ownership.current
                if not one.number or (owner and live and owner.owner_id == live.owner_id):
                    return True
        return False


def _pair(operation: Operation, arguments: tuple[Any, ...]) -> tuple[str, str] | None:
    if operation.parameters[1:3] == ("from_", "to"):
        return arguments[1], arguments[2]
    edge = next((one for one in arguments if isinstance(one, Edge)), None)
    if edge is None and "mutation" in operation.parameters:
        edge = getattr(arguments[1], "edge", None)
    return None if edge is None else (edge.sender, edge.receiver)


def _owner(operation: Operation, arguments: tuple[Any, ...]) -> str | None:
    if "owner_id" in operation.parameters:
        return str(arguments[1])
    if operation.parameters[:1] == ("capability",):
        return str(arguments[0].owner_id)
    return str(arguments[0].from_owner_id) if operation.parameters[:1] == ("receipt",) else None


class Meeting:
    """Counts the programs that meet each situation, and answers."""

    def __init__(self, situations: Sequence[Situation]) -> None:
        self.met = [0] * len(situations)
        self.answers = 0
        self._situations = situations
        self._by_step: dict[Kind, list[int]] = defaultdict(list)
        for place, one in enumerate(situations):
            self._by_step[one.step].append(place)

    def take(self, steps: Iterable[GeneratedStep]) -> None:
        """Take in a program."""
        program, found = _Program(), set[int]()
        waiting: dict[tuple[Hashable, Kind], list[int]] = defaultdict(list)
        for count, made in enumerate(steps):
            self.answers += 1
            operation, arguments = made.operation, made.arguments
            good = made.outcome.error is None
            opened = made.outcome.ok if operation.gives == "session" and good else None
            said = "ok" if good else "refused"
            kind = (operation.name, said)
            keys = program.keys(operation, arguments, opened)
            for place in self._by_step.get(kind, ()):
                if place in found:
                    continue
                one = self._situations[place]
                if all(program.holds(condition, operation, arguments, keys) for condition in one.before):
                    if one.seen is None:
                        found.add(place)
                    elif "session" in keys:
                        waiting[keys["session"], one.seen].append(place)
            step(program.store, operation, arguments)
            if opened is not None:
                program.lives[opened] += 1
                keys = program.keys(operation, arguments, opened)
            if "session" in keys and (here := (keys["session"], kind)) in waiting:
                late = waiting.pop(here)
                found.update(late)
            if operation.reads_only:
                continue
            for key in keys.values():
                program.at[key, kind].append(count)
                if good:
                    program.given[key, operation.name] = arguments
        for place in found:
            self.met[place] += 1


def measured(made: Made, situations: Sequence[Situation], seeds: Iterable[int], most: int) -> Meeting:
    """Return how often programs meet each situation, with so many answers of each seed."""
    meeting = Meeting(situations)
    for seed in seeds:
        until, index = meeting.answers + most, 0
        while meeting.answers < until:
            meeting.take(made(seed, index))
            index += 1
    return meeting


def ratios(one: Meeting, other: Meeting) -> list[float]:
    """Return how many times as often the other meets each situation; half a time is added where one is never met."""
    scale = one.answers / other.answers
    return [scale * (b + 0.5) / (a + 0.5) for a, b in zip(one.met, other.met, strict=True)]


def chosen(situations: Sequence[Situation], seeds: Iterable[int], most: int) -> list[Situation]:
    """Return the situations that unguided programs meet seldom, but not too seldom."""
    meeting = measured(unguided, situations, seeds, most)
    rates = [met / meeting.answers for met in meeting.met]
    return [one for one, rate in zip(situations, rates, strict=True) if SELDOM <= rate <= COMMON]


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--of", choices=("training", "validation"), default="training")
    parser.add_argument("--most", type=int, default=10_000, help="answers of each seed")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=3_000)
    options = parser.parse_args()
    situations = chosen(drawn(options.of, DRAWN), CHOSEN_WITH, CHOSEN_BY)
    seeds = range(options.first, options.first + options.seeds)
    one, other = (measured(made, situations, seeds, options.most) for made in (unguided, guided))
    print(summary(ratios(one, other)))


def summary(found: Sequence[float]) -> str:
    """Return the median of ratios, and their geometric mean."""
    mean = exp(statistics.fmean(map(log, found)))
    return f"{len(found)} situations: {statistics.median(found):.2f} times fewer in the median, {mean:.2f} in the mean"


if __name__ == "__main__":
    main()
