"""Tours that take every edge of an explored graph, each from a freshly opened session.

A tour goes on from where an edge leads as long as something is left to be done there, and otherwise begins anew. What
changes the state is followed by a look at it, and so are the operations of a state that change nothing, together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from telltale_conformance.generators.graph import Bound, Graph, Move, explore
from telltale_conformance.generators.graph_labels import ROLES, SID, TYPES, Label, instantiate
from telltale_conformance.generators.steps import encode_arguments
from telltale_conformance.lean_traces.printing import decode, encode
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import OPERATIONS

LONGEST: Final = 600
"""After how many steps a tour begins no further state."""


class Visit(NamedTuple):
    """One step of a tour."""

    label: Label | None
    """What to do; None is to look at the state."""
    swapped: bool
    """Whether the owners bear each other's names here."""
    covers: bool
    """Whether this takes an edge for the first time; steps on the way to one do not."""


LOOK: Final = Visit(None, False, False)
Tour = tuple[Visit, ...]


def tours(graph: Graph) -> Iterator[Tour]:
    """Yield tours that together take every edge of the graph exactly once as a covering step."""
    ways = _ways(graph)
    stays = [bool(state.stays) for state in graph.states]
    left = [deque(state.moves) for state in graph.states]
    for start in range(len(graph.states)):
        while stays[start] or left[start]:
            yield tuple(_tour(graph, ways[start], start, stays, left))


def _tour(
    graph: Graph, way: tuple[Move, ...], start: int, stays: list[bool], left: list[deque[Move]]
) -> Iterator[Visit]:
    swapped, here, taken = False, start, 0
    for move in way:
        yield Visit(move.label, swapped, False)
        swapped ^= move.swapped
    yield LOOK
    while taken < LONGEST:
        if stays[here]:
            stays[here] = False
            taken += len(graph.states[here].stays)
            for label, _ in graph.states[here].stays:
                yield Visit(label, swapped, True)
            yield LOOK
        if not left[here]:
            return
        move = _best(left[here], stays, left)
        yield Visit(move.label, swapped, True)
        yield LOOK
        taken += 2
        swapped ^= move.swapped
        here = move.target


def _best(moves: deque[Move], stays: list[bool], left: list[deque[Move]]) -> Move:
    """Take the first move that leads to where something is left; any other ends the tour."""
    for _ in range(len(moves)):
        move = moves.popleft()
        if stays[move.target] or left[move.target]:
            return move
        moves.append(move)
    return moves.popleft()


def _ways(graph: Graph) -> list[tuple[Move, ...]]:
    """Return a shortest way from the first state to each."""
    ways: list[tuple[Move, ...] | None] = [None] * len(graph.states)
    ways[0] = ()
    waiting = deque([0])
    while waiting:
        here = waiting.popleft()
        way = ways[here]
        assert way is not None
        for move in graph.states[here].moves:
            if ways[move.target] is None:
                ways[move.target] = (*way, move)
                waiting.append(move.target)
    return [way for way in ways if way is not None]


@cache
def toured(bound: Bound, contract: str, offered: frozenset[str]) -> tuple[Graph, tuple[Tour, ...]]:
    """Return the graph and its tours; the same ones for the same arguments."""
    graph = explore(bound, contract, offered)
    return graph, tuple(tours(graph))


def tour_program(tour: Tour, contract: str) -> Program:
    """Return a tour as a program, for whoever runs programs: the Lean model, another implementation."""
    steps = [Step(args=_plain(encode({"initial_types": TYPES, "roles": ROLES})), op="open", seq=0)]
    for seq, visit in enumerate(tour, 1):
        if visit.label is None:
            steps.append(Step(args={"sid": SID}, op="observe", seq=seq))
        else:
            operation = OPERATIONS[visit.label[0]]
            arguments = instantiate(visit.label, swapped=visit.swapped)
            steps.append(Step(args=_plain(encode_arguments(operation, arguments)), op=operation.name, seq=seq))
    return Program(contract=contract, meta={"source": "bounded exploration"}, steps=tuple(steps))


def _plain(printed: bytes) -> dict[str, object]:
    document: dict[str, object] = decode(printed)
    return document
