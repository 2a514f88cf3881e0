"""The cells of the coverage map: operation, outcome, ownership phase, generation relation, witness state.

Each axis is stated twice: for events (plain values, what a run reached) and for z3 (what can be reached at all).
"""

from __future__ import annotations

from typing import NamedTuple

import z3

from telltale_conformance.oracle.symbolic.agreement.snapshot import Json, Snapshot
from telltale_conformance.oracle.symbolic.statement.guards import Code
from telltale_conformance.oracle.symbolic.statement.operations import USES_CAPABILITY, USES_RECEIPT
from telltale_conformance.oracle.symbolic.statement.state import (
    NO_REASON,
    NOT_ISSUED,
    Args,
    Session,
    Status,
    packed,
    status,
)
from telltale_conformance.oracle.symbolic.statement.terms import FALSE, TRUE

ABSENT, TERMINAL, CLOSED, PENDING, CLAIMED, UNCLAIMED = (
    "absent",
    "terminal",
    "closed",
    "pending",
    "claimed",
    "unclaimed",
)
PHASES = (ABSENT, TERMINAL, CLOSED, PENDING, CLAIMED, UNCLAIMED)
NO_RELATION = "none"
RELATIONS = (
    NO_RELATION,
    "below/same",
    "below/other",
    "equal/same",
    "equal/other",
    "above/same",
    "above/other",
)
OWNER_RELATIONS = (NO_RELATION, "same", "other")
WITNESS_STATES = ("live", "consumed", "never issued", "mismatched")
NO_WITNESS = "-"

OUTCOMES = {code: code.variant for code in Code}
"""Outcome names by code; ``close`` has its own text for a session that is not there, counted as SessionNotFound."""


class Cell(NamedTuple):
    """One cell of the map."""

    op: str
    outcome: str
    phase: str
    relation: str
    witness: str


def relations_of(op: str) -> tuple[str, ...]:
    """Return the generation relations that an operation's arguments can have."""
    if op in USES_CAPABILITY or op in USES_RECEIPT:
        return RELATIONS
    return OWNER_RELATIONS if op == "mark_owner_died" else (NO_RELATION,)


def witnesses_of(op: str) -> tuple[str, ...]:
    """Return the witness states that an operation's arguments can have."""
    return WITNESS_STATES if op == "consume_readiness_witness" else (NO_WITNESS,)


# on events ----------------------------------------------------------------------------------------------------


def cell_of(state: Snapshot, op: str, args: Json, outcome: Json) -> Cell:
    """Return the cell that one event reached from this state."""
    if "ok" in outcome:
        name = "ok"
    else:
        name = "SessionNotFound" if isinstance(outcome["err"], str) else next(iter(outcome["err"]))
    phase = _phase_of(state, op, args)
    relation = NO_RELATION
    if phase != ABSENT and state.current is not None:
        relation = _relation_of(state.current, op, args)
    witness = NO_WITNESS
    if op == "consume_readiness_witness":
        witness = "never issued" if phase == ABSENT else _witness_of(state, args["witness"])
    return Cell(op, name, phase, relation, witness)


def _phase_of(state: Snapshot, op: str, args: Json) -> str:
    named = args.get("capability") or args.get("receipt")
    sid = named["session_id"] if named else args.get("sid", args.get("session_ids", [0])[0])
    if not state.exists or sid != state.sid:
        return ABSENT
    if state.terminal is not None:
        return TERMINAL
    if state.status == "Closed":
        return CLOSED
    if state.pending is not None:
        return PENDING
    return UNCLAIMED if state.current is None else CLAIMED


def _relation_of(live: Json, op: str, args: Json) -> str:
    if op == "mark_owner_died":
        return "same" if args["owner_id"] == live["owner_id"] else "other"
    if op in USES_CAPABILITY:
        owner, generation = args["capability"]["owner_id"], args["capability"]["generation"]
    elif op in USES_RECEIPT:
        owner, generation = args["receipt"]["from_owner_id"], args["receipt"]["from_generation"]
    else:
        return NO_RELATION
    at = "below" if generation < live["generation"] else "above" if generation > live["generation"] else "equal"
    return f"{at}/{'same' if owner == live['owner_id'] else 'other'}"


def _witness_of(state: Snapshot, witness: Json) -> str:
    key = witness["witness_id"]
    if key in state.consumed:
        return "consumed"
    if key not in state.issued:
        return "never issued"
    return "live" if state.issued[key] == witness else "mismatched"


# for z3 -------------------------------------------------------------------------------------------------------


def _named_sid(op: str, a: Args) -> z3.BitVecRef:
    if op in USES_CAPABILITY:
        return a.cap.sid
    return a.receipt.sid if op in USES_RECEIPT else a.sid


def phase_term(phase: str, op: str, s: Session, a: Args) -> z3.BoolRef:
    """State that the session that the arguments name is in this phase."""
    absent = z3.Not(z3.And(s.exists, s.sid == _named_sid(op, a)))
    ended, closed = s.reason.kind != NO_REASON.kind, s.status == status(Status.CLOSED)
    ladder = ((ABSENT, absent), (TERMINAL, ended), (CLOSED, closed), (PENDING, s.staged), (CLAIMED, s.owned))
    earlier: list[z3.BoolRef] = []
    for name, here in ladder:
        if name == phase:
            return z3.And(here, *earlier)
        earlier.append(z3.Not(here))
    return z3.And(*earlier)


def relation_term(relation: str, op: str, s: Session, a: Args) -> z3.BoolRef:
    """State that the given capability or receipt stands in this relation to the live owner."""
    here = z3.And(s.exists, s.sid == _named_sid(op, a), s.owned)
    if relations_of(op) == (NO_RELATION,):
        return TRUE
    if relation == NO_RELATION:
        return z3.Not(here)
    if op == "mark_owner_died":
        same = a.owner == s.live.owner
        return z3.And(here, same if relation == "same" else z3.Not(same))
    uses = op in USES_CAPABILITY
    owner = a.cap.owner if uses else a.receipt.from_owner
    generation = a.cap.generation if uses else a.receipt.from_generation
    at, whose = relation.split("/")
    compared = {
        "below": z3.ULT(generation, s.live.generation),
        "equal": generation == s.live.generation,
        "above": z3.UGT(generation, s.live.generation),
    }[at]
    same = owner == s.live.owner
    return z3.And(here, compared, same if whose == "same" else z3.Not(same))


def witness_term(witness: str, s: Session, a: Args) -> z3.BoolRef:
    """State that the given witness is in this state in the session that the capability names (none: never issued)."""
    if witness == NO_WITNESS:
        return TRUE
    here = z3.And(s.exists, s.sid == a.cap.sid)
    consumed, entry = z3.And(here, s.consumed[a.witness.id]), z3.If(here, s.issued[a.witness.id], NOT_ISSUED)
    terms = {
        "consumed": consumed,
        "never issued": z3.And(z3.Not(consumed), entry == NOT_ISSUED),
        "live": z3.And(z3.Not(consumed), entry == packed(a.witness)),
        "mismatched": z3.And(z3.Not(consumed), entry != NOT_ISSUED, entry != packed(a.witness)),
    }
    return terms.get(witness, FALSE)
