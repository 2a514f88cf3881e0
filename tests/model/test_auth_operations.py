"""The operations over auth trees (contract §17): whose leaves they are, what ends them, what is null."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.auth import AuthProof
from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import Send
from telltale_conformance.model.types.payloads import UNIT, Bool, EndpointValue, Nat, ProdValue, Str
from telltale_conformance.model.values import BufferConfig, Edge
from telltale_conformance.oracle.histories.snapshots import copied_session, key
from tests.model.store_world import LOOP, PING, branch, do, opened, refusal
from tests.model.test_auth_trees import BOUND_VECTORS, VECTORS

AB = Edge(receiver="B", sender="A", sid=0)
SEVEN = Nat(7)
BAD = ("corrupt", "wrong_edge", "wrong_value", "valid")
V4_VALUES = (
    ProdValue(Str('a"\n→'), EndpointValue(3, "é")),
    UNIT,
    Bool(True),
    Nat(2**64 - 1),
    Str(""),
)


def sent(store: Store, *numbers: int) -> Store:
    for number in numbers:
        assert do(store, "send", 0, "A", "B", Nat(number)) == "Ok"
    return store


def root(store: Store, edge: Edge = AB) -> str:
    return bytes(do(store, "auth_root", edge.sid, edge)).hex()


@pytest.mark.parametrize(("contract", "vectors"), [(TELLTALE_17, VECTORS), (HARDENED, BOUND_VECTORS)])
def test_the_vectors_come_of_sends(contract: Contract, vectors: dict[str, Any]) -> None:
    def published(name: str) -> str:
        return str(vectors[name][-1])

    store = opened(contract)
    do(store, "send", 0, "A", "B", SEVEN)
    assert root(store) == published("V1")
    do(store, "send_with_sequence", 0, "A", "B", SEVEN, 1)
    assert root(store) == published("V2")

    assert root(sent(opened(contract), 0, 1, 2)) == published("V3")

    store = Store(contract)
    do(store, "open_with_sid", 3, ("é", "B"), {"é": Send("B", (branch("m"),))})
    first = 0 if contract is HARDENED else 2**64 - 1
    do(store, "send_with_sequence", 3, "é", "B", V4_VALUES[0], first)
    for value in V4_VALUES[1:]:
        do(store, "send", 3, "é", "B", value)
    assert root(store, Edge(receiver="B", sender="é", sid=3)) == published("V4")

    store = opened(contract)
    for kind in BAD:
        do(store, "send_signed", 0, "A", "B", SEVEN, kind)
    assert root(store) == published("V5")


@pytest.mark.parametrize("operation", ["auth_root", "auth_leaves", "auth_proof"])
def test_null_where_the_edge_has_no_leaf(operation: str) -> None:
    store = opened(types=LOOP)
    index = (0,) if operation == "auth_proof" else ()
    assert do(store, operation, 0, AB, *index) is None
    sent(store, 1)
    assert do(store, operation, 0, AB, *index) is not None
    for sid, sender, receiver in ((1, "A", "B"), (0, "B", "A"), (0, "A", "C"), (0, "C", "B"), (0, "A", "A")):
        assert do(store, operation, 0, Edge(receiver=receiver, sender=sender, sid=sid), *index) is None


@pytest.mark.parametrize("operation", ["auth_root", "auth_leaves", "auth_proof"])
def test_an_unknown_session_is_refused_whatever_the_edge(operation: str) -> None:
    index = (0,) if operation == "auth_proof" else ()
    assert refusal(opened(), operation, 3, AB, *index) == "session 3 not found"


def test_leaves_come_in_the_order_of_the_sends_and_each_has_its_proof() -> None:
    store = sent(opened(), 1, 2, 1)
    first, second, third = leaves = do(store, "auth_leaves", 0, AB)
    assert first == third != second
    for index, leaf in enumerate(leaves):
        proof = do(store, "auth_proof", 0, AB, index)
        assert do(store, "auth_verify", do(store, "auth_root", 0, AB), leaf, proof)
        assert do(store, "auth_verify", do(store, "auth_root", 0, AB), second, proof) is (index == 1)
    assert do(store, "auth_proof", 0, AB, 3) is None
    assert do(store, "auth_proof", 0, AB, 2**64 - 1) is None


def test_the_tree_grows_after_it_was_asked_for() -> None:
    store, fresh = sent(opened(), 1), sent(opened(), 1, 2, 3, 4, 5)
    for number in (2, 3, 4, 5):
        root(store)
        sent(store, number)
    assert root(store) == root(fresh)


def test_receives_reload_and_close_change_nothing_and_reaping_ends_it() -> None:
    store = sent(opened(), 1, 2)
    before = root(store)
    do(store, "recv", 0, "A", "B")
    assert root(store) == before
    do(store, "reload", "binary")
    assert root(store) == before
    do(store, "close", 0)
    assert root(store) == before
    do(store, "reap_closed")
    assert refusal(store, "auth_root", 0, AB) == "session 0 not found"


def test_a_session_in_place_of_another_begins_without_leaves() -> None:
    store = sent(opened(), 1)
    root(store)
    do(store, "open_with_sid", 0, ("A", "B"), PING)
    assert do(store, "auth_root", 0, AB) is None


def test_only_what_is_stored_adds_a_leaf() -> None:
    full = opened(config=BufferConfig(initial_capacity=1, mode="Fifo", policy="Drop"))
    sent(full, 1)
    assert do(full, "send", 0, "A", "B", Nat(2)) == "Dropped"
    assert len(do(full, "auth_leaves", 0, AB)) == 1
    latest = opened(config=BufferConfig(initial_capacity=1, mode="LatestValue", policy="Block"))
    assert len(do(sent(latest, 1, 2), "auth_leaves", 0, AB)) == 2


@pytest.mark.parametrize("kind", ["corrupt", "wrong_edge", "wrong_value", "other_receiver", "other_sequence"])
def test_a_leaf_has_the_signature_that_came_with_the_message(kind: str) -> None:
    store = opened()
    do(store, "send_signed", 0, "A", "B", SEVEN, kind, 0)
    bound = kind in ("other_receiver", "other_sequence")
    assert (root(store) == VECTORS["V1"][-1]) is bound  # what is not bound leaves the signature as it is


def test_a_proof_is_given_back_in_any_form() -> None:
    leaf = (7,) * 32
    assert do(Store(), "auth_verify", leaf, leaf, AuthProof(index=9, sibling_on_left=(), siblings=()))
    assert not do(Store(), "auth_verify", leaf, leaf, AuthProof(index=0, sibling_on_left=(True,), siblings=()))


def test_what_was_computed_is_no_state_of_a_session() -> None:
    store = sent(opened(), 1)
    session = store.sessions[0]
    before = key(copied_session(session).auth)
    root(store)
    copied = copied_session(session)
    assert key(copied.auth_trees) == key(copied_session(store.sessions[0]).auth_trees)
    assert not copied.auth_trees
    assert session.auth_trees
    assert key(copied.auth) == before
