"""The parts of the minimiser: classes, lifting, removal, names and values, recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.values import OwnershipCapability
from telltale_conformance.oracle.adapters import Request
from telltale_conformance.oracle.minimise.lifting import NotLiftable, lift, without_references_in_data
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.names import canonical, names_of, renamed
from telltale_conformance.oracle.minimise.recorded import read_recording, same_up_to_names
from telltale_conformance.oracle.minimise.removal import host_call, retargeted, written_out
from telltale_conformance.oracle.minimise.standing import as_before
from telltale_conformance.oracle.minimise.values import simplifications
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.minimise_world import diverging, plain, program, record, seen, shows
from tests.oracle.wrong_references import WRONG, WrongReference

OPEN = ("open", {"initial_types": {}, "roles": []})
CAP = {"generation": 0, "owner_id": "a", "scope": "Session", "session_id": 0}
CLAIM = ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}})


def lifted(*events: tuple[str, dict[str, Any], Any]) -> list[dict[str, Any]]:
    return [step.args for step in lift(events, "telltale-17", {}).steps]


# Lifting


def test_values_of_earlier_results_become_references() -> None:
    assert lifted(
        ("open", {"initial_types": {}, "roles": []}, 0),
        ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": 0}, CAP),
        ("release_ownership", {"capability": CAP}, None),
        ("validate_ownership_capability", {"capability": {**CAP, "scope": {"Fragments": []}}}, None),
        ("validate_ownership_capability", {"capability": {**CAP, "session_id": 7}}, None),
        ("reap_sessions", {"session_ids": [0, 7]}, []),
        ("lookup_handler", {"edge": {"receiver": "B", "sender": "A", "sid": 0}}, None),
        ("decode_edge_json", {"value": {"receiver": "B", "sender": "A", "sid": 0}}, None),
    )[1:] == [
        {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}},
        {"capability": {"$ref": 1}},
        {"capability": {"$ref": 1, "set": {"scope": {"Fragments": []}}}},
        {"capability": {**CAP, "session_id": 7}},
        {"session_ids": [{"$ref": 0}, 7]},
        {"edge": {"receiver": "B", "sender": "A", "sid": {"$ref": 0}}},
        {"value": {"receiver": "B", "sender": "A", "sid": 0}},
    ]


def test_the_last_step_that_gave_a_value_is_referred_to() -> None:
    claim = ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": 0}, CAP)
    release = ("release_ownership", {"capability": CAP}, None)
    args = lifted(("open", {"initial_types": {}, "roles": []}, 0), claim, release, claim, release)
    assert args[4] == {"capability": {"$ref": 3}}


def test_what_looks_like_a_reference_cannot_be_lifted() -> None:
    with pytest.raises(NotLiftable, match="event 0: an argument of decode_edge_json has the shape of a reference"):
        lifted(("decode_edge_json", {"value": {"$ref": 0}}, None))


@pytest.mark.parametrize("index", range(12))
def test_a_lifted_program_asks_what_was_recorded(index: int) -> None:
    side = on_reference(generate_program(5, index))
    events = [(item.step.op, item.args, _ok(item.outcome)) for item in side.steps]
    again = on_reference(lift(events, "telltale-17", {}))
    assert again.skipped == []
    assert [(item.step.op, item.printed) for item in again.steps] == [
        (item.step.op, item.printed) for item in side.steps
    ]


def _ok(outcome: Any) -> Any:
    return msgspec.json.decode(encode(outcome.ok)) if outcome.error is None else None


# Removal


def test_a_removed_result_is_written_out_with_its_session_referred_to() -> None:
    forged = {"$ref": 1, "set": {"generation": 4}}
    given = program(OPEN, CLAIM, ("validate_ownership_capability", {"capability": forged}))
    left = written_out(given, {1}, on_reference(given).results)
    wanted = {**CAP, "generation": 4, "session_id": {"$ref": 0}}
    assert plain(left)[1] == ("validate_ownership_capability", {"capability": wanted})


def test_a_reference_moves_to_the_result_before_and_what_served_only_the_removed_step_goes() -> None:
    given = program(
        OPEN,
        CLAIM,
        ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "b", "new_scope": "Session"}),
        ("commit_ownership_transfer", {"receipt": {"$ref": 2}}),
        ("release_ownership", {"capability": {"$ref": 3}}),
    )
    moved = retargeted(given, 3)
    assert moved is not None
    assert plain(moved) == [OPEN, CLAIM, ("release_ownership", {"capability": {"$ref": 1}})]


# Names and values


def test_names_are_made_plain_as_they_come_and_stay_apart() -> None:
    branch = [{"name": "ping", "sort": "Unit"}, None, {"Var": "loop"}]
    types = {"client": {"Mu": {"body": {"Send": {"branches": [branch], "partner": "server"}}, "var": "loop"}}}
    given = program(
        ("open", {"initial_types": types, "roles": ["client", "server"]}),
        ("claim_ownership", {"owner_id": "client", "scope": {"Fragments": ["left", "right"]}, "sid": {"$ref": 0}}),
        ("advance", {"ep": {"role": "client", "sid": {"$ref": 0}}, "label": "ping"}),
    )
    branch = [{"name": "m", "sort": "Unit"}, None, {"Var": "t"}]
    types = {"A": {"Mu": {"body": {"Send": {"branches": [branch], "partner": "B"}}, "var": "t"}}}
    assert plain(renamed(given, canonical(names_of(given)))) == [
        ("open", {"initial_types": types, "roles": ["A", "B"]}),
        ("claim_ownership", {"owner_id": "a", "scope": {"Fragments": ["x", "y"]}, "sid": {"$ref": 0}}),
        ("advance", {"ep": {"role": "A", "sid": {"$ref": 0}}, "label": "m"}),
    ]


def test_plain_names_have_nothing_plainer() -> None:
    assert canonical(names_of(program(OPEN, CLAIM))) == {}


@pytest.mark.parametrize("index", range(8))
def test_simplifying_comes_to_an_end_with_programs_that_can_be_read(index: int) -> None:
    given = generate_program(2, index, steps=12)
    given = msgspec.structs.replace(given, steps=given.steps[:12])
    for _ in range(2_000):
        changes = list(simplifications(given))
        if not changes:
            break
        given = changes[0].candidate
        on_reference(given)
    assert list(simplifications(given)) == []


def test_numbers_go_towards_zero() -> None:
    given = program(("advance_clock", {"tick": 9}))
    assert [change.value for change in simplifications(given)] == [0, 1, 2, 4, 8]
    great = program(("advance_clock", {"tick": 2**20}))
    assert {2**19, 3 * 2**18, 2**20 - 1} < {change.value for change in simplifications(great)} < {*range(2**20)}


def test_the_same_up_to_names_and_ids_only() -> None:
    old = [{"session_id": 3, "owner_id": "a", "generation": 2}, {"session_id": 3}]
    new = [{"session_id": 0, "owner_id": "b", "generation": 2}, {"session_id": 0}]
    assert same_up_to_names(old, new) == {("session", 3): 0, ("owner", "a"): "b"}
    assert same_up_to_names(old, [{**new[0], "generation": 1}, new[1]]) is None
    assert same_up_to_names(old, [new[0], {"session_id": 1}]) is None
    two = [{"owner_id": "a"}, {"owner_id": "b"}]
    assert same_up_to_names(two, [{"owner_id": "c"}, {"owner_id": "c"}]) is None


# Recordings


@pytest.mark.parametrize(
    "name",
    ["release ignores a pending transfer", "owner death keeps the pending transfer", "commit keeps the generation"],
)
def test_a_recording_is_minimised_without_the_implementation(name: str, tmp_path: Path) -> None:
    given = diverging(name)
    recording = read_recording(record(WrongReference(WRONG[name]), given, tmp_path / "t.jsonl"))
    assert recording is not None
    result = minimise(recording.adapter, recording.program)
    assert result.ending == "minimal"
    assert result.fingerprint == seen(WrongReference(WRONG[name]), given).fingerprint
    assert len(result.program.steps) <= 9  # the answers recorded may be those to a third transfer
    assert result.fingerprint is not None
    assert shows(WrongReference(WRONG[name]), result.program, result.fingerprint)


def test_a_recording_that_agrees_has_nothing_to_minimise(tmp_path: Path) -> None:
    path = record(WrongReference({}), generate_program(1, 1), tmp_path / "t.jsonl")
    assert read_recording(path) is None


def test_a_recording_can_be_asked_at_once_and_again_after_a_reset(tmp_path: Path) -> None:
    name = "release ignores a pending transfer"
    release = ("release_ownership", {"capability": {"$ref": 1}})
    begin = ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "b", "new_scope": "Session"})
    given = program(OPEN, CLAIM, begin, release)
    recording = read_recording(record(WrongReference(WRONG[name]), given, tmp_path / "t.jsonl"))
    assert recording is not None
    asked = [Request(item.step.op, item.printed) for item in on_reference(recording.program).steps]
    first = [answer.kind for answer in recording.adapter.submit(asked)]
    recording.adapter.reset()
    again = [answer.kind for answer in recording.adapter.submit(asked)]
    assert first == again == ["ok", "ok", "ok", "ok"]


def test_the_recorded_answer_is_given_with_the_names_of_the_question(tmp_path: Path) -> None:
    name = "commit keeps the generation"
    given = program(
        OPEN,
        OPEN,
        ("claim_ownership", {"owner_id": "x", "scope": "Session", "sid": {"$ref": 1}}),
        ("begin_ownership_transfer", {"capability": {"$ref": 2}, "new_owner_id": "y", "new_scope": "Session"}),
        ("commit_ownership_transfer", {"receipt": {"$ref": 3}}),
    )
    recording = read_recording(record(WrongReference(WRONG[name]), given, tmp_path / "t.jsonl"))
    assert recording is not None
    result = minimise(recording.adapter, recording.program)
    assert [op for op, _ in plain(result.program)][-1] == "commit_ownership_transfer"
    assert len(result.program.steps) == 4
    found = seen(recording.adapter, result.program, Level.payload)
    assert found.divergence is not None
    assert found.divergence.actual == {"ok": {"$.generation": 0}}


def test_capabilities_have_the_fields_that_lifting_knows() -> None:
    assert set(CAP) == set(OwnershipCapability.__struct_fields__)


def test_programs_keep_their_contract(tmp_path: Path) -> None:
    assert isinstance(lift([], "hardened", {}), Program)
    assert lift([], "hardened", {}).contract == "hardened"


def test_a_session_id_in_a_type_or_a_message_refers_to_nothing() -> None:
    chan = {"Chan": {"role": "A", "sid": 0}}
    type_ = {"Send": {"branches": [[{"name": "m", "sort": "Unit"}, chan, "End"]], "partner": "B"}}
    message = {"Endpoint": {"role": "A", "sid": 0}}
    opened = lifted(
        ("open", {"initial_types": {}, "roles": []}, 0),
        ("open", {"initial_types": {"A": type_}, "roles": ["A", "B"]}, 1),
        ("send", {"from": "A", "sid": 1, "to": "B", "val": message}, "Sent"),
    )
    assert opened[1]["initial_types"] == {"A": type_}
    assert opened[2] == {"from": "A", "sid": {"$ref": 1}, "to": "B", "val": message}
    sending = {"from": "A", "sid": {"$ref": 0}, "to": "B"}
    referring = program(OPEN, ("send", {**sending, "val": {"Endpoint": {"role": "A", "sid": {"$ref": 0}}}}))
    assert without_references_in_data(referring, {0: 0}).steps[1].args == {**sending, "val": message}


# Standing to the session as before

ATTENUATE = ("attenuate_ownership_scope", {"capability": {"$ref": 1}, "new_scope": "Session"})


def without_attenuation(last: tuple[str, dict[str, Any]]) -> dict[str, Any] | None:
    """The last step's arguments once the attenuation before it is gone."""
    given = program(OPEN, CLAIM, ATTENUATE, ATTENUATE2, last)
    standing = as_before(given, program(OPEN, CLAIM, ATTENUATE))
    return None if standing is None else standing.steps[-1].args


