"""The errors, and the guards of the contract in its order: one function for each, under its name.

A guard says when it passes, which error it gives otherwise with which fields, and the reason under which the
refused receipt or witness is logged as Rejected, if it is (the starred guards of §2; rule H11).  Those that only
``hardened`` has pass always under ``telltale-17``.  Some names are words of Python: call them as ``guards.open``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import z3

from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement.state import (
    NOT_ISSUED,
    SESSION_SCOPE,
    Args,
    Cap,
    Contract,
    Receipt,
    Session,
    Terminal,
    terminal,
    unpacked,
)
from telltale_conformance.oracle.symbolic.statement.terms import is_session, same


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

    @property
    def variant(self) -> str:
        """Its name on the wire; ``ok`` where nothing is refused."""
        return "ok" if self is Code.OK else "".join(word.capitalize() for word in self.name.split("_"))


@dataclass(frozen=True)
class Guard:
    """One guard: its name in the contract, when it passes, and what its failure gives."""

    name: str
    passes: z3.BoolRef
    code: Code
    fields: dict[str, z3.ExprRef | str] = field(default_factory=dict)
    rejected: str | None = None
    """Reason of the Rejected record of the given receipt or witness, where refusals are logged."""
    starred: bool = False
    """``telltale-17`` logs this refusal too (the starred guards of §2, and §3)."""


# §1


def found(s: Session, sid: z3.BitVecRef) -> Guard:
    """G-found: the session is live."""
    return Guard("G-found", z3.And(s.exists, s.sid == sid), Code.SESSION_NOT_FOUND, {"session_id": sid})


def open(s: Session) -> Guard:
    """G-open: no terminal reason is recorded."""
    none = s.reason.kind == terminal(Terminal.NONE)
    return Guard("G-open", none, Code.TERMINAL, {"session_id": s.sid}, "ownership terminated")


def active(contract: Contract, s: Session) -> Guard:
    """G-active (H8): the status is not Closed."""
    passes = rules.serves(contract, s.status)
    return Guard("G-active", passes, Code.SESSION_CLOSED, {"session_id": s.sid}, "session closed")


def owned(s: Session) -> Guard:
    """G-owned: there is a live owner."""
    return Guard("G-owned", s.owned, Code.UNCLAIMED, {"session_id": s.sid}, "session unclaimed")


def unowned(s: Session) -> Guard:
    """G-unowned: there is no live owner."""
    fields = {"session_id": s.sid, "current_owner_id": s.live.owner}
    return Guard("G-unowned", z3.Not(s.owned), Code.ALREADY_CLAIMED, fields)


def live(s: Session, cap: Cap) -> Guard:
    """G-live: owner and generation are the live owner's; nothing else is compared."""
    same_owner = z3.And(cap.owner == s.live.owner, cap.generation == s.live.generation)
    fields = _stale(s, cap.owner, cap.generation)
    return Guard("G-live", same_owner, Code.STALE_CAPABILITY, fields, "stale capability")


def named(s: Session, owner: z3.BitVecRef) -> Guard:
    """G-named: the given owner is the live one."""
    return Guard("G-named", owner == s.live.owner, Code.STALE_CAPABILITY, _stale(s, owner, s.live.generation))


def honest(contract: Contract, s: Session, cap: Cap) -> Guard:
    """G-honest (H5): the given scope is the live one."""
    passes = rules.honest(contract, cap.scope, s.live.scope)
    return Guard("G-honest", passes, Code.SCOPE_VIOLATION, _violated(s, cap.scope), "scope mismatch")


def scope(s: Session) -> Guard:
    """G-scope: the live scope is ``Session``."""
    fields = _violated(s, SESSION_SCOPE)
    return Guard("G-scope", is_session(s.live.scope), Code.SCOPE_VIOLATION, fields, "scope violation")


def idle(s: Session) -> Guard:
    """G-idle: no transfer is pending."""
    fields = {"session_id": s.sid, "claim_id": s.pending.claim_id}
    return Guard("G-idle", z3.Not(s.staged), Code.TRANSFER_PENDING, fields)


def staged(s: Session, starred: bool = False) -> Guard:
    """G-staged: a transfer is pending; with a star in the rows of commit and rollback."""
    reason = "receipt is no longer pending"
    return Guard("G-staged", s.staged, Code.TRANSFER_NOT_PENDING, {"session_id": s.sid}, reason, starred)


