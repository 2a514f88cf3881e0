"""K30: what a proof of an auth tree shows, whatever the hash is (contract §17)."""

from __future__ import annotations

from typing import Any, Final

import z3

from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, U64, u64

HASH = z3.DeclareSort("Hash")
combine = z3.Function("combine", HASH, HASH, HASH)
"""The hash of an inner node: any function."""


def root_of(leaves: list[z3.ExprRef]) -> z3.ExprRef:
    """Return the root: neighbours are combined level by level, an odd last one with itself."""
    level = leaves
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [combine(pair[0], pair[-1]) for pair in pairs]
    return level[0]


def verifies(
    root: z3.ExprRef, leaf: z3.ExprRef, index: z3.BitVecRef, siblings: list[Any], on_left: list[Any]
) -> z3.BoolRef:
    """State that a proof verifies: each flag says left just where the index is odd, and the last hash is the root."""
    here, flags = leaf, []
    for sibling, left in zip(siblings, on_left, strict=True):
        odd = z3.Extract(0, 0, index) == 1
        flags.append(left == odd)
        here = z3.If(odd, combine(sibling, here), combine(here, sibling))
        index = z3.LShR(index, 1)
    return z3.And(*flags, here == root)


def shortest(most: int, limits: Limits) -> list[dict[str, Any]] | None:
    """Return the shortest program in which a proof verifies for a leaf that is not at its index.

    A tree has leaves by sends alone, so the fewest leaves and the fewest levels are tried first; without a send there
    is no root.
    """
    for size in range(1, most + 1):
        leaves = [z3.Const(f"leaf{at}", HASH) for at in range(size)]
        for levels in range(size):
            index, leaf = z3.Const("index", U64), z3.Const("leaf", HASH)
            siblings = [z3.Const(f"sibling{at}", HASH) for at in range(levels)]
            on_left = [z3.Const(f"left{at}", BOOL) for at in range(levels)]
            there = z3.Or(*(z3.And(index == at, leaf == one) for at, one in enumerate(leaves)))
            checker = solver(limits)
            checker.add(verifies(root_of(leaves), leaf, index, siblings, on_left), z3.Not(there))
            if satisfiable(checker):
                return _program(checker, size, levels, index)
    return None


def _program(checker: z3.Solver, size: int, levels: int, index: z3.BitVecRef) -> list[dict[str, Any]]:
    assert (size, levels) == (1, 0), "the root of one leaf is that leaf, and every index verifies"
    wanted = next(at for at in range(1, 4) if satisfiable(checker, index == u64(at)))
    edge = {"sid": {"$ref": 0}, "sender": "A", "receiver": "B"}
    send = {"sid": {"$ref": 0}, "from": "A", "to": "B", "val": {"Nat": 1}}
    proof = {"index": wanted, "siblings": [], "sibling_on_left": []}
    steps = (
        ("open", {"roles": ["A", "B"], "initial_types": _ONE_SEND}),
        ("send", send),
        ("auth_root", {"sid": {"$ref": 0}, "edge": edge}),
        ("auth_verify", {"root": {"$ref": 2}, "leaf": {"$ref": 2}, "proof": proof}),
    )
    return [{"seq": seq, "op": op, "args": args} for seq, (op, args) in enumerate(steps)]


_ONE_SEND: Final = {"A": {"Send": {"partner": "B", "branches": [[{"name": "a", "sort": "Unit"}, None, "End"]]}}}