ATTENUATE2 = ("attenuate_ownership_scope", {"capability": {"$ref": 2}, "new_scope": "Session"})


@pytest.mark.parametrize(
    ("fields", "stands"),
    [
        ({"generation": 2}, {"generation": 1}),
        ({"generation": 1}, {"generation": 0}),
        ({"generation": 0}, {"generation": 0}),
        ({"generation": 7}, {"generation": 2}),
        ({"generation": 2, "owner_id": "z"}, {"generation": 1, "owner_id": "z"}),
        ({"generation": 2, "scope": {"Fragments": ["x"]}}, {"generation": 1, "scope": {"Fragments": ["x"]}}),
    ],
)
def test_a_capability_stands_to_the_live_one_as_before(fields: dict[str, Any], stands: dict[str, Any]) -> None:
    last = ("release_ownership", {"capability": {**CAP, "session_id": {"$ref": 0}, **fields}})
    args = without_attenuation(last)
    assert args is not None
    assert args["capability"] == {**CAP, "session_id": {"$ref": 0}, **stands}


def test_a_receipt_stands_to_the_live_owner_where_none_is_pending() -> None:
    receipt = {
        "claim_id": 1, "from_generation": 2, "from_owner_id": "a", "scope": "Session",
        "session_id": {"$ref": 0}, "to_generation": 3, "to_owner_id": "b",
    }  # fmt: skip
    args = without_attenuation(("cancel_abandoned_transfer", {"receipt": receipt}))
    assert args == {"receipt": {**receipt, "from_generation": 1, "to_generation": 2}}


