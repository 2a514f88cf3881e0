"""K4, K5, K6, K7, K9, K11, K17: who may do what, and when nobody may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import z3

from telltale_conformance.oracle.symbolic.claims import invariants as inv
from telltale_conformance.oracle.symbolic.claims.claim import Claim, Invariant, View
from telltale_conformance.oracle.symbolic.statement.state import NO_REASON, Cap, Contract, Status, status
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, EDGE, FALSE, PAIR, same, within

HARDENED, TELLTALE_17 = Contract.HARDENED, Contract.TELLTALE_17


def _result_exceeds(v: View) -> z3.BoolRef:
    """State that the step makes a capability live that grants more than the one before it."""
    if not isinstance(v.step.result, Cap):
        return FALSE
    return z3.Not(within(v.step.result.scope, v.pre.live.scope))


K4 = Claim(
    "K4",
    violated=lambda v: z3.And(v.succeeds("attenuate_ownership_scope"), _result_exceeds(v)),
)

K5 = Claim(
    "K5",
    violated=lambda v: z3.Or(
        z3.And(v.succeeds("begin_ownership_transfer"), z3.Not(within(v.args.scope, v.pre.live.scope))),
        z3.And(v.succeeds("commit_ownership_transfer"), _result_exceeds(v)),
    ),
    invariants={HARDENED: (inv.PENDING_WITHIN, inv.PENDING_IS_OWNERS)},
)

K6 = Claim(
    "K6",
    violated=lambda v: z3.And(v.accepts_capability(), v.args.cap.scope != v.pre.live.scope),
)


@dataclass(frozen=True)
class Outstanding:
    """Whether a receipt was issued and has neither been used nor ended, told from the operations alone."""

    SORTS: ClassVar[dict[str, Any]] = {"outstanding": BOOL}
    outstanding: z3.BoolRef


def _follow_outstanding(v: View) -> Outstanding:
    begun = v.succeeds("begin_ownership_transfer")
    ended = v.succeeds(
        "commit_ownership_transfer",
        "rollback_ownership_transfer",
        "cancel_abandoned_transfer",
        "fault_failed_transfer_commit",
        "mark_owner_died",
    )
    if v.op == "close" and v.contract is HARDENED:
        ended = v.step.ok()
    return Outstanding(z3.And(z3.Or(v.ghost.outstanding, begun), z3.Not(ended)))


_ONE_PENDING = Invariant(
    "outstanding-is-pending",
    "a receipt is outstanding exactly when the session has it pending",
    lambda s, g: g.outstanding == s.staged,
)

K7 = Claim(
    "K7",
    violated=lambda v: z3.And(v.ghost.outstanding, v.succeeds("begin_ownership_transfer")),
    ghost=Outstanding,
    start=lambda s: Outstanding(FALSE),
    follow=_follow_outstanding,
    invariants={
        HARDENED: (_ONE_PENDING, inv.PENDING_IS_OWNERS, inv.TERMINAL_UNOWNED, inv.CLOSED_UNOWNED),
        TELLTALE_17: (_ONE_PENDING,),
    },
)

K9 = Claim(
    "K9",
    violated=lambda v: z3.And(
        v.pre.reason.kind != NO_REASON.kind,
        z3.Or(v.exercises_authority(), z3.Not(same(v.pre.reason, v.post.reason))),
    ),
)

K9_STATUS = Claim(
    "K9-status",
    violated=lambda v: z3.And(
        z3.Or(v.pre.status == status(Status.CANCELLED), v.pre.status == status(Status.FAULTED)),
        v.pre.status != v.post.status,
    ),
    invariants={HARDENED: (inv.TERMINAL_STATUS, inv.TERMINAL_UNOWNED, inv.PENDING_IS_OWNERS)},
    shown_by="observe",
)

K11 = Claim(
    "K11",
    violated=lambda v: z3.And(v.pre.status == status(Status.CLOSED), v.exercises_authority()),
)

ANY_EDGE = z3.Const("any.edge", EDGE)
ANY_PAIR = z3.Const("any.pair", PAIR)


def _touches_foreign_edge(v: View) -> z3.BoolRef:
    """State that a mutation changes what is bound or traced under an edge that is not this session's own."""
    sid = z3.Extract(79, 16, ANY_EDGE)
    sender, receiver = z3.Extract(15, 8, ANY_EDGE), z3.Extract(7, 0, ANY_EDGE)
    own = z3.And(sid == v.pre.sid, v.pre.roles[sender], v.pre.roles[receiver])
    changed = z3.Or(
        v.post.edge_handlers[ANY_EDGE] != v.pre.edge_handlers[ANY_EDGE],
        v.post.edge_traces[ANY_EDGE] != v.pre.edge_traces[ANY_EDGE],
    )
    bound_here = z3.And(v.args.edge_sid != v.pre.sid, v.post.pair_handlers[ANY_PAIR] != v.pre.pair_handlers[ANY_PAIR])
    return z3.And(v.succeeds("apply_owned_session_mutation"), z3.Or(z3.And(z3.Not(own), changed), bound_here))


K17 = Claim(
    "K17",
    violated=_touches_foreign_edge,
    shown_by="observe",
)

__all__ = ["K4", "K5", "K6", "K7", "K9", "K9_STATUS", "K11", "K17"]
