"""What steps are given, made to stand to the sessions of a smaller program as it stood to those of the larger.

A guard compares: generations with the live one, owners with the live owner, a receipt with the pending one, a witness
with the issued one. A step that only raised a generation can go when what was below the live generation is below it
still, and what was equal to it is equal again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.lean_traces.programs import Program, Step, UnresolvedReference, resolve
from telltale_conformance.model.state import Session
from telltale_conformance.oracle.minimise.lifting import OPENING
from telltale_conformance.oracle.reference.run import ReferenceRun

_OTHER_SCOPE: Final[dict[str, list[str]]] = {"Fragments": []}


class _Session(NamedTuple):
    """A session before a step."""

    opened: int
    """The step that opened it."""
    live: dict[str, Any] | None
    pending: dict[str, Any] | None
    issued: dict[int, dict[str, Any]]
    consumed: list[int]
    next_witness_id: int


def as_before(program: Program, changed: Program) -> Program | None:
    """Return a changed program whose steps are given what stands to their sessions as before, the last step included.

    None where the last step names no session that a step of both opened.

    Args:
        program: the program as it was; none of its steps is skipped.
        changed: the same with fewer steps, with or without the last.
    """
    last = program.steps[-1]
    wanted = {step.seq: step for step in (*changed.steps, last)}
    before, after = ReferenceRun(program.contract), ReferenceRun(program.contract)
    opened: dict[Any, int] = {}
    steps = []
    for step in program.steps:
        if step.seq in wanted:
            rebuilt = _rebuilt(step, wanted[step.seq], opened, before, after)
            if rebuilt is None:
                return None
            steps.append(rebuilt)
            after.step(rebuilt)
        before.step(step)
        if step.op in OPENING and step.seq in before.results:
            opened[before.results[step.seq]] = step.seq
    try:
        named = _named(resolve(last.args, before.results))
    except UnresolvedReference:
        return None
    return msgspec.structs.replace(program, steps=tuple(steps)) if opened.get(named) in wanted else None


def _rebuilt(old: Step, new: Step, opened: Mapping[Any, int], before: ReferenceRun, after: ReferenceRun) -> Step | None:
    """Return a step with other arguments where its own do not stand as before; None where that cannot be.

    What was below and cannot be below any more is made above: it is as little the live one.
    """
    try:
        args = resolve(old.args, before.results)
    except UnresolvedReference:
        return None
    sid = _named(args)
    there = before.store.sessions.get(sid) if type(sid) is int else None
    here = after.store.sessions.get(after.results.get(opened[sid], -1)) if sid in opened else None
    if new.op != old.op or there is None or here is None:
        return new
    standing = (_session(there, opened[sid]), _session(here, opened[sid]))
    rebuilt = {name: _argument(name, value, args, *standing) for name, value in old.args.items()}
    with suppress(UnresolvedReference):
        if resolve(new.args, after.results) == resolve(rebuilt, after.results):
            return new
    return msgspec.structs.replace(old, args=rebuilt)


def _named(args: dict[str, Any]) -> Any:
    for name in ("capability", "receipt", "sid"):
        value = args.get(name)
        if value is not None:
            return value.get("session_id") if isinstance(value, dict) else value
    return None


def _session(session: Session, opened: int) -> _Session:
    own = session.ownership
    live, pending, issued = as_json([own.current, own.pending, list(own.issued.values())])
    witnesses = {witness["witness_id"]: witness for witness in issued}
    return _Session(opened, live, pending, witnesses, sorted(own.consumed), own.next_witness_id)


def _argument(name: str, written: Any, args: dict[str, Any], there: _Session, here: _Session) -> Any:
    value = args[name]
    if name == "capability" and isinstance(value, dict):
        return {**_related(value, there.live, here.live), "session_id": {"$ref": here.opened}}
    if name == "receipt" and isinstance(value, dict):
        return {**_receipt(value, there, here), "session_id": {"$ref": here.opened}}
    if name == "witness" and isinstance(value, dict):
        return {**_witness(value, args["capability"], there, here), "session_id": {"$ref": here.opened}}
    if name == "sid":
        return {"$ref": here.opened}
    if name == "owner_id" and there.live is not None and here.live is not None:
        return _value(value, there.live["owner_id"], here.live["owner_id"])
    return written


def _receipt(value: dict[str, Any], there: _Session, here: _Session) -> dict[str, Any]:
    if there.pending is not None and here.pending is not None:
        return _related(value, there.pending, here.pending)
    given = _related(value, _as_giver(there.live), _as_giver(here.live))
    if type(given["from_generation"]) is int:
        ahead = value["to_generation"] - value["from_generation"]
        given["to_generation"] = max(0, given["from_generation"] + ahead)
    return given


def _as_giver(live: dict[str, Any] | None) -> dict[str, Any] | None:
    return live and {"from_generation": live["generation"], "from_owner_id": live["owner_id"]}


def _witness(value: dict[str, Any], capability: Any, there: _Session, here: _Session) -> dict[str, Any]:
    number = value["witness_id"]
    if number in there.issued and here.issued:
        counterpart = number if number in here.issued else max(here.issued)
        return _related(value, there.issued[number], here.issued[counterpart])
    given = _related(value, there.live, here.live)
    if number in there.consumed and here.consumed:
        return {**given, "witness_id": number if number in here.consumed else here.consumed[-1]}
    if number not in there.issued and number not in there.consumed:
        return {**given, "witness_id": max(number, here.next_witness_id)}
    return given


def _related(value: dict[str, Any], old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """Return an artifact with each field standing to the new one's as it stands to the old one's."""
    if old is None or new is None:
        return dict(value)
    return {
        name: _value(field, old[name], new[name]) if name in old and name in new else field
        for name, field in value.items()
    }


def _value(value: Any, old: Any, new: Any) -> Any:
    if value == old:
        return new
    if type(value) is int:
        return new - 1 if value < old and new > 0 else new + 1
    if value != new:
        return value
    if isinstance(value, str) and value != "Session":
        return "b" if new != "b" else "a"
    return _OTHER_SCOPE if new != _OTHER_SCOPE else "Session"
