"""Exchanges: a program's steps with the contract's answers beside those of the implementation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from telltale_conformance.lean_traces.json_values import ABSENT
from telltale_conformance.lean_traces.printing import as_json, decode, encode_answer
from telltale_conformance.lean_traces.programs import is_reference
from telltale_conformance.oracle.reference.run import run_on_reference
from telltale_conformance.oracle.reports.report import Finding

_MISSING: Final = repr(ABSENT)
_NEXT: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


class Exchange(Struct, frozen=True, kw_only=True):
    """One step: what was asked, what the contract answers, and what was answered."""

    seq: int
    op: str
    args: Any
    """The arguments with references resolved; as the program writes them when the step was skipped."""
    expected: dict[str, Any] | None
    """``ok`` or ``err``, and ``audit``; None when the step was skipped."""
    actual: dict[str, Any] | None
    """The same of the implementation, which is the contract's wherever nothing departs from it."""
    skipped: str | None = None
    diverges: bool = False
    note: str = ""
    """Why the step is needed, where that is known."""
    forged: Mapping[str, Any] = {}
    """Fields of earlier results that the program replaces before it gives them back."""


def exchanges(finding: Finding) -> list[Exchange]:
    """Return the steps of a finding's program; none where it has no program."""
    return list(_exchanges(finding))


def _exchanges(finding: Finding) -> Iterator[Exchange]:
    program, divergence = finding.program, finding.divergence
    if program is None:
        return
    for step in run_on_reference(program):
        note = finding.notes.get(step.step.seq, "")
        if step.outcome is None:
            yield Exchange(
                seq=step.step.seq,
                op=step.step.op,
                args=step.step.args,
                expected=None,
                actual=None,
                skipped=step.skipped,
                note=note,
            )
            continue
        expected = decode(encode_answer(step.outcome, audited=True))
        diverges = step.step.seq == divergence.seq
        yield Exchange(
            seq=step.step.seq,
            op=step.step.op,
            args=step.args,
            expected=expected,
            actual=answered(expected, divergence.kind, divergence.actual) if diverges else expected,
            diverges=diverges,
            note=note,
            forged=_forged(step.step.args),
        )


def _forged(args: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for value in args.values():
        if is_reference(value):
            found.update(value.get("set", {}))
    return found


def answered(expected: dict[str, Any], kind: str, actual: Any) -> dict[str, Any]:
    """Return the whole answer of an implementation, from the contract's and the fields that differ.

    Args:
        expected: the contract's answer.
        kind: the class of the divergence.
        actual: the differing fields as a divergence has them.
    """
    if kind in ("outcome", "panic"):
        return dict(actual) if isinstance(actual, dict) else {"answer": actual}
    whole: dict[str, Any] = as_json(expected)
    if not isinstance(actual, dict):
        return {"answer": actual}
    for member, fields in actual.items():
        if isinstance(fields, dict) and member in whole:
            whole[member] = _patched(whole[member], fields)
        else:
            whole[member] = fields
    return whole


def _patched(document: Any, fields: Mapping[str, Any]) -> Any:
    """Return a JSON value with the fields at these paths replaced; a path that leads nowhere is left out."""
    holder = {"$": document}
    gone = [path for path, value in fields.items() if value == _MISSING]
    for path, value in fields.items():
        if value != _MISSING:
            _put(holder, path, value)
    for path in reversed(gone):  # the last first, so that the indices of those before it still hold
        _put(holder, path, _MISSING)
    return holder.get("$")


def _put(holder: dict[str, Any], path: str, value: Any) -> None:
    here: Any = holder
    key: str | int = "$"
    rest = path.removeprefix("$")
    while rest:
        inner = here[key] if _has(here, key) else None
        step, rest = _next(inner, rest)
        if step is None:
            return
        here, key = inner, step
    if value == _MISSING:
        if _has(here, key):
            del here[key]
    elif isinstance(here, list) and isinstance(key, int) and key >= len(here):
        here.append(value)
    elif isinstance(here, dict) or _has(here, key):
        here[key] = value


def _next(inner: Any, rest: str) -> tuple[str | int | None, str]:
    """Return the next step of a path; a name of the document itself goes before what its dots suggest."""
    if isinstance(inner, dict) and rest.startswith("."):
        names = [name for name in inner if rest[1:].startswith(name)]
        exact = [name for name in names if not rest[1 + len(name) :] or rest[1 + len(name)] in ".["]
        if exact:
            name = max(exact, key=len)
            return name, rest[1 + len(name) :]
        return rest[1:], ""
    found = _NEXT.match(rest)
    if found is None or found[2] is None or not isinstance(inner, list):
        return None, ""
    return int(found[2]), rest[found.end() :]


def _has(here: Any, key: str | int) -> bool:
    if isinstance(here, dict):
        return key in here
    return isinstance(here, list) and isinstance(key, int) and key < len(here)
