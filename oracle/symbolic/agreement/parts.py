"""Agreement of the smaller symbolic parts with the reference: one edge's buffer, and the store's session ids."""

from __future__ import annotations

from random import Random
from typing import Any

import z3  # type: ignore[import-untyped]  # see terms

from telltale_conformance.oracle.reference.run import CORRUPT, ReferenceRun
from telltale_conformance.oracle.symbolic.agreement.literals import truth_of, value_of
from telltale_conformance.oracle.symbolic.claims.buffers import corrupt
from telltale_conformance.oracle.symbolic.statement import messages, sessions
from telltale_conformance.oracle.symbolic.statement.messages import BLOCK, DROP, ERROR, POLICY, RESIZE, Buffer, Received
from telltale_conformance.oracle.symbolic.statement.sessions import Ids
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import FALSE, LAST, TRUE, U64, u64

_ANSWERS = ("Ok", "WouldBlock", "Dropped", "Full")
_POLICIES: dict[int, Any] = {BLOCK: "Block", DROP: "Drop", ERROR: "Error"}
_EDGE = {"sid": 0, "from": "A", "to": "B"}
_OPEN = {
    "roles": ["A", "B"],
    "initial_types": {"A": {"Send": {"partner": "B", "branches": []}}},
}


def buffer_difference(contract: str, rng: Random, operations: int = 12) -> str | None:
    """Drive a buffer of random configuration on both sides; where they part, if they do."""
    policy, latest = rng.randrange(4), rng.random() < 0.2
    initial, maximum = rng.randrange(4), rng.choice((0, 1, 2, 3, 5, 8))
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
        z3.K(U64, TRUE),
    )
    for number in range(operations):
        op = rng.choice(("send", "send", "recv", CORRUPT))
        if op == CORRUPT and not actual.messages:
            continue
        if op == "send":
            sent = messages.send(Contract(contract), symbolic)
            symbolic, answer = sent.post, _ANSWERS[value_of(sent.answer)]
            expected = run.perform(0, op, {**_EDGE, "val": {"Nat": number}})["ok"]
        elif op == "recv":
            received = messages.recv(Contract(contract), symbolic)
            symbolic, answer = received.post, _received(received)
            expected = _reference_received(run.perform(0, op, _EDGE))
        else:
            symbolic, answer, expected = corrupt(symbolic), "", ""
            run.perform(0, op, _EDGE)
        shape = (value_of(symbolic.capacity), value_of(symbolic.length))
        if actual.config.mode == "LatestValue":
            shape = (actual.capacity, shape[1])
        if answer != expected or shape != (actual.capacity, len(actual.messages)):
            return f"{contract} {config} {op}: {answer} {shape}, not {expected} {actual.capacity, len(actual.messages)}"
    return None


def _received(received: Received) -> str:
    if truth_of(received.errs):
        return "error"
    return "value" if truth_of(received.delivers) else "nothing"


def _reference_received(event: dict[str, Any]) -> str:
    if "err" in event:
        return "error"
    return "nothing" if event["ok"] is None else "value"


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
