"""K28: who may change handlers and traces (contract §16; H20), and that host calls leave ownership alone."""

from __future__ import annotations

from dataclasses import fields
from typing import Final

import z3

from telltale_conformance.oracle.symbolic.claims.authority import ANY_EDGE, ANY_PAIR
from telltale_conformance.oracle.symbolic.claims.claim import Claim, View
from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.operations import HOST_CALLS, OPERATIONS
from telltale_conformance.oracle.symbolic.statement.state import NO_REASON, Args, Contract, Session, well_formed
from telltale_conformance.oracle.symbolic.statement.terms import FALSE, fresh, same

TABLES: Final = ("default_handler", "edge_handlers", "pair_handlers", "edge_traces")
"""What host calls may change of a session."""


def _changed(v: View) -> z3.BoolRef:
    """State that a handler or trace is another one after the step."""
    return z3.Or(
        v.pre.default_handler != v.post.default_handler,
        v.pre.edge_handlers[ANY_EDGE] != v.post.edge_handlers[ANY_EDGE],
        v.pre.pair_handlers[ANY_PAIR] != v.post.pair_handlers[ANY_PAIR],
        v.pre.edge_traces[ANY_EDGE] != v.post.edge_traces[ANY_EDGE],
    )


def _by_nobody(v: View) -> z3.BoolRef:
    """State that ownership has ended for good, or that the session is owned and not its owner asks."""
    if v.op == "close":
        return FALSE
    ended, by_owner = v.pre.reason.kind != NO_REASON.kind, FALSE
    if v.op == "apply_owned_session_mutation":
        cap, live = v.args.cap, v.pre.live
        by_owner = z3.And(cap.owner == live.owner, cap.generation == live.generation)
    return z3.Or(ended, z3.And(v.pre.owned, z3.Not(by_owner)))


K28 = Claim(
    "K28",
    violated=lambda v: z3.And(v.pre.exists, _changed(v), _by_nobody(v)),
    operations=OPERATIONS | HOST_CALLS,
    shown_by="observe",
)


def leaves_ownership_alone(contract: Contract, op: str, limits: Limits) -> bool:
    """Whether a host call changes nothing of a session but handlers and traces, and logs nothing."""
    pre, args = fresh(Session, "pre"), fresh(Args, "args")
    step = HOST_CALLS[op].step(contract, pre, args)
    others = [field.name for field in fields(Session) if field.name not in TABLES]
    kept = z3.And(*(same(getattr(pre, name), getattr(step.post, name)) for name in others))
    checker = solver(limits)
    checker.add(well_formed(args), z3.Not(kept))
    return not step.log and not satisfiable(checker)
