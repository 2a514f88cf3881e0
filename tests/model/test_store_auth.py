"""Keys, signatures and the tree of leaves of an edge (contract §8)."""

from __future__ import annotations

from hashlib import blake2b
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.model.auth import AuthTree, SigningKey
from telltale_conformance.model.contract import Contract
from tests.model.store_world import BOTH, LOOP, do, opened, value

signatures = st.binary(min_size=32, max_size=32)


def tree(leaves: list[bytes]) -> AuthTree:
    made = AuthTree()
    for leaf in leaves:
        made.append(leaf)
    return made


def leaf_hash(signature: bytes) -> bytes:
    root = tree([signature]).root()
    assert root is not None
    return root


def node_hash(left: bytes, right: bytes) -> bytes:
    return blake2b(left + right, digest_size=32, person=b"tc/tree-node").digest()


def naive_root(hashes: list[bytes]) -> bytes:
    """The root over the largest power of two of leaves on the left, and over the rest."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(naive_root(hashes[:split]), naive_root(hashes[split:]))


def numbered(count: int) -> list[bytes]:
    return [number.to_bytes(32, "big") for number in range(count)]


def test_an_empty_tree_has_no_root() -> None:
    assert tree([]).root() is None
    assert tree([]).leaves == 0


@pytest.mark.parametrize("count", range(1, 34))
def test_the_root_is_that_of_the_whole_tree(count: int) -> None:
    grown = tree(numbered(count))
    assert grown.leaves == count
    assert grown.root() == naive_root([leaf_hash(each) for each in numbered(count)])


def test_the_root_changes_with_every_leaf() -> None:
    grown = AuthTree()
    roots = {grown.root()}
    for _ in range(40):
        grown.append(bytes(32))
        roots.add(grown.root())
    assert len(roots) == 41


@given(st.lists(signatures, max_size=12))
def test_the_same_leaves_give_the_same_root(leaves: list[bytes]) -> None:
    assert tree(leaves).root() == tree(list(leaves)).root()
    grown = tree(leaves)
    assert grown.root() == grown.root()


@given(st.lists(signatures, min_size=2, max_size=12), st.data())
def test_the_order_and_every_leaf_matter(leaves: list[bytes], data: st.DataObject) -> None:
    other = data.draw(st.permutations(leaves))
    assert (tree(other).root() == tree(leaves).root()) == (other == leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    changed = [*leaves]
    changed[index] = data.draw(signatures)
    assert (tree(changed).root() == tree(leaves).root()) == (changed == leaves)
    assert tree(leaves[:-1]).root() != tree(leaves).root()


def test_trees_of_all_small_shapes_differ() -> None:
    roots = {tree(list(leaves)).root() for count in range(5) for leaves in product(numbered(3), repeat=count)}
    assert len(roots) == sum(3**count for count in range(5))


@given(signatures, signatures)
def test_a_leaf_never_passes_for_a_node(left: bytes, right: bytes) -> None:
    joined = leaf_hash(left) + leaf_hash(right)
    assert tree([left, right]).root() == node_hash(leaf_hash(left), leaf_hash(right))
    assert leaf_hash(joined) != tree([left, right]).root()
    assert leaf_hash(joined) != node_hash(leaf_hash(left), leaf_hash(right))


def test_the_work_of_appending_is_bounded_by_the_height() -> None:
    grown = tree(numbered(1023))
    assert len(grown._peaks) == 10
    grown.append(bytes(32))
    assert len(grown._peaks) == 1


def test_signatures_differ_by_all_that_they_bind() -> None:
    signed = {
        SigningKey(sid, sender).sign(receiver, payload)
        for sid in (0, 1, 2**64 - 1)
        for sender in ("", "A", "B", "AB")
        for receiver in ("", "A", "B", "BA")
        for payload in (b"", b"A", b'"Unit"', b'{"Nat":1}')
    }
    assert len(signed) == 3 * 4 * 4 * 4
    assert {len(each) for each in signed} == {32}


def test_the_border_of_receiver_and_payload_is_signed() -> None:
    key = SigningKey(0, "A")
    splits = [("", "111"), ("1", "11"), ("11", "1"), ("111", ""), ("1:1", "1"), ("1", ":11")]
    signed = [key.sign(receiver, payload.encode()) for receiver, payload in splits]
    assert all(left != right for left, right in combinations(signed, 2))


def test_signing_again_gives_the_same_signature() -> None:
    key, twin = SigningKey(7, "é"), SigningKey(7, "é")
    assert key.secret == twin.secret
    assert key.sign("→", b"x") == key.sign("→", b"x") == twin.sign("→", b"x")
    assert SigningKey(7, "e").secret != key.secret != SigningKey(8, "é").secret


def test_a_key_is_not_a_signature_nor_a_hash_of_the_tree() -> None:
    key = SigningKey(0, "A")
    assert key.secret not in {leaf_hash(bytes(8) + b"A"), key.sign("", b""), node_hash(bytes(8), b"A")}


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
def test_an_edge_s_tree_has_the_signatures_sent_over_it(contract: Contract) -> None:
    store = opened(contract, LOOP)
    sent = []
    for number in range(5):
        do(store, "send", 0, "A", "B", value({"Nat": number}))
        sent.append(SigningKey(0, "A").sign("B", b'{"Nat":%d}' % number))
    do(store, "recv", 0, "A", "B")
    auth = store.sessions[0].auth
    assert set(auth) == {("A", "B")}
    assert auth["A", "B"].leaves == 5
    assert auth["A", "B"].root() == tree(sent).root()
