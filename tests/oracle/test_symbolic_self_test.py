"""The proofs are about something: what they assume leaves room for every outcome, and programs' states fulfil it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import z3

from telltale_conformance.oracle.cli.prove import run_self_test
from telltale_conformance.oracle.symbolic import self_test
from telltale_conformance.oracle.symbolic.agreement import admitted
from telltale_conformance.oracle.symbolic.agreement.admitted import admission
from telltale_conformance.oracle.symbolic.proof import induction
from telltale_conformance.oracle.symbolic.proof.solving import Limits
from telltale_conformance.oracle.symbolic.proof.vacuity import rooms
from telltale_conformance.oracle.symbolic.prove import OWNERSHIP_CLAIMS, PART_CLAIMS, prove
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session
from telltale_conformance.oracle.symbolic.statement.terms import name

CLAIMS = [*OWNERSHIP_CLAIMS.values(), *PART_CLAIMS.values()]
THEOREMS = Path(__file__).parents[2] / "lean_traces" / "lean" / "theorems.json"


def no_room(claim: str, contract: Contract) -> set[tuple[str, str]]:
    found = rooms((OWNERSHIP_CLAIMS | PART_CLAIMS)[claim], contract, Limits())
    return {(room.op, room.outcome) for room in found if not room.possible}


@pytest.mark.parametrize("contract", list(Contract))
def test_only_the_guards_that_no_operation_reaches_never_decide(contract: Contract) -> None:
    never = no_room("K24", contract) | no_room("K8", contract)
    assert no_room("K4", contract) == set()
    assert never <= set(self_test.NEVER_DECIDE)
    if contract is Contract.HARDENED:
        assert never == set(self_test.NEVER_DECIDE)


@pytest.mark.parametrize("contract", list(Contract))
def test_states_of_programs_are_admitted(contract: Contract) -> None:
    found = admission(contract, CLAIMS, 2)
    assert found.refused is None
    assert min(found.states, found.arguments) > 50
    assert found.invariants > found.states


def test_arguments_that_are_assumed_away_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = admitted.well_formed
    monkeypatch.setattr(admitted, "well_formed", lambda a: z3.And(right(a), a.owner == a.cap.owner))
    found = admission(Contract.HARDENED, CLAIMS, 2)
    assert "these arguments are not admitted" in (found.refused or "")


def test_states_that_are_assumed_away_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = admitted.typed
    monkeypatch.setattr(admitted, "typed", lambda s: z3.And(right(s), z3.Not(s.staged)))
    found = admission(Contract.HARDENED, CLAIMS, 4)
    assert "the state is not of its type" in (found.refused or "")


def test_an_assumption_that_leaves_no_room_fails_the_self_test(monkeypatch: pytest.MonkeyPatch) -> None:
    right = induction.well_formed

    def owned_by_one(a: Args) -> z3.BoolRef:
        return z3.And(right(a), a.cap.owner == name(1), a.owner == name(1))

    def of_one(s: Session) -> z3.BoolRef:
        return s.live.owner == name(1)

    monkeypatch.setattr(induction, "well_formed", owned_by_one)
    monkeypatch.setattr(induction, "typed", of_one)
    monkeypatch.setattr(self_test, "OWNERSHIP_CLAIMS", {"K4": OWNERSHIP_CLAIMS["K4"]})
    monkeypatch.setattr(self_test, "PART_CLAIMS", {})
    first = next(self_test.checks([Contract.HARDENED], Limits()))
    assert not first.passed
    assert "no room for mark_owner_died: G-named" in first.told


def test_an_assumption_under_which_nothing_succeeds_fails_the_self_test(monkeypatch: pytest.MonkeyPatch) -> None:
    right = induction.typed
    monkeypatch.setattr(induction, "typed", lambda s: z3.And(right(s), z3.Not(s.owned)))
    monkeypatch.setattr(self_test, "OWNERSHIP_CLAIMS", {"K4": OWNERSHIP_CLAIMS["K4"]})
    monkeypatch.setattr(self_test, "PART_CLAIMS", {})
    first = next(self_test.checks([Contract.HARDENED], Limits()))
    assert not first.passed
    assert "release_ownership: success" in first.told


def test_an_operation_of_which_nothing_shows_the_frame_fails_the_self_test(monkeypatch: pytest.MonkeyPatch) -> None:
    assert self_test._frame().passed
    monkeypatch.setattr(self_test, "NOT_IN_LEAN", self_test.NOT_IN_LEAN | {"send"})
    found = self_test._frame()
    assert not found.passed
    assert "send" in found.told


def test_what_is_assumed_is_said_with_the_verdict() -> None:
    method = prove("K4", Contract.HARDENED).finding.method
    assumed = induction.premises(OWNERSHIP_CLAIMS["K4"], Contract.HARDENED).assumptions
    assert method.endswith("assumed: " + ", ".join(assumption.sentence for assumption in assumed))
    for claim, contract, said in (
        ("K8", Contract.HARDENED, "there were fewer than 2^65 operations"),
        ("K3", Contract.TELLTALE_17, "there were fewer than 18,446,744,073,709,551,617 operations"),
    ):
        assert induction.premises(OWNERSHIP_CLAIMS[claim], contract).assumptions[-1].sentence == said


def test_the_theorems_that_stand_for_the_frame_are_pinned() -> None:
    pinned = json.dumps(json.loads(THEOREMS.read_text(encoding="utf-8")))
    assert all(f'"{theorem}"' in pinned for theorem in self_test.FRAME)


def test_an_unknown_contract_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_self_test("nonsense") == 2
    assert "telltale-17, hardened" in capsys.readouterr().err


def test_a_failed_check_is_told_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def checks(*_: Any) -> list[self_test.Check]:
        return [self_test.Check("hardened K1", False, "no room"), self_test.Check("frame", True, "named")]

    monkeypatch.setattr(self_test, "checks", checks)
    assert run_self_test("hardened") == 1
    assert capsys.readouterr().out == "FAILED  hardened K1: no room\npassed  frame: named\n"


@pytest.mark.nightly
def test_the_whole_self_test_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_self_test(None, as_json=True) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 2 * (len(CLAIMS) + 1) + 1
    assert all(line["passed"] for line in lines)
