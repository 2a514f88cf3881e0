"""The observable state of a session, and the table of operations (contract §8, §12)."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces import codec
from telltale_conformance.model.contract import (
    CONTRACTS,
    HARDENED,
    TELLTALE_17,
    Contract,
    UnknownContract,
    contract_named,
)
from telltale_conformance.model.errors import NoBranch, Refused, StringError
from telltale_conformance.model.guard_table import BRANCH, BUFFER, G_FOUND, GUARDS
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import Send
from telltale_conformance.model.types.trees import END
from telltale_conformance.model.values import SESSION, Endpoint
from tests.model.store_world import BOTH, LOOP, TOP, branch, do, opened, owned, plain, run, snapshot, value

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)


@both
def test_all_of_the_state_is_observed(contract: Contract) -> None:
    store, cap = owned(contract, types=LOOP)
    do(store, "open", ("B", "A"), {"A": Send("B", (branch("m"),))})
    receipt = do(store, "begin_ownership_transfer", cap, "bob", SESSION)
    first = do(store, "issue_readiness_witness", cap, "p")
    second = do(store, "issue_readiness_witness", cap, "q")
    do(store, "consume_readiness_witness", cap, first)
    do(store, "send", 0, "A", "B", value("Unit"))
    state = run(store, "observe", 0).ok
    types = {role: plain(do(store, "lookup_type", Endpoint(role=role, sid=0))) for role in "AB"}
    edge = {"sid": 0, "sender": "A", "receiver": "B"}
    assert state == {
        "audit_len": 5,
        "auth": {"leaves": 1, "roots": 1, "trees": 1},
        "buffers": [
            {"capacity": 64, "edge": edge, "len": 1},
            {"capacity": 64, "edge": {"sid": 0, "sender": "B", "receiver": "A"}, "len": 0},
        ],
        "default_handler": "default_handler",
        "edge_handlers": [],
        "edge_traces": [],
        "edges": [[0, 1, "A", "B"], [1, 0, "B", "A"]],
        "epoch": 0,
        "local_types": [{"role": role, "current": types[role], "original": plain(LOOP[role])} for role in "AB"],
        "ownership": {
            "consumed_witnesses": [1],
            "current": plain(cap),
            "issued_readiness": [plain(second)],
            "next_claim_id": 2,
            "next_witness_id": 3,
            "pending_transfer": plain(receipt),
            "terminal_reason": None,
        },
        "role_ids": {"A": 0, "B": 1},
        "roles": ["A", "B"],
        "sid": 0,
        "status": "Active",
    }


@both
def test_observing_changes_nothing(contract: Contract) -> None:
    store, _ = owned(contract, types=LOOP)
    before = snapshot(store)
    first = run(store, "observe", 0)
    assert first.audit == []
    assert run(store, "observe", 0) == first
    assert snapshot(store) == before


def test_types_and_buffers_are_sorted_by_name_and_edges_by_id() -> None:
    talk = Send("é", (branch("m", Send("z", (branch("m"),))),))
    store = opened(TELLTALE_17, {"m": talk, "a": talk, "é": END, "B": END}, roles=("é", "z", "m", "a", "B"))
    state = run(store, "observe", 0).ok
    assert [each["role"] for each in state["local_types"]] == ["B", "a", "m", "é"]
    pairs = [(each["edge"]["sender"], each["edge"]["receiver"]) for each in state["buffers"]]
    assert pairs == [("a", "z"), ("a", "é"), ("m", "z"), ("m", "é")]
    assert state["edges"] == [[2, 0, "m", "é"], [2, 1, "m", "z"], [3, 0, "a", "é"], [3, 1, "a", "z"]]


def test_witnesses_are_observed_by_id() -> None:
    store, cap = owned()
    made = [do(store, "issue_readiness_witness", cap, "p") for _ in range(12)]
    for index in (9, 2, 10, 4):
        do(store, "consume_readiness_witness", cap, made[index])
    ownership = run(store, "observe", 0).ok["ownership"]
    assert ownership["consumed_witnesses"] == [3, 5, 10, 11]
    assert [each["witness_id"] for each in ownership["issued_readiness"]] == [1, 2, 4, 6, 7, 8, 9, 12]


def test_under_telltale_17_ids_issued_again_at_the_top_are_still_observed_by_id() -> None:
    store, cap = owned()
    ownership = store.sessions[0].ownership
    ownership.next_witness_id = TOP
    do(store, "issue_readiness_witness", cap, "p")
    ownership.next_witness_id = 5
    do(store, "issue_readiness_witness", cap, "p")
    issued = run(store, "observe", 0).ok["ownership"]["issued_readiness"]
    assert [each["witness_id"] for each in issued] == [5, TOP]


OPERATION_ARGUMENTS = {
    "open": "roles initial_types buffer_config",
    "open_with_sid": "sid roles initial_types buffer_config",
    "close": "sid",
    "reap_closed": "",
    "reap_sessions": "session_ids",
    "closed_session_ids": "",
    "session_ids": "",
    "active_count": "",
    "live_count": "",
    "next_session_id": "",
    "archived_closed": "",
    "memory_usage": "",
    "plan": "roles initial_types",
    "claim_ownership": "sid owner_id scope",
    "release_ownership": "capability",
    "validate_ownership_capability": "capability",
    "begin_ownership_transfer": "capability new_owner_id new_scope",
    "commit_ownership_transfer": "receipt",
    "rollback_ownership_transfer": "receipt",
    "cancel_abandoned_transfer": "receipt",
    "fault_failed_transfer_commit": "receipt reason",
    "attenuate_ownership_scope": "capability new_scope",
    "apply_owned_session_mutation": "capability mutation",
    "issue_readiness_witness": "capability predicate_ref",
    "consume_readiness_witness": "capability witness",
    "mark_owner_died": "sid owner_id",
    "current_ownership": "sid",
    "authority_audit_log": "sid",
    "lookup_handler": "edge",
    "lookup_trace": "edge",
    "default_handler_for_session": "sid",
    "lookup_type": "ep",
    "original_type": "ep",
    "update_type": "ep new_type",
    "update_original": "ep new_original",
    "remove_type": "ep",
    "lookup_branch_resolution": "ep label",
    "advance": "ep label",
    "unfold_mu": "lt",
    "unfold_if_var": "cont original",
    "unfold_if_var_with_scope": "cont original",
    "send": "sid from_ to val",
    "recv": "sid from_ to",
    "has_message": "sid from_ to",
    "observe": "sid",
    "decode_edge_json": "value session_hint",
    "issue_timeout_witness": "site until_tick",
    "advance_clock": "tick",
    "runtime_audit_log": "",
    "open_with_sid_from_plan": "sid plan buffer_config",
    "send_with_sequence": "sid from_ to val sequence_no",
    "send_signed": "sid from_ to val signature sequence_no",
    "recv_signed": "sid from_ to",
    "recv_verified": "sid from_ to",
    "recv_verified_signed": "sid from_ to",
    "reload": "form",
    "update_handler": "edge handler",
    "set_default_handler_for_session": "sid handler",
    "update_trace": "edge trace",
    "has_bound_handler": "sid",
    "auth_root": "sid edge",
    "auth_leaves": "sid edge",
    "auth_proof": "sid edge index",
    "auth_verify": "root leaf proof",
    "lifecycle_state": "event",
    "decode": "type_ text",
}


def test_the_operations_are_those_of_the_contract() -> None:
    assert {name: " ".join(operation.parameters) for name, operation in OPERATIONS.items()} == OPERATION_ARGUMENTS
    assert all(name == operation.name for name, operation in OPERATIONS.items())


def test_a_fault_of_the_model_is_no_outcome() -> None:
    def broken(store: Store) -> None:
        raise ZeroDivisionError

    operation = OPERATIONS["live_count"]._replace(function=broken)
    with pytest.raises(ZeroDivisionError):
        step(Store(), operation, ())


def test_every_refusal_has_a_json_form() -> None:
    with pytest.raises(NotImplementedError):
        Refused(G_FOUND).to_json()
    assert StringError(BUFFER, "A", "{B}").to_json() == "no buffer for edge A → {B}"
    assert str(StringError(BUFFER, "A", "B")) == "§8 buffer: the pair of roles has no buffer"
    ep = Endpoint(role="A", sid=1)
    assert NoBranch(BRANCH, {"ep": ep, "label": "l"}).to_json() == {"NoBranch": {"ep": ep, "label": "l"}}


def test_the_guards_name_the_variants_of_the_schema() -> None:
    schema = json.loads(Path(codec.__file__).with_name("schemas").joinpath("domain.json").read_text())
    ownership = set(schema["$defs"]["OwnershipError"]["properties"])
    named = {guard.error for guard in GUARDS.values() if guard.text is None}
    assert named == ownership | {"NoBranch"}
    assert len(ownership) >= 14


def test_the_contracts_by_name() -> None:
    assert list(CONTRACTS) == ["telltale-17", "hardened"]
    assert contract_named("telltale-17") is TELLTALE_17
    assert Store("hardened").contract is HARDENED
    assert Store().contract is TELLTALE_17
    for wrong in ("", "telltale", "Hardened"):
        with pytest.raises(UnknownContract, match=r"telltale-17, hardened$"):
            Store(wrong)


def test_one_rule_is_the_difference_of_one_field() -> None:
    rules = [name for name in inspect.signature(Contract).parameters if name != "name"]
    assert len(rules) == 20
    assert not any(getattr(TELLTALE_17, rule) for rule in rules)
    assert all(getattr(HARDENED, rule) for rule in rules)


READ_ONLY: list[tuple[Any, ...]] = [
    ("closed_session_ids",),
    ("session_ids",),
    ("active_count",),
    ("live_count",),
    ("next_session_id",),
    ("archived_closed",),
    ("memory_usage",),
    ("plan", ("A",), {}),
    ("current_ownership", 0),
    ("authority_audit_log", 0),
    ("default_handler_for_session", 0),
    ("lookup_type", Endpoint(role="A", sid=0)),
    ("original_type", Endpoint(role="A", sid=0)),
    ("lookup_branch_resolution", Endpoint(role="A", sid=0), "more"),
    ("unfold_mu", LOOP["A"]),
    ("unfold_if_var", LOOP["A"], END),
    ("unfold_if_var_with_scope", LOOP["A"], END),
    ("has_message", 0, "A", "B"),
    ("observe", 0),
    ("decode_edge_json", [0, "A", "B"]),
    ("runtime_audit_log",),
]


@both
@pytest.mark.parametrize("call", READ_ONLY, ids=lambda call: call[0])
def test_look_ups_change_nothing(contract: Contract, call: tuple[Any, ...]) -> None:
    store, cap = owned(contract, types=LOOP)
    do(store, "send", 0, "A", "B", value("Unit"))
    do(store, "issue_readiness_witness", cap, "p")
    do(store, "issue_timeout_witness", "gate", 3)
    before = snapshot(store)
    answer = run(store, *call)
    assert (answer.err, answer.audit) == (None, [])
    assert run(store, *call) == answer
    assert snapshot(store) == before
