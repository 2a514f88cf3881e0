"""Costs: no operation's work grows with the number of sessions, the length of a log or what was spent before.

Work is counted, not timed: an operation makes as many calls in a store a hundred times as large, and no collection
that grows without bound is walked, copied or searched through.
"""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

import pytest
from msgspec.structs import replace

from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import OPERATIONS, Outcome, step
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    SESSION,
    AuditRecord,
    ClosedSessionSummary,
    Edge,
    Endpoint,
    ReceiptArtifact,
    SetDefaultHandler,
    UpdateEdgeHandler,
    UpdateTrace,
)
from tests.model.store_world import BOTH, LOOP, do, value

SMALL, LARGE = 10, 1_000
OTHER = 1_000_000
"""The sids from here on are those of the other sessions."""


class Walked(Exception):
    """Thrown when a collection that may be of any length is walked."""


def _forbidden(*_: object) -> NoReturn:
    raise Walked


class Sealed:
    """Takes away every way to go through all the elements."""

    __iter__ = __reversed__ = __copy__ = copy = keys = values = items = index = count = _forbidden
    __eq__ = __ne__ = __or__ = __add__ = __mul__ = _forbidden
    __hash__ = None


class SealedDict(Sealed, dict[Any, Any]):
    pass


class SealedSet(Sealed, set[Any]):
    pass


class SealedList(Sealed, list[Any]):
    __contains__ = _forbidden

    def __getitem__(self, key: Any) -> Any:
        """Let the last few elements be read."""
        start = key.start if isinstance(key, slice) else key
        if start is None or 0 <= start < len(self) - 10:
            raise Walked
        return super().__getitem__(key)


class SealedDeque(Sealed, deque[Any]):
    __contains__ = _forbidden


class World:
    """A store of a given size, and a session in the midst of it that has a past of that length."""

    def __init__(self, contract: Contract, size: int) -> None:
        self.store = store = Store(contract)
        for sid in range(OTHER, OTHER + size):
            other = Session(sid=sid, roles=(), role_ids={}, blueprint=(), types={}, buffers={})
            store.insert(other)
            if sid % 2:
                store.set_status(other, "Closed")
        do(store, "open", ("A", "B"), LOOP)
        self.session = session = store.sessions[0]
        self.cap = do(store, "claim_ownership", 0, "ann", SESSION)
        receipt = do(store, "begin_ownership_transfer", self.cap, "bob", SESSION)
        do(store, "rollback_ownership_transfer", receipt)
        self.witness = do(store, "issue_readiness_witness", self.cap, "p")
        for _ in range(2):
            do(store, "send", 0, "A", "B", value("Unit"))
        session.log.extend([AuditRecord(ReceiptArtifact(receipt), "Rejected")] * size)
        session.ownership.consumed.update(range(100, 100 + size))
        session.ownership.next_witness_id = 100 + size
        session.ownership.next_claim_id = 100 + size
        session.buffers["A", "B"].capacity = 10 * LARGE
        session.buffers["A", "B"].messages.extend(list(session.buffers["A", "B"].messages) * size)
        for number in range(size):
            edge = Edge(sender="A", receiver=str(number), sid=7)
            session.edge_handlers[edge] = "h"
            session.pair_handlers["A", str(number)] = "h"
            session.edge_traces[edge] = ()
        store.archive.extend([SUMMARY] * size)
        store.timeouts.log.extend(session.log[-1:] * size)

    def seal(self) -> None:
        store, session, ownership = self.store, self.session, self.session.ownership
        store.sessions = SealedDict(store.sessions)
        store.ended = SealedSet(store.ended)
        store.archive = SealedList(store.archive)
        store.timeouts.log = SealedList(store.timeouts.log)
        store.timeouts.live = SealedDict(store.timeouts.live)
        session.log = SealedList(session.log)
        ownership.consumed = SealedSet(ownership.consumed)
        session.edge_handlers = SealedDict(session.edge_handlers)
        session.pair_handlers = SealedDict(session.pair_handlers)
        session.edge_traces = SealedDict(session.edge_traces)
        for buffer in session.buffers.values():
            buffer.messages = SealedDeque(buffer.messages)

    def pending(self) -> Any:
        return do(self.store, "begin_ownership_transfer", self.cap, "bob", SESSION)

    def closed(self, *arguments: Any) -> tuple[Any, ...]:
        """The arguments of an operation on the closed session."""
        do(self.store, "close", 0)
        return arguments


