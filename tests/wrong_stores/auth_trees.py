"""Auth trees that are not those of contract §17: another order, another shape, a leaf or a root of something else."""

from __future__ import annotations

from functools import partial
from typing import Any

from msgspec.structs import replace

from telltale_conformance.model import auth, auth_trees
from telltale_conformance.model.auth_trees import AuthTree, combined
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.types.payloads import ProdValue, Str, Value
from tests.wrong_stores.auth_sweeps import ended, many
from tests.wrong_stores.reference_forms import changed
from tests.wrong_stores.steps import A_TO_B, altered, edge
from tests.wrong_stores.wrong import Wrong

AUTH_TREES: list[Wrong] = []
wrong_tree = partial(changed, "auth trees", into=AUTH_TREES)


def looked_at(s: Any) -> None:
    s.auth_root(sid=0, edge=edge())


def sent(*values: Any) -> Any:
    """Send values on an edge, and look at its root."""

    def play(s: Any) -> None:
        s.open(roles=["A", "B"], initial_types=A_TO_B)
        for value in values:
            s.send(sid=0, from_="A", to="B", val=value)
        looked_at(s)

    return play


def sent_with_numbers(*numbers: int) -> Any:
    """Send with these sequence numbers, and look at the root."""

    def play(s: Any) -> None:
        s.open(roles=["A", "B"], initial_types=A_TO_B)
        for number in numbers:
            s.send_with_sequence(sid=0, from_="A", to="B", val={"Nat": 7}, sequence_no=number)
        looked_at(s)

    return play


def sent_signed(kind: str) -> Any:
    """Send one message signed so, and look at the root."""

    def play(s: Any) -> None:
        s.open(roles=["A", "B"], initial_types=A_TO_B)
        s.send_signed(sid=0, from_="A", to="B", val={"Nat": 7}, signature=kind, sequence_no=0)
        looked_at(s)

    return play


def proved(count: int, index: int) -> Any:
    """Send some messages and ask for the proof of one."""

    def play(s: Any) -> None:
        s.open(roles=["A", "B"], initial_types=A_TO_B)
        for number in range(count):
            s.send(sid=0, from_="A", to="B", val={"Nat": number})
        s.auth_proof(sid=0, edge=edge(), index=index)

    return play


def verified(index: int, siblings: int, flags: list[bool]) -> Any:
    """Verify a proof of zeros against a leaf of zeros as the root."""

    def play(s: Any) -> None:
        zeros = [0] * 32
        proof = {"index": index, "siblings": [zeros] * siblings, "sibling_on_left": flags}
        s.auth_verify(root=zeros, leaf=zeros, proof=proof)

    return play


def verified_on_a_wrong_side(s: Any) -> None:
    """Verify the first of five leaves with its last sibling on the wrong side."""
    s.open(roles=["A", "B"], initial_types=A_TO_B)
    s.send(sid=0, from_="A", to="B", val={"Nat": 0})
    leaf = s.auth_root(sid=0, edge=edge())
    for number in range(1, 5):
        s.send(sid=0, from_="A", to="B", val={"Nat": number})
    root, proof = s.auth_root(sid=0, edge=edge()), s.auth_proof(sid=0, edge=edge(), index=0)
    s.auth_verify(root=root, leaf=leaf, proof=altered(proof, sibling_on_left=[False, False, True]))


def sent_in_session(sid: int) -> Any:
    """Send in a session of that id, and look at the root."""

    def play(s: Any) -> None:
        s.open_with_sid(sid=sid, roles=["A", "B"], initial_types=A_TO_B)
        s.send(sid=sid, from_="A", to="B", val=NAT[0])
        s.auth_root(sid=sid, edge=edge(sid=sid))

    return play


NAT = ({"Nat": 0}, {"Nat": 1}, {"Nat": 2})


def trees_over(leaves: Any) -> None:
    """Build each tree over other leaves than those that there are."""
    right = auth._tree

    def tree(*args: Any) -> AuthTree | None:
        given = right(*args)
        return None if given is None else AuthTree(leaves(given.leaves))

    auth._tree = tree


def listed_leaves(s: Any) -> None:
    s.open(roles=["A", "B"], initial_types=A_TO_B)
    for value in NAT[:2]:
        s.send(sid=0, from_="A", to="B", val=value)
    s.auth_leaves(sid=0, edge=edge())


@wrong_tree("The leaves are listed from the newest; trees and proofs have them in their order.", listed_leaves)
def leaves_listed_from_the_newest() -> None:
    right = auth.auth_leaves

    def listed(*args: Any) -> Any:
        given = right(*args)
        return None if given is None else given[::-1]

    OPERATIONS["auth_leaves"] = OPERATIONS["auth_leaves"]._replace(function=listed)


