"""Answers of the Lean model: one JSON object per line, and the trace events that they make."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from telltale_conformance.lean_traces.lean_errors import LeanAnswerMalformed, LeanProgramRefused
from telltale_conformance.lean_traces.lean_program import LeanRequest, nesting_allowed
from telltale_conformance.lean_traces.programs import Program, resolve
from telltale_conformance.uncollected import uncollected


@dataclass(frozen=True, slots=True)
class LeanStep:
    """What the model answered to one step.

    Attributes:
        seq: the step's number in the program.
        op: the operation.
        kind: ``ok``, ``err``, or ``skipped`` (a reference had no result, or one that the operation does not take).
        value: the result or error, as JSON; ``None`` when skipped.
        audit: the records that the step added to the log of the session it names, as JSON.
    """

    seq: int
    op: str
    kind: Literal["ok", "err", "skipped"]
    value: Any
    audit: list[Any]


@dataclass(frozen=True, slots=True)
class LeanRun:
    """What the model answered to one program, step by step, in the program's order."""

    program: Program
    steps: Sequence[LeanStep]

    @property
    def skipped(self) -> int:
        """How many steps were skipped."""
        return sum(1 for step in self.steps if step.kind == "skipped")

    def events(self) -> Iterator[tuple[str, Mapping[str, Any], dict[str, Any]]]:
        """Each step that ran, as an event of a trace: operation, resolved arguments, answer with audit."""
        results = {step.seq: step.value for step in self.steps if step.kind == "ok"}
        for asked, step in zip(self.program.steps, self.steps, strict=True):
            if step.kind != "skipped":
                with nesting_allowed():
                    args = resolve(asked.args, results)
                yield step.op, args, {step.kind: step.value, "audit": step.audit}


def _json_escapes(text: bytes) -> bytes:
    r"""Lean writes control characters as ``\xNN``, JSON as ``\u00NN``.

    Backslashes come in pairs or begin an escape; with the pairs out of the way, ``\x`` is always such an escape.
    """
    if b"\\x" not in text:
        return text
    return text.replace(b"\\\\", b"\\u005c").replace(b"\\x", b"\\u00")


def as_lean_escapes(text: bytes) -> bytes:
    """Return JSON as the model prints it: the control characters in its strings with Lean's escapes."""
    return _ESCAPE.sub(_lean_escape, text)


_ESCAPE: Final = re.compile(rb"\\u00([01][0-9a-f])|\\.|\x7f", re.IGNORECASE)
_NOT_IN_LEAN: Final = {rb"\b": rb"\x08", rb"\f": rb"\x0c", rb"\r": rb"\x0d", b"\x7f": rb"\x7f"}
"""Short escapes of JSON, and what it leaves as it is."""


def _lean_escape(found: re.Match[bytes]) -> bytes:
    return rb"\x" + found[1].lower() if found[1] else _NOT_IN_LEAN.get(found[0], found[0])


@uncollected()
def decode_answer(answer: bytes, request: LeanRequest) -> list[LeanRun]:
    """Return the model's answer to a request, program by program.

    Raises:
        LeanProgramRefused: the model could not read the request, or a step of it.
        LeanAnswerMalformed: the answer is not one to this request.
    """
    programs = request.programs
    try:
        with nesting_allowed():
            objects = msgspec.json.Decoder().decode_lines(_json_escapes(answer))
    except RecursionError:
        raise LeanAnswerMalformed("a line of it nests too deep") from None
    except msgspec.DecodeError as error:
        raise LeanAnswerMalformed(f"a line of it is no JSON: {error}") from None
    if objects and "refused" in objects[-1]:
        raise LeanProgramRefused("request", str(objects[-1]["refused"]), "correct the program")
    if not objects or objects[-1] != {"end": True}:
        raise LeanAnswerMalformed("it has no end line")
    expected = sum(len(program.steps) + 1 for program in programs) + 1
    if len(objects) != expected:
        raise LeanAnswerMalformed(f"it has {len(objects)} lines where {expected} were due")
    runs = []
    at = 0
    for number, program in enumerate(programs):
        if objects[at] != {"program": program.contract}:
            raise LeanAnswerMalformed(f"line {at + 1} does not begin program {number}")
        count = len(program.steps)
        runs.append(LeanRun(program, _steps(number, program, objects[at + 1 : at + 1 + count])))
        at += count + 1
    return runs


def _steps(number: int, program: Program, answered: Sequence[Mapping[str, Any]]) -> list[LeanStep]:
    steps = []
    for step, answer in zip(program.steps, answered, strict=True):
        seq, op = step.seq, step.op
        if "ok" in answer:
            steps.append(LeanStep(seq, op, "ok", answer["ok"], answer["audit"]))
        elif "err" in answer:
            steps.append(LeanStep(seq, op, "err", answer["err"], answer["audit"]))
        elif "skipped" in answer:
            steps.append(LeanStep(seq, op, "skipped", None, []))
        elif "bad" in answer:
            where = f"program {number}, step {seq}, operation {op}"
            raise LeanProgramRefused(where, str(answer["bad"]), "correct the program")
        else:
            raise LeanAnswerMalformed(f"program {number}, step {seq}: neither ok nor err")
    return steps
