"""The table of operations says what is true: of every call of every operation, on programs of both contracts."""

from __future__ import annotations

import types
import typing
from copy import deepcopy
from typing import Any, get_type_hints

import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.model.errors import NoBranch, OwnershipError, Refused, StringError
from telltale_conformance.model.observe import observe
from telltale_conformance.model.operations import OPERATIONS, Operation, those
from telltale_conformance.model.sessions import memory_usage
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    CancellationWitness,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
)

WITH_SID = ("open_with_sid", "open_with_sid_from_plan")
PROGRAMS = 75
"""Four programs of every profile."""


class Seen(typing.NamedTuple):
    """One call as it was seen."""

    operation: Operation
    ok: Any
    error: Refused | None
    changed: bool
    logs: frozenset[str]
    ended: int
    """How many sessions it gave a terminal reason."""


def state_of(store: Store) -> Any:
    sessions = {sid: (observe(store, sid), tuple(session.log)) for sid, session in store.sessions.items()}
    timeouts = store.timeouts
    return sessions, memory_usage(store), tuple(store.archive), store.next_sid, timeouts.clock, tuple(timeouts.log)


def terminal_sessions(store: Store) -> set[int]:
    return {sid for sid, session in store.sessions.items() if session.ownership.terminal is not None}


@pytest.fixture(scope="module")
def calls() -> list[Seen]:
    seen = []
    for contract in CONTRACTS:
        for index in range(PROGRAMS):
            generator = Generator(3, index, contract=contract)
            store = generator.store
            before, ended = state_of(store), terminal_sessions(store)
            for step in generator.steps(60):
                after, now = state_of(store), terminal_sessions(store)
                logs = set()
                if any(len(log) > len(before[0].get(sid, (None, ()))[1]) for sid, (_, log) in after[0].items()):
                    logs.add("session")
                if after[-1] != before[-1]:
                    logs.add("runtime")
                outcome = step.outcome
                gone = len(now - ended)
                seen.append(
                    Seen(step.operation, deepcopy(outcome.ok), outcome.error, after != before, frozenset(logs), gone)
                )
                before, ended = after, now
    return seen


def test_every_operation_was_called(calls: list[Seen]) -> None:
    assert {call.operation.name for call in calls} == ALL_OPERATIONS


def test_what_reads_only_changes_nothing_and_everything_else_does(calls: list[Seen]) -> None:
    changing = {call.operation.name for call in calls if call.changed}
    assert changing == ALL_OPERATIONS & those(lambda operation: not operation.reads_only)


def test_the_logs_that_are_written(calls: list[Seen]) -> None:
    written = {call.operation.name: call.logs for call in calls if call.logs}
    assert written == {name: {op.log} for name, op in OPERATIONS.items() if op.log is not None}


def test_the_errors_that_are_answered(calls: list[Seen]) -> None:
    kinds = {"text": StringError, "ownership": OwnershipError, "branch": NoBranch}
    for call in calls:
        if call.error is not None:
            assert isinstance(call.error, kinds[call.operation.errors])
    refused = {call.operation.name for call in calls if call.error is not None}
    assert refused == ALL_OPERATIONS & those(lambda operation: operation.errors != "none")


def test_what_ends_ownership_for_good(calls: list[Seen]) -> None:
    assert {call.operation.name for call in calls if call.ended} == those(lambda operation: operation.terminal)


def test_what_is_given(calls: list[Seen]) -> None:
    kinds = {
        OwnershipCapability: "capability",
        OwnershipReceipt: "receipt",
        ReadinessWitness: "witness",
        CancellationWitness: "cancellation",
    }
    for call in calls:
        if type(call.ok) in kinds:
            assert call.operation.result == kinds[type(call.ok)]
    assert those(lambda op: op.gives == "capability") == {
        "claim_ownership",
        "commit_ownership_transfer",
        "attenuate_ownership_scope",
    }
    assert those(lambda op: op.gives == "session") == {"open", "open_with_sid", "open_with_sid_from_plan"}
    assert OPERATIONS["current_ownership"].gives is None


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda operation: operation.name)
def test_the_function_returns_what_the_row_says(operation: Operation) -> None:
    returned = get_type_hints(operation.function)["return"]
    if operation.result == "nothing":
        assert returned is type(None)
    else:
        union = typing.get_origin(returned) in (typing.Union, types.UnionType)
        assert operation.nullable == (union and type(None) in typing.get_args(returned))


def test_results_of_one_kind_have_one_type() -> None:
    by_kind: dict[str, set[Any]] = {}
    for operation in OPERATIONS.values():
        returned = get_type_hints(operation.function)["return"]
        parts = set(typing.get_args(returned)) - {type(None)} if operation.nullable else {returned}
        by_kind.setdefault(operation.result, set()).add(frozenset(map(str, parts)))
    assert {kind: len(found) for kind, found in by_kind.items() if len(found) > 1} == {}


def test_arguments_that_may_be_left_out() -> None:
    optional = {name: set(op.optional) for name, op in OPERATIONS.items() if op.optional}
    assert optional == {
        "open": {"buffer_config"},
        "open_with_sid": {"buffer_config"},
        "decode_edge_json": {"session_hint"},
        "open_with_sid_from_plan": {"buffer_config"},
        "send_signed": {"sequence_no"},
    }


def test_the_session_that_the_first_argument_names() -> None:
    assert those(lambda op: op.sid_of is None) == those(
        lambda op: op.parameters[:1] not in (("sid",), ("capability",), ("receipt",), ("ep",), ("edge",))
    )
    assert those(lambda op: op.sid_of is not None and op.subject is None) == those(
        lambda op: op.parameters[:1] in (("ep",), ("edge",)) or op.name in WITH_SID
    )


def test_what_an_operation_reaches() -> None:
    assert those(lambda op: op.reach == "opening") == {"open", "open_with_sid", "open_with_sid_from_plan"}
    assert those(lambda op: op.reach == "session") == those(
        lambda op: op.sid_of is not None and op.name not in WITH_SID
    )
    assert those(lambda op: op.reach == "everything") == {"reload"}
