"""One transition per operation, in the order of contract §2, then close and reap (§5).

Each function takes the state before and the arguments and gives a ``Step``.  The rules H1–H15 of ``hardened``
are marked where they apply; ``telltale-17`` is the text without them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import z3  # type: ignore[import-untyped]  # see terms

from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement import guards
from telltale_conformance.oracle.symbolic.statement.state import (
    NO_EDGES,
    NO_REASON,
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
from telltale_conformance.oracle.symbolic.statement.step import Entry, Event, Record, Step, walk
from telltale_conformance.oracle.symbolic.statement.terms import (
    FALSE,
    TRUE,
    choose,
    identifier,
    name,
    pair_key,
    succ,
    u64,
    wide,
)

HARDENED = Contract.HARDENED


def claim(contract: Contract, s: Session, a: Args) -> Step:
    """claim_ownership: an unowned session gets a live owner (H1: its generation never repeats)."""
    cap = Cap(a.sid, a.owner, rules.generation_for_claim(contract, s), a.scope)
    post = replace(s, owned=TRUE, live=cap, next_generation=rules.spend_generation(contract, s))
    return walk(
        s,
        [
            *rules.with_sid(contract, s, a.sid),
            guards.unowned(s),
            guards.idle(s),
            rules.counter_left(contract, s, "generation", s.next_generation),
        ],
        post,
        cap,
        [Record(TRUE, cap, Event.ISSUED)],
    )


def release(contract: Contract, s: Session, a: Args) -> Step:
    """release_ownership: the live owner leaves."""
    issued, log = rules.end_generation(contract, s, a.cap, "ownership released")
    post = replace(s, owned=FALSE, live=no_cap(s.sid), issued=issued)
    return walk(s, [*rules.with_cap(contract, s, a.cap), guards.idle(s)], post, None, log)


def begin(contract: Contract, s: Session, a: Args) -> Step:
    """begin_ownership_transfer: a receipt becomes pending (H4: it grants no more than the giver has)."""
    receipt = Receipt(
        a.cap.sid,
        identifier(s.next_claim_id),
        a.cap.owner,
        a.cap.generation,
        a.owner,
        succ(a.cap.generation),
        a.scope,
    )
    post = replace(s, staged=TRUE, pending=receipt, next_claim_id=rules.spend(contract, s.next_claim_id))
    return walk(
        s,
        [
            *rules.with_cap(contract, s, a.cap),
            guards.idle(s),
            rules.only(contract, guards.narrower(s, a.scope)),
            rules.counter_left(contract, s, "generation", wide(a.cap.generation) + 1),
            rules.counter_left(contract, s, "claim_id", s.next_claim_id),
        ],
        post,
        receipt,
        [Record(TRUE, receipt, Event.ISSUED)],
    )


def commit(contract: Contract, s: Session, a: Args) -> Step:
    """commit_ownership_transfer: the receipt's receiver becomes the live owner."""
    receipt = a.receipt
    cap = Cap(receipt.sid, receipt.to_owner, receipt.to_generation, receipt.scope)
    issued, log = rules.end_generation(contract, s, s.live, "ownership transferred")
    post = replace(
        s,
        live=cap,
        staged=FALSE,
        pending=no_receipt(s.sid),
        issued=issued,
        next_generation=rules.spend_generation(contract, s),
    )
    log += [Record(TRUE, receipt, Event.COMMITTED), Record(TRUE, cap, Event.ISSUED)]
    return walk(
        s,
        [
            *rules.with_sid(contract, s, receipt.sid),
            guards.owned(s),
            guards.staged(s),
            guards.match(s, receipt),
            guards.giver(s, receipt),
            rules.counter_left(contract, s, "generation", s.next_generation),
        ],
        post,
        cap,
        log,
        receipt,
        contract is HARDENED,
    )


def rollback(contract: Contract, s: Session, a: Args) -> Step:
    """rollback_ownership_transfer: the pending transfer is dropped, the live owner stays."""
    post = replace(s, staged=FALSE, pending=no_receipt(s.sid))
    return walk(
        s,
        [*rules.with_sid(contract, s, a.receipt.sid), guards.staged(s), guards.match(s, a.receipt)],
        post,
        None,
        [Record(TRUE, a.receipt, Event.ROLLED_BACK)],
        a.receipt,
        contract is HARDENED,
    )


def attenuate(contract: Contract, s: Session, a: Args) -> Step:
    """attenuate_ownership_scope: the live owner gets another scope (H3: a smaller one)."""
    cap = Cap(s.sid, s.live.owner, rules.generation_after(contract, s, a.cap.generation), a.scope)
    issued, log = rules.end_generation(contract, s, a.cap, "ownership scope attenuated")
    post = replace(s, live=cap, issued=issued, next_generation=rules.spend_generation(contract, s))
    return walk(
        s,
        [
            *rules.with_cap(contract, s, a.cap),
            guards.idle(s),
            rules.only(contract, guards.narrower(s, a.scope)),
            rules.counter_left(contract, s, "generation", s.next_generation),
        ],
        post,
        cap,
        [*log, Record(TRUE, cap, Event.ISSUED)],
    )


def validate(contract: Contract, s: Session, a: Args) -> Step:
    """validate_ownership_capability: nothing changes."""
    return walk(s, rules.with_cap(contract, s, a.cap), s)


def mutate(contract: Contract, s: Session, a: Args) -> Step:
    """apply_owned_session_mutation: default handler, edge handler or edge trace (§4; H15)."""
    guarded = [
        *rules.with_cap(contract, s, a.cap),
        guards.session_scope(s),
        rules.only(contract, guards.own_edge(s, a)),
    ]
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
        a.mutation == int(Mutation.DEFAULT_HANDLER),
        default,
        choose(a.mutation == int(Mutation.EDGE_HANDLER), bound, traced),
    )
    return walk(s, guarded, post)


