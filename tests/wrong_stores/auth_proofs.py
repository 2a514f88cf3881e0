"""Proofs that are verified, or given, with numbers of too few bits or in too few places (contract §17).

Programs that are drawn have short proofs and small indexes, so only the fixed list tells these stores.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from telltale_conformance.model import auth_trees
from telltale_conformance.model.auth_trees import AuthTree, Proof, combined
from tests.wrong_stores.auth_sweeps import verified
from tests.wrong_stores.reference_forms import changed
from tests.wrong_stores.steps import A_TO_B, edge
from tests.wrong_stores.wrong import Wrong

AUTH_PROOFS: list[Wrong] = []
wrong_proof = partial(changed, "auth trees", into=AUTH_PROOFS)


def asked_for(index: int) -> Any:
    """Send three messages and ask for the proof at an index."""

    def play(s: Any) -> None:
        s.start(types=A_TO_B)
        for number in range(3):
            s.sent(number)
        s.auth_proof(sid=0, edge=edge(), index=index)

    return play


def left_at(levels: int, *places: int) -> list[bool]:
    """Return the sides of so many levels; the neighbour is on the left at these."""
    return [level in places for level in range(levels)]


def index_as(narrow: Any) -> None:
    """Give proofs for what an index becomes in a narrower number."""
    right = AuthTree.proof
    AuthTree.proof = lambda self, index: right(self, narrow(index, len(self.leaves)))


@wrong_proof("The index of a proof that is asked for has 32 bits.", asked_for(2**32))
def proofs_at_32_bits() -> None:
    index_as(lambda index, _size: index % 2**32)


@wrong_proof("An index is signed, and a negative one counts from the last leaf.", asked_for(2**64 - 1))
def proofs_from_the_end() -> None:
    index_as(lambda index, size: index - 2**64 + size if index >= 2**64 - size else index)


def sides_by(left: Any) -> None:
    """Verify with sides that follow in another way from the index and the level."""
    right = auth_trees.verifies

    def verifies(root: bytes, leaf: bytes, proof: Proof) -> bool:
        if any(left(proof.index, level) != flag for level, flag in enumerate(proof.sibling_on_left)):
            return False
        index = sum(flag << level for level, flag in enumerate(proof.sibling_on_left))
        return right(root, leaf, Proof(index, proof.siblings, proof.sibling_on_left))

    auth_trees.verifies = verifies


@wrong_proof("Sides follow from the index by shifts, which count modulo 64.", lambda s: verified(s, 1, left_at(65, 0)))
def shifts_modulo_64() -> None:
    sides_by(lambda index, level: index >> (level % 64) & 1 == 1)


@wrong_proof("Verifying takes an index for one of 32 bits.", lambda s: verified(s, 2**32, left_at(33, 32)))
def verifying_at_32_bits() -> None:
    sides_by(lambda index, level: index % 2**32 >> level & 1 == 1)


@wrong_proof("A negative index is shifted with its sign.", lambda s: verified(s, 2**63, left_at(65, 63)))
def shifts_with_the_sign() -> None:
    sides_by(lambda index, level: (index - 2**64 * (index >= 2**63)) >> level & 1 == 1)


@wrong_proof("A proof of more than 64 levels never verifies.", lambda s: verified(s, 0, left_at(65)))
def proofs_of_64_levels() -> None:
    right = auth_trees.verifies
    auth_trees.verifies = lambda root, leaf, proof: len(proof.siblings) <= 64 and right(root, leaf, proof)


@wrong_proof("Roots are compared by their first 8 bytes.", lambda s: verified(s, 1, left_at(2, 0), 8))
def roots_by_8_bytes() -> None:
    right = auth_trees.verifies

    def verifies(root: bytes, leaf: bytes, proof: Proof) -> bool:
        node = leaf
        for sibling, on_left in zip(proof.siblings, proof.sibling_on_left, strict=False):
            node = combined(sibling, node) if on_left else combined(node, sibling)
        return right(node if node[:8] == root[:8] else root, leaf, proof)

    auth_trees.verifies = verifies
