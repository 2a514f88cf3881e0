"""``telltale-conformance types``: check local types and protocols, print them in every form.

Exit code 0: every file was read and nothing is wrong with its types. 1: a type is not well-formed, or the
roles of a protocol do not fit together. 2: a file cannot be read or is malformed, or the picture cannot be
written. The worst of all files counts.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from telltale_conformance.errors import HarnessError, UsageError
from telltale_conformance.lean_traces.codec import encode
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.writer import written_whole
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.plan import OpenPlan, open_plan
from telltale_conformance.model.types.caret import Position, excerpt
from telltale_conformance.model.types.json_shape import TypeJsonError, members, quoted, text
from telltale_conformance.model.types.lean_json import encode_type_lean, type_from_lean_json
from telltale_conformance.model.types.local_types import Choice, LocalType, Send, postorder
from telltale_conformance.model.types.printer import print_local_type, print_name, print_pretty
from telltale_conformance.model.types.protocol import Protocol, protocol_problems
from telltale_conformance.model.types.syntax import SyntaxProblem, parse_protocol, parse_with_positions
from telltale_conformance.model.types.type_json import (
    encode_type,
    type_from_json,
)
from telltale_conformance.model.types.wellformed import problems
from telltale_conformance.oracle.cli.draw import drawing
from telltale_conformance.oracle.cli.terminal import tell, told, warn
from telltale_conformance.readable import visible

NESTING: Final = DEFAULT_LIMITS.nesting
"""How deep JSON may nest, read or written."""

_BEGINS_PROTOCOL: Final = re.compile(r"(?:\s|(?:#|--)[^\n]*(?:\n|$))*roles\b")
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')
_EXCERPTS: Final = 20
"""How many problems of a file are shown with their line."""


class Unreadable(HarnessError):
    """Thrown when a file has no types to speak of: missing, not text, malformed. Says so in a sentence."""

    def __init__(self, problem: str, position: Position | None = None, detail: str = "") -> None:
        super().__init__(problem, detail=detail)
        self.position = position

    def within(self, path: Path) -> Unreadable:
        """Return it with the file, and the place in it, that it is about."""
        position = self.position
        self.place = str(path) if position is None else f"{path}:{position.line}:{position.column}"
        return self


class Subject:
    """The types of one file. A file with a single type has the role name None and no protocol."""

    def __init__(self, path: Path, types: Iterable[tuple[str | None, LocalType]], protocol: Protocol) -> None:
        self.path = path
        self.types = dict(types)
        self.protocol = protocol
        self.single = None in self.types
        self.plan: OpenPlan | None = None
        if not self.single:
            try:
                self.plan = open_plan(protocol.roles, protocol.types)
            except StringError as error:
                raise Unreadable(error.text) from None

    def findings(self) -> Iterator[dict[str, Any]]:
        """Every problem as a JSON object: kind, message, role, path, line, column."""
        positions = self.protocol.positions
        for role, local_type in self.types.items():
            for one in problems(local_type):
                yield _finding(one.kind, one.message, role, positions.get(id(one.node)), str(one.path))
        if not self.single:
            for other in protocol_problems(self.protocol):
                yield _finding(other.kind, other.message, other.role, other.position, None)

    def has_value_types(self) -> bool:
        """Say whether any branch has a value type."""
        return any(
            branch.value_type is not None
            for local_type in self.types.values()
            for node in postorder(local_type)
            if isinstance(node, Choice)
            for branch in node.branches
        )

    def labels(self) -> dict[tuple[str, str], list[str]]:
        """What each directed pair carries, by the sender's type or else the receiver's."""
        carried: dict[tuple[str, str], dict[str, None]] = {}
        for role, local_type in self.types.items():
            for node in reversed(postorder(local_type)):
                if isinstance(node, Choice) and role is not None:
                    pair = (role, node.partner) if isinstance(node, Send) else (node.partner, role)
                    carried.setdefault(pair, {}).update((b.label.name, None) for b in node.branches)
        return {pair: list(names) for pair, names in carried.items()}


@told
def run(files: list[Path], *, as_json: bool, lean_json: bool, plan: bool, draw: Path | None) -> int:
    """Report on each file; return the exit code (0, 1 or 2, as above)."""
    if not files or (draw is not None and len(files) != 1):
        raise UsageError("name one file to draw" if files else "name at least one file")
    worst = 0
    for path in files:
        try:
            subject = read_subject(path)
            report = _report(subject, lean_json)
            if draw is not None:
                _draw(subject, draw)
        except Unreadable as error:
            worst = 2
            _say_unreadable(path, error, as_json)
            continue
        worst = max(worst, 0 if report["ok"] else 1)
        if lean_json and subject.has_value_types():
            warn(f"{path}: the Lean form has no value types; they are left out there")
        if as_json:
            print(encode(report).decode())
        else:
            print("\n".join(_human(subject, report, lean_json, plan)))
    return worst


def read_subject(path: Path) -> Subject:
    """Read a file: a protocol in text, a local type in text, or JSON of either form; Unreadable.

    ``.session`` is a protocol and ``.json`` is JSON. Of other names the content decides: JSON when it
    begins with ``{`` or is ``"End"``, a protocol when it begins with ``roles``, else a local type. A JSON
    object with ``roles`` and ``initial_types`` (the arguments of the operation open) is a protocol too.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from None
    stripped = data.strip()
    if path.suffix == ".json" or (path.suffix != ".session" and (stripped.startswith(b"{") or stripped == b'"End"')):
        return _from_json(path, data)
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8 at byte {error.start + 1}") from None
    try:
        if path.suffix == ".session" or _BEGINS_PROTOCOL.match(content):
            protocol = parse_protocol(content, source=str(path))
            return Subject(path, protocol.types.items(), protocol)
        parsed = parse_with_positions(content, source=str(path))
    except SyntaxProblem as error:
        raise Unreadable(error.message, Position(error.line, error.column), error.excerpt) from None
    protocol = Protocol((), {}, str(path), content, parsed.positions)
    return Subject(path, [(None, parsed.type)], protocol)


def _from_json(path: Path, data: bytes) -> Subject:
    try:
        document = parse(data, NESTING)
        if type(document) is dict and "initial_types" in document:
            fields = members(document, "$", "a protocol", ("roles", "initial_types"))
            roles, types = fields["roles"], fields["initial_types"]
            if type(roles) is not list or type(types) is not dict:
                raise Unreadable("$: roles is an array of names and initial_types an object of types")
            names = tuple(text(role, (("$", "roles"), index), "a role name") for index, role in enumerate(roles))
            read = {role: _one_type(value, (("$", "initial_types"), role)) for role, value in types.items()}
            return Subject(path, read.items(), Protocol(names, read, str(path)))
        return Subject(path, [(None, _one_type(document, "$"))], Protocol((), {}, str(path)))
    except (StrictJsonError, TypeJsonError) as error:
        raise Unreadable(str(error)) from None


def _one_type(value: object, place: Any) -> LocalType:
    lean = type(value) is dict and "kind" in value
    return type_from_lean_json(value, place) if lean else type_from_json(value, place)


# --- the report


def _finding(kind: str, message: str, role: str | None, place: Position | None, path: str | None) -> dict[str, Any]:
    line, column = place if place is not None else (None, None)
    return {"kind": kind, "message": message, "role": role, "line": line, "column": column, "path": path}


def _report(subject: Subject, lean_json: bool) -> dict[str, Any]:
    """What ``--json`` prints for a file that could be read."""
    found = list(subject.findings())
    types = []
    for role, local_type in subject.types.items():
        one: dict[str, Any] = {"role": role, "text": print_local_type(local_type)}
        one["json"] = _bounded(encode_type(local_type))
        if lean_json:
            one["lean_json"] = _bounded(encode_type_lean(local_type))
        types.append(one)
    return {
        "file": str(subject.path),
        "ok": not found,
        "problems": found,
        "roles": None if subject.single else list(subject.protocol.roles),
        "types": types,
        "plan": None if any(one["json"] is None for one in types) else subject.plan,
        "blueprint": None if subject.plan is None else list(subject.plan.edge_blueprint),
        "error": None,
    }


def _bounded(encoded: bytes) -> msgspec.Raw | None:
    """JSON for the report; None when it nests deeper than what readers of ours take."""
    depth = deepest = 0
    for match in _BRACKETS.finditer(encoded):
        if match[0] in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif match[0] in b"]}":
            depth -= 1
    return msgspec.Raw(encoded) if deepest + 8 <= NESTING else None  # the report adds a few levels


def _say_unreadable(path: Path, error: Unreadable, as_json: bool) -> None:
    tell(error.within(path))
    if as_json:
        line, column = error.position or (None, None)
        fault = {"message": error.problem, "line": line, "column": column}
        empty: dict[str, Any] = dict.fromkeys(("roles", "types", "plan", "blueprint"))
        report = {"file": str(path), "ok": False, "problems": [], "error": fault, **empty}
        print(encode(report).decode())


def _human(subject: Subject, report: dict[str, Any], lean_json: bool, plan: bool) -> Iterator[str]:
    bold, red, plain = _colours()
    found = report["problems"]
    verdict = "well-formed" if report["ok"] else f"{len(found)} problem{'s' if len(found) > 1 else ''}"
    yield f"{bold}{visible(str(subject.path))}: {verdict}{plain}"
    for index, one in enumerate(found):
        place = None if one["line"] is None else Position(one["line"], one["column"])
        where = f"{place.line}:{place.column}" if place else (f"at {one['path']}" if one["path"] else "roles")
        whose = "" if one["role"] is None or place else f" of {quoted(one['role'])}"
        yield f"{visible(where + whose)}: {red}{one['kind']}{plain}: {visible(one['message'])}"
        if place and index < _EXCERPTS:
            yield excerpt(subject.protocol.text, place)
    if not subject.single:
        yield "\nroles " + ", ".join(map(print_name, subject.protocol.roles))
    for one, (role, local_type) in zip(report["types"], subject.types.items(), strict=True):
        yield "" if role is None else f"\n{print_name(role)} ="
        yield "  " + print_pretty(local_type, indent=2)
        if lean_json:
            lean = one["lean_json"]
            yield (bytes(lean).decode() if lean else f"(its JSON nests deeper than {NESTING} levels, the limit)")
    if subject.plan is not None:
        yield "\nedges"
        for (a, b), sender, receiver in subject.plan.edge_blueprint:
            yield f"  {a} → {b}   {print_name(sender)} → {print_name(receiver)}"
        if plan and report["plan"] is not None:
            yield "\nopen plan"
            yield encode(subject.plan).decode()
        elif plan:
            yield f"\nopen plan: not shown, its JSON nests deeper than {NESTING} levels, the limit"


def _colours() -> tuple[str, str, str]:
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return "\x1b[1m", "\x1b[31m", "\x1b[0m"
    return "", "", ""


def _draw(subject: Subject, path: Path) -> None:
    if subject.plan is None:
        raise Unreadable("has a single type and no roles, so there is no blueprint to draw")
    edges = [(sender, receiver) for _, sender, receiver in subject.plan.edge_blueprint]
    title = f"Edge blueprint of {subject.path.name}"
    try:
        with written_whole(path) as file:
            file.write(drawing(title, subject.plan.roles, edges, subject.labels()).encode())
    except OSError as error:
        raise Unreadable(f"the picture {path} cannot be written: {error.strerror or error}") from None
