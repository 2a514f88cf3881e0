"""The table of claims is what the tool finds: proved, refuted by a shortest program that runs, or bounded.

The shortest programs are those that come with the harness.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from time import process_time
from typing import Any

import pytest
import z3

from telltale_conformance.generators.claim_programs import CLAIMS_FOLDER
from telltale_conformance.lean_traces.programs import Program, read_program
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.claims.catalogue import CLAIMS, EXPECTED, PARTS, title_of
from telltale_conformance.oracle.claims.monitors import watch
from telltale_conformance.oracle.cli import prove as prove_command
from telltale_conformance.oracle.lanes import symbolic as symbolic_lane
from telltale_conformance.oracle.reference.run import run
from telltale_conformance.oracle.symbolic import prove as proving
from telltale_conformance.oracle.symbolic.claims.claim import Invariant
from telltale_conformance.oracle.symbolic.proof.induction import find_gap
from telltale_conformance.oracle.symbolic.proof.solving import Inconclusive, Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.prove import (
    OWNERSHIP_CLAIMS,
    PART_STATEMENTS,
    Finding,
    Result,
    Spurious,
    confirm,
    prove,
)
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from tools.regenerate import as_program

SHORTEST = {
    "K1": 5,
    "K2": 6,
    "K4": 3,
    "K5": 3,
    "K6": 3,
    "K10": 2,
    "K11": 3,
    "K12": 3,
    "K13": 2,
    "K14": 4,
    "K15": 1,
    "K16": 2,
    "K17": 3,
    "K18": 3,
    "K25": 3,
    "K26": 5,
    "K27": 3,
    "K28": 3,
    "K30": 4,
    "K23": 3,
}
"""Operations of the shortest violating run; ``observe`` at the end of a program only shows it."""


@cache
def found(claim: str, contract: str) -> tuple[Finding, float]:
    """Return what is found of a claim, and the seconds of CPU that it took."""
    before = process_time()
    finding = prove(claim, Contract(contract)).finding
    return finding, process_time() - before


def counterexample_of(claim: str) -> dict[str, Any]:
    """Return the program that breaks a claim under telltale-17."""
    program = found(claim, "telltale-17")[0].counterexample
    assert program is not None
    return program


def shipped(name: str) -> Program:
    """Return the program that comes with the harness."""
    return read_program(CLAIMS_FOLDER / f"{name}.jsonl")


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_claim_stands_as_documented(claim: str, contract: str) -> None:
    finding, seconds = found(claim, contract)
    assert finding.status == EXPECTED[contract][claim], finding.method
    assert seconds < 15
    if finding.status == "refuted":
        assert finding.counterexample is not None
        assert finding.counterexample["meta"]["shortest"] == SHORTEST[claim]
    if finding.status == "refuted" and contract == "telltale-17":
        assert as_program(finding.counterexample) == shipped(claim)


def test_the_symbolic_lane_decides_the_contracts_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    def decided(claim: str, contract: Contract, *_: Any) -> Result:
        return Result(claim, contract.value, *found(claim, contract.value))

    monkeypatch.setattr(proving, "prove", decided)
    result = symbolic_lane.run("hardened")
    assert result.verdict == "agree", result.notes
    assert result.claims == {claim: ClaimStand(known) for claim, known in EXPECTED["hardened"].items()}
    assert result.complete
    assert result.figures["cells undecided"] == 0


@pytest.mark.parametrize(
    ("part", "length"),
    [("K9-status", 4), ("K12-receipt", 4), ("K12-witness", 4), ("K16-binder", 3), ("K27-handlers", 5)],
)
def test_parts_have_their_own_shortest_program(part: str, length: int) -> None:
    broken = counterexample_of(part)
    assert broken["meta"]["shortest"] == length
    assert as_program(broken) == shipped(part)
    assert prove(part, Contract.HARDENED).finding.status in ("proved", "bounded")
    assert set(PART_STATEMENTS) == set(PARTS)


def test_a_counterexample_keeps_the_claim_under_hardened() -> None:
    steps = counterexample_of("K2")["steps"]
    assert watch(run(steps, "telltale-17"))["K2"].verdict == "broken"
    assert watch(run(steps, "hardened"))["K2"].verdict != "broken"


def test_a_counterexample_that_shows_nothing_is_refused() -> None:
    right = counterexample_of("K4")
    harmless = {**right, "steps": right["steps"][:-1]}
    with pytest.raises(Spurious, match="nowhere"):
        confirm("K4", harmless)
    with pytest.raises(Spurious, match="skipped"):
        confirm("K4", {**right, "steps": right["steps"][1:]})


def test_a_violation_before_the_last_step_is_not_the_shortest() -> None:
    right = counterexample_of("K4")
    again = {"seq": 3, "op": "claim_ownership", "args": {"sid": 0, "owner_id": "bob", "scope": "Session"}}
    with pytest.raises(Spurious, match="at step 2"):
        confirm("K4", {**right, "steps": [*right["steps"], again]})


def test_two_runs_say_the_same() -> None:
    for claim in ("K4", "K10", "K17"):
        assert prove(claim, Contract.TELLTALE_17).finding == found(claim, "telltale-17")[0]


def test_json_lines_have_the_fixed_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert prove_command.run("telltale-17", ["K4", "K7"], as_json=True) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["claim"], line["status"]) for line in lines] == [("K4", "refuted"), ("K7", "proved")]
    fields = {"claim", "contract", "status", "bound", "method", "counterexample", "seconds"}
    assert all(set(line) == fields for line in lines)


def test_text_shows_the_counterexample(capsys: pytest.CaptureFixture[str]) -> None:
    assert prove_command.run(None, ["K10"]) == 0
    out = capsys.readouterr().out
    assert "refuted" in out
    assert "1: open_with_sid" in out
    assert "hardened" in out


@pytest.mark.parametrize(("contract", "claims"), [("nonsense", []), ("hardened", ["K99"]), (None, ["k1"])])
def test_unknown_claim_or_contract_is_a_usage_error(
    contract: str | None, claims: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove_command.run(contract, claims) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "telltale-17, hardened" in captured.err or "K30" in captured.err


@pytest.mark.parametrize("claim", ["K1", "K8", "K14", "K15", "K16"])
def test_no_work_is_inconclusive_never_proved(claim: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove_command.run("hardened", [claim], work=1) == 3
    captured = capsys.readouterr()
    assert "inconclusive" in captured.out
    assert f"{title_of(claim)} under hardened is inconclusive" in captured.err


def test_an_unexpected_status_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*_: Any) -> Finding:
        return Finding("bounded", "made up", 3)

    monkeypatch.setitem(proving.STATEMENTS, "K4", wrong)
    assert prove_command.run("hardened", ["K4"]) == 1


def test_starting_the_command_does_not_load_the_solver() -> None:
    code = "import sys, telltale_conformance.oracle.cli.prove; sys.exit('z3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_the_solver_does_not_know_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = solver(Limits())
    monkeypatch.setattr(asked, "check", lambda *assumptions: z3.unknown)
    with pytest.raises(Inconclusive, match="the solver gave up"):
        satisfiable(asked)


def test_an_invariant_that_does_not_hold_at_the_start_proves_nothing() -> None:
    never = Invariant("never", "nothing is reachable", lambda session, ghost: z3.BoolVal(False))
    claim = replace(OWNERSHIP_CLAIMS["K4"], invariants={Contract.TELLTALE_17: (never,)})
    gap = find_gap(claim, Contract.TELLTALE_17, Limits())
    assert gap is not None
    assert (gap.at, gap.part) == ("start", "never")


def test_what_is_neither_proved_nor_refuted_is_said_to_be_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Spurious, match="neither proved nor refuted"):
        proving._made(Contract.HARDENED, "K10", None, 0)
    for pure, apart in ((False, True), (True, False)):
        monkeypatch.setattr(proving.plans_claim, "plans_are_pure", lambda limits, pure=pure: pure)
        monkeypatch.setattr(proving.plans_claim, "sessions_share_nothing", lambda *given, apart=apart: apart)
        with pytest.raises(Spurious, match="K29: not proved"):
            proving._k29(Contract.HARDENED, Limits())


def test_what_is_decided_within_a_limit_does_not_depend_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 1e9)
    first = [proving.prove("K10", proving.Contract.HARDENED, work).finding for work in (1, 10**8)]
    assert [finding.status for finding in first] == ["inconclusive", "proved"]
    assert "units of the solver's work" in first[0].method or "gave up" in first[0].method
