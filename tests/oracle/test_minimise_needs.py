"""What a wrong store needs beyond the contract is found from the likeliest steps on."""

from __future__ import annotations

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.needs import likely_first
from telltale_conformance.oracle.minimise.steps import sliced
from telltale_conformance.oracle.minimise.trying import Sighting, Trials
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.minimise_world import plain, program
from tests.oracle.wrong_references import WRONG, WrongReference

OPEN = ("open", {"initial_types": {}, "roles": []})
LOOK = ("session_ids", {})


def claim(opened: int, owner: str = "a") -> tuple[str, dict[str, object]]:
    return "claim_ownership", {"owner_id": owner, "scope": "Session", "sid": {"$ref": opened}}


def with_capability(op: str, step: int, **others: object) -> tuple[str, dict[str, object]]:
    return op, {"capability": {"$ref": step}, **others}


def test_what_changed_the_session_is_likeliest_and_each_kind_of_step_comes_before_a_second_of_it() -> None:
    given = program(
        OPEN,
        OPEN,
        claim(0),
        claim(1),
        with_capability("attenuate_ownership_scope", 2, new_scope="Session"),
        with_capability("attenuate_ownership_scope", 4, new_scope="Session"),
        ("observe", {"sid": {"$ref": 0}}),
        LOOK,
        ("close", {"sid": {"$ref": 1}}),
        ("current_ownership", {"sid": {"$ref": 0}}),
    )
    assert likely_first(given, {0, 9}) == [5, 2, 4, 8, 3, 1, 6, 7]


def test_a_step_that_cannot_be_formed_without_others_may_be_the_one_that_is_needed() -> None:
    fragments = {"Fragments": []}
    receipt = {"claim_id": 1, "from_generation": 0, "from_owner_id": "b", "scope": fragments, "to_owner_id": "a"}
    given = program(
        OPEN,
        claim(0),
        with_capability("begin_ownership_transfer", 1, new_owner_id="a", new_scope="Session"),
        ("commit_ownership_transfer", {"receipt": {"$ref": 2}}),
        ("open_with_sid", {"initial_types": {}, "roles": [], "sid": 2**64 - 2}),
        with_capability("attenuate_ownership_scope", 3, new_scope="Session"),
        OPEN,
        claim(6),
        with_capability("begin_ownership_transfer", 5, new_owner_id="b", new_scope="Session"),
        with_capability("issue_readiness_witness", 7, predicate_ref="p"),
        with_capability("release_ownership", 7),
        ("commit_ownership_transfer", {"receipt": {"$ref": 8}}),
        claim(6, "b"),
        with_capability("consume_readiness_witness", 12, witness={"$ref": 9}),
        with_capability("begin_ownership_transfer", 12, new_owner_id="a", new_scope=fragments),
        with_capability("attenuate_ownership_scope", 11, new_scope="Session"),
        ("commit_ownership_transfer", {"receipt": {**receipt, "session_id": 2**64 - 1, "to_generation": 1}}),
        ("validate_ownership_capability", {"capability": {"$ref": 15, "set": {"session_id": {"$ref": 6}}}}),
    )
    result = minimise(WrongReference(WRONG["validate ignores the generation"]), given)
    assert (result.ending, len(result.program.steps)) == ("minimal", 3)


def test_steps_with_the_roles_of_the_last_one_are_likelier_than_others_of_its_session() -> None:
    roles = {"from": "A", "sid": {"$ref": 0}, "to": "B"}
    other = {"from": "A", "sid": {"$ref": 0}, "to": "C"}
    to_c = [[{"name": "m", "sort": "Unit"}, None, {"Send": {"branches": [], "partner": "C"}}]]
    types = {"A": {"Send": {"branches": to_c, "partner": "B"}}}
    given = program(
        ("open", {"initial_types": types, "roles": ["A", "B", "C"]}),
        ("send", {**roles, "val": "Unit"}),
        ("send", {**roles, "val": {"Nat": 1}}),
        ("send", {**other, "val": "Unit"}),
        claim(0),
        ("has_message", roles),
    )
    assert likely_first(given, {0, 5}) == [2, 1, 4, 3]


def first_candidates(name: str, given: Program, count: int) -> list[list[tuple[str, dict[str, object]]]]:
    adapter = WrongReference(WRONG[name])
    trials = Trials(adapter, Level.state)
    sighting = trials.look(given)
    trials.target = sighting.fingerprint
    assert sighting.divergence is not None
    tried: list[list[tuple[str, dict[str, object]]]] = []
    look = trials.look

    def noted(program: Program, *arguments: object) -> Sighting:
        tried.append(plain(program))
        return look(program, *arguments)

    trials.look = noted
    sliced(trials, given, sighting.divergence)
    return tried[:count]


def test_messages_that_were_told_apart_still_are_in_the_plain_candidates_of_a_receive() -> None:
    types = {"A": {"Send": {"branches": [], "partner": "B"}}}
    edge = {"from": "A", "sid": {"$ref": 0}, "to": "B"}
    given = program(
        ("open", {"initial_types": types, "roles": ["A", "B"]}),
        ("send", {**edge, "val": {"Nat": 7}}),
        LOOK,
        ("session_ids", {}),
        ("send", {**edge, "val": {"Str": "last"}}),
        ("recv", edge),
    )
    contract_only, with_one_more = first_candidates("recv gives the newest", given, 2)
    assert [args.get("val") for _, args in contract_only] == [None, "Unit", None]
    first, second = (args["val"] for op, args in with_one_more if op == "send")
    assert first != second
    assert minimise(WrongReference(WRONG["recv gives the newest"]), given).runs.implementation <= 6


def test_a_value_that_was_answered_wrongly_is_not_made_the_one_that_was_answered() -> None:
    given = program(
        OPEN,
        claim(0),
        with_capability("begin_ownership_transfer", 1, new_owner_id="b", new_scope={"Fragments": ["x"]}),
        LOOK,
        ("commit_ownership_transfer", {"receipt": {"$ref": 2}}),
    )
    (tried,) = first_candidates("commit grants the giver's scope", given, 1)
    assert tried[2][1]["new_scope"] == {"Fragments": []}  # not Session, which the giver has
