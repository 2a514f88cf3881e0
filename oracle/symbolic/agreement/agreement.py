"""Does the symbolic statement make exactly the reference's step?  From any state, with any arguments.

A transition is a function of state and arguments, so with literals put in it has one outcome, one state after
and one list of records; they must be the reference's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import z3

from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.symbolic.agreement.compiled import compiled, terms
from telltale_conformance.oracle.symbolic.agreement.literals import Translation, truth_of, value_of
from telltale_conformance.oracle.symbolic.agreement.snapshot import Json, Snapshot, install, read
from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.guards import Code
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from telltale_conformance.oracle.symbolic.statement.state import Contract, Session
from telltale_conformance.oracle.symbolic.statement.step import Step
from telltale_conformance.oracle.symbolic.statement.terms import fresh, leaves, same


@dataclass(frozen=True)
class Difference:
    """Where the two statements part: operation, arguments, and the differing part of the step."""

    op: str
    args: Json
    part: str
    symbolic: Any
    reference: Any


@dataclass(frozen=True)
class Effect:
    """One step in plain values."""

    outcome: Json
    """``{"ok": …}`` or ``{"err": …}``."""
    log: list[Json]
    post: Snapshot


def reference_effect(contract: str, state: Snapshot, op: str, args: Json) -> Effect:
    """Return the reference's step."""
    run = ReferenceRun(contract, install(state, contract))
    event = run.perform(0, op, args)
    outcome = {"ok": event["ok"]} if "ok" in event else {"err": event["err"]}
    if op == "reap_sessions":
        outcome = {"ok": None}
    return Effect(outcome, event["audit"], read(run.store, state.sid, state.roles))


class Prepared:
    """A state put into the transitions, for the many operations that are compared in it."""

    def __init__(self, contract: str, state: Snapshot) -> None:
        self.contract, self.state = contract, state
        self.into = Translation()
        self.pre = self.into.session(state)
        self._terms = terms(self.pre)
        self._at: dict[str, z3.ExprRef] = {}

    def step(self, op: str, args: Json) -> Step:
        """Return the symbolic step."""
        transition = compiled(self.contract, op)
        if op not in self._at:
            self._at[op] = transition.at(self._terms)
        return transition.with_args(self._at[op], self._terms, terms(self.into.args(args)))


def symbolic_effect(prepared: Prepared, op: str, args: Json) -> Effect:
    """Return the symbolic statement's step."""
    into, pre, state = prepared.into, prepared.pre, prepared.state
    step = prepared.step(op, args)
    outcome: Json
    if value_of(step.code) == Code.OK:
        outcome = {"ok": None if step.result is None else into.artifact_json(step.result)}
    else:
        guard = next(guard for when, guard in step.failures if truth_of(when))
        error = into.error_json(pre, guard)
        outcome = {"err": error}
        if op == "close":
            outcome = {"err": f"session {args['sid']} not found"}
    post = into.snapshot(step.post, pre, state)
    if not post.exists:
        post = Snapshot(sid=state.sid, exists=False, roles=state.roles)
    return Effect(outcome, into.log_json(step), post)


def difference(prepared: Prepared, op: str, args: Json) -> Difference | None:
    """How the two statements differ on one step, if they do."""
    expected = reference_effect(prepared.contract, prepared.state, op, args)
    found = symbolic_effect(prepared, op, args)
    parts = {
        "outcome": (found.outcome, expected.outcome),
        "log": (found.log, expected.log),
        "post": (found.post.key(), expected.post.key()),
    }
    for part, (symbolic, reference) in parts.items():
        if symbolic != reference:
            return Difference(op, args, part, symbolic, reference)
    return None


def admits_only(contract: str, state: Snapshot, op: str, args: Json) -> bool:
    """With a solver: the relation between states admits the reference's post-state, and no other."""
    into = Translation()
    pre, given = into.session(state), into.args(args)
    after = fresh(Session, "after")
    step = OPERATIONS[op].step(Contract(contract), pre, given)
    expected = reference_effect(contract, state, op, args).post
    gone = z3.Not(after.exists)
    wanted = _meaningful(after, into.session(expected), expected) if expected.exists else gone
    checker = solver(Limits())
    checker.add(same(after, step.post))
    return satisfiable(checker, wanted) and not satisfiable(checker, z3.Not(wanted))


def _meaningful(left: Session, right: Session, state: Snapshot) -> z3.BoolRef:
    """Equality of states, but for the fillers that stand where there is no owner or no pending transfer."""
    parts = []
    others = leaves(right)
    for path, term in leaves(left).items():
        filler = {"live": state.current is None, "pending": state.pending is None}
        if filler.get(path.split(".")[0], False):
            continue
        parts.append(term == others[path])
    return z3.And(*parts)
