"""What is known of the implementation: its answers follow from what it was asked before, from a fresh store on.

So a run of a program tells of every program that it begins with, up to where the answers part.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

Request = tuple[str, bytes]
"""An operation with its arguments as they are sent."""
Sight = TypeVar("Sight")


class Found(NamedTuple, Generic[Sight]):
    """What a program would show that need not be run."""

    place: int
    """How many of its steps the implementation answers as the contract demands, before it departs or the end."""
    sight: Sight | None
    """The divergence after these; None where they are all."""


class Known(Generic[Sight]):
    """A tree of requests: each node is a program that was run, by itself or as the beginning of another."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[int, Request], int] = {}
        self._sights: dict[int, Sight] = {}

    def note(self, requests: Iterable[Request], sight: Sight | None = None) -> None:
        """Keep that all these were answered as the contract demands, the last one excepted where there is a sight."""
        node = 0
        for request in requests:
            node = self._nodes.setdefault((node, request), len(self._nodes) + 1)
        if sight is not None:
            self._sights[node] = sight

    def find(self, requests: Iterable[Request]) -> Found[Sight] | None:
        """Return what a run of these would show; None where that is not known."""
        node = place = 0
        for place, request in enumerate(requests):
            following = self._nodes.get((node, request))
            if following is None:
                return None
            node = following
            if node in self._sights:
                return Found(place, self._sights[node])
        return Found(place + 1, None)
