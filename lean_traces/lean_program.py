"""Programs as requests to the Lean model.

A request is text with one token per line (the first character says what it is; ``Telltale/Request.lean`` has the
table). What steps have in common is in tables at its head, each once: field names, values without references, and
local types, which are most of it and so have a form of their own, every part of one on its own and after what it is
made of. References of a program stay references: whether a step has a result is known only while it runs, so the
model resolves them and skips what refers to a step without one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.lean_errors import LeanProgramRefused
from telltale_conformance.lean_traces.programs import Program, Step, is_reference
from telltale_conformance.model.operations import OPERATIONS, those
from telltale_conformance.model.values import U64_MAX

CONTRACTS: Final = ("telltale-17", "hardened")
"""The contracts that the Lean model states."""

FRAMES: Final = 12_000
"""How deep functions may call each other over arguments and answers: local types nest 1,400 deep, whose JSON nests
four times as deep."""

NESTING: Final = 1_400
"""How deep a local type may nest."""

NOT_IN_LEAN: Final = those(lambda operation: operation.section in ("§17", "§20"))
"""Operations that the Lean model does not know: those about hashes, and about an implementation's JSON library."""
LEAN_OPERATIONS: Final = frozenset(OPERATIONS) - NOT_IN_LEAN
"""Every operation that the Lean model knows."""

ARGUMENTS: Final = {op: tuple(CODECS[op].wire_names.values()) for op in LEAN_OPERATIONS}
"""The arguments of each operation, in the order in which a request has them."""
_REQUIRED: Final = {
    op: frozenset(name for argument, name in CODECS[op].wire_names.items() if argument not in OPERATIONS[op].optional)
    for op in LEAN_OPERATIONS
}
_ALLOWED: Final = {op: frozenset(arguments) for op, arguments in ARGUMENTS.items()}
_LOCAL_TYPES: Final = frozenset({"new_type", "new_original", "lt", "cont", "original"})
"""The arguments that are local types."""
_KINDS: Final = {"Send": ">", "Recv": "<"}


@dataclass(frozen=True, slots=True)
class LeanRequest:
    """Programs in the line form.

    Attributes:
        programs: what was asked.
        text: the line form, UTF-8.
    """

    programs: Sequence[Program]
    text: bytes


class FirstCounters(NamedTuple):
    """What a fresh session counts from, where it is not what the contract says: for looking near the bound."""

    generation: int
    """Read under ``hardened`` only."""
    claim_id: int
    witness_id: int


def in_lean(program: Program) -> Program:
    """Return the program without the operations that the Lean model leaves out, which change no session."""
    steps = tuple(step for step in program.steps if step.op not in NOT_IN_LEAN)
    return msgspec.structs.replace(program, steps=steps)


def encode_request(programs: Sequence[Program], first: FirstCounters | None = None) -> LeanRequest:
    """Programs as one request to the model.

    Args:
        programs: what is asked.
        first: the counters of fresh sessions; those of the contract when None.

    Raises:
        LeanProgramRefused: a step is malformed, or names an operation that the model does not know.
    """
    writer = _Writer(first)
    with nesting_allowed():
        for number, program in enumerate(programs):
            writer.program(number, program)
    lines = ["telltale-request 2", f"ops {len(writer.operations)}", *writer.operations]
    lines.append(f"shapes {len(writer.shapes)}")
    for shape in writer.shapes:
        lines += [str(len(shape)), *shape]
    lines.append(f"values {len(writer.values)}")
    lines += writer.constants
    lines.append(f"labels {len(writer.labels)}")
    for label in writer.labels:
        lines += label
    lines.append(f"types {len(writer.types)}")
    for local_type in writer.types:
        lines += local_type
    lines += writer.tokens
    lines += ["end", ""]
    try:
        return LeanRequest(programs, "\n".join(lines).encode())
    except UnicodeEncodeError as error:
        text = error.object[error.start : error.end]
        raise LeanProgramRefused("request", f"a text is not Unicode: {text!r}", "correct the program") from None


