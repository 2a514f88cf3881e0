"""Who takes part in a program: owners, sessions, witnesses and receipts, and what goes between them in each step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.reports.page.exchanges import Exchange
from telltale_conformance.oracle.verdict.compare import error_variant
from telltale_conformance.readable import shortened, value_line, visible

Role = Literal["caller", "owner", "session", "witness"]
_ORDER: Final = {"caller": 0, "owner": 1, "session": 2, "witness": 3}
_SHOWN: Final = 60
_NUMBER: Final = 24
"""How much is shown where a number is due."""


class Participant(Struct, frozen=True, order=True):
    """One lifeline of a sequence diagram."""

    role: Role
    name: str
    of: str = ""
    """The session that a witness or receipt belongs to, as ``session 0``."""

    def __str__(self) -> str:
        name = f"owner {self.name}" if self.role == "owner" else self.name
        return f"{name} of {self.of}" if self.of else name


class Message(Struct, frozen=True, kw_only=True):
    """One arrow: a call, or what it brought about."""

    seq: int
    source: Participant
    target: Participant
    text: str
    result: str
    """Its result; for a step that diverges, what the contract demands."""
    answered: str | None = None
    """What was answered instead, where the step diverges."""
    refused: bool = False
    created: Participant | None = None
    """The witness or receipt that the step issued."""
    skipped: bool = False


class Cast(Struct, frozen=True):
    """The participants from left to right, and the messages in order."""

    participants: tuple[Participant, ...]
    messages: tuple[Message, ...]


CALLER: Final = Participant("caller", "caller")
STORE: Final = Participant("session", "store")


def cast(steps: Sequence[Exchange]) -> Cast:
    """Return who takes part in these steps, and how."""
    messages = tuple(_message(step) for step in steps)
    seen: dict[Participant, None] = {}
    for message in messages:
        for participant in (message.source, message.target, message.created):
            if participant is not None:
                seen.setdefault(participant)
    ordered = sorted(seen, key=lambda participant: _ORDER[participant.role])
    return Cast(tuple(ordered), messages)


def scene(steps: Sequence[Exchange], most: int) -> list[Exchange]:
    """Return the steps that tell what led to the divergence: those of its session, the last of them.

    Where a program was not made smaller, most of its steps have nothing to do with what goes wrong.

    Args:
        steps: the whole program.
        most: how many to return at most.
    """
    last = next((step for step in steps if step.diverges), None)
    if last is None or len(steps) <= most:
        return list(steps[-most:])
    about = _session(last, last.args if isinstance(last.args, dict) else {})
    mine = [step for step in steps if _session(step, step.args if isinstance(step.args, dict) else {}) == about]
    return mine[-most:]


def _message(step: Exchange) -> Message:
    args = step.args if isinstance(step.args, dict) else {}
    session = _session(step, args)
    if step.expected is None:
        return Message(seq=step.seq, source=CALLER, target=session, text=step.op, result="skipped", skipped=True)
    witness = _given_witness(args)
    source = _owner(args)
    if witness is not None and source == CALLER:
        source = witness
    return Message(
        seq=step.seq,
        source=source,
        target=session,
        text=shortened(f"{step.op} {_detail(step.op, args, step.forged)}".strip(), _SHOWN),
        result=_result(step.expected),
        answered=_result(step.actual or {}) if step.diverges else None,
        refused="err" in step.expected,
        created=_created(step.expected) or (witness if source != witness else None),
    )


def _session(step: Exchange, args: dict[str, Any]) -> Participant:
    sid = _sid(args)
    if sid is None and OPERATIONS[step.op].gives == "session" and step.expected and "ok" in step.expected:
        sid = step.expected["ok"]
    return STORE if sid is None else Participant("session", f"session {sid}")


def _sid(args: dict[str, Any]) -> Any:
    if "sid" in args:
        return args["sid"]
    for name in ("capability", "receipt"):
        if isinstance(args.get(name), dict):
            return args[name].get("session_id")
    for name in ("ep", "edge"):
        if isinstance(args.get(name), dict):
            return args[name].get("sid")
    return None


def _owner(args: dict[str, Any]) -> Participant:
    name = args.get("owner_id")
    for holder, field in (("capability", "owner_id"), ("receipt", "from_owner_id")):
        if isinstance(args.get(holder), dict):
            name = args[holder].get(field)
    return CALLER if not isinstance(name, str) else Participant("owner", quoted(name))


def _given_witness(args: dict[str, Any]) -> Participant | None:
    if isinstance(args.get("witness"), dict):
        return _witness(args["witness"])
    if isinstance(args.get("receipt"), dict):
        return _receipt(args["receipt"])
    return None


def _created(answer: dict[str, Any]) -> Participant | None:
    result = answer.get("ok")
    if not isinstance(result, dict):
        return None
    if "witness_id" in result:
        return _witness(result)
    return _receipt(result) if "claim_id" in result else None


def _witness(value: dict[str, Any]) -> Participant:
    where = f"session {value['session_id']}" if "session_id" in value else ""
    return Participant("witness", f"witness {value.get('witness_id')}", where)


def _receipt(value: dict[str, Any]) -> Participant:
    return Participant("witness", f"receipt {value.get('claim_id')}", f"session {value.get('session_id')}")


def _detail(op: str, args: dict[str, Any], forged: Mapping[str, Any]) -> str:
    """Return what of the arguments tells steps of one operation apart, what is forged of them first."""
    parts = [f"forged {name} {_forged(value)}" for name, value in forged.items()]
    if "new_owner_id" in args:
        parts.append(f"to {quoted(str(args['new_owner_id']))}")
    for name in ("scope", "new_scope"):
        if name in args:
            parts.append(scope_text(args[name]))
    if isinstance(args.get("capability"), dict):
        parts.append(f"gen {args['capability'].get('generation')}")
    if "from" in args and "to" in args:
        parts.append(f"{quoted(str(args.get('from')))} → {quoted(str(args.get('to')))}")
    if "roles" in args:
        parts.append(", ".join(quoted(str(role)) for role in args["roles"]))
    for name in ("label", "predicate_ref", "reason"):
        if isinstance(args.get(name), str):
            parts.append(quoted(args[name]))
    if isinstance(args.get("mutation"), dict):
        parts.append(next(iter(args["mutation"]), ""))
    return " · ".join(parts)


def _forged(value: Any) -> str:
    return quoted(scope_text(value)) if isinstance(value, str | dict) else json.dumps(value)


def scope_text(scope: Any) -> str:
    """Return a scope as one reads it: ``Session`` or ``{a, b}``."""
    if isinstance(scope, dict) and isinstance(scope.get("Fragments"), list):
        return "{" + ", ".join(quoted(str(name)) for name in scope["Fragments"]) + "}"
    return str(scope)


def _result(answer: dict[str, Any]) -> str:
    if "panic" in answer:
        return shortened(f"panic: {answer['panic']}", _SHOWN)
    if "err" in answer:
        return shortened(f"✗ {error_variant(answer['err'])}", _SHOWN)
    if "ok" not in answer:
        return value_line(answer, _SHOWN)
    result = answer["ok"]
    if isinstance(result, dict) and {"owner_id", "generation", "scope"} <= result.keys() and "witness_id" not in result:
        return shortened(f"✓ capability gen {result['generation']} {scope_text(result['scope'])}", _SHOWN)
    if isinstance(result, dict) and "witness_id" in result:
        return f"✓ witness {value_line(result['witness_id'], _NUMBER)}"
    if isinstance(result, dict) and "claim_id" in result:
        return f"✓ receipt {value_line(result['claim_id'], _NUMBER)}"
    return "✓" if result is None else f"✓ {value_line(result, _SHOWN - 2)}"


def quoted(name: str) -> str:
    """Return a name for reading: the empty one and white space around made visible, control characters spelled."""
    shown = visible(name)
    return shown if shown and shown == shown.strip() else f'"{shown}"'
