"""Bounded search: is there a run of exactly k operations whose last one violates a claim?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import z3

from telltale_conformance.oracle.symbolic.claims.claim import Claim, View
from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable, solver
from telltale_conformance.oracle.symbolic.statement.records import Artifact
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session, fresh_session, well_formed
from telltale_conformance.oracle.symbolic.statement.terms import NAME, choose, fresh, name, same, u64

OP = z3.BitVecSort(5)
ROLE_A, ROLE_B = name(1), name(2)
LISTED = z3.Store(z3.Store(z3.K(NAME, z3.BoolVal(False)), ROLE_A, z3.BoolVal(True)), ROLE_B, z3.BoolVal(True))


@dataclass(frozen=True)
class Frame:
    """One operation of an unrolled run: the choice, its arguments, and the condition that it violates the claim."""

    op: z3.BitVecRef
    args: Args
    violated: z3.BoolRef
    results: dict[str, Artifact | None]
    """What each operation would return here."""


class Unrolling:
    """A run of a session that grows by one operation at a time, kept in one incremental solver.

    The run begins with ``open`` (session 0, roles A and B), which counts as the first operation.
    """

    def __init__(self, claim: Claim, contract: Contract, limits: Limits) -> None:
        self.claim, self.contract = claim, contract
        self.ops = list(claim.operations)
        self.solver = solver(limits)
        self.frames: list[Frame] = []
        self.state: Session = fresh_session(u64(0), LISTED)
        self.ghost: Any = claim.start(self.state)

    @property
    def length(self) -> int:
        """How many operations the run has, ``open`` included."""
        return 1 + len(self.frames)

    def extend(self) -> Frame:
        """Add one arbitrary operation."""
        at = self.length
        op, args = z3.Const(f"op{at}", OP), fresh(Args, f"a{at}")
        self.solver.add(well_formed(args), z3.ULT(op, len(self.ops)))
        post: Session | None = None
        ghost: Any = None
        violated = []
        results: dict[str, Artifact | None] = {}
        for code, key in enumerate(self.ops):
            step = self.claim.operations[key].step(self.contract, self.state, args)
            view = View(self.contract, key, self.state, args, step, self.ghost)
            chosen, results[key] = op == code, step.result
            violated.append(z3.And(chosen, self.claim.violated(view)))
            after = self.claim.follow(view)
            post = step.post if post is None else choose(chosen, step.post, post)
            ghost = after if ghost is None else choose(chosen, after, ghost)
        assert post is not None
        next_state = fresh(Session, f"s{at + 1}")
        next_ghost = fresh(self.claim.ghost, f"g{at + 1}")
        self.solver.add(same(next_state, post), same(next_ghost, ghost))
        frame = Frame(op, args, z3.Or(*violated), results)
        self.frames.append(frame)
        self.state, self.ghost = next_state, next_ghost
        return frame


@dataclass(frozen=True)
class Shortest:
    """The shortest violating run: its length, and the unrolling whose solver has the model."""

    length: int
    run: Unrolling


def shortest_violation(claim: Claim, contract: Contract, most: int, limits: Limits) -> Shortest | None:
    """Search runs of 2, 3, … ``most`` operations; every shorter length was shown to have none."""
    run = Unrolling(claim, contract, limits)
    while run.length < most:
        frame = run.extend()
        run.solver.push()
        run.solver.add(frame.violated)
        if satisfiable(run.solver):
            return Shortest(run.length, run)
        run.solver.pop()
        run.solver.add(z3.Not(frame.violated))
    return None
