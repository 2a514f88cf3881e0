"""K24: an honest client gets on, so that a store that refuses everything breaks a claim."""

from __future__ import annotations

from collections.abc import Callable

import z3

from telltale_conformance.oracle.symbolic.claims import account as told_of
from telltale_conformance.oracle.symbolic.claims import answers
from telltale_conformance.oracle.symbolic.claims import invariants as inv
from telltale_conformance.oracle.symbolic.claims.account import ALL_GIVEN, WHOLE_SESSION, Account
from telltale_conformance.oracle.symbolic.claims.claim import Claim, View
from telltale_conformance.oracle.symbolic.claims.identity import WITNESS_ID
from telltale_conformance.oracle.symbolic.statement.state import Contract, Mutation
from telltale_conformance.oracle.symbolic.statement.terms import LAST, counter, same, within

HARDENED, TELLTALE_17 = Contract.HARDENED, Contract.TELLTALE_17


def _a_generation(told: Account) -> z3.BoolRef:
    return z3.ULT(told.generations, ALL_GIVEN)


def _a_claim_id(told: Account) -> z3.BoolRef:
    return z3.ULT(told.claim_ids, counter(LAST))


def _a_witness_id(told: Account) -> z3.BoolRef:
    return z3.ULT(told.witness_ids, counter(LAST))


def _by_owner(v: View, told: Account) -> z3.BoolRef:
    return z3.And(told.open, told.owned, same(v.args.cap, told.live))


def _by_whole_owner(v: View, told: Account) -> z3.BoolRef:
    return z3.And(_by_owner(v, told), told.live.scope == WHOLE_SESSION)


def _may_claim(v: View, told: Account) -> z3.BoolRef:
    return z3.And(told.open, z3.Not(told.owned), v.args.sid == told.sid, _a_generation(told))


def _may_release(v: View, told: Account) -> z3.BoolRef:
    return z3.And(_by_owner(v, told), told.idle)


def _may_narrow(v: View, told: Account) -> z3.BoolRef:
    return z3.And(_may_release(v, told), within(v.args.scope, told.live.scope), _a_generation(told))


def _may_use_receipt(v: View, told: Account) -> z3.BoolRef:
    return z3.And(told.open, told.staged, same(v.args.receipt, told.pending))


def _may_mutate(v: View, told: Account) -> z3.BoolRef:
    a = v.args
    own = z3.And(a.edge_sid == told.sid, v.pre.roles[a.sender], v.pre.roles[a.receiver])
    return z3.And(_by_whole_owner(v, told), z3.Or(a.mutation == int(Mutation.DEFAULT_HANDLER), own))


def _may_consume(v: View, told: Account) -> z3.BoolRef:
    its = z3.And(told.fresh, v.args.witness.id == WITNESS_ID, same(v.args.witness, told.witness))
    return z3.And(_by_whole_owner(v, told), its)


def _may_report_death(v: View, told: Account) -> z3.BoolRef:
    named = z3.And(v.args.sid == told.sid, v.args.owner == told.live.owner)
    return z3.And(told.open, told.owned, named, _a_witness_id(told))


MAY: dict[str, Callable[[View, Account], z3.BoolRef]] = {
    "claim_ownership": _may_claim,
    "release_ownership": _may_release,
    "begin_ownership_transfer": lambda v, told: z3.And(_may_narrow(v, told), _a_claim_id(told)),
    "commit_ownership_transfer": lambda v, told: z3.And(_may_use_receipt(v, told), _a_generation(told)),
    "rollback_ownership_transfer": _may_use_receipt,
    "attenuate_ownership_scope": _may_narrow,
    "validate_ownership_capability": _by_owner,
    "apply_owned_session_mutation": _may_mutate,
    "issue_readiness_witness": lambda v, told: z3.And(_by_whole_owner(v, told), _a_witness_id(told)),
    "consume_readiness_witness": _may_consume,
    "mark_owner_died": _may_report_death,
    "cancel_abandoned_transfer": lambda v, told: z3.And(_may_use_receipt(v, told), _a_witness_id(told)),
    "fault_failed_transfer_commit": _may_use_receipt,
    "close": lambda v, told: z3.And(told.there, v.args.sid == told.sid),
}
"""Who may do what: where this holds the operation succeeds.  Reaping is nobody's right."""

_COMMON = (
    told_of.OWNER_TOLD,
    told_of.PENDING_TOLD,
    told_of.STANDING_TOLD,
    answers.OPEN_IS_ACTIVE,
    answers.WITNESS_TOLD,
    inv.PENDING_IS_OWNERS,
    inv.LIVE_IS_HERE,
)

K24 = Claim(
    "K24",
    violated=lambda v: z3.And(MAY[v.op](v, v.ghost), z3.Not(v.step.ok())) if v.op in MAY else z3.BoolVal(False),
    ghost=Account,
    start=told_of.beginning,
    follow=told_of.follow,
    invariants={
        TELLTALE_17: _COMMON,
        HARDENED: (*_COMMON, answers.NUMBERS_TOLD, answers.GIVEN_IS_PAST, inv.LATEST_GENERATION),
    },
)
