"""The two contracts, and every place where they differ: one function or more for each rule from H1 to H20, but three.

H13, H14 and H17 are not stated here: the plan and the unfolding of types are questions to Datalog (``claims.blueprint``
and ``claims.unfolding``), which say what the claim says under either contract, and a reload is in ``claims.reload``.
"""

from __future__ import annotations

import z3

from telltale_conformance.oracle.symbolic.statement.records import EndedWitnesses, Entry, Event, Record
from telltale_conformance.oracle.symbolic.statement.state import (
    NO_WITNESSES,
    Args,
    Contract,
    Session,
    Status,
    status,
)
from telltale_conformance.oracle.symbolic.statement.terms import (
    LAST,
    TRUE,
    counter,
    identifier,
    succ,
    u64,
    within,
)

HARDENED = Contract.HARDENED


def claim_generation(contract: Contract, s: Session) -> z3.BitVecRef:
    """H1: the generation that a claim gives."""
    return identifier(s.next_generation) if contract is HARDENED else u64(0)


def attenuated_generation(contract: Contract, s: Session, generation: z3.BitVecRef) -> z3.BitVecRef:
    """H1: the generation that attenuating gives, from the given one."""
    return identifier(s.next_generation) if contract is HARDENED else succ(generation)


def committed_generation(contract: Contract, s: Session, to_generation: z3.BitVecRef) -> z3.BitVecRef:
    """H1: the generation that a commit gives, from the receipt's."""
    return identifier(s.next_generation) if contract is HARDENED else to_generation


def spend_generation(contract: Contract, s: Session) -> z3.BitVecRef:
    """H1: next_generation after a generation was given; ``telltale-17`` keeps none, so it stays 0."""
    return s.next_generation + 1 if contract is HARDENED else s.next_generation


def may_give(contract: Contract, number: z3.BitVecRef) -> z3.BoolRef:
    """H2 (G-counter): whether a number may be given."""
    return z3.ULE(number, counter(LAST)) if contract is HARDENED else TRUE


def spend(contract: Contract, number: z3.BitVecRef) -> z3.BitVecRef:
    """H2: a counter after its number was given: it stays at 2^64-1, or passes it and is refused from then on."""
    return number + 1 if contract is HARDENED else z3.If(number == counter(LAST), number, number + 1)


def may_attenuate(contract: Contract, new: z3.BitVecRef, live: z3.BitVecRef) -> z3.BoolRef:
    """H3 (G-within): whether an owner of that live scope may attenuate it so."""
    return within(new, live) if contract is HARDENED else TRUE


def may_transfer(contract: Contract, new: z3.BitVecRef, live: z3.BitVecRef) -> z3.BoolRef:
    """H4 (G-within): whether an owner of that live scope may grant the new one."""
    return within(new, live) if contract is HARDENED else TRUE


def honest(contract: Contract, given: z3.BitVecRef, live: z3.BitVecRef) -> z3.BoolRef:
    """H5 (G-honest): whether the given scope is accepted for the live one."""
    return given == live if contract is HARDENED else TRUE


def closed_status(contract: Contract, s: Session) -> z3.BitVecRef:
    """H6: the status after a close; ``hardened`` keeps Cancelled and Faulted."""
    closed, ended = status(Status.CLOSED), (status(Status.CANCELLED), status(Status.FAULTED))
    kept = z3.Or(*(s.status == value for value in ended))
    return z3.If(kept, s.status, closed) if contract is HARDENED else closed


def closing_ends_ownership(contract: Contract) -> bool:
    """H6: whether a close ends the ownership and the pending transfer."""
    return contract is HARDENED


def closing(contract: Contract, s: Session) -> list[Entry]:
    """H6: what a close logs of the ownership that it ends."""
    if contract is not HARDENED:
        return []
    return [
        Record(s.owned, s.live, Event.INVALIDATED, "session closed"),
        *endings(contract, s, s.owned),
        Record(s.staged, s.pending, Event.ROLLED_BACK, "session closed"),
    ]


def may_open(contract: Contract, exhausted: z3.BoolRef) -> z3.BoolRef:
    """H7: whether a session may be opened under the next id, given whether 2^64-1 was used."""
    return z3.Not(exhausted) if contract is HARDENED else TRUE


def may_open_with(contract: Contract, sid: z3.BitVecRef, next_sid: z3.BitVecRef, exhausted: z3.BoolRef) -> z3.BoolRef:
    """H7: whether a session may be opened under this id, given the next one and whether 2^64-1 was used."""
    used_last = z3.And(exhausted, sid == u64(LAST))
    return z3.And(z3.UGE(sid, next_sid), z3.Not(used_last)) if contract is HARDENED else TRUE


def serves(contract: Contract, shown: z3.BitVecRef) -> z3.BoolRef:
    """H8 (G-active): whether ownership operations work in that status."""
    return shown != status(Status.CLOSED) if contract is HARDENED else TRUE


def endings(contract: Contract, s: Session, when: z3.BoolRef = TRUE) -> list[Entry]:
    """H9: the records that end the issued witnesses, right after a live capability's Invalidated."""
    return [EndedWitnesses(when, s.issued)] if contract is HARDENED else []


def surviving(contract: Contract, s: Session, when: z3.BoolRef = TRUE) -> z3.ArrayRef:
    """H9: the witnesses that are still issued after a live capability was invalidated."""
    return z3.If(when, NO_WITNESSES, s.issued) if contract is HARDENED else s.issued


def orphaned(contract: Contract, s: Session) -> list[Entry]:
    """H10: what owner death logs of a pending transfer."""
    return [Record(s.staged, s.pending, Event.ROLLED_BACK, "owner died")] if contract is HARDENED else []


def refusal(contract: Contract) -> bool:
    """H11: whether each refusal that has a reason logs the receipt or witness that was refused."""
    return contract is HARDENED


def grown(contract: Contract, capacity: z3.BitVecRef, maximum: z3.BitVecRef) -> z3.BitVecRef:
    """H12: the capacity of a full buffer after it grew: twice, saturating, and perhaps at most the maximum."""
    twice = z3.If(z3.UGE(capacity, u64(1 << 63)), u64(LAST), capacity * 2)
    return z3.If(z3.ULT(twice, maximum), twice, maximum) if contract is HARDENED else twice


def may_touch(contract: Contract, s: Session, a: Args) -> z3.BoolRef:
    """H15: whether a mutation may name that edge."""
    own = z3.And(a.edge_sid == s.sid, s.roles[a.sender], s.roles[a.receiver])
    return own if contract is HARDENED else TRUE


def keeps_unverified(contract: Contract) -> bool:
    """H16: whether a message with a bad signature stays where it is, and the receive errs."""
    return contract is HARDENED


def binds(contract: Contract, addressed: z3.BoolRef, signed_number: z3.BitVecRef, number: z3.BitVecRef) -> z3.BoolRef:
    """H18: whether a signature fits receiver and sequence number; under ``telltale-17`` it binds neither."""
    return z3.And(addressed, signed_number == number) if contract is HARDENED else TRUE


def next_number(contract: Contract, leaves: z3.BitVecRef) -> z3.BitVecRef:
    """H19: the sequence number of a send that chooses none."""
    return leaves if contract is HARDENED else u64(0)


def may_number(contract: Contract, number: z3.BitVecRef, following: z3.BitVecRef) -> z3.BoolRef:
    """H19: whether a send may choose this sequence number, given the next one."""
    return number == following if contract is HARDENED else TRUE


def guards_host_calls(contract: Contract) -> bool:
    """H20: whether host calls are refused for a session that is owned or over."""
    return contract is HARDENED
