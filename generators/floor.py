"""The floor: the cells that the programs of a check must reach, stated per contract in ``data/floor``.

A cell is a line of the file, its five parts separated by `` | ``. Which cells are stated: those that sixteen or more of
600 programs reach on the average of some seeds, and every operation with every outcome that it can have by rarer
means. A check in which one of them was not judged did not show what it promises, whatever its answers were.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from telltale_conformance.files import content
from telltale_conformance.generators.lives import FORMER
from telltale_conformance.generators.sizes import SIZES
from telltale_conformance.generators.steps import Cell
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.model.operations import OPERATIONS, Operation, those

_NEEDED: Final[dict[str, Iterable[str]]] = {
    "unclaimed": ("open",),
    "claimed": ("claim_ownership",),
    "pending": ("claim_ownership", "begin_ownership_transfer"),
    "terminal": those(lambda operation: operation.terminal),
    "closed": ("close",),
    "no owner": ("claim_ownership", "release_ownership"),
    "other owner": ("claim_ownership", "release_ownership"),
    "other owner, alike": ("claim_ownership", "release_ownership"),
    "older": those(lambda operation: operation.gives == "capability"),
    "newer": those(lambda operation: operation.gives == "capability"),
    "altered": ("begin_ownership_transfer", "issue_readiness_witness"),
    "altered, alike": ("begin_ownership_transfer", "issue_readiness_witness"),
    "edge alike": ("claim_ownership", "apply_owned_session_mutation"),
    **{f"good, {behind}": ("send",) for behind in ("alone", "more behind")},
    **{f"bad, {behind}": ("send_signed",) for behind in ("alone", "more behind")},
    "pair bound twice": ("claim_ownership", "apply_owned_session_mutation"),
    "edges of a closed session": ("close",),
    "messages wait": ("send",),
    "none pending": ("begin_ownership_transfer",),
    "fresh": ("issue_readiness_witness",),
    "outlived": ("issue_readiness_witness", "release_ownership"),
    "consumed": ("issue_readiness_witness", "consume_readiness_witness"),
    **dict.fromkeys((FORMER, *SIZES), those(lambda one: one.sid_of is not None and int(one.section[1:]) <= 8)),
}
"""The operations without which a phase, relation or witness state may be out of reach."""


_COMES_FROM: Final[dict[str, tuple[str, ...]]] = {
    "capability": ("claim_ownership",),
    "receipt": ("claim_ownership", "begin_ownership_transfer"),
    "witness": ("issue_readiness_witness",),
    "edge": ("claim_ownership", "apply_owned_session_mutation"),
}
"""The operations by which an argument comes about, besides ``open``."""
_SUCCEEDS_AFTER: Final[dict[str, tuple[str, ...]]] = {
    "value": ("send",),
    "truth": ("send",),
    "capability": ("claim_ownership",),
}
"""The operations without which one that only looks, or takes out, has a result of this kind in vain."""
_SUCCESS: Final = {"ok", "Ok", "true"}


def able_to_succeed(offered: frozenset[str]) -> frozenset[str]:
    """Return the offered operations that can succeed where no others are offered."""
    return frozenset(name for name in offered & ALL_OPERATIONS if _needed(OPERATIONS[name]) <= offered)


def _needed(operation: Operation) -> set[str]:
    needed = {name for parameter in operation.parameters for name in _COMES_FROM.get(parameter, ())}
    if operation.sid_of is not None and operation.gives != "session":
        needed.add("open")
    if operation.gives is None:
        needed.update(_SUCCEEDS_AFTER.get(operation.result, ()))
    return needed


def succeeded(cells: Iterable[Cell]) -> frozenset[str]:
    """Return the operations that succeeded and, where they may give null or false, gave something."""
    return frozenset(cell.operation.split("/")[0] for cell in cells if cell.outcome in _SUCCESS)


@cache
def floor_of(contract: str, offered: frozenset[str]) -> frozenset[Cell]:
    """Return the floor of a contract for an implementation that offers these operations.

    A cell counts only where its operation is offered and everything by which its situation comes about.
    """
    file = Path(str(resources.files("telltale_conformance.generators"))) / "data" / "floor" / f"{contract}.txt"
    if not file.is_file():
        return frozenset()
    cells = (Cell(*line.split(" | ")) for line in content(file).decode().splitlines() if line)
    return frozenset(cell for cell in cells if _within_reach(cell, offered))


def unreached(cells: Iterable[Cell], contract: str, offered: frozenset[str]) -> list[Cell]:
    """Return the cells of the floor that none of ``cells`` is, sorted."""
    return sorted(floor_of(contract, offered) - frozenset(cells))


def _within_reach(cell: Cell, offered: frozenset[str]) -> bool:
    needed = {cell.operation.split("/")[0], "open"}
    for part in (cell.phase, cell.relation, cell.witness):
        needed.update(_NEEDED.get(part, ()))
    if cell.outcome not in ("ok", "SessionNotFound"):
        needed.update(("claim_ownership", "open_with_sid") if cell.outcome != "null" else ())
    return needed <= offered
