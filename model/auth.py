"""Roots, leaves and proofs of the auth tree of each edge, as operations (contract §17)."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

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
    raise NotImplementedError


def auth_leaves(store: Store, sid: int, edge: Edge) -> tuple[Hash, ...] | None:
    """Return an edge's leaves in the order of the sends; None where it has none."""
    raise NotImplementedError


def auth_proof(store: Store, sid: int, edge: Edge, index: int) -> AuthProof | None:
    """Return the proof of one of an edge's leaves; None where there is no such leaf."""
    raise NotImplementedError


def auth_verify(store: Store, root: Hash, leaf: Hash, proof: AuthProof) -> bool:
    """Say whether a proof leads from a leaf to a root; how many leaves there are is not asked."""
    raise NotImplementedError
