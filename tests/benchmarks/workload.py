"""A long recording for benchmarks: sessions that live, are used in every way, close and are reaped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import answer_document, encode
from telltale_conformance.lean_traces.trace import TRACE_SCHEMA, VERSION, Header, Source
from telltale_conformance.lean_traces.writer import TraceWriter, written_whole
from telltale_conformance.model.operations import step
from telltale_conformance.model.store import Store

EVENTS_PER_SESSION = 30
_LABEL = {"name": "m", "sort": "Nat"}
_SEND = {"Send": {"branches": [[_LABEL, "Nat", {"Var": "t"}]], "partner": "B"}}
_RECV = {"Recv": {"branches": [[_LABEL, "Nat", {"Var": "t"}]], "partner": "A"}}
_TYPES = {"A": {"Mu": {"body": _SEND, "var": "t"}}, "B": {"Mu": {"body": _RECV, "var": "t"}}}


def _session(sid: int) -> Iterator[tuple[str, dict[str, Any]]]:
    owner, other = f"owner/{sid % 7}", f"owner/{sid % 5}x"
    cap = {"generation": 0, "owner_id": owner, "scope": "Session", "session_id": sid}
    witness = {**cap, "predicate_ref": "ready", "witness_id": 1}
    receipt = {
        "claim_id": 1,
        "from_generation": 0,
        "from_owner_id": owner,
        "scope": {"Fragments": ["a", "b"]},
        "session_id": sid,
        "to_generation": 1,
        "to_owner_id": other,
    }
    after = {"generation": 1, "owner_id": other, "scope": {"Fragments": ["a", "b"]}, "session_id": sid}
    edge = {"receiver": "B", "sender": "A", "sid": sid}
    yield "open", {"initial_types": _TYPES, "roles": ["A", "B"]}
    yield "claim_ownership", {"owner_id": owner, "scope": "Session", "sid": sid}
    yield "validate_ownership_capability", {"capability": cap}
    yield "issue_readiness_witness", {"capability": cap, "predicate_ref": "ready"}
    yield (
        "apply_owned_session_mutation",
        {
            "capability": cap,
            "mutation": {"UpdateEdgeHandler": {"edge": edge, "handler": "h"}},
        },
    )
    yield "lookup_handler", {"edge": edge}
    for number in range(4):
        yield "send", {"from": "A", "sid": sid, "to": "B", "val": {"Nat": sid * 10 + number}}
        yield "advance", {"ep": {"role": "A", "sid": sid}, "label": "m"}
    yield "recv", {"from": "A", "sid": sid, "to": "B"}
    yield "lookup_type", {"ep": {"role": "A", "sid": sid}}
    yield "consume_readiness_witness", {"capability": cap, "witness": witness}
    yield "consume_readiness_witness", {"capability": cap, "witness": witness}
    yield (
        "begin_ownership_transfer",
        {
            "capability": cap,
            "new_owner_id": other,
            "new_scope": {"Fragments": ["a", "b"]},
        },
    )
    yield "commit_ownership_transfer", {"receipt": receipt}
    yield "validate_ownership_capability", {"capability": cap}
    yield "issue_readiness_witness", {"capability": after, "predicate_ref": "ready"}
    yield "current_ownership", {"sid": sid}
    yield "mark_owner_died", {"owner_id": other, "sid": sid}
    yield "claim_ownership", {"owner_id": owner, "scope": "Session", "sid": sid}
    yield "observe", {"sid": sid}
    yield "send", {"from": "B", "sid": sid, "to": "A", "val": "Unit"}
    yield "close", {"sid": sid}
    yield "reap_closed", {}
    yield "active_count", {}


def write_long_trace(path: Path, events: int) -> int:
    """Write a trace of about that many events, answered by the reference; return how many there are."""
    return _write(path, chain.from_iterable(_session(sid) for sid in range(max(1, events // EVENTS_PER_SESSION))))


def _write(path: Path, operations: Iterable[tuple[str, dict[str, Any]]]) -> int:
    header = Header(
        contract="telltale-17",
        meta={},
        observes=["audit"],
        schema=TRACE_SCHEMA,
        source=Source(kind="reference", name="benchmark", version="1"),
        version=VERSION,
    )
    store = Store()
    with written_whole(path) as file:
        writer = TraceWriter(file, header)
        for op, args in operations:
            codec = CODECS[op]
            outcome = step(store, codec.operation, codec.from_json(args))
            writer.event(op, encode(args), answer_document(outcome, audited=True))
        writer.end()
        return writer.events
