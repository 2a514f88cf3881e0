"""The rules H7 and H12–H16, of sessions, types and messages: the same steps under both contracts."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.contract import HARDENED, TELLTALE_17
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.trees import END, Mu, Var
from telltale_conformance.model.values import (
    BufferConfig,
    Edge,
    Endpoint,
    Resize,
    ResizeBounds,
    UpdateEdgeHandler,
    UpdateTrace,
)
from tests.model.store_world import (
    LOOP,
    PING,
    TAMPERING,
    TOP,
    branch,
    do,
    opened,
    owned,
    plain,
    refusal,
    run,
    tampered,
    value,
)

A = Endpoint(role="A", sid=0)


# H7: session ids


def test_h7_a_session_id_is_used_once() -> None:
    for contract in (TELLTALE_17, HARDENED):
        store, cap = owned(contract)
        do(store, "open_with_sid", 5, ("A",), {})
        for used in (0, 3, 5):
            if contract is TELLTALE_17:
                do(store, "open_with_sid", used, ("A",), {})
            else:
                assert refusal(store, "open_with_sid", used, ("A",), {}) == f"session {used} already used"
                do(store, "validate_ownership_capability", cap)
        assert run(store, "open_with_sid", 6, ("A",), {}).ok == 6


def test_h7_a_reaped_id_is_not_used_again() -> None:
    store = opened(HARDENED)
    do(store, "close", 0)
    do(store, "reap_closed")
    assert refusal(store, "open_with_sid", 0, ("A",), {}) == "session 0 already used"


def test_h7_the_top_id_is_used_once() -> None:
    store = Store(HARDENED)
    do(store, "open_with_sid", TOP - 1, ("A",), {})
    assert run(store, "next_session_id").ok == TOP
    assert run(store, "open", ("A",), {}).ok == TOP
    assert run(store, "next_session_id").ok == TOP
    assert refusal(store, "open", ("A",), {}) == "session ids exhausted"
    assert refusal(store, "open_with_sid", TOP, ("A",), {}) == f"session {TOP} already used"
    assert refusal(store, "open_with_sid", 3, ("A",), {}) == "session 3 already used"


def test_h7_the_top_id_may_be_named() -> None:
    store = Store(HARDENED)
    assert run(store, "open_with_sid", TOP, ("A",), {}).ok == TOP
    assert refusal(store, "open", ("A",), {}) == "session ids exhausted"
    do(store, "close", TOP)
    do(store, "reap_closed")
    assert refusal(store, "open_with_sid", TOP, ("A",), {}) == f"session {TOP} already used"


def test_h7_a_failed_opening_uses_no_id() -> None:
    store = Store(HARDENED)
    assert refusal(store, "open_with_sid", TOP, ("A", "A"), {}) == "repeated role: A"
    assert run(store, "open", ("A",), {}).ok == 0


# H12: Resize


@pytest.mark.parametrize(
    ("capacity", "maximum", "grown"), [(1, 8, 8), (3, 8, 8), (2, 3, 3), (1, 1, 1), (0, 3, 3), (4, 2, 4)]
)
def test_h12_resize_ends_at_its_maximum(capacity: int, maximum: int, grown: int) -> None:
    config = BufferConfig(initial_capacity=capacity, mode="Fifo", policy=Resize(ResizeBounds(maximum)))
    store = opened(HARDENED, PING, config)
    answers = [run(store, "send", 0, "A", "B", value("Unit")).ok for _ in range(grown + 2)]
    assert answers == ["Ok"] * grown + ["Full"] * 2
    assert run(store, "observe", 0).ok["buffers"][0]["capacity"] == grown


def test_h12_resize_still_doubles_below_its_maximum() -> None:
    config = BufferConfig(initial_capacity=2, mode="Fifo", policy=Resize(ResizeBounds(9)))
    store = opened(HARDENED, PING, config)
    capacities = []
    for _ in range(10):
        do(store, "send", 0, "A", "B", value("Unit"))
        capacities.append(run(store, "observe", 0).ok["buffers"][0]["capacity"])
    assert capacities == [2, 2, 4, 4, 8, 8, 8, 8, 9, 9]


# H13: repeated roles


@pytest.mark.parametrize("operation", ["plan", "open", "open_with_sid"])
def test_h13_a_repeated_role_is_refused(operation: str) -> None:
    sid = (4,) if operation == "open_with_sid" else ()
    for contract in (TELLTALE_17, HARDENED):
        store = opened(contract)
        for roles, repeated in ((("A", "B", "A"), "A"), (("A", "B", "B", "A"), "B"), (("", ""), "")):
            if contract is TELLTALE_17:
                do(store, operation, *sid, roles, {})
            else:
                assert refusal(store, operation, *sid, roles, {}) == f"repeated role: {repeated}"
                assert run(store, "next_session_id").ok == 1


# H14: unfolding


def both_ways(types: dict[str, LocalType], *labels: str) -> dict[str, list[Any]]:
    """Where role A stands after opening and after each labelled step, by contract."""
    ways = {}
    for contract in (TELLTALE_17, HARDENED):
        store = opened(contract, types)
        places = [do(store, "lookup_type", A)]
        for label in labels:
            before = do(store, "lookup_type", A)
            answer = run(store, "advance", A, label)
            places.append(answer.value.current if answer.err is None else before)
            assert do(store, "lookup_type", A) == places[-1]
        if contract is HARDENED:
            assert do(store, "original_type", A) == types["A"]
        ways[contract.name] = places
    return ways


INNER = Mu("s", Recv("B", (branch("again", Var("s")), branch("back", Var("t")))))
OUTER = Mu("t", Send("B", (branch("go", INNER), branch("stop"))))


def test_h14_a_variable_goes_to_its_binder_under_nested_recursion() -> None:
    assert isinstance(OUTER.body, Send)
    ways = both_ways({"A": OUTER}, "go", "again", "back", "go", "back", "stop")
    inside = Mu("s", Recv("B", (branch("again", Var("s")), branch("back", OUTER))))
    outside = Send("B", (branch("go", inside), branch("stop")))
    within = Recv("B", (branch("again", inside), branch("back", OUTER)))
    assert ways["hardened"] == [outside, within, within, outside, within, outside, END]
    stuck = ways["telltale-17"]
    assert stuck[0] == OUTER.body
    assert set(stuck[1:]) == {INNER.body}


def test_h14_opening_substitutes() -> None:
    ways = both_ways(LOOP, "more", "ack", "stop")
    folded = LOOP["A"]
    assert isinstance(folded, Mu)
    ack = Recv("B", (branch("ack", folded),))
    start = Send("B", (branch("more", ack), branch("stop")))
    assert ways["hardened"] == [start, ack, start, END]
    assert ways["telltale-17"][0] == folded.body


def test_h14_the_plan_shows_the_unfolded_type_and_strips_for_active_roles() -> None:
    endless = Mu("t", Mu("s", Var("t")))
    answer = run(Store(HARDENED), "plan", ("A", "B"), {"A": LOOP["A"], "B": endless}).ok
    current = run(opened(HARDENED, LOOP), "lookup_type", A).ok
    assert answer["initial_types"] == [
        {"role": "A", "current": current, "original": plain(LOOP["A"])},
        {"role": "B", "current": plain(endless), "original": plain(endless)},
    ]
    assert answer["active_branch_roles"] == ["A"]


ENDLESS = [Mu("t", Var("t")), Mu("t", Mu("s", Var("t"))), Mu("t", Mu("t", Var("t")))]


@pytest.mark.parametrize("endless", ENDLESS, ids=repr)
def test_h14_a_type_that_never_gets_to_a_head_stays_as_it_is(endless: LocalType) -> None:
    ways = both_ways({"A": Send("B", (branch("m", endless),))}, "m")
    assert ways["hardened"][1] == endless
    assert isinstance(ways["telltale-17"][1], Var)


def test_h14_a_free_variable_stays_where_telltale_17_goes_back_to_the_start() -> None:
    loose = Send("B", (branch("m", Var("u")),))
    ways = both_ways({"A": loose}, "m")
    assert ways["telltale-17"] == [loose, loose]
    assert ways["hardened"] == [loose, Var("u")]


def test_h14_substitution_captures_no_variable() -> None:
    """μt.B!m.μs.B?n.t under a free s: the s of the outside is not the s of the inside."""
    inner = Mu("s", Recv("B", (branch("n", Var("t")), branch("o", Var("s")))))
    outer = Mu("t", Send("B", (branch("m", inner), branch("out", Var("s")))))
    places = both_ways({"A": outer}, "m", "n", "out")["hardened"]
    assert places[2] == places[0]
    assert places[3] == Var("s")


def test_h14_updates_are_stored_as_given() -> None:
    store = opened(HARDENED, PING)
    folded = Mu("t", Send("B", (branch("m", Var("t")),)))
    do(store, "update_type", A, folded)
    assert do(store, "lookup_type", A) == folded
    refusal(store, "advance", A, "m")
    do(store, "update_type", A, folded.body)
    do(store, "update_original", A, folded)
    assert do(store, "advance", A, "m").current == Var("t")


# H15: edges


@pytest.mark.parametrize("sender_receiver_sid", [("A", "B", 1), ("A", "X", 0), ("X", "B", 0)])
@pytest.mark.parametrize("kind", ["handler", "trace"])
def test_h15_a_mutation_names_an_edge_of_its_own_session(kind: str, sender_receiver_sid: tuple[str, str, int]) -> None:
    sender, receiver, sid = sender_receiver_sid
    edge = Edge(sender=sender, receiver=receiver, sid=sid)
    mutation = UpdateEdgeHandler(edge, "h") if kind == "handler" else UpdateTrace(edge, ())
    for contract in (TELLTALE_17, HARDENED):
        store, cap = owned(contract)
        if contract is TELLTALE_17:
            do(store, "apply_owned_session_mutation", cap, mutation)
        else:
            error = refusal(store, "apply_owned_session_mutation", cap, mutation)
            assert error == {"ForeignEdge": {"session_id": 0, "edge": plain(edge)}}


def test_h15_pairs_outside_the_blueprint_are_allowed() -> None:
    store, cap = owned(HARDENED)
    for sender, receiver in (("B", "A"), ("A", "A")):
        edge = Edge(sender=sender, receiver=receiver, sid=0)
        do(store, "apply_owned_session_mutation", cap, UpdateEdgeHandler(edge, "h"))
        do(store, "apply_owned_session_mutation", cap, UpdateTrace(edge, ()))
        assert run(store, "lookup_handler", edge).ok == "h"
        assert run(store, "lookup_trace", edge).ok == []


# H16: receiving


@pytest.mark.parametrize("kind", TAMPERING)
def test_h16_a_message_with_a_bad_signature_stays(kind: str) -> None:
    store = tampered(HARDENED, kind)
    for _ in range(2):
        assert refusal(store, "recv", 0, "A", "B") == "signature verification failed on edge A -> B"
        assert run(store, "has_message", 0, "A", "B").ok is True
        assert run(store, "observe", 0).ok["buffers"][0]["len"] == 2
    assert run(store, "recv", 0, "B", "A").ok == {"Nat": 1}
