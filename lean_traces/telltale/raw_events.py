"""The machine's own events (``ObsEvent``, as serde prints them): ``{"Sent":{"tick","session","from","to","label"}}``.

A choice has two events there, Sent and Offered, or Received and Chose; the second of each is not judged again.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument
from telltale_conformance.lean_traces.telltale.run_protocols import SessionProtocol, local_types_from
from telltale_conformance.lean_traces.telltale.runs import RunOutput, TraceEvent
from telltale_conformance.lean_traces.telltale.whole_document import SCHEMA, Document

_WORDS: Final = re.compile(r"(?<!^)(?=[A-Z])")


def is_raw(data: bytes) -> bool:
    """Say whether a run is one of raw events: a bare list, or an object that holds one."""
    if data.lstrip()[:1] == b"[":
        return True
    return b'"lean_bridge.' not in data and b'"obs_trace"' in data


class RawRun(NamedTuple):
    """A run as raw events."""

    output: RunOutput
    trace_path: str
    protocol: tuple[SessionProtocol, ...] | None
    unknown: Counter[str]
    """What of the document has no rule, by kind."""


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
        raise MalformedDocument(path, "$", f"not JSON: {error}", "it is one JSON value in UTF-8") from None
    unknown: Counter[str] = Counter()
    protocol = None
    events, place = document, "$"
    if isinstance(document, dict):
        events, place = document.get("obs_trace"), "$.obs_trace"
        if "local_types" in document:
            protocol = local_types_from(document["local_types"], "$.local_types", path)
        for name, value in document.items():
            if name not in ("obs_trace", "local_types") and value:
                unknown[name] += len(value) if isinstance(value, list | dict) else 1
    if not isinstance(events, list):
        raise MalformedDocument(path, place, "this is no list of events", "give the machine's events as a JSON array")
    trace = []
    for number, event in enumerate(events):
        if not isinstance(event, dict) or len(event) != 1:
            raise MalformedDocument(path, f"{place}[{number}]", "this is no event", 'an event is {"Kind":{…}}')
        ((kind, fields),) = event.items()
        trace.append(_event(path, f"{place}[{number}]", kind, fields))
    return RawRun(RunOutput(schema_version=SCHEMA, trace=trace, sessions=[]), place, protocol, unknown)


def _event(path: str, place: str, kind: str, fields: Any) -> TraceEvent:
    if not isinstance(fields, dict):
        raise MalformedDocument(path, place, f"`{kind}` has no fields", 'an event is {"Kind":{…}}')
    shown: dict[str, Any] = {"kind": _WORDS.sub("_", kind).lower(), "tick": fields.get("tick", 0)}
    for name, given in (("session", "session"), ("sender", "from"), ("receiver", "to"), ("label", "label")):
        shown[name] = fields.get(given)
    for name in ("epoch", "site", "until_tick", "witness_id"):
        shown[name] = fields.get(name)
    if shown["session"] is None:
        shown["session"] = fields.get("sid")
    if kind == "Opened":
        shown["roles"] = fields.get("roles")
    if "coro_id" in fields:
        shown["target"] = str(fields["coro_id"])
    if kind == "SessionTerminal":
        shown["reason_kind"], shown["reason"] = _terminal(fields.get("reason"))
    if kind not in ("Opened", "Sent", "Received"):  # what `from` and `to` mean elsewhere is another thing
        shown["sender"] = shown["receiver"] = None
    try:
        return msgspec.convert(shown, TraceEvent)
    except msgspec.ValidationError as error:
        raise MalformedDocument(path, place, str(error), "see docs/telltale-files.md for the fields") from None


def _terminal(reason: Any) -> tuple[str | None, str | None]:
    """Return a terminal reason as the bridge tells it: its kind, and a fault's text."""
    if isinstance(reason, str):
        return reason.lower(), None
    if isinstance(reason, dict) and len(reason) == 1:
        ((kind, fields),) = reason.items()
        text = fields.get("reason") if isinstance(fields, dict) else None
        return str(kind).lower(), text if isinstance(text, str) else None
    return None, None
