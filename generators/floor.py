"""The floor: cells that every default check must reach, as the contract's tables give them."""

from __future__ import annotations

from collections.abc import Iterable

from generators.steps import Cell


def unreached(cells: Iterable[Cell], offered: frozenset[str]) -> list[Cell]:
    """Return the cells of the floor that none of ``cells`` reaches, of operations that are offered."""
    return []
