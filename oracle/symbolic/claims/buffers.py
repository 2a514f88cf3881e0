"""K14 and K18 on one edge's buffer (contract §8; H12, H16)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import z3  # type: ignore[import-untyped]  # see terms

from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, LAST, U64, choose, fresh, same, u64

POLICY = z3.BitVecSort(2)
BLOCK, DROP, ERROR, RESIZE = range(4)
RESULT = z3.BitVecSort(2)
OK, WOULD_BLOCK, DROPPED, FULL = range(4)


@dataclass(frozen=True)
class Buffer:
    """A buffer: its configuration, its capacity, and its messages by position, oldest at ``first``."""

    SORTS: ClassVar[dict[str, Any]] = {
        "latest": BOOL,
        "policy": POLICY,
        "initial": U64,
        "maximum": U64,
        "capacity": U64,
        "first": U64,
        "length": U64,
        "genuine": z3.ArraySort(U64, BOOL),
    }
    latest: z3.BoolRef
    policy: z3.BitVecRef
    initial: z3.BitVecRef
    maximum: z3.BitVecRef
    capacity: z3.BitVecRef
    first: z3.BitVecRef
    length: z3.BitVecRef
    genuine: z3.ArrayRef
    """Whether the signature of the message at a position is right."""


@dataclass(frozen=True)
class Sent:
    """A send: its answer and the buffer after it."""

    answer: z3.BitVecRef
    post: Buffer


@dataclass(frozen=True)
class Received:
    """A receive: whether it delivers the oldest value, whether it errs, and the buffer after it."""

    delivers: z3.BoolRef
    errs: z3.BoolRef
    post: Buffer


def larger(left: z3.BitVecRef, right: z3.BitVecRef) -> z3.BitVecRef:
    """The larger of two unsigned values."""
    return z3.If(z3.UGT(left, right), left, right)


def opened(b: Buffer) -> z3.BoolRef:
    """A buffer as ``open`` makes it: empty, capacity at least one."""
    return z3.And(b.capacity == larger(u64(1), b.initial), b.length == 0, b.first == 0)


def doubled(contract: Contract, b: Buffer) -> z3.BitVecRef:
    """The capacity after growing: twice, saturating (H12: and at most max_capacity)."""
    twice = z3.If(z3.UGE(b.capacity, u64(1 << 63)), u64(LAST), b.capacity * 2)
    if contract is Contract.HARDENED:
        return z3.If(z3.ULT(twice, b.maximum), twice, b.maximum)
    return twice


def send(contract: Contract, b: Buffer) -> Sent:
    """send: append, overwrite (LatestValue), or what the policy says of a full buffer."""
    signed = z3.Store(b.genuine, b.first + b.length, z3.BoolVal(True))
    appended = replace(b, length=b.length + 1, genuine=signed)
    overwritten = replace(b, length=u64(1), genuine=z3.Store(b.genuine, b.first, z3.BoolVal(True)))
    room = z3.ULT(b.length, b.capacity)
    grows = z3.And(b.policy == RESIZE, z3.ULT(b.capacity, b.maximum))
    grown = replace(appended, capacity=doubled(contract, b))
    refusal = z3.If(b.policy == BLOCK, WOULD_BLOCK, z3.If(b.policy == DROP, DROPPED, z3.BitVecVal(FULL, RESULT)))
    accepted = z3.Or(b.latest, room, grows)
    post = choose(b.latest, overwritten, choose(room, appended, choose(grows, grown, b)))
    return Sent(z3.If(accepted, z3.BitVecVal(OK, RESULT), refusal), post)


def recv(contract: Contract, b: Buffer) -> Received:
    """recv: the oldest value if its signature is right; else it is gone (H16: an error, and it stays)."""
    some = b.length != 0
    right = z3.And(some, b.genuine[b.first])
    taken = replace(b, first=b.first + 1, length=b.length - 1)
    hardened = contract is Contract.HARDENED
    removes = right if hardened else some
    errs = z3.And(some, z3.Not(right)) if hardened else z3.BoolVal(False)
    return Received(right, errs, choose(removes, taken, b))


def corrupt(b: Buffer) -> Buffer:
    """What no operation does: the oldest message's signature goes bad."""
    return replace(b, genuine=z3.Store(b.genuine, b.first, z3.BoolVal(False)))


def bounded(b: Buffer) -> z3.BoolRef:
    """K14: capacity and content are within max_capacity (or what the buffer was opened with, if that is more)."""
    bound = larger(b.maximum, larger(u64(1), b.initial))
    held = z3.And(z3.ULE(b.capacity, bound), z3.ULE(b.length, bound))
    return z3.Implies(z3.And(b.policy == RESIZE, z3.Not(b.latest)), held)


def _content_fits(b: Buffer) -> z3.BoolRef:
    """The strengthening invariant of K14: the content is within the capacity, which is at least one."""
    return z3.And(z3.ULE(u64(1), b.capacity), z3.ULE(b.length, b.capacity))


def k14_provable(contract: Contract, limits: Limits) -> bool:
    """K14 by induction with the invariant that the content is within the capacity."""
    b = fresh(Buffer, "buffer")
    wanted = [bounded, _content_fits]
    assumed = z3.And(*(part(b) for part in wanted))
    for post in (send(contract, b).post, recv(contract, b).post):
        checker = solver(limits)
        checker.add(assumed, z3.Not(z3.And(*(part(post) for part in wanted))))
        if satisfiable(checker):
            return False
    checker = solver(limits)
    checker.add(opened(b), z3.Not(assumed))
    return not satisfiable(checker)


def k14_shortest(contract: Contract, most: int, limits: Limits) -> list[dict[str, Any]] | None:
    """The shortest program that lets a buffer grow past its bound, then ``observe``."""
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


def k18_lost(contract: Contract, b: Buffer) -> z3.BoolRef:
    """K18 broken: a receive takes the oldest message away and does not deliver it."""
    step = recv(contract, b)
    return z3.And(step.post.length != b.length, z3.Not(step.delivers))


def k18_provable(contract: Contract, limits: Limits) -> bool:
    """K18 on every buffer state, reachable or not."""
    checker = solver(limits)
    checker.add(k18_lost(contract, fresh(Buffer, "buffer")))
    return not satisfiable(checker)


def k18_shortest(contract: Contract, limits: Limits) -> list[dict[str, Any]] | None:
    """The shortest run that loses a message: one must be there (a send) and go bad, so open, send, recv.

    No operation makes a signature bad, so between the last two the message is corrupted in the reference itself.
    """
    b = fresh(Buffer, "buffer")
    checker = solver(limits)
    checker.add(opened(b))
    if satisfiable(checker, k18_lost(contract, corrupt(b))):
        raise AssertionError("an empty buffer loses nothing")
    if not satisfiable(checker, k18_lost(contract, corrupt(send(contract, b).post))):
        return None
    edge = {"sid": {"$ref": 0}, "from": "A", "to": "B"}
    return [
        _open_step(2, 3),
        {"seq": 1, "op": "send", "args": {**edge, "val": {"Nat": 1}}},
        {"seq": 2, "op": "corrupt_signature", "args": edge},
        {"seq": 3, "op": "recv", "args": edge},
    ]
