"""Runs of telltale's machine and Lean runner, ``lean_bridge.v1``: their output, their input, and raw machine events.

Seen were runs of the Rust machine; of the Lean runner's output its printer was read. A Lean run has neither effects nor
semantic objects, and its status is "completed" or "stuck".
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, NoReturn

import msgspec
from msgspec import Raw, Struct

from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.lines import opened
from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument
from telltale_conformance.model.types.json_shape import TypeJsonError
from telltale_conformance.model.types.lean_json import global_from_json, type_from_lean_json
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.projection import NotProjectable, project
from telltale_conformance.model.types.syntax import parse_protocol
from telltale_conformance.model.types.syntax_problems import SyntaxProblem
from telltale_conformance.model.values import U64

SCHEMA: Final = "lean_bridge.v1"
RunDialect = Literal["rust", "lean", "raw"]
_REMEDY: Final = "see docs/telltale-files.md for the fields"


class TraceEvent(Struct, forbid_unknown_fields=True, kw_only=True):
    """One event of a run; which fields it has depends on its kind."""

    kind: str
    tick: U64
    schema_version: str | None = None
    session: U64 | None = None
    role: str | None = None
    roles: list[str] | None = None
    sender: str | None = None
    receiver: str | None = None
    label: str | None = None
    target: str | None = None
    reason: Any = None
    reason_kind: str | None = None
    epoch: U64 | None = None
    site: str | None = None
    until_tick: U64 | None = None
    witness_id: U64 | None = None


class Coroutine(Struct, forbid_unknown_fields=True, kw_only=True):
    """One coroutine of a state; only to which session it belongs is used."""

    coro_id: U64
    session_id: U64
    pc: Any = None
    status: Any = None
    owned_endpoints: Any = None
    progress_tokens: Any = None


class SessionSlice(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What a state says of a session."""

    sid: U64
    role_count: U64
    local_type_entries: U64
    buffer_edges: U64
    buffered_messages: U64
    status: str
    epoch: U64


class StateSlice(Struct, forbid_unknown_fields=True, kw_only=True):
    """The state before or after a step."""

    sessions: list[SessionSlice]
    coroutines: list[Coroutine] = []
    scheduler: Raw = Raw(b"null")


class StepState(Struct, forbid_unknown_fields=True, kw_only=True):
    """One step of the scheduler."""

    step_index: U64
    pre_state: StateSlice | None = None
    post_state: StateSlice | None = None
    selected_coro: U64 | None = None
    selected_pc: Any = None
    selected_type: str | None = None
    exec_status: str | None = None
    session_type_counts: dict[str, U64] | None = None
    buffered_message_counts: dict[str, U64] | None = None
    ready_queue: Raw = Raw(b"null")
    blocked: Raw = Raw(b"null")
    event: TraceEvent | None = None
    schema_version: str | None = None


