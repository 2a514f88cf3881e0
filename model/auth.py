"""Roots, leaves and proofs of the auth tree of each edge, as operations (contract §17).

Those that name a session refuse an unknown one, with the text of a StringError.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

from telltale_conformance.model import auth_trees as trees
from telltale_conformance.model.auth_trees import AuthTree
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.sessions import found
from telltale_conformance.model.signatures import SignedValue
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import U64, DomainValue, Edge

Hash: TypeAlias = Annotated[tuple[Annotated[int, Meta(ge=0, le=255)], ...], Meta(min_length=32, max_length=32)]
"""The 32 bytes of a hash."""


class AuthProof(DomainValue, frozen=True):
    """What shows that a leaf is in a tree: at each level from the leaf upward its neighbour, and on which side."""

    index: U64
    sibling_on_left: tuple[bool, ...]
    siblings: tuple[Hash, ...]


def auth_root(store: Store, sid: int, edge: Edge) -> Hash | None:
    """Return the root over an edge's leaves; None where it has none."""
    tree = _tree(store, sid, edge)
    return None if tree is None else tuple(tree.root())


def auth_leaves(store: Store, sid: int, edge: Edge) -> tuple[Hash, ...] | None:
    """Return an edge's leaves in the order of the sends; None where it has none."""
    tree = _tree(store, sid, edge)
    return None if tree is None else tuple(map(tuple, tree.leaves))


def auth_proof(store: Store, sid: int, edge: Edge, index: int) -> AuthProof | None:
    """Return the proof of one of an edge's leaves; None where there is no such leaf."""
    tree = _tree(store, sid, edge)
    proof = None if tree is None else tree.proof(index)
    if proof is None:
        return None
    return AuthProof(
        index=proof.index, sibling_on_left=proof.sibling_on_left, siblings=tuple(map(tuple, proof.siblings))
    )


def auth_verify(store: Store, root: Hash, leaf: Hash, proof: AuthProof) -> bool:
    """Say whether a proof leads from a leaf to a root; how many leaves there are is not asked."""
    given = trees.Proof(proof.index, tuple(map(bytes, proof.siblings)), proof.sibling_on_left)
    return trees.verifies(bytes(root), bytes(leaf), given)


def _tree(store: Store, sid: int, edge: Edge) -> AuthTree | None:
    """Return the tree over the leaves of exactly that edge; those that are not in it yet are computed now."""
    session = found(store, sid)
    pair = edge.sender, edge.receiver
    messages = session.auth.get(pair) if edge.sid == sid else None
    if not messages:
        return None
    tree = session.auth_trees.get(pair)
    if tree is None:
        tree = session.auth_trees[pair] = AuthTree()
    for message in messages[len(tree.leaves) :]:
        tree.append(_leaf(message, store.contract))
    return tree


def _leaf(message: SignedValue, contract: Contract) -> bytes:
    """Return the leaf of a message with the signature that came with it, good or bad."""
    made = message.signature
    bound = (made.receiver, made.sequence_no) if contract.h18 else None
    key = trees.verifying_key(made.sid, made.signer)
    digest = trees.signature_digest(key, made.value, bound)
    if not made.intact:
        digest = bytes([digest[0] ^ 1]) + digest[1:]
    return trees.leaf_of(message.value, key, digest, message.sequence_no)
