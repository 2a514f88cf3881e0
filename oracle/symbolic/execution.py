"""Running a program on the reference: the events that it would have written, and the store that it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lean_traces.codec import CODECS, answer_document, encode
from lean_traces.programs import UnresolvedReference, resolve
from model.operations import OPERATIONS, step
from model.store import Store

Event = dict[str, Any]
CORRUPT = "corrupt_signature"
"""Not an operation of any store: the reference's next message of an edge gets a bad signature (claim K18)."""


class ReferenceRun:
    """A reference store that takes operations in JSON and answers in trace events."""

    def __init__(self, contract: str, store: Store | None = None) -> None:
        self.store = Store(contract=contract) if store is None else store
        self.events: list[Event] = []

    def perform(self, seq: int, op: str, args: Mapping[str, Any]) -> Event:
        """Carry out one operation and keep its event."""
        event: Event = {"seq": seq, "op": op, "args": dict(args)}
        if op == CORRUPT:
            self._corrupt(args)
            event.update({"ok": None, "audit": []})
        else:
            outcome = step(self.store, OPERATIONS[op], CODECS[op].from_json(dict(args)))
            event.update(msgspec.json.decode(encode(answer_document(outcome, audited=True))))
        self.events.append(event)
        return event

    def _corrupt(self, args: Mapping[str, Any]) -> None:
        buffer = self.store.sessions[args["sid"]].buffers[args["from"], args["to"]]
        buffer.messages[0] = buffer.messages[0]._replace(signature=b"\0" * 32)


def run(steps: Iterable[Mapping[str, Any]], contract: str) -> list[Event]:
    """The events of a program on the reference; steps whose references have no result are skipped."""
    reference = ReferenceRun(contract)
    results: dict[int, Any] = {}
    for item in steps:
        try:
            args = resolve(item["args"], results)
        except UnresolvedReference:
            continue
        event = reference.perform(item["seq"], item["op"], args)
        if "ok" in event:
            results[item["seq"]] = event["ok"]
    return reference.events
