"""The sweeps over things that are alike: they tell stores that are wrong with several of a kind, without a trigger."""

from functools import cache, partial

import pytest

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.reference.judging import judge_cases
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Level
from tests.wrong_stores import several
from tests.wrong_stores.catalogue import CATALOGUE
from tests.wrong_stores.related_sweeps import related_sweeps
from tests.wrong_stores.steps import played
from tests.wrong_stores.tellers import Tellers


@cache
def programs(contract: str) -> tuple[Program, ...]:
    return tuple(Program(contract=contract, meta={}, steps=played(play)) for _, play in related_sweeps())


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_every_step_of_a_sweep_can_be_asked(contract: str) -> None:
    assert [on_reference(program).skipped for program in programs(contract)] == [[]] * len(programs(contract))


def test_they_tell_each_store_that_is_wrong_with_several_of_a_kind() -> None:
    wrongs = [wrong for wrong in CATALOGUE if wrong.change.__module__ == several.__name__]
    assert len(wrongs) >= 10
    tellers = Tellers("telltale-17", wrongs)
    asked = [asked_of(program, program.contract, tellers.hello.ops)[0] for program in programs("telltale-17")]
    assert all(case.shown for case in judge_cases(tellers, [partial(iter, each) for each in asked], Level.state))
    assert sorted(tellers.told) == sorted(wrong.name for wrong in wrongs)
