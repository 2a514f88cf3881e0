"""Writes the floors of coverage: ``python -m tools.floor [SEEDS]``.

A floor states the cells that sixteen or more of the 600 programs of a check reach, on the average of some seeds. It
states also those of life after life and of large things that every seed reaches about as often, and for each operation
and outcome without such a cell the one that most programs reach. Programs are counted and not steps: a cell that few
programs reach often is missed by some seeds. Tests check that every seed reaches the floor.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Final

from telltale_conformance.generators.lives import FORMER
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.sizes import SIZES
from telltale_conformance.generators.steps import Cell
from telltale_conformance.model.contract import CONTRACTS

PLACE: Final = Path(__file__).parents[1] / "generators" / "data" / "floor"
PROGRAMS: Final = 600
OFTEN: Final = 16
RARELY: Final = 12
"""A cell that fewer programs reach on the average is in no floor: some seed would miss it."""


def floor(contract: str, seeds: int) -> list[Cell]:
    """Return the cells of a floor, sorted."""
    runs = [reached(contract, seed) for seed in range(seeds)]
    total = sum(runs, Counter[Cell]())
    found = {cell for cell, count in total.items() if count >= OFTEN * seeds}
    found |= {cell for cell in total if cell.relation in (FORMER, *SIZES) and _steadily(cell, runs)}
    there = {(cell.operation, cell.outcome) for cell in found}
    for cell, count in total.most_common():
        if count >= RARELY * seeds and (cell.operation, cell.outcome) not in there:
            there.add((cell.operation, cell.outcome))
            found.add(cell)
    return sorted(found)


def _steadily(cell: Cell, runs: list[Counter[Cell]]) -> bool:
    """Say whether a cell is reached by design: hardly more often in one seed than in another."""
    counts = [run[cell] for run in runs]
    return min(counts) > 1 and 4 * min(counts) >= 3 * max(counts)


def reached(contract: str, seed: int) -> Counter[Cell]:
    """Return how many programs of a seed reach each cell."""
    found = Counter[Cell]()
    for index in range(PROGRAMS):
        found.update({step.cell for step in Generator(seed, index, contract=contract).steps()})
    return found


if __name__ == "__main__":
    for contract in CONTRACTS:
        cells = floor(contract, int(sys.argv[1]) if len(sys.argv) > 1 else 8)
        (PLACE / f"{contract}.txt").write_text("".join(f"{cell}\n" for cell in cells))
