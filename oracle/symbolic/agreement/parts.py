"""Agreement of the smaller symbolic parts with the reference: one edge's buffer, and the store's session ids."""

from __future__ import annotations

from random import Random
from typing import Any

import z3

from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.symbolic.agreement.literals import truth_of, value_of
from telltale_conformance.oracle.symbolic.statement import messages, sessions
from telltale_conformance.oracle.symbolic.statement.messages import (
    BLOCK,
    DROP,
    ERROR,
    KIND,
    KINDS,
    NO_MESSAGES,
    PLAIN,
    POLICY,
    RECEIVES,
    RESIZE,
    SENDS,
    VALID,
    Buffer,
    Message,
    Received,
    Sending,
)
from telltale_conformance.oracle.symbolic.statement.sessions import Ids
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import FALSE, LAST, u64

_TRAFFIC = (*SENDS, *SENDS, *["send"] * 4, *RECEIVES)
"""What is drawn from: plain sends most, because they alone are always taken, and only a full buffer grows."""
_ANSWERS = ("Ok", "WouldBlock", "Dropped", "Full")
_POLICIES: dict[int, Any] = {BLOCK: "Block", DROP: "Drop", ERROR: "Error"}
_EDGE = {"sid": 0, "from": "A", "to": "B"}
_OPEN = {
    "roles": ["A", "B"],
    "initial_types": {"A": {"Send": {"partner": "B", "branches": []}}},
}


def buffer_difference(contract: str, rng: Random, operations: int = 12) -> str | None:
    """Drive a buffer of random configuration on both sides; where they part, if they do."""
    policy, latest = rng.choice((RESIZE, RESIZE, *_POLICIES)), rng.random() < 0.2
    initial = rng.choice((0, 1, 2, 2, 3, 3))
    maximum = rng.choice((0, 1, initial + 1, initial + 1, initial + 1, 3, 5, 8))
    run = ReferenceRun(contract)
    wire = {"Resize": {"max_capacity": maximum}} if policy == RESIZE else _POLICIES[policy]
    mode = "LatestValue" if latest else "Fifo"
    config = {"mode": mode, "initial_capacity": initial, "policy": wire}
    run.perform(0, "open", {**_OPEN, "buffer_config": config})
    actual = run.store.sessions[0].buffers["A", "B"]
    if rng.random() < 0.3:
        actual.capacity = rng.choice((1, LAST // 2, LAST // 2 + 1, LAST - 1, LAST))
    symbolic = Buffer(
        z3.BoolVal(latest),
        z3.BitVecVal(policy, POLICY),
        u64(initial),
        u64(maximum),
        u64(actual.capacity),
        u64(0),
        u64(0),
        NO_MESSAGES,
        u64(0),
    )
    for number in range(operations):
        op = rng.choice(_TRAFFIC)
        if op in SENDS:
            args, sending = _sending(op, rng, {"Nat": number})
            sent = messages.send(Contract(contract), symbolic, sending)
            symbolic = sent.post
            answer = "error" if truth_of(sent.errs) else _ANSWERS[value_of(sent.answer)]
            event = run.perform(0, op, args)
            expected = event.get("ok", "error")
        else:
            oldest = symbolic.oldest
            received = RECEIVES[op](Contract(contract), symbolic)
            symbolic, answer = received.post, _received(op, received, oldest)
            expected = _reference_received(op, run.perform(0, op, _EDGE))
        shape = (value_of(symbolic.capacity), value_of(symbolic.length), value_of(symbolic.leaves))
        if actual.config.mode == "LatestValue":
            shape = (actual.capacity, *shape[1:])
        true = (actual.capacity, len(actual.messages), len(run.store.sessions[0].auth.get(("A", "B"), ())))
        if answer != expected or shape != true:
            return f"{contract} {config} {op}: {answer} {shape}, not {expected} {true}"
    return None


def _sending(op: str, rng: Random, value: Any) -> tuple[dict[str, Any], Sending]:
    """Return the arguments of a send on both sides; sequence numbers are low, or at the end."""
    args: dict[str, Any] = {**_EDGE, "val": value}
    if op == "send":
        return args, PLAIN
    kind = KINDS.index(rng.choice(KINDS)) if op == "send_signed" else VALID
    chosen = op == "send_with_sequence" or rng.random() < 0.5
    number = rng.choice((0, 0, 1, 1, 2, 3, LAST))
    args |= {"signature": KINDS[kind]} if op == "send_signed" else {}
    args |= {"sequence_no": number} if chosen else {}
    return args, Sending(z3.BitVecVal(kind, KIND), z3.BoolVal(chosen), u64(number))


def _received(op: str, received: Received, oldest: Message) -> Any:
    """Return what a receive comes to: an error, nothing, a value, or sequence number and validity of a message."""
    if truth_of(received.errs):
        return "error"
    if not truth_of(received.handed):
        return "nothing"
    return (value_of(oldest.number), truth_of(received.verified)) if op.endswith("_signed") else "value"


def _reference_received(op: str, event: dict[str, Any]) -> Any:
    if "err" in event:
        return "error"
    if event["ok"] is None:
        return "nothing"
    return (event["ok"]["sequence_no"], event["ok"]["valid"]) if op.endswith("_signed") else "value"


def ids_difference(contract: str, rng: Random) -> str | None:
    """Open sessions under random ids, from a random next id, on both sides; where they part, if they do."""
    run = ReferenceRun(contract)
    run.store.next_sid = rng.choice((0, 1, LAST - 1, LAST))
    ids = Ids(u64(run.store.next_sid), FALSE, FALSE)
    for _ in range(5):
        sid = rng.choice((0, 1, 2, 3, LAST - 1, LAST))
        op = rng.choice(("open", "open_with_sid"))
        args: dict[str, Any] = {**_OPEN, **({"sid": sid} if op == "open_with_sid" else {})}
        event = run.perform(0, op, args)
        step = sessions.OPENINGS[op](Contract(contract), ids, u64(sid))
        ids = step.post
        found = value_of(step.sid) if truth_of(step.ok) else None
        after = value_of(ids.next_sid)
        if found != event.get("ok") or after != run.store.next_sid:
            return f"{contract} {op} {sid}: {found}, next {after}; not {event.get('ok')}, next {run.store.next_sid}"
    return None
