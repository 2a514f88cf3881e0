"""One transition per operation, in the order of contract §2, then close and reap (§5).

Each function takes the state before and the arguments and gives a ``Step``.  The rules H1–H15 of ``hardened``
are marked where they apply; ``telltale-17`` is the text without them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import z3  # type: ignore[import-untyped]  # see terms

from oracle.symbolic import guards
from oracle.symbolic.state import (
    NO_EDGES,
    NO_REASON,
    NO_WITNESSES,
    NOT_ISSUED,
    Args,
    Cancellation,
    Cap,
    Contract,
    Mutation,
    Reason,
    Receipt,
    Session,
    Status,
    Terminal,
    Witness,
    no_cap,
    no_receipt,
    packed,
    status,
    terminal,
)
from oracle.symbolic.step import EndedWitnesses, Entry, Event, Record, Step, walk
from oracle.symbolic.terms import (
    FALSE,
    LAST,
    TRUE,
    choose,
    counter,
    identifier,
    name,
    pair_key,
    succ,
    u64,
    wide,
)

HARDENED = Contract.HARDENED


def generation_for_claim(contract: Contract, s: Session) -> z3.BitVecRef:
    """The generation of a claimed capability: 0, or next_generation (H1)."""
    return identifier(s.next_generation) if contract is HARDENED else u64(0)


def generation_after(contract: Contract, s: Session, generation: z3.BitVecRef) -> z3.BitVecRef:
    """The generation of an attenuated capability: one more, or next_generation (H1)."""
    return identifier(s.next_generation) if contract is HARDENED else succ(generation)


def spend(contract: Contract, next_id: z3.BitVecRef) -> z3.BitVecRef:
    """The counter after an id was taken: saturating, or past 2^64-1 once and then used up (H2)."""
    if contract is HARDENED:
        return next_id + 1
    return z3.If(next_id == counter(LAST), next_id, next_id + 1)


def spend_generation(contract: Contract, s: Session) -> z3.BitVecRef:
    """next_generation after a new capability; ``telltale-17`` keeps none (it stays 0)."""
    return s.next_generation + 1 if contract is HARDENED else s.next_generation


def end_generation(
    contract: Contract, s: Session, shown: Cap, reason: str, when: z3.BoolRef = TRUE
) -> tuple[z3.ArrayRef, list[Entry]]:
    """The live capability ends: its record, then (H9) its witnesses; gives the issued table left."""
    log: list[Entry] = [Record(when, shown, Event.INVALIDATED, reason)]
    if contract is not HARDENED:
        return s.issued, log
    log.append(EndedWitnesses(when, s.issued))
    return z3.If(when, NO_WITNESSES, s.issued), log


def _only(contract: Contract, guard: guards.Guard) -> guards.Guard | None:
    """A guard that only ``hardened`` has."""
    return guard if contract is HARDENED else None


def _with_cap(contract: Contract, s: Session, cap: Cap) -> list[guards.Guard | None]:
    """G-found, G-open, G-active, G-owned, G-live, G-honest: how every operation with a capability begins."""
    return [
        guards.found(s, cap.sid), guards.opened(s), _only(contract, guards.active(s)), guards.owned(s),
        guards.live(s, cap), _only(contract, guards.honest(s, cap)),
    ]


def _with_sid(contract: Contract, s: Session, sid: z3.BitVecRef) -> list[guards.Guard | None]:
    """G-found, G-open, G-active."""
    return [guards.found(s, sid), guards.opened(s), _only(contract, guards.active(s))]


def _counter(contract: Contract, s: Session, which: str, next_id: z3.BitVecRef) -> guards.Guard | None:
    return _only(contract, guards.not_used_up(s, which, next_id))


def _unowned(s: Session) -> Session:
    """No live owner, nothing pending."""
    return replace(s, owned=FALSE, live=no_cap(s.sid), staged=FALSE, pending=no_receipt(s.sid))


def claim(contract: Contract, s: Session, a: Args) -> Step:
    """claim_ownership: an unowned session gets a live owner (H1: its generation never repeats)."""
    cap = Cap(a.sid, a.owner, generation_for_claim(contract, s), a.scope)
    post = replace(s, owned=TRUE, live=cap, next_generation=spend_generation(contract, s))
    return walk(
        s,
        [*_with_sid(contract, s, a.sid), guards.unowned(s), guards.idle(s),
         _counter(contract, s, "generation", s.next_generation)],
        post, cap, [Record(TRUE, cap, Event.ISSUED)],
    )


def release(contract: Contract, s: Session, a: Args) -> Step:
    """release_ownership: the live owner leaves."""
    issued, log = end_generation(contract, s, a.cap, "ownership released")
    post = replace(s, owned=FALSE, live=no_cap(s.sid), issued=issued)
    return walk(s, [*_with_cap(contract, s, a.cap), guards.idle(s)], post, None, log)


def begin(contract: Contract, s: Session, a: Args) -> Step:
    """begin_ownership_transfer: a receipt becomes pending (H4: it grants no more than the giver has)."""
    receipt = Receipt(
        a.cap.sid, identifier(s.next_claim_id), a.cap.owner, a.cap.generation,
        a.owner, succ(a.cap.generation), a.scope,
    )
    post = replace(s, staged=TRUE, pending=receipt, next_claim_id=spend(contract, s.next_claim_id))
    return walk(
        s,
        [*_with_cap(contract, s, a.cap), guards.idle(s), _only(contract, guards.narrower(s, a.scope)),
         _counter(contract, s, "generation", wide(a.cap.generation) + 1),
         _counter(contract, s, "claim_id", s.next_claim_id)],
        post, receipt, [Record(TRUE, receipt, Event.ISSUED)],
    )


def commit(contract: Contract, s: Session, a: Args) -> Step:
    """commit_ownership_transfer: the receipt's receiver becomes the live owner."""
    receipt = a.receipt
    cap = Cap(receipt.sid, receipt.to_owner, receipt.to_generation, receipt.scope)
    issued, log = end_generation(contract, s, s.live, "ownership transferred")
    post = replace(
        s, live=cap, staged=FALSE, pending=no_receipt(s.sid), issued=issued,
        next_generation=spend_generation(contract, s),
    )
    log += [Record(TRUE, receipt, Event.COMMITTED), Record(TRUE, cap, Event.ISSUED)]
    return walk(
        s,
        [*_with_sid(contract, s, receipt.sid), guards.owned(s), guards.staged(s), guards.match(s, receipt),
         guards.giver(s, receipt), _counter(contract, s, "generation", s.next_generation)],
        post, cap, log, receipt, contract is HARDENED,
    )


