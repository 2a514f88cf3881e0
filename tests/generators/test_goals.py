"""Programs towards goals: what an operation wants of the state is done before it, so that it mostly succeeds."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby, pairwise

import pytest

from telltale_conformance.generators.coverage import RECEIVES
from telltale_conformance.generators.profiles import DIRECTED
from telltale_conformance.generators.programs import DIRECTED_STEPS, Generator, directed
from telltale_conformance.generators.steps import GeneratedStep, as_program
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.lean_traces.programs import Program, program_bytes
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.reference.run import run_on_reference

EVERY = frozenset(OPERATIONS)
CONTRACTS = ("telltale-17", "hardened")
PROGRAMS = 40


def made(seed: int, count: int, contract: str = "telltale-17") -> Iterator[list[GeneratedStep]]:
    for index in range(count):
        yield list(directed(seed, index, EVERY, contract).steps())


def succeeded(programs: Iterator[list[GeneratedStep]]) -> dict[str, float]:
    """Return by operation the share of its steps that are no refusal."""
    steps: Counter[str] = Counter()
    good: Counter[str] = Counter()
    for program in programs:
        for step in program:
            steps[step.operation.name] += 1
            good[step.operation.name] += step.outcome.error is None
    return {name: good[name] / count for name, count in steps.items() if count >= 10}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_operations_on_ownership_succeed_much_more_often_than_in_programs_drawn_by_weight(contract: str) -> None:
    towards = succeeded(made(1, PROGRAMS, contract))
    by_weight = succeeded(
        list(Generator(1, index, offered=EVERY, contract=contract).steps()) for index in range(PROGRAMS)
    )
    shared = [name for name in towards if name in by_weight and OPERATIONS[name].errors == "ownership"]
    assert len(shared) > 8
    assert sum(towards[name] for name in shared) > 1.25 * sum(by_weight[name] for name in shared)


def test_what_takes_many_steps_in_their_order_is_reached() -> None:
    spent, generations, leaves, archived = [], [], [], []
    for index in range(PROGRAMS):
        generator = directed(3, index, EVERY, "telltale-17")
        for step in generator.steps():
            if step.operation.name == "commit_ownership_transfer" and step.outcome.error is None:
                generations.append(step.outcome.ok.generation)
        for session in generator.store.sessions.values():
            spent.append(len(session.ownership.consumed))
            leaves.append(session.auth_leaves)
        archived.append(len(generator.store.archive))
    assert max(spent) >= 3
    assert max(generations) >= 3
    assert max(leaves) >= 9
    assert max(archived) >= 5


def test_the_same_number_makes_the_same_program_and_another_seed_another() -> None:
    one, again = (program_bytes(as_program(directed(3, 4, EVERY, "hardened").steps(), "hardened", {})) for _ in "12")
    assert one == again
    assert one != program_bytes(as_program(directed(4, 4, EVERY, "hardened").steps(), "hardened", {}))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_program_with_references_does_the_same(contract: str) -> None:
    for index in range(len(DIRECTED)):
        steps = list(directed(5, index, EVERY, contract).steps())
        program = as_program(steps, contract, {})
        answers = [one.outcome for one in run_on_reference(Program(contract=contract, steps=program.steps))]
        assert [one.ok for one in answers if one is not None] == [step.outcome.ok for step in steps]


@pytest.mark.parametrize(
    "offered",
    [{"recv"}, {"open"}, {"close", "reload"}, {"claim_ownership", "open"}, set(ALL_OPERATIONS - {"open"}), set()],
)
def test_nothing_is_used_that_is_not_offered(offered: set[str]) -> None:
    for index in range(len(DIRECTED)):
        steps = list(directed(6, index, frozenset(offered), "telltale-17").steps())
        assert {step.operation.name for step in steps} <= offered
        assert len(steps) < 3 * DIRECTED_STEPS


CHANGING = {name for name in ALL_OPERATIONS if not OPERATIONS[name].reads_only}


def test_programs_of_all_concerns_try_everything_that_changes_something() -> None:
    tried = [{step.operation.name for step in program} for program in made(7, 5 * len(DIRECTED))]
    assert set().union(*tried) >= CHANGING
    assert len({directed(8, index, EVERY, "telltale-17").profile.oddness for index in range(len(DIRECTED))}) == 3


@pytest.mark.parametrize(
    ("concern", "name"),
    [
        ("ownership", "release_ownership"),
        ("messages", "recv"),
        ("types", "advance"),
        ("handlers", "update_handler"),
        ("sessions", "reap_closed"),
        ("timeouts", "advance_clock"),
    ],
)
def test_a_concern_tries_its_own_operations_more_than_twice_as_often_as_others_do(concern: str, name: str) -> None:
    shares = {profile.name: profile.weights[name] / sum(profile.weights.values()) for profile in DIRECTED}
    own = shares.pop(concern)
    assert len(shares) == 5
    assert own > 2 * max(shares.values()) > 0


def test_every_concern_tries_everything_that_changes_something_and_seldom_looks() -> None:
    for profile in DIRECTED:
        changing = {name: weight for name, weight in profile.weights.items() if name in CHANGING}
        assert changing.keys() == CHANGING
        assert 1.05 < sum(profile.weights.values()) / sum(changing.values()) < 1.2


def test_some_sessions_are_closed_before_they_are_reaped_together() -> None:
    reaped = [
        len(step.outcome.ok)
        for program in made(9, PROGRAMS)
        for step in program
        if step.operation.name in ("reap_sessions", "reap_closed")
    ]
    assert sum(count >= 3 for count in reaped) > 3
    assert reaped.count(1) > len(reaped) / 4


def test_many_sessions_are_looked_at_just_before_they_are_reaped_or_replaced() -> None:
    gone = looked = 0
    for program in made(11, PROGRAMS // 4):
        opened: set[int] = set()
        for place, step in enumerate(program):
            sids = set()
            if step.operation.name in ("reap_sessions", "reap_closed"):
                sids = {summary.sid for summary in step.outcome.ok}
            elif step.operation.gives == "session" and step.outcome.error is None:
                sids = {step.outcome.ok} & opened
                opened.add(step.outcome.ok)
            gone += bool(sids)
            before = program[max(0, place - 3) : place]
            looked += any(one.operation.name == "observe" and one.arguments[0] in sids for one in before)
    assert gone > 20
    assert looked > 0.6 * gone


def test_a_reload_is_not_repeated_at_once_and_only_live_sessions_are_looked_at_last() -> None:
    for program in made(10, PROGRAMS):
        names = [step.operation.name for step in program]
        runs = [len(list(run)) for name, run in groupby(names) if name == "reload"]
        assert max(runs, default=0) < 4, "only where it is chosen again"
        looks = program[max(place for place, step in enumerate(program) if not step.operation.reads_only) + 5 :]
        assert not [step for step in looks if step.operation.name == "observe" and step.outcome.error is not None]


def test_programs_end_with_closed_sessions_and_with_a_reload_at_times() -> None:
    closed = read_back = roots = 0
    looks = RECEIVES | {name for name, operation in OPERATIONS.items() if operation.reads_only}
    for program in made(11, PROGRAMS):
        at = max(place for place, step in enumerate(program) if step.operation.name not in looks)
        read_back += program[at].operation.name == "reload"
        closed += [step.operation.name for step in program[at - 3 : at + 1]].count("close") >= 2
        roots += len({step.arguments[0] for step in program[at:] if step.operation.name == "auth_root"}) > 1
    assert PROGRAMS / 5 < read_back < PROGRAMS * 2 / 3
    assert 2 < closed < PROGRAMS / 2
    assert roots > 2, "trees of several sessions are looked at"


def test_trees_are_looked_at_on_the_way() -> None:
    looked = 0
    for program in made(11, PROGRAMS):
        last = max(place for place, step in enumerate(program) if not step.operation.reads_only)
        looked += sum(step.operation.name == "auth_root" for step in program[:last])
    assert looked > PROGRAMS / 4


def test_each_concern_has_its_turn_before_one_has_it_again() -> None:
    names = [profile.name for profile in DIRECTED]
    assert {*names[: len({*names})]} == {*names}


def test_a_transfer_is_settled_after_a_claim_that_was_refused_while_it_was_pending() -> None:
    settled = 0
    for program in made(14, PROGRAMS):
        for before, step in pairwise(program):
            refused = before.operation.name == "claim_ownership" and before.cell.phase == "pending"
            settled += refused and step.operation.parameters[:1] == ("receipt",) and step.outcome.error is None
    assert settled >= 8


def test_what_succeeded_is_done_again_at_once_now_and_then_and_much_of_it_is_refused() -> None:
    refused = done = 0
    for program in made(10, PROGRAMS):
        for before, step in pairwise(program):
            if not step.operation.reads_only and before.outcome.error is None:
                again = (step.operation, step.args) == (before.operation, before.args)
                done += again
                refused += again and step.outcome.error is not None
    assert done > 10 * PROGRAMS
    assert refused > 2 * PROGRAMS


def test_what_ends_the_ownership_of_a_session_for_good_is_tried_seldom() -> None:
    ending = {name for name, one in OPERATIONS.items() if one.terminal and one.log == "session" and name != "close"}
    for profile in DIRECTED:
        least = min(profile.weights[name] for name in ("claim_ownership", "release_ownership"))
        assert all(profile.weights[name] < 0.5 * least for name in ending)