@wrong_tree("The leaves of an edge come in the opposite order.", sent(*NAT[:2]))
def leaves_in_the_opposite_order() -> None:
    trees_over(lambda leaves: leaves[::-1])


@wrong_tree("The leaves of an edge are sorted.", sent({"Nat": 1}, {"Nat": 0}))
def sorted_leaves() -> None:
    trees_over(sorted)


@wrong_tree("The latest leaf is missing once there are two.", sent(*NAT[:2]))
def a_missing_leaf() -> None:
    trees_over(lambda leaves: leaves[:-1] or leaves)


@wrong_tree("Equal leaves are one.", sent(NAT[0], NAT[0]))
def equal_leaves_are_one() -> None:
    trees_over(lambda leaves: list(dict.fromkeys(leaves)))


def promoted_from(count: int) -> None:
    """Let an odd last node go up as it is in trees of at least so many leaves."""
    right = AuthTree.root

    def root(self: AuthTree) -> bytes:
        level = self.leaves
        if len(level) < count:
            return right(self)
        while len(level) > 1:
            pairs = [combined(*level[at : at + 2]) for at in range(0, len(level) - 1, 2)]
            level = [*pairs, *level[2 * len(pairs) :]]
        return level[0]

    AuthTree.root = root


@wrong_tree("An odd last node goes up as it is, and is not combined with itself.", sent(*NAT))
def an_odd_node_is_promoted() -> None:
    promoted_from(1)


@wrong_tree("From nine leaves on an odd last node goes up as it is.", sent(*({"Nat": number} for number in range(9))))
def an_odd_node_of_many_is_promoted() -> None:
    promoted_from(9)


@wrong_tree("One leaf is combined with itself.", sent(NAT[0]))
def the_root_of_one_leaf_is_a_node() -> None:
    right = AuthTree.root
    AuthTree.root = lambda self: combined(self.leaves[0], self.leaves[0]) if len(self.leaves) == 1 else right(self)


@wrong_tree("The two halves of a node are combined in the opposite order.", sent(*NAT[:2]))
def halves_in_the_opposite_order() -> None:
    right = auth_trees.combined
    auth_trees.combined = lambda left, right_: right(right_, left)


def leaf_with(change: Any) -> None:
    """Make leaves of something else than the contract does."""
    right = auth_trees.leaf_of
    auth_trees.leaf_of = lambda value, key, digest, number: right(*change(value, key, digest, number))


@wrong_tree("The sequence number is left out of the leaf.", sent_with_numbers(0, 1))
def leaves_without_number() -> None:
    leaf_with(lambda value, key, digest, number: (value, key, digest, 0))


@wrong_tree("The leaf has the place of the message in place of its number.", sent_with_numbers(5))
def leaves_with_another_number() -> None:
    leaf_with(lambda value, key, digest, number: (value, key, digest, number % 4))


@wrong_tree("The leaf has the right signature, whatever came with the message.", sent_signed("corrupt"))
def leaves_of_good_signatures() -> None:
    right = auth._leaf

    def leaf(message: Any, contract: Any) -> bytes:
        made = message.signature
        return right(message._replace(signature=made._replace(value=message.value, intact=True)), contract)

    auth._leaf = leaf


@wrong_tree("The length of a text is counted in characters.", sent({"Str": "é"}))
def lengths_in_characters() -> None:
    auth_trees._sized = lambda text: len(text).to_bytes(8, "little") + text.encode()


@wrong_tree("The length of a text is written in 4 bytes.", sent({"Str": "a"}))
def lengths_in_four_bytes() -> None:
    auth_trees._sized = lambda text: len(text.encode()).to_bytes(4, "little") + text.encode()


@wrong_tree("Texts are normalised before they are packed.", sent({"Str": "e\u0301"}))
def packed_texts_are_normalised() -> None:
    right = auth_trees.packed

    def packed(value: Value) -> bytes:
        return right(Str("é") if value == Str("e\u0301") else value)

    auth_trees.packed = packed


@wrong_tree("An endpoint is signed with its role first.", sent({"Endpoint": {"sid": 0, "role": "A"}}))
def endpoints_with_the_role_first() -> None:
    auth_trees._signed_leaf = auth_trees.encode_value


def asked_under_another_sid(s: Any) -> None:
    s.open(roles=["A", "B"], initial_types=A_TO_B)
    s.send(sid=0, from_="A", to="B", val=NAT[0])
    s.auth_root(sid=0, edge=edge(sid=1))


@wrong_tree("An edge of another session has the leaves too.", asked_under_another_sid)
def leaves_of_the_pair_alone() -> None:
    right = auth._tree
    auth._tree = lambda store, sid, edge: right(store, sid, replace(edge, sid=sid))