def rollback(contract: Contract, s: Session, a: Args) -> Step:
    """rollback_ownership_transfer: the pending transfer is dropped, the live owner stays."""
    post = replace(s, staged=FALSE, pending=no_receipt(s.sid))
    return walk(
        s, [*_with_sid(contract, s, a.receipt.sid), guards.staged(s), guards.match(s, a.receipt)],
        post, None, [Record(TRUE, a.receipt, Event.ROLLED_BACK)], a.receipt, contract is HARDENED,
    )


def attenuate(contract: Contract, s: Session, a: Args) -> Step:
    """attenuate_ownership_scope: the live owner gets another scope (H3: a smaller one)."""
    cap = Cap(s.sid, s.live.owner, generation_after(contract, s, a.cap.generation), a.scope)
    issued, log = end_generation(contract, s, a.cap, "ownership scope attenuated")
    post = replace(s, live=cap, issued=issued, next_generation=spend_generation(contract, s))
    return walk(
        s,
        [*_with_cap(contract, s, a.cap), guards.idle(s), _only(contract, guards.narrower(s, a.scope)),
         _counter(contract, s, "generation", s.next_generation)],
        post, cap, [*log, Record(TRUE, cap, Event.ISSUED)],
    )


def validate(contract: Contract, s: Session, a: Args) -> Step:
    """validate_ownership_capability: nothing changes."""
    return walk(s, _with_cap(contract, s, a.cap), s)


