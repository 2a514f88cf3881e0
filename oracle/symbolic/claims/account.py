"""A ghost that K20 to K24 share: what the answers alone tell of one session, as a client would keep it.

Nothing here reads the state. Each success is taken at its word: a capability that was given is the live one, a
receipt that was given is pending, a handler that was bound is bound. The claims then say that the session is so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import z3

from telltale_conformance.oracle.symbolic.claims.authority import ANY_EDGE, ANY_PAIR
from telltale_conformance.oracle.symbolic.claims.claim import Invariant, View
from telltale_conformance.oracle.symbolic.claims.identity import WITNESS_ID
from telltale_conformance.oracle.symbolic.statement.records import Event, Record
from telltale_conformance.oracle.symbolic.statement.state import (
    DEFAULT_HANDLER,
    NO_REASON,
    Cap,
    Mutation,
    Reason,
    Receipt,
    Session,
    Terminal,
    Witness,
    no_cap,
    no_receipt,
    packed,
    terminal,
)
from telltale_conformance.oracle.symbolic.statement.terms import (
    BOOL,
    COUNTER,
    FALSE,
    LAST,
    NAME,
    SESSION_SCOPE_BITS,
    TRUE,
    U64,
    choose,
    counter,
    edge_key,
    fresh,
    name,
    pair_key,
    same,
    scope,
    u64,
)

ALL_GIVEN = counter(LAST + 1)
"""How many numbers of 64 bits there are."""
WHOLE_SESSION = scope(SESSION_SCOPE_BITS)
_NO_WITNESS: Witness = replace(fresh(Witness, "no"), id=WITNESS_ID)


@dataclass(frozen=True)
class Account:
    """What the answers say of one session, of the arbitrary witness and the arbitrary entries of its tables."""

    SORTS: ClassVar[dict[str, Any]] = {
        "sid": U64,
        "there": BOOL,
        "closed": BOOL,
        "reason": Reason,
        "owned": BOOL,
        "live": Cap,
        "staged": BOOL,
        "pending": Receipt,
        "generations": COUNTER,
        "claim_ids": COUNTER,
        "witness_ids": COUNTER,
        "given": BOOL,
        "consumed": BOOL,
        "fresh": BOOL,
        "witness": Witness,
        "handler": NAME,
        "binding": NAME,
        "trace": NAME,
        "default_handler": NAME,
    }
    sid: z3.BitVecRef
    there: z3.BoolRef
    """It was opened, and has not been reaped."""
    closed: z3.BoolRef
    reason: Reason
    """Why its ownership has ended for good, if it has."""
    owned: z3.BoolRef
    live: Cap
    staged: z3.BoolRef
    pending: Receipt
    generations: z3.BitVecRef
    """How many generations were given out, up to 2^64; likewise the ids."""
    claim_ids: z3.BitVecRef
    witness_ids: z3.BitVecRef
    given: z3.BoolRef
    """Whether the arbitrary witness id was given out, and consumed."""
    consumed: z3.BoolRef
    fresh: z3.BoolRef
    """Its witness was issued once, to the live owner that presented the very capability, and not consumed since."""
    witness: Witness
    handler: z3.BitVecRef
    """Bound last for the arbitrary pair of listed roles, under this session's own edge; 0 for none."""
    binding: z3.BitVecRef
    """Bound last under the arbitrary edge; 0 for none. Likewise the trace."""
    trace: z3.BitVecRef
    default_handler: z3.BitVecRef

    @property
    def ended(self) -> z3.BoolRef:
        """State that ownership has ended for good."""
        return self.reason.kind != NO_REASON.kind

    @property
    def open(self) -> z3.BoolRef:
        """State that the session is there, is not closed, and its ownership has not ended."""
        return z3.And(self.there, z3.Not(self.closed), z3.Not(self.ended))

    @property
    def idle(self) -> z3.BoolRef:
        """State that there is an owner and nothing is pending."""
        return z3.And(self.owned, z3.Not(self.staged))


