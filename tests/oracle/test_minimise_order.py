"""What the minimiser tries, in which order and how often, and how it words what it found."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from telltale_conformance.lean_traces.printing import as_json, encode_as_written
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.minimise.explaining import decision
from telltale_conformance.oracle.minimise.minimality import remaining
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.recorded import operations_of, same_up_to_names
from telltale_conformance.oracle.minimise.removal import (
    attenuated,
    forged,
    numbers,
    only,
    plainer_endings,
    renumbered,
    retargeted,
)
from telltale_conformance.oracle.minimise.simplifying import at_once, plainly_written
from telltale_conformance.oracle.minimise.slicing import core, same_contract_side
from telltale_conformance.oracle.minimise.steps import one_by_one
from telltale_conformance.oracle.minimise.trying import Attempt, Sighting, Trials, rate
from telltale_conformance.oracle.minimise.values import REMOVED, all_plain, simplifications
from telltale_conformance.oracle.reference.run import ReferenceSide, on_reference
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.minimise_world import Failing, SometimesWrong, plain, program, record
from tests.oracle.wrong_references import WRONG, WrongReference

OPEN = ("open", {"initial_types": {}, "roles": []})
CLAIM = ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}})
BEGIN = ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "a", "new_scope": "Session"})
COMMIT = ("commit_ownership_transfer", {"receipt": {"$ref": 2}})
RELEASING = program(OPEN, CLAIM, BEGIN, ("release_ownership", {"capability": {"$ref": 1}}))
"""The release is refused, for a transfer is pending."""
RELEASE = "release ignores a pending transfer"
LOOK = ("session_ids", {})


class Watched(Trials):
    """Trials that keep what was tried."""

    def __init__(self, adapter: Adapter) -> None:
        super().__init__(adapter, Level.state)
        self.tried: list[Program] = []

    def attempt(self, program: Program) -> Attempt:
        self.tried.append(program)
        return super().attempt(program)


def aimed(adapter: Adapter, given: Program) -> tuple[Watched, Sighting]:
    """Trials that look for what the implementation does wrong in a program, and the sighting."""
    trials = Watched(adapter)
    sighting = trials.look(given)
    trials.target = sighting.fingerprint
    trials.runs = 0
    return trials, sighting


def simpler(given: Program, *path: str | int) -> list[Any]:
    """What is tried in place of the value there, and of its elements."""
    return [change.value for change in simplifications(given) if change.path[: len(path)] == path]


# Which values are tried


@pytest.mark.parametrize(("op", "name", "values"), [("open", "roles", "AB"), ("reap_sessions", "session_ids", (0, 1))])
def test_of_two_or_more_elements_all_are_left_out_first_and_of_one_only_itself(
    op: str, name: str, values: Iterable[Any]
) -> None:
    def tried(elements: list[Any]) -> list[Any]:
        others = {"initial_types": {}} if op == "open" else {}
        return [value for value in simpler(program((op, {**others, name: elements})), name) if type(value) is not int]

    first, second = values
    assert tried([first, second]) == [[], REMOVED, REMOVED]
    assert tried([first]) == [REMOVED]


@pytest.mark.parametrize("form", ["Send", "Recv"])
def test_a_type_becomes_the_end_or_what_follows_one_of_its_branches(form: str) -> None:
    def branch(label: str, rest: Any) -> list[Any]:
        return [{"name": label, "sort": "Unit"}, None, rest]

    def exchange(*branches: list[Any]) -> dict[str, Any]:
        return {form: {"branches": [*branches], "partner": "B"}}

    rest = exchange(branch("m", "End"))
    type_ = exchange(branch("m", rest), branch("n", "End"))
    given = program(("open", {"initial_types": {"A": type_}, "roles": ["A", "B"]}))
    whole = ("initial_types", "A")
    assert [change.value for change in simplifications(given) if change.path == whole] == [REMOVED, "End", rest]


@pytest.mark.parametrize(
    ("name", "value", "plainer"),
    [
        ("buffer_config", {"policy": "Drop"}, {"policy": ["Block"], "": [REMOVED]}),
        ("buffer_config", {"mode": "LatestValue"}, {"mode": ["Fifo"], "": [REMOVED]}),
        ("new_scope", {"Fragments": ["x"]}, {"": ["Session", {"Fragments": []}]}),
        ("val", {"Nat": 2}, {"": ["Unit"]}),
        ("mutation", {"UpdateTrace": {}}, {"": [{"SetDefaultHandler": {"handler": "h"}}]}),
        ("tick", 9, {"": [0, 1, 2, 4, 8]}),
        ("checked", True, {"": [False]}),
    ],
)
def test_what_is_plainer_than_a_value(name: str, value: Any, plainer: dict[str, list[Any]]) -> None:
    changes = [*simplifications(program(("any", {name: value})))]
    for field, wanted in plainer.items():
        path = (name, field) if field else (name,)
        assert [change.value for change in changes if change.path == path] == wanted


def test_names_and_values_are_made_plain_in_one_try() -> None:
    given = program(
        ("open", {"initial_types": {}, "roles": ["client", "server"]}),
        ("claim_ownership", {"owner_id": "me", "scope": {"Fragments": ["left"]}, "sid": {"$ref": 0}}),
        ("begin_ownership_transfer", {**BEGIN[1], "new_owner_id": "you", "new_scope": {"Fragments": ["left"]}}),
        ("release_ownership", {"capability": {"$ref": 1}}),
    )
    trials, _ = aimed(WrongReference(WRONG[RELEASE]), given)
    left = at_once(trials, given)
    assert plain(left) == [
        OPEN,
        CLAIM,
        BEGIN,
        ("release_ownership", {"capability": {"$ref": 1}}),
    ]
    assert trials.runs == 1


def test_arguments_are_written_as_we_print_them_and_what_is_so_already_is_not_tried() -> None:
    odd = {"Send": {"partner": "B", "branches": [[{"name": name}, None, "End"] for name in "mn"]}}
    given = program(
        ("open", {"roles": ["A", "B"], "initial_types": {"A": odd}}),
        ("claim_ownership", {"sid": {"$ref": 0}, "scope": {"Fragments": ["y", "x", "y"]}, "owner_id": "a"}),
    )
    branches = [[{"name": name, "sort": "Unit"}, None, "End"] for name in "mn"]
    printed = {"Send": {"branches": branches, "partner": "B"}}
    assert encode_as_written(plain(all_plain(given))) == encode_as_written(
        [
            ("open", {"initial_types": {"A": printed}, "roles": ["A", "B"]}),
            ("claim_ownership", {"owner_id": "a", "scope": {"Fragments": ["x", "y"]}, "sid": {"$ref": 0}}),
        ]
    )
    trials, _ = aimed(WrongReference(WRONG[RELEASE]), RELEASING)
    assert plainly_written(trials, RELEASING) is RELEASING
    assert trials.tried == []


# Which steps are taken out


def test_runs_of_steps_grow_with_success_and_halve_with_failure() -> None:
    asked: list[list[int]] = []

    def holds(side: ReferenceSide) -> bool:
        asked.append([item.step.seq for item in side.steps])
        return 1 in asked[-1]

    assert numbers(core(program(*[LOOK] * 9), holds)) == [1, 8]
    ending, runs = asked[:4], asked[4:]
    assert ending == [[8], [7, 8], [6, 7, 8], [4, 5, 6, 7, 8]]
    assert runs == [[0, 1, 2, 3, 8], [8], [8], [0, 1, 8], [8], [8], [0, 8], [1, 8]]


STALE = ("validate_ownership_capability", {"capability": {"$ref": 1}})


def narrowing(capability: int) -> tuple[str, dict[str, Any]]:
    return ("attenuate_ownership_scope", {"capability": {"$ref": capability}, "new_scope": "Session"})


def test_of_a_wrong_outcome_the_contract_must_give_the_same_error_whatever_its_fields() -> None:
    given = program(OPEN, CLAIM, narrowing(1), STALE, narrowing(2), STALE)
    trials, sighting = aimed(WrongReference(WRONG["validate accepts older generations"]), given)
    assert trials.target is not None
    assert sighting.divergence is not None
    holds = same_contract_side(trials.target.allows, sighting.divergence, on_reference(given))
    kept = {(): False, (0, 1, 5): False, (0, 1, 2, 3): False, (0, 1, 2, 5): True, (0, 1, 2, 3, 4, 5): True}
    assert {steps: holds(on_reference(only(given, steps))) for steps in kept} == kept


def test_of_a_wrong_field_the_contract_must_give_the_same_there() -> None:
    def committed(before: tuple[str, dict[str, Any]], capability: int) -> Program:
        begin = (BEGIN[0], {**BEGIN[1], "capability": {"$ref": capability}})
        return program(OPEN, CLAIM, before, begin, ("commit_ownership_transfer", {"receipt": {"$ref": 3}}))

    given = committed(narrowing(1), 2)
    trials, sighting = aimed(WrongReference(WRONG["commit keeps the generation"]), given)
    assert trials.target is not None
    assert sighting.divergence is not None
    holds = same_contract_side(trials.target.allows, sighting.divergence, on_reference(given))
    assert holds(on_reference(given))
    assert not holds(on_reference(committed(LOOK, 1)))


def test_of_a_long_program_half_is_taken_out_at_once() -> None:
    *before, release = plain(RELEASING)
    given = program(*before, *[LOOK] * 8, release)
    trials, sighting = aimed(WrongReference(WRONG[RELEASE]), given)
    assert sighting.divergence is not None
    left = one_by_one(trials, given, sighting.divergence)
    assert plain(left) == plain(RELEASING)
    assert [len(candidate.steps) for candidate in trials.tried[:2]] == [6, 3]


def test_a_claim_stays_when_the_step_goes_that_alone_used_it() -> None:
    second = ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": {"$ref": 1}})
    given = program(
        OPEN,
        OPEN,
        ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}}),
        second,
        ("attenuate_ownership_scope", {"capability": {"$ref": 2}, "new_scope": "Session"}),
        ("release_ownership", {"capability": {"$ref": 4}}),
    )
    moved = retargeted(given, 4)
    assert moved is not None
    assert plain(moved) == [*plain(given)[:4], ("release_ownership", {"capability": {"$ref": 3}})]


def test_a_transfer_becomes_an_attenuation_only_where_its_own_receipt_is_committed() -> None:
    as_given = attenuated(program(OPEN, CLAIM, BEGIN, COMMIT), 3)
    assert as_given is not None
    narrower = ("attenuate_ownership_scope", {"capability": {"$ref": 1}, "new_scope": "Session"})
    assert plain(as_given) == [OPEN, CLAIM, narrower]
    forged = ("commit_ownership_transfer", {"receipt": {"$ref": 2, "set": {"claim_id": 7}}})
    assert attenuated(program(OPEN, CLAIM, BEGIN, forged), 3) is None


def test_what_a_removed_step_made_stale_is_forged_in_one_field_after_the_other() -> None:
    narrower = ("attenuate_ownership_scope", {"capability": {"$ref": 1}, "new_scope": "Session"})
    given = program(OPEN, CLAIM, narrower, ("release_ownership", {"capability": {"$ref": 1}}))
    changes = [{"generation": 1}, {"owner_id": "b"}, {"generation": 1, "owner_id": "b"}, {"scope": {"Fragments": []}}]
    assert [plain(other) for other in forged(given, 2)] == [
        [OPEN, CLAIM, ("release_ownership", {"capability": {"$ref": 1, "set": change}})] for change in changes
    ]
    assert list(forged(given, 0)) == []


def test_the_end_of_an_owner_becomes_a_plainer_one() -> None:
    given = program(OPEN, CLAIM, BEGIN, ("cancel_abandoned_transfer", {"receipt": {"$ref": 2}}), LOOK)
    endings = [(plain(other), how) for other, how in plainer_endings(given, 3, on_reference(given).results)]
    died = ("mark_owner_died", {"owner_id": "a", "sid": {"$ref": 0}})
    assert endings == [
        ([OPEN, CLAIM, died, LOOK], "made an owner's death"),
        ([OPEN, ("close", {"sid": {"$ref": 0}}), LOOK], "made a close"),
    ]


def test_a_release_with_the_claim_after_it_becomes_an_attenuation() -> None:
    release = ("release_ownership", {"capability": {"$ref": 1}})
    again = ("claim_ownership", {"owner_id": "b", "scope": {"Fragments": []}, "sid": {"$ref": 0}})
    narrower = ("attenuate_ownership_scope", {"capability": {"$ref": 1}, "new_scope": {"Fragments": []}})
    other = attenuated(program(OPEN, CLAIM, release, again), 3)
    assert other is not None
    assert plain(other) == [OPEN, CLAIM, narrower]
    assert attenuated(program(OPEN, CLAIM, release), 1) is None


def test_steps_are_numbered_anew_with_all_references_to_them() -> None:
    given = program(LOOK, OPEN, OPEN, ("reap_sessions", {"session_ids": [{"$ref": 2}, 7, {"$ref": 1}]}))
    assert plain(renumbered(only(given, {1, 2, 3}))) == [
        OPEN,
        OPEN,
        ("reap_sessions", {"session_ids": [{"$ref": 1}, 7, {"$ref": 0}]}),
    ]


def test_a_removal_or_simplification_that_keeps_the_divergence_after_all_ends_the_list() -> None:
    claim = ("claim_ownership", {**CLAIM[1], "owner_id": "zoe"})
    begin = ("begin_ownership_transfer", {**BEGIN[1], "new_owner_id": "zoe"})
    release = plain(RELEASING)[-1]
    trials, _ = aimed(WrongReference(WRONG[RELEASE]), RELEASING)
    left, smaller = remaining(trials, program(OPEN, CLAIM, BEGIN, LOOK, release))
    assert smaller is not None
    assert plain(smaller) == plain(RELEASING)
    assert left == []
    left, smaller = remaining(trials, program(OPEN, claim, begin, release))
    assert smaller is not None
    assert plain(smaller) == plain(RELEASING)
    assert {one.step for one in left} == {0, 1, 2}
    left, smaller = remaining(trials, RELEASING)
    assert smaller is None
    assert {one.step for one in left} == {0, 1, 2}


# How often


def test_a_fault_in_the_last_run_leaves_what_was_listed_before() -> None:
    whole = minimise(WrongReference(WRONG[RELEASE]), RELEASING)
    assert whole.ending == "minimal"
    assert whole.remaining
    cut = minimise(Failing(RELEASE, whole.runs.implementation), RELEASING)
    assert (cut.ending, cut.program, cut.remaining) == ("inconclusive", whole.program, whole.remaining)


def test_an_unsteady_divergence_is_run_so_often_and_a_steady_one_only_until_it_is_believed() -> None:
    for wrong_in, times, runs in [({1}, 1, 5), ({2, 5}, 2, 5), (range(9), 3, 3), ((), 0, 3)]:
        trials = Trials(SometimesWrong(RELEASE, set(wrong_in).__contains__), Level.state)
        found, _ = rate(trials, RELEASING, runs=3, more=5)
        assert (found.times, found.runs, trials.runs) == (times, runs, runs)


# How it is worded


def test_the_nearest_values_are_asked_first_and_six_at_most() -> None:
    asked: list[tuple[Any, ...]] = []

    def panics(store: object, sid: int, owner: str, scope: Any) -> NoReturn:
        asked.append((sid, owner, as_json(scope)))
        raise RuntimeError

    given = program(OPEN, CLAIM)
    trials, sighting = aimed(WrongReference({"claim_ownership": panics}), given)
    asked.clear()
    told = decision(trials, given, sighting).nearest
    assert told == "no other value of one argument of the last step, and no step left out, makes the two agree"
    assert asked == [
        (0, "b", "Session"),
        (0, "c", "Session"),
        (0, "a", {"Fragments": ["x"]}),
        (0, "a", {"Fragments": []}),
        (1, "a", "Session"),
        (2, "a", "Session"),
    ]


def test_a_wrong_outcome_is_explained_by_the_nearest_value_with_which_both_agree() -> None:
    given = program(
        OPEN, CLAIM, ("validate_ownership_capability", {"capability": {"$ref": 1, "set": {"owner_id": "b"}}})
    )
    trials, sighting = aimed(WrongReference(WRONG["validate ignores the owner"]), given)
    assert sighting.divergence is not None
    assert sighting.divergence.kind == "outcome"
    found = decision(trials, given, sighting)
    assert found.nearest == 'with capability.owner_id "a" in place of "b" both answer ok'
    assert found.saw["arguments"]["capability"]["owner_id"] == "b"
    assert trials.runs == 1


def test_what_the_contract_no_longer_refuses_is_explained_by_what_holds() -> None:
    trials, _ = aimed(WrongReference(WRONG[RELEASE]), RELEASING)
    assert trials.target is not None
    attempt = trials.attempt(program(OPEN, CLAIM, ("release_ownership", {"capability": {"$ref": 1}})))
    assert (attempt.verdict, attempt.then) == ("impossible", GUARDS[trials.target.guard].holds)
    assert trials.attempt(program(OPEN, CLAIM)).then == "no release_ownership is left that could diverge"


def test_a_wrong_field_is_explained_by_the_value_that_was_wanted() -> None:
    given = program(OPEN, CLAIM, BEGIN, COMMIT)
    trials, sighting = aimed(WrongReference(WRONG["commit keeps the generation"]), given)
    assert decision(trials, given, sighting).nearest == "the answer would have agreed with generation: 1 in place of 0"


def test_a_last_step_that_cannot_be_formed_is_explained_by_the_refusal_before_it() -> None:
    trials, _ = aimed(WrongReference(WRONG[RELEASE]), RELEASING)
    attempt = trials.attempt(program(OPEN, CLAIM, CLAIM, ("release_ownership", {"capability": {"$ref": 2}})))
    assert attempt.verdict == "impossible"
    assert attempt.then.startswith("step 2 is refused: ")
    assert trials.runs == 0


def test_a_trace_becomes_a_program_that_names_it(tmp_path: Path) -> None:
    again = operations_of(record(WrongReference({}), RELEASING, tmp_path / "seen.jsonl"))
    assert (plain(again), again.meta) == (plain(RELEASING), {"trace": "seen.jsonl"})


def test_fragments_of_a_scope_are_names_of_their_own_sort() -> None:
    old = {"scope": {"Fragments": ["x", "y"]}, "owner_id": "x"}
    new = {"scope": {"Fragments": ["v", "w"]}, "owner_id": "a"}
    assert same_up_to_names(old, new) == {("fragment", "x"): "v", ("fragment", "y"): "w", ("owner", "x"): "a"}
    assert same_up_to_names(old, {**new, "scope": {"Fragments": ["v", "v"]}}) is None
