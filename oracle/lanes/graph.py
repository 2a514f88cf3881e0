"""Lane ``graph``: every edge of the bounded exploration, and the two graphs compared both ways.

The reference's graph is explored first. Tours take each of its edges through the implementation, whose answers are
judged as everywhere; and out of those answers alone the graph that the implementation went through is put together
and compared with the reference's: edges that it lacks, and edges that the reference has not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import Any, Final

import msgspec

from telltale_conformance.generators.graph import DEFAULT_BOUND, Bound, Graph, Key, canonical, key_of
from telltale_conformance.generators.graph_labels import ROLES, SID, TYPES, Label, instantiate
from telltale_conformance.generators.steps import encode_arguments
from telltale_conformance.generators.tours import Tour, tour_program, toured
from telltale_conformance.lean_traces.printing import decode
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.contract import contract_named
from telltale_conformance.model.operations import OPERATIONS, step, those
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters import Adapter, Answer
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, collect, run_chunks
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.only import chosen_cases
from telltale_conformance.oracle.lanes.subject import Settings, Subject, offered_by
from telltale_conformance.oracle.reference.judging import Asked, CaseResult, described
from telltale_conformance.oracle.verdict.compare import Level, outcome_variant
from telltale_conformance.oracle.verdict.evidence import Items
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult, not_run

CHUNK: Final = 100
"""Tours per chunk."""
BOUNDS: Final = {Effort.quick: Bound(witnesses=1), Effort.default: DEFAULT_BOUND, Effort.thorough: Bound(claims=3)}
"""How far is explored: 8,000 edges, 85,000, 156,000."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Take every edge through the implementation."""
    offered = offered_by(subject)
    bound = BOUNDS[settings.effort]
    if "open" not in offered:
        return not_run("graph", "it needs the operation open, which is not offered")
    graph, all_tours = toured(bound, subject.contract, offered)
    if not graph.edges:
        return not_run("graph", "none of the operations of ownership is offered")
    plan = Plan("tours", len(all_tours), CHUNK)
    task = partial(_chunk, plan=plan, bound=bound, contract=subject.contract, settings=settings)
    finish = partial(_concluded, graph=graph, why_not=why_states_are_not_compared(offered, settings.level))
    return run_chunks("graph", subject, settings, task, plan, finish=None if settings.only else finish)


def why_states_are_not_compared(offered: frozenset[str], level: Level) -> str | None:
    """Say why the lane can judge answers only; None where it compares states."""
    if "observe" not in offered:
        return "the implementation does not offer observe"
    return None if level >= Level.state else f"level {level.name} does not compare them"


def programs(bound: Bound, contract: str) -> Iterator[Program]:
    """Yield the tours as programs, for whoever runs programs."""
    _, all_tours = toured(bound, contract, frozenset(OPERATIONS))
    for tour in all_tours:
        yield tour_program(tour, contract)


def _chunk(adapter: Adapter, number: int, *, plan: Plan, bound: Bound, contract: str, settings: Settings) -> Chunk:
    offered = adapter.hello.ops
    _, all_tours = toured(bound, contract, offered)
    numbers = plan.of(number)
    mine = all_tours[numbers.start : numbers.stop]
    compared = why_states_are_not_compared(offered, settings.level) is None
    reached = _Reached(mine, contract) if compared else _Answered(mine, numbers.start)

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        program = tour_program(mine[position], contract)
        assert result.diverged_at is not None
        last = result.diverged_at.seq + 1
        cut = msgspec.structs.replace(program, steps=program.steps[:last])
        return described(f"tour {numbers[position]}", result, cut)

    looks = "observe" in offered
    cases = [partial(_asked, tour, position, contract, looks) for position, tour in enumerate(mine)]
    names = [f"tour {tour}" for tour in numbers]
    judged = chosen_cases(adapter, cases, names, settings.level, settings.only, reached.watch)
    chunk = collect(plan.kind, judged, len(mine), describe)
    return msgspec.structs.replace(chunk, marks=frozenset(reached.edges))


class _AskedOfTour(Asked):
    """A step of a tour, which knows its tour."""

    tour: int


_OPEN: Final = encode_arguments(OPERATIONS["open"], (ROLES, TYPES, None))
_OBSERVE: Final = encode_arguments(OPERATIONS["observe"], (SID,))


def _asked(tour: Tour, position: int, contract: str, looks: bool) -> Iterator[Asked]:
    store = Store(contract)
    yield _step(store, 0, position, "open", (ROLES, TYPES, None), _OPEN)
    for seq, visit in enumerate(tour, 1):
        if visit.label is not None:
            arguments = instantiate(visit.label, swapped=visit.swapped)
            args = _printed(visit.label, visit.swapped)
            yield _step(store, seq, position, visit.label[0], arguments, args)
        elif looks:
            yield _step(store, seq, position, "observe", (SID,), _OBSERVE)


def _step(store: Store, seq: int, tour: int, op: str, arguments: tuple[Any, ...], args: bytes) -> Asked:
    asked = _AskedOfTour(seq, op, args, step(store, OPERATIONS[op], arguments))
    asked.tour = tour
    return asked


_PRINTED: Final[dict[tuple[Label, bool], bytes]] = {}


