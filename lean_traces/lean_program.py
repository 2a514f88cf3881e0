"""Programs as requests to the Lean model, and its answers as trace events.

A request is text with one token per line (the first character says what it is; `Telltale/Json.lean` has the
table), an answer has one JSON object per line. References of a program stay references: whether a step has a
result is known only while it runs, so the model resolves them and skips what refers to a step without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

U64_MAX: Final = 2**64 - 1

ContractName = Literal["telltale-17", "hardened"]

_ARGUMENTS: Final[dict[str, str]] = {
    "open": "roles initial_types buffer_config?",
    "open_with_sid": "sid roles initial_types buffer_config?",
    "close": "sid",
    "reap_closed": "",
    "reap_sessions": "session_ids",
    "closed_session_ids": "",
    "session_ids": "",
    "active_count": "",
    "live_count": "",
    "next_session_id": "",
    "archived_closed": "",
    "memory_usage": "",
    "plan": "roles initial_types",
    "claim_ownership": "sid owner_id scope",
    "release_ownership": "capability",
    "validate_ownership_capability": "capability",
    "begin_ownership_transfer": "capability new_owner_id new_scope",
    "commit_ownership_transfer": "receipt",
    "rollback_ownership_transfer": "receipt",
    "cancel_abandoned_transfer": "receipt",
    "fault_failed_transfer_commit": "receipt reason",
    "attenuate_ownership_scope": "capability new_scope",
    "apply_owned_session_mutation": "capability mutation",
    "issue_readiness_witness": "capability predicate_ref",
    "consume_readiness_witness": "capability witness",
    "mark_owner_died": "sid owner_id",
    "current_ownership": "sid",
    "authority_audit_log": "sid",
    "lookup_handler": "edge",
    "lookup_trace": "edge",
    "default_handler_for_session": "sid",
    "lookup_type": "ep",
    "original_type": "ep",
    "update_type": "ep new_type",
    "update_original": "ep new_original",
    "remove_type": "ep",
    "lookup_branch_resolution": "ep label",
    "advance": "ep label",
    "unfold_mu": "lt",
    "unfold_if_var": "cont original",
    "unfold_if_var_with_scope": "cont original",
    "send": "sid from to val",
    "recv": "sid from to",
    "has_message": "sid from to",
    "observe": "sid",
    "decode_edge_json": "value session_hint?",
    "issue_timeout_witness": "site until_tick",
    "advance_clock": "tick",
    "runtime_audit_log": "",
}

OPERATIONS: Final = frozenset(_ARGUMENTS)
"""Every operation that the Lean model knows (contract §12, all of it)."""

_REQUIRED: Final = {
    op: frozenset(a for a in arguments.split() if not a.endswith("?")) for op, arguments in _ARGUMENTS.items()
}
_ALLOWED: Final = {
    op: frozenset(a.rstrip("?") for a in arguments.split()) for op, arguments in _ARGUMENTS.items()
}


class LeanProgramRefused(Exception):
    """Thrown when the Lean model cannot read a program; nothing of it is skipped silently.

    Attributes:
        message: which program, which step, which operation.
        cause: what is wrong with it.
        hint: what to do.
    """

    def __init__(self, message: str, cause: str, hint: str) -> None:
        super().__init__(f"{message}: {cause}. {hint}")
        self.message = message
        self.cause = cause
        self.hint = hint


@dataclass(frozen=True, slots=True)
class LeanProgram:
    """A program and the contract that it runs under.

    Attributes:
        steps: `{"seq": n, "op": name, "args": {…}}`, seq strictly ascending, gaps allowed.
        contract: `telltale-17` or `hardened`.
    """

    steps: Sequence[Mapping[str, Any]]
    contract: ContractName = "telltale-17"


@dataclass(frozen=True, slots=True)
class LeanStep:
    """What the model answered to one step.

    Attributes:
        seq: the step's number in the program.
        op: the operation.
        args: the arguments with every reference replaced by the result it stands for; empty when skipped.
        kind: `ok`, `err`, or `skipped` (a reference had no result).
        value: the result or error, as JSON (`None` when skipped).
        audit: the records that the step added to the log of the session it names.
    """

    seq: int
    op: str
    args: Mapping[str, Any]
    kind: Literal["ok", "err", "skipped"]
    value: Any
    audit: Sequence[Any]


@dataclass(frozen=True, slots=True)
class LeanRun:
    """What the model answered to one program, step by step, in the program's order."""

    program: LeanProgram
    steps: Sequence[LeanStep]

    @property
    def skipped(self) -> int:
        """How many steps were skipped, because a reference of theirs had no result."""
        return sum(1 for step in self.steps if step.kind == "skipped")

    def events(self) -> list[dict[str, Any]]:
        """The trace events of the steps that ran, numbered from 0 (trace format §2)."""
        return [
            {"seq": seq, "op": step.op, "args": step.args, step.kind: step.value, "audit": step.audit}
            for seq, step in enumerate(s for s in self.steps if s.kind != "skipped")
        ]


