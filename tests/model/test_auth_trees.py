"""Auth trees (contract §17): the published vectors and their parts, trees of every small size, proofs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.model.auth_trees import (
    AuthTree,
    Proof,
    combined,
    hashed,
    leaf_of,
    packed,
    signature_digest,
    verifies,
    verifying_key,
)
from telltale_conformance.model.types.payloads import UNIT, Bool, EndpointValue, Nat, ProdValue, Str, Value

SEVEN = Nat(7)


@dataclass(frozen=True)
class Sent:
    """A message of a vector: what it carries and how it is signed."""

    value: Value
    number: int = 0
    signer: str | None = None
    signed: Value | None = None
    flipped: bool = False

    def leaf(self, sid: int, sender: str, receiver: str, *, bound: bool) -> bytes:
        """Return the leaf; ``bound`` is H18."""
        signer = self.signer or sender
        key = verifying_key(sid, signer)
        to = sender if self.signer == receiver else receiver
        digest = signature_digest(key, self.signed or self.value, (to, self.number) if bound else None)
        if self.flipped:
            digest = bytes([digest[0] ^ 1]) + digest[1:]
        return leaf_of(self.value, key, digest, self.number)


PAIR = ProdValue(Str('a"\n→'), EndpointValue(3, "é"))
FOUR_KINDS = (UNIT, Bool(True), Nat(2**64 - 1), Str(""))
BADLY_SIGNED = (
    {"flipped": True},
    {"signer": "B"},
    {"signed": ProdValue(SEVEN, UNIT)},
    {},
)
VECTORS = {
    "V1": (0, "A", [Sent(SEVEN)], "d889797aa17d3f59fd110f4ded16302cfa29bbaae65ac35e1fda025708c8a46c"),
    "V2": (
        0,
        "A",
        [Sent(SEVEN), Sent(SEVEN, 1)],
        "cdc0fc5653b40ac0e43d041e230011a7063614321de3aa3d1df0424dfc9934b6",
    ),
    "V3": (
        0,
        "A",
        [Sent(Nat(number)) for number in range(3)],
        "1c49f5c29c9aebff9461ec953e596c3463155126cd62ad0e9147ba6ac1d30ca1",
    ),
    "V4": (
        3,
        "é",
        [Sent(PAIR, 2**64 - 1), *(Sent(value) for value in FOUR_KINDS)],
        "d71f553a27361f38644877dd834602d577323a0d8eec4760f053ac2867c3ae06",
    ),
    "V5": (
        0,
        "A",
        [Sent(SEVEN, **how) for how in BADLY_SIGNED],
        "2ecf67c65d5f0f116636012e94a5d59b2d3be3325977edf455209f0d7f35b72c",
    ),
}
BOUND_VECTORS = {
    "V1": (0, "A", [Sent(SEVEN)], "3f2bcfa05240a00e8f89b44c825e7ad4ae68d8cf82e35f68367f99dfc49f4c47"),
    "V2": (
        0,
        "A",
        [Sent(SEVEN), Sent(SEVEN, 1)],
        "1fe4a648b01b200a5ccbdb0b714861576223eb8e71ffe13e3b8e414ad49fbdce",
    ),
    "V3": (
        0,
        "A",
        [Sent(Nat(number), number) for number in range(3)],
        "81b601284522460ff9ec8b237b0754c21d74c0347e4a0bb68a606eb5a2237639",
    ),
    "V4": (
        3,
        "é",
        [Sent(value, number) for number, value in enumerate((PAIR, *FOUR_KINDS))],
        "193a7c57dafe6dc2cbc3a3eb4ee5ae74918cfa262cbb95b17d818ce7fcda76a2",
    ),
    "V5": (
        0,
        "A",
        [Sent(SEVEN, number, **how) for number, how in enumerate(BADLY_SIGNED)],
        "41d3738f2e184a92ff79bf6fcab1b2310118e9e62f6c30c0e81466ad189108ba",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_the_root_of_each_vector_is_the_published_one(name: str) -> None:
    sid, sender, sent, root = VECTORS[name]
    assert AuthTree([one.leaf(sid, sender, "B", bound=False) for one in sent]).root().hex() == root


@pytest.mark.parametrize("name", BOUND_VECTORS)
def test_where_signatures_bind_receiver_and_number_the_roots_are_the_published_ones(name: str) -> None:
    sid, sender, sent, root = BOUND_VECTORS[name]
    assert AuthTree([one.leaf(sid, sender, "B", bound=True) for one in sent]).root().hex() == root


def test_the_parts_of_the_vectors_are_the_published_ones() -> None:
    key = verifying_key(0, "A")
    assert hashed(b"\3", b"").hex() == "f642e596f64b39ef66335f4c6fe28901232a309fb6ea67d9a1b3c82f34155b89"
    assert key.hex() == "27d9ddbec9f3065c3734690bb9afad767e0085e1261a1aaa107ea843a806f76c"
    assert signature_digest(key, SEVEN).hex() == "6f8065d3a6bfb63c52b892918971e17b84e1e2febbc65663c011135a66a2cc1d"
    assert packed(SEVEN).hex() == "010000000700000000000000"
    second = Sent(SEVEN, 1).leaf(0, "A", "B", bound=False)
    assert second.hex() == "f8cd6fe25971bf66fe1e23cc219f177d26abe22d054f2b9b3cc54e75619d5b4d"
    corrupt = Sent(SEVEN, flipped=True).leaf(0, "A", "B", bound=False)
    assert corrupt.hex() == "45659a8ef7a5b29006afda4bb8ce900d196718a14535f2cb57b5d0d114c961d5"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (UNIT, b"\0\0\0\0"),
        (Bool(False), b"\2\0\0\0\0"),
        (Str("é"), b"\3\0\0\0\2\0\0\0\0\0\0\0\xc3\xa9"),
        (ProdValue(ProdValue(Bool(True), UNIT), UNIT), b"\4\0\0\0\4\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0"),
        (EndpointValue(258, "B"), b"\5\0\0\0\2\1\0\0\0\0\0\0\1\0\0\0\0\0\0\0B"),
    ],
)
def test_a_value_is_packed_as_its_variant_and_what_it_carries(value: Value, printed: bytes) -> None:
    assert packed(value) == printed


def test_an_endpoint_is_signed_with_its_sid_first_and_control_characters_as_short_escapes() -> None:
    key = b"k" * 32
    value = ProdValue(EndpointValue(1, "A"), Str('\b\f\n\r\t\x00\x1f\x7f/\\"é'))
    text = '{"Prod":[{"Endpoint":{"sid":1,"role":"A"}},{"Str":"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f/\\\\\\"é"}]}'
    assert signature_digest(key, value) == hashed(b"\2", key + text.encode())


def _plain_root(leaves: list[bytes]) -> bytes:
    while len(leaves) > 1:
        if len(leaves) % 2:
            leaves = [*leaves, leaves[-1]]
        leaves = [combined(left, right) for left, right in zip(leaves[::2], leaves[1::2], strict=True)]
    return leaves[0]


LEAVES = [hashed(b"\3", bytes([number])) for number in range(40)]


@pytest.mark.parametrize("size", range(1, 34))
def test_a_tree_that_grew_has_the_root_of_its_levels_and_every_leaf_its_proof(size: int) -> None:
    tree = AuthTree(LEAVES[:size])
    assert tree.root() == _plain_root(LEAVES[:size])
    for index in range(size):
        proof = tree.proof(index)
        assert proof is not None
        assert proof.index == index
        assert 2 ** len(proof.siblings) >= size
        assert verifies(tree.root(), LEAVES[index], proof)
        assert not verifies(tree.root(), LEAVES[index + 1], proof) or LEAVES[index] == LEAVES[index + 1]
    assert tree.proof(size) is None


def test_a_tree_without_leaves_has_neither_root_nor_proof() -> None:
    assert AuthTree().proof(0) is None
    with pytest.raises(IndexError):
        AuthTree().root()


def test_an_odd_last_leaf_is_combined_with_itself() -> None:
    a, b, c = LEAVES[:3]
    assert AuthTree([a, b, c]).root() == AuthTree([a, b, c, c]).root() != combined(combined(a, b), c)
    assert AuthTree([a, b, c]).proof(2) == Proof(2, (c, combined(a, b)), (False, True))


def test_one_leaf_is_its_own_root_and_every_index_verifies_with_empty_lists() -> None:
    leaf = LEAVES[0]
    assert AuthTree([leaf]).root() == leaf
    assert AuthTree([leaf]).proof(0) == Proof(0, (), ())
    assert all(verifies(leaf, leaf, Proof(index, (), ())) for index in (0, 1, 2**64 - 1))
    assert not verifies(leaf, LEAVES[1], Proof(0, (), ()))


def test_an_index_counts_only_as_far_as_there_are_siblings() -> None:
    tree = AuthTree(LEAVES[:4])
    proof = tree.proof(1)
    assert proof is not None
    assert verifies(tree.root(), LEAVES[1], replace(proof, index=5))
    assert not verifies(tree.root(), LEAVES[1], replace(proof, index=3))


def test_an_inner_node_verifies_as_a_leaf_with_a_shorter_proof() -> None:
    a, b, c, d = LEAVES[:4]
    assert verifies(AuthTree([a, b, c, d]).root(), combined(a, b), Proof(0, (combined(c, d),), (False,)))


@given(size=st.integers(1, 20), data=st.data())
def test_a_changed_proof_does_not_verify(size: int, data: st.DataObject) -> None:
    tree = AuthTree(LEAVES[:size])
    proof = tree.proof(data.draw(st.integers(0, size - 1)))
    assert proof is not None
    leaf = LEAVES[proof.index]
    assert not verifies(tree.root(), leaf, replace(proof, siblings=(*proof.siblings, leaf)))
    assert not verifies(tree.root(), leaf, replace(proof, sibling_on_left=(*proof.sibling_on_left, False)))
    if proof.siblings:
        place = data.draw(st.integers(0, len(proof.siblings) - 1))
        flags, siblings = list(proof.sibling_on_left), list(proof.siblings)
        flags[place] = not flags[place]
        siblings[place] = hashed(b"\3", b"another")
        assert not verifies(tree.root(), leaf, replace(proof, sibling_on_left=tuple(flags)))
        assert not verifies(tree.root(), leaf, replace(proof, siblings=tuple(siblings)))