def asked_of_another_session(s: Any) -> None:
    s.open(roles=["A", "B"], initial_types=A_TO_B)
    s.send(sid=0, from_="A", to="B", val=NAT[0])
    s.open(roles=["A", "B"], initial_types=A_TO_B)
    s.auth_root(sid=1, edge=edge())


@wrong_tree("The edge says whose leaves they are, and the session that is asked does not.", asked_of_another_session)
def leaves_of_the_edge_alone() -> None:
    right = auth._tree
    auth._tree = lambda store, sid, edge: right(store, edge.sid if edge.sid in store.sessions else sid, edge)


@wrong_tree("The proof of a leaf has its siblings from the root downward.", proved(3, 0))
def proofs_from_the_root_downward() -> None:
    right = AuthTree.proof

    def proof(self: AuthTree, index: int) -> Any:
        given = right(self, index)
        if given is None:
            return None
        return auth_trees.Proof(given.index, given.siblings[::-1], given.sibling_on_left[::-1])

    AuthTree.proof = proof


@wrong_tree("There is a proof of the leaf that is doubled.", proved(3, 3))
def a_proof_of_the_doubled_leaf() -> None:
    right = AuthTree.proof
    AuthTree.proof = lambda self, index: right(self, index - (index == len(self.leaves) and index % 2 == 1))


@wrong_tree("Verifying looks at what remains of the index.", verified(4, 0, []))
def verifying_looks_at_the_whole_index() -> None:
    right = auth_trees.verifies
    auth_trees.verifies = lambda root, leaf, proof: proof.index < 2 ** len(proof.siblings) and right(root, leaf, proof)


@wrong_tree("Verifying takes lists of unequal lengths.", verified(0, 0, [True]))
def verifying_takes_unequal_lists() -> None:
    right = auth_trees.verifies
    auth_trees.verifies = lambda root, leaf, proof: right(
        root, leaf, auth_trees.Proof(proof.index, proof.siblings, proof.sibling_on_left[: len(proof.siblings)])
    )


@wrong_tree("A tree has 33 leaves at most.", proved(34, 33))
def trees_of_33_leaves() -> None:
    trees_over(lambda leaves: leaves[:33])


@wrong_tree("A tree has 64 leaves at most.", many(130))
def trees_of_64_leaves() -> None:
    trees_over(lambda leaves: leaves[:64])


@wrong_tree("Verifying looks at the sides of the first two levels alone.", verified_on_a_wrong_side)
def verifying_looks_at_two_sides() -> None:
    right = auth_trees.verifies

    def verifies(root: bytes, leaf: bytes, proof: auth_trees.Proof) -> bool:
        flags = [
            flag if level < 2 else proof.index >> level & 1 == 1 for level, flag in enumerate(proof.sibling_on_left)
        ]
        return right(root, leaf, auth_trees.Proof(proof.index, proof.siblings, tuple(flags)))

    auth_trees.verifies = verifies


@wrong_tree("The sid of a signing key has 32 bits.", sent_in_session(2**32))
def signing_keys_of_32_bits() -> None:
    right = auth_trees.verifying_key
    auth_trees.verifying_key = lambda sid, role: right(sid % 2**32, role)


@wrong_tree("The sequence number of a leaf has 32 bits.", sent_with_numbers(2**32))
def numbers_of_32_bits() -> None:
    leaf_with(lambda value, key, digest, number: (value, key, digest, number % 2**32))


@wrong_tree("What is signed has U+007F as an escape.", sent({"Str": "\x7f"}))
def delete_is_escaped() -> None:
    right = auth_trees._signed_leaf
    auth_trees._signed_leaf = lambda value: right(value).replace(b"\x7f", b"\\u007f")


@wrong_tree("What is signed has a slash as an escape.", sent({"Str": "/"}))
def slashes_are_escaped() -> None:
    right = auth_trees._signed_leaf
    auth_trees._signed_leaf = lambda value: right(value).replace(b"/", b"\\/")


@wrong_tree(
    "A pair whose left is a pair is packed with its right first.", sent({"Prod": [{"Prod": [NAT[0], NAT[1]]}, NAT[2]]})
)
def left_pairs_are_packed_last() -> None:
    right = auth_trees.packed

    def packed(value: Value) -> bytes:
        if isinstance(value, ProdValue) and isinstance(value.left, ProdValue):
            return b"\4\0\0\0" + packed(value.right) + packed(value.left)
        return right(value)

    auth_trees.packed = packed


@wrong_tree("The trees of a closed session are not read back.", ended)
def trees_of_closed_sessions_are_lost() -> None:
    right = OPERATIONS["reload"].function

    def reload(store: Any, form: str) -> None:
        right(store, form)
        for session in store.sessions.values():
            if session.status == "Closed":
                session.auth.clear()

    OPERATIONS["reload"] = OPERATIONS["reload"]._replace(function=reload)