def mutate(contract: Contract, s: Session, a: Args) -> Step:
    """apply_owned_session_mutation: default handler, edge handler or edge trace (§4; H15)."""
    guarded = [*_with_cap(contract, s, a.cap), guards.session_scope(s), _only(contract, guards.own_edge(s, a))]
    default = replace(s, default_handler=a.text)
    both_listed = z3.And(s.roles[a.sender], s.roles[a.receiver])
    pair = pair_key(a.sender, a.receiver)
    bound = replace(
        s,
        edge_handlers=z3.Store(s.edge_handlers, a.edge(), a.text),
        pair_handlers=z3.If(both_listed, z3.Store(s.pair_handlers, pair, a.text), s.pair_handlers),
    )
    traced = replace(s, edge_traces=z3.Store(s.edge_traces, a.edge(), a.text))
    post = choose(
        a.mutation == int(Mutation.DEFAULT_HANDLER), default,
        choose(a.mutation == int(Mutation.EDGE_HANDLER), bound, traced),
    )
    return walk(s, guarded, post)


def issue(contract: Contract, s: Session, a: Args) -> Step:
    """issue_readiness_witness: a witness from the given capability becomes issued."""
    witness = Witness(
        identifier(s.next_witness_id), a.cap.sid, a.cap.owner, a.cap.generation, a.cap.scope, a.text
    )
    post = replace(
        s, issued=z3.Store(s.issued, witness.id, packed(witness)),
        next_witness_id=spend(contract, s.next_witness_id),
    )
    return walk(
        s,
        [*_with_cap(contract, s, a.cap), guards.session_scope(s),
         _counter(contract, s, "witness_id", s.next_witness_id)],
        post, witness, [Record(TRUE, witness, Event.ISSUED)],
    )


def consume(contract: Contract, s: Session, a: Args) -> Step:
    """consume_readiness_witness: the witness moves from issued to consumed (§3)."""
    post = replace(
        s, issued=z3.Store(s.issued, a.witness.id, NOT_ISSUED), consumed=z3.Store(s.consumed, a.witness.id, TRUE)
    )
    return walk(
        s,
        [*_with_cap(contract, s, a.cap), guards.session_scope(s), guards.not_consumed(s, a),
         guards.was_issued(s, a), guards.unchanged(s, a), guards.still_bound(s, a)],
        post, None, [Record(TRUE, a.witness, Event.CONSUMED)], a.witness, contract is HARDENED,
    )


def died(contract: Contract, s: Session, a: Args) -> Step:
    """mark_owner_died: the session is faulted for ever (H10: a pending receipt is rolled back on record)."""
    reason = Reason(terminal(Terminal.OWNER_DIED), a.owner, u64(0), name(0))
    witness = Cancellation(identifier(s.next_witness_id), s.sid, a.owner, s.live.generation, reason)
    issued, log = end_generation(contract, s, s.live, "owner died")
    if contract is HARDENED:
        log.append(Record(s.staged, s.pending, Event.ROLLED_BACK, "owner died"))
    log.append(Record(TRUE, witness, Event.ISSUED))
    post = replace(
        _unowned(s), status=status(Status.FAULTED), reason=reason, issued=issued,
        next_witness_id=spend(contract, s.next_witness_id),
    )
    return walk(
        s,
        [*_with_sid(contract, s, a.sid), guards.owned(s), guards.is_owner(s, a.owner),
         _counter(contract, s, "witness_id", s.next_witness_id)],
        post, witness, log,
    )


