"""The symbolic state of one session: what the ownership rules read and write (contract §2, first and last lines)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Any, ClassVar

import z3

from telltale_conformance.oracle.symbolic.statement.terms import (
    BOOL,
    COUNTER,
    EDGE,
    FALSE,
    NAME,
    NAME_BITS,
    PAIR,
    SCOPE,
    SCOPE_BITS,
    SESSION_SCOPE_BITS,
    TRUE,
    U64,
    counter,
    edge_key,
    name,
    scope,
    u64,
    well_formed_scope,
)


class Contract(StrEnum):
    """Which store is spoken of."""

    TELLTALE_17 = "telltale-17"
    HARDENED = "hardened"


class Status(IntEnum):
    """Session status; ``Draining`` is set by no operation (contract §5)."""

    ACTIVE = 0
    CLOSED = 1
    CANCELLED = 2
    FAULTED = 3


class Terminal(IntEnum):
    """Terminal reason, or none."""

    NONE = 0
    OWNER_DIED = 1
    TRANSFER_ABANDONED = 2
    TRANSFER_COMMIT_FAILED = 3


def status(value: Status) -> z3.BitVecRef:
    """Return a status literal."""
    return z3.BitVecVal(int(value), 2)


def terminal(value: Terminal) -> z3.BitVecRef:
    """Return a terminal-reason kind literal."""
    return z3.BitVecVal(int(value), 2)


@dataclass(frozen=True)
class Cap:
    """OwnershipCapability."""

    SORTS: ClassVar[dict[str, Any]] = {"sid": U64, "owner": NAME, "generation": U64, "scope": SCOPE}
    sid: z3.BitVecRef
    owner: z3.BitVecRef
    generation: z3.BitVecRef
    scope: z3.BitVecRef


@dataclass(frozen=True)
class Receipt:
    """OwnershipReceipt."""

    SORTS: ClassVar[dict[str, Any]] = {
        "sid": U64,
        "claim_id": U64,
        "from_owner": NAME,
        "from_generation": U64,
        "to_owner": NAME,
        "to_generation": U64,
        "scope": SCOPE,
    }
    sid: z3.BitVecRef
    claim_id: z3.BitVecRef
    from_owner: z3.BitVecRef
    from_generation: z3.BitVecRef
    to_owner: z3.BitVecRef
    to_generation: z3.BitVecRef
    scope: z3.BitVecRef


@dataclass(frozen=True)
class Witness:
    """ReadinessWitness."""

    SORTS: ClassVar[dict[str, Any]] = {
        "id": U64,
        "sid": U64,
        "owner": NAME,
        "generation": U64,
        "scope": SCOPE,
        "predicate": NAME,
    }
    id: z3.BitVecRef
    sid: z3.BitVecRef
    owner: z3.BitVecRef
    generation: z3.BitVecRef
    scope: z3.BitVecRef
    predicate: z3.BitVecRef


@dataclass(frozen=True)
class Reason:
    """OwnershipTerminalReason; ``kind`` is a ``Terminal``, unused fields are zero."""

    SORTS: ClassVar[dict[str, Any]] = {"kind": z3.BitVecSort(2), "owner": NAME, "claim_id": U64, "text": NAME}
    kind: z3.BitVecRef
    owner: z3.BitVecRef
    claim_id: z3.BitVecRef
    text: z3.BitVecRef


@dataclass(frozen=True)
class Cancellation:
    """CancellationWitness."""

    SORTS: ClassVar[dict[str, Any]] = {
        "id": U64,
        "sid": U64,
        "owner": NAME,
        "generation": U64,
        "reason": Reason,
    }
    id: z3.BitVecRef
    sid: z3.BitVecRef
    owner: z3.BitVecRef
    generation: z3.BitVecRef
    reason: Reason


NO_REASON = Reason(terminal(Terminal.NONE), name(0), u64(0), name(0))

PACKED_BITS = 1 + 64 + NAME_BITS + 64 + SCOPE_BITS + NAME_BITS
PACKED = z3.BitVecSort(PACKED_BITS)
NOT_ISSUED = z3.BitVecVal(0, PACKED)


def packed(witness: Witness) -> z3.BitVecRef:
    """Return an entry of the issued table: present bit, then every field but the id (which is the key)."""
    present = z3.BitVecVal(1, 1)
    return z3.Concat(present, witness.sid, witness.owner, witness.generation, witness.scope, witness.predicate)


def unpacked(key: z3.BitVecRef, entry: z3.BitVecRef) -> Witness:
    """Return the witness stored under ``key``."""
    parts, top = [], PACKED_BITS - 2
    for width in (64, NAME_BITS, 64, SCOPE_BITS, NAME_BITS):
        parts.append(z3.Extract(top, top - width + 1, entry))
        top -= width
    return Witness(key, *parts)


@dataclass(frozen=True)
class Session:
    """One session, live or reaped (``exists``); tables are arrays, absent entries zero."""

    SORTS: ClassVar[dict[str, Any]] = {
        "sid": U64,
        "exists": BOOL,
        "status": z3.BitVecSort(2),
        "epoch": U64,
        "owned": BOOL,
        "live": Cap,
        "staged": BOOL,
        "pending": Receipt,
        "reason": Reason,
        "next_generation": COUNTER,
        "next_claim_id": COUNTER,
        "next_witness_id": COUNTER,
        "issued": z3.ArraySort(U64, PACKED),
        "consumed": z3.ArraySort(U64, BOOL),
        "roles": z3.ArraySort(NAME, BOOL),
        "default_handler": NAME,
        "edge_handlers": z3.ArraySort(EDGE, NAME),
        "pair_handlers": z3.ArraySort(PAIR, NAME),
        "edge_traces": z3.ArraySort(EDGE, NAME),
    }
    sid: z3.BitVecRef
    exists: z3.BoolRef
    status: z3.BitVecRef
    epoch: z3.BitVecRef
    owned: z3.BoolRef
    live: Cap
    staged: z3.BoolRef
    pending: Receipt
    reason: Reason
    next_generation: z3.BitVecRef
    next_claim_id: z3.BitVecRef
    next_witness_id: z3.BitVecRef
    issued: z3.ArrayRef
    consumed: z3.ArrayRef
    roles: z3.ArrayRef
    default_handler: z3.BitVecRef
    edge_handlers: z3.ArrayRef
    pair_handlers: z3.ArrayRef
    edge_traces: z3.ArrayRef


NO_WITNESSES = z3.K(U64, NOT_ISSUED)
NO_EDGES = z3.K(EDGE, name(0))
DEFAULT_HANDLER = 1
"""The code of the initial text ``default_handler`` among handler names."""


def no_cap(sid: z3.BitVecRef) -> Cap:
    """Filler for the live owner when there is none."""
    return Cap(sid, name(0), u64(0), scope(0))


def no_receipt(sid: z3.BitVecRef) -> Receipt:
    """Filler for the pending receipt when there is none."""
    return Receipt(sid, u64(0), name(0), u64(0), name(0), u64(0), scope(0))


def released(s: Session) -> Session:
    """Return the session without a live owner."""
    return replace(s, owned=FALSE, live=no_cap(s.sid))


def unowned(s: Session) -> Session:
    """Return the session without a live owner and with nothing pending."""
    return replace(released(s), staged=FALSE, pending=no_receipt(s.sid))


def fresh_session(sid: z3.BitVecRef, roles: z3.ArrayRef) -> Session:
    """Return a session just opened: unowned, nothing pending, ids from 1, empty tables (contract §2, §5)."""
    return Session(
        sid=sid,
        exists=TRUE,
        status=status(Status.ACTIVE),
        epoch=u64(0),
        owned=FALSE,
        live=no_cap(sid),
        staged=FALSE,
        pending=no_receipt(sid),
        reason=NO_REASON,
        next_generation=counter(0),
        next_claim_id=counter(1),
        next_witness_id=counter(1),
        issued=NO_WITNESSES,
        consumed=z3.K(U64, FALSE),
        roles=roles,
        default_handler=name(DEFAULT_HANDLER),
        edge_handlers=NO_EDGES,
        pair_handlers=z3.K(PAIR, name(0)),
        edge_traces=NO_EDGES,
    )


class Mutation(IntEnum):
    """SessionHostMutation."""

    DEFAULT_HANDLER = 0
    EDGE_HANDLER = 1
    TRACE = 2


@dataclass(frozen=True)
class Args:
    """Everything an operation may be given; each reads what its row names."""

    SORTS: ClassVar[dict[str, Any]] = {
        "sid": U64,
        "owner": NAME,
        "scope": SCOPE,
        "cap": Cap,
        "receipt": Receipt,
        "witness": Witness,
        "text": NAME,
        "mutation": z3.BitVecSort(2),
        "edge_sid": U64,
        "sender": NAME,
        "receiver": NAME,
    }
    sid: z3.BitVecRef
    owner: z3.BitVecRef
    scope: z3.BitVecRef
    cap: Cap
    receipt: Receipt
    witness: Witness
    text: z3.BitVecRef
    mutation: z3.BitVecRef
    edge_sid: z3.BitVecRef
    sender: z3.BitVecRef
    receiver: z3.BitVecRef

    def edge(self) -> z3.BitVecRef:
        """Return the edge of a mutation as a key."""
        return edge_key(self.edge_sid, self.sender, self.receiver)


SESSION_SCOPE = scope(SESSION_SCOPE_BITS)


def well_formed(a: Args) -> z3.BoolRef:
    """State what every argument satisfies by its type: scopes in normal form, names are texts, a known mutation."""
    scopes = (a.scope, a.cap.scope, a.receipt.scope, a.witness.scope)
    names = (
        a.owner,
        a.text,
        a.sender,
        a.receiver,
        a.cap.owner,
        a.receipt.from_owner,
        a.receipt.to_owner,
        a.witness.owner,
        a.witness.predicate,
    )
    return z3.And(
        *(well_formed_scope(value) for value in scopes),
        *(value != name(0) for value in names),
        z3.ULE(a.mutation, int(Mutation.TRACE)),
    )
