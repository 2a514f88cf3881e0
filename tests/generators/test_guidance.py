"""Guided generation: mutants are programs, what reaches something new is kept, and the corpus reaches much."""

from collections.abc import Iterator
from random import Random

import pytest

from telltale_conformance.generators.close_watch import CloseWatch
from telltale_conformance.generators.guidance import Kept, Search, distilled, reached_by, trimmed
from telltale_conformance.generators.guided_programs import (
    FIRST_STEPS,
    FURTHER,
    STEPS,
    cases_of,
    guided_case,
    guided_corpus,
    looked,
    packed_corpus,
    read_corpus,
)
from telltale_conformance.generators.mutations import MOST, mutated, parts_of
from telltale_conformance.generators.programs import directed, generate_program
from telltale_conformance.generators.reached import PlayedStep, Watch, played, worth_of
from telltale_conformance.generators.steps import Cell, as_program
from telltale_conformance.lean_traces.programs import Program, Step, program_bytes, program_of, references
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.guided import PROGRAMS
from telltale_conformance.oracle.reference.run import run_on_reference
from tests.wrong_stores.steps import A_TO_B, Play, Script, ep, fragments
from tests.wrong_stores.steps import played as by_hand
from tools import distil

CONTRACTS = ("telltale-17", "hardened")
EVERY = frozenset(OPERATIONS)


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
    assert 600 <= steps < 1_000  # the last few have an operation that no other has
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
        made = list(played(steps, contract, watched=Watch))
        assert len(made) == len(steps), "every step is carried out"
        for one in made:
            reached.update(one.features)
    assert {step.op for steps in corpus for step in steps} == OPERATIONS.keys(), "every operation has its place"
    kinds = {feature[0] for feature in reached if isinstance(feature, tuple) and not isinstance(feature, Cell)}
    lives = {"life after"} if contract == "telltale-17" else set()  # hardened opens no sid twice
    assert kinds == {"state", "far", "pair", "met far", "alike", *lives}
    assert 2_500 < sum(len(steps) for steps in corpus) < 5_000


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_corpus_of_the_package_is_small(contract: str) -> None:
    assert len(packed_corpus(list(guided_corpus(contract)))) < 120_000


def kept_programs(*programs: tuple[str, ...]) -> list[Kept]:
    """Return programs of these operations that reach a feature for each of them."""
    return [
        Kept(
            tuple(Step(args={}, op=op, seq=seq) for seq, op in enumerate(ops)),
            frozenset(("pair", ("", ""), op, "ok") for op in ops),
        )
        for ops in programs
    ]


def operations(programs: list[tuple[Step, ...]]) -> list[tuple[str, ...]]:
    return [tuple(step.op for step in steps) for steps in programs]


def test_distilling_prefers_what_few_programs_reach() -> None:
    kept = kept_programs(("live_count", "plan"), *[("live_count", "close")] * 5, ("live_count", "reload"))
    assert sorted(operations(distilled(kept, 3))[:2]) == [("live_count", "plan"), ("live_count", "reload")]


def test_a_program_that_is_trimmed_to_nothing_is_left_out() -> None:
    kept = kept_programs(("live_count", "plan"), ("close", "reload"))
    nothing = distilled(kept, 10, lambda steps, wanted: Kept((), frozenset()))
    assert nothing == []


def test_a_corpus_with_an_empty_program_is_refused() -> None:
    one = guided_corpus("hardened")[0]
    with pytest.raises(ValueError, match="a program without steps"):
        read_corpus(packed_corpus([one, ()]))


def test_distilling_goes_on_until_every_operation_has_its_place() -> None:
    kept = kept_programs(("open", "claim_ownership", "close"), ("decode", "open"), ("open", "close"))
    assert sorted(operations(distilled(kept, 1))) == [("decode", "open"), ("open", "claim_ownership", "close")]


