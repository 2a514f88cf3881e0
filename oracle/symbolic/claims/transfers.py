"""K19 and K21: what a receipt is good for, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import z3

from telltale_conformance.oracle.symbolic.claims import account as told_of
from telltale_conformance.oracle.symbolic.claims import invariants as inv
from telltale_conformance.oracle.symbolic.claims.account import Account, log_tells
from telltale_conformance.oracle.symbolic.claims.claim import Claim, Invariant, View
from telltale_conformance.oracle.symbolic.claims.identity import STEP_BITS, STEPS, steps
from telltale_conformance.oracle.symbolic.statement.operations import USES_RECEIPT
from telltale_conformance.oracle.symbolic.statement.records import Event
from telltale_conformance.oracle.symbolic.statement.state import Cap, Contract, Receipt, Session, no_receipt
from telltale_conformance.oracle.symbolic.statement.terms import (
    BOOL,
    FALSE,
    LAST,
    U64,
    choose,
    counter,
    same,
    wide,
)

HARDENED, TELLTALE_17 = Contract.HARDENED, Contract.TELLTALE_17

CLAIM_ID = z3.Const("any.claim_id", U64)
"""Arbitrary but fixed: what is proved about it holds for every claim id."""


# K19 ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Transfer:
    """The transfer with the arbitrary claim id: its receipt, whether it was given out and has ended."""

    SORTS: ClassVar[dict[str, Any]] = {"given": BOOL, "ended": BOOL, "receipt": Receipt, "count": STEPS}
    given: z3.BoolRef
    ended: z3.BoolRef
    receipt: Receipt
    count: z3.BitVecRef


def _gives_id(v: View) -> z3.BoolRef:
    """State that the step gives out the arbitrary claim id."""
    if not isinstance(v.step.result, Receipt):
        return FALSE
    return z3.And(v.step.ok(), v.step.result.claim_id == CLAIM_ID)


def _uses_id(v: View) -> z3.BoolRef:
    """State that the step uses a receipt of the arbitrary claim id: it commits, rolls back, cancels or faults."""
    return z3.And(v.succeeds(*USES_RECEIPT), v.args.receipt.claim_id == CLAIM_ID)


def _follow_transfer(v: View) -> Transfer:
    before: Transfer = v.ghost
    gives = _gives_id(v)
    dropped = v.succeeds("mark_owner_died")
    if v.op == "close":
        dropped = z3.And(v.step.ok(), log_tells(v, Receipt, Event.ROLLED_BACK))
    receipt = choose(gives, v.step.result, before.receipt) if isinstance(v.step.result, Receipt) else before.receipt
    return Transfer(
        given=z3.Or(before.given, gives),
        ended=z3.Or(before.ended, _uses_id(v), z3.And(before.given, dropped)),
        receipt=receipt,
        count=before.count + 1,
    )


def _misused(v: View) -> z3.BoolRef:
    before: Transfer = v.ghost
    good = z3.And(before.given, z3.Not(before.ended), same(v.args.receipt, before.receipt))
    return z3.Or(z3.And(before.given, _gives_id(v)), z3.And(_uses_id(v), z3.Not(good)))


def _pending_unused(s: Session, g: Transfer) -> z3.BoolRef:
    good = z3.And(g.given, z3.Not(g.ended), same(s.pending, g.receipt))
    return z3.Implies(z3.And(s.staged, s.pending.claim_id == CLAIM_ID), good)


def _two_operations_a_transfer(s: Session, g: Transfer) -> z3.BoolRef:
    """Return the count of operations is at least twice the claim ids given out, which are at most 2^64-1."""
    twice = 2 * z3.ZeroExt(STEP_BITS - s.next_claim_id.size(), s.next_claim_id)
    begun = z3.Or(s.owned, s.next_claim_id != counter(1))
    return z3.And(
        z3.ULE(counter(1), s.next_claim_id),
        z3.ULE(s.next_claim_id, counter(LAST)),
        z3.UGE(g.count, z3.If(z3.And(begun, z3.Not(s.staged)), twice, twice - 1)),
    )


_LAST_GIVEN = 2 * LAST + 1
"""The operation that gives out 2^64-1 as a claim id can be this one, and none before."""

K19 = Claim(
    "K19",
    violated=_misused,
    ghost=Transfer,
    start=lambda s: Transfer(FALSE, FALSE, no_receipt(s.sid), steps(1)),
    follow=_follow_transfer,
    invariants={
        HARDENED: (
            Invariant("pending-unused", "a pending receipt was given out as it is and has not ended", _pending_unused),
            Invariant(
                "claim-id-below",
                "a claim id that was given out is below next_claim_id",
                lambda s, g: z3.And(
                    z3.ULE(s.next_claim_id, counter(LAST + 1)),
                    z3.Implies(z3.Or(g.given, g.ended), z3.ULT(wide(CLAIM_ID), s.next_claim_id)),
                ),
            ),
        ),
        TELLTALE_17: (
            inv.PENDING_IS_OWNERS,
            Invariant(
                "pending-unused-so-far",
                "a pending receipt was given out as it is and has not ended, in the first 2^65 operations",
                lambda s, g: z3.Or(_pending_unused(s, g), z3.UGT(g.count, steps(_LAST_GIVEN + 1))),
            ),
            Invariant(
                "two-operations-a-transfer",
                "each transfer takes one operation to begin and one to end, and open and claim come first",
                _two_operations_a_transfer,
            ),
            Invariant(
                "claim-id-below-or-last",
                "a claim id that was given out is below next_claim_id, or is 2^64-1 at the bound",
                lambda s, g: z3.Implies(
                    z3.Or(g.given, g.ended),
                    z3.Or(
                        z3.ULT(wide(CLAIM_ID), s.next_claim_id),
                        z3.UGE(g.count, z3.If(s.staged, steps(_LAST_GIVEN), steps(_LAST_GIVEN + 1))),
                    ),
                ),
            ),
        ),
    },
    horizon={TELLTALE_17: _LAST_GIVEN + 1},
)


# K21 ----------------------------------------------------------------------------------------------------------


def _goes_elsewhere(v: View) -> z3.BoolRef:
    """State that a commit makes anything live but what its receipt was given out for, or a claim replaces an owner."""
    told: Account = v.ghost
    if v.op == "claim_ownership":
        return z3.And(v.step.ok(), told.owned)
    if not isinstance(v.step.result, Cap):
        return FALSE
    promised = Cap(told.sid, told.pending.to_owner, told.pending.to_generation, told.pending.scope)
    right = z3.And(
        told.staged,
        same(v.args.receipt, told.pending),
        same(v.step.result, promised),
        v.post.owned,
        same(v.post.live, promised),
    )
    return z3.And(v.succeeds("commit_ownership_transfer"), z3.Not(right))


K21 = Claim(
    "K21",
    violated=_goes_elsewhere,
    ghost=Account,
    start=told_of.beginning,
    follow=told_of.follow,
    invariants={
        HARDENED: (
            told_of.OWNER_TOLD,
            told_of.PENDING_TOLD,
            inv.PENDING_IS_OWNERS,
            inv.LATEST_GENERATION,
            inv.PENDING_ONE_ABOVE,
        ),
        TELLTALE_17: (told_of.OWNER_TOLD, told_of.PENDING_TOLD, inv.PENDING_IS_OWNERS),
    },
)