SUMMARY = ClosedSessionSummary(0, 0, 0, 0, 0, 0, 0, 0, 0, "Closed")
EDGE = Edge(sender="A", receiver="B", sid=0)
A = Endpoint(role="A", sid=0)
Arguments = Callable[[World], tuple[Any, ...]]

CALLS: dict[str, tuple[str, Arguments]] = {
    "open": ("open", lambda w: (("A", "B"), LOOP)),
    "open_with_sid": ("open_with_sid", lambda w: (2 * OTHER, ("A", "B"), LOOP)),
    "close": ("close", lambda w: (0,)),
    "close with a pending transfer": ("close", lambda w: (w.pending().session_id,)),
    "reap one": ("reap_sessions", lambda w: w.closed((0, 9))),
    "reap none": ("reap_sessions", lambda w: ((0, 9),)),
    "active_count": ("active_count", lambda w: ()),
    "live_count": ("live_count", lambda w: ()),
    "next_session_id": ("next_session_id", lambda w: ()),
    "memory_usage": ("memory_usage", lambda w: ()),
    "plan": ("plan", lambda w: (("A", "B"), LOOP)),
    "claim taken": ("claim_ownership", lambda w: (0, "eve", SESSION)),
    "claim": ("claim_ownership", lambda w: (do(w.store, "release_ownership", w.cap), 0, "eve", SESSION)[1:]),
    "release": ("release_ownership", lambda w: (w.cap,)),
    "validate": ("validate_ownership_capability", lambda w: (w.cap,)),
    "begin": ("begin_ownership_transfer", lambda w: (w.cap, "bob", SESSION)),
    "commit": ("commit_ownership_transfer", lambda w: (w.pending(),)),
    "commit refused": ("commit_ownership_transfer", lambda w: (replace(w.pending(), to_owner_id="eve"),)),
    "rollback": ("rollback_ownership_transfer", lambda w: (w.pending(),)),
    "cancel": ("cancel_abandoned_transfer", lambda w: (w.pending(),)),
    "fault": ("fault_failed_transfer_commit", lambda w: (w.pending(), "why")),
    "attenuate": ("attenuate_ownership_scope", lambda w: (w.cap, SESSION)),
    "default handler": ("apply_owned_session_mutation", lambda w: (w.cap, SetDefaultHandler("h"))),
    "handler": ("apply_owned_session_mutation", lambda w: (w.cap, UpdateEdgeHandler(EDGE, "h"))),
    "trace": ("apply_owned_session_mutation", lambda w: (w.cap, UpdateTrace(EDGE, ()))),
    "issue": ("issue_readiness_witness", lambda w: (w.cap, "p")),
    "consume": ("consume_readiness_witness", lambda w: (w.cap, w.witness)),
    "consume refused": ("consume_readiness_witness", lambda w: (w.cap, replace(w.witness, witness_id=100))),
    "death": ("mark_owner_died", lambda w: (0, "ann")),
    "current_ownership": ("current_ownership", lambda w: (0,)),
    "lookup_handler": ("lookup_handler", lambda w: (EDGE,)),
    "lookup_trace": ("lookup_trace", lambda w: (EDGE,)),
    "default_handler": ("default_handler_for_session", lambda w: (0,)),
    "lookup_type": ("lookup_type", lambda w: (A,)),
    "original_type": ("original_type", lambda w: (A,)),
    "update_type": ("update_type", lambda w: (A, LOOP["A"])),
    "update_original": ("update_original", lambda w: (A, LOOP["A"])),
    "remove_type": ("remove_type", lambda w: (A,)),
    "lookup_branch_resolution": ("lookup_branch_resolution", lambda w: (A, "more")),
    "advance": ("advance", lambda w: (A, "more")),
    "send": ("send", lambda w: (0, "A", "B", value("Unit"))),
    "recv": ("recv", lambda w: (0, "A", "B")),
    "open_with_sid_from_plan": (
        "open_with_sid_from_plan",
        lambda w: (2 * OTHER, PlanInput(roles=("A", "B"), initial_types=LOOP)),
    ),
    "send_with_sequence": ("send_with_sequence", lambda w: (0, "A", "B", value("Unit"), 7)),
    "send_signed": ("send_signed", lambda w: (0, "A", "B", value("Unit"), "corrupt")),
    **{name: (name, lambda w: (0, "A", "B")) for name in ("recv_signed", "recv_verified", "recv_verified_signed")},
    "update_handler": ("update_handler", lambda w: (EDGE, "h")),
    "set_default_handler_for_session": ("set_default_handler_for_session", lambda w: (0, "h")),
    "update_trace": ("update_trace", lambda w: (EDGE, ())),
    "has_bound_handler": ("has_bound_handler", lambda w: (0,)),
    "has_message": ("has_message", lambda w: (0, "A", "B")),
    "decode_edge_json": ("decode_edge_json", lambda w: ([0, "A", "B"],)),
    "issue_timeout_witness": ("issue_timeout_witness", lambda w: ("gate", 5)),
    "advance_clock": ("advance_clock", lambda w: (5,)),
}
LISTS = {
    "unfold_mu",
    "unfold_if_var",
    "unfold_if_var_with_scope",
    "session_ids",
    "closed_session_ids",
    "reap_closed",
    "archived_closed",
    "authority_audit_log",
    "runtime_audit_log",
    "observe",
    "reload",
    "lifecycle_state",
    "auth_root",
    "auth_leaves",
    "auth_proof",
    "auth_verify",
    "decode",
}
"""These answer or work with all of something, or look at no store."""