class SessionEntry(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a run says of a session at its end."""

    sid: U64
    terminal: bool
    schema_version: str | None = None


class AuthoritativeRead(Struct, kw_only=True):
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

    schema_version: str
    authoritative_reads: list[AuthoritativeRead] = []


class RunOutput(Struct, forbid_unknown_fields=True, kw_only=True):
    """A whole run output."""

    schema_version: str
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


class SessionProtocol(NamedTuple):
    """The roles of one session and what each of them does."""

    roles: tuple[str, ...]
    types: dict[str, LocalType]


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


_output: Final = msgspec.json.Decoder(RunOutput).decode


class _Document(NamedTuple):
    path: str
    data: bytes

    def malformed(self, place: str, problem: str, remedy: str = _REMEDY) -> MalformedDocument:
        return MalformedDocument(self.path, place, problem, remedy)


def read_document(path: Path, limits: Limits) -> _Document:
    """Read a whole file, unpacked.

    Raises:
        MalformedTrace: it cannot be read, is damaged or too large.
    """
    with opened(path) as file:
        try:
            data = file.read(limits.unpacked_bytes + 1 if path.suffix == ".gz" else -1)
        except (OSError, EOFError) as error:
            raise MalformedDocument(str(path), "", f"damaged data ({error})", "fetch or export it again") from None
    if len(data) > limits.unpacked_bytes:
        raise MalformedDocument(str(path), "", f"more than {limits.unpacked_bytes} bytes", "raise --max-unpacked-bytes")
    return _Document(str(path), data)


def read_output(document: _Document) -> tuple[RunOutput, Counter[str]]:
    """Read a run output strictly; unknown fields below the root are counted.

    Raises:
        MalformedDocument: an unknown schema version or root field, or a field of a wrong type.
    """
    unknown: Counter[str] = Counter()
    try:
        try:
            output = _output(document.data)
        except msgspec.ValidationError as error:
            if "unknown field" not in str(error) or "at `$" not in str(error):
                raise
            parsed = msgspec.json.decode(document.data)
            output = _output(msgspec.json.encode(_without_unknown(parsed, unknown)))
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        raise document.malformed(where.removesuffix("`") or "$", message) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise document.malformed("$", f"not JSON: {error}", "a run output is one JSON object in UTF-8") from None
    _check_versions(document, output)
    return output, unknown


def _check_versions(document: _Document, output: RunOutput) -> None:
    if output.schema_version != SCHEMA:
        _refuse_version(document, "$", output.schema_version)
    for number, event in enumerate(output.trace):
        if event.schema_version != SCHEMA:
            _refuse_version(document, f"$.trace[{number}]", event.schema_version)
    for number, entry in enumerate(output.sessions):
        if entry.schema_version != SCHEMA:
            _refuse_version(document, f"$.sessions[{number}]", entry.schema_version)


def _refuse_version(document: _Document, place: str, version: str | None) -> NoReturn:
    shown = "missing" if version is None else f"`{version}`"
    raise document.malformed(f"{place}.schema_version", f"it is {shown}", f"this harness reads `{SCHEMA}`")


_PARTS: Final[dict[str, type[Struct]]] = {"trace": TraceEvent, "step_states": StepState, "sessions": SessionEntry}


def _without_unknown(parsed: Any, unknown: Counter[str]) -> Any:
    """Return the document without fields that no rule knows, below the root, and count them."""
    for name, kind in _PARTS.items():
        for item in parsed.get(name) or () if isinstance(parsed, dict) else ():
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


class _Choreography(Struct, kw_only=True):
    schema_version: str
    global_type: Any
    roles: list[str]


class _Input(Struct, kw_only=True):
    schema_version: str
    choreographies: list[_Choreography]


class _Bundle(Struct, kw_only=True):
    """``protocol_bundle.v1``: a global type with its local types."""

    schema_version: Literal["protocol_bundle.v1"]
    local_types: dict[str, Any]


def read_protocols(path: Path, limits: Limits) -> tuple[SessionProtocol, ...]:
    """Read what a run was made from: the roles of each session with their types.

    That is a run input, whose global types are projected; a ``protocol_bundle.v1``; or a ``.session`` file.

    Raises:
        MalformedTrace: it cannot be read, has a wrong shape, or a global type has no projection.
    """
    document = read_document(path, limits)
    try:
        if path.suffix == ".session":
            protocol = parse_protocol(document.data.decode(), source=str(path))
            types = dict(protocol.types)
            if not types and protocol.global_type is not None:
                types = {role: project(protocol.global_type, role) for role in protocol.roles}
            return (SessionProtocol(tuple(protocol.roles), types),)
        if b'"protocol_bundle.v1"' in document.data:
            bundle = msgspec.json.decode(document.data, type=_Bundle)
            return local_types_from([bundle.local_types], "$.local_types", str(path))
        return _projected(document, msgspec.json.decode(document.data, type=_Input))
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        raise document.malformed(where.removesuffix("`") or "$", message) from None
    except (SyntaxProblem, NotProjectable) as error:
        raise document.malformed("", str(error), "see `telltale-conformance types`") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise document.malformed("$", f"not JSON: {error}", "a run input is one JSON object in UTF-8") from None


def _projected(document: _Document, given: _Input) -> tuple[SessionProtocol, ...]:
    protocols = []
    for number, choreography in enumerate(given.choreographies):
        place = f"$.choreographies[{number}]"
        for version in (given.schema_version, choreography.schema_version):
            if version != SCHEMA:
                raise document.malformed(f"{place}.schema_version", f"it is `{version}`", f"`{SCHEMA}` is read")
        try:
            whole = global_from_json(choreography.global_type, f"{place}.global_type")
            types = {role: project(whole, role) for role in choreography.roles}
        except TypeJsonError as error:
            raise document.malformed(error.path, error.message) from None
        except NotProjectable as error:
            raise document.malformed(f"{place}.global_type", str(error), "give one that has a projection") from None
        protocols.append(SessionProtocol(tuple(choreography.roles), types))
    return tuple(protocols)


def input_beside(path: Path) -> Path | None:
    """Return the input of a run, ``NAME.input.json`` beside ``NAME.output.json``, packed or not; None without one."""
    name = path.name.removesuffix(".gz").removesuffix(".json")
    stem = name.removesuffix(".output").removesuffix(".raw")
    places = (path.with_name(f"{stem}.input.json{packed}") for packed in ("", ".gz"))
    return next((place for place in places if place.is_file() and place != path), None)


def dialect_of(output: RunOutput) -> RunDialect:
    """Say who wrote a run output: the Lean runner prints no effects and no semantic objects."""
    if output.semantic_objects is None and output.effect_trace is None and output.effect_exchanges is None:
        return "lean" if output.status in ("completed", "stuck") else "rust"
    return "rust"


def local_types_from(document: Any, place: str, path: str) -> tuple[SessionProtocol, ...]:
    """Read the local types by session, ``[{role: type}, …]``, as a raw recording may give them.

    Raises:
        MalformedDocument: they have a wrong shape.
    """
    protocols = []
    try:
        for number, roles in enumerate(document):
            types = {role: type_from_lean_json(value, f"{place}[{number}].{role}") for role, value in roles.items()}
            protocols.append(SessionProtocol(tuple(types), types))
    except TypeJsonError as error:
        raise MalformedDocument(path, error.path, error.message, _REMEDY) from None
    except (AttributeError, TypeError):
        raise MalformedDocument(path, place, "this is no list of local types by role", _REMEDY) from None
    return tuple(protocols)