def test_a_trimmed_program_goes_on_reaching_what_it_is_to_reach() -> None:
    def play(s: Script) -> None:
        for _ in range(12):
            s.next_session_id()
        cap, receipt = s.begun()
        s.lookup_type(ep=ep())
        s.rollback_ownership_transfer(receipt=receipt)
        s.validate_ownership_capability(capability=cap)
        s.live_count()

    whole = by_hand(play)
    cells = (one for one in reached_by(whole, "telltale-17") if isinstance(one, Cell))
    (wanted,) = (cell for cell in cells if cell.operation == "rollback_ownership_transfer")
    short = trimmed(whole, frozenset({wanted}), "telltale-17")
    assert wanted in short.features
    assert len(short.steps) < 8


def closely(play: Play) -> list[tuple[object, ...]]:
    """Return what a closer watch than that of a campaign sees at the last step of a program."""
    return [one for one in list(carried_out(play, CloseWatch))[-1].features if type(one) is tuple]


def carried_out(play: Play, watched: type[Watch] = Watch) -> Iterator[PlayedStep]:
    return played(by_hand(play), "telltale-17", watched=watched)


def test_a_closer_watch_sees_numbers_that_are_near_those_of_the_state() -> None:
    def play(s: Script) -> None:
        for site in ("s", "t"):
            s.issue_timeout_witness(site=site, until_tick=3)
        s.issue_timeout_witness(site="u", until_tick=4)
        s.advance_clock(tick=3)

    seen = closely(play)
    assert ("near", "advance_clock", "ok", "tick", 0, 2) in seen
    assert ("near", "advance_clock", "ok", "tick", -1, 1) in seen
    assert ("size", "advance_clock", 2) in seen
    assert ("pair", ("issue_timeout_witness", "ok"), "advance_clock", "ok") in seen
    assert ("with", "advance_clock", "ok", "Timeouts.clock", 2) in seen


def test_a_closer_watch_sees_kinds_of_values_and_other_sessions() -> None:
    def play(s: Script) -> None:
        s.claimed()
        s.buffered(policy="Drop")
        cap = s.claim_ownership(sid=1, owner_id="a", scope=fragments("x"))
        s.send_signed(sid=1, from_="A", to="B", val="Unit", signature="corrupt")
        s.validate_ownership_capability(capability=cap)

    seen = closely(play)
    for kind in ("owner of fragments", "Fifo, Drop", "bad signature"):
        assert ("kind", "validate_ownership_capability", "ok", kind) in seen
    assert ("other", "validate_ownership_capability", "ok", "claimed", True) in seen


def test_a_closer_watch_sees_what_had_grown_before_a_reload() -> None:
    def play(s: Script) -> None:
        s.begun()
        s.reload(form="binary")
        s.observe(sid=0)

    assert ("life after", "reload", "observe", "ok", "Ownership.next_claim_id") in closely(play)


def test_mutants_have_operations_and_numbers_that_neither_program_had() -> None:
    one, other = (generate_program(3, index).steps for index in (0, 1))
    there, numbers = {step.op for step in (*one, *other)}, set[int]()
    operations = set[str]()
    for number in range(150):
        for step in mutated(parts_of(one), parts_of(other), Random(number)):
            operations.add(step.op)
            numbers.update(value for value in step.args.values() if type(value) is int)
    assert operations - there
    assert numbers - {value for step in (*one, *other) for value in step.args.values() if type(value) is int}


def test_some_mutants_take_turns_between_two_programs() -> None:
    one = by_hand(lambda s: [s.next_session_id() for _ in range(12)])
    other = by_hand(lambda s: [s.live_count() for _ in range(12)])
    mutants = [
        "".join(step.op[0] for step in mutated(parts_of(one), parts_of(other), Random(number))) for number in range(80)
    ]
    assert any("nlnl" in ops or "lnln" in ops for ops in mutants)
    assert any(ops.strip("n") == "l" * ops.count("l") and ops[:1] == ops[-1:] == "n" and "l" in ops for ops in mutants)


