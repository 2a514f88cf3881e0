"""A small world of states, exhaustively: every state that the reference reaches within bounds, with every operation."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.symbolic.agreement.agreement import reference_effect
from telltale_conformance.oracle.symbolic.agreement.snapshot import Json, Snapshot

OWNERS = ("alice", "bob")
SCOPES: tuple[Json, ...] = (
    "Session",
    {"Fragments": ["m"]},
    {"Fragments": ["n"]},
    {"Fragments": ["m", "n"]},
    {"Fragments": []},
)
_TAKING_RECEIPT = tuple(op for op, operation in OPERATIONS.items() if "receipt" in operation.parameters)


def cap(sid: int, owner: str, generation: int, scope: Json) -> Json:
    """Return a capability in wire form."""
    return {"session_id": sid, "owner_id": owner, "generation": generation, "scope": scope}


def mutations(edge: Json) -> list[Json]:
    """One mutation of each kind."""
    return [
        {"SetDefaultHandler": {"handler": "d"}},
        {"UpdateEdgeHandler": {"edge": edge, "handler": "h"}},
        {"UpdateTrace": {"edge": edge, "trace": ["Nat", "Bool"]}},
    ]


@dataclass(frozen=True)
class Edge:
    """One operation in the small world, and the seq of steps that leads to its state."""

    state: Snapshot
    op: str
    args: Json
    path: tuple[tuple[str, Json], ...]


@dataclass(frozen=True)
class Bounds:
    """How far the small world goes: counters beyond these are not explored further; and how many operations."""

    generation: int = 1
    claims: int = 2
    witnesses: int = 2
    depth: int = 6

    def admits(self, state: Snapshot) -> bool:
        """Say whether the state is within the bounds."""
        generation = state.current["generation"] if state.current else 0
        return (
            max(generation, state.next_generation - 1) <= self.generation
            and state.next_claim_id <= self.claims
            and state.next_witness_id <= self.witnesses
        )


def small_world(contract: str, bounds: Bounds) -> Iterator[Edge]:
    """Every edge of the graph of states that the reference reaches within the bounds, breadth first."""
    start = Snapshot()
    waiting: deque[tuple[Snapshot, tuple[tuple[str, Json], ...]]] = deque([(start, ())])
    seen = {start.key()}
    while waiting:
        state, path = waiting.popleft()
        for op, args in edges_of(state):
            yield Edge(state, op, args, path)
            if len(path) >= bounds.depth:
                continue
            after = reference_effect(contract, state, op, args).post
            if after.exists and bounds.admits(after) and after.key() not in seen:
                seen.add(after.key())
                waiting.append((after, (*path, (op, args))))


def edges_of(state: Snapshot) -> Iterator[tuple[str, Json]]:
    """Yield the operations of the small world: two owners, two scopes, genuine and forged artifacts."""
    sid, scopes = state.sid, SCOPES[:2]
    caps, receipts = list(_caps(state)), list(_receipts(state))
    first_owner = OWNERS[:1] if state.current is None else OWNERS
    for owner in OWNERS:
        for scope in scopes:
            yield "claim_ownership", {"sid": sid, "owner_id": owner, "scope": scope}
        yield "mark_owner_died", {"sid": sid, "owner_id": owner}
    yield "claim_ownership", {"sid": sid + 1, "owner_id": first_owner[0], "scope": "Session"}
    yield "mark_owner_died", {"sid": sid + 1, "owner_id": first_owner[0]}
    edge = {"sid": sid, "sender": "A", "receiver": "B"}
    for capability in caps:
        given = {"capability": capability}
        yield "release_ownership", given
        yield "validate_ownership_capability", given
        yield "issue_readiness_witness", {**given, "predicate_ref": "p"}
        yield "apply_owned_session_mutation", {**given, "mutation": mutations(edge)[0]}
        for scope in scopes:
            yield "attenuate_ownership_scope", {**given, "new_scope": scope}
            yield "begin_ownership_transfer", {**given, "new_owner_id": "bob", "new_scope": scope}
        for witness in _witnesses(state, capability):
            yield "consume_readiness_witness", {**given, "witness": witness}
    if state.current is not None:
        for mutation in mutations({**edge, "sid": sid + 1})[1:]:
            yield "apply_owned_session_mutation", {"capability": state.current, "mutation": mutation}
    for receipt in receipts:
        for op in _TAKING_RECEIPT:
            given = {"receipt": receipt, "reason": "r"}
            yield op, {name: given[name] for name in OPERATIONS[op].parameters}
    yield "close", {"sid": sid}
    yield "close", {"sid": sid + 1}
    yield "reap_sessions", {"session_ids": [sid]}
    yield "reap_sessions", {"session_ids": [sid + 1]}


def _around(owner: str, generation: int) -> Iterator[tuple[str, int]]:
    """Yield the other owner and the generations below, at and above, in every combination."""
    for name in (owner, "bob" if owner == "alice" else "alice"):
        for number in (generation, generation + 1, generation - 1):
            if number >= 0:
                yield name, number


def _caps(state: Snapshot) -> Iterator[Json]:
    live = state.current or cap(state.sid, "alice", 0, "Session")
    for owner, generation in _around(live["owner_id"], live["generation"]):
        yield {**live, "owner_id": owner, "generation": generation}
    yield {**live, "scope": SCOPES[1] if live["scope"] == "Session" else "Session"}
    yield {**live, "session_id": state.sid + 1}


def _receipts(state: Snapshot) -> Iterator[Json]:
    pending = state.pending or {
        "session_id": state.sid,
        "claim_id": 1,
        "from_owner_id": "alice",
        "from_generation": 0,
        "to_owner_id": "bob",
        "to_generation": 1,
        "scope": "Session",
    }
    for owner, generation in _around(pending["from_owner_id"], pending["from_generation"]):
        yield {**pending, "from_owner_id": owner, "from_generation": generation}
    yield {**pending, "scope": SCOPES[2]}
    yield {**pending, "session_id": state.sid + 1}


def _witnesses(state: Snapshot, capability: Json) -> Iterator[Json]:
    ids = sorted({*state.issued, *state.consumed, state.next_witness_id})
    for witness_id in ids:
        genuine = state.issued.get(witness_id, {**capability, "witness_id": witness_id, "predicate_ref": "p"})
        yield genuine
        if witness_id in state.issued:
            yield {**genuine, "predicate_ref": "q"}
