"""Runs of telltale's machine and Lean runner, ``lean_bridge.v1``: their output, their input, and raw machine events.

Seen were runs of the Rust machine; of the Lean runner's output its printer was read. A Lean run has neither effects nor
semantic objects, and its status is "completed" or "stuck".

The fields stand in the order in which both print them, by name. So a part that is read and printed again comes back as
it was, which shows that no key is given twice. ``gc=False``: none of these values can hold itself, and a long run has
too many of them to be looked through again and again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, get_type_hints

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from telltale_conformance.lean_traces.telltale.run_protocols import SessionProtocol
from telltale_conformance.lean_traces.telltale.whole_document import BridgeVersion, Document
from telltale_conformance.model.values import U64

RunDialect = Literal["rust", "lean", "raw"]


class TraceEvent(Struct, forbid_unknown_fields=True, kw_only=True, gc=False, omit_defaults=True):
    """One event of a run; which fields it has depends on its kind."""

    epoch: U64 | None = None
    kind: str
    label: str | None = None
    reason: Any = None
    reason_kind: str | None = None
    receiver: str | None = None
    role: str | None = None
    roles: list[str] | None = None
    schema_version: BridgeVersion
    sender: str | None = None
    session: U64 | None = None
    site: str | None = None
    target: str | None = None
    tick: U64
    until_tick: U64 | None = None
    witness_id: U64 | None = None


class Coroutine(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One coroutine of a state, of which nothing is used."""

    coro_id: U64
    owned_endpoints: Any = None
    pc: Any = None
    progress_tokens: Any = None
    session_id: U64
    status: Any = None


class SessionSlice(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True, gc=False):
    """What a state says of a session."""

    buffer_edges: U64
    buffered_messages: U64
    epoch: U64
    local_type_entries: U64
    role_count: U64
    sid: U64
    status: str


