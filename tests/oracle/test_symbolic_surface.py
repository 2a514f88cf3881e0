"""The solver's statement of signed messages, plans, reload and host calls: as the reference, and each rule needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import z3

from telltale_conformance.oracle.symbolic.claims import exchanges, host_calls, plans, proofs, reload
from telltale_conformance.oracle.symbolic.claims.exchanges import lost, out_of_sequence, unbound
from telltale_conformance.oracle.symbolic.proof.bounded import shortest_violation
from telltale_conformance.oracle.symbolic.proof.induction import find_gap
from telltale_conformance.oracle.symbolic.proof.solving import Limits
from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement import messages
from telltale_conformance.oracle.symbolic.statement.operations import HOST_CALLS
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import u64
from tests.oracle.agreeing import on_host_calls


@pytest.mark.parametrize("contract", Contract)
def test_host_calls_do_what_the_reference_does_in_every_situation_of_a_claim(contract: Contract) -> None:
    compared, found = on_host_calls(contract.value, seed=4, every=3)
    assert found is None
    assert compared > 200


@pytest.mark.parametrize("contract", Contract)
@pytest.mark.parametrize("op", HOST_CALLS)
def test_host_calls_leave_ownership_alone(contract: Contract, op: str) -> None:
    assert host_calls.leaves_ownership_alone(contract, op, Limits())


def test_a_host_call_that_releases_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    op = "update_trace"
    right = HOST_CALLS[op]

    def releases(contract: Contract, s: Any, a: Any) -> Any:
        step = right.step(contract, s, a)
        return replace(step, post=replace(step.post, owned=z3.BoolVal(False)))

    monkeypatch.setitem(HOST_CALLS, op, right._replace(step=releases))
    assert not host_calls.leaves_ownership_alone(Contract.HARDENED, op, Limits())


def wrong_rule(name: str, wrong: Callable[..., Any]) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda monkeypatch: monkeypatch.setattr(rules, name, wrong)


def provable(claim: str) -> bool:
    hardened, limits = Contract.HARDENED, Limits()
    match claim:
        case "K18":
            return exchanges.never(lost, hardened, limits)
        case "K25":
            return exchanges.never(unbound, hardened, limits)
        case "K26":
            return exchanges.in_sequence_provable(hardened, limits)
        case "K27":
            return reload.provable(hardened, limits)
        case "K28":
            return find_gap(host_calls.K28, hardened, limits) is None
    return plans.plans_are_pure(limits) and plans.sessions_share_nothing(hardened, limits)


def _opens_by_any(kept: Any, given: Any) -> Any:
    """Takes the plan that is kept under one input for all."""
    one = z3.BitVecVal(7, plans.INPUT)
    plan = z3.If(kept.present[one], kept.plans[one], plans.planned(given))
    tables = plans.Kept(z3.Store(kept.present, one, z3.BoolVal(True)), z3.Store(kept.plans, one, plan))
    return plans.FromPlan(plan, tables)


def _loses_edges(contract: Contract, t: Any, b: Any) -> Any:
    return replace(t, shown=z3.And(t.shown, t.buffer))


def _prefers_foreign(contract: Contract, t: Any, b: Any) -> Any:
    return replace(t, foreign=b.handler, found=b.handler)


MISTAKES: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "a bad message is taken off": ("K18", wrong_rule("keeps_unverified", lambda contract: False)),
    "nothing is bound": ("K25", wrong_rule("binds", lambda contract, addressed, signed, number: z3.BoolVal(True))),
    "the number is not bound": ("K25", wrong_rule("binds", lambda contract, addressed, signed, number: addressed)),
    "the receiver is not bound": (
        "K25",
        wrong_rule("binds", lambda contract, addressed, signed, number: signed == number),
    ),
    "any number is taken": ("K26", wrong_rule("may_number", lambda contract, number, following: z3.BoolVal(True))),
    "numbers stand still": ("K26", wrong_rule("next_number", lambda contract, leaves: u64(0))),
    "numbers fall": ("K26", wrong_rule("next_number", lambda contract, leaves: u64(2**64 - 1) - leaves)),
    "edges follow the buffers": ("K27", lambda patch: patch.setattr(reload, "reload", _loses_edges)),
    "foreign edges are bound": ("K27", lambda patch: patch.setitem(reload._STEPS, "bind_foreign", _prefers_foreign)),
    "host calls are not guarded": ("K28", wrong_rule("guards_host_calls", lambda contract: False)),
    "plans are kept under one input": ("K29", lambda patch: patch.setattr(plans, "open_from_plan", _opens_by_any)),
    "a host call changes another session": (
        "K29",
        lambda patch: patch.setattr(plans, "named", lambda op, a: u64(3)),
    ),
}


@pytest.mark.parametrize("claim", ["K18", "K25", "K27", "K28", "K29"])
def test_without_a_mistake_each_claim_is_proved(claim: str) -> None:
    assert provable(claim)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_takes_the_proof_away(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, patch = MISTAKES[mistake]
    patch(monkeypatch)
    assert not provable(claim)


def test_kinds_of_signatures_that_verify_are_those_of_the_contract() -> None:
    for contract, expected in (
        (Contract.TELLTALE_17, {"valid", "other_receiver", "other_sequence"}),
        (Contract.HARDENED, {"valid"}),
    ):
        verified = set()
        for code, kind in enumerate(messages.KINDS):
            message = messages.signed(z3.BitVecVal(code, messages.KIND), u64(5))
            if z3.is_true(z3.simplify(messages.verifies(contract, message))):
                verified.add(kind)
        assert verified == expected


def test_k28_has_no_shorter_program_than_three_operations() -> None:
    found = shortest_violation(host_calls.K28, Contract.TELLTALE_17, 8, Limits())
    assert found is not None
    assert found.length == 3


def test_k26_needs_five_operations() -> None:
    steps = exchanges.shortest(out_of_sequence, Contract.TELLTALE_17, 8, Limits(), exchanges.TELLING)
    assert steps is not None
    assert len(steps) == 5


def test_a_proof_of_one_leaf_shows_no_index() -> None:
    steps = proofs.shortest(3, Limits())
    assert steps is not None
    assert [step["op"] for step in steps] == ["open", "send", "auth_root", "auth_verify"]


@pytest.mark.parametrize(("size", "index"), [(1, 0), (2, 1), (3, 2), (5, 4)])
def test_the_proof_of_a_leaf_verifies_and_no_other_flag_does(size: int, index: int) -> None:
    leaves = [z3.Const(f"leaf{at}", proofs.HASH) for at in range(size)]
    level, at, siblings = leaves, index, []
    while len(level) > 1:
        pairs = [level[here : here + 2] for here in range(0, len(level), 2)]
        siblings.append(level[at ^ 1] if at ^ 1 < len(level) else level[at])
        level, at = [proofs.combine(pair[0], pair[-1]) for pair in pairs], at // 2
    flags = [bool(index >> here & 1) for here in range(len(siblings))]
    root = proofs.root_of(leaves)

    def verifies(*on_left: bool) -> z3.BoolRef:
        given = [z3.BoolVal(flag) for flag in on_left]
        return z3.simplify(proofs.verifies(root, leaves[index], u64(index), siblings, given))

    checker = z3.Solver()
    checker.add(z3.Not(verifies(*flags)))
    assert checker.check() == z3.unsat
    for here in range(len(flags)):
        assert z3.is_false(verifies(*(flag != (at == here) for at, flag in enumerate(flags))))
