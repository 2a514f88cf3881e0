"""Lane ``fixed``: the programs that every check plays whole, at every effort."""

import pytest

from telltale_conformance.generators.fixed_programs import (
    FixedProgram,
    fixed_programs,
    read_line,
    unpacked,
    written_line,
)
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Answer
from telltale_conformance.oracle.cli.check import run_lane
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.fixed import played
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import LANES
from telltale_conformance.oracle.reference.run import on_reference
from tests.oracle.lane_world import Stub, subject
from tests.wrong_stores import fixed_list
from tests.wrong_stores.catalogue import CATALOGUE
from tests.wrong_stores.tellers import Told, told_by

OFFERED = {"plan", "unfold_mu"}
CONTRACTS = ("telltale-17", "hardened")


def test_the_shipped_list_is_what_the_catalogue_gives() -> None:
    shipped = unpacked()
    assert shipped == fixed_list.text(), "run `python -m tests.wrong_stores.fixed_list`"


def test_every_trigger_is_on_it_and_nothing_is_on_it_twice() -> None:
    programs = fixed_programs()
    named = {name: program.steps for program in programs for name in program.tells}
    for wrong in CATALOGUE:
        assert written_line(FixedProgram((), named[wrong.name])) == written_line(FixedProgram((), wrong.trigger))
    assert len({written_line(program._replace(tells=())) for program in programs}) == len(programs)
    assert {step.op for program in programs for step in program.steps} >= ALL_OPERATIONS


def test_arguments_are_kept_as_they_are_written() -> None:
    line = b'{"steps":[["decode_edge_json",{"value":{"sid":1e0,"sender":"A","receiver":"B"}}]],"tells":["x"]}\n'
    assert written_line(read_line(line)) == line


def test_it_is_the_first_lane_and_takes_no_number_of_cases() -> None:
    assert next(iter(LANES)) == "fixed"
    assert not LANES["fixed"].takes_cases


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_reference_plays_all_of_it_at_every_effort(contract: str) -> None:
    result = run_lane("fixed", Subject(contract=contract), Settings(effort=Effort.quick, cases=3))
    programs = played(frozenset(OPERATIONS))
    planned = sum(len(program.steps) for program in programs)
    skipped = sum(len(on_reference(program.program(contract)).skipped) for program in programs)
    assert result.verdict == "agree", result
    assert (result.tally.cases, result.evidence.cases.planned) == (len(programs),) * 2
    assert (result.tally.judged, result.tally.skipped) == (planned - skipped, skipped)
    assert skipped == 0 if contract == "telltale-17" else skipped < planned / 100


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("part", [slice(None, None, 5), pytest.param(slice(None), marks=pytest.mark.nightly)])
def test_it_tells_the_wrong_stores_of_the_catalogue(contract: str, part: slice) -> None:
    wrongs = [wrong for wrong in CATALOGUE if wrong.contract == contract][part]
    tellers, result = told_by("fixed", contract, wrongs, Settings())
    assert result.verdict == "agree"
    assert [wrong.name for wrong in wrongs if wrong.name not in tellers.told] == []


def test_a_divergence_names_the_program_and_ends_with_its_step() -> None:
    result = run_lane("fixed", subject("reaping_takes_the_order_of_ids"), Settings(divergences=1))
    first = result.divergences[0]
    assert result.verdict == "diverge"
    assert first.program is not None
    assert first.program.meta == {"fixed": first.case}
    assert first.program.steps[-1].op == first.op == "reap_sessions"


def test_only_programs_with_an_offered_operation_count() -> None:
    few = Told(command="in this process", make=lambda: Stub(ops=OFFERED))
    result = run_lane("fixed", few, Settings())
    playable = [program for program in fixed_programs() if {step.op for step in program.steps} & OFFERED]
    assert result.verdict == "agree"
    assert (result.evidence.cases.planned, result.evidence.cases.shown) == (len(playable),) * 2
    assert result.tally.uncovered > result.tally.judged > 0


def test_with_nothing_to_ask_the_lane_is_not_run() -> None:
    result = run_lane("fixed", Told(command="in this process", make=lambda: Stub(ops=())), Settings())
    assert result.verdict == "not run"
    assert result.tally.judged == 0


def test_a_request_that_cannot_be_read_is_no_verdict() -> None:
    def unread() -> Stub:
        return Stub(lambda request, number, answer: Answer("bad_request", b'"no"', None))

    result = run_lane("fixed", Told(command="in this process", make=unread), Settings())
    assert result.verdict == "inconclusive"
    assert result.divergences == ()
