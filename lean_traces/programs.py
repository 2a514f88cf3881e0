"""Programs: operations whose arguments may refer to earlier results (program format)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from msgspec import Struct

from telltale_conformance.errors import HarnessError
from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS, ArgumentCodec
from telltale_conformance.lean_traces.json_values import DESCEND, rebuilt
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.lines import line_object, opened, read_lines
from telltale_conformance.lean_traces.printing import decode_as_written, encode, encode_as_written, encode_lines
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.trace import PROGRAM_SCHEMA, VERSION, MalformedTrace
from telltale_conformance.lean_traces.writer import written_whole
from telltale_conformance.readable import counted, one_line

_REMEDY: Final = "see `telltale-conformance schema program`"


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One operation of a program.

    Any value within ``args`` may be ``{"$ref": n}``, the ok result of step n, or
    ``{"$ref": n, "set": {...}}``, that result with fields replaced.  Everything else is sent as it is written: members
    in their order, sets with repeats, options absent or null, numbers as they are spelled.
    """

    args: dict[str, Any]
    op: str
    seq: int

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments as text: they may nest deeper than pickle goes."""
        return _unpickled, (encode_as_written(self.args), self.op, self.seq)


def _unpickled(args: bytes, op: str, seq: int) -> Step:
    return Step(args=decode_as_written(args), op=op, seq=seq)


class Program(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Steps in the order of their numbers, which may have gaps where steps were removed."""

    contract: str = "telltale-17"
    meta: dict[str, Any] = {}
    steps: tuple[Step, ...]


class UnresolvedReference(HarnessError):
    """Thrown when a step refers to one that has no result: it failed, was skipped or was removed."""

    def __init__(self, reference: int, why: str) -> None:
        super().__init__(f"step {reference} {why}")
        self.reference = reference
        self.why = why


def is_reference(value: Any) -> bool:
    """Say whether a JSON value is a reference: of exactly that shape, so that a role may be called ``$ref``."""
    return (
        type(value) is dict
        and type(value.get("$ref")) is int
        and value["$ref"] >= 0
        and (len(value) == 1 or (value.keys() == {"$ref", "set"} and type(value["set"]) is dict))
    )


def resolve(args: Any, results: Mapping[int, Any]) -> Any:
    """Return ``args`` with every reference replaced by the JSON value of an earlier result.

    Args:
        args: JSON with references.
        results: the ok results so far, as JSON, by step number.

    Raises:
        UnresolvedReference: a referred step has no result, or fields are set in one that is not an object.
    """
    return rebuilt(args, lambda _, part: _referred(part, results) if is_reference(part) else DESCEND)


def _referred(reference: dict[str, Any], results: Mapping[int, Any]) -> Any:
    number = reference["$ref"]
    if number not in results:
        raise UnresolvedReference(number, "has no result")
    result = results[number]
    replaced = reference.get("set")
    if replaced is None:
        return result
    if not isinstance(result, dict):
        raise UnresolvedReference(number, "gave no object, so no fields can be set in it")
    return {**result, **resolve(replaced, results)}


def references(args: Any) -> set[int]:
    """Return the numbers of the steps that ``args`` refers to."""
    found: set[int] = set()
    waiting = [args]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if is_reference(value):
                found.add(value["$ref"])
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def without(program: Program, removed: Sequence[int]) -> Program:
    """Return the program without the steps of those numbers; the others keep theirs."""
    gone = set(removed)
    return msgspec.structs.replace(program, steps=tuple(step for step in program.steps if step.seq not in gone))


def write_program(path: Path, program: Program) -> None:
    """Write a program file, whole or not at all."""
    with written_whole(path) as file:
        file.write(program_bytes(program))


def program_bytes(program: Program) -> bytes:
    """Return a program as its file holds it."""
    header = {
        "contract": program.contract,
        "meta": program.meta,
        "schema": PROGRAM_SCHEMA,
        "version": VERSION,
    }
    steps = [
        {"args": msgspec.Raw(encode_as_written(step.args)), "op": step.op, "seq": step.seq} for step in program.steps
    ]
    return encode(header) + b"\n" + encode_lines([*steps, _end(len(steps))])


def _end(steps: int) -> dict[str, Any]:
    return {"end": True, "steps": steps}


def cut_short(data: bytes, steps: int) -> bytes | None:
    """Return what ``program_bytes`` returns for the first steps of a program; None where it has not so many.

    Args:
        data: that ``program_bytes`` returned for the program.
        steps: how many.
    """
    header, *lines, _ = data.splitlines(keepends=True)
    if steps > len(lines):
        return None
    return b"".join((header, *lines[:steps], encode(_end(steps)), b"\n"))


def read_program(path: Path, limits: Limits = DEFAULT_LIMITS) -> Program:
    """Read a program file, strictly.

    Raises:
        MalformedTrace: what is wrong, where, and what to do.
    """
    with opened(path) as file:
        return _program(file, str(path), limits, packed=path.suffix == ".gz")


