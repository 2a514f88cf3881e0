"""The one place where a solver is made: fixed seeds, a limit on its work, and no verdict from "unknown".

The limit is in the solver's own units of work, so that what is decided never depends on the speed of the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import z3

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.oracle.process.interrupts import heed, stopped_by_a_signal

DEFAULT_WORK: Final = 200_000_000
"""Units for one claim: fifteen times what the hardest one takes, half a minute or so."""
MOST_WORK: Final = 2**32 - 1
"""More units than this cannot be asked for."""


class Inconclusive(InconclusiveError):
    """Thrown when the solver answers unknown or its work is up: never taken as a proof."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Limits:
    """How much work one claim may take, from the moment the limits are made."""

    def __init__(self, work: int = DEFAULT_WORK) -> None:
        self.work = work
        self._from = _spent()

    def left(self) -> int:
        """Return what is left for the next query.

        Raises:
            Inconclusive: nothing is left.
        """
        heed()
        left = self.work - (_spent() - self._from)
        if left <= 0:
            raise Inconclusive(f"no verdict within {self.work:,} units of the solver's work")
        return min(left, MOST_WORK)


@dataclass(frozen=True)
class Query:
    """A question that z3 has decided."""

    asserted: tuple[z3.BoolRef, ...]
    """All that was asserted and assumed."""
    satisfiable: bool
    """Whether it has a model."""


_KEPT: ContextVar[Callable[[Query], None] | None] = ContextVar("kept", default=None)


@contextmanager
def each_query(keep: Callable[[Query], None]) -> Iterator[None]:
    """Hand over each question that is decided meanwhile."""
    token = _KEPT.set(keep)
    try:
        yield
    finally:
        _KEPT.reset(token)


def _spent() -> int:
    """Return how much work z3 has done in this process."""
    return next((int(value) for name, value in z3.Solver().statistics() if name == "rlimit count"), 0)


def solver(limits: Limits) -> z3.Solver:
    """Return a solver with fixed seeds and the work that is left, which a signal ends by way of the harness."""
    made = z3.Solver()
    made.set("ctrl_c", False)
    made.set("rlimit", limits.left())
    made.set("random_seed", 0)
    return made


def satisfiable(made: z3.Solver, *assumptions: z3.BoolRef) -> bool:
    """Whether there is a model; an unknown is Inconclusive."""
    with stopped_by_a_signal(made.ctx.interrupt):
        answer = made.check(*assumptions)
    if answer == z3.unknown:
        raise Inconclusive(f"the solver gave up: {made.reason_unknown()}")
    keep = _KEPT.get()
    if keep is not None:
        keep(Query((*made.assertions(), *assumptions), bool(answer == z3.sat)))
    return bool(answer == z3.sat)
