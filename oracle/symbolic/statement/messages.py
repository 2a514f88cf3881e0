"""Messages: one edge's buffer, sending and receiving, signatures and sequence numbers (contract §8, §14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

import z3

from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement.state import Contract
from telltale_conformance.oracle.symbolic.statement.terms import (
    BOOL,
    FALSE,
    TRUE,
    U64,
    choose,
    succ,
    u64,
)

POLICY = z3.BitVecSort(2)
BLOCK, DROP, ERROR, RESIZE = range(4)
RESULT = z3.BitVecSort(2)
OK, WOULD_BLOCK, DROPPED, FULL = range(4)
KIND = z3.BitVecSort(3)
KINDS: Final = ("valid", "corrupt", "wrong_edge", "wrong_value", "other_receiver", "other_sequence")
"""How a signature is made, by code (§14)."""
VALID, _, _, _, OTHER_RECEIVER, OTHER_SEQUENCE = range(6)


@dataclass(frozen=True)
class Message:
    """A message, as far as it can be verified; the same record of arrays is a table of messages by position."""

    SORTS: ClassVar[dict[str, Any]] = {"genuine": BOOL, "addressed": BOOL, "signed": U64, "number": U64}
    genuine: z3.BoolRef
    """Signed for its value with the sender's key, and unchanged since."""
    addressed: z3.BoolRef
    """Signed for the receiver of this edge."""
    signed: z3.BitVecRef
    """The sequence number that it was signed for."""
    number: z3.BitVecRef
    """Its sequence number."""


@dataclass(frozen=True)
class Messages(Message):
    """Messages by position."""

    SORTS: ClassVar[dict[str, Any]] = {key: z3.ArraySort(U64, sort) for key, sort in Message.SORTS.items()}

    def at(self, position: z3.BitVecRef) -> Message:
        """Return one of them."""
        return Message(**{key: getattr(self, key)[position] for key in self.SORTS})

    def put(self, position: z3.BitVecRef, message: Message) -> Messages:
        """Return them with one replaced."""
        return Messages(
            **{key: z3.Store(getattr(self, key), position, getattr(message, key)) for key in self.SORTS},
        )


NO_MESSAGES: Final = Messages(z3.K(U64, FALSE), z3.K(U64, FALSE), z3.K(U64, u64(0)), z3.K(U64, u64(0)))


@dataclass(frozen=True)
class Buffer:
    """A buffer: its configuration, its capacity, its messages, oldest at ``first``, and the edge's leaves."""

    SORTS: ClassVar[dict[str, Any]] = {
        "latest": BOOL,
        "policy": POLICY,
        "initial": U64,
        "maximum": U64,
        "capacity": U64,
        "first": U64,
        "length": U64,
        "messages": Messages,
        "leaves": U64,
    }
    latest: z3.BoolRef
    policy: z3.BitVecRef
    initial: z3.BitVecRef
    maximum: z3.BitVecRef
    capacity: z3.BitVecRef
    first: z3.BitVecRef
    length: z3.BitVecRef
    messages: Messages
    leaves: z3.BitVecRef

    @property
    def oldest(self) -> Message:
        """Return the message that a receive takes; of no meaning in an empty buffer."""
        return self.messages.at(self.first)


@dataclass(frozen=True)
class Sending:
    """What a send says of signature and sequence number; the number counts where it is chosen."""

    SORTS: ClassVar[dict[str, Any]] = {"kind": KIND, "chosen": BOOL, "number": U64}
    kind: z3.BitVecRef
    chosen: z3.BoolRef
    number: z3.BitVecRef


PLAIN: Final = Sending(z3.BitVecVal(VALID, KIND), FALSE, u64(0))
"""What ``send`` says."""


def well_formed_sending(s: Sending) -> z3.BoolRef:
    """State that the kind of signature is one of the six."""
    return z3.ULT(s.kind, len(KINDS))


@dataclass(frozen=True)
class Sent:
    """A send: its answer, whether it errs instead, and the buffer after it."""

    answer: z3.BitVecRef
    errs: z3.BoolRef
    post: Buffer


@dataclass(frozen=True)
class Received:
    """A receive, and the buffer after it."""

    taken: z3.BoolRef
    """It takes the oldest message off."""
    handed: z3.BoolRef
    """It hands out the oldest message, or its value."""
    verified: z3.BoolRef
    """It says of what it hands out that it verifies."""
    errs: z3.BoolRef
    post: Buffer


