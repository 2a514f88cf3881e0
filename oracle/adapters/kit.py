"""What an adapter must be able to do before anything can be concluded about what is behind it: check by check."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, NamedTuple

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.lean_traces.codec import CODECS, encode
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.model.operations import OPERATIONS, Operation
from telltale_conformance.model.values import U64_MAX
from telltale_conformance.oracle.adapters import Adapter, Answer, Request, ask
from telltale_conformance.oracle.adapters.protocol import RESET
from telltale_conformance.readable import one_line, value_line

PIPELINED: Final = 1000
"""How many requests are sent at once to see that answers come in order; far more than a pipe holds."""
LONG_BYTES: Final = 1024 * 1024
DEEP_LEVELS: Final = 100
_LISTED: Final = 6
_ODD_TEXT: Final = 'ä→𝄞 "\\\n\x7f'


class Problem(InconclusiveError):
    """A check has failed: what is wrong, and what the author can do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy=remedy)


class NotOffered(InconclusiveError):
    """Thrown by a check that needs an operation which the adapter does not offer."""


class Check(NamedTuple):
    """One thing that an adapter must do."""

    name: str
    asks: str
    """What is asked of the adapter, in one sentence."""
    run: Callable[[Adapter], str]
    """Gives what was seen; raises Problem, NotOffered or an AdapterFault."""
    weight: Literal["must", "should", "contract"] = "must"
    """Whether nothing can be judged without it, or only less; or whether it is the contract's demand, which is for
    ``check`` to judge."""


def check_operations(adapter: Adapter) -> str:
    """Return the hello names operations of the contract, and a contract."""
    hello = adapter.hello
    known, unknown = hello.ops & OPERATIONS.keys(), sorted(hello.ops - OPERATIONS.keys())
    if unknown and not known:
        raise Problem(f"no operations but unknown ones: {_some(unknown)}", "name operations as the contract does")
    if not hello.ops:
        raise Problem("no operations", "list in ops what the adapter carries out")
    if hello.contract not in CONTRACTS:
        raise Problem(f"unknown contract {hello.contract!r}", f"name one of {', '.join(CONTRACTS)}")
    missing = [op for op in OPERATIONS if op not in known]
    parts = [f"{len(known)} of {len(OPERATIONS)}; not judged will be {_some(missing)}"] if missing else []
    parts = parts or [f"all {len(OPERATIONS)}"]
    if unknown:
        parts.append(f"unknown to this version, so never sent: {_some(unknown)}")
    return "; ".join(parts)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (" and more" if len(names) > _LISTED else "")


def check_understands(adapter: Adapter) -> str:
    """Every operation of the hello takes well-formed arguments."""
    requests = [request for op, request in WELL_FORMED.items() if op in adapter.hello.ops]
    answers = dict(zip(requests, _fresh(adapter, requests), strict=True))
    refused = {request.op: answer for request, answer in answers.items() if answer.kind == "bad_request"}
    if refused:
        op, answer = next(iter(refused.items()))
        raise Problem(
            f"bad_request for {', '.join(refused)}; {op}: {one_line(answer.text(), 200)}",
            "read the arguments with the names and forms of the contract; take operations that cannot be "
            "carried out from ops",
        )
    counts = {kind: [r.op for r, a in answers.items() if a.kind == kind] for kind in ("panic", "unsupported")}
    seen = [f"{', '.join(ops)} answered {kind}" for kind, ops in counts.items() if ops]
    return "; ".join([f"{len(answers)} asked", *seen])


def check_outcomes(adapter: Adapter) -> str:
    """Return what succeeds is answered with ok, what is refused with err."""
    _need(adapter, "claim_ownership")
    claim = WELL_FORMED["claim_ownership"]
    unknown = _fresh(adapter, [claim])[0]
    if unknown.kind != "err":
        raise Problem(
            f"claiming a session that does not exist was answered with {unknown.kind}",
            "print a refusal as err, in the form that the error's own serializer gives",
        )
    _need(adapter, "open")
    opened, claimed = _fresh(adapter, [WELL_FORMED["open"], claim])
    for answer in (opened, claimed):
        if answer.kind != "ok":
            raise Problem(f"open and claim were answered with {answer.kind}", "print a result as ok")
    return "ok and err" + (", with audit" if adapter.hello.audited else ", without audit")


def check_records(adapter: Adapter) -> str:
    """Return the records of an operation come with its answer."""
    for op in ("open", "claim_ownership"):
        _need(adapter, op)
    if not adapter.hello.audited:
        raise NotOffered("it does not observe the log")
    _, claimed = _fresh(adapter, [WELL_FORMED["open"], WELL_FORMED["claim_ownership"]])
    records = json.loads(claimed.audit or b"[]")
    if not records:
        raise Problem(
            "claiming a session came with an empty audit",
            "print as audit the records that the operation appended to the session's log; a store that logs no claim "
            "is refused by check",
        )
    return f"claiming a session came with {len(records)} record{'s' if len(records) != 1 else ''}"


