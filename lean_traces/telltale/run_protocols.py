"""What a run was made from: the roles of each session, and what each of them does.

A run input gives the global types of its sessions. Every other form holds one protocol, read as ``types`` reads it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from telltale_conformance.files import is_folder
from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.protocol_files import ProtocolFile, Unreadable, protocol_of, read_protocols
from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument
from telltale_conformance.lean_traces.telltale.whole_document import FIELDS, BridgeVersion, Document, read_document
from telltale_conformance.model.types.automata import difference
from telltale_conformance.model.types.global_types import GlobalType
from telltale_conformance.model.types.json_shape import TypeJsonError
from telltale_conformance.model.types.lean_json import global_from_json, type_from_lean_json
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.projection import NotProjectable, project
from telltale_conformance.model.values import U64

_REMEDY: Final = "see `telltale-conformance types`"


class SessionProtocol(NamedTuple):
    """The roles of one session and what each of them does."""

    roles: tuple[str, ...]
    types: dict[str, LocalType]
    remarks: tuple[str, ...] = ()
    """Where given local types are not the projections of the given global type."""


class Choreography(Struct, kw_only=True):
    """What one session of a run does."""

    schema_version: BridgeVersion
    global_type: Annotated[Any, Meta(extra_json_schema={"$ref": "domain.json#/$defs/LeanGlobalType"})]
    roles: list[str]


class RunInput(Struct, kw_only=True):
    """What a run is made from. How long it may be says nothing about the store, and is not asked for."""

    schema_version: BridgeVersion
    choreographies: list[Choreography]
    concurrency: U64 = 0
    max_steps: U64 = 0


_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_input: Final = msgspec.json.Decoder(RunInput).decode


def read_run_protocols(path: Path, limits: Limits) -> tuple[SessionProtocol, ...]:
    """Read what a run was made from, by session id.

    That is a run input, whose global types are projected, or one protocol: a ``.session`` file, a
    ``protocol_bundle.v1``, a global type, or a folder with a global type, local types or both. Local types that are
    given are taken as they are; the others are projected.

    Raises:
        MalformedTrace: it cannot be read, has a wrong shape, or a global type has no projection.
    """
    if is_folder(path):
        return (_only(path),)
    document = read_document(path, limits)
    name = path.with_suffix("") if path.suffix == ".gz" else path
    if name.suffix != ".session" and _is_input(document.data):
        return _projected(document)
    try:
        if name.suffix == ".json":
            _refuse_repeated_keys(document)
        return (_completed(document, protocol_of(name, document.data)),)
    except Unreadable as error:
        raise _unreadable(path, error) from None


def _is_input(data: bytes) -> bool:
    try:
        return "choreographies" in _members(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b'"choreographies"' in data  # the reader says what is wrong


def _refuse_repeated_keys(document: Document) -> None:
    try:
        document.refuse_repeated_keys(document.data, "$")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # the reader says what is wrong


def _only(folder: Path) -> SessionProtocol:
    try:
        found = [*read_protocols(folder)]
    except Unreadable as error:
        raise _unreadable(folder, error) from None
    if len(found) > 1:
        problem = f"this folder has {len(found)} protocols"
        raise MalformedDocument(str(folder), "", problem, "name the file or folder of the one that was run")
    return _completed(Document(str(folder), b""), found[0])


def _unreadable(path: Path, error: Unreadable) -> MalformedDocument:
    place = "" if error.position is None else f"line {error.position.line}, column {error.position.column}: "
    return MalformedDocument(str(error.file or path), "", f"{place}{error.problem}", _REMEDY)


def _completed(document: Document, file: ProtocolFile) -> SessionProtocol:
    """Return a protocol with the types of all its roles; where both are given, say how they differ."""
    protocol, whole = file.protocol, file.protocol.global_type
    if file.single is not None:
        raise document.malformed("", "this is one local type", "a run's protocol has a global type, or a type a role")
    if whole is None:
        return SessionProtocol(tuple(protocol.roles), dict(protocol.types))
    types, remarks = {}, []
    for role in protocol.roles:
        given = protocol.types.get(role)
        try:
            projection = project(whole, role)
        except NotProjectable as error:
            if given is None:
                raise document.malformed("", error.message, _REMEDY) from None
            remarks.append(f"{document.path}: {error.message}; the given type of {role} is taken")
            types[role] = given
            continue
        types[role] = projection if given is None else given
        if given is not None and difference(projection, given) is not None:
            said = f"the given type of {role} is not the projection of the global type; the given one is taken"
            remarks.append(f"{document.path}: {said}")
    return SessionProtocol(tuple(protocol.roles), types, tuple(remarks))


def _projected(document: Document) -> tuple[SessionProtocol, ...]:
    try:
        given = _input(document.data)
        document.refuse_repeated_keys(document.data, "$")
    except msgspec.ValidationError as error:
        raise document.wrong_shape(error, "$") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise document.not_json(error, "one JSON object") from None
    protocols = []
    for number, choreography in enumerate(given.choreographies):
        place = f"$.choreographies[{number}]"
        try:
            whole = global_from_json(choreography.global_type, f"{place}.global_type")
            protocols.append(SessionProtocol(tuple(choreography.roles), _types(whole, choreography.roles)))
        except TypeJsonError as error:
            raise document.malformed(error.path, error.message) from None
        except NotProjectable as error:
            raise document.malformed(f"{place}.global_type", str(error), "give one that has a projection") from None
    return tuple(protocols)


def _types(whole: GlobalType, roles: list[str]) -> dict[str, LocalType]:
    return {role: project(whole, role) for role in roles}


def input_beside(path: Path) -> Path | None:
    """Return the input of a run, ``NAME.input.json`` beside ``NAME.output.json``, packed or not; None without one.

    A link that leads nowhere counts: it is an error to the reader, as what is there and cannot be read.
    """
    name = path.name.removesuffix(".gz").removesuffix(".json")
    stem = name.removesuffix(".output").removesuffix(".raw")
    places = (path.with_name(f"{stem}.input.json{packed}") for packed in ("", ".gz"))
    return next((place for place in places if os.path.lexists(place) and place != path), None)


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
        raise MalformedDocument(path, error.path, error.message, FIELDS) from None
    except (AttributeError, TypeError):
        raise MalformedDocument(path, place, "this is no list of local types by role", FIELDS) from None
    return tuple(protocols)
