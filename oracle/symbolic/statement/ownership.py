"""Ownership: claim, release, transfer, attenuate, end (contract §2, in its order), one transition per operation.

Each function takes the state before and the arguments and gives a ``Step``: the guards in the order of the row,
then the effect with its records.  Where the contracts differ, it asks ``contract`` (as ``rules``).
"""

from __future__ import annotations

from dataclasses import replace

from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement import guards
from telltale_conformance.oracle.symbolic.statement.records import Entry, Event, Record
from telltale_conformance.oracle.symbolic.statement.state import (
    Args,
    Cancellation,
    Cap,
    Contract,
    Reason,
    Receipt,
    Session,
    Status,
    Terminal,
    no_receipt,
    released,
    status,
    terminal,
    unowned,
)
from telltale_conformance.oracle.symbolic.statement.step import Step, walk
from telltale_conformance.oracle.symbolic.statement.terms import FALSE, TRUE, identifier, name, succ, u64, wide


def claim(contract: Contract, s: Session, a: Args) -> Step:
    """claim_ownership: an unowned session gets a live owner."""
    cap = Cap(a.sid, a.owner, rules.claim_generation(contract, s), a.scope)
    return walk(
        s,
        [
            guards.found(s, a.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.unowned(s),
            guards.idle(s),
            guards.counter(contract, s, "generation", s.next_generation),
        ],
        replace(s, owned=TRUE, live=cap, next_generation=rules.spend_generation(contract, s)),
        cap,
        [Record(TRUE, cap, Event.ISSUED)],
    )


def release(contract: Contract, s: Session, a: Args) -> Step:
    """release_ownership: the live owner leaves."""
    return walk(
        s,
        [
            guards.found(s, a.cap.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.owned(s),
            guards.live(s, a.cap),
            guards.honest(contract, s, a.cap),
            guards.idle(s),
        ],
        replace(released(s), issued=rules.surviving(contract, s)),
        None,
        [Record(TRUE, a.cap, Event.INVALIDATED, "ownership released"), *rules.endings(contract, s)],
    )


def begin(contract: Contract, s: Session, a: Args) -> Step:
    """begin_ownership_transfer: a receipt becomes pending."""
    claim_id, to_generation = identifier(s.next_claim_id), succ(a.cap.generation)
    receipt = Receipt(a.cap.sid, claim_id, a.cap.owner, a.cap.generation, a.owner, to_generation, a.scope)
    return walk(
        s,
        [
            guards.found(s, a.cap.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.owned(s),
            guards.live(s, a.cap),
            guards.honest(contract, s, a.cap),
            guards.idle(s),
            guards.within(contract, s, a.scope, rules.may_transfer),
            guards.counter(contract, s, "generation", wide(a.cap.generation) + 1),
            guards.counter(contract, s, "claim_id", s.next_claim_id),
        ],
        replace(s, staged=TRUE, pending=receipt, next_claim_id=rules.spend(contract, s.next_claim_id)),
        receipt,
        [Record(TRUE, receipt, Event.ISSUED)],
    )


def commit(contract: Contract, s: Session, a: Args) -> Step:
    """commit_ownership_transfer: the receipt's receiver becomes the live owner."""
    receipt = a.receipt
    generation = rules.committed_generation(contract, s, receipt.to_generation)
    cap = Cap(s.sid, receipt.to_owner, generation, receipt.scope)
    return walk(
        s,
        [
            guards.found(s, receipt.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.owned(s),
            guards.staged(s, starred=True),
            guards.match(s, receipt, starred=True),
            guards.giver(s, receipt),
            guards.counter(contract, s, "generation", s.next_generation),
        ],
        replace(
            s,
            live=cap,
            staged=FALSE,
            pending=no_receipt(s.sid),
            issued=rules.surviving(contract, s),
            next_generation=rules.spend_generation(contract, s),
        ),
        cap,
        [
            Record(TRUE, s.live, Event.INVALIDATED, "ownership transferred"),
            *rules.endings(contract, s),
            Record(TRUE, receipt, Event.COMMITTED),
            Record(TRUE, cap, Event.ISSUED),
        ],
        receipt,
        rules.refusal(contract),
    )


def rollback(contract: Contract, s: Session, a: Args) -> Step:
    """rollback_ownership_transfer: the pending transfer is dropped, the live owner stays."""
    return walk(
        s,
        [
            guards.found(s, a.receipt.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.staged(s, starred=True),
            guards.match(s, a.receipt, starred=True),
        ],
        replace(s, staged=FALSE, pending=no_receipt(s.sid)),
        None,
        [Record(TRUE, a.receipt, Event.ROLLED_BACK)],
        a.receipt,
        rules.refusal(contract),
    )


def attenuate(contract: Contract, s: Session, a: Args) -> Step:
    """attenuate_ownership_scope: the live owner gets another scope."""
    cap = Cap(s.sid, a.cap.owner, rules.attenuated_generation(contract, s, a.cap.generation), a.scope)
    return walk(
        s,
        [
            guards.found(s, a.cap.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.owned(s),
            guards.live(s, a.cap),
            guards.honest(contract, s, a.cap),
            guards.idle(s),
            guards.within(contract, s, a.scope, rules.may_attenuate),
            guards.counter(contract, s, "generation", s.next_generation),
        ],
        replace(
            s,
            live=cap,
            issued=rules.surviving(contract, s),
            next_generation=rules.spend_generation(contract, s),
        ),
        cap,
        [
            Record(TRUE, a.cap, Event.INVALIDATED, "ownership scope attenuated"),
            *rules.endings(contract, s),
            Record(TRUE, cap, Event.ISSUED),
        ],
    )


def validate(contract: Contract, s: Session, a: Args) -> Step:
    """validate_ownership_capability: nothing changes."""
    return walk(
        s,
        [
            guards.found(s, a.cap.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.owned(s),
            guards.live(s, a.cap),
            guards.honest(contract, s, a.cap),
        ],
        s,
    )


def died(contract: Contract, s: Session, a: Args) -> Step:
    """mark_owner_died: the session is faulted for ever."""
    reason = Reason(terminal(Terminal.OWNER_DIED), a.owner, u64(0), name(0))
    witness = Cancellation(identifier(s.next_witness_id), s.sid, a.owner, s.live.generation, reason)
    return walk(
        s,
        [
            guards.found(s, a.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.owned(s),
            guards.named(s, a.owner),
            guards.counter(contract, s, "witness_id", s.next_witness_id),
        ],
        replace(
            unowned(s),
            status=status(Status.FAULTED),
            reason=reason,
            issued=rules.surviving(contract, s),
            next_witness_id=rules.spend(contract, s.next_witness_id),
        ),
        witness,
        [
            Record(TRUE, s.live, Event.INVALIDATED, "owner died"),
            *rules.endings(contract, s),
            *rules.orphaned(contract, s),
            Record(TRUE, witness, Event.ISSUED),
        ],
    )


def cancel(contract: Contract, s: Session, a: Args) -> Step:
    """cancel_abandoned_transfer: the session is cancelled for ever."""
    receipt = a.receipt
    reason = Reason(terminal(Terminal.TRANSFER_ABANDONED), receipt.from_owner, receipt.claim_id, name(0))
    witness = Cancellation(identifier(s.next_witness_id), s.sid, receipt.from_owner, receipt.from_generation, reason)
    return walk(
        s,
        [
            guards.found(s, receipt.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.staged(s),
            guards.match(s, receipt),
            guards.counter(contract, s, "witness_id", s.next_witness_id),
        ],
        replace(
            unowned(s),
            status=status(Status.CANCELLED),
            reason=reason,
            issued=rules.surviving(contract, s, s.owned),
            next_witness_id=rules.spend(contract, s.next_witness_id),
        ),
        witness,
        [
            *_end_of_owner(contract, s, "transfer abandoned"),
            Record(TRUE, receipt, Event.ROLLED_BACK, "transfer abandoned"),
            Record(TRUE, witness, Event.ISSUED),
        ],
        receipt,
        rules.refusal(contract),
    )


def fault(contract: Contract, s: Session, a: Args) -> Step:
    """fault_failed_transfer_commit: the session is faulted for ever; no witness id is used."""
    receipt = a.receipt
    reason = Reason(terminal(Terminal.TRANSFER_COMMIT_FAILED), receipt.from_owner, receipt.claim_id, a.text)
    return walk(
        s,
        [
            guards.found(s, receipt.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.staged(s),
            guards.match(s, receipt),
        ],
        replace(
            unowned(s),
            status=status(Status.FAULTED),
            reason=reason,
            issued=rules.surviving(contract, s, s.owned),
        ),
        None,
        [
            *_end_of_owner(contract, s, "transfer commit failed"),
            Record(TRUE, receipt, Event.ROLLED_BACK, a.text),
        ],
        receipt,
        rules.refusal(contract),
    )


def _end_of_owner(contract: Contract, s: Session, reason: str) -> list[Entry]:
    """Return what ending the live ownership logs: nothing where there is no live owner."""
    return [Record(s.owned, s.live, Event.INVALIDATED, reason), *rules.endings(contract, s, s.owned)]