def check_reset(adapter: Adapter) -> str:
    """Return a reset makes a fresh, empty store."""
    _need(adapter, "open")
    opening = WELL_FORMED["open"]
    first = _fresh(adapter, [opening] * 3)
    again = _fresh(adapter, [opening] * 3)
    if first != again:
        shown = [one_line(answer.payload.decode(errors="replace"), 80) for answer in (first[0], again[0])]
        raise Problem(
            f"the first open gave {shown[0]}, and after a reset {shown[1]}",
            "make a new store at reset, with all its counters",
        )
    return "sessions are numbered from the start again"


def check_order(adapter: Adapter) -> str:
    """Many requests may be in flight, and are answered in order."""
    op, member = ("open", None) if "open" in adapter.hello.ops else ("plan", "roles")
    _need(adapter, op)
    requests = [_with_role(op, f"R{number}") for number in range(PIPELINED)]
    answers = [_value(answer) for answer in _fresh(adapter, requests)]
    named = [_member(answer, member) for answer in answers] if member else answers
    expected = [[f"R{number}"] for number in range(PIPELINED)] if member else list(range(PIPELINED))
    if named != expected:
        raise Problem("answers are not those of their requests", "answer one request after the other")
    return f"{PIPELINED} at once"


def check_text(adapter: Adapter) -> str:
    """Text passes unchanged, whatever characters it has."""
    _echo(adapter, _ODD_TEXT, "read and write UTF-8, and escape text as JSON does")
    return "non-ASCII, quotes, backslash, line break"


def check_long(adapter: Adapter) -> str:
    """Return a request and an answer may be a megabyte long."""
    _echo(adapter, "x" * LONG_BYTES, "read whole lines, however long they are")
    return f"{LONG_BYTES // 1024} KiB"


def check_integers(adapter: Adapter) -> str:
    """Integers are exact up to 2^64-1."""
    _need(adapter, "open_with_sid")
    document = {**json.loads(WELL_FORMED["open_with_sid"].args), "sid": U64_MAX}
    answer = _value(_fresh(adapter, [Request("open_with_sid", encode(document))])[0])
    if answer != U64_MAX or isinstance(answer, float):
        raise Problem(
            f"session {U64_MAX} was opened as {value_line(answer, 80)}", "read integers as u64, not as floats"
        )
    return str(U64_MAX)


def check_deep(adapter: Adapter) -> str:
    """Types may nest deep, four levels of JSON to each of the type's."""
    _need(adapter, "unfold_mu")
    deep: Any = "End"
    for _ in range(DEEP_LEVELS):
        deep = {"Send": {"partner": "B", "branches": [[{"name": "m", "sort": "Unit"}, None, deep]]}}
    answer = _value(_fresh(adapter, [Request("unfold_mu", encode({"lt": deep}))])[0])
    if answer != deep:
        raise Problem("a deep type came back changed", "see what becomes of the innermost level")
    return f"{DEEP_LEVELS} levels"


def check_pace(adapter: Adapter) -> str:
    """How many operations are answered per second."""
    op = next((op for op in ("next_session_id", "plan", *WELL_FORMED) if op in adapter.hello.ops), None)
    if op is None:
        raise NotOffered("no operation of the contract is offered")
    began = time.perf_counter()
    count = sum(1 for _ in adapter.submit([WELL_FORMED[op]] * PIPELINED))
    return f"{count / (time.perf_counter() - began):,.0f} {op} per second"


CHECKS: Final = (
    Check("operations", "names operations of the contract", check_operations),
    Check("understands", "takes well-formed arguments of every operation", check_understands),
    Check("outcomes", "answers ok and err, and audit when it observes it", check_outcomes),
    Check("records", "gives the records of a claim with its answer", check_records, "contract"),
    Check("reset", "makes a fresh store at reset", check_reset),
    Check("order", "answers many requests in order", check_order),
    Check("text", "passes any text unchanged", check_text),
    Check("long", "takes and gives long lines", check_long),
    Check("integers", "has exact integers", check_integers),
    Check("deep", "takes types that nest deep", check_deep, "should"),
    Check("pace", "answers quickly", check_pace, "should"),
)
"""The checks of a started adapter, in order; starting, bye and starting again are the command's own."""


def _fresh(adapter: Adapter, requests: Iterable[Request]) -> list[Answer]:
    return list(adapter.submit([RESET, *requests]))


