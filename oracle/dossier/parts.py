"""What the parts of a dossier must say of each other: a seal shows only that no file was changed by accident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.lean_traces.endings import end_problem
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.lean_traces.reader import trace_of
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Hello
from telltale_conformance.oracle.reference.replay import replay_bytes
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint, classified
from telltale_conformance.readable import counted

_NESTING: Final = 10_000
"""An answer that no trace has may nest deeper than one that a trace has."""


def class_problem(fingerprint: str, divergence: Fingerprint, hello: Mapping[str, Any]) -> str | None:
    """Say in what a class and a hello are none that a dossier is written with; None where they are."""
    if fingerprint != divergence.digest:
        return "the fingerprint is not that of the class"
    try:
        msgspec.convert(hello, Hello)
    except msgspec.ValidationError as error:
        return f"hello: {error}"
    return None


def missing_problem(there: Iterable[str], missing: Iterable[str], all_files: Iterable[str]) -> str | None:
    """Say which file is neither there nor named as missing, or both; None where there is none."""
    named, found = set(missing), set(there)
    for name in all_files:
        if name not in named | found:
            return f"{name} is not there, and nothing says why"
    for name in sorted(named & found):
        return f"{name} is named as missing, and it is there"
    return None


def program_problem(program: Program, seq: int, divergence: Fingerprint) -> str | None:
    """Say why the program cannot diverge so at this step; None where it can."""
    for step in program.steps:
        if step.seq == seq:
            same = step.op == divergence.op
            return None if same else f"step {seq} of the program is {step.op}, the divergence is of {divergence.op}"
    return f"the program has no step {seq}, at which it is to diverge"


class _Heard(NamedTuple):
    """The answers of a dossier, as far as they are a trace."""

    contract: str
    asked: list[tuple[str, bytes]]
    """The operation and the arguments of each."""
    odd: bool
    """The next line is an answer that no trace has, as one with a log that is not a list."""


def _heard(answers: bytes, place: str) -> _Heard:
    """Read the answers up to the first that no trace has.

    Raises:
        MalformedTrace: the header is none.
    """
    with trace_of(answers, place) as reader:
        asked: list[tuple[str, bytes]] = []
        try:
            for event in reader:
                event.answer()  # raises where the line is not well-formed
                asked.append((event.operation.name, event.arguments_text()))
        except MalformedTrace:
            return _Heard(reader.header.contract, asked, odd=True)
        return _Heard(reader.header.contract, asked, odd=False)


def answers_problem(program: Program, divergence: Fingerprint, answers: bytes, place: str) -> str | None:
    """Say why the answers are not those to the program; None where they are.

    The last one may be an answer that no trace has: then it is what diverges.

    Raises:
        MalformedTrace: they are no trace.
        UnknownContract: the model no longer states the program's contract.
    """
    asked = [(done.step.op, done.printed) for done in on_reference(program).steps]
    heard = _heard(answers, place)
    if heard.contract != program.contract:
        return f"the answers are of contract {heard.contract}, the program is of {program.contract}"
    left = _unanswered(asked, heard.asked)
    if left is None:
        return "the answers are those to another program"
    if heard.odd and (problem := _odd_problem(answers, len(heard.asked), divergence.op)) is not None:
        return problem
    if left > heard.odd and divergence.kind != "panic":
        return f"there are no answers to {counted(left, 'step')} at the end"
    return None


def _odd_problem(answers: bytes, heard: int, op: str) -> str | None:
    """Say why the line after those that were heard is not the last answer of a whole trace; None where it is.

    What no trace has is its answer, and nothing else of the line or of the file.
    """
    header, *lines = answers.splitlines(keepends=True)
    try:
        *events, end = (parse(line, _NESTING) for line in lines[heard:])
    except (StrictJsonError, ValueError):
        return "the last answer is no line of a trace, or no line ends it"
    if len(events) != 1 or not isinstance(events[0], dict) or not isinstance(end, dict):
        return "after an answer that no trace has there is more than the end line, or less"
    if (events[0].get("op"), events[0].get("seq")) != (op, heard) or not {"ok", "err"} & events[0].keys():
        return f"the last line is no answer to {op}"
    wrong = end_problem(end, heard + 1, sha256(b"".join((header, *lines[:-1]))).hexdigest(), "trace")
    return None if wrong is None else wrong.problem


def _unanswered(asked: Sequence[tuple[str, bytes]], heard: Sequence[tuple[str, bytes]]) -> int | None:
    """Return how many of the last steps have no answer; None where the answers are not those to these steps.

    A step that only reads may have none in between: it was unsupported.
    """
    answered = iter(heard)
    following = next(answered, None)
    for at, step in enumerate(asked):
        if following is None:
            return len(asked) - at
        if step == following:
            following = next(answered, None)
        elif not OPERATIONS[step[0]].reads_only:
            return None
    return 0 if following is None else None


def shows(answers: bytes, place: str, divergence: Fingerprint, level: Level) -> bool:
    """Say whether the answers, compared with the contract once more, show the divergence.

    A trace has no panics, a claim is watched in more than the answers, and what no trace has cannot be compared: these
    are taken as shown.
    """
    if divergence.kind == "panic" or divergence.claim is not None or _heard(answers, place).odd:
        return True
    first = replay_bytes(answers, place, level=level).first_divergence
    if first is None or first.kind != divergence.kind:
        return False
    return classified(first.op, divergence.kind, first.expected, first.actual, first.guard) == divergence