def cancel(contract: Contract, s: Session, a: Args) -> Step:
    """cancel_abandoned_transfer: the session is cancelled for ever."""
    receipt = a.receipt
    reason = Reason(terminal(Terminal.TRANSFER_ABANDONED), receipt.from_owner, receipt.claim_id, name(0))
    witness = Cancellation(
        identifier(s.next_witness_id), s.sid, receipt.from_owner, receipt.from_generation, reason
    )
    issued, log = end_generation(contract, s, s.live, "transfer abandoned", s.owned)
    log.append(Record(TRUE, receipt, Event.ROLLED_BACK, "transfer abandoned"))
    log.append(Record(TRUE, witness, Event.ISSUED))
    post = replace(
        _unowned(s), status=status(Status.CANCELLED), reason=reason, issued=issued,
        next_witness_id=spend(contract, s.next_witness_id),
    )
    return walk(
        s,
        [*_with_sid(contract, s, receipt.sid), _quiet(contract, guards.staged(s)),
         _quiet(contract, guards.match(s, receipt)), _counter(contract, s, "witness_id", s.next_witness_id)],
        post, witness, log, receipt, contract is HARDENED,
    )


def fault(contract: Contract, s: Session, a: Args) -> Step:
    """fault_failed_transfer_commit: the session is faulted for ever; no witness id is used."""
    receipt = a.receipt
    reason = Reason(
        terminal(Terminal.TRANSFER_COMMIT_FAILED), receipt.from_owner, receipt.claim_id, a.text
    )
    issued, log = end_generation(contract, s, s.live, "transfer commit failed", s.owned)
    log.append(Record(TRUE, receipt, Event.ROLLED_BACK, a.text))
    post = replace(_unowned(s), status=status(Status.FAULTED), reason=reason, issued=issued)
    return walk(
        s,
        [*_with_sid(contract, s, receipt.sid), _quiet(contract, guards.staged(s)),
         _quiet(contract, guards.match(s, receipt))],
        post, None, log, receipt, contract is HARDENED,
    )


def _quiet(contract: Contract, guard: guards.Guard) -> guards.Guard:
    """A guard whose star counts under ``hardened`` only: cancel and fault log no refusal in ``telltale-17``."""
    return guard if contract is HARDENED else replace(guard, starred=False)


def close(contract: Contract, s: Session, a: Args) -> Step:
    """close: status Closed, edge traces gone, one epoch on (H6: ownership ends, Cancelled and Faulted stay)."""
    post = replace(s, status=status(Status.CLOSED), epoch=succ(s.epoch), edge_traces=NO_EDGES)
    log: list[Entry] = []
    if contract is HARDENED:
        terminated = s.reason.kind != NO_REASON.kind
        issued, log = end_generation(contract, s, s.live, "session closed", s.owned)
        log.append(Record(s.staged, s.pending, Event.ROLLED_BACK, "session closed"))
        post = replace(
            _unowned(post), status=z3.If(terminated, s.status, post.status), issued=issued
        )
    return walk(s, [guards.found(s, a.sid)], post, None, log)


def reap(contract: Contract, s: Session, a: Args) -> Step:
    """reap_sessions([sid]): a session that is Closed, Cancelled or Faulted leaves the store; never an error."""
    assert contract in Contract
    gone = z3.And(s.exists, s.sid == a.sid, s.status != status(Status.ACTIVE))
    return walk(s, [], replace(s, exists=z3.And(s.exists, z3.Not(gone))))


Transition = Callable[[Contract, Session, Args], Step]

OWNERSHIP: dict[str, Transition] = {
    "claim_ownership": claim,
    "release_ownership": release,
    "begin_ownership_transfer": begin,
    "commit_ownership_transfer": commit,
    "rollback_ownership_transfer": rollback,
    "attenuate_ownership_scope": attenuate,
    "validate_ownership_capability": validate,
    "apply_owned_session_mutation": mutate,
    "issue_readiness_witness": issue,
    "consume_readiness_witness": consume,
    "mark_owner_died": died,
    "cancel_abandoned_transfer": cancel,
    "fault_failed_transfer_commit": fault,
}
"""The ownership operations of contract §2, by wire name."""

LIFECYCLE: dict[str, Transition] = {"close": close, "reap_sessions": reap}
"""What else changes a session's ownership state during its life."""

OPERATIONS: dict[str, Transition] = {**OWNERSHIP, **LIFECYCLE}
