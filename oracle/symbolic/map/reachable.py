"""Proved-complete coverage: each cell is reached by a program, or shown to be reached by none.

What the reference reaches in a small world is found by running it.  For the rest z3 is asked whether any state
that satisfies the invariants (themselves proved) reaches the cell; where one does, a bounded search looks for a
program, and else the bound is stated.  Questions go from coarse to fine: an operation that never gives an outcome
is settled by one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import z3

from telltale_conformance.generators.claim_programs import coverage_map, coverage_program
from telltale_conformance.lean_traces.programs import resolve
from telltale_conformance.oracle.reference.run import ReferenceRun
from telltale_conformance.oracle.symbolic.agreement.snapshot import Json, read
from telltale_conformance.oracle.symbolic.claims import invariants as inv
from telltale_conformance.oracle.symbolic.claims.claim import Claim, Invariant
from telltale_conformance.oracle.symbolic.claims.identity import STEP_BITS, Count, steps
from telltale_conformance.oracle.symbolic.map.cells import (
    NO_WITNESS,
    OUTCOMES,
    PHASES,
    Cell,
    cell_of,
    phase_term,
    relation_term,
    relations_of,
    witness_term,
    witnesses_of,
)
from telltale_conformance.oracle.symbolic.map.explore import Bounds, small_world
from telltale_conformance.oracle.symbolic.proof.bounded import shortest_violation
from telltale_conformance.oracle.symbolic.proof.counterexample import program
from telltale_conformance.oracle.symbolic.proof.induction import find_gap, typed
from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from telltale_conformance.oracle.symbolic.statement.state import (
    NOT_ISSUED,
    PACKED_BITS,
    Args,
    Contract,
    Session,
    unpacked,
    well_formed,
)
from telltale_conformance.oracle.symbolic.statement.terms import LAST, U64, counter, fresh, wide

HORIZON = LAST - 1
"""Cells that need a counter at its bound are shown to be out of reach of runs up to this length."""
LONGEST_SEARCH = 7
ANY_WITNESS = z3.Const("any.witness_id", U64)

Verdict = Literal["reached", "unreachable", "beyond horizon", "not found"]


@dataclass(frozen=True)
class Settled:
    """What is known of a cell, or of all cells with the same prefix (``None``: any)."""

    prefix: tuple[str | None, ...]
    verdict: Verdict
    program: tuple[tuple[str, Json], ...] | None = None


def _at_most_steps(name: str, value: Callable[[Session], z3.BitVecRef]) -> Invariant:
    """Return the counter is at most the number of operations (open is the first)."""
    return Invariant(
        f"{name}-a-step",
        f"each operation raises {name} by at most one",
        lambda s, g: z3.UGE(g.count, z3.ZeroExt(STEP_BITS - value(s).size(), value(s))),
    )


_STEP_COUNTS = (
    Invariant("steps", "open is the first operation", lambda s, g: z3.UGE(g.count, 1)),
    _at_most_steps("next_generation", lambda s: s.next_generation),
    _at_most_steps("next_claim_id", lambda s: s.next_claim_id),
    _at_most_steps("next_witness_id", lambda s: s.next_witness_id),
)
_ISSUED_IS_LIVE = Invariant(
    "issued-is-live",
    "an issued witness is of the live capability",
    lambda s, g: z3.Implies(s.issued[ANY_WITNESS] != NOT_ISSUED, _of_live(s)),
)
_ISSUED_HERE = Invariant(
    "issued-here",
    "an issued witness names this session",
    lambda s, g: z3.Implies(
        s.issued[ANY_WITNESS] != NOT_ISSUED, unpacked(ANY_WITNESS, s.issued[ANY_WITNESS]).sid == s.sid
    ),
)
_ENTRY_WHOLE = Invariant(
    "entry-whole",
    "an entry of the issued table is a whole witness",
    lambda s, g: z3.Or(
        s.issued[ANY_WITNESS] == NOT_ISSUED,
        z3.Extract(PACKED_BITS - 1, PACKED_BITS - 1, s.issued[ANY_WITNESS]) == 1,
    ),
)
_FRESH_IDS = Invariant(
    "ids-below",
    "an id that was given is below next_witness_id while that has not reached 2^64-1",
    lambda s, g: z3.Implies(
        z3.And(z3.Or(s.issued[ANY_WITNESS] != NOT_ISSUED, s.consumed[ANY_WITNESS]), z3.ULT(g.count, steps(LAST))),
        z3.ULT(wide(ANY_WITNESS), s.next_witness_id),
    ),
)


def _ids_within(last: int) -> Invariant:
    return Invariant(
        "ids-within",
        f"claim and witness counters are from 1 to {last}",
        lambda s, g: z3.And(
            *(
                z3.And(z3.ULE(counter(1), ids), z3.ULE(ids, counter(last)))
                for ids in (s.next_claim_id, s.next_witness_id)
            )
        ),
    )


def _of_live(s: Session) -> z3.BoolRef:
    issued = unpacked(ANY_WITNESS, s.issued[ANY_WITNESS])
    return z3.And(
        s.owned,
        issued.owner == s.live.owner,
        issued.generation == s.live.generation,
        issued.scope == s.live.scope,
    )


_COMMON = (
    inv.PENDING_IS_OWNERS,
    inv.LIVE_IS_HERE,
    inv.TERMINAL_UNOWNED,
    inv.TERMINAL_STATUS,
    inv.TERMINAL_NOT_ACTIVE,
    _ISSUED_HERE,
    _ENTRY_WHOLE,
    *_STEP_COUNTS,
    _FRESH_IDS,
)
MAP_INVARIANTS: dict[Contract, tuple[Invariant, ...]] = {
    Contract.TELLTALE_17: (*_COMMON, inv.PENDING_SATURATED, _ids_within(LAST)),
    Contract.HARDENED: (
        *_COMMON,
        inv.LATEST_GENERATION,
        inv.PENDING_ONE_ABOVE,
        inv.PENDING_WITHIN,
        inv.CLOSED_UNOWNED,
        inv.TERMINAL_NOT_CLOSED,
        _ISSUED_IS_LIVE,
        _ids_within(LAST + 1),
    ),
}


def map_claim(violated: Any) -> Claim:
    """Return the claim that no step is as ``violated`` says, with the invariants that the map rests on."""
    return Claim(
        "map",
        violated=violated,
        ghost=Count,
        start=lambda s: Count(steps(1)),
        follow=lambda v: Count(v.ghost.count + 1),
        invariants=MAP_INVARIANTS,
    )


def invariants_hold(contract: Contract, limits: Limits) -> str | None:
    """Prove the invariants that the map rests on; None when they are inductive, else where they are not."""
    gap = find_gap(map_claim(lambda v: z3.BoolVal(False)), contract, limits)
    return None if gap is None else f"{gap.at}: {gap.part}"


def reached(contract: Contract, bounds: Bounds) -> dict[Cell, tuple[tuple[str, Json], ...]]:
    """Return the cells that the reference reaches in the small world, each with the operations that lead there."""
    from telltale_conformance.oracle.symbolic.agreement.agreement import reference_effect

    found: dict[Cell, tuple[tuple[str, Json], ...]] = {}
    for edge in small_world(contract.value, bounds):
        effect = reference_effect(contract.value, edge.state, edge.op, edge.args)
        cell = cell_of(edge.state, edge.op, edge.args, effect.outcome)
        if cell not in found:
            found[cell] = (*edge.path, (edge.op, edge.args))
    return found


def cells() -> Iterator[Cell]:
    """Every cell of the map."""
    for op in OPERATIONS:
        for outcome in OUTCOMES.values():
            for phase in PHASES:
                for relation in relations_of(op):
                    for witness in witnesses_of(op):
                        yield Cell(op, outcome, phase, relation, witness)


class Questions:
    """Asks z3 whether any state that satisfies the invariants reaches a cell of one operation."""

    def __init__(self, contract: Contract, op: str, limits: Limits) -> None:
        self.op, self.pre, self.args = op, fresh(Session, "pre"), fresh(Args, "args")
        self.step = OPERATIONS[op].step(contract, self.pre, self.args)
        ghost = fresh(Count, "ghost")
        self._early = z3.ULT(ghost.count, steps(HORIZON))
        self._solver = solver(limits)
        self._solver.add(well_formed(self.args), typed(self.pre), self.args.witness.id == ANY_WITNESS)
        self._solver.add(*(invariant.holds(self.pre, ghost) for invariant in MAP_INVARIANTS[contract]))

    def term(self, prefix: tuple[str | None, ...]) -> z3.BoolRef:
        """State that the step is in a cell with this prefix."""
        outcome, phase, relation, witness = (*prefix, None, None, None, None)[:4]
        parts = []
        if outcome is not None:
            code = next(code for code, name in OUTCOMES.items() if name == outcome)
            parts.append(self.step.gives(code))
        if phase is not None:
            parts.append(phase_term(phase, self.op, self.pre, self.args))
        if relation is not None:
            parts.append(relation_term(relation, self.op, self.pre, self.args))
        if witness not in (None, NO_WITNESS):
            parts.append(witness_term(str(witness), self.pre, self.args))
        return z3.And(*parts)

    def possible(self, prefix: tuple[str | None, ...], early: bool) -> bool:
        """Whether some state (of a run within the horizon, if ``early``) reaches a cell with this prefix."""
        return self.possible_that(self.term(prefix), early)

    def possible_that(self, condition: z3.BoolRef, early: bool) -> bool:
        """Return whether some state (of a run within the horizon, if ``early``) and arguments fulfil a condition."""
        return satisfiable(self._solver, *([condition, self._early] if early else [condition]))


def settle(contract: Contract, limits: Limits, bounds: Bounds) -> list[Settled]:
    """Settle every cell of the map under a contract."""
    found = reached(contract, bounds)
    settled = [Settled(cell, "reached", path) for cell, path in found.items()]
    for op in OPERATIONS:
        questions = Questions(contract, op, limits)
        axes = (tuple(OUTCOMES.values()), PHASES, relations_of(op), witnesses_of(op))
        settled += _settle_below(contract, questions, op, (), axes, found, limits)
    return settled


def _settle_below(
    contract: Contract,
    questions: Questions,
    op: str,
    prefix: tuple[str, ...],
    axes: tuple[tuple[str, ...], ...],
    found: dict[Cell, Any],
    limits: Limits,
) -> Iterator[Settled]:
    for value in axes[len(prefix)]:
        inner = (*prefix, value)
        known = [cell for cell in found if (cell.op, *cell[1 : 1 + len(inner)]) == (op, *inner)]
        complete = len(inner) == len(axes)
        if complete and known:
            continue
        if not known:
            if not questions.possible(inner, early=False):
                yield Settled((op, *inner), "unreachable")
                continue
            if not questions.possible(inner, early=True):
                yield Settled((op, *inner), "beyond horizon")
                continue
        if complete:
            yield _search(contract, op, inner, limits)
        else:
            yield from _settle_below(contract, questions, op, inner, axes, found, limits)


def _search(contract: Contract, op: str, inner: tuple[str, ...], limits: Limits) -> Settled:
    """Look for a shortest program that reaches the cell."""
    outcome, phase, relation, witness = inner
    code = next(code for code, name in OUTCOMES.items() if name == outcome)

    def in_cell(view: Any) -> z3.BoolRef:
        if view.op != op:
            return z3.BoolVal(False)
        return z3.And(
            view.step.gives(code),
            phase_term(phase, op, view.pre, view.args),
            relation_term(relation, op, view.pre, view.args),
            witness_term(witness, view.pre, view.args),
        )

    shortest = shortest_violation(map_claim(in_cell), contract, LONGEST_SEARCH, limits)
    if shortest is None:
        return Settled((op, *inner), "not found")
    path = tuple((step["op"], step["args"]) for step in program(shortest)["steps"][1:])
    return Settled((op, *inner), "reached", path)


def reached_by_default_program(contract: str) -> set[Cell]:
    """Return the cells that the default program of a contract reaches on the reference."""
    run = ReferenceRun(contract)
    results: dict[int, Any] = {}
    found: set[Cell] = set()
    for step in coverage_program(contract).steps:
        args = resolve(step.args, results)
        sid = named_session(args)
        before = None if sid is None else read(run.store, sid)
        event = run.perform(step.seq, step.op, args)
        if "ok" in event:
            results[step.seq] = event["ok"]
        if before is not None:
            outcome = {"ok": event["ok"]} if "ok" in event else {"err": event["err"]}
            found.add(cell_of(before, step.op, args, outcome))
    return found


def named_session(args: dict[str, Any]) -> int | None:
    """Return the session that an operation names; None for ``open``."""
    given = args.get("capability") or args.get("receipt")
    if given is not None:
        return int(given["session_id"])
    sid: int | None = args.get("sid", args.get("session_ids", [None])[0])
    return sid


def unreached(contract: str) -> list[Cell]:
    """Return the reachable cells that the default program does not reach: the gate fails when there are any."""
    reachable = {Cell(*row) for row in coverage_map(contract)["reached"]}
    return sorted(reachable - reached_by_default_program(contract))
