"""K1, K2, K3, K8: what a generation or a witness id stands for may never come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import z3

from telltale_conformance.oracle.symbolic.claims import invariants as inv
from telltale_conformance.oracle.symbolic.claims.claim import Claim, Invariant, View
from telltale_conformance.oracle.symbolic.statement.state import (
    NOT_ISSUED,
    Cancellation,
    Contract,
    Receipt,
    Session,
    Witness,
)
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, FALSE, LAST, NAME, U64, counter, identifier, wide

HARDENED, TELLTALE_17 = Contract.HARDENED, Contract.TELLTALE_17

OLD_OWNER = z3.Const("any.owner", NAME)
OLD_GENERATION = z3.Const("any.generation", U64)
WITNESS_ID = z3.Const("any.witness_id", U64)
"""Arbitrary but fixed: what is proved about them holds for every capability and every witness id."""

STEP_BITS = 66
STEPS = z3.BitVecSort(STEP_BITS)
"""Numbers of operations: enough for runs that bring a 64-bit counter to its bound, and a few beyond."""


def steps(number: int) -> z3.BitVecRef:
    """Return a number of operations."""
    return z3.BitVecVal(number, STEPS)


def _more_than(count: z3.BitVecRef, value: z3.BitVecRef, by: int) -> z3.BoolRef:
    """``count >= value + by`` without overflow."""
    return z3.UGE(count, z3.ZeroExt(STEP_BITS - value.size(), value) + by)


# K1 -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dead:
    """Whether the arbitrary capability has been live and has stopped being so."""

    SORTS: ClassVar[dict[str, Any]] = {"dead": BOOL}
    dead: z3.BoolRef


def _is_old(owner: z3.BitVecRef, generation: z3.BitVecRef) -> z3.BoolRef:
    return z3.And(owner == OLD_OWNER, generation == OLD_GENERATION)


K1 = Claim(
    "K1",
    prefers_oldest=True,
    violated=lambda v: z3.And(v.ghost.dead, v.accepts_capability(), _is_old(v.args.cap.owner, v.args.cap.generation)),
    ghost=Dead,
    start=lambda s: Dead(FALSE),
    follow=lambda v: Dead(
        z3.Or(v.ghost.dead, z3.And(v.ends_tenure(), _is_old(v.pre.live.owner, v.pre.live.generation)))
    ),
    invariants={
        HARDENED: (
            inv.LATEST_GENERATION,
            inv.PENDING_IS_OWNERS,
            inv.PENDING_ONE_ABOVE,
            Invariant(
                "dead-is-past",
                "a dead capability's generation is below next_generation and is not the live one",
                lambda s, g: z3.Implies(
                    g.dead,
                    z3.And(
                        z3.ULT(wide(OLD_GENERATION), s.next_generation),
                        z3.Implies(s.owned, s.live.generation != OLD_GENERATION),
                    ),
                ),
            ),
        )
    },
)


# K2 -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Binding:
    """Whether the arbitrary witness was issued under the running tenure, or under one that has ended."""

    SORTS: ClassVar[dict[str, Any]] = {"running": BOOL, "stale": BOOL}
    running: z3.BoolRef
    stale: z3.BoolRef


def follow_binding(v: View) -> Binding:
    """Issuing binds the witness to the running tenure; the end of that tenure makes it stale."""
    issued_now = z3.And(v.succeeds("issue_readiness_witness"), identifier(v.pre.next_witness_id) == WITNESS_ID)
    ended = v.ends_tenure()
    return Binding(
        running=z3.And(z3.Or(v.ghost.running, issued_now), z3.Not(ended)),
        stale=z3.And(z3.Or(v.ghost.stale, z3.And(v.ghost.running, ended)), z3.Not(issued_now)),
    )


_WITNESS = inv.witness_invariants(WITNESS_ID)

K2 = Claim(
    "K2",
    violated=lambda v: z3.And(
        z3.Not(v.ghost.running), v.succeeds("consume_readiness_witness"), v.args.witness.id == WITNESS_ID
    ),
    ghost=Binding,
    start=lambda s: Binding(FALSE, FALSE),
    follow=follow_binding,
    invariants={
        HARDENED: (
            inv.TERMINAL_UNOWNED,
            inv.PENDING_IS_OWNERS,
            _WITNESS["bounded"],
            _WITNESS["needs owner"],
            Invariant(
                "stale-is-gone",
                "a witness whose tenure has ended is not issued any more, and its id is used",
                lambda s, g: z3.And(
                    z3.Implies(g.running, s.owned),
                    z3.Implies(z3.Or(g.running, g.stale), z3.ULT(wide(WITNESS_ID), s.next_witness_id)),
                    z3.Implies(g.stale, s.issued[WITNESS_ID] == NOT_ISSUED),
                ),
            ),
            Invariant(
                "issued-is-running",
                "an issued witness was issued under the running tenure",
                lambda s, g: z3.Implies(s.issued[WITNESS_ID] != NOT_ISSUED, g.running),
            ),
        )
    },
)


# K3 -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Uses:
    """Whether the arbitrary witness id was given out, was consumed, and how many operations there were."""

    SORTS: ClassVar[dict[str, Any]] = {"given": BOOL, "consumed": BOOL, "count": STEPS}
    given: z3.BoolRef
    consumed: z3.BoolRef
    count: z3.BitVecRef


def _gives_id(v: View) -> z3.BoolRef:
    """State that the step gives out the arbitrary witness id (both kinds of witness share the counter)."""
    if not isinstance(v.step.result, Witness | Cancellation):
        return FALSE
    return z3.And(v.step.ok(), v.step.result.id == WITNESS_ID)


def _consumes_id(v: View) -> z3.BoolRef:
    return z3.And(v.succeeds("consume_readiness_witness"), v.args.witness.id == WITNESS_ID)


_CONSUMED_KNOWN = Invariant(
    "consumed-known",
    "the consumed table remembers every consumption",
    lambda s, g: g.consumed == s.consumed[WITNESS_ID],
)

K3 = Claim(
    "K3",
    violated=lambda v: z3.Or(z3.And(v.ghost.given, _gives_id(v)), z3.And(v.ghost.consumed, _consumes_id(v))),
    ghost=Uses,
    start=lambda s: Uses(FALSE, FALSE, steps(1)),
    follow=lambda v: Uses(
        z3.Or(v.ghost.given, _gives_id(v)), z3.Or(v.ghost.consumed, _consumes_id(v)), v.ghost.count + 1
    ),
    invariants={
        HARDENED: (
            _CONSUMED_KNOWN,
            _WITNESS["bounded"],
            Invariant(
                "given-below",
                "an id given out is below next_witness_id",
                lambda s, g: z3.Implies(g.given, z3.ULT(wide(WITNESS_ID), s.next_witness_id)),
            ),
        ),
        TELLTALE_17: (
            _CONSUMED_KNOWN,
            inv.PENDING_IS_OWNERS,
            Invariant(
                "one-id-a-step",
                "each operation raises next_witness_id by at most one, and open and claim come first",
                lambda s, g: z3.And(
                    z3.ULE(counter(1), s.next_witness_id),
                    z3.ULE(s.next_witness_id, counter(LAST)),
                    z3.UGE(g.count, 1),
                    z3.Implies(
                        z3.Or(s.owned, s.next_witness_id != counter(1)), _more_than(g.count, s.next_witness_id, 1)
                    ),
                ),
            ),
            Invariant(
                "given-below-or-last",
                "an id given out is below next_witness_id, or is 2^64-1 after 2^64+1 operations",
                lambda s, g: z3.Implies(
                    g.given,
                    z3.Or(
                        z3.ULT(wide(WITNESS_ID), s.next_witness_id),
                        z3.UGE(g.count, steps(LAST + 2)),
                    ),
                ),
            ),
        ),
    },
    horizon={TELLTALE_17: LAST + 2},
)


# K8 -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Count:
    """How many operations there were."""

    SORTS: ClassVar[dict[str, Any]] = {"count": STEPS}
    count: z3.BitVecRef


def _commit_is_wrong(v: View) -> z3.BoolRef:
    receipt: Receipt = v.args.receipt
    right = z3.And(
        v.post.owned,
        v.post.live.generation == receipt.to_generation,
        wide(receipt.to_generation) == wide(receipt.from_generation) + 1,
        v.pre.live.generation == receipt.from_generation,
    )
    return z3.And(v.succeeds("commit_ownership_transfer"), z3.Not(right))


def _enough_steps(s: Session, g: Count) -> z3.BoolRef:
    return z3.And(
        z3.UGE(g.count, 1),
        z3.Implies(s.owned, _more_than(g.count, s.live.generation, 2)),
        z3.Implies(s.staged, _more_than(g.count, s.live.generation, 3)),
    )


K8 = Claim(
    "K8",
    violated=_commit_is_wrong,
    ghost=Count,
    start=lambda s: Count(steps(1)),
    follow=lambda v: replace(v.ghost, count=v.ghost.count + 1),
    invariants={
        HARDENED: (inv.LATEST_GENERATION, inv.PENDING_IS_OWNERS, inv.PENDING_ONE_ABOVE),
        TELLTALE_17: (
            inv.PENDING_IS_OWNERS,
            inv.PENDING_SATURATED,
            Invariant(
                "one-generation-a-step",
                "the live generation is at most the number of operations less two (three with a pending transfer)",
                _enough_steps,
            ),
        ),
    },
    horizon={TELLTALE_17: LAST + 3},
)
