"""Memory usage: what is counted, and the estimate of retained bytes."""

from __future__ import annotations

import pytest

from telltale_conformance.model.contract import Contract
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import SESSION, Edge, UpdateEdgeHandler, UpdateTrace
from tests.model.store_world import BOTH, LOOP, TOP, do, ended, opened, run, value

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
UNIT = value("Unit")
PARTS = ("live_sessions", "archived_closed", "local_types", "buffers", "traces", "auth", "handlers")


def retained(store: Store) -> dict[str, int]:
    parts: dict[str, int] = dict(run(store, "memory_usage").ok["retained_bytes"])
    assert set(parts) == {*PARTS, "total"}
    assert parts["total"] == min(sum(parts[part] for part in PARTS), TOP)
    assert all(number >= 0 for number in parts.values())
    return parts


@both
def test_memory_usage_of_an_empty_store_is_nothing(contract: Contract) -> None:
    usage = run(Store(contract), "memory_usage").ok
    assert set(usage) == {
        "archived_closed_sessions",
        "live_auth_leaf_count",
        "live_auth_root_count",
        "live_auth_tree_count",
        "live_buffer_count",
        "live_buffered_messages",
        "live_closed_sessions",
        "live_edge_handler_count",
        "live_local_type_entries",
        "live_sessions",
        "retained_bytes",
    }
    assert set(usage.pop("retained_bytes").values()) == {0}
    assert set(usage.values()) == {0}


@both
def test_retained_bytes_grow_with_what_is_held(contract: Contract) -> None:
    store = opened(contract, {})
    parts = [retained(store)]
    do(store, "open", ("A", "B"), LOOP)
    parts.append(retained(store))
    assert parts[1]["local_types"] > parts[0]["local_types"] == 0
    assert parts[1]["buffers"] > parts[0]["buffers"] == 0
    cap = do(store, "claim_ownership", 1, "ann", SESSION)
    edge = Edge(sender="A", receiver="B", sid=1)
    do(store, "apply_owned_session_mutation", cap, UpdateEdgeHandler(edge, "h"))
    do(store, "apply_owned_session_mutation", cap, UpdateTrace(edge, ()))
    do(store, "send", 1, "A", "B", UNIT)
    parts.append(retained(store))
    for part in ("handlers", "traces", "auth"):
        assert parts[2][part] > parts[1][part] == 0
    assert parts[2]["buffers"] > parts[1]["buffers"]
    assert parts[2]["archived_closed"] == 0


@both
def test_archived_bytes_are_0_exactly_when_nothing_is_archived(contract: Contract) -> None:
    store = ended(contract)
    assert retained(store)["archived_closed"] == 0
    do(store, "reap_closed")
    assert retained(store)["archived_closed"] > 0
    for sid in (0, 5):
        do(store, "close", sid)
    do(store, "reap_closed")
    parts = retained(store)
    assert {part: parts[part] for part in PARTS if part != "archived_closed"} == dict.fromkeys(
        (part for part in PARTS if part != "archived_closed"), 0
    )
    assert parts["archived_closed"] == parts["total"] > 0
    usage = run(store, "memory_usage").ok
    assert (usage["live_sessions"], usage["archived_closed_sessions"]) == (0, 6)


@both
def test_the_total_of_retained_bytes_saturates(contract: Contract) -> None:
    store = opened(contract)
    store.totals.messages = TOP
    store.totals.handlers = TOP
    assert run(store, "memory_usage").ok["retained_bytes"]["total"] == TOP
