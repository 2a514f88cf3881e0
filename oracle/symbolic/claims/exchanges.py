"""K18, K25 and K26 on the messages of one edge (contract §8, §14; H16, H18, H19)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import z3

from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.messages import (
    BLOCK,
    KINDS,
    RECEIVES,
    SENDS,
    Buffer,
    Message,
    Received,
    Sending,
    opened,
    send,
    well_formed_sending,
)
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import BOOL, FALSE, LAST, U64, choose, fresh, same, u64

PLAINEST: Final = (*SENDS, *RECEIVES)
"""The operations on the messages of an edge, in the order in which programs prefer them."""
TELLING: Final = (*SENDS, "recv_verified_signed", *RECEIVES)
"""The same, where the sequence number has to be seen."""
_OP = z3.BitVecSort(3)
DEFAULT_CAPACITY = 64


@dataclass(frozen=True)
class Heard:
    """The sequence number of the message that verified last, if one did."""

    SORTS: ClassVar[dict[str, Any]] = {"any": BOOL, "last": U64}
    any: z3.BoolRef
    last: z3.BitVecRef


NOTHING_HEARD: Final = Heard(FALSE, u64(0))


@dataclass(frozen=True)
class Receive:
    """A receive as a claim sees it."""

    pre: Buffer
    step: Received
    heard: Heard

    @property
    def message(self) -> Message:
        """The oldest message."""
        return self.pre.oldest


ExchangeClaim = Callable[[Receive], z3.BoolRef]
"""States that a receive breaks the claim."""


def lost(r: Receive) -> z3.BoolRef:
    """K18 broken: a receive takes the oldest message away and does not hand it out."""
    return z3.And(r.step.taken, z3.Not(r.step.handed))


def unbound(r: Receive) -> z3.BoolRef:
    """K25 broken: what verifies was not signed by its sender for this edge and this sequence number."""
    m = r.message
    signed_for_it = z3.And(m.genuine, m.addressed, m.signed == m.number)
    return z3.And(r.step.verified, z3.Not(signed_for_it))


def out_of_sequence(r: Receive) -> z3.BoolRef:
    """K26 broken: what verifies has no greater sequence number than what verified last."""
    return z3.And(r.step.verified, r.heard.any, z3.ULE(r.message.number, r.heard.last))


def hear(r: Receive) -> Heard:
    """Return what verified last after a receive."""
    return Heard(z3.Or(r.heard.any, r.step.verified), z3.If(r.step.verified, r.message.number, r.heard.last))


def _receive(contract: Contract, op: str, b: Buffer, heard: Heard) -> Receive:
    return Receive(b, RECEIVES[op](contract, b), heard)


def never(claim: ExchangeClaim, contract: Contract, limits: Limits) -> bool:
    """Whether no receive breaks a claim, on any buffer, reachable or not."""
    b, heard = fresh(Buffer, "buffer"), fresh(Heard, "heard")
    for op in RECEIVES:
        checker = solver(limits)
        checker.add(claim(_receive(contract, op, b, heard)))
        if satisfiable(checker):
            return False
    return True


P, Q = z3.Consts("any.position other.position", U64)


def _waiting(b: Buffer, position: z3.BitVecRef) -> z3.BoolRef:
    """State that a position holds a message."""
    return z3.ULT(position - b.first, b.length)


def _in_order(b: Buffer, heard: Heard, earlier: z3.BitVecRef, later: z3.BitVecRef) -> z3.BoolRef:
    """Return the invariant of K26, at two positions.

    Numbers rise from what verified last over the messages that wait to the number of leaves.
    """
    first, second = b.messages.at(earlier).number, b.messages.at(later).number
    here = _waiting(b, earlier)
    rises = z3.Implies(
        z3.And(here, _waiting(b, later), z3.ULT(earlier - b.first, later - b.first)), z3.ULT(first, second)
    )
    return z3.And(
        z3.Implies(heard.any, z3.ULT(heard.last, b.leaves)),
        z3.Implies(here, z3.ULT(first, b.leaves)),
        z3.Implies(z3.And(here, heard.any), z3.ULT(heard.last, first)),
        rises,
    )


def _in_order_so_far(b: Buffer, heard: Heard) -> z3.BoolRef:
    """Return the invariant where a step looks: at two arbitrary positions and at the oldest message."""
    return z3.And(_in_order(b, heard, P, Q), _in_order(b, heard, b.first, P))


def in_sequence_provable(contract: Contract, limits: Limits) -> bool:
    """K26 by induction, for edges with fewer than 2^64-1 leaves."""
    b, heard, sending = fresh(Buffer, "buffer"), fresh(Heard, "heard"), fresh(Sending, "sending")
    start = solver(limits)
    start.add(opened(b), z3.Not(_in_order(b, NOTHING_HEARD, P, Q)))
    if satisfiable(start):
        return False
    fits = z3.And(z3.ULT(b.leaves, u64(LAST)), z3.ULT(b.length, u64(LAST)), z3.Implies(b.latest, z3.ULE(b.length, 1)))
    assumed = z3.And(fits, _in_order_so_far(b, heard))
    sent = send(contract, b, sending).post
    wrong = [z3.Not(_in_order(sent, heard, P, Q))]
    for op in RECEIVES:
        receive = _receive(contract, op, b, heard)
        wrong += [out_of_sequence(receive), z3.Not(_in_order(receive.step.post, hear(receive), P, Q))]
    for term in wrong:
        checker = solver(limits)
        checker.add(assumed, well_formed_sending(sending), term)
        if satisfiable(checker):
            return False
    return True


@dataclass(frozen=True)
class _Frame:
    op: z3.BitVecRef
    sending: Sending


def shortest(
    claim: ExchangeClaim, contract: Contract, most: int, limits: Limits, preferred: Sequence[str] = PLAINEST
) -> list[dict[str, Any]] | None:
    """Return the shortest program that breaks a claim; every shorter length was shown to have none."""
    checker = solver(limits)
    state, heard = fresh(Buffer, "b1"), NOTHING_HEARD
    start, frames = state, list[_Frame]()
    checker.add(opened(start))
    for at in range(2, most + 1):
        op, sending = z3.Const(f"op{at}", _OP), fresh(Sending, f"sending{at}")
        checker.add(z3.ULT(op, len(PLAINEST)), well_formed_sending(sending))
        sent = send(contract, state, sending)
        post, after, broken = sent.post, heard, FALSE
        for code, name in enumerate(PLAINEST):
            chosen = op == code
            if name in SENDS:
                checker.add(z3.Implies(chosen, SENDS[name](sending)))
                continue
            receive = _receive(contract, name, state, heard)
            broken = z3.Or(broken, z3.And(chosen, claim(receive)))
            post, after = choose(chosen, receive.step.post, post), choose(chosen, hear(receive), after)
        frames.append(_Frame(op, sending))
        if satisfiable(checker, broken):
            checker.add(broken)
            return _program(checker, start, frames, preferred)
        state, heard = fresh(Buffer, f"b{at}"), fresh(Heard, f"h{at}")
        checker.add(same(state, post), same(heard, after))
    return None


def _program(checker: z3.Solver, start: Buffer, frames: list[_Frame], preferred: Sequence[str]) -> list[dict[str, Any]]:
    """Fix one choice after the other, the plainest first."""

    def first(term: z3.ExprRef, values: tuple[int, ...]) -> int:
        for value in values:
            if satisfiable(checker, term == value):
                checker.add(term == value)
                return value
        raise AssertionError("one of these was possible")

    plain = z3.And(z3.Not(start.latest), start.policy == BLOCK, start.initial == DEFAULT_CAPACITY)
    assert satisfiable(checker, plain)
    checker.add(plain)
    steps: list[dict[str, Any]] = [{"seq": 0, "op": "open", "args": {"roles": ["A", "B"], "initial_types": _ONE_SEND}}]
    for frame in frames:
        name = PLAINEST[first(frame.op, tuple(PLAINEST.index(one) for one in preferred))]
        args: dict[str, Any] = {"sid": {"$ref": 0}, "from": "A", "to": "B"}
        if name in SENDS:
            args["val"] = {"Nat": len(steps)}
            if name == "send_signed":
                args["signature"] = KINDS[first(frame.sending.kind, tuple(range(len(KINDS))))]
            chosen = first(z3.If(frame.sending.chosen, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1)), (0, 1))
            if chosen:
                args["sequence_no"] = first(frame.sending.number, (0, 1, 2))
        steps.append({"seq": len(steps), "op": name, "args": args})
    return steps


_ONE_SEND: Final = {"A": {"Send": {"partner": "B", "branches": [[{"name": "a", "sort": "Unit"}, None, "End"]]}}}
