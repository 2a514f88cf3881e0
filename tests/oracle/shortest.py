"""The length of a shortest program into each cell of the coverage map, proved by the symbolic rules.

At each length z3 is asked for a run whose last operation is in any cell not reached yet, until there is none: then no
run of that length ends in one of the cells left.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import z3

from telltale_conformance.oracle.symbolic.claims.claim import View
from telltale_conformance.oracle.symbolic.map.cells import OUTCOMES, Cell, phase_term, relation_term, witness_term
from telltale_conformance.oracle.symbolic.map.reachable import LONGEST_SEARCH, map_claim
from telltale_conformance.oracle.symbolic.proof.bounded import Unrolling
from telltale_conformance.oracle.symbolic.proof.solving import Limits, satisfiable
from telltale_conformance.oracle.symbolic.statement.state import Contract

_CODES: Final = {name: code for code, name in OUTCOMES.items()}


def shortest_lengths(
    contract: Contract, cells: Iterable[Cell], limits: Limits, most: int = LONGEST_SEARCH
) -> dict[Cell, int]:
    """Return for each cell how many operations a shortest run has that ends in it, ``open`` included.

    Args:
        contract: whose rules the run follows.
        cells: those asked for.
        limits: of the solver.
        most: the length at which the search ends; cells that need more are left out.
    """
    left = list(cells)
    found: dict[Cell, int] = {}
    terms: dict[Cell, z3.BoolRef] = {}

    def noted(view: View) -> z3.BoolRef:
        terms.update({cell: _term(cell, view) for cell in left if cell.op == view.op})
        return z3.BoolVal(False)

    run = Unrolling(map_claim(noted), contract, limits)
    while left and run.length < most:
        terms.clear()
        frame = run.extend()
        here = {cell: z3.And(frame.op == run.ops.index(cell.op), term) for cell, term in terms.items()}
        while here:
            run.solver.push()
            run.solver.add(z3.Or(*here.values()))
            ended = not satisfiable(run.solver)
            model = None if ended else run.solver.model()
            run.solver.pop()
            if model is None:
                break
            reached = [cell for cell, term in here.items() if z3.is_true(model.eval(term, model_completion=True))]
            for cell in reached:
                found[cell] = run.length
                del here[cell]
        left = [cell for cell in left if cell not in found]
    return found


def _term(cell: Cell, view: View) -> z3.BoolRef:
    """The operation of a view ends in the cell."""
    return z3.And(
        view.step.gives(_CODES[cell.outcome]),
        phase_term(cell.phase, cell.op, view.pre, view.args),
        relation_term(cell.relation, cell.op, view.pre, view.args),
        witness_term(cell.witness, view.pre, view.args),
    )
