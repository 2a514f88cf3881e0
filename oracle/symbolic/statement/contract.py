"""The small rules that several transitions share, each where ``hardened`` may differ from ``telltale-17``."""

from __future__ import annotations

from dataclasses import replace

import z3  # type: ignore[import-untyped]  # see terms

from telltale_conformance.oracle.symbolic.statement import guards
from telltale_conformance.oracle.symbolic.statement.state import (
    NO_WITNESSES,
    Cap,
    Contract,
    Session,
    no_cap,
    no_receipt,
)
from telltale_conformance.oracle.symbolic.statement.step import EndedWitnesses, Entry, Event, Record
from telltale_conformance.oracle.symbolic.statement.terms import FALSE, LAST, TRUE, counter, identifier, succ, u64

HARDENED = Contract.HARDENED


def generation_for_claim(contract: Contract, s: Session) -> z3.BitVecRef:
    """The generation of a claimed capability: 0, or next_generation (H1)."""
    return identifier(s.next_generation) if contract is HARDENED else u64(0)


def generation_after(contract: Contract, s: Session, generation: z3.BitVecRef) -> z3.BitVecRef:
    """The generation of an attenuated capability: one more, or next_generation (H1)."""
    return identifier(s.next_generation) if contract is HARDENED else succ(generation)


def spend(contract: Contract, next_id: z3.BitVecRef) -> z3.BitVecRef:
    """The counter after an id was taken: saturating, or past 2^64-1 once and then used up (H2)."""
    if contract is HARDENED:
        return next_id + 1
    return z3.If(next_id == counter(LAST), next_id, next_id + 1)


def spend_generation(contract: Contract, s: Session) -> z3.BitVecRef:
    """next_generation after a new capability; ``telltale-17`` keeps none (it stays 0)."""
    return s.next_generation + 1 if contract is HARDENED else s.next_generation


def end_generation(
    contract: Contract, s: Session, shown: Cap, reason: str, when: z3.BoolRef = TRUE
) -> tuple[z3.ArrayRef, list[Entry]]:
    """The live capability ends: its record, then (H9) its witnesses; gives the issued table left."""
    log: list[Entry] = [Record(when, shown, Event.INVALIDATED, reason)]
    if contract is not HARDENED:
        return s.issued, log
    log.append(EndedWitnesses(when, s.issued))
    return z3.If(when, NO_WITNESSES, s.issued), log


def only(contract: Contract, guard: guards.Guard) -> guards.Guard | None:
    """A guard that only ``hardened`` has."""
    return guard if contract is HARDENED else None


def with_cap(contract: Contract, s: Session, cap: Cap) -> list[guards.Guard | None]:
    """G-found, G-open, G-active, G-owned, G-live, G-honest: how every operation with a capability begins."""
    return [
        guards.found(s, cap.sid),
        guards.opened(s),
        only(contract, guards.active(s)),
        guards.owned(s),
        guards.live(s, cap),
        only(contract, guards.honest(s, cap)),
    ]


def with_sid(contract: Contract, s: Session, sid: z3.BitVecRef) -> list[guards.Guard | None]:
    """G-found, G-open, G-active."""
    return [guards.found(s, sid), guards.opened(s), only(contract, guards.active(s))]


def counter_left(contract: Contract, s: Session, which: str, next_id: z3.BitVecRef) -> guards.Guard | None:
    """G-counter (H2), which ``telltale-17`` has not."""
    return only(contract, guards.not_used_up(s, which, next_id))


def unowned(s: Session) -> Session:
    """No live owner, nothing pending."""
    return replace(s, owned=FALSE, live=no_cap(s.sid), staged=FALSE, pending=no_receipt(s.sid))


def quiet(contract: Contract, guard: guards.Guard) -> guards.Guard:
    """A guard whose star counts under ``hardened`` only: cancel and fault log no refusal in ``telltale-17``."""
    return guard if contract is HARDENED else replace(guard, starred=False)