@contextmanager
def nesting_allowed() -> Iterator[None]:
    """Let JSON nest as deep as ``FRAMES`` frames of the interpreter go, and no deeper."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class _Unwritable(ValueError):
    """Thrown when a value of a program has no line form; the message says why."""


class _NoLocalType(ValueError):
    """Thrown when a value cannot be written as a local type; it is written as any other value then."""


class _Writer:
    """The tokens of a request, with its tables of operations, shapes, values, labels and local types."""

    def __init__(self, first: FirstCounters | None) -> None:
        self._first = "" if first is None else "".join(f" {number}" for number in first)
        self.tokens: list[str] = []
        self.operations: dict[str, int] = {}
        self.shapes: dict[tuple[str, ...], int] = {}
        self.values: dict[tuple[str, ...], int] = {}
        self.constants: list[str] = []
        self.labels: dict[tuple[str, ...], int] = {}
        self.types: dict[tuple[str, ...], int] = {}
        self._places: dict[int, int] = {}

    def program(self, number: int, program: Program) -> None:
        """Write a program.

        Raises:
            LeanProgramRefused: it cannot be read.
        """
        if program.contract not in CONTRACTS:
            raise LeanProgramRefused(
                f"program {number}",
                f"the Lean model has no contract {program.contract!r}",
                f"use {' or '.join(CONTRACTS)}",
            )
        self.tokens.append(f"program {program.contract}{self._first}")
        self._places = {}
        last = -1
        for place, step in enumerate(program.steps):
            where = f"program {number}, step {step.seq}, operation {step.op}"
            problem = _problem(step, last)
            if problem:
                raise LeanProgramRefused(where, *problem)
            self.tokens.append(str(self.operations.setdefault(step.op, len(self.operations))))
            try:
                for name in ARGUMENTS[step.op]:
                    self._argument(name, step.args.get(name))
            except RecursionError:
                hint = "use local types that nest less deep"
                raise LeanProgramRefused(where, "its arguments nest too deep", hint) from None
            except _Unwritable as error:
                raise LeanProgramRefused(where, str(error), "correct the program") from None
            self._places[step.seq] = place
            last = step.seq

    def _argument(self, name: str, value: Any) -> None:
        if name in _LOCAL_TYPES:
            self._local_type(value)
        elif name == "initial_types" and isinstance(value, Mapping) and not is_reference(value):
            start = self._object(value)
            self._members(start, value.values(), self._local_type)
        elif name == "plan" and isinstance(value, Mapping) and not is_reference(value):
            self._object(value)
            for field, member in value.items():
                self._argument(field, member)
        else:
            self._value(value)

    def _object(self, value: Mapping[str, Any]) -> int:
        """Begin an object; where it begins."""
        start = len(self.tokens)
        shape = tuple(map(_name, value))
        self.tokens.append(f"{{{self.shapes.setdefault(shape, len(self.shapes))}")
        return start

    def _local_type(self, value: Any) -> bool:
        """Write a local type, or what is in the place of one; whether it is free of references."""
        start = len(self.tokens)
        try:
            number = self._type(value, 0)
        except _NoLocalType:
            del self.tokens[start:]
            return self._value(value)
        self.tokens.append(f"%{number}")
        return False

    def _type(self, value: Any, depth: int) -> int:
        """Return the number of a local type in the table.

        Raises:
            _NoLocalType: it is none, or a part of it is a reference.
        """
        if depth > NESTING:
            raise RecursionError("a local type nests too deep")
        if value == "End":
            return self._numbered(self.types, ("e",))
        name, node = _only(value)
        if name == "Var" and isinstance(node, str):
            return self._numbered(self.types, ("v", _text(node)))
        if not isinstance(node, Mapping):
            raise _NoLocalType
        if name == "Mu" and node.keys() == {"var", "body"} and isinstance(node["var"], str):
            body = self._type(node["body"], depth + 1)
            return self._numbered(self.types, ("m", _text(node["var"]), str(body)))
        kind = _KINDS.get(name)
        if kind is None or node.keys() != {"partner", "branches"} or not isinstance(node["partner"], str):
            raise _NoLocalType
        branches = node["branches"]
        if not isinstance(branches, (list, tuple)):
            raise _NoLocalType
        parts = [kind, _text(node["partner"]), str(len(branches))]
        for branch in reversed(branches):
            if not isinstance(branch, (list, tuple)) or len(branch) != 3:
                raise _NoLocalType
            label, payload, following = branch
            parts.append(str(self._label(label, payload)))
            parts.append(str(self._type(following, depth + 1)))
        return self._numbered(self.types, tuple(parts))

    def _label(self, label: Any, payload: Any) -> int:
        """Return the number of a label and its value type in the table; the model sees whether they are any."""
        start = len(self.tokens)
        if not (self._value(label) and self._value(payload)):
            raise _NoLocalType
        key = tuple(self.tokens[start:])
        del self.tokens[start:]
        return self._numbered(self.labels, key)

    @staticmethod
    def _numbered(table: dict[tuple[str, ...], int], key: tuple[str, ...]) -> int:
        return table.setdefault(key, len(table))

    def _value(self, value: Any) -> bool:
        """Write a value; whether it is free of references, and so in the table of values."""
        if isinstance(value, Mapping):
            if is_reference(value):
                self._reference(value)
                return False
            start = self._object(value)
            return self._members(start, value.values(), self._value)
        if isinstance(value, (list, tuple)):
            start = len(self.tokens)
            self.tokens.append(f"[{len(value)}")
            return self._members(start, value, self._value)
        self.tokens.append(_scalar(value))
        return True

    def _members(self, start: int, members: Iterable[Any], write: Callable[[Any], bool]) -> bool:
        constant = True
        for member in members:
            if not write(member):
                constant = False
        if constant:
            key = tuple(self.tokens[start:])
            number = self.values.get(key)
            if number is None:
                number = self.values[key] = len(self.values)
                self.constants.extend(key)
            self.tokens[start:] = [f"@{number}"]
        return constant

    def _reference(self, value: Mapping[str, Any]) -> None:
        place = self._places.get(value["$ref"])
        if place is None:
            self.tokens.append("!")
        elif "set" in value:
            self.tokens.append(f"={place}")
            self._plain_object(value["set"])
        else:
            self.tokens.append(f"${place}")

    def _plain_object(self, fields: Mapping[str, Any]) -> None:
        """Write the fields of a ``set``, which is not a reference even if it looks like one."""
        self._members(self._object(fields), fields.values(), self._value)


def _problem(step: Step, last: int) -> tuple[str, str] | None:
    """Return what is wrong with a step, and what to do; ``None`` for nothing."""
    if step.seq <= last:
        return f"seq {step.seq} does not ascend", "number the steps upwards from 0"
    if step.op not in LEAN_OPERATIONS:
        return "the Lean model has no such operation", "leave the step out, or extend the Lean model"
    missing = _REQUIRED[step.op] - step.args.keys()
    unknown = step.args.keys() - _ALLOWED[step.op]
    if missing or unknown:
        wrong = [f"{a} is missing" for a in sorted(missing)] + [f"{a} is unknown" for a in sorted(unknown)]
        return ", ".join(wrong), "give the arguments that the contract lists"
    return None


def _only(value: Any) -> tuple[Any, Any]:
    """Return the name and value of the only field of an object.

    Raises:
        _NoLocalType: it is no such object.
    """
    if not isinstance(value, Mapping) or len(value) != 1:
        raise _NoLocalType
    ((name, field),) = value.items()
    return name, field


def _text(text: str) -> str:
    if "\\" in text or "\n" in text:
        return "'" + text.replace("\\", "\\\\").replace("\n", "\\n")
    return '"' + text


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise _Unwritable(f"a field name is no text: {name!r}")
    return _text(name)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return "n"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return str(value) if 0 <= value <= U64_MAX else f"~{value}"
    if isinstance(value, float):
        return f"~{value!r}"
    raise _Unwritable(f"no JSON value: {value!r}")
