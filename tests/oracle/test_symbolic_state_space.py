"""What stands for nothing decides nothing: proved, since no comparison of plain states can show it.

A symbolic session has values where the reference has none: a live capability without a live owner, a pending receipt
without a pending transfer, everything of a session that is not in the store. Plain states have no such values, so no
two of them differ in these only. That they change nothing holds for all states, by z3.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import z3

from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement import ownership
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS, Operation
from telltale_conformance.oracle.symbolic.statement.records import EndedWitnesses
from telltale_conformance.oracle.symbolic.statement.state import Args, Cap, Contract, Receipt, Session, well_formed
from telltale_conformance.oracle.symbolic.statement.step import Step
from telltale_conformance.oracle.symbolic.statement.terms import choose, fresh, leaves, same

CONTRACTS = [contract.value for contract in Contract]


def alike_but_for_fillers() -> tuple[Session, Session]:
    """Two states that differ at most in what stands for nothing."""
    one = fresh(Session, "one")
    live = choose(one.owned, one.live, fresh(Cap, "other.live"))
    pending = choose(one.staged, one.pending, fresh(Receipt, "other.pending"))
    return one, replace(one, live=live, pending=pending)


def differs(left: Step, right: Step) -> z3.BoolRef:
    """The two steps differ in what they answer, log or leave, fillers apart."""
    assert [guard.name for _, guard in left.failures] == [guard.name for _, guard in right.failures]
    parts = [left.code != right.code]
    for (when, guard), (other_when, other) in zip(left.failures, right.failures, strict=True):
        fields = [value != other.fields[key] for key, value in guard.fields.items() if isinstance(value, z3.ExprRef)]
        parts += [when != other_when, z3.And(when, z3.Or(*fields))]
    if left.result is not None:
        parts.append(z3.And(left.ok(), z3.Not(same(left.result, right.result))))
    for entry, other_entry in zip(left.log, right.log, strict=True):
        parts.append(entry.when != other_entry.when)
        if isinstance(entry, EndedWitnesses) or isinstance(other_entry, EndedWitnesses):
            parts.append(z3.And(entry.when, entry.issued != other_entry.issued))
        else:
            parts.append(z3.And(entry.when, z3.Not(same(entry.artifact, other_entry.artifact))))
    after, other_after = leaves(left.post), leaves(right.post)
    counts = {"live": left.post.owned, "pending": left.post.staged}
    for path, term in after.items():
        matters = counts.get(path.split(".")[0], z3.BoolVal(True))
        parts.append(z3.And(matters, term != other_after[path]))
    return z3.Or(*parts)


def fillers_matter(contract: str, op: str) -> bool:
    """Whether what stands for nothing changes a step of the operation."""
    one, other = alike_but_for_fillers()
    args, step = fresh(Args, "args"), OPERATIONS[op].step
    checker = solver(Limits())
    checker.add(well_formed(args))
    return satisfiable(checker, differs(step(Contract(contract), one, args), step(Contract(contract), other, args)))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_values_that_stand_for_nothing_change_no_step(contract: str) -> None:
    assert [op for op in OPERATIONS if fillers_matter(contract, op)] == []


def test_a_rule_that_reads_a_filler_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(contract: Contract, s: Session, a: Args) -> Step:
        step = ownership.rollback(contract, s, a)
        return replace(step, log=tuple(replace(entry, artifact=s.live) for entry in step.log))

    monkeypatch.setitem(OPERATIONS, "rollback_ownership_transfer", Operation(wrong, ("receipt",), 10))
    assert fillers_matter("hardened", "rollback_ownership_transfer")


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("op", OPERATIONS)
def test_a_session_that_is_not_there_is_one_state(contract: str, op: str) -> None:
    """Whatever else its fields say: one outcome, no record, and it stays away."""
    s, args = fresh(Session, "gone"), fresh(Args, "args")
    step = OPERATIONS[op].step(Contract(contract), s, args)
    logs = [entry.when for entry in step.log]
    found = step.ok() if op == "reap_sessions" else step.failures[0][0]
    checker = solver(Limits())
    checker.add(z3.Not(s.exists), z3.Or(z3.Not(found), step.post.exists, *logs))
    assert not satisfiable(checker)
