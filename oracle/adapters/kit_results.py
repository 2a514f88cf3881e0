"""How a check of an adapter ends that does not pass."""

from __future__ import annotations

from telltale_conformance.errors import InconclusiveError


class Problem(InconclusiveError):
    """A check has failed: what is wrong with the adapter, and what its author can do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy=remedy)


class Departure(Problem):
    """Something is otherwise than the contract has it, and it may be the store's doing: that is for ``check``."""


class NotOffered(InconclusiveError):
    """Thrown by a check that needs an operation which the adapter does not offer."""
