"""What a wrong store needs beyond the contract is found from the likeliest steps on."""

from __future__ import annotations

from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.needs import likely_first
from tests.oracle.minimise_world import program
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
