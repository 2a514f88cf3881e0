"""The machine's own events (``ObsEvent``, as serde prints them): ``{"Sent":{"tick","session","from","to","label"}}``.

A choice has two events there, Sent and Offered, or Received and Chose; the second of each is not judged again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.lean_traces.telltale.audit_records import ELEMENTS
from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument
from telltale_conformance.lean_traces.telltale.run_protocols import SessionProtocol, local_types_from
from telltale_conformance.lean_traces.telltale.runs import RunOutput, TraceEvent
from telltale_conformance.lean_traces.telltale.whole_document import FIELDS, SCHEMA, Document
from telltale_conformance.model.values import U64

_WORDS: Final = re.compile(r"(?<!^)(?=[A-Z])")


def is_raw(data: bytes) -> bool:
    """Say whether a run is one of raw events: a bare list, or an object that holds one."""
    if data.lstrip()[:1] == b"[":
        return True
    return b'"lean_bridge.' not in data and b'"obs_trace"' in data


class Other(Struct, kw_only=True):
    """An event of a kind that has no rule."""

    tick: U64 = 0


class Told(Other, kw_only=True):
    """An event of a kind that has a rule."""

    session: U64 | None = None
    sid: U64 | None = None


class Opened(Told, kw_only=True):
    """A session began."""

    roles: list[str]


class Exchange(Told, kw_only=True):
    """A message was sent or received."""

    from_: str = msgspec.field(name="from")
    to: str
    label: str


class OfCoroutine(Told, kw_only=True):
    """A coroutine halted or faulted."""

    coro_id: U64


class EpochAdvanced(Told, kw_only=True):
    """A session was closed."""

    epoch: U64


class SessionTerminal(Told, kw_only=True):
    """A session ended for a reason."""

    reason: Any = None


class TimeoutIssued(Told, kw_only=True):
    """A site waits until a tick."""

    site: str | None = None
    until_tick: U64 | None = None
    witness_id: U64 | None = None


KINDS: Final[dict[str, type[Other]]] = {
    "Opened": Opened,
    "Sent": Exchange,
    "Received": Exchange,
    "Halted": OfCoroutine,
    "Faulted": OfCoroutine,
    "Closed": Told,
    "EpochAdvanced": EpochAdvanced,
    "SessionTerminal": SessionTerminal,
    "TimeoutIssued": TimeoutIssued,
}
"""The fields by kind; those of all others are ``Other``."""


class RawRun(NamedTuple):
    """A run as raw events."""

    output: RunOutput
    trace_path: str
    protocol: tuple[SessionProtocol, ...] | None
    unknown: Counter[str]
    """What of the document has no rule, by kind."""
    logs: Mapping[str, bytes]
    """The audit logs that stand beside the events, by name."""


def read_raw(source: Document) -> RawRun:
    """Read a list of raw events, alone or under ``obs_trace``, with the local types where they are given.

    Raises:
        MalformedDocument: what is wrong, and where.
    """
    path, data = source
    try:
        document = msgspec.json.decode(data)
        source.refuse_repeated_keys(data, "$")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise source.not_json(error, "one JSON value") from None
    unknown: Counter[str] = Counter()
    logs: dict[str, bytes] = {}
    protocol = None
    events, place = document, "$"
    if isinstance(document, dict):
        events, place = document.get("obs_trace"), "$.obs_trace"
        if "local_types" in document:
            protocol = local_types_from(document["local_types"], "$.local_types", path)
        for name, value in document.items():
            if name in ELEMENTS and value:
                logs[name] = msgspec.json.encode(value)
            elif name not in ("obs_trace", "local_types") and value:
                unknown[name] += len(value) if isinstance(value, list | dict) else 1
    if not isinstance(events, list):
        raise MalformedDocument(path, place, "this is no list of events", "give the machine's events as a JSON array")
    trace = []
    for number, event in enumerate(events):
        if not isinstance(event, dict) or len(event) != 1:
            raise MalformedDocument(path, f"{place}[{number}]", "this is no event", 'an event is {"Kind":{…}}')
        ((kind, fields),) = event.items()
        trace.append(_event(path, f"{place}[{number}]", kind, fields))
    return RawRun(RunOutput(schema_version=SCHEMA, trace=trace, sessions=[]), place, protocol, unknown, logs)


def _event(path: str, place: str, kind: str, given: Any) -> TraceEvent:
    try:
        fields = msgspec.convert(given, KINDS.get(kind, Other))
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        raise MalformedDocument(path, f"{place}.{kind}{where.removesuffix('`')}", message, FIELDS) from None
    event = TraceEvent(kind=_WORDS.sub("_", kind).lower(), tick=fields.tick, schema_version=SCHEMA)
    if isinstance(fields, Told):
        event.session = fields.sid if fields.session is None else fields.session
    match fields:
        case Opened():
            event.roles = fields.roles
        case Exchange():
            event.sender, event.receiver, event.label = fields.from_, fields.to, fields.label
        case OfCoroutine():
            event.target = str(fields.coro_id)
        case EpochAdvanced():
            event.epoch = fields.epoch
        case SessionTerminal():
            event.reason_kind, event.reason = _terminal(fields.reason)
        case TimeoutIssued():
            event.site, event.until_tick, event.witness_id = fields.site, fields.until_tick, fields.witness_id
    return event


def _terminal(reason: Any) -> tuple[str | None, str | None]:
    """Return a terminal reason as the bridge tells it: its kind, and a fault's text."""
    if isinstance(reason, str):
        return reason.lower(), None
    if isinstance(reason, dict) and len(reason) == 1:
        ((kind, fields),) = reason.items()
        text = fields.get("reason") if isinstance(fields, dict) else None
        return str(kind).lower(), text if isinstance(text, str) else None
    return None, None
