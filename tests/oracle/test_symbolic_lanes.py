"""The bodies of the lanes claims and symbolic; that the latter decides all claims is in ``test_symbolic_claims``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telltale_conformance.generators.claim_programs import claim_programs
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter, Answer, Request
from telltale_conformance.oracle.adapters.faults import Exited
from telltale_conformance.oracle.claims import judging as claims_judging
from telltale_conformance.oracle.claims.catalogue import CLAIMS, EXPECTED
from telltale_conformance.oracle.claims.judging import judge_claims
from telltale_conformance.oracle.lanes import claims as claims_lane
from telltale_conformance.oracle.lanes import symbolic as symbolic_lane
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.symbolic import prove as proving
from telltale_conformance.oracle.symbolic.map import reachable as coverage_gate
from telltale_conformance.oracle.symbolic.map.cells import Cell
from telltale_conformance.oracle.symbolic.prove import Finding, Result
from telltale_conformance.oracle.verdict.claim_stand import NOT_JUDGED
from tests.oracle.lane_world import Stub


def test_the_reference_conforms_and_breaks_what_is_refuted() -> None:
    result = claims_lane.run(Subject(contract="telltale-17"), Settings())
    assert result.verdict == "agree"
    assert result.tally.judged > 500
    refuted = {claim for claim, status in EXPECTED["telltale-17"].items() if status == "refuted"}
    assert {claim for claim, stand in result.claims.items() if stand.status == "broken"} == refuted
    assert {claim for claim, stand in result.claims.items() if stand.status == "kept"} == {*CLAIMS} - refuted


def test_the_hardened_reference_conforms_and_breaks_what_it_leaves_open() -> None:
    result = claims_lane.run(Subject(contract="hardened"), Settings())
    assert result.verdict == "agree"
    assert list(result.claims) == list(CLAIMS)
    assert {claim for claim, stand in result.claims.items() if stand.status != "kept"} == {"K30"}
    assert result.claims["K30"].status == "broken"
    assert min(stand.occasions or 0 for stand in result.claims.values()) > 5


def test_what_was_not_observed_is_not_kept() -> None:
    unheard = Stub(contract="hardened", observes=())
    stands = claims_lane.claims_of(judge_claims(unheard, claims_lane.watched_programs("hardened", 0)))
    assert {claim: stand for claim, stand in stands.items() if stand.status != "kept"} == {
        "K12": NOT_JUDGED,
        "K13": NOT_JUDGED,
        "K30": stands["K30"],
    }
    blind = Stub(contract="hardened", ops=OPERATIONS.keys() - {"observe", "plan"})
    stands = claims_lane.claims_of(judge_claims(blind, claims_lane.watched_programs("hardened", 0)))
    assert stands["K12"].status == stands["K13"].status == stands["K14"].status == "kept"
    only_open = Stub(contract="hardened", ops={"open"})
    stands = claims_lane.claims_of(judge_claims(only_open, claims_lane.watched_programs("hardened", 0)))
    assert {claim for claim, stand in stands.items() if stand.status != "not judged"} <= {"K15"}


def test_a_fault_of_the_harness_costs_one_program(monkeypatch: pytest.MonkeyPatch) -> None:
    real = claims_judging.judge_program

    def failing(name: str, program: Program, perform: claims_judging.Perform) -> claims_judging.ProgramReport:
        if name == "K1":
            raise RuntimeError("made up")
        return real(name, program, perform)

    monkeypatch.setattr(claims_judging, "judge_program", failing)
    reports = list(judge_claims(Stub(contract="hardened"), claim_programs()))
    assert [(report.program, report.stopped) for report in reports if report.faulty] == [
        ("K1", "fault of the harness: RuntimeError: made up")
    ]
    assert claims_lane.claims_of(reports)["K2"].status == "kept"


def test_a_fault_while_claims_are_watched_is_counted_and_named() -> None:
    def dying(request: Request, number: int, answer: Answer) -> Answer:
        if request.op == "close":
            raise Exited("it is gone")
        return answer

    reports = list(judge_claims(Stub(dying), [("K11", dict(claim_programs())["K11"])]))
    assert [(report.program, report.faulty) for report in reports] == [("K11", True)]
    assert claims_lane.claims_of(reports)["K11"] == NOT_JUDGED


def _fault(request: Request, number: int, answer: Answer) -> Answer:
    raise Exited("it is gone")


@pytest.mark.parametrize("dies_at_start", [True, False])
def test_a_fault_while_claims_are_watched_after_every_program_agreed_is_no_agreement(
    dies_at_start: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = [("K11", dict(claim_programs())["K11"])]
    monkeypatch.setattr(claims_lane, "programs_for", lambda contract: one)
    monkeypatch.setattr(claims_lane, "watched_programs", lambda contract, seed: one)
    starts = 0

    class DiesLater(Subject, frozen=True):
        def start(self) -> Adapter:
            nonlocal starts
            starts += 1
            if starts > 1 and dies_at_start:
                raise Exited("it does not start")
            return Stub(_fault) if starts > 1 else Stub()

    hello = Stub().hello
    result = claims_lane.run(DiesLater(command="mine", greetings={"mine": hello}), Settings())
    assert (result.verdict, result.evidence.cases.missing, result.tally.faults) == ("inconclusive", 0, 1)
    assert "it does not start" in result.notes[0] if dies_at_start else "to watch claims" in result.notes[0]


def _undecided(contract: str, claims: list[str]) -> Iterator[Result]:
    yield from (Result(claim, contract, Finding("inconclusive", "the solver gave up"), 0.0) for claim in claims)


def test_claims_that_are_not_decided_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "results", _undecided)
    result = symbolic_lane.run("hardened")
    assert result.verdict == "inconclusive"
    assert result.claims == {}
    assert result.evidence.cases.missing == len(EXPECTED["hardened"])
    assert (
        f"{len(CLAIMS)} of {len(CLAIMS)} claims not shown: K1 is inconclusive: the solver gave up" in result.missing[0]
    )


def test_a_cell_that_is_missed_fails_the_symbolic_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = Cell("close", "ok", "claimed", "none", "-")
    monkeypatch.setattr(proving, "results", _undecided)
    monkeypatch.setattr(coverage_gate, "unreached", lambda contract: [missed])
    result = symbolic_lane.run("hardened")
    assert result.verdict == "inconclusive"
    assert any("close | ok | claimed" in note for note in result.notes)


def test_a_cell_that_is_missed_is_missing_though_every_claim_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    def decided(contract: str, claims: list[str]) -> Iterator[Result]:
        yield from (Result(claim, contract, Finding(EXPECTED[contract][claim], "said"), 0.0) for claim in claims)

    missed = Cell("close", "ok", "claimed", "none", "-")
    monkeypatch.setattr(proving, "results", decided)
    for found, verdict in (([], "agree"), ([missed], "inconclusive")):
        monkeypatch.setattr(coverage_gate, "unreached", lambda contract, found=found: found)
        result = symbolic_lane.run("hardened")
        assert (result.verdict, result.evidence.further[0].missing) == (verdict, len(found))
