"""Guided generation: programs that reach something new are kept, changed at random, and distilled into a small corpus.

The search runs on the reference alone, one brood after the other: every mutant of a brood is made from what was kept
before the brood, by its own number. So the same seed keeps the same programs, however the work is shared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from math import fsum
from random import Random
from typing import Final, NamedTuple, TypeVar

from telltale_conformance.generators.close_watch import CloseWatch
from telltale_conformance.generators.mutations import mended, mutated, parts_of
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.reached import Feature, Watch, played, worth_of
from telltale_conformance.generators.steps import as_program
from telltale_conformance.lean_traces.programs import Step
from telltale_conformance.model.operations import OPERATIONS

Steps = tuple[Step, ...]
_T = TypeVar("_T", bound=Hashable)
_MUCH: Final = 30
"""A program is trimmed as long as it goes on reaching what is worth so much."""


class Kept(NamedTuple):
    """A program that reached something new."""

    steps: Steps
    features: frozenset[Feature]
    """All that it reaches."""


class Search:
    """Keeps what reaches something new.

    Args:
        contract: what the reference follows.
        seed: decides every mutant.
    """

    def __init__(self, contract: str, seed: int) -> None:
        self._contract = contract
        self._seed = seed
        self.kept: list[Kept] = []
        self.known: set[Feature] = set()
        self._broods = 0

    def begin(self, programs: int) -> None:
        """Take in unguided programs."""
        for index in range(programs):
            generator = Generator(self._seed, index, offered=frozenset(OPERATIONS), contract=self._contract)
            self._take(as_program(generator.steps(), self._contract, {}).steps)

    def brood(self, size: int) -> int:
        """Try that many mutants of what is kept; return how many of them are kept."""
        parents = list(self.kept)
        before = len(parents)
        for number in range(size):
            rng = Random(f"{self._seed}/{self._broods}/{number}")
            late = max(0, len(parents) - 100) if rng.random() < 0.5 else 0
            parent = parents[late + int(rng.random() * (len(parents) - late))]
            other = parents[int(rng.random() * len(parents))]
            self._take(mutated(parts_of(parent.steps), parts_of(other.steps), rng))
        self._broods += 1
        return len(self.kept) - before

    def _take(self, steps: Steps) -> None:
        """Keep a program up to its last step that reaches something new; nothing where none does."""
        found = new_in(steps, self._contract, self.known.__contains__, watched=CloseWatch)
        if found is not None:
            kept, new = found
            self.known |= new
            self.kept.append(kept)


def new_in(
    steps: Steps, contract: str, known: Callable[[Feature], bool], *, watched: type[Watch] = Watch
) -> tuple[Kept, set[Feature]] | None:
    """Return a program up to its last step that reaches something new, and what that is; None where nothing is."""
    last, features, new = -1, set[Feature](), set[Feature]()
    taken = []
    for place, one in enumerate(played(steps, contract, watched=watched)):
        taken.append(one)
        fresh = {feature for feature in one.features if feature not in new and not known(feature)}
        if fresh:
            last = place
            new |= fresh
    if last < 0:
        return None
    for one in taken[: last + 1]:
        features.update(one.features)
    return Kept(renumbered([one.step for one in taken[: last + 1]]), frozenset(features)), new


def renumbered(steps: Sequence[Step]) -> Steps:
    """Return steps numbered from 0, references moved along; each refers to one of them before it."""
    if all(step.seq == place for place, step in enumerate(steps)):
        return tuple(steps)
    kinds = {step.seq: OPERATIONS[step.op].gives for step in steps}
    return mended(parts_of(steps), kinds, Random(0))


Trim = Callable[[Steps, frozenset[Feature]], Kept]
"""Makes a program shorter that goes on reaching these features."""


def distilled(kept: Sequence[Kept], most: int, trim: Trim | None = None) -> list[Steps]:
    """Return few programs that together reach as much as ``most`` steps can, and every operation that any reaches.

    Args:
        kept: the programs to choose from.
        most: steps, about.
        trim: makes a chosen program shorter that goes on reaching what it adds of what counts most.
    """
    reached = [with_operations(one) for one in kept]
    found: list[Steps] = []

    def take(place: int, new: Collection[Feature]) -> tuple[frozenset[Feature], int]:
        one = kept[place]
        if trim is not None:
            one = trim(one.steps, frozenset(filter(_counts_much, new)))
            if not one.steps:
                return frozenset(), 0  # it added nothing that counts much
        found.append(one.steps)
        return with_operations(one), len(one.steps)

    choose(reached, [len(one.steps) for one in kept], worth_of, is_operation, most, take)
    return found


def choose(
    reached: Sequence[Collection[_T]],
    lengths: Sequence[int],
    worth_of: Callable[[_T], float],
    needed: Callable[[_T], bool],
    most: int,
    take: Callable[[int, Collection[_T]], tuple[Iterable[_T], int]],
) -> None:
    """Choose few programs that together reach as much as ``most`` steps can, and all that is needed.

    Whichever adds the most for its length comes next, so that the first programs reach more than the last. What few of
    the programs reach is hard to reach, so it counts more.

    Args:
        reached: what each program reaches.
        lengths: how many steps each has.
        worth_of: how much it counts to reach something.
        needed: whether something must be reached, however many steps that takes.
        most: steps, about.
        take: takes a program by its place, with what it adds; returns what was taken reaches, and its steps.
    """
    met = Counter(feature for features in reached for feature in features)
    worth = {feature: worth_of(feature) / times**0.5 for feature, times in met.items()}
    known: set[_T] = set()
    lacking = {feature for feature in met if needed(feature)}
    waiting = [
        (-_worth(features, worth) / _cost(steps), place)
        for place, (features, steps) in enumerate(zip(reached, lengths, strict=True))
    ]
    heapify(waiting)
    steps = 0
    while waiting and (steps < most or lacking):
        _, place = heappop(waiting)
        if steps >= most and lacking.isdisjoint(reached[place]):
            continue
        new = [feature for feature in reached[place] if feature not in known]
        now = -_worth(new, worth) / _cost(lengths[place])
        if waiting and now > waiting[0][0]:  # it adds less than when it was put there
            if now < 0:
                heappush(waiting, (now, place))
            continue
        taken, more = take(place, new)
        steps += more
        known.update(taken)
        lacking.difference_update(taken)


def trimmed(steps: Steps, wanted: frozenset[Feature], contract: str, watched: type[Watch] = Watch) -> Kept:
    """Return a program without the steps that it can do without and go on reaching these features."""
    best = _carried_out(steps, contract, watched)
    for size in (8, 2):
        end = len(best.steps)
        while end > 0:
            kinds = {step.seq: OPERATIONS[step.op].gives for step in best.steps}
            rest = [*best.steps[: max(0, end - size)], *best.steps[end:]]
            tried = _carried_out(mended(parts_of(rest), kinds, Random(0)), contract, watched)
            if wanted <= with_operations(tried):
                best = tried
            end = min(end - size, len(best.steps))
    return best


def _carried_out(steps: Steps, contract: str, watched: type[Watch]) -> Kept:
    """Return those steps of a program that can be carried out, and what they reach."""
    made = list(played(steps, contract, watched=watched))
    features = frozenset(feature for one in made for feature in one.features)
    return Kept(renumbered([one.step for one in made]), features)


def _counts_much(feature: Feature) -> bool:
    return worth_of(feature) >= _MUCH


def with_operations(one: Kept) -> frozenset[Feature]:
    """Return what a program reaches, with the operations that it asks."""
    return one.features | {("operation", step.op) for step in one.steps}


def is_operation(feature: Feature) -> bool:
    """Say whether a feature is that an operation is asked."""
    return isinstance(feature, tuple) and feature[0] == "operation"


def _cost(steps: int) -> int:
    return steps + 4


def _worth(features: Iterable[_T], worth: Mapping[_T, float]) -> float:
    return fsum(worth[feature] for feature in features)


def reached_by(steps: Steps, contract: str, *, watched: type[Watch] = Watch) -> set[Feature]:
    """Return all that a program reaches."""
    return {feature for one in played(steps, contract, watched=watched) for feature in one.features}
