"""K12 and K13: what the log tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import z3

from telltale_conformance.oracle.symbolic.claims import invariants as inv
from telltale_conformance.oracle.symbolic.claims.claim import Claim, Invariant, View
from telltale_conformance.oracle.symbolic.claims.identity import WITNESS_ID, Binding, follow_binding
from telltale_conformance.oracle.symbolic.statement.guards import Code
from telltale_conformance.oracle.symbolic.statement.operations import USES_RECEIPT
from telltale_conformance.oracle.symbolic.statement.records import EndedWitnesses, Event, Record
from telltale_conformance.oracle.symbolic.statement.state import (
    NOT_ISSUED,
    PACKED,
    Cap,
    Contract,
    Receipt,
    Session,
    Witness,
    no_cap,
    no_receipt,
    packed,
)
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, FALSE, TRUE, choose, same

HARDENED, TELLTALE_17 = Contract.HARDENED, Contract.TELLTALE_17


@dataclass(frozen=True)
class Replay:
    """Ownership as a reader of the log alone has it; of the witnesses, the arbitrary one."""

    SORTS: ClassVar[dict[str, Any]] = {
        "owned": BOOL,
        "live": Cap,
        "staged": BOOL,
        "pending": Receipt,
        "witness": PACKED,
        "missed": BOOL,
    }
    owned: z3.BoolRef
    live: Cap
    staged: z3.BoolRef
    pending: Receipt
    witness: z3.BitVecRef
    missed: z3.BoolRef
    """Something was issued in the place of what was still valid: the record of its end is missing."""


def _read_cap(seen: Replay, record: Record, cap: Cap) -> Replay:
    """Issued makes a capability live; Invalidated ends it when it names the live one."""
    if record.event is Event.ISSUED:
        return replace(seen, owned=TRUE, live=cap, missed=z3.Or(seen.missed, seen.owned))
    ends = z3.And(seen.owned, same(seen.live, cap))
    return replace(seen, owned=z3.And(seen.owned, z3.Not(ends)))


def _read_receipt(seen: Replay, record: Record, receipt: Receipt) -> Replay:
    """Issued makes a receipt pending; Committed and RolledBack end it when they name the pending one."""
    if record.event is Event.REJECTED:
        return seen
    if record.event is Event.ISSUED:
        return replace(seen, staged=TRUE, pending=receipt, missed=z3.Or(seen.missed, seen.staged))
    ends = z3.And(seen.staged, same(seen.pending, receipt))
    return replace(seen, staged=z3.And(seen.staged, z3.Not(ends)))


def _read_witness(seen: Replay, record: Record, witness: Witness) -> Replay:
    """Issued adds the witness; Consumed and Invalidated take it away."""
    if record.event is Event.REJECTED:
        return seen
    now = packed(witness) if record.event is Event.ISSUED else NOT_ISSUED
    kept = z3.If(witness.id == WITNESS_ID, now, seen.witness)
    return replace(seen, witness=kept)


def read_log(v: View) -> Replay:
    """Return what the log's reader has after the records of this step."""
    seen: Replay = v.ghost
    for entry in v.step.log:
        if isinstance(entry, EndedWitnesses):
            gone = z3.And(entry.when, entry.issued[WITNESS_ID] != NOT_ISSUED)
            seen = replace(seen, witness=z3.If(gone, NOT_ISSUED, seen.witness))
            continue
        after = seen
        if isinstance(entry.artifact, Cap):
            after = _read_cap(seen, entry, entry.artifact)
        elif isinstance(entry.artifact, Receipt):
            after = _read_receipt(seen, entry, entry.artifact)
        elif isinstance(entry.artifact, Witness):
            after = _read_witness(seen, entry, entry.artifact)
        seen = choose(entry.when, after, seen)
    return seen


