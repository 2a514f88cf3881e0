"""Lane ``deep``: it tells stores that go wrong far up, and its evidence says how far it came."""

from functools import cache
from pathlib import Path

import pytest

from telltale_conformance.generators.pump_programs import PumpProgram, pump_program
from telltale_conformance.generators.pumps import DEPTHS, FAR, PUMPS, Pumped, pumped
from telltale_conformance.generators.steps import GeneratedStep
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.lean_traces.programs import Program, write_program
from telltale_conformance.oracle.lanes import deep
from telltale_conformance.oracle.lanes.chunks import Chunk
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.reference.run import run_on_reference
from telltale_conformance.oracle.verdict.evidence import Evidence, Items
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.lane_world import Stub, same, subject
from tests.wrong_stores.beside import Fault, WrongAdapter, WrongStore, told_after
from tests.wrong_stores.depths import DEEP

ALL = ALL_OPERATIONS
QUICK = Settings(seed=2, effort=Effort.quick)


@cache
def made(case: Pumped) -> list[GeneratedStep]:
    return list(PumpProgram(case, 0, ALL, "telltale-17").steps())


def telling(fault: Fault) -> Program | None:
    """Return the program of the first pump that tells a wrong store, up to the answer that does."""
    for case in pumped(DEPTHS, ALL):
        told = told_after(WrongStore(fault), made(case))
        if told is not None:
            return pump_program(case, 0, "telltale-17", ALL, told - 1)
    return None


@pytest.mark.parametrize("name", DEEP)
def test_a_store_that_is_wrong_far_up_is_told(name: str) -> None:
    assert telling(DEEP[name]) is not None


def test_a_store_without_a_fault_is_not_told() -> None:
    assert telling(Fault()) is None


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("generation wraps at 2^4", 18),  # open, claim, 16 attenuations
        ("next_claim_id wraps at 2^4", 33),  # open, claim, 15 transfers ended, one begun
        ("consumed witnesses: the last 16", 37),  # open, claim, 17 witnesses issued and consumed, one again
        ("log: the last 64 records", 35),  # open, claim, 32 attenuations, the log
        ("stale capabilities are taken from generation 6 on", 9),
    ],
)
def test_the_program_of_a_pump_is_made_as_small_as_it_can_be(name: str, most: int) -> None:
    program = telling(DEEP[name])
    assert program is not None
    result = minimise(WrongAdapter(DEEP[name]), program)
    assert result.minimal
    assert len(result.program.steps) <= most


@pytest.mark.nightly
def test_a_long_program_is_made_small_in_time() -> None:
    name = "archive: the last 128"
    program = telling(DEEP[name])
    assert program is not None
    result = minimise(WrongAdapter(DEEP[name]), program, seconds=120)
    assert result.minimal
    assert len(result.program.steps) <= 2 * 129 + 2


@pytest.mark.parametrize("contract", ["telltale-17", pytest.param("hardened", marks=pytest.mark.nightly)])
def test_the_right_store_agrees_and_every_depth_is_counted(contract: str) -> None:
    result = deep.run(Subject(contract=contract), QUICK)
    assert result.verdict == "agree"
    cases = pumped(DEPTHS[:3], ALL)
    assert result.evidence.cases.planned == result.evidence.cases.shown == len(cases)
    for depth in DEPTHS[:3]:
        assert result.figures[f"repeated {depth:,} times"] == sum(case.depth == depth for case in cases)
    driven, judged = result.evidence.further
    assert driven.kind == "counters and collections driven 257 times"
    assert driven.planned == driven.shown == len(frozenset().union(*(pump.drives for pump in PUMPS)))
    assert judged.planned == judged.shown == len(frozenset().union(*(pump.operations for pump in PUMPS)))


def test_a_wrong_store_is_refused_alike_for_any_number_of_workers() -> None:
    wrong = subject("begin_does_not_count_claims")
    settings = Settings(seed=2, effort=Effort.quick, cases=12)
    result = deep.run(wrong, settings)
    assert result.verdict == "diverge"
    two = Settings(seed=2, effort=Effort.quick, cases=12, workers=2)
    assert same(result) == same(deep.run(wrong, two))


def test_a_divergence_can_be_run_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fault = DEEP["consumed witnesses: the last 16"]
    monkeypatch.setattr(Subject, "start", lambda self: WrongAdapter(fault))
    result = deep.run(Subject(), Settings(effort=Effort.quick, cases=9))
    assert result.verdict == "diverge"
    first = result.divergences[0]
    assert first.case == "issue and consume, 17 times"
    assert first.program is not None
    last = list(run_on_reference(first.program))[-1]
    assert (last.step.seq, last.args) == (first.seq, first.args)
    write_program(tmp_path / "case.jsonl", first.program)


def test_what_is_not_driven_is_named() -> None:
    few = deep.run(Subject(), Settings(effort=Effort.quick, cases=3))
    assert few.verdict == "inconclusive"
    assert "counters and collections driven 257 times not shown: Buffer.capacity" in few.missing[0]


def test_only_what_was_shown_far_up_is_driven_and_only_what_was_judged_is_an_operation_of_pumps() -> None:
    cases = deep.cases_of(QUICK, ALL)
    part = LaneResult(lane="deep", evidence=Evidence(Items("pumps", len(cases), len(cases))))
    shallow = frozenset(number for number, case in enumerate(cases) if case.depth < DEPTHS[2])
    chunk = Chunk(evidence=part.evidence, marks=shallow)
    concluded = deep._concluded(part, [chunk], cases=cases, offered=ALL, settings=QUICK)
    driven, judged = concluded.evidence.further
    assert shallow
    assert (driven.shown, judged.shown) == (0, 0)
    assert driven.missing > 0
    assert judged.missing > 0


def test_pumps_whose_operations_are_not_offered_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Subject, "start", lambda self: Stub(ops=ALL - {"send", "close"}))
    result = deep.run(Subject(), QUICK)
    assert result.verdict == "agree"
    assert "send and receive" in result.notes[-1]
    assert "Session.epoch" not in str(result.evidence)
    monkeypatch.setattr(Subject, "start", lambda self: Stub(ops={"observe"}))
    assert deep.run(Subject(), QUICK).evidence.cases.planned == 0


def test_thorough_goes_once_beyond_16_bits() -> None:
    far = [case for case in deep.cases_of(Settings(effort=Effort.thorough), ALL) if case.depth == FAR]
    assert {case.pump.name for case in far} == {
        "attenuate",
        "transfer",
        "roll back",
        "issue",
        "issue and consume",
        "close again",
    }


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["transfer", "close again"])
def test_the_right_store_agrees_beyond_16_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (pump,) = [pump for pump in PUMPS if pump.name == name]
    monkeypatch.setattr(deep, "cases_of", lambda settings, offered: [Pumped(pump, FAR)])
    result = deep.run(Subject(), Settings(effort=Effort.thorough))
    assert result.evidence.cases.shown == 1, result.notes


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_the_right_store_agrees_with_every_seed(seed: int, contract: str) -> None:
    assert deep.run(Subject(contract=contract), Settings(seed=seed)).verdict == "agree"
