"""A second solver: what z3 decides is exported as SMT-LIB and decided again; a contradiction is a fault, said so."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from importlib import util
from pathlib import Path
from typing import Any

import pytest
import z3

from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.claims.second_solver import Agreement, kept
from telltale_conformance.oracle.cli import prove as prove_command
from telltale_conformance.oracle.symbolic.cross_check import cvc5_solver, obligations
from telltale_conformance.oracle.symbolic.cross_check.comparison import Comparison
from telltale_conformance.oracle.symbolic.cross_check.cvc5_solver import Cvc5
from telltale_conformance.oracle.symbolic.cross_check.obligations import Obligation, numbered, smtlib
from telltale_conformance.oracle.symbolic.map.explore import Bounds
from telltale_conformance.oracle.symbolic.map.reachable import settle
from telltale_conformance.oracle.symbolic.proof.solving import (
    MOST_WORK,
    Limits,
    Query,
    each_query,
    satisfiable,
    solver,
)
from telltale_conformance.oracle.symbolic.prove import STATEMENTS, prove
from telltale_conformance.oracle.symbolic.statement.state import Contract
from tools.regenerate import write_cross_check
from tools.symbolic_digest import ROOMS, SYMBOLIC, symbolic_digest

A, B = z3.Bools("a b")


def query(*asserted: z3.BoolRef) -> Query:
    made = z3.Solver()
    made.add(*asserted)
    return Query(tuple(asserted), made.check() == z3.sat)


def asked_for(claim: str, contract: Contract) -> list[tuple[str, Contract, Query]]:
    found: list[tuple[str, Contract, Query]] = []
    prove(claim, contract, watch_queries=lambda *asked: found.append(asked))
    return found


@pytest.mark.parametrize(("claim", "contract"), [("K4", "hardened"), ("K17", "telltale-17"), ("K14", "telltale-17")])
def test_both_solvers_agree_on_all_queries_of_a_claim(
    claim: str, contract: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove_command.run(contract, [claim], as_json=True, cross_check=True) == 0
    captured = capsys.readouterr()
    (line,) = [json.loads(line) for line in captured.out.splitlines()]
    found = line["cross_check"]
    assert found["agree"] == found["queries"] > 0 == found["disagree"] == found["unknown"]
    assert found["solver"].startswith("cvc5 ")
    assert captured.err == ""


@pytest.mark.parametrize("asserted", [z3.And(), z3.Or(), z3.And(A, z3.Or()), z3.Implies(z3.Or(B, z3.And()), z3.Or())])
def test_a_conjunction_of_nothing_is_printed_as_a_constant(asserted: z3.BoolRef) -> None:
    made = query(asserted)
    assert Cvc5().decide(smtlib(made)).answer == ("sat" if made.satisfiable else "unsat")


def test_z3_itself_would_print_what_no_other_solver_reads() -> None:
    made = z3.Solver()
    made.add(z3.And(A, z3.Or()))
    assert Cvc5().decide(made.to_smt2()).answer == "unknown"


def test_a_planted_disagreement_is_a_fault_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = obligations.smtlib
    monkeypatch.setattr(obligations, "smtlib", lambda asked: f"{right(asked)}".replace("(check-sat)", planted))
    planted = "(assert false)(check-sat)"
    assert prove_command.run("telltale-17", ["K10"], cross_check=True) == 1
    captured = capsys.readouterr()
    assert "K10.telltale-17.001: z3 says sat, cvc5" in captured.err
    assert "a fault of the harness or of a solver, no verdict on any implementation" in captured.err
    assert "agrees on 2 of 8 queries, disagrees on 6" in captured.out


def test_what_the_second_solver_cannot_read_is_unknown_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(obligations, "smtlib", lambda asked: "(assert nonsense)(check-sat)")
    assert prove_command.run("hardened", ["K10"], as_json=True, cross_check=True) == 3
    captured = capsys.readouterr()
    found = json.loads(captured.out)["cross_check"]
    assert (found["agree"], found["unknown"], found["queries"]) == (0, 3, 3)
    assert "K10.hardened.003: cvc5" in captured.err


def test_a_second_solver_that_gives_up_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvc5_solver, "WORK", 1)
    x, y = z3.BitVecs("x y", 64)
    prime = (z3.ZeroExt(64, x) * z3.ZeroExt(64, y) == 2**61 - 1, z3.UGT(x, 1), z3.UGT(y, 1))
    hard = Obligation("K1", "hardened", 1, "unsat", smtlib(Query(prime, False)))
    told = Comparison().of([hard])
    assert told.count() == Agreement(0, 0, 1)
    assert "gave up" in told.unknown[0]


def test_the_export_has_every_query_and_an_index(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "queries"
    assert prove_command.run(None, ["K10", "K18"], export=folder) == 0
    index = json.loads((folder / "index.json").read_text())
    assert index["format"] == 1
    assert index["solver"] == f"z3 {z3.get_version_string()}"
    entries = index["obligations"]
    assert {entry["file"] for entry in entries} == {path.name for path in folder.iterdir()} - {"index.json"}
    asked = [(claim, contract.value) for contract in Contract for claim in ("K10", "K18")]
    expected = [(*pair, len(asked_for(pair[0], Contract(pair[1])))) for pair in asked]
    for claim, contract, number in expected:
        mine = [entry for entry in entries if (entry["claim"], entry["contract"]) == (claim, contract)]
        assert [entry["number"] for entry in mine] == list(range(1, number + 1))
    for entry in entries:
        text = (folder / entry["file"]).read_bytes()
        assert hashlib.sha256(text).hexdigest() == entry["sha256"]
        assert b"status" not in text
        again = z3.Solver()
        again.from_string(text.decode())
        assert str(again.check()) == entry["z3"]


def test_two_exports_are_the_same(tmp_path: Path) -> None:
    for name in ("one", "two"):
        prove_command.run("hardened", ["K10"], export=tmp_path / name)
    first, second = (sorted(path.read_bytes() for path in (tmp_path / name).iterdir()) for name in ("one", "two"))
    assert first == second


def test_proofs_are_kept_of_what_has_no_model(tmp_path: Path) -> None:
    exported, proofs = tmp_path / "queries", tmp_path / "proofs"
    assert prove_command.run("hardened", ["K18"], cross_check=True, export=exported, proofs=proofs) == 0
    index = json.loads((exported / "index.json").read_text())["obligations"]
    without = [entry["file"].replace(".smt2", ".cpc") for entry in index if entry["z3"] == "unsat"]
    assert sorted(path.name for path in proofs.iterdir()) == without
    assert len(without) == 4
    assert all("(assume " in path.read_text() or "(step " in path.read_text() for path in proofs.iterdir())


def test_a_proof_that_is_not_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Cvc5, "proof", lambda self, text: None)
    assert prove_command.run("hardened", ["K18"], cross_check=True, proofs=tmp_path) == 0
    said = capsys.readouterr().err
    assert [f"no proof of K18.hardened.00{number} was written" in said for number in range(1, 5)] == [True] * 4


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cvc5_solver, "find_spec", lambda name: None)
    assert prove_command.run("hardened", ["K4"], cross_check=True) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "pip install 'telltale-conformance[cross-check]'" in captured.err


def test_proofs_of_nobody_are_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove_command.run("hardened", ["K4"], proofs=tmp_path) == 2
    assert "add --cross-check cvc5" in capsys.readouterr().err


def test_without_it_the_second_solver_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvc5", None)
    assert prove_command.run("hardened", ["K18"]) == 0


def test_what_is_kept_names_only_claims_of_the_catalogue_and_no_contradiction() -> None:
    found = kept()
    assert set(found.agreements) == set(CONTRACTS)
    for claims in found.agreements.values():
        assert set(claims) <= set(CLAIMS)
        assert all(not one.disagree and not one.unknown for one in claims.values())
    assert sum(one.agree for claims in found.agreements.values() for one in claims.values()) > 1000


def test_words_name_what_is_not_confirmed() -> None:
    assert Agreement(7, 2, 1).words("cvc5") == "cvc5 agrees on 7 of 10 queries, disagrees on 2, cannot decide 1"
    assert "asked nothing" in Agreement(0).words("cvc5")


def test_queries_are_only_watched_within_the_block() -> None:
    seen: list[Any] = []
    checker = solver(Limits())
    with each_query(seen.append):
        assert satisfiable(checker, A)
    assert satisfiable(checker, B)
    assert seen == [Query((A,), True)]


def test_what_is_kept_is_of_todays_statement_and_claims() -> None:
    assert kept().asked_by == symbolic_digest(), "run `python -m tools.regenerate`"


def test_what_did_not_change_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked(Exception):
        pass

    def prove(*given: object, **more: object) -> None:
        raise Asked

    monkeypatch.setattr("tools.regenerate.prove", prove)
    write_cross_check(tmp_path / "kept.json")
    monkeypatch.setattr("tools.regenerate.symbolic_digest", lambda: "sha256:other")
    with pytest.raises(Asked):
        write_cross_check(tmp_path / "kept.json")
    assert not (tmp_path / "kept.json").exists()


def test_a_change_of_a_claim_is_another_digest_and_a_remark_is_none(tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(SYMBOLIC / room, tmp_path / room)
    module = tmp_path / "claims" / "claim.py"
    text = module.read_text()
    module.write_text(f"# a remark\n{text}\n")
    assert symbolic_digest(tmp_path) == symbolic_digest()
    module.write_text(f"{text}\nFURTHER = 1\n")
    assert symbolic_digest(tmp_path) != symbolic_digest()


@pytest.mark.nightly
@pytest.mark.parametrize("contract", Contract)
def test_every_query_of_every_claim_agrees_as_it_is_kept(contract: Contract) -> None:
    comparison = Comparison()
    found = {claim: comparison.of(numbered(asked_for(claim, contract))).count() for claim in STATEMENTS}
    assert found == dict(kept().agreements[contract.value])


@pytest.mark.nightly
@pytest.mark.parametrize("contract", Contract)
def test_every_proof_of_the_coverage_map_agrees(contract: Contract) -> None:
    asked: list[tuple[str, Contract, Query]] = []
    with each_query(lambda one: asked.append(("map", contract, one))):
        settle(contract, Limits(MOST_WORK), Bounds(depth=5))
    told = Comparison().of(numbered(asked))
    assert told.count() == Agreement(len(asked))
    assert len(asked) > 900


def test_the_extra_is_installed_where_these_tests_run() -> None:
    assert util.find_spec("cvc5") is not None