def _need(adapter: Adapter, op: str) -> None:
    if op not in adapter.hello.ops:
        raise NotOffered(f"{op} is not offered")


def _with_role(op: str, role: str) -> Request:
    return Request(op, encode({"roles": [role], "initial_types": {}}))


def _value(answer: Answer) -> Any:
    if answer.kind != "ok":
        said = one_line(answer.payload.decode(errors="replace"), 200)
        raise Problem(f"it was answered with {answer.kind}: {said}", "answer with ok")
    return json.loads(answer.payload)


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else value


def _echo(adapter: Adapter, text: str, hint: str) -> None:
    _need(adapter, "plan")
    roles = _member(_value(ask(adapter, _with_role("plan", text))), "roles")
    if roles != [text]:
        raise Problem(f"a role came back as {value_line(roles, 80)}", hint)


_CAPABILITY: Final = {"session_id": 0, "owner_id": "alice", "generation": 0, "scope": "Session"}
_RECEIPT: Final = {
    "session_id": 0,
    "claim_id": 1,
    "from_owner_id": "alice",
    "from_generation": 0,
    "to_owner_id": "bob",
    "to_generation": 1,
    "scope": {"Fragments": ["left", "right"]},
}
_WITNESS: Final = {
    "witness_id": 1,
    "session_id": 0,
    "owner_id": "alice",
    "generation": 0,
    "scope": "Session",
    "predicate_ref": "ready",
}
_LABEL: Final = {"name": "ask", "sort": "Nat"}
_SEND: Final = {"Send": {"partner": "B", "branches": [[_LABEL, "Nat", "End"]]}}
_RECEIVE: Final = {"Recv": {"partner": "A", "branches": [[_LABEL, None, {"Var": "again"}]]}}
_LOOP: Final = {"Mu": {"var": "again", "body": _RECEIVE}}
_EDGE: Final = {"sid": 0, "sender": "A", "receiver": "B"}
_EXAMPLES: Final[dict[str, Any]] = {
    "roles": ["A", "B"],
    "initial_types": {"A": _SEND, "B": _LOOP},
    "buffer_config": {"mode": "Fifo", "initial_capacity": 2, "policy": {"Resize": {"max_capacity": 8}}},
    "sid": 0,
    "session_ids": [0, 7],
    "owner_id": "alice",
    "new_owner_id": "bob",
    "scope": "Session",
    "new_scope": {"Fragments": []},
    "capability": _CAPABILITY,
    "receipt": _RECEIPT,
    "reason": "disk full",
    "mutation": {"UpdateTrace": {"edge": _EDGE, "trace": ["Nat", {"Prod": ["Bool", "String"]}]}},
    "predicate_ref": "ready",
    "witness": _WITNESS,
    "edge": _EDGE,
    "ep": {"sid": 0, "role": "A"},
    "label": "ask",
    "new_type": _SEND,
    "new_original": _LOOP,
    "lt": _LOOP,
    "cont": {"Var": "again"},
    "original": _LOOP,
    "from": "A",
    "to": "B",
    "val": {"Prod": [{"Nat": 3}, {"Str": "three"}]},
    "value": {"sender": "A", "receiver": "B"},
    "session_hint": 0,
    "site": "door",
    "until_tick": 5,
    "tick": 9,
    "plan": {"roles": ["A", "B"], "initial_types": {"A": _SEND, "B": _LOOP}},
    "sequence_no": 0,
    "signature": "valid",
    "form": "binary",
    "handler": "printer",
    "trace": ["Nat", {"Prod": ["Bool", "String"]}],
    "index": 0,
    "root": [0] * 32,
    "leaf": [0] * 32,
    "proof": {"index": 0, "siblings": [[0] * 32], "sibling_on_left": [False]},
    "event": "Issued",
    "type": "Edge",
    "text": '{"sid":0,"sender":"A","receiver":"B"}',
}
"""A value for every argument that an operation takes, by the argument's name."""


def _well_formed(op: str) -> Request:
    arguments = {name: _EXAMPLES[name] for name in CODECS[op].wire_names.values()}
    if "sid" in arguments and OPERATIONS[op].gives == "session":
        arguments["sid"] = 7
    return Request(op, encode(arguments))


def _turn(operation: Operation) -> int:
    """Return when an operation is asked: opening first, what ends sessions last, so that most requests succeed."""
    if operation.gives == "session":
        return 0
    if operation.reads_only or operation.gives:
        return 1
    return 3 if operation.section == "§5" else 2


WELL_FORMED: Final = {
    operation.name: _well_formed(operation.name) for operation in sorted(OPERATIONS.values(), key=_turn)
}
"""The requests by operation, in the order in which they are to be asked."""