def issue(contract: Contract, s: Session, a: Args) -> Step:
    """issue_readiness_witness: a witness from the given capability becomes issued."""
    witness = Witness(identifier(s.next_witness_id), a.cap.sid, a.cap.owner, a.cap.generation, a.cap.scope, a.text)
    post = replace(
        s,
        issued=z3.Store(s.issued, witness.id, packed(witness)),
        next_witness_id=rules.spend(contract, s.next_witness_id),
    )
    return walk(
        s,
        [
            *rules.with_cap(contract, s, a.cap),
            guards.session_scope(s),
            rules.counter_left(contract, s, "witness_id", s.next_witness_id),
        ],
        post,
        witness,
        [Record(TRUE, witness, Event.ISSUED)],
    )


def consume(contract: Contract, s: Session, a: Args) -> Step:
    """consume_readiness_witness: the witness moves from issued to consumed (§3)."""
    post = replace(
        s, issued=z3.Store(s.issued, a.witness.id, NOT_ISSUED), consumed=z3.Store(s.consumed, a.witness.id, TRUE)
    )
    return walk(
        s,
        [
            *rules.with_cap(contract, s, a.cap),
            guards.session_scope(s),
            guards.not_consumed(s, a),
            guards.was_issued(s, a),
            guards.unchanged(s, a),
            guards.still_bound(s, a),
        ],
        post,
        None,
        [Record(TRUE, a.witness, Event.CONSUMED)],
        a.witness,
        contract is HARDENED,
    )


def died(contract: Contract, s: Session, a: Args) -> Step:
    """mark_owner_died: the session is faulted for ever (H10: a pending receipt is rolled back on record)."""
    reason = Reason(terminal(Terminal.OWNER_DIED), a.owner, u64(0), name(0))
    witness = Cancellation(identifier(s.next_witness_id), s.sid, a.owner, s.live.generation, reason)
    issued, log = rules.end_generation(contract, s, s.live, "owner died")
    if contract is HARDENED:
        log.append(Record(s.staged, s.pending, Event.ROLLED_BACK, "owner died"))
    log.append(Record(TRUE, witness, Event.ISSUED))
    post = replace(
        rules.unowned(s),
        status=status(Status.FAULTED),
        reason=reason,
        issued=issued,
        next_witness_id=rules.spend(contract, s.next_witness_id),
    )
    return walk(
        s,
        [
            *rules.with_sid(contract, s, a.sid),
            guards.owned(s),
            guards.is_owner(s, a.owner),
            rules.counter_left(contract, s, "witness_id", s.next_witness_id),
        ],
        post,
        witness,
        log,
    )


def cancel(contract: Contract, s: Session, a: Args) -> Step:
    """cancel_abandoned_transfer: the session is cancelled for ever."""
    receipt = a.receipt
    reason = Reason(terminal(Terminal.TRANSFER_ABANDONED), receipt.from_owner, receipt.claim_id, name(0))
    witness = Cancellation(identifier(s.next_witness_id), s.sid, receipt.from_owner, receipt.from_generation, reason)
    issued, log = rules.end_generation(contract, s, s.live, "transfer abandoned", s.owned)
    log.append(Record(TRUE, receipt, Event.ROLLED_BACK, "transfer abandoned"))
    log.append(Record(TRUE, witness, Event.ISSUED))
    post = replace(
        rules.unowned(s),
        status=status(Status.CANCELLED),
        reason=reason,
        issued=issued,
        next_witness_id=rules.spend(contract, s.next_witness_id),
    )
    return walk(
        s,
        [
            *rules.with_sid(contract, s, receipt.sid),
            rules.quiet(contract, guards.staged(s)),
            rules.quiet(contract, guards.match(s, receipt)),
            rules.counter_left(contract, s, "witness_id", s.next_witness_id),
        ],
        post,
        witness,
        log,
        receipt,
        contract is HARDENED,
    )


def fault(contract: Contract, s: Session, a: Args) -> Step:
    """fault_failed_transfer_commit: the session is faulted for ever; no witness id is used."""
    receipt = a.receipt
    reason = Reason(terminal(Terminal.TRANSFER_COMMIT_FAILED), receipt.from_owner, receipt.claim_id, a.text)
    issued, log = rules.end_generation(contract, s, s.live, "transfer commit failed", s.owned)
    log.append(Record(TRUE, receipt, Event.ROLLED_BACK, a.text))
    post = replace(rules.unowned(s), status=status(Status.FAULTED), reason=reason, issued=issued)
    return walk(
        s,
        [
            *rules.with_sid(contract, s, receipt.sid),
            rules.quiet(contract, guards.staged(s)),
            rules.quiet(contract, guards.match(s, receipt)),
        ],
        post,
        None,
        log,
        receipt,
        contract is HARDENED,
    )


def close(contract: Contract, s: Session, a: Args) -> Step:
    """close: status Closed, edge traces gone, one epoch on (H6: ownership ends, Cancelled and Faulted stay)."""
    post = replace(s, status=status(Status.CLOSED), epoch=succ(s.epoch), edge_traces=NO_EDGES)
    log: list[Entry] = []
    if contract is HARDENED:
        terminated = s.reason.kind != NO_REASON.kind
        issued, log = rules.end_generation(contract, s, s.live, "session closed", s.owned)
        log.append(Record(s.staged, s.pending, Event.ROLLED_BACK, "session closed"))
        post = replace(rules.unowned(post), status=z3.If(terminated, s.status, post.status), issued=issued)
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
