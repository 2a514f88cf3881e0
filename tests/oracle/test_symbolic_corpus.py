"""The programs that come with the harness break their claims on telltale-17, and none but K30 under hardened.

``test_symbolic_claims`` shows that each is the shortest counterexample.
"""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.generators.claim_programs import (
    CLAIMS_FOLDER,
    COVERAGE_FOLDER,
    claim_programs,
    coverage_program,
)
from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.programs import Program, read_program
from telltale_conformance.oracle.adapters import ReferenceAdapter
from telltale_conformance.oracle.claims.catalogue import EXPECTED
from telltale_conformance.oracle.claims.judging import Stopped, judge_claims, judge_program
from telltale_conformance.oracle.symbolic.prove import SHOWS
from telltale_conformance.oracle.symbolic.statement.state import Contract
from tools.claims_docs import filled
from tools.regenerate import DOCS

NAMES = [path.stem for path in sorted(CLAIMS_FOLDER.glob("*.jsonl"))]


def program_of(name: str) -> Program:
    return read_program(CLAIMS_FOLDER / f"{name}.jsonl")


def test_there_is_a_program_for_each_refuted_claim_that_operations_can_show() -> None:
    refuted = {claim for claim, status in EXPECTED["telltale-17"].items() if status == "refuted"}
    assert {str(program.meta["claim"]) for name, program in claim_programs() if "-" not in name} == refuted
    assert {"K9-status", "K12-receipt", "K12-witness", "K16-binder", "K27-handlers"} <= set(NAMES)


def test_what_the_package_brings_is_read_as_what_comes_from_outside() -> None:
    assert dict(claim_programs()) == {name: program_of(name) for name in NAMES}
    for contract in Contract:
        assert coverage_program(contract.value) == read_program(COVERAGE_FOLDER / f"{contract.value}.jsonl")


def test_the_reference_breaks_each_claim_under_telltale_17_and_keeps_it_under_hardened() -> None:
    for contract, verdict in (("telltale-17", "broken"), ("hardened", "kept")):
        reports = list(judge_claims(ReferenceAdapter(contract), claim_programs()))
        assert {report.program: report.own.verdict for report in reports} == {
            **dict.fromkeys(NAMES, verdict),
            "K30": "broken",
            **({"K18": "not judged"} if contract == "hardened" else {}),  # nobody looks for the message that stays
        }
        assert {report.program for report in reports if not report.own.occasions} <= {"K18"}
        assert not any(report.stopped for report in reports)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "K15"])
def test_no_step_of_a_program_can_be_left_out(name: str) -> None:
    program = program_of(name)
    shown = program.steps[-1].op in SHOWS
    for left_out in program.steps[: -1 if shown else None]:
        shorter = tuple(step for step in program.steps if step.seq != left_out.seq)
        rest = Program(contract=program.contract, meta=program.meta, steps=shorter)
        assert judge_program(name, rest, _on_reference()).own.verdict != "broken", left_out


def _on_reference() -> Any:
    from telltale_conformance.oracle.reference.run import ReferenceRun

    run = ReferenceRun("telltale-17")

    def perform(op: str, args: dict[str, Any]) -> dict[str, Any]:
        try:
            event = run.perform(0, op, args)
        except ArgumentError as error:  # a reference to a result that is null where none may be
            raise Stopped(str(error)) from None
        return {key: event[key] for key in ("ok", "err", "audit") if key in event}

    return perform


def test_the_tables_in_the_docs_are_what_is_found() -> None:
    text = (DOCS / "claims.md").read_text(encoding="utf-8")
    assert filled(text) == text


def test_what_an_implementation_does_not_support_says_nothing() -> None:
    report = judge_program("K1", program_of("K1"), lambda op, args: None)
    assert report.own.verdict == "not judged"
    assert {verdict.verdict for verdict in report.verdicts.values()} == {"not judged"}


def test_an_unreadable_answer_says_nothing() -> None:
    report = judge_program("K10", program_of("K10"), lambda op, args: {"ok": {"strange": 1}})
    assert report.own.verdict == "not judged"
    assert report.stopped is not None
    assert "no readable shape" in report.stopped
