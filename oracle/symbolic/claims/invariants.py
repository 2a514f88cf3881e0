"""Strengthening invariants: facts about every reachable state of one session, shared by several claims."""

from __future__ import annotations

import z3

from telltale_conformance.oracle.symbolic.claims.claim import Invariant
from telltale_conformance.oracle.symbolic.statement.state import NO_REASON, NOT_ISSUED, Status, status
from telltale_conformance.oracle.symbolic.statement.terms import LAST, counter, succ, wide, within

LATEST_GENERATION = Invariant(
    "latest-generation",
    "a live generation is next_generation - 1",
    lambda s, g: z3.And(
        z3.ULE(s.next_generation, counter(LAST + 1)),
        z3.Implies(s.owned, wide(s.live.generation) + 1 == s.next_generation),
    ),
)
PENDING_IS_OWNERS = Invariant(
    "pending-is-owners",
    "a pending receipt is from the live owner and its live generation, in this session",
    lambda s, g: z3.Implies(
        s.staged,
        z3.And(
            s.owned,
            s.pending.sid == s.sid,
            s.pending.from_owner == s.live.owner,
            s.pending.from_generation == s.live.generation,
        ),
    ),
)
PENDING_ONE_ABOVE = Invariant(
    "pending-one-above",
    "a pending receipt's to_generation is exactly one above its from_generation",
    lambda s, g: z3.Implies(s.staged, wide(s.pending.to_generation) == wide(s.pending.from_generation) + 1),
)
PENDING_SATURATED = Invariant(
    "pending-saturated",
    "a pending receipt's to_generation is the saturating successor of from_generation",
    lambda s, g: z3.Implies(s.staged, s.pending.to_generation == succ(s.pending.from_generation)),
)
PENDING_WITHIN = Invariant(
    "pending-within",
    "a pending receipt grants no more than the live scope",
    lambda s, g: z3.Implies(s.staged, within(s.pending.scope, s.live.scope)),
)
LIVE_IS_HERE = Invariant(
    "live-is-here",
    "the live capability names this session",
    lambda s, g: z3.Implies(s.owned, s.live.sid == s.sid),
)
TERMINAL_UNOWNED = Invariant(
    "terminal-unowned",
    "with a terminal reason nobody owns the session and nothing is pending",
    lambda s, g: z3.Implies(s.reason.kind != NO_REASON.kind, z3.And(z3.Not(s.owned), z3.Not(s.staged))),
)
TERMINAL_STATUS = Invariant(
    "terminal-status",
    "Cancelled and Faulted come with a terminal reason",
    lambda s, g: z3.Implies(
        z3.Or(s.status == status(Status.CANCELLED), s.status == status(Status.FAULTED)),
        s.reason.kind != NO_REASON.kind,
    ),
)
CLOSED_UNOWNED = Invariant(
    "closed-unowned",
    "a closed session is unowned",
    lambda s, g: z3.Implies(s.status == status(Status.CLOSED), z3.And(z3.Not(s.owned), z3.Not(s.staged))),
)
TERMINAL_NOT_ACTIVE = Invariant(
    "terminal-not-active",
    "a terminal reason leaves the session not Active",
    lambda s, g: z3.Implies(s.reason.kind != NO_REASON.kind, s.status != status(Status.ACTIVE)),
)
TERMINAL_NOT_CLOSED = Invariant(
    "terminal-not-closed",
    "a terminal reason leaves the session Cancelled or Faulted, closed or not",
    lambda s, g: z3.Implies(s.reason.kind != NO_REASON.kind, s.status != status(Status.CLOSED)),
)


def witness_invariants(key: z3.BitVecRef) -> dict[str, Invariant]:
    """Facts about the witness with an arbitrary id ``key``."""
    return {
        "below": Invariant(
            "witness-below",
            "an issued or consumed witness id is below next_witness_id",
            lambda s, g: z3.Implies(
                z3.Or(s.issued[key] != NOT_ISSUED, s.consumed[key]), z3.ULT(wide(key), s.next_witness_id)
            ),
        ),
        "needs owner": Invariant(
            "witness-owned",
            "an issued witness has a live owner",
            lambda s, g: z3.Implies(s.issued[key] != NOT_ISSUED, s.owned),
        ),
        "exclusive": Invariant(
            "witness-exclusive",
            "a consumed witness is not issued",
            lambda s, g: z3.Not(z3.And(s.issued[key] != NOT_ISSUED, s.consumed[key])),
        ),
        "bounded": Invariant(
            "witness-counter",
            "next_witness_id is from 1 to 2^64",
            lambda s, g: z3.And(z3.ULE(counter(1), s.next_witness_id), z3.ULE(s.next_witness_id, counter(LAST + 1))),
        ),
    }