@pytest.mark.parametrize(
    ("fields", "stands"), [({}, {"generation": 0}), ({"generation": 0}, {"generation": 1}), ({"owner_id": "z"}, {})]
)
def test_a_witness_stands_to_the_issued_one_as_before(fields: dict[str, Any], stands: dict[str, Any]) -> None:
    def issued(*before: tuple[str, dict[str, Any]], capability: int) -> Program:
        return program(
            OPEN,
            CLAIM,
            *before,
            ("issue_readiness_witness", {"capability": {"$ref": capability}, "predicate_ref": "p"}),
        )

    consume = {"capability": {"$ref": 2}, "witness": {"$ref": 3, "set": fields}}
    whole = issued(ATTENUATE, capability=2)
    given = program(*plain(whole), ("consume_readiness_witness", consume))
    opened, claimed, issuing = issued(capability=1).steps
    numbered = (opened, claimed, msgspec.structs.replace(issuing, seq=3))
    standing = as_before(given, msgspec.structs.replace(whole, steps=numbered))
    assert standing is not None
    last = on_reference(standing).steps[-1]
    wanted = {
        "generation": 0,
        "owner_id": "a",
        "predicate_ref": "p",
        "scope": "Session",
        "session_id": 0,
        "witness_id": 1,
    }
    assert last.args["witness"] == {**wanted, **fields, **stands}
    assert last.args["capability"] == CAP