def program_of(data: bytes, path: str, limits: Limits = DEFAULT_LIMITS) -> Program:
    """Return the program that the bytes of a file are. Errors as of ``read_program``."""
    return _program(io.BytesIO(data), path, limits, packed=False)


def written_program(data: bytes, path: str) -> Program:
    """Return the program that ``program_bytes`` wrote, some hundred times faster than one from outside is read.

    The shapes of arguments are not looked at: the caller knows that the bytes are those that were written.

    Raises:
        MalformedTrace: they are not.
    """
    try:
        header, *steps, _ = (decode_as_written(line) for line in data.splitlines())
        read = tuple(Step(**step) for step in steps)
        program = Program(contract=header["contract"], meta=header["meta"], steps=read)
        known = all(step.op in CODECS for step in read)
    except (ValueError, KeyError, TypeError, msgspec.MsgspecError) as error:
        raise MalformedTrace(path, 0, one_line(str(error), 200), "this is no program that was kept") from None
    if not known:
        raise MalformedTrace(path, 0, "a step's operation is unknown", "this is no program that was kept")
    return program


def _program(file: BinaryIO, path: str, limits: Limits, *, packed: bool) -> Program:
    return _Reading(path, limits).program(read_lines(file, path, limits, packed=packed))


class _Reading:
    def __init__(self, path: str, limits: Limits) -> None:
        self._path = path
        self._nesting = limits.nesting

    def program(self, lines: Iterable[bytes]) -> Program:
        documents = [
            line_object(line, number, self._path, self._nesting, spelled=True) for number, line in enumerate(lines, 1)
        ]
        if not documents:
            raise self._malformed(0, "the file is empty", "name a program")
        header, last = documents[0], documents[-1]
        version = header.get("version")
        if header.get("schema") != PROGRAM_SCHEMA or type(version) is not int or version != VERSION:
            expected = f'"schema":"{PROGRAM_SCHEMA}","version":{VERSION}'
            raise self._malformed(1, "this is no program of this version", f"a program begins with {expected}")
        if header.keys() != {"schema", "version", "contract", "meta"}:
            raise self._malformed(1, "the header is not schema, version, contract, meta", _REMEDY)
        if type(header["contract"]) is not str or type(header["meta"]) is not dict:
            raise self._malformed(1, "contract must be text and meta an object", _REMEDY)
        if "end" not in last:
            raise self._malformed(len(documents) + 1, "there is no end line", "the file was cut off")
        steps = tuple(self._step(document, number) for number, document in enumerate(documents[1:-1], 2))
        for number, (before, after) in enumerate(pairwise(steps), 3):
            if after.seq <= before.seq:
                raise self._malformed(number, f"seq {after.seq} after {before.seq}", "steps are numbered ascending")
        complete = last == {"end": True, "steps": len(steps)} and type(last["steps"]) is int
        if not complete or last["end"] is not True:
            problem = f"the end line does not count {counted(len(steps), 'step')}"
            raise self._malformed(len(documents), problem, _REMEDY)
        return Program(contract=header["contract"], meta=header["meta"], steps=steps)

    def _step(self, document: dict[str, Any], number: int) -> Step:
        try:
            step = msgspec.convert(document, Step)
        except msgspec.ValidationError as error:
            raise self._malformed(number, f"step: {error}", _REMEDY) from None
        codec = CODECS.get(step.op)
        if codec is None or step.seq < 0:
            problem = f"unknown operation `{step.op}`" if codec is None else "seq is negative"
            raise self._malformed(number, problem, _REMEDY)
        ahead = [reference for reference in references(step.args) if reference >= step.seq]
        if ahead:
            problem = f"`$ref` must be the number of an earlier step, not {min(ahead)}"
            raise self._malformed(number, problem, _REMEDY)
        problem = self._unfit_arguments(step, codec)
        if problem:
            raise self._malformed(number, problem, _REMEDY)
        return step

    @staticmethod
    def _unfit_arguments(step: Step, codec: ArgumentCodec) -> str:
        """Say what is wrong with a step's arguments; where they hold references, the schema decides."""
        if not references(step.args):
            try:
                codec.from_json(step.args)
            except ArgumentError as error:
                return str(error)
            return ""
        from jsonschema.exceptions import best_match

        arguments: Any = step.args
        try:
            worst = best_match(validator("program", step.op).iter_errors(arguments))
        except RecursionError:
            return "arguments with references nest too deep to be checked"
        return f"$.args{worst.json_path[1:]}: {one_line(worst.message, 200)}" if worst else ""

    def _malformed(self, line: int, problem: str, remedy: str) -> MalformedTrace:
        return MalformedTrace(self._path, line, problem, remedy)
