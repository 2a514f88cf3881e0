"""K20, K22, K23: who is listened to, and that every answer, a refusal too, says what is so."""

from __future__ import annotations

from collections.abc import Callable

import z3

from telltale_conformance.oracle.symbolic.claims import account as told_of
from telltale_conformance.oracle.symbolic.claims import invariants as inv
from telltale_conformance.oracle.symbolic.claims.account import ALL_GIVEN, WHOLE_SESSION, Account
from telltale_conformance.oracle.symbolic.claims.claim import Claim, Invariant, View
from telltale_conformance.oracle.symbolic.claims.identity import WITNESS_ID
from telltale_conformance.oracle.symbolic.statement.guards import Code, Guard
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS, USES_CAPABILITY, USES_RECEIPT
from telltale_conformance.oracle.symbolic.statement.state import (
    NOT_ISSUED,
    Cancellation,
    Cap,
    Contract,
    Receipt,
    Session,
    Status,
    Witness,
    status,
)
from telltale_conformance.oracle.symbolic.statement.terms import FALSE, LAST, TRUE, counter, same, wide

HARDENED, TELLTALE_17 = Contract.HARDENED, Contract.TELLTALE_17
_NEEDS_WHOLE_SESSION = ("apply_owned_session_mutation", "issue_readiness_witness", "consume_readiness_witness")

K20 = Claim(
    "K20",
    violated=lambda v: z3.And(
        v.succeeds(*_NEEDS_WHOLE_SESSION),
        z3.Not(z3.And(v.ghost.owned, v.ghost.live.scope == WHOLE_SESSION)),
    ),
    ghost=Account,
    start=told_of.beginning,
    follow=told_of.follow,
    invariants=dict.fromkeys(Contract, (told_of.OWNER_TOLD, told_of.PENDING_TOLD, inv.PENDING_IS_OWNERS)),
)

K22 = Claim(
    "K22",
    violated=lambda v: z3.And(
        v.succeeds("mark_owner_died"),
        z3.Not(z3.And(v.ghost.owned, v.args.owner == v.ghost.live.owner, v.args.sid == v.ghost.sid)),
    ),
    ghost=Account,
    start=told_of.beginning,
    follow=told_of.follow,
    invariants=dict.fromkeys(Contract, (told_of.OWNER_TOLD, told_of.PENDING_TOLD, inv.PENDING_IS_OWNERS)),
)


# K23: what a success gives -------------------------------------------------------------------------------------


def _capability_asked_for(v: View, told: Account) -> z3.BoolRef:
    """claim, attenuate: a capability of this session, of the owner who asked, with the scope asked for."""
    owner = v.args.owner if v.op == "claim_ownership" else told.live.owner
    given = v.step.result
    assert isinstance(given, Cap)
    return z3.And(given.sid == told.sid, given.owner == owner, given.scope == v.args.scope)


def _receipt_asked_for(v: View, told: Account) -> z3.BoolRef:
    given = v.step.result
    assert isinstance(given, Receipt)
    return z3.And(
        given.sid == told.sid,
        given.from_owner == told.live.owner,
        given.from_generation == told.live.generation,
        given.to_owner == v.args.owner,
        given.scope == v.args.scope,
    )


def _witness_asked_for(v: View, told: Account) -> z3.BoolRef:
    given, cap = v.step.result, v.args.cap
    assert isinstance(given, Witness)
    return z3.And(
        given.sid == told.sid,
        given.owner == told.live.owner,
        given.generation == told.live.generation,
        given.scope == cap.scope,
        given.predicate == v.args.text,
    )


def _witness_given(v: View, told: Account) -> z3.BoolRef:
    """consume: the witness is accepted as it was given, in every field."""
    given = z3.And(told.given, same(v.args.witness, told.witness))
    return z3.Implies(v.args.witness.id == WITNESS_ID, given)


def _cancellation_of(v: View, told: Account) -> z3.BoolRef:
    """died, cancel: it names the session, who owned it and why that has ended."""
    given = v.step.result
    assert isinstance(given, Cancellation)
    return z3.And(
        given.sid == told.sid,
        given.owner == told.live.owner,
        given.generation == told.live.generation,
        same(given.reason, told_of.follow(v).reason),
    )


_ASKED_FOR: dict[str, Callable[[View, Account], z3.BoolRef]] = {
    "claim_ownership": _capability_asked_for,
    "attenuate_ownership_scope": _capability_asked_for,
    "begin_ownership_transfer": _receipt_asked_for,
    "issue_readiness_witness": _witness_asked_for,
    "consume_readiness_witness": _witness_given,
    "mark_owner_died": _cancellation_of,
    "cancel_abandoned_transfer": _cancellation_of,
}


# K23: what a refusal says --------------------------------------------------------------------------------------


def _named(v: View) -> z3.BitVecRef:
    """Return the session that an operation names."""
    if v.op in USES_CAPABILITY:
        return v.args.cap.sid
    return v.args.receipt.sid if v.op in USES_RECEIPT else v.args.sid