def beginning(s: Session) -> Account:
    """Return the account of a session just opened."""
    return Account(
        sid=s.sid,
        there=TRUE,
        closed=FALSE,
        reason=NO_REASON,
        owned=FALSE,
        live=no_cap(s.sid),
        staged=FALSE,
        pending=no_receipt(s.sid),
        generations=counter(0),
        claim_ids=counter(0),
        witness_ids=counter(0),
        given=FALSE,
        consumed=FALSE,
        fresh=FALSE,
        witness=_NO_WITNESS,
        handler=name(0),
        binding=name(0),
        trace=name(0),
        default_handler=name(DEFAULT_HANDLER),
    )


def follow(v: View) -> Account:
    """Return the account after a step: a refusal tells nothing."""
    told: Account = v.ghost
    return choose(v.step.ok(), _TELLS[v.op](v, told), told)


def _more(given: z3.BitVecRef) -> z3.BitVecRef:
    return z3.If(given == ALL_GIVEN, given, given + 1)


def _granted(v: View, told: Account) -> Account:
    """claim, commit, attenuate: a capability was given; the one before it is live no more."""
    assert isinstance(v.step.result, Cap)
    return replace(
        told, owned=TRUE, live=v.step.result, fresh=FALSE, generations=_more(told.generations), **_receipt_used(v, told)
    )


def _receipt_used(v: View, told: Account) -> dict[str, z3.BoolRef]:
    return {"staged": FALSE if v.op == "commit_ownership_transfer" else told.staged}


def _released(v: View, told: Account) -> Account:
    assert v.op == "release_ownership"
    return replace(told, owned=FALSE, fresh=FALSE)


def _begun(v: View, told: Account) -> Account:
    assert isinstance(v.step.result, Receipt)
    return replace(told, staged=TRUE, pending=v.step.result, claim_ids=_more(told.claim_ids))


def _rolled_back(v: View, told: Account) -> Account:
    assert v.op == "rollback_ownership_transfer"
    return replace(told, staged=FALSE)


def _issued(v: View, told: Account) -> Account:
    witness = v.step.result
    assert isinstance(witness, Witness)
    its = witness.id == WITNESS_ID
    honest = z3.And(told.owned, same(v.args.cap, told.live), z3.Not(told.given))
    return replace(
        told,
        given=z3.Or(told.given, its),
        fresh=z3.If(its, honest, told.fresh),
        witness=choose(its, witness, told.witness),
        witness_ids=_more(told.witness_ids),
    )


def _consumed(v: View, told: Account) -> Account:
    its = v.args.witness.id == WITNESS_ID
    return replace(told, consumed=z3.Or(told.consumed, its), fresh=z3.And(told.fresh, z3.Not(its)))


def _ended(told: Account, reason: Reason) -> Account:
    return replace(told, reason=reason, owned=FALSE, staged=FALSE, fresh=FALSE)


def _died(v: View, told: Account) -> Account:
    reason = Reason(terminal(Terminal.OWNER_DIED), v.args.owner, u64(0), name(0))
    return _cancellation_given(v, _ended(told, reason))


def _cancelled(v: View, told: Account) -> Account:
    receipt = v.args.receipt
    reason = Reason(terminal(Terminal.TRANSFER_ABANDONED), receipt.from_owner, receipt.claim_id, name(0))
    return _cancellation_given(v, _ended(told, reason))


def _cancellation_given(v: View, told: Account) -> Account:
    given = z3.Or(told.given, v.step.result.id == WITNESS_ID)  # type: ignore[union-attr]  # died and cancel give one
    return replace(told, given=given, witness_ids=_more(told.witness_ids))


def _faulted(v: View, told: Account) -> Account:
    receipt = v.args.receipt
    kind = terminal(Terminal.TRANSFER_COMMIT_FAILED)
    return _ended(told, Reason(kind, receipt.from_owner, receipt.claim_id, v.args.text))


def log_tells(v: View, kind: type[Cap] | type[Receipt], event: Event) -> z3.BoolRef:
    """State that the records of the step tell of such an event."""
    told = (entry for entry in v.step.log if isinstance(entry, Record) and entry.event is event)
    return z3.Or(FALSE, *(entry.when for entry in told if isinstance(entry.artifact, kind)))