def _printed(label: Label, swapped: bool) -> bytes:
    args = _PRINTED.get((label, swapped))
    if args is None:
        arguments = instantiate(label, swapped=swapped)
        args = _PRINTED[label, swapped] = encode_arguments(OPERATIONS[label[0]], arguments)
    return args


class _Reached:
    """The implementation's graph, out of its answers alone."""

    def __init__(self, tours: Sequence[Tour], contract: str) -> None:
        self._tours = tours
        self._here = 0
        self._counted = _GIVES_CAPABILITY if contract_named(contract).h1 else frozenset()
        self._next_generation = 0
        """Under H1 how many capabilities were given: no answer to ``observe`` shows it."""
        self._since: list[tuple[Label, str]] = []
        """The covering steps since the last look, with what the implementation answered."""
        self.edges: set[int] = set()

    def watch(self, asked: Asked, answer: Answer) -> None:
        """Take in one answer."""
        assert isinstance(asked, _AskedOfTour)
        if asked.seq == 0:
            self._since.clear()
            self._next_generation = 0
            return
        visit = self._tours[asked.tour][asked.seq - 1]
        self._next_generation += answer.kind == "ok" and asked.op in self._counted
        if visit.label is None:
            reached = _state_hash(_key_in(answer, self._next_generation))
            for label, variant in self._since:
                self.edges.add(_edge_hash(self._here, label, variant, reached))
            self._since.clear()
            self._here = reached
        elif visit.covers and answer.kind != "unsupported":
            self._since.append((visit.label, _variant(answer)))


class _Answered:
    """The edges whose answers were judged, where states cannot be compared: by number, each is taken once."""

    def __init__(self, tours: Sequence[Tour], first: int) -> None:
        self._tours = tours
        self._first = first
        self.edges: set[int] = set()

    def watch(self, asked: Asked, answer: Answer) -> None:
        """Take in one answer."""
        assert isinstance(asked, _AskedOfTour)
        covers = asked.seq > 0 and self._tours[asked.tour][asked.seq - 1].covers
        if covers and answer.kind != "unsupported":
            self.edges.add((self._first + asked.tour) << 32 | asked.seq)


def _variant(answer: Answer) -> str:
    if answer.kind == "ok":
        return "ok"
    if answer.kind == "err":
        return outcome_variant(is_ok=False, result=_read(answer))
    return answer.kind


_GIVES_CAPABILITY: Final = those(lambda operation: operation.gives == "capability")


def _key_in(answer: Answer, next_generation: int) -> Key:
    try:
        return canonical(key_of(_read(answer), next_generation))[0]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ("unreadable", answer.payload)


def _read(answer: Answer) -> Any:
    try:
        return decode(answer.payload)
    except ValueError:
        return None


def _hash(text: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


_LABELS: Final[dict[Label, bytes]] = {}


@cache
def _state_hash(key: Key) -> int:
    return _hash(repr(key).encode())


def _edge_hash(source: int, label: Label, variant: str, target: int) -> int:
    printed = _LABELS.get(label)
    if printed is None:
        printed = _LABELS[label] = repr(label).encode()
    return _hash(b"%d %b %b %d" % (source, printed, variant.encode(), target))


def _concluded(result: LaneResult, chunks: Sequence[Chunk], *, graph: Graph, why_not: str | None = None) -> LaneResult:
    """Compare the two graphs; where states cannot be compared, count the edges whose answers were judged."""
    figures = {
        "states": len(graph.states),
        "states left again": sum(state.within for state in graph.states),
        "edges": graph.edges,
    }
    bound = ", ".join(f"{name} {value}" for name, value in graph.bound._asdict().items())
    notes = [*result.notes, f"bound: {bound}; two owners, two scopes, states that differ in names merged"]
    reached: set[int] = set().union(*(chunk.marks for chunk in chunks))
    if why_not is not None:
        notes.append(f"states cannot be compared, since {why_not}: edges are judged by their answers alone")
        edges = Items(BY_ANSWERS, graph.edges, len(reached))
    else:
        expected = _edges(graph)
        lacking, added = expected.keys() - reached, reached - expected.keys()
        unanswered = sum(expected[edge] in result.unsupported for edge in lacking)
        against = max(len(added), len(lacking) - unanswered if result.complete else 0)
        edges = Items("edges", graph.edges, len(expected) - len(lacking), against)
        if result.complete:
            figures["edges of the implementation"] = len(reached)
            figures["edges lacking"] = len(lacking)
            figures["edges added"] = len(added)
    return msgspec.structs.replace(
        result, evidence=result.evidence.with_items(edges), figures=figures, notes=tuple(notes)
    )


BY_ANSWERS: Final = "edges by their answers alone"
"""What the edges are called where nothing is said of the states that they lead to."""


def _edges(graph: Graph) -> dict[int, str]:
    """Return the edges of the reference, each with its operation."""
    states = [_state_hash(state.key) for state in graph.states]
    edges: dict[int, str] = {}
    for here, state in zip(states, graph.states, strict=True):
        edges.update((_edge_hash(here, label, outcome, here), label[0]) for label, outcome in state.stays)
        for move in state.moves:
            edges[_edge_hash(here, move.label, move.outcome, states[move.target])] = move.label[0]
    return edges