def larger(left: z3.BitVecRef, right: z3.BitVecRef) -> z3.BitVecRef:
    """Return the larger of two unsigned values."""
    return z3.If(z3.UGT(left, right), left, right)


def opened(b: Buffer) -> z3.BoolRef:
    """Return a buffer as ``open`` makes it: empty, capacity at least one, no leaves."""
    return z3.And(b.capacity == larger(u64(1), b.initial), b.length == 0, b.first == 0, b.leaves == 0)


def signed(kind: z3.BitVecRef, number: z3.BitVecRef) -> Message:
    """Return a message with a signature of that kind (§14)."""
    right = z3.Or(*(kind == one for one in (VALID, OTHER_RECEIVER, OTHER_SEQUENCE)))
    for_number = z3.If(kind == OTHER_SEQUENCE, succ(number), number)
    return Message(right, kind != OTHER_RECEIVER, for_number, number)


def verifies(contract: Contract, m: Message) -> z3.BoolRef:
    """State that the signature of a message verifies."""
    return z3.And(m.genuine, rules.binds(contract, m.addressed, m.signed, m.number))


def send(contract: Contract, b: Buffer, s: Sending = PLAIN) -> Sent:
    """Send a message: append, overwrite (LatestValue), or what the policy says of a full buffer."""
    following = rules.next_number(contract, b.leaves)
    in_sequence = z3.Or(z3.Not(s.chosen), rules.may_number(contract, s.number, following))
    message = signed(s.kind, z3.If(s.chosen, s.number, following))
    counted = replace(b, leaves=succ(b.leaves))
    appended = replace(counted, length=b.length + 1, messages=b.messages.put(b.first + b.length, message))
    overwritten = replace(counted, length=u64(1), messages=b.messages.put(b.first, message))
    room = z3.ULT(b.length, b.capacity)
    grows = z3.And(b.policy == RESIZE, z3.ULT(b.capacity, b.maximum))
    grown = replace(appended, capacity=rules.grown(contract, b.capacity, b.maximum))
    refusal = z3.If(b.policy == BLOCK, WOULD_BLOCK, z3.If(b.policy == DROP, DROPPED, z3.BitVecVal(FULL, RESULT)))
    accepted = z3.Or(b.latest, room, grows)
    post = choose(b.latest, overwritten, choose(room, appended, choose(grows, grown, b)))
    answer = z3.If(accepted, z3.BitVecVal(OK, RESULT), refusal)
    return Sent(answer, z3.Not(in_sequence), choose(in_sequence, post, b))


def _taken(b: Buffer) -> Buffer:
    return replace(b, first=b.first + 1, length=b.length - 1)


def recv(contract: Contract, b: Buffer) -> Received:
    """recv: the oldest value if it verifies; else it is gone (under H16 an error, and it stays)."""
    return _verifying(contract, b, errs=rules.keeps_unverified(contract))


def recv_verified(contract: Contract, b: Buffer) -> Received:
    """recv_verified, recv_verified_signed: as recv, but that it is gone is an error, too."""
    return _verifying(contract, b, errs=True)


def recv_signed(contract: Contract, b: Buffer) -> Received:
    """recv_signed: the oldest message, and whether it verifies."""
    some = b.length != 0
    return Received(some, some, z3.And(some, verifies(contract, b.oldest)), FALSE, choose(some, _taken(b), b))


def _verifying(contract: Contract, b: Buffer, errs: bool) -> Received:
    some = b.length != 0
    right = z3.And(some, verifies(contract, b.oldest))
    takes = right if rules.keeps_unverified(contract) else some
    return Received(takes, right, right, z3.And(some, z3.Not(right)) if errs else FALSE, choose(takes, _taken(b), b))


RECEIVES: Final[dict[str, Callable[[Contract, Buffer], Received]]] = {
    "recv": recv,
    "recv_verified": recv_verified,
    "recv_verified_signed": recv_verified,
    "recv_signed": recv_signed,
}
"""What takes a message off, by wire name, the plainest first."""

SENDS: Final[dict[str, Callable[[Sending], z3.BoolRef]]] = {
    "send": lambda s: z3.And(s.kind == VALID, z3.Not(s.chosen)),
    "send_with_sequence": lambda s: z3.And(s.kind == VALID, s.chosen),
    "send_signed": lambda s: TRUE,
}
"""What each send can say, by wire name, the plainest first."""