def _closed(v: View, told: Account) -> Account:
    """close: whether it ended the ownership and the transfer, its records tell."""
    no_owner, no_transfer = log_tells(v, Cap, Event.INVALIDATED), log_tells(v, Receipt, Event.ROLLED_BACK)
    return replace(
        told,
        closed=TRUE,
        trace=name(0),
        owned=z3.And(told.owned, z3.Not(no_owner)),
        fresh=z3.And(told.fresh, z3.Not(no_owner)),
        staged=z3.And(told.staged, z3.Not(no_transfer)),
    )


def _reaped(v: View, told: Account) -> Account:
    """reap_sessions: its answer lists what it took."""
    return replace(told, there=z3.And(told.there, v.post.exists))


def own_edge(told: Account) -> z3.BoolRef:
    """State that the arbitrary edge is one of this session."""
    return z3.Extract(79, 16, ANY_EDGE) == told.sid


def _mutated(v: View, told: Account) -> Account:
    a = v.args
    handler = a.mutation == int(Mutation.EDGE_HANDLER)
    edge = edge_key(a.edge_sid, a.sender, a.receiver) == ANY_EDGE
    listed = z3.And(v.pre.roles[a.sender], v.pre.roles[a.receiver])
    pair = z3.And(a.edge_sid == told.sid, listed, pair_key(a.sender, a.receiver) == ANY_PAIR)
    return replace(
        told,
        handler=z3.If(z3.And(handler, pair), a.text, told.handler),
        binding=z3.If(z3.And(handler, edge), a.text, told.binding),
        trace=z3.If(z3.And(a.mutation == int(Mutation.TRACE), edge), a.text, told.trace),
        default_handler=z3.If(a.mutation == int(Mutation.DEFAULT_HANDLER), a.text, told.default_handler),
    )


_TELLS: dict[str, Callable[[View, Account], Account]] = {
    "claim_ownership": _granted,
    "release_ownership": _released,
    "begin_ownership_transfer": _begun,
    "commit_ownership_transfer": _granted,
    "rollback_ownership_transfer": _rolled_back,
    "attenuate_ownership_scope": _granted,
    "validate_ownership_capability": lambda v, told: told,
    "apply_owned_session_mutation": _mutated,
    "issue_readiness_witness": _issued,
    "consume_readiness_witness": _consumed,
    "mark_owner_died": _died,
    "cancel_abandoned_transfer": _cancelled,
    "fault_failed_transfer_commit": _faulted,
    "close": _closed,
    "reap_sessions": _reaped,
}


def is_issued(s: Session, witness: Witness) -> z3.BoolRef:
    """State that the session has the witness issued, in every field."""
    return s.issued[witness.id] == packed(witness)


OWNER_TOLD = Invariant(
    "owner-told",
    "the live owner is the one that the answers tell of",
    lambda s, g: z3.And(s.sid == g.sid, s.owned == g.owned, z3.Implies(s.owned, same(s.live, g.live))),
)
PENDING_TOLD = Invariant(
    "pending-told",
    "the pending receipt is the one that the answers tell of",
    lambda s, g: z3.And(s.staged == g.staged, z3.Implies(s.staged, same(s.pending, g.pending))),
)
STANDING_TOLD = Invariant(
    "standing-told",
    "whether the session is there, and why its ownership has ended, is what the answers tell",
    lambda s, g: z3.And(s.exists == g.there, same(s.reason, g.reason)),
)
TABLES_TOLD = Invariant(
    "tables-told",
    "handlers, default handler and traces are those that were bound last",
    lambda s, g: z3.And(
        s.pair_handlers[ANY_PAIR] == g.handler,
        s.default_handler == g.default_handler,
        z3.Implies(own_edge(g), z3.And(s.edge_handlers[ANY_EDGE] == g.binding, s.edge_traces[ANY_EDGE] == g.trace)),
    ),
)