def match(s: Session, receipt: Receipt, starred: bool = False) -> Guard:
    """G-match: the pending receipt equals the given one in every field; with a star in commit and rollback."""
    fields = {"session_id": s.sid, "claim_id": receipt.claim_id}
    reason = "receipt payload mismatch"
    return Guard("G-match", same(s.pending, receipt), Code.RECEIPT_MISMATCH, fields, reason, starred)


def giver(s: Session, receipt: Receipt) -> Guard:
    """G-giver: the live owner is the one that the receipt is from."""
    still = z3.And(s.live.owner == receipt.from_owner, s.live.generation == receipt.from_generation)
    fields = _stale(s, receipt.from_owner, receipt.from_generation)
    return Guard("G-giver", still, Code.STALE_CAPABILITY, fields, "stale capability")


def _stale(s: Session, owner: z3.BitVecRef, generation: z3.BitVecRef) -> dict[str, z3.ExprRef | str]:
    """Return the fields of StaleCapability."""
    return {
        "session_id": s.sid,
        "owner_id": owner,
        "expected_generation": generation,
        "actual_generation": s.live.generation,
    }


def _violated(s: Session, required: z3.BitVecRef) -> dict[str, z3.ExprRef | str]:
    """Return the fields of ScopeViolation."""
    return {"session_id": s.sid, "owner_id": s.live.owner, "required": required, "actual": s.live.scope}


# §21

Grants = Callable[[Contract, z3.BitVecRef, z3.BitVecRef], z3.BoolRef]


def within(contract: Contract, s: Session, new: z3.BitVecRef, may_grant: Grants) -> Guard:
    """G-within (H3, H4): the new scope is one that the live owner may grant."""
    passes = may_grant(contract, new, s.live.scope)
    return Guard("G-within", passes, Code.SCOPE_VIOLATION, _violated(s, new))


def own_edge(contract: Contract, s: Session, a: Args) -> Guard:
    """H15: the edge that a mutation names is one of this session, between listed roles."""
    names_edge = a.mutation != 0
    fields = {"session_id": s.sid, "edge.sid": a.edge_sid, "edge.sender": a.sender, "edge.receiver": a.receiver}
    return Guard("H15", z3.Implies(names_edge, rules.may_touch(contract, s, a)), Code.FOREIGN_EDGE, fields)


def counter(contract: Contract, s: Session, which: str, number: z3.BitVecRef) -> Guard:
    """G-counter (H2): the number to be given does not pass 2^64-1."""
    passes, fields = rules.may_give(contract, number), {"session_id": s.sid, "counter": which}
    return Guard(f"G-counter {which}", passes, Code.COUNTER_EXHAUSTED, fields, "counter exhausted")


# §3


def unconsumed(s: Session, a: Args) -> Guard:
    """§3.1: the id was not consumed before."""
    fields = {"session_id": a.witness.sid, "witness_id": a.witness.id}
    before = s.consumed[a.witness.id]
    return Guard("§3.1", z3.Not(before), Code.WITNESS_CONSUMED, fields, "witness already consumed", True)


def issued(s: Session, a: Args) -> Guard:
    """§3.2: the id is among the issued."""
    return _invalid("§3.2", s.issued[a.witness.id] != NOT_ISSUED, a, "witness was never issued")


def unchanged(s: Session, a: Args) -> Guard:
    """§3.3: the issued witness equals the given one in every field."""
    kept = unpacked(a.witness.id, s.issued[a.witness.id])
    return _invalid("§3.3", same(kept, a.witness), a, "witness payload mismatch")


def bound(s: Session, a: Args) -> Guard:
    """§3.4: session, owner, generation and scope are the given capability's."""
    w, cap = a.witness, a.cap
    its = z3.And(w.sid == cap.sid, w.owner == cap.owner, w.generation == cap.generation, w.scope == cap.scope)
    return _invalid("§3.4", its, a, "live ownership no longer matches witness")


def _invalid(name: str, passes: z3.BoolRef, a: Args, reason: str) -> Guard:
    """Return a check of §3 that answers InvalidWitness."""
    fields: dict[str, z3.ExprRef | str] = {"session_id": a.cap.sid, "witness_id": a.witness.id, "reason": reason}
    return Guard(name, passes, Code.INVALID_WITNESS, fields, reason, True)