@dataclass(slots=True)
class _Writer:
    tokens: list[str] = field(default_factory=list)
    operations: dict[str, int] = field(default_factory=dict)
    shapes: dict[tuple[str, ...], int] = field(default_factory=dict)
    values: dict[tuple[str, ...], int] = field(default_factory=dict)
    constants: list[str] = field(default_factory=list)

    def program(self, number: int, program: LeanProgram) -> None:
        if program.contract not in ("telltale-17", "hardened"):
            raise LeanProgramRefused(
                f"program {number}", f"unknown contract {program.contract!r}", "Use telltale-17 or hardened."
            )
        self.tokens.append("program " + program.contract)
        places: dict[int, int] = {}
        last = -1
        for place, step in enumerate(program.steps):
            seq, op, args = _shape(number, place, step, last)
            where = f"program {number}, step {seq}, operation {op}"
            self.tokens.append(str(self.operations.setdefault(op, len(self.operations))))
            try:
                self._value(args, places)
            except RecursionError:
                raise LeanProgramRefused(
                    where, "its arguments nest too deep", "Use local types that nest less deep."
                ) from None
            except _Unwritable as error:
                raise LeanProgramRefused(where, str(error), "Correct the program.") from None
            places[seq] = place
            last = seq

    def _value(self, value: Any, places: Mapping[int, int]) -> bool:
        """Write a value; whether it is free of references, and so in the table of values."""
        if isinstance(value, Mapping):
            if "$ref" in value:
                self._reference(value, places)
                return False
            start = len(self.tokens)
            shape = tuple(map(_name, value))
            self.tokens.append(f"{{{self.shapes.setdefault(shape, len(self.shapes))}")
            return self._members(start, value.values(), places)
        if isinstance(value, (list, tuple)):
            start = len(self.tokens)
            self.tokens.append(f"[{len(value)}")
            return self._members(start, value, places)
        self.tokens.append(_scalar(value))
        return True

    def _members(self, start: int, members: Iterable[Any], places: Mapping[int, int]) -> bool:
        constant = True
        for member in members:
            if not self._value(member, places):
                constant = False
        if constant:
            key = tuple(self.tokens[start:])
            number = self.values.get(key)
            if number is None:
                number = self.values[key] = len(self.values)
                self.constants.extend(key)
            self.tokens[start:] = [f"@{number}"]
        return constant

    def _reference(self, value: Mapping[str, Any], places: Mapping[int, int]) -> None:
        seq = value["$ref"]
        if isinstance(seq, bool) or not isinstance(seq, int):
            raise _Unwritable(f"$ref is no step number: {seq!r}")
        if value.keys() - {"$ref", "set"}:
            raise _Unwritable(f"a reference has only $ref and set, not {sorted(value)}")
        if seq not in places:
            self.tokens.append("!")
        elif "set" in value:
            if not isinstance(value["set"], Mapping):
                raise _Unwritable("set takes an object")
            self.tokens.append(f"={places[seq]}")
            self._value({**value["set"]}, places)
        else:
            self.tokens.append(f"${places[seq]}")


class _Unwritable(ValueError):
    """Thrown when a value of a program has no line form; the message says why."""


def _shape(number: int, place: int, step: Mapping[str, Any], last: int) -> tuple[int, str, Mapping[str, Any]]:
    """Seq, operation and arguments of a step, or a refusal by name."""
    where = f"program {number}, step at place {place}"
    if not isinstance(step, Mapping) or step.keys() != {"seq", "op", "args"}:
        raise LeanProgramRefused(where, "a step has exactly seq, op and args", "Correct the program.")
    seq, op, args = step["seq"], step["op"], step["args"]
    if isinstance(seq, bool) or not isinstance(seq, int) or seq <= last:
        raise LeanProgramRefused(where, f"seq {seq!r} does not ascend", "Number the steps upwards from 0.")
    where = f"program {number}, step {seq}, operation {op}"
    if op not in OPERATIONS:
        raise LeanProgramRefused(
            where, "the Lean model has no such operation", "Leave the step out, or extend the Lean model."
        )
    if not isinstance(args, Mapping):
        raise LeanProgramRefused(where, "args is no object", "Correct the program.")
    missing = _REQUIRED[op] - args.keys()
    unknown = args.keys() - _ALLOWED[op]
    if missing or unknown:
        wrong = [f"{a} is missing" for a in sorted(missing)] + [f"{a} is unknown" for a in sorted(unknown)]
        raise LeanProgramRefused(where, ", ".join(wrong), "Give the arguments that the contract lists.")
    return seq, op, args


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


