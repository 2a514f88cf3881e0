"""Searching the product of the roles for a configuration that is wrong, and for the shortest way there.

``every_interleaving`` takes one move at a time and reaches every configuration, the nearest first. Where buffers
block, ``in_rounds`` decides with far fewer: a role that can move stays able to whatever the others do, so that it is
enough to let all of them move at once, in every combination of their choices. What goes wrong in some order of the
moves goes wrong there too, only later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product as combinations
from typing import NamedTuple

from telltale_conformance.oracle.compatibility.product import Configuration, Move, Option, Problem, Product

Successors = Callable[[list[list[Option]]], Iterable[tuple[Option, ...]]]


class Found(NamedTuple):
    """A problem (or None), the moves that lead to it, and where; how many configurations were seen."""

    problem: Problem | None
    run: tuple[Move, ...]
    at: Configuration
    states: int
    complete: bool
    """Every configuration was seen, or a problem found; else the limit was reached."""


def every_interleaving(product: Product, limit: int) -> Found:
    """Search one move at a time; the run to a problem is as short as any."""
    return _searched(product, limit, lambda options: ((option,) for of_role in options for option in of_role))


def in_rounds(product: Product, limit: int) -> Found:
    """Search with all roles moving at once. Decides like ``every_interleaving`` where buffers are Fifo and block."""
    return _searched(product, limit, lambda options: combinations(*(of_role for of_role in options if of_role)))


def _searched(product: Product, limit: int, steps: Successors) -> Found:
    start = product.start()
    numbers: dict[Configuration, int] = {start: 0}
    reached: list[Configuration] = [start]
    came: list[tuple[int, tuple[Option, ...]]] = [(-1, ())]
    graph = _Graph()
    for number, at in enumerate(reached):
        options = product.options(at)
        if isinstance(options, Problem):
            return Found(options, _run(came, number), at, len(reached), complete=True)
        for step in steps(options):
            after = product.after(at, step)
            target = numbers.get(after)
            if target is None:
                if len(reached) >= limit:
                    return Found(None, (), start, len(reached), complete=False)
                target = numbers[after] = len(reached)
                reached.append(after)
                came.append((number, step))
            graph.add(number, target, step)
    for number, problem in _in_vain(product, reached, graph):
        return Found(problem, _run(came, number), reached[number], len(reached), complete=True)
    return Found(None, (), start, len(reached), complete=True)


def _run(came: list[tuple[int, tuple[Option, ...]]], number: int) -> tuple[Move, ...]:
    """Return the moves from the start to a configuration."""
    steps: list[tuple[Option, ...]] = []
    while number:
        number, step = came[number]
        steps.append(step)
    return tuple(move for step in reversed(steps) for move, _ in step)


# --- what can never happen any more


class _Graph:
    """The steps between configurations, by number, backwards."""

    def __init__(self) -> None:
        self.before: list[list[int]] = []
        self.moving: dict[int, set[int]] = {}
        """By role: the configurations in which it moves."""
        self.receiving: dict[int, set[int]] = {}
        """By edge: the configurations in which its oldest message is taken."""

    def add(self, source: int, target: int, step: tuple[Option, ...]) -> None:
        while len(self.before) <= target:
            self.before.append([])
        self.before[target].append(source)
        for move, _ in step:
            self.moving.setdefault(move.role, set()).add(source)
            if move.answer is None:
                self.receiving.setdefault(move.edge, set()).add(source)

    def leading_to(self, goals: set[int]) -> set[int]:
        """Return the configurations from which one of ``goals`` can be reached, themselves included."""
        found = set(goals)
        waiting = list(goals)
        while waiting:
            number = waiting.pop()
            if number < len(self.before):
                fresh = [source for source in self.before[number] if source not in found]
                found.update(fresh)
                waiting += fresh
        return found


def _in_vain(product: Product, reached: list[Configuration], graph: _Graph) -> Iterator[tuple[int, Problem]]:
    """Yield the first configuration in which a role waits, or a message lies, though nothing ever comes of it."""
    found: list[tuple[int, Problem]] = []
    for role in range(len(product.roles)):
        moves = graph.leading_to(graph.moving.get(role, set()))
        if len(moves) < len(reached):
            for number, at in enumerate(reached):
                if number not in moves and not product.has_ended(at, role):
                    found.append((number, Problem("stuck role", (role,))))
                    break
    for edge, (sender, receiver) in enumerate(product.edges):
        taken = graph.leading_to(graph.receiving.get(edge, set()))
        if len(taken) < len(reached):
            for number, at in enumerate(reached):
                if number not in taken and product.buffer(at, edge):
                    found.append((number, Problem("orphan message", (receiver, sender), edge)))
                    break
    if found:
        yield min(found, key=lambda one: one[0])
