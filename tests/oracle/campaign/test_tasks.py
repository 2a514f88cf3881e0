"""Tasks: the number decides lane and cases, and a task that is run again gives the same."""

from functools import partial
from pathlib import Path

import msgspec
import pytest

from telltale_conformance.generators.programs import Generator, directed
from telltale_conformance.generators.steps import as_program
from telltale_conformance.lean_traces.programs import written_program as read
from telltale_conformance.oracle.campaign.cases import program_of
from telltale_conformance.oracle.campaign.plan import SIZES, task_of, turns
from telltale_conformance.oracle.campaign.standing import standing_in
from telltale_conformance.oracle.campaign.work import Done, carry_out
from tests.oracle.campaign.campaign_world import DIES, campaign_in, served, small_tasks, worked, wrong

__all__ = ["small_tasks"]


def without_time(done: Done) -> Done:
    """Return a result without what does not follow from the task."""
    reached = (msgspec.structs.replace(one, program=None) if one.places else one for one in done.reached)
    return msgspec.structs.replace(done, seconds=0.0, cpu_seconds=0.0, worker="", reached=tuple(reached))


def test_the_lanes_take_turns_by_number_and_each_case_has_one_turn(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        setup = campaign.setup
        tasks = [task_of(setup, number) for number in range(60)]
        began = [task for task in tasks if task.lane == "start"]
        assert [address for task in began for address in task.parents] == list(setup.start)
        for lane in turns(setup):
            numbered = [task.turn for task in tasks if task.lane == lane]
            assert numbered == list(range(len(numbered)))
        assert {task.lane for task in tasks} == set(SIZES)


def test_a_lane_without_anything_to_ask_has_no_turn(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        hello = msgspec.structs.replace(campaign.setup.hello, ops=frozenset({"observe"}), clients=1)
        subject = msgspec.structs.replace(campaign.setup.subject, command="x")
        setup = msgspec.structs.replace(campaign.setup, hello=hello, subject=subject)
        assert set(turns(setup)) == {"mutants", "programs", "stateful"}


def test_a_task_that_is_run_again_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, DIES)
    with campaign_in(tmp_path / "c", seed=5) as campaign:
        worked(campaign, 3)
        for number in (6, 7, 9, 13):
            task = campaign.with_parents(task_of(campaign.setup, number))
            given = campaign.given(task)
            first, second = (without_time(carry_out(campaign.setup, task, given)) for _ in range(2))
            assert first == second, task.lane
            assert first.tally.judged, task.lane


def test_a_program_that_reaches_something_can_be_made_again_from_its_task(tmp_path: Path) -> None:
    """And the journal keeps which types of ``decode`` were answered: another task may find one unsupported."""
    decoded: set[str] = set()
    with campaign_in(tmp_path / "c") as campaign:
        for number in (4, 5):
            task = campaign.with_parents(task_of(campaign.setup, number))
            given = campaign.given(task)
            done = carry_out(campaign.setup, task, given)
            reaching = done.reached[0]
            program = program_of(campaign.setup, task, [read(data, "parent") for data in given], reaching.case)
            assert program.steps
            assert campaign.take(task, given, done) == []
            decoded |= done.decoded
        campaign.settle()
        assert campaign.standing.entries
    assert decoded, "no program gives a text to decode"
    assert standing_in(tmp_path / "c").decoded == campaign.standing.decoded == decoded


def test_programs_are_drawn_by_weight_and_towards_goals_by_turns_and_every_third_mutant_goes_on(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c", seed=3) as campaign:
        setup, contract = campaign.setup, campaign.setup.subject.contract
        task = next(task for task in map(partial(task_of, setup), range(60)) if task.lane == "programs")
        ops = setup.hello.ops
        made = [program_of(setup, task, [], place).steps for place in range(4)]
        first = task.turn * task.size // 2
        for place in range(2):
            by_weight = Generator(3, first + place, offered=ops, contract=contract)
            assert made[2 * place] == as_program(by_weight.steps(), contract, {}).steps
            towards_goals = directed(3, first + place, ops, contract)
            assert made[2 * place + 1] == as_program(towards_goals.steps(), contract, {}).steps
        mutants = next(task for task in map(partial(task_of, setup), range(60)) if task.lane == "mutants")
        given = [read(data, "parent") for data in campaign.given(campaign.with_parents(mutants))]
        begun = [[step.op for step in parent.steps] for parent in given]
        for place in (0, 3, 6):
            ops_of = [step.op for step in program_of(setup, mutants, given, place).steps]
            assert any(ops_of[: len(ops)] == ops and len(ops_of) > len(ops) + 25 for ops in begun)


def test_a_fault_of_the_adapter_is_counted_and_is_no_finding(tmp_path: Path) -> None:
    with campaign_in(tmp_path / "c") as campaign:
        command = served("--once", "die", str(tmp_path / "died"), "50")
        subject = msgspec.structs.replace(campaign.setup.subject, command=command)
        setup = msgspec.structs.replace(campaign.setup, subject=subject, campaign="another")
        task = task_of(setup, 0)
        done = carry_out(setup, task, campaign.given(task))
        again = carry_out(setup, task, campaign.given(task))
    assert done.tally.faults == 1
    assert "exited with status 7" in done.faults[0]
    assert not done.met
    assert 0 < done.tally.judged < again.tally.judged
    assert not again.tally.faults