def _presented(v: View) -> tuple[z3.BitVecRef, z3.BitVecRef | None]:
    """Return the owner, and the generation if there is one, that an operation presents as the live one's."""
    if v.op in USES_CAPABILITY:
        return v.args.cap.owner, v.args.cap.generation
    if v.op in USES_RECEIPT:
        return v.args.receipt.from_owner, v.args.receipt.from_generation
    return v.args.owner, None


def _stale(v: View, told: Account, said: Guard) -> z3.BoolRef:
    owner, generation = _presented(v)
    expected = told.live.generation if generation is None else generation
    differs = z3.Or(owner != told.live.owner, expected != told.live.generation)
    return z3.And(
        told.owned,
        differs,
        said.fields["owner_id"] == owner,
        said.fields["expected_generation"] == expected,
        said.fields["actual_generation"] == told.live.generation,
    )


def _violated_scope(v: View, told: Account, said: Guard) -> z3.BoolRef:
    required = said.fields["required"]
    asked = [v.args.cap.scope == required]
    if v.op in _NEEDS_WHOLE_SESSION:
        asked.append(required == WHOLE_SESSION)
    if "scope" in OPERATIONS[v.op].reads:
        asked.append(required == v.args.scope)
    return z3.And(
        told.owned,
        said.fields["owner_id"] == told.live.owner,
        said.fields["actual"] == told.live.scope,
        required != told.live.scope,
        z3.Or(*asked),
    )


def _exhausted(told: Account, said: Guard) -> z3.BoolRef:
    """Return all 2^64 generations, or all 2^64-1 ids, were given out; a receipt asks for one generation ahead."""
    given = {
        "generation": z3.UGE(told.generations, ALL_GIVEN),
        "claim_id": z3.UGE(told.claim_ids, counter(LAST)),
        "witness_id": z3.UGE(told.witness_ids, counter(LAST)),
    }
    return given[str(said.fields["counter"])]


def _foreign(v: View, told: Account, said: Guard) -> z3.BoolRef:
    a = v.args
    listed = z3.And(v.pre.roles[a.sender], v.pre.roles[a.receiver])
    echoed = z3.And(
        said.fields["edge.sid"] == a.edge_sid,
        said.fields["edge.sender"] == a.sender,
        said.fields["edge.receiver"] == a.receiver,
    )
    return z3.And(z3.Not(z3.And(a.edge_sid == told.sid, listed)), echoed)


def _spoiled(v: View, told: Account) -> z3.BoolRef:
    """State that the witness is not one that the live owner just got and still has."""
    good = z3.And(told.fresh, same(v.args.witness, told.witness), same(v.args.cap, told.live))
    return z3.Not(z3.And(v.args.witness.id == WITNESS_ID, good))


def _is_so(v: View, told: Account, said: Guard) -> z3.BoolRef:
    """State that what a refusal says of the session is so, as far as the answers before tell."""
    fields, receipt = said.fields, v.args.receipt
    by_code: dict[Code, Callable[[], z3.BoolRef]] = {
        Code.SESSION_NOT_FOUND: lambda: z3.Or(z3.Not(told.there), _named(v) != told.sid),
        Code.TERMINAL: lambda: told.ended,
        Code.SESSION_CLOSED: lambda: told.closed,
        Code.UNCLAIMED: lambda: z3.Not(told.owned),
        Code.ALREADY_CLAIMED: lambda: z3.And(told.owned, fields["current_owner_id"] == told.live.owner),
        Code.STALE_CAPABILITY: lambda: _stale(v, told, said),
        Code.SCOPE_VIOLATION: lambda: _violated_scope(v, told, said),
        Code.TRANSFER_PENDING: lambda: z3.And(told.staged, fields["claim_id"] == told.pending.claim_id),
        Code.TRANSFER_NOT_PENDING: lambda: z3.Not(told.staged),
        Code.RECEIPT_MISMATCH: lambda: z3.And(
            told.staged, z3.Not(same(receipt, told.pending)), fields["claim_id"] == receipt.claim_id
        ),
        Code.WITNESS_CONSUMED: lambda: z3.And(
            fields["witness_id"] == v.args.witness.id,
            z3.Implies(v.args.witness.id == WITNESS_ID, told.consumed),
        ),
        Code.INVALID_WITNESS: lambda: z3.And(
            fields["witness_id"] == v.args.witness.id,
            z3.Implies(v.args.witness.id == WITNESS_ID, _spoiled(v, told)),
        ),
        Code.COUNTER_EXHAUSTED: lambda: _exhausted(told, said),
        Code.FOREIGN_EDGE: lambda: _foreign(v, told, said),
    }
    session = v.args.witness.sid if said.code is Code.WITNESS_CONSUMED else _named(v)
    return z3.And(fields["session_id"] == session, by_code[said.code]())


def _untrue_refusal(v: View) -> z3.BoolRef:
    return z3.Or(FALSE, *(z3.And(when, z3.Not(_is_so(v, v.ghost, said))) for when, said in v.step.failures))


