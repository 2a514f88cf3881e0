"""Host calls without a capability: handlers and traces of a session (contract §16; H20)."""

from __future__ import annotations

from dataclasses import replace

import z3

from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement import guards
from telltale_conformance.oracle.symbolic.statement.guards import Guard
from telltale_conformance.oracle.symbolic.statement.mutations import bound, traced
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session
from telltale_conformance.oracle.symbolic.statement.step import Step, walk
from telltale_conformance.oracle.symbolic.statement.terms import choose


def update_handler(contract: Contract, s: Session, a: Args) -> Step:
    """update_handler: the binding is stored, and bound for the pair when both roles are listed."""
    return _called(contract, s, a.edge_sid, bound(s, a))


def set_default_handler(contract: Contract, s: Session, a: Args) -> Step:
    """set_default_handler_for_session: the default handler is another one."""
    return _called(contract, s, a.sid, replace(s, default_handler=a.text))


def update_trace(contract: Contract, s: Session, a: Args) -> Step:
    """update_trace: the trace is stored under the edge, whatever its roles."""
    return _called(contract, s, a.edge_sid, traced(s, a))


def _called(contract: Contract, s: Session, sid: z3.BitVecRef, changed: Session) -> Step:
    """Return the change; nothing is done, and nothing refused, where the session is not live."""
    here = z3.And(s.exists, s.sid == sid)
    refusing = (
        [guards.open(s), guards.active(contract, s), guards.unowned(s)] if rules.guards_host_calls(contract) else []
    )
    return walk(s, [_where(here, guard) for guard in refusing], choose(here, changed, s))


def _where(here: z3.BoolRef, guard: Guard) -> Guard:
    return replace(guard, passes=z3.Or(z3.Not(here), guard.passes))