def test_the_corpus_is_played_whole_in_an_order_of_the_seed_between_programs_towards_goals() -> None:
    corpus = guided_corpus("telltale-17")
    towards = [
        as_program(directed(1, place, EVERY, "telltale-17").steps(count), "telltale-17", {}).steps
        for place, count in ((0, FIRST_STEPS), (5, FIRST_STEPS), (6, STEPS))
    ]
    assert [guided_case(1, index, "telltale-17") for index in (0, 10, 12)] == towards
    going_on = [guided_case(1, index, "telltale-17") for index in range(1, cases_of(corpus), 2)]
    waiting = {repr(steps): steps for steps in corpus}
    for place, case in enumerate(going_on):
        begun = max((one for one in waiting.values() if case[: len(one)] == one), key=len)
        del waiting[repr(begun)]
        assert len(case) > len(begun) + (FURTHER if place > 5 else FIRST_STEPS)
    assert not waiting, "each program of the corpus begins a case"
    assert going_on[:3] != [guided_case(2, index, "telltale-17") for index in (1, 3, 5)]


def test_later_cases_go_on_from_mutants_and_are_the_same_again() -> None:
    corpus = guided_corpus("telltale-17")
    first = cases_of(corpus)
    later, again = ([guided_case(1, first + 2 * place + 1, "telltale-17") for place in range(12)] for _ in range(2))
    assert later == again
    assert len(set(map(repr, later))) == 12
    begun = [one[:5] for one in corpus]
    assert sum(case[:5] in begun for case in later) > 6, "most mutants begin as a program of the corpus does"
    assert sum(any(case[: len(one)] == one for one in corpus) for case in later) < 6, "and few have all of it"
    for steps in later:
        assert [step.seq for step in steps] == [*range(len(steps))]
        assert len(list(played(steps, "telltale-17"))) == len(steps), "every step is carried out"


def test_a_case_ends_with_a_look_at_every_session_and_what_its_edges_got() -> None:
    script = Script()
    cap = script.claimed()
    script.rebound(cap, "h", sid=0)
    script.start(types=A_TO_B)
    script.send(sid={"$ref": 3}, from_="A", to="B", val="Unit")
    steps = tuple(script.steps)
    assert looked(steps)[: len(steps)] == steps
    assert [(step.op, step.args) for step in looked(steps)[len(steps) :]] == [
        ("observe", {"sid": {"$ref": 0}}),
        ("authority_audit_log", {"sid": {"$ref": 0}}),
        ("observe", {"sid": {"$ref": 3}}),
        ("authority_audit_log", {"sid": {"$ref": 3}}),
        ("lookup_handler", {"edge": {"receiver": "B", "sender": "A", "sid": 0}}),
        ("auth_root", {"edge": {"receiver": "B", "sender": "A", "sid": {"$ref": 3}}, "sid": {"$ref": 3}}),
        ("recv_signed", {"from": "A", "sid": {"$ref": 3}, "to": "B"}),
        ("next_session_id", {}),
        ("archived_closed", {}),
        ("memory_usage", {}),
    ]
    assert len(list(played(looked(steps), "telltale-17"))) == len(looked(steps))


def test_the_tool_distils_the_same_corpus_again() -> None:
    one, again = (distil.corpus("hardened", unguided=4, broods=1, brood=30, steps=200) for _ in range(2))
    assert one == again
    assert 200 <= sum(map(len, one)) < 800


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_mutant_of_a_default_check_can_be_made(contract: str) -> None:
    for index in range(cases_of(guided_corpus(contract)), PROGRAMS[Effort.default]):
        if index % 2:
            assert guided_case(0, index, contract)


def test_cases_go_on_without_end() -> None:
    assert all(guided_case(4, index, "hardened") for index in range(10**6, 10**6 + 6))


def test_what_is_drawn_from_the_beginning_has_offered_operations_alone() -> None:
    offered = frozenset({"open", "close", "claim_ownership"})
    assert {step.op for step in guided_case(0, 0, "telltale-17", offered=offered)} == offered
