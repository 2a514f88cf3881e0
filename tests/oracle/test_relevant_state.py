"""What a reader of a divergence sees of the session: the part of the store that the operation is about."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import Edge, Endpoint
from telltale_conformance.oracle.verdict.relevant import relevant_state

EDGE = Edge(sid=0, sender="A", receiver="B")
TABLES = {"default_handler", "edge_handlers", "edge_traces"}


@pytest.mark.parametrize(
    ("op", "arguments", "shown"),
    [
        ("claim_ownership", (0, "a", None), {"ownership"}),
        ("current_ownership", (0,), {"ownership"}),
        ("send", (0, "A", "B", None), {"buffers"}),
        ("has_message", (0, "A", "B"), {"buffers"}),
        ("lookup_type", (Endpoint(sid=0, role="A"),), {"local_types"}),
        ("update_handler", (EDGE, "h"), {*TABLES, "ownership"}),
        ("lookup_handler", (EDGE,), {*TABLES, "audit_len", "epoch"}),
        ("close", (0,), {"audit_len", "epoch"}),
    ],
)
def test_the_part_that_the_operation_is_about_is_shown(op: str, arguments: tuple[Any, ...], shown: set[str]) -> None:
    store = Store(TELLTALE_17)
    step(store, OPERATIONS["open"], (["A", "B"], {}, None))
    state = relevant_state(store, OPERATIONS[op], arguments)
    assert state.keys() == {"sid", "status", *shown}
    assert relevant_state(store, OPERATIONS["close"], (7,)) == {"session": "session 7 is not live"}
    assert relevant_state(store, OPERATIONS["session_ids"], ()) == {"live_sessions": 1, "archived": 0}
