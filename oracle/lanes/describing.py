"""Telling a divergence of a lane: the step, both answers, the rule, the program up to it, the state around it."""

from __future__ import annotations

from typing import Any

import msgspec

from lean_traces.codec import CODECS, encode
from lean_traces.programs import Program
from oracle.compare import ABSENT, Absent, decided_by
from oracle.judging import CaseResult
from oracle.lanes import LaneDivergence
from oracle.relevant import relevant_state
from oracle.run_program import ReferenceRun


def described(case: str, result: CaseResult, program: Program | None, path: str | None = None) -> LaneDivergence:
    """Return the divergence of a case; the program, where given, ends with the diverging step."""
    asked, divergence = result.diverged_at, result.divergence
    assert asked is not None
    assert divergence is not None
    return LaneDivergence(
        case=case,
        seq=asked.seq,
        op=asked.op,
        kind=divergence.kind,
        args=msgspec.json.decode(asked.args),
        expected=printable(divergence.expected),
        actual=printable(divergence.actual),
        reason=decided_by(asked.expected),
        program=program,
        state=_state(program),
        path=path,
    )


def _state(program: Program | None) -> Any:
    if program is None or not program.steps:
        return None
    run = ReferenceRun(program.contract)
    last = None
    for step in program.steps:
        last = run.step(step)
    if last is None or last.args is None:
        return None
    codec = CODECS[last.step.op]
    return msgspec.json.decode(encode(relevant_state(run.store, codec.operation, codec.from_json(last.args))))


def printable(document: Any) -> Any:
    """Return a divergence's fields as JSON; a value that one side does not have as text."""
    if isinstance(document, Absent):
        return repr(ABSENT)
    if isinstance(document, dict):
        return {name: printable(value) for name, value in document.items()}
    return document
