"""Files and folders that hold a protocol: ``.session`` texts, types in text or JSON, bundles of telltale's own tools.

A file holds one type, or a protocol: roles with their local types, a global type, or both. A folder with a global
type and one file a role is one protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from telltale_conformance.encoding import other_encoding
from telltale_conformance.errors import HarnessError
from telltale_conformance.files import content, is_folder
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.model.types.caret import Position
from telltale_conformance.model.types.global_types import roles_of
from telltale_conformance.model.types.json_shape import TypeJsonError, kind_of, members, text
from telltale_conformance.model.types.lean_json import global_from_json, type_from_lean_json
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.protocol import Protocol
from telltale_conformance.model.types.syntax import parse_protocol, parse_with_positions
from telltale_conformance.model.types.syntax_problems import SyntaxProblem
from telltale_conformance.model.types.type_json import type_from_json

NESTING: Final = DEFAULT_LIMITS.nesting
"""How deep JSON may nest, read or written."""

BUNDLE: Final = "protocol_bundle.v1"
"""The schema version of telltale's documents with a global type and local types."""

_ONE_TYPE: Final = (
    "this is a single type, and a .session file is a protocol: begin it with its roles, `roles A, B`, "
    "or with `global =`, or give the file another ending, as .type"
)
_BEGINS_PROTOCOL: Final = re.compile(r"(?:\s|(?:#|--)[^\n]*(?:\n|$))*(?:roles\b|global\s*=)")
_GLOBAL_NAMES: Final = frozenset({"global", "input", "choreography"})
"""Names of files that hold the global type of a folder where the type itself, an ``end``, does not say so."""


class Unreadable(HarnessError):
    """Thrown when a file has no types to speak of: missing, not text, malformed. Says so in a sentence."""

    def __init__(self, problem: str, position: Position | None = None, detail: str = "") -> None:
        super().__init__(problem, detail=detail)
        self.position = position
        self.file: Path | None = None
        """The file of a folder that it is about."""

    def within(self, path: Path) -> Unreadable:
        """Return it with the file, and the place in it, that it is about."""
        position, file = self.position, self.file or path
        self.place = str(file) if position is None else f"{file}:{position.line}:{position.column}"
        return self


