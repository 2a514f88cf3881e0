"""One generated step: an operation with model arguments, where they came from, and the reference's outcome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import decode_as_written, encode
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.values import SetDefaultHandler, UpdateEdgeHandler, UpdateTrace

Written = Any
"""How a program writes an argument that was taken from an earlier result: JSON with ``{"$ref": n}``; None where the
argument is written as it is."""


class Cell(NamedTuple):
    """What one step reached: the coverage that ``check`` prints and the floor is stated in."""

    operation: str
    """The operation; of a host mutation with its kind, as ``apply_owned_session_mutation/UpdateTrace``."""
    outcome: str
    phase: str
    """Of the session that it is about: absent, unclaimed, claimed, pending, terminal, closed; ``-`` of none."""
    relation: str
    """How the given capability, receipt or owner stands to the live one; ``-`` where none is given."""
    witness: str
    """How the given witness stands to those issued; ``-`` where none is given."""

    def __str__(self) -> str:
        return " | ".join(self)


class Act(NamedTuple):
    """An operation that is to be carried out."""

    operation: str
    arguments: tuple[Any, ...]
    relation: str = ""
    """The relation of its cell, where that says more than the store knows: ``former life``, ``many roles``."""


RELOAD: Final = Act("reload", ("binary",))


class GeneratedStep(NamedTuple):
    """One step as it was carried out on the reference."""

    seq: int
    operation: Operation
    arguments: tuple[Any, ...]
    written: tuple[Written, ...]
    """Per argument, how a program writes it."""
    outcome: Outcome
    cell: Cell
    args: bytes
    """The arguments as one JSON object: what is sent, and what ``arguments`` were read from."""


_MUTATIONS: Final = (SetDefaultHandler, UpdateEdgeHandler, UpdateTrace)


def encode_arguments(operation: Operation, arguments: Iterable[Any]) -> bytes:
    """Print model arguments as the JSON object of a request or an event; None leaves an optional one out."""
    codec = CODECS[operation.name]
    names = codec.wire_names
    members = {}
    for parameter, value in zip(operation.parameters, arguments, strict=True):
        if isinstance(value, _MUTATIONS):
            members[names[parameter]] = {type(value).__name__: value}
        elif value is not None or parameter not in operation.optional:
            members[names[parameter]] = value
    return encode(members)


_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def program_step(step: GeneratedStep, *, printed: bool = False) -> Step:
    """Return the step as a program holds it, with references to earlier results.

    Args:
        step: as it was made.
        printed: leave arguments as their bytes; the step is good for printing only, and made much faster.
    """
    args: dict[str, Any] = _members(step.args) if printed else decode_as_written(step.args)
    names = CODECS[step.operation.name].wire_names
    for parameter, written in zip(step.operation.parameters, step.written, strict=True):
        if written is not None:
            args[names[parameter]] = written
    return Step(args=args, op=step.operation.name, seq=step.seq)


def as_program(steps: Iterable[GeneratedStep], contract: str, meta: dict[str, Any]) -> Program:
    """Return the steps as a program."""
    return Program(contract=contract, meta=meta, steps=tuple(program_step(step) for step in steps))
