"""Messages: one edge's buffer, sending and receiving (contract §8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import z3  # type: ignore[import-untyped]  # see terms

from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, FALSE, U64, choose, u64

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
    """Return the larger of two unsigned values."""
    return z3.If(z3.UGT(left, right), left, right)


def opened(b: Buffer) -> z3.BoolRef:
    """Return a buffer as ``open`` makes it: empty, capacity at least one."""
    return z3.And(b.capacity == larger(u64(1), b.initial), b.length == 0, b.first == 0)


def send(contract: Contract, b: Buffer) -> Sent:
    """send: append, overwrite (LatestValue), or what the policy says of a full buffer."""
    signed = z3.Store(b.genuine, b.first + b.length, z3.BoolVal(True))
    appended = replace(b, length=b.length + 1, genuine=signed)
    overwritten = replace(b, length=u64(1), genuine=z3.Store(b.genuine, b.first, z3.BoolVal(True)))
    room = z3.ULT(b.length, b.capacity)
    grows = z3.And(b.policy == RESIZE, z3.ULT(b.capacity, b.maximum))
    grown = replace(appended, capacity=rules.grown(contract, b.capacity, b.maximum))
    refusal = z3.If(b.policy == BLOCK, WOULD_BLOCK, z3.If(b.policy == DROP, DROPPED, z3.BitVecVal(FULL, RESULT)))
    accepted = z3.Or(b.latest, room, grows)
    post = choose(b.latest, overwritten, choose(room, appended, choose(grows, grown, b)))
    return Sent(z3.If(accepted, z3.BitVecVal(OK, RESULT), refusal), post)


def recv(contract: Contract, b: Buffer) -> Received:
    """recv: the oldest value if its signature is right; else it is gone (under H16 an error, and it stays)."""
    some = b.length != 0
    right = z3.And(some, b.genuine[b.first])
    taken = replace(b, first=b.first + 1, length=b.length - 1)
    keeps = rules.keeps_unverified(contract)
    errs = z3.And(some, z3.Not(right)) if keeps else FALSE
    return Received(right, errs, choose(right if keeps else some, taken, b))
