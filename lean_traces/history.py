"""The parts of a history: header, calls, returns, crashes, end (history format)."""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.lean_traces.trace import VERSION, Source
from telltale_conformance.model.operations import Operation

HISTORY_SCHEMA: Final = "telltale-conformance/history"


class HistoryHeader(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of a history; ``meta`` is free and never compared."""

    clients: int
    """How many clients there are; they are numbered from 0."""
    contract: str
    meta: dict[str, Any] = {}
    observes: list[Literal["audit"]] = []
    """``audit`` where returns may carry the records that their operation appended."""
    schema: str = HISTORY_SCHEMA
    source: Source
    version: int = VERSION


class Call(Struct, frozen=True, gc=False):
    """A client asks for an operation."""

    seq: int
    client: int
    number: int
    """The id that the return or the crash of this call carries."""
    operation: Operation
    arguments: tuple[Any, ...]
    args: dict[str, Any]
    """The arguments as JSON."""


class Return(Struct, frozen=True, gc=False):
    """A call is answered."""

    seq: int
    client: int
    number: int
    answer: Answer


class Crash(Struct, frozen=True, gc=False):
    """No answer to a call is known: it happened, at some time, or it did not."""

    seq: int
    client: int
    number: int


HistoryEvent: TypeAlias = Call | Return | Crash


def event_document(event: HistoryEvent) -> dict[str, Any]:
    """Return the members of an event's line."""
    document: dict[str, Any] = {"client": event.client, "seq": event.seq}
    if isinstance(event, Call):
        return {**document, "args": event.args, "call": event.number, "op": event.operation.name}
    if isinstance(event, Crash):
        return {**document, "crash": event.number}
    answer = event.answer
    document |= {"return": event.number, "ok" if answer.is_ok else "err": answer.result}
    return document if answer.audit is None else {**document, "audit": answer.audit}
