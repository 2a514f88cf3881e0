"""Random sequences of operations: what holds after every one of them, under both contracts.

A sequence is a list of small numbers that pick an operation and its arguments, among them the capabilities,
receipts and witnesses that earlier steps gave, forged ones included. After each step the totals are counted
anew, a refusal must have changed nothing but the log, and no session may have changed that the step does not name.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.trees import END, Mu, Var
from telltale_conformance.model.values import (
    SESSION,
    BufferConfig,
    Edge,
    Endpoint,
    Fragments,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Resize,
    ResizeBounds,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)
from tests.model.store_world import LOOP, PING, TOP, XY, Answer, X, branch, plain, run, snapshot, value

OWNERS = ("ann", "bob")
SCOPES = (SESSION, SESSION, XY, X, Fragments(()))
ROLES = ("A", "B", "C")
TYPES: tuple[dict[str, LocalType], ...] = (
    {},
    PING,
    LOOP,
    {"A": Mu("t", Mu("s", Send("B", (branch("m", Var("t")),)))), "C": Recv("A", (branch("n"),))},
)
CONFIGS = (
    None,
    BufferConfig(initial_capacity=1, mode="Fifo", policy="Block"),
    BufferConfig(initial_capacity=1, mode="Fifo", policy=Resize(ResizeBounds(3))),
    BufferConfig(initial_capacity=2, mode="LatestValue", policy="Drop"),
)
Numbers = tuple[int, ...]
T = TypeVar("T")
PARTS = ("live_sessions", "archived_closed", "local_types", "buffers", "traces", "auth", "handlers")


def latest(pool: list[T], back: int) -> T:
    """One of the three values given last."""
    return pool[-1 - back % min(3, len(pool))]


class Play:
    """A store that is driven by numbers and watched after every step."""

    def __init__(self, contract: Contract) -> None:
        self.store = Store(contract)
        self.caps = [OwnershipCapability(generation=0, owner_id="ann", scope=SESSION, session_id=0)]
        self.receipts = [OwnershipReceipt(1, 0, "ann", SESSION, 0, 1, "bob")]
        self.witnesses = [ReadinessWitness(0, "ann", "p", SESSION, 0, 1)]
        self.rejections = 0

    def step(self, numbers: Numbers) -> None:
        name, arguments = self.choose(numbers)
        before = snapshot(self.store)
        answer = run(self.store, name, *arguments)
        after = snapshot(self.store)
        self.check_step(name, arguments, answer, before, after)
        self.check_totals()
        self.check_sessions()
        if answer.err is None:
            self.remember(answer.value)

    def remember(self, given: object) -> None:
        for pool in (self.caps, self.receipts, self.witnesses):
            if type(given) is type(pool[0]):
                pool.append(given)

    def choose(self, numbers: Numbers) -> tuple[str, tuple[Any, ...]]:
        which, a, b, c = numbers
        sid = a % 3
        cap, receipt, witness = latest(self.caps, a), latest(self.receipts, a), latest(self.witnesses, a)
        if c % 11 == 10:
            cap = replace(cap, generation=cap.generation + 1)
            receipt = replace(receipt, to_owner_id="eve")
            witness = replace(witness, predicate_ref="q")
        elif c % 11 == 9:
            cap = replace(cap, scope=SCOPES[b % 5])
        owner, scope = OWNERS[b % 2], SCOPES[c % 5]
        ep = Endpoint(role=ROLES[b % 3], sid=sid)
        edge = Edge(sender=ROLES[b % 3], receiver=ROLES[c % 3], sid=sid)
        label = ("more", "ack", "stop", "m", "n", "ping")[c % 6]
        roles = ROLES[: 1 + b % 3] if c % 7 else ("A", "B", "A")
        choices: list[tuple[Any, ...]] = [
            ("open", roles, TYPES[c % 4], CONFIGS[a % 4]),
            ("open_with_sid", sid, roles, TYPES[c % 4], CONFIGS[b % 4]),
            ("close", sid),
            ("reap_closed",),
            ("reap_sessions", (sid, b % 3, 9)),
            *(("claim_ownership", sid, owner, scope),) * 3,
            ("release_ownership", cap),
            *(("begin_ownership_transfer", cap, owner, scope),) * 3,
            *(("commit_ownership_transfer", receipt),) * 2,
            ("rollback_ownership_transfer", receipt),
            ("attenuate_ownership_scope", cap, scope),
            ("validate_ownership_capability", cap),
            *(("issue_readiness_witness", cap, "p"),) * 2,
            *(("consume_readiness_witness", cap, witness),) * 2,
            ("mark_owner_died", sid, owner),
            ("cancel_abandoned_transfer", receipt),
            ("fault_failed_transfer_commit", receipt, "why"),
            ("apply_owned_session_mutation", cap, SetDefaultHandler("")),
            ("apply_owned_session_mutation", cap, UpdateEdgeHandler(edge, "h")),
            ("apply_owned_session_mutation", cap, UpdateTrace(edge, ())),
            *(("send", sid, edge.sender, edge.receiver, value({"Nat": c})),) * 3,
            ("send", sid, "A", "B", value("Unit")),
            ("recv", sid, "A", "B"),
            ("remove_type", ep),
            ("update_type", ep, END),
            ("advance", ep, label),
            ("advance_clock", c),
            ("issue_timeout_witness", owner, c),
        ]
        name, *arguments = choices[which % len(choices)]
        return name, tuple(arguments)

    def check_step(self, name: str, arguments: Any, answer: Answer, before: Any, after: Any) -> None:
        """A refusal adds records only; logs only grow; other sessions stay as they are."""
        subject = None
        if arguments and name != "reap_sessions":
            first = arguments[0]
            subject = first if isinstance(first, int) else getattr(first, "session_id", getattr(first, "sid", None))
        if name in ("open", "reap_closed", "reap_sessions"):
            subject = None
        for sid, session in before["sessions"].items():
            now = after["sessions"].get(sid)
            if sid != subject and name not in ("reap_closed", "reap_sessions"):
                assert now == session, (name, arguments)
            elif now is not None and name != "open_with_sid":
                length = len(session["log"])
                assert now["log"][:length] == session["log"]
                assert plain(now["log"][length:]) == (answer.audit if sid == subject else [])
        if answer.err is not None:
            for sid, session in after["sessions"].items():
                session["log"] = session["log"][: len(before["sessions"][sid]["log"])]
            assert after == before, (name, arguments, answer.err)

    def check_totals(self) -> None:
        """The usage is what a naive count finds."""
        sessions = self.store.sessions.values()
        usage = run(self.store, "memory_usage").ok
        parts = usage.pop("retained_bytes")
        messages = sum(len(buffer.messages) for session in sessions for buffer in session.buffers.values())
        leaves = sum(len(taken) for session in sessions for taken in session.auth.values())
        edges = [Edge(sender=a, receiver=b, sid=session.sid) for session in sessions for a, b in session.auth]
        roots = [run(self.store, "auth_root", edge.sid, edge).ok for edge in edges]
        assert usage == {
            "archived_closed_sessions": len(self.store.archive),
            "live_auth_leaf_count": leaves,
            "live_auth_root_count": sum(root is not None for root in roots),
            "live_auth_tree_count": sum(len(session.auth) for session in sessions),
            "live_buffer_count": sum(len(session.buffers) for session in sessions),
            "live_buffered_messages": messages,
            "live_closed_sessions": sum(1 for session in sessions if session.status != "Active"),
            "live_edge_handler_count": sum(len(session.edge_handlers) for session in sessions),
            "live_local_type_entries": sum(len(session.types) for session in sessions),
            "live_sessions": len(sessions),
        }
        traces = sum(len(session.edge_traces) for session in sessions)
        assert self.store.totals.traces == traces
        assert parts["total"] == sum(parts[part] for part in PARTS)
        for part, held in (
            ("live_sessions", len(sessions)),
            ("archived_closed", len(self.store.archive)),
            ("local_types", usage["live_local_type_entries"]),
            ("buffers", usage["live_buffer_count"] + messages),
            ("traces", traces),
            ("auth", leaves),
            ("handlers", usage["live_edge_handler_count"]),
        ):
            assert (parts[part] > 0) == (held > 0), part

    def check_sessions(self) -> None:
        """Ids, statuses and endings agree; a pending transfer implies an owner; a terminal reason excludes one."""
        store = self.store
        ended = [sid for sid in sorted(store.sessions) if store.sessions[sid].status != "Active"]
        assert run(store, "closed_session_ids").ok == ended
        assert run(store, "active_count").ok + len(ended) == run(store, "live_count").ok
        assert all(sid < store.next_sid for sid in store.sessions)
        for sid, session in store.sessions.items():
            ownership = session.ownership
            assert ownership.pending is None or ownership.current is not None
            assert ownership.terminal is None or ownership.current is None
            assert session.sid == sid
            assert not ownership.issued.keys() & ownership.consumed
            assert all(sid < ownership.next_witness_id for sid in (*ownership.issued, *ownership.consumed))
            assert session.auth_leaves == sum(len(taken) for taken in session.auth.values())


numbers = st.tuples(st.integers(0, 63), st.integers(0, 5), st.integers(0, 5), st.integers(0, 41))
sequences = st.lists(numbers, min_size=10, max_size=60)


def opening(contract: Contract) -> Play:
    play = Play(contract)
    play.step((0, 2, 1, 2))
    play.step((0, 0, 1, 1))
    return play


@settings(max_examples=60)
@given(sequences)
def test_under_telltale_17_totals_and_refusals_hold_after_every_step(sequence: list[Numbers]) -> None:
    play = opening(TELLTALE_17)
    for each in sequence:
        play.step(each)


@settings(max_examples=60)
@given(sequences)
def test_under_hardened_the_log_tells_the_ownership_state(sequence: list[Numbers]) -> None:
    play = opening(HARDENED)
    retired: dict[int, list[OwnershipCapability]] = {}
    for each in sequence:
        live = {sid: session.ownership.current for sid, session in play.store.sessions.items()}
        play.step(each)
        for sid, session in play.store.sessions.items():
            before, now = live.get(sid), session.ownership.current
            if before is not None and before != now:
                retired.setdefault(sid, []).append(before)
            assert replayed(session.log) == state_of(session)
            if now is not None:
                assert now.generation == session.ownership.next_generation - 1
                assert all(now.generation > old.generation for old in retired.get(sid, []))
            if session.status != "Active":
                assert now is None
            for buffer in session.buffers.values():
                policy = buffer.config.policy
                top = policy.Resize.max_capacity if isinstance(policy, Resize) else 0
                assert buffer.capacity <= max(1, top, buffer.config.initial_capacity)
    for sid, capabilities in retired.items():
        for capability in capabilities if sid in play.store.sessions else []:
            assert run(play.store, "validate_ownership_capability", capability).err is not None


def state_of(session: Any) -> tuple[Any, ...]:
    ownership = session.ownership
    return ownership.current, ownership.pending, ownership.issued, ownership.consumed


def replayed(log: Any) -> tuple[Any, ...]:
    """Owner, pending transfer, issued and consumed witnesses, from the records alone."""
    current = pending = None
    issued: dict[int, Any] = {}
    consumed: set[int] = set()
    for entry in log:
        [artifact] = (getattr(entry.artifact, name) for name in entry.artifact.__struct_fields__)
        if isinstance(artifact, OwnershipCapability):
            assert entry.event in ("Issued", "Invalidated")
            assert (current is None) if entry.event == "Issued" else (current == artifact)
            current = artifact if entry.event == "Issued" else None
        elif isinstance(artifact, OwnershipReceipt) and entry.event != "Rejected":
            assert (pending is None) if entry.event == "Issued" else (pending == artifact)
            pending = artifact if entry.event == "Issued" else None
        elif isinstance(artifact, ReadinessWitness) and entry.event != "Rejected":
            if entry.event == "Issued":
                assert artifact.witness_id not in issued.keys() | consumed
                issued[artifact.witness_id] = artifact
            else:
                assert issued.pop(artifact.witness_id) == artifact
                if entry.event == "Consumed":
                    consumed.add(artifact.witness_id)
    return current, pending, issued, consumed


def test_the_sequences_reach_every_operation_and_most_errors() -> None:
    """A fixed walk that shows what the random ones are made of: no kind of answer is out of their reach."""
    seen: set[str] = set()
    answered: set[str] = set()
    walk = random.Random(7)
    for contract in (TELLTALE_17, HARDENED):
        for _ in range(60):
            play = opening(contract)
            choose: Callable[[Numbers], tuple[str, tuple[Any, ...]]] = play.choose
            for _ in range(50):
                name, arguments = choose(tuple(walk.randrange(TOP) for _ in range(4)))
                answer = run(play.store, name, *arguments)
                seen.add(name)
                if isinstance(answer.err, dict):
                    answered |= answer.err.keys()
                if answer.err is None:
                    answered.add(name)
                    play.remember(answer.value)
    assert answered >= seen
    assert answered >= {
        "AlreadyClaimed",
        "ForeignEdge",
        "InvalidWitness",
        "NoBranch",
        "ReceiptMismatch",
        "ScopeViolation",
        "SessionClosed",
        "SessionNotFound",
        "StaleCapability",
        "Terminal",
        "TransferNotPending",
        "TransferPending",
        "Unclaimed",
        "WitnessConsumed",
    }
