"""The one place where a solver is made: fixed seeds, a time limit, and no verdict from "unknown"."""

from __future__ import annotations

from time import monotonic

import z3  # type: ignore[import-untyped]  # see terms

from telltale_conformance.oracle.process.interrupts import heed, stopped_by_a_signal

DEFAULT_TIMEOUT = 15.0
"""Seconds for one claim."""


class Inconclusive(Exception):
    """Thrown when the solver answers unknown or its time is up: never taken as a proof."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Limits:
    """How long one claim may take, from the moment the limits are made."""

    def __init__(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.timeout = timeout
        self._until = monotonic() + timeout

    def milliseconds_left(self) -> int:
        """What is left for the next query.

        Raises:
            Inconclusive: nothing is left.
        """
        heed()
        left = int((self._until - monotonic()) * 1000)
        if left <= 0:
            raise Inconclusive(f"no verdict within {self.timeout:g} s")
        return left


def solver(limits: Limits) -> z3.Solver:
    """A solver with fixed seeds and the time that is left, which a signal ends by way of the harness."""
    made = z3.Solver()
    made.set("ctrl_c", False)
    made.set("timeout", limits.milliseconds_left())
    made.set("random_seed", 0)
    return made


def satisfiable(made: z3.Solver, *assumptions: z3.BoolRef) -> bool:
    """Whether there is a model; an unknown is Inconclusive."""
    with stopped_by_a_signal(made.ctx.interrupt):
        answer = made.check(*assumptions)
    if answer == z3.unknown:
        raise Inconclusive(f"the solver gave up: {made.reason_unknown()}")
    return bool(answer == z3.sat)