# K23: what a lookup finds --------------------------------------------------------------------------------------


def _found_otherwise(v: View) -> z3.BoolRef:
    """State that the session then shows another owner, transfer, handler, trace or status than the answers said."""
    told, post = told_of.follow(v), v.post
    parts = (told_of.OWNER_TOLD, told_of.PENDING_TOLD, told_of.STANDING_TOLD, told_of.TABLES_TOLD)
    ended_as = {
        "mark_owner_died": Status.FAULTED,
        "fault_failed_transfer_commit": Status.FAULTED,
        "cancel_abandoned_transfer": Status.CANCELLED,
    }
    shown = z3.Implies(told.open, post.status == status(Status.ACTIVE))
    if v.op in ended_as:
        shown = z3.Implies(v.step.ok(), post.status == status(ended_as[v.op]))
    elif v.op == "close":
        shown = z3.Implies(z3.And(v.step.ok(), z3.Not(told.ended)), post.status == status(Status.CLOSED))
    return z3.Not(z3.And(shown, *(part.holds(post, told) for part in parts)))


def _accepted(v: View, told: Account) -> z3.BoolRef:
    """State that a capability that is accepted has the session, owner and generation of the live one."""
    shown, live = v.args.cap, told.live
    is_live = z3.And(shown.sid == told.sid, shown.owner == live.owner, shown.generation == live.generation)
    return z3.And(told.owned, is_live)


def _untrue(v: View) -> z3.BoolRef:
    asked = _ASKED_FOR[v.op](v, v.ghost) if v.op in _ASKED_FOR else TRUE
    if v.op in USES_CAPABILITY:
        asked = z3.And(asked, _accepted(v, v.ghost))
    return z3.Or(z3.And(v.step.ok(), z3.Not(asked)), _untrue_refusal(v), _found_otherwise(v))


OPEN_IS_ACTIVE = Invariant(
    "open-is-active",
    "a session whose ownership has not ended and that was not closed is Active, and only a closed one is Closed",
    lambda s, g: z3.And(
        z3.Implies(z3.And(z3.Not(g.closed), z3.Not(g.ended)), s.status == status(Status.ACTIVE)),
        z3.Implies(s.status == status(Status.CLOSED), g.closed),
    ),
)
NUMBERS_TOLD = Invariant(
    "numbers-told",
    "each counter is at what was given out",
    lambda s, g: z3.And(
        z3.ULE(g.generations, ALL_GIVEN),
        s.next_generation == g.generations,
        z3.ULE(g.claim_ids, counter(LAST)),
        s.next_claim_id == g.claim_ids + 1,
        z3.ULE(g.witness_ids, counter(LAST)),
        s.next_witness_id == g.witness_ids + 1,
    ),
)


def _witness_kept(s: Session, g: Account) -> z3.BoolRef:
    issued = s.issued[WITNESS_ID]
    its = z3.And(
        g.witness.id == WITNESS_ID,
        g.owned,
        g.witness.sid == g.sid,
        g.witness.owner == g.live.owner,
        g.witness.generation == g.live.generation,
        g.witness.scope == g.live.scope,
    )
    return z3.And(
        s.consumed[WITNESS_ID] == g.consumed,
        z3.Implies(z3.Or(issued != NOT_ISSUED, g.consumed, g.fresh), g.given),
        z3.Implies(issued != NOT_ISSUED, z3.And(g.witness.id == WITNESS_ID, told_of.is_issued(s, g.witness))),
        z3.Implies(g.fresh, z3.And(its, z3.Not(g.consumed), told_of.is_issued(s, g.witness))),
    )


WITNESS_TOLD = Invariant(
    "witness-told",
    "an issued witness is as it was given, a fresh one is issued, and a consumed one is known as such",
    _witness_kept,
)
GIVEN_IS_PAST = Invariant(
    "given-is-past",
    "a witness id that was given out is below next_witness_id",
    lambda s, g: z3.And(
        z3.ULE(s.next_witness_id, counter(LAST + 1)),
        z3.Implies(g.given, z3.ULT(wide(WITNESS_ID), s.next_witness_id)),
    ),
)

K23 = Claim(
    "K23",
    violated=_untrue,
    ghost=Account,
    start=told_of.beginning,
    follow=told_of.follow,
    invariants={
        HARDENED: (
            told_of.OWNER_TOLD,
            told_of.PENDING_TOLD,
            told_of.STANDING_TOLD,
            told_of.TABLES_TOLD,
            OPEN_IS_ACTIVE,
            NUMBERS_TOLD,
            WITNESS_TOLD,
            GIVEN_IS_PAST,
            inv.PENDING_IS_OWNERS,
            inv.LATEST_GENERATION,
            inv.LIVE_IS_HERE,
            inv.TERMINAL_STATUS,
        )
    },
    shown_by="lookup_handler",
)

__all__ = ["K20", "K22", "K23"]
