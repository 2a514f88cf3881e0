"""Guided generation: mutants are programs, what reaches something new is kept, and the corpus reaches much."""

from itertools import islice
from random import Random

import pytest

from telltale_conformance.generators.guidance import Search, distilled, reached_by
from telltale_conformance.generators.guided_programs import guided_case, guided_corpus, looked
from telltale_conformance.generators.mutations import MOST, mutated, parts_of
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.generators.reached import played, worth_of
from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.programs import Program, program_bytes, program_of, references
from telltale_conformance.oracle.reference.run import run_on_reference
from tools import distil

CONTRACTS = ("telltale-17", "hardened")


def mutants(count: int) -> list[Program]:
    programs = [generate_program(3, index).steps for index in range(10)]
    made = []
    for number in range(count):
        rng = Random(number)
        parent, other = programs[number % 10], programs[(number * 7 + 1) % 10]
        made.append(Program(steps=mutated(parts_of(parent), parts_of(other), rng)))
    return made


def test_mutants_are_programs_whose_steps_refer_to_earlier_ones() -> None:
    changed = 0
    for number, program in enumerate(mutants(200)):
        assert len(program.steps) <= MOST
        for place, step in enumerate(program.steps):
            assert step.seq == place
            assert all(reference < place for reference in references(step.args))
        changed += program.steps != generate_program(3, number % 10).steps
    assert changed > 150
    for program in mutants(12):
        assert program_of(program_bytes(program), "mutant").steps == program.steps


def test_most_steps_of_mutants_can_be_carried_out() -> None:
    programs = mutants(60)
    carried_out = sum(sum(1 for _ in played(program.steps, "telltale-17")) for program in programs)
    assert carried_out > 0.9 * sum(len(program.steps) for program in programs)


def test_some_mutants_read_the_store_back_after_each_step_of_a_run() -> None:
    reloaded = [[step.op == "reload" for step in program.steps] for program in mutants(200)]
    assert any(places[at : at + 6] == [False, True] * 3 for places in reloaded for at in range(len(places)))


def test_the_same_number_makes_the_same_mutant() -> None:
    assert mutants(20) == mutants(20)


def test_a_program_is_played_as_any_program_is_run() -> None:
    for program in mutants(12):
        ran = [one for one in run_on_reference(program) if one.outcome is not None]
        mine = list(played(program.steps, "telltale-17"))
        assert [(one.step.seq, one.outcome.ok) for one in mine] == [
            (one.step.seq, one.outcome.ok) for one in ran if one.outcome is not None
        ]


def searched(seed: int, contract: str = "telltale-17") -> Search:
    search = Search(contract, seed)
    search.begin(10)
    for _ in range(2):
        search.brood(30)
    return search


def test_a_search_keeps_what_reaches_something_new_and_is_the_same_for_a_seed() -> None:
    one, again = searched(1), searched(1)
    assert [kept.steps for kept in one.kept] == [kept.steps for kept in again.kept]
    assert one.known == again.known
    known: set[object] = set()
    for kept in one.kept:
        assert kept.features - known
        known |= kept.features
    assert len(one.kept) > 15
    assert searched(2).kept != one.kept


def test_distilling_keeps_most_of_what_was_reached_in_few_steps() -> None:
    search = searched(1)
    programs = distilled(search.kept, 600)
    steps = sum(len(program) for program in programs)
    assert 600 <= steps < 700
    reached = set().union(*(reached_by(program, "telltale-17") for program in programs))
    unguided: set[object] = set()
    for index in range(7):  # as many steps and more
        unguided |= reached_by(generate_program(1, index).steps, "telltale-17")
    assert sum(map(worth_of, reached)) > 1.1 * sum(map(worth_of, unguided))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_corpus_of_the_package_reaches_far(contract: str) -> None:
    corpus = guided_corpus(contract)
    reached: set[object] = set()
    for steps in corpus:
        made = list(played(steps, contract, watched=True))
        assert len(made) == len(steps), "every step is carried out"
        for one in made:
            reached.update(one.features)
    kinds = {feature[0] for feature in reached if isinstance(feature, tuple) and not isinstance(feature, Cell)}
    lives = {"life after"} if contract == "telltale-17" else set()  # hardened opens no sid twice
    assert kinds == {"state", "far", "pair", "met far", "alike", *lives}
    assert 3_000 < sum(len(steps) for steps in corpus) < 6_000


def test_cases_are_the_corpus_in_an_order_of_the_seed_and_then_mutants() -> None:
    corpus = guided_corpus("telltale-17")
    first = [guided_case(1, index, "telltale-17") for index in range(len(corpus))]
    assert sorted(map(repr, first)) == sorted(repr(looked(steps)) for steps in corpus)
    assert first[:20] != [guided_case(2, index, "telltale-17") for index in range(20)]
    later = [guided_case(1, len(corpus) + index, "telltale-17") for index in range(20)]
    assert later == [guided_case(1, len(corpus) + index, "telltale-17") for index in range(20)]
    assert len(set(map(repr, later))) > 15


def test_a_case_ends_with_a_look_at_every_session() -> None:
    steps = guided_corpus("telltale-17")[0]
    looks = looked(steps)[len(steps) :]
    opened = [step for step in steps if step.op in ("open", "open_with_sid")]
    assert [step.op for step in looks] == ["observe", "authority_audit_log"] * len(opened) + ["archived_closed"]


def test_the_tool_distils_the_same_corpus_again() -> None:
    one, again = (distil.corpus("hardened", unguided=4, broods=1, brood=30, steps=200) for _ in range(2))
    assert one == again
    assert 200 <= sum(map(len, one)) < 300


def test_cases_go_on_without_end() -> None:
    size = len(guided_corpus("hardened"))
    assert all(guided_case(4, size + index, "hardened") for index in islice(range(10**6, 10**6 + 5), 5))