def _agrees(s: Session, seen: Replay) -> z3.BoolRef:
    return z3.And(
        z3.Not(seen.missed),
        seen.owned == s.owned,
        z3.Implies(s.owned, same(seen.live, s.live)),
        seen.staged == s.staged,
        z3.Implies(s.staged, same(seen.pending, s.pending)),
        seen.witness == s.issued[WITNESS_ID],
    )


_LOG_AGREES = Invariant(
    "log-agrees", "the log so far gives the live owner, the pending receipt, the witnesses", _agrees
)


def _begin_reading(s: Session) -> Replay:
    return Replay(FALSE, no_cap(s.sid), FALSE, no_receipt(s.sid), NOT_ISSUED, FALSE)


K12 = Claim(
    "K12",
    violated=lambda v: z3.Not(_agrees(v.post, read_log(v))),
    ghost=Replay,
    start=_begin_reading,
    follow=read_log,
    invariants={HARDENED: (_LOG_AGREES, inv.LIVE_IS_HERE, inv.PENDING_IS_OWNERS)},
    shown_by="observe",
)

K12_RECEIPT = Claim(
    "K12-receipt",
    violated=lambda v: read_log(v).staged != v.post.staged,
    ghost=Replay,
    start=_begin_reading,
    follow=read_log,
    invariants={HARDENED: (_LOG_AGREES, inv.LIVE_IS_HERE, inv.PENDING_IS_OWNERS)},
    shown_by="observe",
)


@dataclass(frozen=True)
class WitnessRecord:
    """The tenure of the arbitrary witness beside what the log says of it."""

    SORTS: ClassVar[dict[str, Any]] = {"binding": Binding, "log": Replay}
    binding: Binding
    log: Replay


def _follow_witness_record(v: View) -> WitnessRecord:
    ghost: WitnessRecord = v.ghost
    binding = View(v.contract, v.op, v.pre, v.args, v.step, ghost.binding)
    log = View(v.contract, v.op, v.pre, v.args, v.step, ghost.log)
    return WitnessRecord(follow_binding(binding), read_log(log))


def _witness_outlives(v: View) -> z3.BoolRef:
    after = _follow_witness_record(v)
    return z3.And(after.binding.stale, after.log.witness != NOT_ISSUED)


_WITNESS = inv.witness_invariants(WITNESS_ID)

K12_WITNESS = Claim(
    "K12-witness",
    violated=_witness_outlives,
    ghost=WitnessRecord,
    start=lambda s: WitnessRecord(Binding(FALSE, FALSE), _begin_reading(s)),
    follow=_follow_witness_record,
    invariants={
        HARDENED: (
            Invariant(
                "stale-is-recorded",
                "a witness of an ended generation is recorded as ended",
                lambda s, g: z3.And(
                    z3.Implies(g.binding.stale, g.log.witness == NOT_ISSUED),
                    z3.Implies(g.binding.running, s.owned),
                    g.log.witness == s.issued[WITNESS_ID],
                ),
            ),
            inv.PENDING_IS_OWNERS,
            _WITNESS["bounded"],
            _WITNESS["needs owner"],
        )
    },
)


def _unlogged_refusal(v: View) -> z3.BoolRef:
    """State that a receipt or witness is refused in a live session, and no Rejected record names it."""
    if v.op in USES_RECEIPT:
        given: Receipt | Witness = v.args.receipt
    elif v.op == "consume_readiness_witness":
        given = v.args.witness
    else:
        return FALSE
    logged = [
        z3.And(entry.when, same(entry.artifact, given))
        for entry in v.step.log
        if isinstance(entry, Record) and entry.event is Event.REJECTED and type(entry.artifact) is type(given)
    ]
    refused = z3.And(z3.Not(v.step.ok()), z3.Not(v.step.gives(Code.SESSION_NOT_FOUND)))
    return z3.And(refused, z3.Not(z3.Or(*logged)))


K13 = Claim(
    "K13",
    violated=_unlogged_refusal,
)
