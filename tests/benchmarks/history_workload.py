"""Histories to measure on: a load test of several clients over many sessions, and a race of a few on one session."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.history import Call, HistoryEvent, Return
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.operations import step
from telltale_conformance.model.store import Store

SCOPES: list[Any] = ["Session", {"Fragments": ["A"]}]


class _Session:
    """What the clients know of one session."""

    def __init__(self) -> None:
        self.capabilities: list[Any] = []
        self.receipts: list[Any] = []
        self.witnesses: list[Any] = []

    def keep(self, op: str, answer: Answer) -> None:
        if answer.is_ok and isinstance(answer.result, dict):
            kept = {
                "capability": self.capabilities,
                "receipt": self.receipts,
                "witness": self.witnesses,
            }.get(CODECS[op].operation.result)
            if kept is not None:
                kept.append(answer.result)
                del kept[:-3]


def question(rng: Random, sid: int, known: _Session) -> tuple[str, dict[str, Any]]:
    """Something to ask of a session."""
    capability = rng.choice(known.capabilities) if known.capabilities else None
    kind = rng.randrange(10)
    if capability is None or kind == 0:
        return "claim_ownership", {"sid": sid, "owner_id": rng.choice("abc"), "scope": rng.choice(SCOPES)}
    if kind == 1:
        return "release_ownership", {"capability": capability}
    if kind == 2:
        return "begin_ownership_transfer", {"capability": capability, "new_owner_id": "b", "new_scope": "Session"}
    if kind in (3, 4) and known.receipts:
        op = "commit_ownership_transfer" if kind == 3 else "rollback_ownership_transfer"
        return op, {"receipt": known.receipts[-1]}
    if kind == 5:
        return "attenuate_ownership_scope", {"capability": capability, "new_scope": "Session"}
    if kind == 6:
        return "issue_readiness_witness", {"capability": capability, "predicate_ref": "ready"}
    if kind == 7 and known.witnesses:
        return "consume_readiness_witness", {"capability": capability, "witness": known.witnesses[-1]}
    if kind == 8:
        return "current_ownership", {"sid": sid}
    return "observe", {"sid": sid}


def load(
    events: int, *, clients: int, sessions: int, seed: int = 0, overall: int = 2000, reads_only: bool = False
) -> Iterator[HistoryEvent]:
    """A load test of a right store: each client asks, waits, asks again.

    One call in ``overall`` is over all sessions.
    """
    rng = Random(seed)
    store = Store("telltale-17")
    known = [_Session() for _ in range(sessions)]
    waiting: dict[int, tuple[int, str, dict[str, Any], int, Answer | None]] = {}
    number = opened = seq = 0
    while seq < events or waiting:
        client = rng.randrange(clients)
        under_way = waiting.get(client)
        if under_way is None:
            if seq >= events:
                client, under_way = next(iter(waiting.items()))
            else:
                if opened < sessions:
                    sid, op, args = opened, "open", {"roles": ["A", "B"], "initial_types": {}}
                    opened += 1
                elif rng.randrange(overall) == 0:
                    sid, op, args = 0, rng.choice(("active_count", "session_ids")), {}
                else:
                    sid = rng.randrange(sessions)
                    op, args = ("observe", {"sid": sid}) if reads_only else question(rng, sid, known[sid])
                codec = CODECS[op]
                yield Call(seq, client, number, codec.operation, codec.from_json(args), args)
                waiting[client] = (number, op, args, sid, None)
                number, seq = number + 1, seq + 1
                continue
        call, op, args, sid, answer = under_way
        if answer is None:
            codec = CODECS[op]
            outcome = step(store, codec.operation, codec.from_json(args))
            result = outcome.ok if outcome.error is None else outcome.error.to_json()
            answer = Answer(outcome.error is None, as_json(result), None)
            known[sid].keep(op, answer)
            waiting[client] = (call, op, args, sid, answer)
            continue
        del waiting[client]
        yield Return(seq, client, call, answer)
        seq += 1
