"""Bounded exhaustive exploration: every abstract state of one session's ownership, every operation in each of them.

The states are those that the reference reaches within a ``Bound``; two that differ only in which owner bears
which name are one. In every state all operations of ownership are tried with *all* arguments of the bounded domain
(``generators.graph_labels``), so the graph says of each state what every one of them answers and where it leads. The
audit log is no part of a state, since nothing reads it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final, NamedTuple

from telltale_conformance.generators.graph_labels import OWNERS, ROLES, TYPES, Label, instantiate, labels_of
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.model import sessions as lifecycle
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.observe import observe
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store

Key = tuple[Any, ...]
"""A state, comparable and hashable, with owners by number."""


class Bound(NamedTuple):
    """Within what the states are explored; a state beyond is reached by its edges and not left."""

    generation: int = 1
    """The highest live generation."""
    claims: int = 2
    """The highest next claim id."""
    witnesses: int = 2
    """The highest next witness id."""
    epoch: int = 1
    """How often the session was closed."""

    def holds(self, session: Session) -> bool:
        """Say whether a state is within the bound, so that it is left again."""
        ownership = session.ownership
        live = ownership.current
        return (
            (live is None or live.generation <= self.generation)
            and ownership.next_claim_id <= self.claims
            and ownership.next_witness_id <= self.witnesses
            and session.epoch <= self.epoch
        )


DEFAULT_BOUND: Final = Bound()


class Move(NamedTuple):
    """An edge that changes the state."""

    label: Label
    target: int
    swapped: bool
    """Whether the owners' names are the other way round in the target."""
    outcome: str


@dataclass(slots=True)
class State:
    """One abstract state with its edges."""

    key: Key
    session: Session
    """The state as it was first reached."""
    within: bool
    stays: list[tuple[Label, str]] = field(default_factory=list)
    """The operations that leave the state as it is, with what they answer."""
    moves: list[Move] = field(default_factory=list)


@dataclass(slots=True)
class Graph:
    """The labelled graph; state 0 is the freshly opened session."""

    bound: Bound
    contract: str
    states: list[State] = field(default_factory=list)

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return sum(len(state.stays) + len(state.moves) for state in self.states)

    def labelled_edges(self) -> Iterator[tuple[Key, Label, str, Key]]:
        """Yield every edge as the state left, the operation, the outcome, and the state reached."""
        for state in self.states:
            for label, outcome in state.stays:
                yield state.key, label, outcome, state.key
            for move in state.moves:
                yield state.key, move.label, move.outcome, self.states[move.target].key


def explore(
    bound: Bound = DEFAULT_BOUND,
    contract: Contract | str = "telltale-17",
    offered: frozenset[str] = frozenset(OPERATIONS),
) -> Graph:
    """Return the graph of the reference, breadth first, by the operations that are offered."""
    store = Store(contract)
    sid = lifecycle.open(store, ROLES, TYPES)
    graph = Graph(bound, store.contract.name)
    first = store.sessions[sid]
    key, first_swapped = canonical(key_of_session(first))
    graph.states.append(State(key, first, bound.holds(first)))
    known: dict[Key, tuple[int, bool]] = {key: (0, first_swapped)}
    waiting = deque([0])
    while waiting:
        state = graph.states[waiting.popleft()]
        _load(store, state.session)
        for label in dict.fromkeys(labels_of(state.session)):
            if label[0] not in offered:
                continue
            operation = OPERATIONS[label[0]]
            arguments = instantiate(label, swapped=False)
            outcome = step(store, operation, arguments)
            variant = "ok" if outcome.error is None else outcome.error.guard.error
            session = store.sessions[sid]
            key, swapped = canonical(key_of_session(session)) if outcome.error is None else (state.key, False)
            if key == state.key:
                state.stays.append((label, variant))
            else:
                if key not in known:
                    known[key] = len(graph.states), swapped
                    within = bound.holds(session)
                    graph.states.append(State(key, _copy(session), within))
                    if within:
                        waiting.append(len(graph.states) - 1)
                target, target_swapped = known[key]
                state.moves.append(Move(label, target, swapped != target_swapped, variant))
            if outcome.error is None:
                _load(store, state.session)
    return graph


def key_of_session(session: Session) -> Key:
    """Return the state of a session of the reference."""
    store = Store()
    store.sessions[session.sid] = session
    observed = as_json(observe(store, session.sid))
    return key_of(observed, session.ownership.next_generation)


def key_of(observed: dict[str, Any], next_generation: int = 0) -> Key:
    """Return the state that a result of ``observe`` shows, whoever gave it.

    Args:
        observed: the result.
        next_generation: what no result shows and yet decides answers: under H1 how many capabilities the session has
            given, which whoever saw all its answers can count; 0 without H1.

    Raises:
        KeyError, TypeError, AttributeError: the document is none.
    """
    ownership = observed["ownership"]
    status = observed["status"]
    return (
        status if isinstance(status, str) else next(iter(status)),
        observed["epoch"],
        _numbered(ownership["current"]),
        _numbered(ownership["pending_transfer"]),
        _numbered(ownership["terminal_reason"]),
        ownership["next_claim_id"],
        ownership["next_witness_id"],
        tuple(_numbered(witness) for witness in ownership["issued_readiness"]),
        tuple(ownership["consumed_witnesses"]),
        next_generation,
    )


@cache
def canonical(key: Key) -> tuple[Key, bool]:
    """Return the one of a state and its mirror image that stands for both, and whether it is the image."""
    image = _mirrored(key)
    mine, other = repr(key), repr(image)
    return (image, True) if other < mine else (key, False)


_OWNER: Final = {"owner_id", "from_owner_id", "to_owner_id"}


def _numbered(value: Any) -> Any:
    """Return JSON as nested tuples, owners as ``("owner", number)`` and session ids left out."""
    if isinstance(value, dict):
        return tuple(
            (name, ("owner", OWNERS.index(item)) if name in _OWNER and item in OWNERS else _numbered(item))
            for name, item in sorted(value.items())
            if name != "session_id"
        )
    if isinstance(value, list):
        return tuple(_numbered(item) for item in value)
    return value


def _mirrored(value: Any) -> Any:
    if isinstance(value, tuple):
        if len(value) == 2 and value[0] == "owner":
            return "owner", 1 - value[1]
        return tuple(_mirrored(item) for item in value)
    return value


def _load(store: Store, session: Session) -> None:
    """Put a copy of a session in the store, as the only one."""
    store.sessions.clear()
    store.ended.clear()
    store.sessions[session.sid] = copy = _copy(session)
    store.unlike_reloaded.add(copy.sid)
    if copy.status != "Active":
        store.ended.add(copy.sid)


def _copy(session: Session) -> Session:
    """Copy what operations of ownership change; the log begins anew."""
    ownership = session.ownership
    return replace(
        session,
        buffers=dict(session.buffers),
        edge_handlers=dict(session.edge_handlers),
        pair_handlers=dict(session.pair_handlers),
        edge_traces=dict(session.edge_traces),
        ownership=replace(ownership, issued=dict(ownership.issued), consumed=set(ownership.consumed)),
        log=[],
    )
