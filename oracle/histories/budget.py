"""How much the search for an order may cost: a number of configurations, so that nothing depends on seconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from telltale_conformance.errors import HarnessError

CONFIGURATIONS: Final = 100_000
"""How many configurations are visited for a history before it is left inconclusive, beside those per answer."""
PER_ANSWER: Final = 20
"""How many more may be visited for each answer of the history."""


class OverBudget(HarnessError):
    """Thrown when more configurations are needed than the budget allows: nothing is concluded."""


class Budget:
    """What was visited of one history, and what may be.

    Args:
        configurations: how many may be visited, beside ``PER_ANSWER`` for each answer.
    """

    def __init__(self, configurations: int) -> None:
        self.visited = 0
        """How many configurations were visited."""
        self.answers = 0
        """How many answers the history had so far."""
        self._configurations = configurations

    def visit(self, more: int) -> None:
        """Count configurations that are visited.

        Raises:
            OverBudget: they are too many.
        """
        self._allow(self.visited + more)
        self.visited += more

    def combine(self, sizes: Iterable[int]) -> None:
        """Count the combinations of configurations of several components, before they are made.

        Raises:
            OverBudget: they are too many.
        """
        sizes = list(sizes)
        needed = 1
        for size in sizes:
            needed *= size
            self._allow(self.visited + (needed if needed > 1 else 0))
        self.visit(needed if len(sizes) > 1 and needed > 1 else 0)

    def _allow(self, visited: int) -> None:
        allowed = self._configurations + PER_ANSWER * self.answers
        if visited > allowed:
            raise OverBudget(
                f"more than {allowed} configurations",
                remedy="allow more with --configurations, or record fewer operations that overlap",
            )