def test_what_names_a_session_that_no_step_opened_stands_to_nothing() -> None:
    assert without_attenuation(("release_ownership", {"capability": {**CAP, "session_id": 99}})) is None


def test_below_a_first_generation_there_is_none_so_it_stands_above() -> None:
    stale = ("release_ownership", {"capability": {**CAP, "session_id": {"$ref": 0}}})
    standing = as_before(program(OPEN, CLAIM, ATTENUATE, stale), program(OPEN, CLAIM))
    assert standing is not None
    assert standing.steps[-1].args["capability"]["generation"] == 1


@pytest.mark.parametrize(
    ("mutation", "call"),
    [
        (
            {"SetDefaultHandler": {"handler": "h"}},
            ("set_default_handler_for_session", {"handler": "h", "sid": {"$ref": 0}}),
        ),
        (
            {"UpdateEdgeHandler": {"edge": {"receiver": "B", "sender": "A", "sid": {"$ref": 0}}, "handler": "h"}},
            ("update_handler", {"edge": {"receiver": "B", "sender": "A", "sid": {"$ref": 0}}, "handler": "h"}),
        ),
        (
            {"UpdateTrace": {"edge": {"receiver": "B", "sender": "A", "sid": 0}, "trace": []}},
            ("update_trace", {"edge": {"receiver": "B", "sender": "A", "sid": 0}, "trace": []}),
        ),
    ],
)
def test_a_mutation_by_the_owner_may_become_a_call_of_the_host(mutation: Any, call: tuple[str, Any]) -> None:
    opened = ("open", {"initial_types": {}, "roles": []})
    claimed = ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}})
    mutate = ("apply_owned_session_mutation", {"capability": {"$ref": 1}, "mutation": mutation})
    look = ("observe", {"sid": {"$ref": 0}})
    without_owner = host_call(program(opened, claimed, mutate, look), 2)
    assert without_owner is not None
    assert plain(without_owner) == [opened, call, look]
    assert host_call(program(opened, claimed, look), 1) is None
