"""K10 over the whole store: which session ids may be opened (contract §5; H7)."""

from __future__ import annotations

from typing import Any

import z3

from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.sessions import ANY_SID, EMPTY, OPENINGS, Ids, Opening
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, LAST, U64, fresh, same, u64


def _violated(pre: Ids, step: Opening) -> z3.BoolRef:
    return z3.And(step.ok, step.sid == ANY_SID, pre.used)


def _used_below(ids: Ids) -> z3.BoolRef:
    """Return the strengthening invariant: an id that was used is below the next one, or the last one."""
    return z3.Implies(ids.used, z3.Or(z3.ULT(ANY_SID, ids.next_sid), z3.And(ids.exhausted, u64(LAST) == ANY_SID)))


def provable(contract: Contract, limits: Limits) -> bool:
    """K10 by induction with the invariant ``used ids are below next_session_id``."""
    pre, sid = fresh(Ids, "ids"), z3.Const("sid", U64)
    for opening in OPENINGS.values():
        step = opening(contract, pre, sid)
        checker = solver(limits)
        checker.add(_used_below(pre), z3.Or(_violated(pre, step), z3.Not(_used_below(step.post))))
        if satisfiable(checker):
            return False
    checker = solver(limits)
    checker.add(z3.Not(_used_below(EMPTY)))
    return not satisfiable(checker)


def shortest_reuse(contract: Contract, most: int, limits: Limits) -> list[dict[str, Any]] | None:
    """Return the shortest program that opens one id twice; every shorter length was shown to have none."""
    checker = solver(limits)
    state, chosen = EMPTY, []
    for at in range(most):
        sid, other = z3.Const(f"sid{at}", U64), z3.Const(f"with_sid{at}", BOOL)
        plain, given = (OPENINGS[op](contract, state, sid) for op in ("open", "open_with_sid"))
        violated = z3.If(other, _violated(state, given), _violated(state, plain))
        after = fresh(Ids, f"ids{at}")
        checker.add(z3.If(other, same(after, given.post), same(after, plain.post)))
        chosen.append((sid, other))
        state = after
        if satisfiable(checker, violated):
            checker.add(violated)
            return _program(checker, chosen)
    return None


def _program(checker: z3.Solver, chosen: list[tuple[z3.BitVecRef, z3.BoolRef]]) -> list[dict[str, Any]]:
    for sid, other in chosen:
        for wanted in (z3.Not(other), sid == 0):
            if satisfiable(checker, wanted):
                checker.add(wanted)
    satisfiable(checker)
    model = checker.model()
    steps: list[dict[str, Any]] = []
    for seq, (sid, other) in enumerate(chosen):
        args: dict[str, Any] = {"roles": ["A", "B"], "initial_types": {}}
        with_sid = z3.is_true(model.eval(other, True))
        if with_sid:
            args["sid"] = model.eval(sid, True).as_long()
        steps.append({"seq": seq, "op": "open_with_sid" if with_sid else "open", "args": args})
    return steps