def calls_made(action: Callable[[], object]) -> int:
    """Count the calls of Python and C functions that an action makes."""
    count = 0

    def count_one(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    gc.disable()  # a collection calls whoever asked to be told of it
    sys.setprofile(count_one)
    try:
        action()
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def work(contract: Contract, call: str, size: int) -> int:
    """How many calls an operation makes in a store of that size, none of whose collections may be walked."""
    name, arguments = CALLS[call]
    world = World(contract, size)
    given = arguments(world)
    world.seal()
    return calls_made(lambda: step(world.store, OPERATIONS[name], given))


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize("call", CALLS)
def test_the_work_does_not_depend_on_what_else_is_held(contract: Contract, call: str) -> None:
    work(contract, call, 1)  # what is remembered of a type or key is remembered now
    assert work(contract, call, SMALL) == work(contract, call, LARGE)


def test_every_operation_is_counted() -> None:
    assert {name for name, _ in CALLS.values()} | LISTS == OPERATIONS.keys()


def test_a_replaced_witness_s_horizon_is_passed_over_once() -> None:
    store = Store()
    for _ in range(LARGE):
        do(store, "issue_timeout_witness", "gate", 5)
    assert calls_made(lambda: do(store, "advance_clock", 5)) > LARGE
    assert store.timeouts.horizon == []
    assert calls_made(lambda: do(store, "advance_clock", 6)) < 100


def test_the_seals_hold() -> None:
    """A sealed collection can be used by key but not walked."""
    sealed: list[Any] = [SealedDict({1: 2}), SealedSet({1}), SealedList([1] * 20), SealedDeque([1])]
    for each in sealed:
        assert len(each) > 0
        for walk in (list, sorted, iter, tuple):
            with pytest.raises(Walked):
                walk(each)
        with pytest.raises(Walked):
            each == each  # noqa: B015, PLR0124 # what comparing costs
    assert 1 in sealed[0]
    assert 1 in sealed[1]
    assert sealed[2][15:] == [1] * 5
    for start in (None, 0, 9):
        with pytest.raises(Walked):
            sealed[2][start:]
    with pytest.raises(Walked):
        1 in sealed[2]  # noqa: B015 # what looking costs


def test_a_refusal_that_is_kept_does_not_keep_the_store_alive() -> None:
    def refused() -> Outcome:
        return step(Store("telltale-17"), OPERATIONS["close"], (7,))

    kept = [refused() for _ in range(50)]
    gc.collect()
    assert all(outcome.error is not None and outcome.error.__traceback__ is None for outcome in kept)
    before = sum(isinstance(thing, Store) for thing in gc.get_objects())
    kept += [refused() for _ in range(50)]
    gc.collect()
    assert sum(isinstance(thing, Store) for thing in gc.get_objects()) == before
