"""A program whose sessions are looked at after every step: what a refusal changes all the same is then seen at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from telltale_conformance.lean_traces.json_values import DESCEND, rebuilt
from telltale_conformance.lean_traces.programs import Program, Step, is_reference
from telltale_conformance.model.operations import OPERATIONS

_LOOK: Final = "observe"
_NAMED_BY: Final = ("capability", "receipt", "edge", "ep")
"""The arguments whose session an operation is about, where it has no ``sid``."""


def looked_at(program: Program) -> Program:
    """Return the program with a look at the session after each step that names one."""
    return msgspec.structs.replace(program, steps=tuple(_steps(program)))


def _steps(program: Program) -> Iterator[Step]:
    """Yield the steps under even numbers, and the looks under odd ones."""
    sids: dict[int, Any] = {}
    for step in program.steps:
        yield Step(args=_moved(step.args), op=step.op, seq=2 * step.seq)
        sid = {"$ref": step.seq} if OPERATIONS[step.op].gives == "session" else _session(step.args, sids)
        if sid is None:
            continue
        sids[step.seq] = sid
        if step.op != _LOOK:
            yield Step(args=_moved({"sid": sid}), op=_LOOK, seq=2 * step.seq + 1)


def _moved(args: Any) -> Any:
    return rebuilt(args, lambda _, part: _moved_reference(part) if is_reference(part) else DESCEND)


def _moved_reference(reference: Mapping[str, Any]) -> dict[str, Any]:
    moved: dict[str, Any] = {"$ref": 2 * reference["$ref"]}
    return moved | {"set": _moved(reference["set"])} if "set" in reference else moved


def _session(args: Mapping[str, Any], sids: Mapping[int, Any]) -> Any:
    """Return the sid that a step names, as the program writes it; None where it names none."""
    if "sid" in args:
        return args["sid"]
    for name in _NAMED_BY:
        given = args.get(name)
        if not isinstance(given, dict):
            continue
        if is_reference(given):
            changed = given.get("set", {})
            return changed.get("session_id", sids.get(given["$ref"]))
        return given.get("session_id", given.get("sid"))
    return None