class Source(NamedTuple):
    """The file that a part of a folder's protocol was read from."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class ProtocolFile:
    """What a file or folder holds: a protocol, or one local type of a role that is not named."""

    path: Path
    protocol: Protocol
    single: LocalType | None = None
    sources: Mapping[str | None, Source] = field(default_factory=dict)
    """Of a folder that is one protocol: where the type of each role was read from, and under None the global type."""


def read_protocols(path: Path) -> Iterator[ProtocolFile]:
    """Read a file, or a folder: one protocol where it has a global type or files of single types, else each protocol.

    ``.session`` is a protocol and ``.json`` is JSON. Of other names the content decides: JSON when it begins with
    ``{`` or is ``"End"``, a protocol when it begins with ``roles`` or ``global =``, else one type.

    Raises:
        Unreadable: what is wrong, and where.
    """
    if is_folder(path):
        yield from _folder(path)
    else:
        yield read_protocol_file(path)


def read_protocol_file(path: Path) -> ProtocolFile:
    """Read one file. Errors as above."""
    try:
        data = content(path, DEFAULT_LIMITS.line_bytes)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None
    return protocol_of(path, data)


def protocol_of(path: Path, data: bytes) -> ProtocolFile:
    """Read what a file of this name holds. Errors as above."""
    stripped = data.strip()
    if path.suffix == ".json" or (path.suffix != ".session" and (stripped.startswith(b"{") or stripped == b'"End"')):
        return _from_json(path, data)
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(other_encoding(data) or f"is not UTF-8 at byte {error.start + 1}") from None
    try:
        if path.suffix == ".session" or _BEGINS_PROTOCOL.match(content):
            return ProtocolFile(path, parse_protocol(content, source=str(path)))
        parsed = parse_with_positions(content, source=str(path))
    except SyntaxProblem as error:
        if path.suffix == ".session" and _is_one_type(content):
            raise Unreadable(_ONE_TYPE) from None
        raise Unreadable(error.message, Position(error.line, error.column), error.excerpt) from None
    if parsed.is_global:
        roles = roles_of(parsed.type)
        whole = Protocol(roles, {}, str(path), content, parsed.positions, global_type=parsed.type)
        return ProtocolFile(path, whole)
    return ProtocolFile(path, Protocol((), {}, str(path), content, parsed.positions), parsed.type)


def _is_one_type(content: str) -> bool:
    with suppress(SyntaxProblem):
        parse_with_positions(content)
        return True
    return False


# --- folders


def _folder(folder: Path) -> Iterator[ProtocolFile]:
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    read = [(path, _read_within(path)) for path in files if path.suffix in (".session", ".json", ".txt", ".type", "")]
    wholes = [one for _, one in read if one.protocol.global_type is not None]
    singles = {path: one for path, one in read if one.single is not None}
    if not wholes:
        ends = [path for path, one in singles.items() if path.stem in _GLOBAL_NAMES and not one.protocol.roles]
        wholes = [_as_global(singles.pop(path)) for path in ends[:1]]
    if not singles:
        if not read:
            raise Unreadable("this folder has no file with a protocol or a type; they are .session and .json files")
        yield from (one for _, one in read)
        return
    if len(wholes) > 1:
        names = ", ".join(one.path.name for one in wholes)
        raise Unreadable(f"this folder has more than one global type: {names}; keep each protocol in its own folder")
    whole = wholes[0] if wholes else None
    types: dict[str, LocalType] = {} if whole is None else dict(whole.protocol.types)
    sources: dict[str | None, Source] = {} if whole is None else dict.fromkeys([None, *types], _source(whole))
    places: dict[str, Position] = {} if whole is None else dict(whole.protocol.type_positions)
    for path, one in singles.items():
        role = role_of_file(path)
        if role in types:
            raise Unreadable(f"the role {role} has more than one type in this folder: {path.name} is the second")
        assert one.single is not None
        types[role], sources[role] = one.single, _source(one)
        if one.protocol.text:
            places[role] = one.protocol.positions.get(id(one.single), Position(1, 1))
    given = Protocol(tuple(types), {}) if whole is None else whole.protocol
    positions = dict(given.positions)
    for one in singles.values():
        positions.update(one.protocol.positions)
    protocol = Protocol(
        given.roles, types, str(folder), "", positions, given.role_positions, places, global_type=given.global_type
    )
    yield ProtocolFile(folder, protocol, sources=sources)


def _source(one: ProtocolFile) -> Source:
    return Source(one.path.name, one.protocol.text)


def role_of_file(path: Path) -> str:
    """Return the role whose local type a file holds: its name up to ``.expected``, ``.local`` and the like."""
    return path.name.split(".")[0]


def _read_within(path: Path) -> ProtocolFile:
    try:
        return read_protocol_file(path)
    except Unreadable as error:
        error.file = path
        raise


def _as_global(one: ProtocolFile) -> ProtocolFile:
    protocol = Protocol((), {}, str(one.path), global_type=one.single)
    return ProtocolFile(one.path, protocol)


# --- JSON


def _from_json(path: Path, data: bytes) -> ProtocolFile:
    try:
        document = parse(data, NESTING)
        if type(document) is not dict:
            return ProtocolFile(path, Protocol((), {}, str(path)), _one_type(document, "$"))
        if "choreographies" in document:
            raise Unreadable("this is a run input; one of its choreographies, with global_type and roles, is read here")
        if "initial_types" in document:
            return ProtocolFile(path, _opening(path, document))
        if "global_type" in document:
            return ProtocolFile(path, _bundle(path, document))
        if "role" in document and "local_type" in document:
            fields = members(document, "$", "a program of a role", ("role", "local_type"))
            role = text(fields["role"], ("$", "role"), "a role name")
            types = {role: _one_type(fields["local_type"], ("$", "local_type"))}
            return ProtocolFile(path, Protocol((role,), types, str(path)))
        if _is_global(document):
            whole = global_from_json(document)
            return ProtocolFile(path, Protocol(roles_of(whole), {}, str(path), global_type=whole))
        return ProtocolFile(path, Protocol((), {}, str(path)), _one_type(document, "$"))
    except (StrictJsonError, TypeJsonError) as error:
        raise Unreadable(str(error)) from None


def _is_global(document: Any) -> bool:
    """Say whether a type in JSON has a communication before anything else."""
    while type(document) is dict and document.get("kind") == "rec":
        document = document.get("body")
    return type(document) is dict and document.get("kind") in ("comm", "delegate")


def _opening(path: Path, document: dict[str, Any]) -> Protocol:
    fields = members(document, "$", "a protocol", ("roles", "initial_types"))
    types = fields["initial_types"]
    if type(fields["roles"]) is not list or type(types) is not dict:
        raise Unreadable("$: roles is an array of names and initial_types an object of types")
    read = {role: _one_type(value, (("$", "initial_types"), role)) for role, value in types.items()}
    return Protocol(_roles(fields["roles"]), read, str(path))


def _roles(roles: list[Any]) -> tuple[str, ...]:
    return tuple(text(role, (("$", "roles"), index), "a role name") for index, role in enumerate(roles))


def _bundle(path: Path, document: dict[str, Any]) -> Protocol:
    """Return a bundle, a choreography with its roles, or ``{"global_type","local_types"}`` without a version."""
    known = ("schema_version", "global_type", "local_types", "roles", "claims")
    for name in document:
        if name not in known:
            raise TypeJsonError("$", f"unknown field {name!r} of a protocol; its fields are {', '.join(known)}")
    version = document.get("schema_version", BUNDLE)
    if version not in (BUNDLE, "lean_bridge.v1"):
        raise TypeJsonError("$.schema_version", f"{BUNDLE} or lean_bridge.v1 is due, this is {kind_of(version)}")
    whole = global_from_json(document["global_type"], ("$", "global_type"))
    locals_ = document.get("local_types", {})
    if type(locals_) is not dict or type(document.get("roles", [])) is not list:
        raise TypeJsonError("$", "local_types is an object of types by role, and roles an array of names")
    types = {role: _one_type(value, (("$", "local_types"), role)) for role, value in locals_.items()}
    roles = _roles(document["roles"]) if "roles" in document else tuple(dict.fromkeys([*roles_of(whole), *types]))
    return Protocol(roles, types, str(path), global_type=whole)


def _one_type(value: object, place: Any) -> LocalType:
    lean = type(value) is dict and "kind" in value
    return type_from_lean_json(value, place) if lean else type_from_json(value, place)
