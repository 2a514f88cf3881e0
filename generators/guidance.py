"""Guided generation: programs that reach something new are kept, changed at random, and distilled into a small corpus.

The search runs on the reference alone, one brood after the other: every mutant of a brood is made from what was kept
before the brood, by its own number. So the same seed keeps the same programs, however the work is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush
from random import Random
from typing import NamedTuple

from telltale_conformance.generators.mutations import mended, mutated, parts_of
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.generators.reached import Feature, played, worth_of
from telltale_conformance.lean_traces.programs import Step
from telltale_conformance.model.operations import OPERATIONS

Steps = tuple[Step, ...]


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
            self._take(generate_program(self._seed, index, contract=self._contract).steps)

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
        found = new_in(steps, self._contract, self.known.__contains__)
        if found is not None:
            kept, new = found
            self.known |= new
            self.kept.append(kept)


def new_in(steps: Steps, contract: str, known: Callable[[Feature], bool]) -> tuple[Kept, set[Feature]] | None:
    """Return a program up to its last step that reaches something new, and what that is; None where nothing is."""
    last, features, new = -1, set[Feature](), set[Feature]()
    taken = []
    for place, one in enumerate(played(steps, contract, watched=True)):
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


def distilled(kept: Sequence[Kept], most: int) -> list[Steps]:
    """Return few programs that together reach as much as ``most`` steps can.

    Whichever adds the most for its length comes next, so that the first programs reach more than the last.
    """
    chosen: list[Steps] = []
    known: set[Feature] = set()
    waiting = [(-_worth(one.features) / _cost(one), place) for place, one in enumerate(kept)]
    heapify(waiting)
    steps = 0
    while waiting and steps < most:
        _, place = heappop(waiting)
        one = kept[place]
        now = -_worth(one.features - known) / _cost(one)
        if waiting and now > waiting[0][0]:  # it adds less than when it was put there
            if now < 0:
                heappush(waiting, (now, place))
            continue
        chosen.append(one.steps)
        steps += len(one.steps)
        known |= one.features
    return chosen


def _cost(one: Kept) -> int:
    return len(one.steps) + 4


def _worth(features: Iterable[Feature]) -> int:
    return sum(worth_of(feature) for feature in features)


def reached_by(steps: Steps, contract: str) -> set[Feature]:
    """Return all that a program reaches."""
    return {feature for one in played(steps, contract, watched=True) for feature in one.features}
