"""Steps beside those that are drawn, where the implementation offers them: roots after sends, proofs, texts to decode.

They change nothing and are drawn apart, so that a program is otherwise the same with them and without.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from telltale_conformance.generators.decodings import drawn_trial
from telltale_conformance.generators.steps import Act
from telltale_conformance.model.auth import AuthProof, auth_leaves, auth_proof, auth_root
from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import Edge

TEXTS: Final = 2
"""Texts to decode at the end of a program."""
_TREES: Final = 4
"""How many trees are looked at at the end of a program."""


def after(operation: Operation, arguments: tuple[Any, ...], outcome: Outcome) -> Iterator[Act]:
    """Yield a look at the root of an edge that has got a leaf."""
    if operation.result == "enqueued" and outcome.ok == "Ok":
        sid, sender, receiver = arguments[:3]
        yield Act("auth_root", (sid, Edge(receiver=receiver, sender=sender, sid=sid)))


def at_the_end(store: Store, random: Random) -> Iterator[Act]:
    """Yield looks at some trees, proofs that verify and proofs that do not, and texts to decode."""
    trees = ((sid, *pair) for sid, session in store.sessions.items() for pair in session.auth)
    for sid, sender, receiver in islice(trees, _TREES):
        yield from _proofs(store, sid, Edge(receiver=receiver, sender=sender, sid=sid), random)
    for _ in range(TEXTS):
        trial = drawn_trial(random)
        yield Act("decode", (trial.type_, trial.text))


def _proofs(store: Store, sid: int, edge: Edge, random: Random) -> Iterator[Act]:
    yield Act("auth_leaves", (sid, edge))
    yield Act("auth_root", (sid, Edge(receiver=edge.sender, sender=edge.receiver, sid=sid)))
    yield from _asked_elsewhere(store, sid, edge, random)
    root, leaves = auth_root(store, sid, edge), auth_leaves(store, sid, edge)
    assert root is not None
    assert leaves is not None
    index = random.choice((0, len(leaves) - 1, random.randrange(len(leaves))))
    yield Act("auth_proof", (sid, edge, len(leaves)))
    yield Act("auth_proof", (sid, edge, index))
    proof = auth_proof(store, sid, edge, index)
    assert proof is not None
    yield Act("auth_verify", (root, leaves[index], proof))
    yield Act("auth_verify", (root, random.choice(leaves), _altered(proof, random)))


def _asked_elsewhere(store: Store, sid: int, edge: Edge, random: Random) -> Iterator[Act]:
    """Yield looks at a tree whose edge and session are named apart: one of them is another, which may have a tree."""
    other = random.choice([one for one in store.sessions if one != sid] or [store.next_sid])
    of_another = replace(edge, sid=random.choice((other, store.next_sid)))
    yield Act("auth_root", (sid, of_another))
    yield random.choice((Act("auth_leaves", (sid, of_another)), Act("auth_proof", (sid, of_another, 0))))
    yield Act("auth_root", (random.choice((other, store.next_sid)), edge))


def _altered(proof: AuthProof, random: Random) -> AuthProof:
    """Return a proof with one thing changed, which may still verify."""
    height = len(proof.siblings)
    changes: list[dict[str, Any]] = [
        {"index": proof.index + 2**height},
        {"index": proof.index ^ 1},
        {"sibling_on_left": (*proof.sibling_on_left, False)},
        {"siblings": proof.siblings[1:], "sibling_on_left": proof.sibling_on_left[1:]},
        {"siblings": proof.siblings[::-1]},
        {"sibling_on_left": tuple(not flag for flag in proof.sibling_on_left)},
    ]
    return replace(proof, **random.choice(changes))
