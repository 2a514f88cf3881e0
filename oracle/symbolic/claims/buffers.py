"""K14 on one edge's buffer (contract §8; H12)."""

from __future__ import annotations

from typing import Any

import z3

from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.messages import (
    RECEIVES,
    RESIZE,
    Buffer,
    Sending,
    larger,
    opened,
    recv,
    send,
)
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, choose, fresh, same, u64


def bounded(b: Buffer) -> z3.BoolRef:
    """K14: capacity and content are within max_capacity (or what the buffer was opened with, if that is more)."""
    bound = larger(b.maximum, larger(u64(1), b.initial))
    held = z3.And(z3.ULE(b.capacity, bound), z3.ULE(b.length, bound))
    return z3.Implies(z3.And(b.policy == RESIZE, z3.Not(b.latest)), held)


def _content_fits(b: Buffer) -> z3.BoolRef:
    """Return the strengthening invariant of K14: the content is within the capacity, which is at least one."""
    return z3.And(z3.ULE(u64(1), b.capacity), z3.ULE(b.length, b.capacity))


def k14_provable(contract: Contract, limits: Limits) -> bool:
    """K14 by induction with the invariant that the content is within the capacity."""
    b = fresh(Buffer, "buffer")
    wanted = [bounded, _content_fits]
    assumed = z3.And(*(part(b) for part in wanted))
    sending = fresh(Sending, "sending")
    for post in (send(contract, b, sending).post, *(receive(contract, b).post for receive in RECEIVES.values())):
        checker = solver(limits)
        checker.add(assumed, z3.Not(z3.And(*(part(post) for part in wanted))))
        if satisfiable(checker):
            return False
    checker = solver(limits)
    checker.add(opened(b), z3.Not(assumed))
    return not satisfiable(checker)


def k14_shortest(contract: Contract, most: int, limits: Limits) -> list[dict[str, Any]] | None:
    """Return the shortest program that lets a buffer grow past its bound, then ``observe``."""
    checker = solver(limits)
    start = fresh(Buffer, "b1")
    checker.add(opened(start))
    state, sends = start, []
    for at in range(2, most + 1):
        is_send, after = z3.Const(f"send{at}", BOOL), fresh(Buffer, f"b{at}")
        checker.add(same(after, choose(is_send, send(contract, state).post, recv(contract, state).post)))
        sends.append(is_send)
        state = after
        if satisfiable(checker, z3.Not(bounded(state))):
            checker.add(z3.Not(bounded(state)))
            return _k14_program(checker, start, sends)
    return None


def _k14_program(checker: z3.Solver, start: Buffer, sends: list[z3.BoolRef]) -> list[dict[str, Any]]:
    for wanted in (start.initial == 2, start.maximum == 3):
        if satisfiable(checker, wanted):
            checker.add(wanted)
    satisfiable(checker)
    model = checker.model()
    steps = [_open_step(model.eval(start.initial).as_long(), model.eval(start.maximum).as_long())]
    for is_send in sends:
        edge = {"sid": {"$ref": 0}, "from": "A", "to": "B"}
        if z3.is_true(model.eval(is_send, True)):
            steps.append({"seq": len(steps), "op": "send", "args": {**edge, "val": {"Nat": len(steps)}}})
        else:
            steps.append({"seq": len(steps), "op": "recv", "args": edge})
    return [*steps, {"seq": len(steps), "op": "observe", "args": {"sid": {"$ref": 0}}}]


def _open_step(initial: int, maximum: int) -> dict[str, Any]:
    one_send = {"Send": {"partner": "B", "branches": [[{"name": "a", "sort": "Unit"}, None, "End"]]}}
    config = {"mode": "Fifo", "initial_capacity": initial, "policy": {"Resize": {"max_capacity": maximum}}}
    args = {"roles": ["A", "B"], "initial_types": {"A": one_send}, "buffer_config": config}
    return {"seq": 0, "op": "open", "args": args}