def encode_request(programs: Iterable[LeanProgram]) -> bytes:
    """Programs as one request to the model, in UTF-8.

    Raises:
        LeanProgramRefused: a step is malformed, or names an operation that the model does not know.
    """
    writer = _Writer()
    for number, program in enumerate(programs):
        writer.program(number, program)
    lines = ["telltale-request 1", f"ops {len(writer.operations)}", *writer.operations]
    lines.append(f"shapes {len(writer.shapes)}")
    for shape in writer.shapes:
        lines += [str(len(shape)), *shape]
    lines.append(f"values {len(writer.values)}")
    lines += writer.constants + writer.tokens + ["end", ""]
    try:
        return "\n".join(lines).encode()
    except UnicodeEncodeError as error:
        raise LeanProgramRefused(
            "request", f"a text is not Unicode: {error.object[error.start:error.end]!r}", "Correct the program."
        ) from None


_ESCAPE: Final = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|.)")


def _json_escapes(text: bytes) -> bytes:
    r"""Lean writes control characters as `\xNN`, JSON as `\u00NN`."""
    if b"\\x" not in text:
        return text
    return _ESCAPE.sub(lambda m: b"\\u00" + m[1] if m[1] else m[0], text)


def decode_answer(answer: bytes, programs: Sequence[LeanProgram]) -> list[LeanRun]:
    """The model's answer to `encode_request(programs)`.

    Raises:
        LeanProgramRefused: the model could not read the request, or a step of it.
        LeanAnswerMalformed: the answer is not one to these programs.
    """
    lines = _json_escapes(answer).split(b"\n")
    decode = msgspec.json.Decoder().decode
    try:
        objects = [decode(line) for line in lines if line]
    except msgspec.DecodeError as error:
        raise LeanAnswerMalformed(f"a line of it is no JSON: {error}") from None
    if objects and "refused" in objects[-1]:
        raise LeanProgramRefused("request", str(objects[-1]["refused"]), "Correct the program.")
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
        answered = objects[at + 1 : at + 1 + count]
        runs.append(LeanRun(program, _steps(number, program, answered)))
        at += count + 1
    return runs


class LeanAnswerMalformed(Exception):
    """Thrown when the model's answer is not one to the request: the two sides are out of step.

    Attributes:
        message, cause, hint: what happened, why, and what to do.
    """

    def __init__(self, cause: str) -> None:
        self.message = "the Lean model's answer cannot be read"
        self.cause = cause
        self.hint = "This is a fault of the harness: report it with the program."
        super().__init__(f"{self.message}: {cause}. {self.hint}")


def _steps(number: int, program: LeanProgram, answered: Sequence[Mapping[str, Any]]) -> list[LeanStep]:
    results: dict[int, Any] = {}
    steps = []
    for step, answer in zip(program.steps, answered, strict=True):
        seq, op = step["seq"], step["op"]
        if "bad" in answer:
            raise LeanProgramRefused(
                f"program {number}, step {seq}, operation {op}", str(answer["bad"]), "Correct the program."
            )
        if "skipped" in answer:
            steps.append(LeanStep(seq, op, {}, "skipped", None, ()))
            continue
        args = resolve(step["args"], results)
        if "ok" in answer:
            results[seq] = answer["ok"]
            steps.append(LeanStep(seq, op, args, "ok", answer["ok"], answer["audit"]))
        elif "err" in answer:
            steps.append(LeanStep(seq, op, args, "err", answer["err"], answer["audit"]))
        else:
            raise LeanAnswerMalformed(f"program {number}, step {seq}: neither ok nor err")
    return steps


def resolve(value: Any, results: Mapping[int, Any]) -> Any:
    """A JSON value with its references replaced by the results they stand for (programs, §3).

    Raises:
        KeyError: a reference to a step without result.
    """
    if isinstance(value, Mapping):
        if "$ref" in value:
            found = results[value["$ref"]]
            if "set" in value:
                return {**found, **resolve(value["set"], results)}
            return found
        return {name: resolve(item, results) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [resolve(item, results) for item in value]
    return value
