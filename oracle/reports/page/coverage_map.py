"""The coverage as a map: a row for each operation, a column for each outcome, how many situations were judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from telltale_conformance.generators.coverage import by_operation
from telltale_conformance.generators.floor import unreached
from telltale_conformance.generators.steps import Cell
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import OPERATIONS

_FIRST: Final = ("ok", "null", "true", "false", "Ok", "WouldBlock", "Dropped", "Full")
_REFUSALS: Final = tuple(dict.fromkeys(guard.error for guard in GUARDS.values()))


class MapCell(Struct, frozen=True):
    """One operation with one outcome."""

    outcome: str
    situations: int
    gap: bool
    """The floor of the coverage demands it, and it was not reached."""

    @property
    def heat(self) -> int:
        """How dark the cell is drawn, from 0 to 4."""
        return next((heat for heat, most in ((0, 0), (1, 1), (2, 3), (3, 8)) if self.situations <= most), 4)


class MapRow(Struct, frozen=True):
    """One operation."""

    operation: str
    status: str
    """``judged``, ``not judged`` or ``not offered``."""
    cells: tuple[MapCell, ...]


class CoverageMap(Struct, frozen=True):
    """The whole map with its sums."""

    outcomes: tuple[str, ...]
    rows: tuple[MapRow, ...]
    judged: int
    """Operations of the contract that were judged at all."""
    operations: int
    situations: int


def coverage_map(
    cells: Iterable[Cell], contract: str, offered: frozenset[str], diverging: Iterable[str] = ()
) -> CoverageMap:
    """Return the map of these cells.

    Args:
        cells: where answers agree.
        contract: whose floor every run should reach.
        offered: the operations that the implementation carries out.
        diverging: those with a divergence: they were judged, whether an answer of theirs agrees or not.
    """
    reached = set(cells)
    table = by_operation(reached)
    gaps = {
        (cell.operation, cell.outcome)
        for cell in (unreached(reached, contract, offered) if reached else ())
        if cell.outcome not in table.get(cell.operation, {})
    }
    outcomes = {outcome for row in table.values() for outcome in row} | {outcome for _, outcome in gaps}
    ordered = tuple(sorted(outcomes, key=_order))
    judged = {name.partition("/")[0] for name in (*table, *diverging)}
    names = list(OPERATIONS)
    mutations = sorted({name for name in (*table, *(operation for operation, _ in gaps)) if "/" in name})
    rows: list[MapRow] = []
    for name in names:
        parts = [mutation for mutation in mutations if mutation.partition("/")[0] == name] or [name]
        status = "judged" if name in judged else "not judged" if name in offered else "not offered"
        rows.extend(MapRow(part, status, _cells(part, table.get(part, {}), gaps, ordered)) for part in parts)
    return CoverageMap(ordered, tuple(rows), len(judged & OPERATIONS.keys()), len(OPERATIONS), len(reached))


def _cells(
    operation: str, found: dict[str, int], gaps: set[tuple[str, str]], outcomes: tuple[str, ...]
) -> tuple[MapCell, ...]:
    return tuple(MapCell(name, found.get(name, 0), (operation, name) in gaps) for name in outcomes)


def _order(outcome: str) -> tuple[int, int, str]:
    for rank, names in enumerate((_FIRST, _REFUSALS)):
        if outcome in names:
            return rank, names.index(outcome), outcome
    return 2, 0, outcome
