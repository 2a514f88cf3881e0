"""The guards of contract §1 (and, where ``hardened`` has more, of its guard order), one named function each.

A guard says when it passes, which error it gives otherwise with which fields, and the reason under which the
refused receipt or witness is logged as Rejected, if it is (the starred guards of §2; rule H11).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import z3  # type: ignore[import-untyped]  # see terms

from telltale_conformance.oracle.symbolic.statement.state import (
    NOT_ISSUED,
    SESSION_SCOPE,
    Args,
    Cap,
    Receipt,
    Session,
    Status,
    Terminal,
    status,
    terminal,
    unpacked,
)
from telltale_conformance.oracle.symbolic.statement.terms import LAST, counter, is_session, same, within


class Code(IntEnum):
    """The outcome of an operation: ok, or which error (wire form, OwnershipError)."""

    OK = 0
    SESSION_NOT_FOUND = 1
    TERMINAL = 2
    SESSION_CLOSED = 3
    UNCLAIMED = 4
    ALREADY_CLAIMED = 5
    STALE_CAPABILITY = 6
    SCOPE_VIOLATION = 7
    TRANSFER_PENDING = 8
    TRANSFER_NOT_PENDING = 9
    RECEIPT_MISMATCH = 10
    WITNESS_CONSUMED = 11
    INVALID_WITNESS = 12
    COUNTER_EXHAUSTED = 13
    FOREIGN_EDGE = 14


@dataclass(frozen=True)
class Guard:
    """One guard: when it passes, and what its failure gives."""

    passes: z3.BoolRef
    code: Code
    fields: dict[str, z3.ExprRef | str] = field(default_factory=dict)
    rejected: str | None = None
    """Reason of the Rejected record of the given receipt or witness, where refusals are logged."""
    starred: bool = False
    """``telltale-17`` logs this refusal too (the starred guards of §2, and §3)."""


def found(s: Session, sid: z3.BitVecRef) -> Guard:
    """G-found: the session is live."""
    return Guard(z3.And(s.exists, s.sid == sid), Code.SESSION_NOT_FOUND, {"session_id": sid})


def opened(s: Session) -> Guard:
    """G-open: no terminal reason is recorded."""
    return Guard(s.reason.kind == terminal(Terminal.NONE), Code.TERMINAL, {"session_id": s.sid}, "ownership terminated")


def active(s: Session) -> Guard:
    """G-active (H8): the status is not Closed."""
    return Guard(s.status != status(Status.CLOSED), Code.SESSION_CLOSED, {"session_id": s.sid}, "session closed")


def owned(s: Session) -> Guard:
    """G-owned: there is a live owner."""
    return Guard(s.owned, Code.UNCLAIMED, {"session_id": s.sid}, "session unclaimed")


def unowned(s: Session) -> Guard:
    """The guard of claim: there is no live owner."""
    return Guard(z3.Not(s.owned), Code.ALREADY_CLAIMED, {"session_id": s.sid, "current_owner_id": s.live.owner})


def live(s: Session, cap: Cap) -> Guard:
    """G-live: owner and generation are the live owner's; nothing else is compared."""
    return Guard(
        z3.And(cap.owner == s.live.owner, cap.generation == s.live.generation),
        Code.STALE_CAPABILITY,
        {
            "session_id": s.sid,
            "owner_id": cap.owner,
            "expected_generation": cap.generation,
            "actual_generation": s.live.generation,
        },
        "stale capability",
    )


def honest(s: Session, cap: Cap) -> Guard:
    """G-honest (H5): the given scope is the live one."""
    return Guard(
        cap.scope == s.live.scope,
        Code.SCOPE_VIOLATION,
        {"session_id": s.sid, "owner_id": s.live.owner, "required": cap.scope, "actual": s.live.scope},
        "scope mismatch",
    )


def session_scope(s: Session) -> Guard:
    """G-scope: the live scope is ``Session``."""
    return Guard(
        is_session(s.live.scope),
        Code.SCOPE_VIOLATION,
        {"session_id": s.sid, "owner_id": s.live.owner, "required": SESSION_SCOPE, "actual": s.live.scope},
        "scope violation",
    )


def idle(s: Session) -> Guard:
    """G-idle: no transfer is pending."""
    return Guard(z3.Not(s.staged), Code.TRANSFER_PENDING, {"session_id": s.sid, "claim_id": s.pending.claim_id})