class StateSlice(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """The state before or after a step."""

    coroutines: list[Coroutine] = []
    scheduler: Any = None
    sessions: list[SessionSlice]


class StepState(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """One step of the scheduler."""

    blocked: Any = None
    buffered_message_counts: dict[str, U64] | None = None
    event: TraceEvent | None = None
    exec_status: str | None = None
    post_state: StateSlice | None = None
    pre_state: StateSlice | None = None
    ready_queue: Any = None
    schema_version: str | UnsetType | None = UNSET
    selected_coro: U64 | None = None
    selected_pc: Any = None
    selected_type: str | None = None
    session_type_counts: dict[str, U64] | None = None
    step_index: U64


class SessionEntry(Struct, forbid_unknown_fields=True, kw_only=True, gc=False):
    """What a run says of a session at its end."""

    schema_version: BridgeVersion
    sid: U64
    terminal: bool


class AuthoritativeRead(Struct, kw_only=True, gc=False):
    """One entry of ``authoritative_reads``: the witness part of the audit log, without its order."""

    read_id: str
    kind: str
    lifecycle: str
    session: U64 | None = None
    owner_id: str | None = None
    predicate_ref: str | None = None
    witness_id: U64 | None = None
    generation: U64 | None = None


class SemanticObjects(Struct, kw_only=True):
    """Of the semantic objects what the session store has a part in."""

    schema_version: Literal["protocol_machine.semantic_objects.v1"]
    authoritative_reads: list[AuthoritativeRead] = []


class RunOutput(Struct, forbid_unknown_fields=True, kw_only=True):
    """A whole run output."""

    schema_version: BridgeVersion
    trace: list[TraceEvent]
    sessions: list[SessionEntry]
    step_states: list[StepState] = []
    steps_executed: U64 = 0
    concurrency: U64 = 0
    status: str = ""
    effect_trace: list[Raw] | None = None
    effect_exchanges: list[Raw] | None = None
    output_condition_trace: list[Raw] | None = None
    semantic_objects: SemanticObjects | None = None


class Run(NamedTuple):
    """A run as it is judged."""

    path: str
    dialect: RunDialect
    output: RunOutput
    protocol: tuple[SessionProtocol, ...] | None
    """By session id; None where no protocol is at hand."""
    unknown: Counter[str]
    """What of the document has no rule, by kind."""
    trace_path: str = "$.trace"
    """The JSON path of the events."""
    logs: Mapping[str, bytes] = MappingProxyType({})
    """The audit logs that a document of raw events holds beside them, by name."""


_OBJECTS: Final = "semantic_objects"
_OUR_OBJECTS: Final = frozenset(SemanticObjects.__struct_fields__)
_NEAR: Final = frozenset({"semantic_handoffs", "transformation_obligations"})
"""Semantic objects that look like the store's: they tell of endpoints that go from one coroutine to another."""
_EFFECTS: Final = ("effect_trace", "effect_exchanges", "output_condition_trace")
_decode_array: Final = msgspec.json.Decoder(list[Raw]).decode
_decode_objects: Final = msgspec.json.Decoder(SemanticObjects).decode
_DECODERS: Final = {
    name: msgspec.json.Decoder(kind).decode for name, kind in get_type_hints(RunOutput).items() if name != _OBJECTS
}
"""By field of a run output."""


def read_output(document: Document) -> tuple[RunOutput, Counter[str]]:
    """Read a run output strictly; unknown fields below the root are counted.

    Raises:
        MalformedDocument: an unknown schema version or root field, or a field of a wrong type.
    """
    unknown: Counter[str] = Counter()
    fields: dict[str, Any] = {}
    name = ""
    try:
        for name, text in document.members(document.data, "$").items():
            if name == _OBJECTS:
                fields[name] = _objects(document, text, unknown)
            else:
                fields[name] = _field(document, name, text, unknown)
        name = ""
        output = msgspec.convert(fields, RunOutput)
    except msgspec.ValidationError as error:
        raise document.wrong_shape(error, f"$.{name}" if name else "$") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise document.not_json(error, "one JSON object") from None
    unknown["effects and output conditions"] += sum(len(getattr(output, part) or ()) for part in _EFFECTS)
    return output, +unknown


def _field(document: Document, name: str, text: Raw, unknown: Counter[str]) -> Any:
    decode = _DECODERS.get(name)
    if decode is None:
        raise document.malformed("$", f"Object contains unknown field `{name}`")
    if name not in _PARTS:
        return decode(text)
    try:
        read = decode(text)
    except msgspec.ValidationError as error:
        document.refuse_repeated_keys(text, f"$.{name}")
        if "unknown field" not in str(error):
            raise
        return decode(msgspec.json.encode(_without_unknown(name, msgspec.json.decode(text), unknown)))
    document.refuse_repeated_keys(text, f"$.{name}", read)
    return read


def _objects(document: Document, text: Raw, unknown: Counter[str]) -> SemanticObjects | None:
    """Read of the semantic objects, most of a long run, only what the store has a part in; the others are counted."""
    if bytes(text) == b"null":
        return None
    place = f"$.{_OBJECTS}"
    ours: dict[str, Raw] = {}
    for name, part in document.members(text, place).items():
        if name in _OUR_OBJECTS:
            ours[name] = part
            document.refuse_repeated_keys(part, f"{place}.{name}")
        elif bytes(part)[:1] == b"[":
            unknown[name if name in _NEAR else "other semantic objects"] += len(_decode_array(part))
    return _decode_objects(msgspec.json.encode(ours))


_PARTS: Final[dict[str, type[Struct]]] = {"trace": TraceEvent, "step_states": StepState, "sessions": SessionEntry}


def _without_unknown(name: str, parsed: Any, unknown: Counter[str]) -> Any:
    """Return a part of the document without fields that no rule knows, and count them."""
    kind = _PARTS[name]
    for item in parsed if isinstance(parsed, list) else ():
        _strip(item, kind, name, unknown)
        if kind is StepState and isinstance(item, dict):
            _strip(item.get("event"), TraceEvent, name, unknown)
            for state in (item.get("pre_state"), item.get("post_state")):
                _strip(state, StateSlice, name, unknown)
                for inner, part in (("sessions", SessionSlice), ("coroutines", Coroutine)):
                    for entry in (state.get(inner) or ()) if isinstance(state, dict) else ():
                        _strip(entry, part, name, unknown)
    return parsed


def _strip(item: Any, kind: type[Struct], where: str, unknown: Counter[str]) -> None:
    if isinstance(item, dict):
        for name in [name for name in item if name not in kind.__struct_fields__]:
            del item[name]
            unknown[f"unknown fields in {where}"] += 1


def dialect_of(output: RunOutput) -> RunDialect:
    """Say who wrote a run output: the Lean runner prints no effects and no semantic objects."""
    if output.semantic_objects is None and output.effect_trace is None and output.effect_exchanges is None:
        return "lean" if output.status in ("completed", "stuck") else "rust"
    return "rust"
