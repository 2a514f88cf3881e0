"""Reading and printing values (contract §20): what is read, what is refused by which row, what is not judged."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from telltale_conformance.model.decoding.reading import reading_of
from telltale_conformance.model.decoding.rows import Doubt, Leniency, Refusal
from telltale_conformance.model.decoding.shapes import Record, Variants
from telltale_conformance.model.decoding.table import TYPES, TypeName

ZEROS = json.dumps([0] * 32)
EDGE = {"sid": 1, "sender": "A", "receiver": "B"}
FRESH = {
    "current": None,
    "pending_transfer": None,
    "terminal_reason": None,
    "next_claim_id": 1,
    "next_witness_id": 1,
    "issued_readiness": {},
    "consumed_witnesses": [],
    "audit_log": [],
}
STATE = {
    "sid": 1,
    "roles": ["A"],
    "local_types": {},
    "buffers": {},
    "auth_leaves": {},
    "auth_roots": {},
    "edge_handlers": {},
    "edge_traces": {},
    "status": "Active",
    "epoch": 0,
}
TABLES = ("local_types", "buffers", "auth_leaves", "auth_trees", "auth_roots", "edge_handlers", "edge_traces")
WITNESS = {
    "witness_id": 1,
    "session_id": 0,
    "owner_id": "a",
    "generation": 0,
    "scope": "Session",
    "predicate_ref": "p",
}


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


def nested(levels: int) -> str:
    """A value that nests so many levels."""
    half, odd = divmod(levels, 2)
    inner = '{"Nat":1}' if odd else '"Unit"'
    return '{"Prod":["Unit",' * half + inner + "]}" * half


READ: dict[str, tuple[str, str, Any, list[Leniency]]] = {
    "plain": ("Edge", json.dumps(EDGE, separators=(",", ":")), EDGE, []),
    "order": ("Edge", '{"receiver":"B","sid":1,"sender":"A"}', EDGE, [Leniency.ORDER]),
    "unknown, twice": ("Edge", '{"sid":1,"x":[{}],"sender":"A","receiver":"B","x":1e999}', EDGE, [Leniency.UNKNOWN]),
    "array": ("Edge", '[1,"A","B"]', EDGE, [Leniency.ARRAY_FORM]),
    "array, payload": ("SessionStatus", '{"Faulted":["r"]}', {"Faulted": {"reason": "r"}}, [Leniency.ARRAY_FORM]),
    "null of ?": (
        "AuthorityAuditRecord",
        f'{{"artifact":{{"Readiness":{json.dumps(WITNESS, separators=(",", ":"))}}},"event":"Issued"}}',
        {"tick": None, "artifact": {"Readiness": WITNESS}, "event": "Issued", "reason": None},
        [Leniency.NULL_TAKEN],
    ),
    "default": ("Label", '{"name":"m"}', {"name": "m", "sort": "Unit"}, [Leniency.DEFAULT_TAKEN]),
    "default, array": (
        "Label",
        '["m"]',
        {"name": "m", "sort": "Unit"},
        [Leniency.ARRAY_FORM, Leniency.DEFAULT_MISSING],
    ),
    "unit as object": ("PayloadSort", '{"Real":null}', "Real", [Leniency.NULL_VARIANT]),
    "set": (
        "OwnershipScope",
        '{"Fragments":["é","z","a","é",""]}',
        {"Fragments": ["", "a", "z", "é"]},
        [Leniency.SET_REPEATS, Leniency.SET_ORDER],
    ),
    "set by bytes": (
        "OwnershipScope",
        '{"Fragments":["😀","\uff21"]}',
        {"Fragments": ["\uff21", "😀"]},  # in UTF-16 the other comes first
        [Leniency.SET_ORDER],
    ),
    "set of integers by value": (
        "SessionOwnershipState",
        json.dumps({**FRESH, "consumed_witnesses": [10, 9, 9]}, separators=(",", ":")),
        {**FRESH, "consumed_witnesses": [9, 10]},
        [Leniency.SET_REPEATS, Leniency.SET_ORDER],
    ),
    "list keeps order and repeats": (
        "SessionState",
        json.dumps({**STATE, "roles": ["b", "a", "b"]}, separators=(",", ":")),
        {**STATE, "roles": ["b", "a", "b"], "auth_trees": {}, "default_handler": "default_handler", "ownership": FRESH},
        [Leniency.DEFAULT_TAKEN],
    ),
    "greatest": ("Value", '{"Nat":18446744073709551615}', {"Nat": 2**64 - 1}, [Leniency.GREAT]),
    "last of a repeated key": (
        "SessionOwnershipState",
        json.dumps({**FRESH, "issued_readiness": 0}, separators=(",", ":")).replace(
            '"issued_readiness":0',
            f'"issued_readiness":{{"7":{json.dumps({**WITNESS, "witness_id": 5}, separators=(",", ":"))},'
            f'"7":{json.dumps(WITNESS, separators=(",", ":"))}}}',
        ),
        {**FRESH, "issued_readiness": {"7": WITNESS}},
        [Leniency.REPEATED_KEY],
    ),
    "unequal lists": (
        "AuthProof",
        '{"index":0,"siblings":[],"sibling_on_left":[true]}',
        {"index": 0, "siblings": [], "sibling_on_left": [True]},
        [Leniency.UNEQUAL_LISTS],
    ),
    "escapes": (
        "Value",
        r'{"Str":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}',
        {"Str": '"\\/\b\f\n\r\té😀'},
        [Leniency.ESCAPES],
    ),
    "escaped name": ("BufferMode", r'"\u0046ifo"', "Fifo", [Leniency.ESCAPES]),
    "white space": ("BufferMode", ' \t\r\n"Fifo" \t\r\n', "Fifo", [Leniency.WHITE_SPACE]),
    "sixty levels": ("Value", nested(60), json.loads(nested(60)), [Leniency.DEEP]),
    "store from an array": (
        "SessionStore",
        "[{},[],5]",
        {"sessions": {}, "archived_closed": [], "next_id": 5},
        [Leniency.ARRAY_FORM],
    ),
    "a lone surrogate beside it is an escape of an ignored pair": (
        "Endpoint",
        r'{"sid":0,"role":"A","x":"\ud83d\ude00"}',
        {"sid": 0, "role": "A"},
        [Leniency.UNKNOWN, Leniency.ESCAPES],
    ),
    "hash": ("Hash", ZEROS.replace(" ", ""), [0] * 32, []),
}


@pytest.mark.parametrize("case", READ)
def test_a_text_is_read_and_the_rows_that_it_makes_use_of_are_told(case: str) -> None:
    type_, text, value, rows = READ[case]
    reading = reading_of(type_, text)
    assert (reading.refusal, reading.doubts) == (None, ())
    assert json.dumps(reading.value, sort_keys=True) == json.dumps(value, sort_keys=True)
    assert list(reading.leniencies) == rows


REFUSED: dict[Refusal, list[tuple[str, str]]] = {
    Refusal.JSON: [
        ("BufferMode", text)
        for text in (
            "",
            " ",
            '"Fifo',
            '"Fifo"]',
            '"Fifo" "Fifo"',
            '\ufeff"Fifo"',
            '"Fifo"//',
            '/**/"Fifo"',
            "'Fifo'",
            "Fifo",
            '\u00a0"Fifo"',
            '\f"Fifo"',
            '"Fi\x00fo"',
            '"Fi\tfo"',
            r'"F\x69fo"',
            r'"F\u69fo"',
        )
    ]
    + [("Value", f'{{"Nat":{number}}}') for number in ("01", "+1", ".5", "1.", "0x1", "NaN", "-Infinity", "1,", "1_0")]
    + [("Edge", '{"sid":1,"sender":"A","receiver":"B",}'), ("Edge", '{"sid":1,"sender":"A","receiver":"B","x":tru}')],
    Refusal.RECORD: [("Edge", text) for text in ("1", '"Edge"', "null", "true")]
    + [("SessionStatus", '{"Faulted":"r"}')],
    Refusal.REPEATED: [
        ("Edge", '{"sid":1,"sender":"A","receiver":"B","sid":1}'),
        ("SessionStatus", '{"Faulted":{"reason":"a","reason":"a"}}'),
        ("Label", '{"name":"m","sort":"Unit","sort":"Unit"}'),
    ],
    Refusal.ABSENT: [
        ("Edge", '{"sid":1,"sender":"A"}'),
        ("Edge", '{"Sid":1,"sender":"A","receiver":"B"}'),
        ("SessionState", json.dumps(without(STATE, "roles"))),
        ("SessionStore", '{"sessions":{}}'),
    ],
    Refusal.NULL: [
        ("Edge", '{"sid":null,"sender":"A","receiver":"B"}'),
        ("Label", '{"name":"m","sort":null}'),
        ("Label", '["m",null]'),
        ("SignedValue", f'{{"payload":"Unit","signature":[{ZEROS},{ZEROS}],"sequence_no":null}}'),
        ("SessionState", json.dumps({**STATE, "auth_trees": None})),
        ("SessionState", json.dumps({**STATE, "default_handler": None})),
        ("SessionState", json.dumps({**STATE, "ownership": None})),
        ("SessionStore", '{"sessions":{},"next_id":0,"archived_closed":null}'),
    ],
    Refusal.TOO_FEW: [
        ("Edge", '[1,"A"]'),
        ("AuthorityAuditRecord", f'[null,{{"Readiness":{json.dumps(WITNESS)}}},"Issued"]'),
        ("SessionStore", "[{},[]]"),
        ("SessionOwnershipState", "[null,null,null,1,1,{},[]]"),
    ],
    Refusal.TOO_MANY: [("Edge", '[1,"A","B",null]'), ("Label", '["m","Unit",null]')],
    Refusal.VARIANT: [("BufferMode", text) for text in ("1", "null", "true", '["Fifo"]')],
    Refusal.KEYS: [
        ("SessionStatus", "{}"),
        ("SessionStatus", '{"Active":null,"Closed":null}'),
        ("SessionStatus", '{"Active":null,"Active":null}'),
        ("Value", '{"Nat":1,"x":null}'),
    ],
    Refusal.NAME: [
        ("SessionStatus", '"active"'),
        ("SessionStatus", '"Opened"'),
        ("SessionStatus", '{"opened":null}'),
        ("OwnershipError", '{"NoBranch":{"ep":{"sid":0,"role":"A"},"label":"m"}}'),
        ("OwnershipError", '{"SessionClosed":{"session_id":1}}'),
        ("LifecycleState", '"RolledBack"'),
    ],
    Refusal.NO_PAYLOAD: [("SessionStatus", text) for text in ('{"Active":{}}', '{"Active":[]}', '{"Active":"Active"}')],
    Refusal.PAYLOAD: [("SessionStatus", '"Faulted"'), ("Value", '"Nat"'), ("OwnershipScope", '"Fragments"')],
    Refusal.LENGTH: [
        ("Value", '{"Prod":["Unit"]}'),
        ("Value", '{"Prod":["Unit","Unit","Unit"]}'),
        ("Value", '{"Prod":{"0":"Unit","1":"Unit"}}'),
        ("LocalType", '{"Send":{"partner":"B","branches":[[{"name":"m"},"End"]]}}'),
        ("LocalType", '{"Send":{"partner":"B","branches":[{"0":1}]}}'),
    ],
    Refusal.ARRAY: [
        ("OwnershipScope", '{"Fragments":{}}'),
        ("OwnershipScope", '{"Fragments":null}'),
        ("OwnershipScope", '{"Fragments":"a"}'),
        ("LocalType", '{"Send":{"partner":"B","branches":{}}}'),
    ],
    Refusal.INTEGER: [
        ("Value", f'{{"Nat":{number}}}')
        for number in ("1.0", "1e0", "-0", "-1", "18446744073709551616", '"1"', "true", "null", "[1]", "1E2")
    ]
    + [("Hash", json.dumps([0] * 31 + [1.0]))],
    Refusal.KEY: [
        ("SessionStore", f'{{"sessions":{{{key}:{json.dumps(STATE)}}},"next_id":0}}')
        for key in ('"a"', '""', '"1.0"', '"-1"', '"18446744073709551616"', '" 1"', '"1e0"')
    ],
    Refusal.TABLE: [("SessionStore", '{"sessions":[],"next_id":0}'), ("SessionStore", '{"sessions":1,"next_id":0}')],
    Refusal.EMPTY: [
        ("SessionState", json.dumps({**STATE, name: entry}))
        for name in (
            "local_types",
            "buffers",
            "auth_leaves",
            "auth_trees",
            "auth_roots",
            "edge_handlers",
            "edge_traces",
        )
        for entry in ({"A": 1}, [])
    ],
    Refusal.TEXT: [("Value", f'{{"Str":{text}}}') for text in ("1", "null", "true", '["a"]', "{}")],
    Refusal.SURROGATE: [
        ("Value", r'{"Str":"\ud800"}'),
        ("Value", r'{"Str":"\udc00\ud800"}'),
        ("Value", r'{"Str":"\ud800a"}'),
        ("Endpoint", r'{"sid":0,"role":"\udfff"}'),
    ],
    Refusal.BOOL: [("Value", f'{{"Bool":{text}}}') for text in ("1", "0", '"true"', "null")],
    Refusal.HASH: [
        ("Hash", json.dumps([0] * 31)),
        ("Hash", json.dumps([0] * 33)),
        ("Hash", json.dumps([256] * 32)),
        ("Hash", "null"),
        ("Hash", f'"{"0" * 64}"'),
    ],
}


@pytest.mark.parametrize(
    ("row", "type_", "text"), [(row, *case) for row, cases in REFUSED.items() for case in cases], ids=str
)
def test_a_text_is_refused_by_its_row(row: Refusal, type_: str, text: str) -> None:
    reading = reading_of(type_, text)
    assert (reading.refusal, reading.doubts) == (row, ())


def test_every_row_is_tried() -> None:
    assert REFUSED.keys() == set(Refusal)
    assert {row for *_, rows in READ.values() for row in rows} == set(Leniency)


@pytest.mark.parametrize(
    ("type_", "text", "doubt"),
    [
        ("Value", nested(61), Doubt.NESTING),
        ("Edge", "[" * 61, Doubt.NESTING),
        ("Endpoint", r'{"sid":0,"role":"A","x":["\ud800"]}', Doubt.IGNORED_TEXT),
        ("Endpoint", r'{"sid":0,"role":"A","\ud800":1}', Doubt.IGNORED_TEXT),
        ("SessionStore", f'{{"sessions":{{"01":{json.dumps(STATE)}}},"next_id":0}}', Doubt.KEY_SPELLING),
        ("SessionStore", f'{{"sessions":{{"+1":{json.dumps(STATE)}}},"next_id":0}}', Doubt.KEY_SPELLING),
        ("SessionStore", f'{{"sessions":{{"\\u0031":{json.dumps(STATE)}}},"next_id":0}}', Doubt.KEY_SPELLING),
    ],
)
def test_what_the_contract_leaves_open_is_not_judged(type_: str, text: str, doubt: Doubt) -> None:
    reading = reading_of(type_, text)
    assert (reading.refusal, reading.doubts) == (None, (doubt,))


def test_what_is_refused_all_the_same_is_judged() -> None:
    assert reading_of("Endpoint", r'{"sid":-1,"role":"A","x":"\ud800"}').refusal is Refusal.INTEGER
    assert reading_of("SessionStore", f'{{"sessions":{{"01":{json.dumps(STATE)}}}}}').refusal is Refusal.ABSENT


@pytest.mark.parametrize("name", ["CounterExhausted", "SessionClosed", "ForeignEdge"])
def test_a_variant_that_hardened_adds_is_judged_under_the_other_contract_only(name: str) -> None:
    text = f'{{"{name}":{{"session_id":1}}}}'
    assert reading_of("OwnershipError", text).refusal is Refusal.NAME
    assert reading_of("OwnershipError", text, hardened=True).doubts == (Doubt.HARDENED,)


def test_a_key_that_hardened_adds_to_a_session_is_ignored() -> None:
    reading = reading_of("SessionState", json.dumps({**STATE, "next_generation": 3}), hardened=True)
    assert reading.value["sid"] == 1
    assert "next_generation" not in reading.value


def test_the_types_are_the_38_of_the_contract() -> None:
    assert list(TYPES) == list(get_args(TypeName))
    assert len(TYPES) == 38


def test_every_name_in_the_table_is_a_type_of_it() -> None:
    records = [shape for shape in TYPES.values() if isinstance(shape, Record)]
    variants = [shape for shape in TYPES.values() if isinstance(shape, Variants)]
    assert len(records) + len(variants) == 37  # a hash is neither
    for shape in records:
        names = [field.name for field in shape.fields]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("text", ['{"a":' * 5000, '"' + "\\" * 9999, "[" * 50_000 + "]" * 50_000, "9" * 100_000])
def test_a_great_text_is_no_trouble(text: str) -> None:
    reading = reading_of("Value", text)
    assert reading.refusal is not None or reading.doubts == (Doubt.NESTING,)