def staged(s: Session) -> Guard:
    """G-staged: a transfer is pending."""
    return Guard(s.staged, Code.TRANSFER_NOT_PENDING, {"session_id": s.sid}, "receipt is no longer pending", True)


def match(s: Session, receipt: Receipt) -> Guard:
    """G-match: the pending receipt equals the given one in every field."""
    return Guard(
        same(s.pending, receipt),
        Code.RECEIPT_MISMATCH,
        {"session_id": s.sid, "claim_id": receipt.claim_id},
        "receipt payload mismatch",
        True,
    )


def giver(s: Session, receipt: Receipt) -> Guard:
    """The last guard of commit: the live owner is still the one the receipt is from."""
    return Guard(
        z3.And(s.live.owner == receipt.from_owner, s.live.generation == receipt.from_generation),
        Code.STALE_CAPABILITY,
        {
            "session_id": s.sid,
            "owner_id": receipt.from_owner,
            "expected_generation": receipt.from_generation,
            "actual_generation": s.live.generation,
        },
        "stale capability",
    )


def is_owner(s: Session, owner: z3.BitVecRef) -> Guard:
    """The last guard of owner death: the named owner is the live one."""
    return Guard(
        owner == s.live.owner,
        Code.STALE_CAPABILITY,
        {
            "session_id": s.sid,
            "owner_id": owner,
            "expected_generation": s.live.generation,
            "actual_generation": s.live.generation,
        },
    )


def narrower(s: Session, wanted: z3.BitVecRef) -> Guard:
    """G-within (H3, H4): the new scope is contained in the live one."""
    return Guard(
        within(wanted, s.live.scope),
        Code.SCOPE_VIOLATION,
        {"session_id": s.sid, "owner_id": s.live.owner, "required": wanted, "actual": s.live.scope},
    )


def not_used_up(s: Session, which: str, next_id: z3.BitVecRef) -> Guard:
    """G-counter (H2): the id to be given does not pass 2^64-1."""
    return Guard(
        z3.ULE(next_id, counter(LAST)),
        Code.COUNTER_EXHAUSTED,
        {"session_id": s.sid, "counter": which},
        "counter exhausted",
    )


def own_edge(s: Session, args: Args) -> Guard:
    """The guard of rule H15: the edge is one of this session, between listed roles."""
    names_edge = args.mutation != 0
    own = z3.And(args.edge_sid == s.sid, s.roles[args.sender], s.roles[args.receiver])
    return Guard(
        z3.Implies(names_edge, own),
        Code.FOREIGN_EDGE,
        {"session_id": s.sid, "edge.sid": args.edge_sid, "edge.sender": args.sender, "edge.receiver": args.receiver},
    )


def not_consumed(s: Session, args: Args) -> Guard:
    """§3.1: the id was not consumed before."""
    return Guard(
        z3.Not(s.consumed[args.witness.id]),
        Code.WITNESS_CONSUMED,
        {"session_id": args.witness.sid, "witness_id": args.witness.id},
        "witness already consumed",
        True,
    )


def was_issued(s: Session, args: Args) -> Guard:
    """§3.2: the id is among the issued."""
    return _invalid(s.issued[args.witness.id] != NOT_ISSUED, args, "witness was never issued")


def unchanged(s: Session, args: Args) -> Guard:
    """§3.3: the issued witness equals the given one in every field."""
    issued = unpacked(args.witness.id, s.issued[args.witness.id])
    return _invalid(same(issued, args.witness), args, "witness payload mismatch")


def still_bound(s: Session, args: Args) -> Guard:
    """§3.4: session, owner, generation and scope are the given capability's."""
    w, cap = args.witness, args.cap
    bound = z3.And(w.sid == cap.sid, w.owner == cap.owner, w.generation == cap.generation, w.scope == cap.scope)
    return _invalid(bound, args, "live ownership no longer matches witness")


def _invalid(passes: z3.BoolRef, args: Args, reason: str) -> Guard:
    fields: dict[str, z3.ExprRef | str] = {
        "session_id": args.cap.sid,
        "witness_id": args.witness.id,
        "reason": reason,
    }
    return Guard(passes, Code.INVALID_WITNESS, fields, reason, True)
