"""The table of guards: each is raised by the check that bears its name, and docs/generated/guards.md lists them all.

``test_store_guards`` raises those of ownership operations; here are the others.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.model.contract import CONTRACTS, HARDENED, TELLTALE_17, Contract
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import Send
from telltale_conformance.model.types.payloads import UNIT
from telltale_conformance.model.values import BufferConfig, Edge, Endpoint
from tests.model.guard_world import NAMES, ROWS, row
from tests.model.store_world import PING, TOP, branch, do, opened, refusal
from tests.model.test_decoding import REFUSED, nested
from tools.guards_docs import GUARDS_PAGE, document

ROLES: tuple[Any, ...] = (("A", "B"), PING)


def used_up() -> Store:
    store = Store(HARDENED)
    do(store, "open_with_sid", TOP, *ROLES)
    return store


def with_a_forged_message() -> Store:
    store = opened(HARDENED)
    do(store, "send_signed", 0, "A", "B", UNIT, "corrupt")
    return store


def with_every_handler() -> Store:
    store = opened(TELLTALE_17)
    store.sessions[0].handler_names.update(map(str, range(65_535)))
    return store


def at_five() -> Store:
    store = Store()
    do(store, "advance_clock", 5)
    return store


RAISED: dict[str, tuple[Callable[[], Store], str, tuple[Any, ...]]] = {
    "§5 session": (Store, "close", (3,)),
    "H7 left": (used_up, "open", ROLES),
    "H7 ahead": (lambda: opened(HARDENED), "open_with_sid", (0, *ROLES)),
    "H7 unused": (used_up, "open_with_sid", (TOP, *ROLES)),
    "§18 roles": (Store, "plan", (tuple(map(str, range(65_537))), {})),
    "§18 handlers": (with_every_handler, "update_handler", (Edge(sender="A", receiver="B", sid=0), "one more")),
    "§18 labels": (Store, "open", (("A",), {"A": Send("A", tuple(map(branch, map(str, range(65_537)))))})),
    "§18 capacity": (
        Store,
        "open",
        (*ROLES, BufferConfig(initial_capacity=65_537, mode="LatestValue", policy="Block")),
    ),
    "H13": (lambda: Store(HARDENED), "plan", (("A", "B", "A"), {})),
    "§7": (lambda: opened(TELLTALE_17), "advance", (Endpoint(role="A", sid=0), "pong")),
    "§8 buffer": (lambda: opened(TELLTALE_17), "send", (0, "B", "A", "Unit")),
    "H16": (with_a_forged_message, "recv", (0, "A", "B")),
    "§14 signature": (with_a_forged_message, "recv_verified", (0, "A", "B")),
    "H19": (lambda: opened(HARDENED), "send_with_sequence", (0, "A", "B", UNIT, 1)),
    "§9 clock": (at_five, "advance_clock", (4,)),
    "§10.1 form": (Store, "decode_edge_json", ("edge",)),
    "§10.1 roles": (Store, "decode_edge_json", ([0, "A", None],)),
    "§10.1 sid": (Store, "decode_edge_json", ([-1, "A", "B"],)),
    "§10.2": (Store, "decode_edge_json", ([None, "A", "B"],)),
    "§20 left open": (Store, "decode", ("Value", nested(61))),
}
RAISED.update({f"§20 {row.row}": (Store, "decode", cases[0]) for row, cases in REFUSED.items()})


@pytest.mark.parametrize("guard", RAISED)
def test_a_refusal_carries_the_guard_whose_check_fired(guard: str) -> None:
    make, operation, arguments = RAISED[guard]
    refusal(make(), operation, *arguments, by=guard)


def test_every_guard_is_raised_by_some_test() -> None:
    of_rows = {NAMES.get(name, f"G-{name}") for operation in ROWS for name in row(operation, HARDENED)}
    assert of_rows | RAISED.keys() == GUARDS.keys()


@pytest.mark.parametrize("value", ["edge", 1, None, [], [0, "A"], [0, "A", "B", "C"]], ids=str)
def test_an_edge_of_another_form_is_told_from_one_with_other_fields(value: Any) -> None:
    refusal(Store(), "decode_edge_json", value, by="§10.1 form")


@pytest.mark.parametrize(
    "value", [{}, {"sender": "A"}, [0, 1, "B"], {"sender": "A", "receiver": 1, "sid": -1}], ids=str
)
def test_the_names_of_an_edge_are_looked_at_before_its_sid(value: Any) -> None:
    refusal(Store(), "decode_edge_json", value, by="§10.1 roles")


def test_the_page_lists_them_as_they_are() -> None:
    assert Path(GUARDS_PAGE).read_text(encoding="utf-8") == document(), "run python -m tools.guards_docs"


def test_each_rule_of_hardened_is_a_method_that_names_it() -> None:
    docs = [method.__doc__ for name, method in vars(Contract).items() if callable(method) and name[0] != "_"]
    named = [doc.split(" ")[0].rstrip(":") for doc in docs if doc]
    assert set(named) == {f"H{number}" for number in range(1, 21)}
    assert {rule.lower() for rule in named} | {"name"} == set(Contract.__dataclass_fields__)
    assert [contract.name for contract in CONTRACTS.values() if contract.h5] == ["hardened"]
