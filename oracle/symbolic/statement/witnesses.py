"""Readiness witnesses: issued under a live capability (contract §2), consumed once (§3)."""

from __future__ import annotations

from dataclasses import replace

import z3

from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement import guards
from telltale_conformance.oracle.symbolic.statement.records import Event, Record
from telltale_conformance.oracle.symbolic.statement.state import NOT_ISSUED, Args, Contract, Session, Witness, packed
from telltale_conformance.oracle.symbolic.statement.step import Step, walk
from telltale_conformance.oracle.symbolic.statement.terms import TRUE, identifier


def issue(contract: Contract, s: Session, a: Args) -> Step:
    """issue_readiness_witness: a witness from the given capability becomes issued."""
    witness = Witness(identifier(s.next_witness_id), a.cap.sid, a.cap.owner, a.cap.generation, a.cap.scope, a.text)
    return walk(
        s,
        [
            guards.found(s, a.cap.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.owned(s),
            guards.live(s, a.cap),
            guards.honest(contract, s, a.cap),
            guards.scope(s),
            guards.counter(contract, s, "witness_id", s.next_witness_id),
        ],
        replace(
            s,
            issued=z3.Store(s.issued, witness.id, packed(witness)),
            next_witness_id=rules.spend(contract, s.next_witness_id),
        ),
        witness,
        [Record(TRUE, witness, Event.ISSUED)],
    )


def consume(contract: Contract, s: Session, a: Args) -> Step:
    """consume_readiness_witness: the witness moves from issued to consumed."""
    return walk(
        s,
        [
            guards.found(s, a.cap.sid),
            guards.open(s),
            guards.active(contract, s),
            guards.owned(s),
            guards.live(s, a.cap),
            guards.honest(contract, s, a.cap),
            guards.scope(s),
            guards.unconsumed(s, a),
            guards.issued(s, a),
            guards.unchanged(s, a),
            guards.bound(s, a),
        ],
        replace(
            s, issued=z3.Store(s.issued, a.witness.id, NOT_ISSUED), consumed=z3.Store(s.consumed, a.witness.id, TRUE)
        ),
        None,
        [Record(TRUE, a.witness, Event.CONSUMED)],
        a.witness,
        rules.refusal(contract),
    )
