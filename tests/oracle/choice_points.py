"""Paths through choice points: which option was taken at each, and how many there were."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Choices:
    """One path through the choice points; what is drawn on the way comes from a seed and the path.

    Attributes:
        trail: for each choice point passed, the option taken and how many there were.
        points: the names of these choice points.
    """

    def __init__(self, seed: str, prefix: Sequence[int] = (), kinds: bool = False, at_random: bool = False) -> None:
        self.trail: list[tuple[int, int]] = []
        self.points: list[str] = []
        self._prefix, self._kinds, self._at_random = prefix, kinds, at_random
        self._rng = Random(f"{seed} {[*prefix]}")

    def __call__(self, point: str, *options: T) -> T:
        """Take the next option at a choice point: as the prefix says, after it the first, or one at random."""
        at = len(self.trail)
        taken = self._prefix[at] if at < len(self._prefix) else 0
        if self._at_random and self._rng.random() < 0.4:
            taken = self._rng.randrange(len(options))
        self.trail.append((taken, len(options)))
        self.points.append(point)
        return options[taken]

    def kind(self, point: str, *options: T) -> T:
        """Take one of several kinds of one answer: each where kinds are enumerated too, else one that is drawn."""
        return self(point, *options) if self._kinds else self.draw(*options)

    def draw(self, *options: T) -> T:
        """Draw what no rule asks for."""
        return self._rng.choice(options)
