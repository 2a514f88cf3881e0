"""The coverage map as data: written by ``regenerate``, checked by tests, shown in docs and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from telltale_conformance.oracle.symbolic.map.cells import PHASES, Cell, relations_of, witnesses_of
from telltale_conformance.oracle.symbolic.map.reachable import HORIZON, Settled
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS

Json = dict[str, Any]


def document(contract: str, settled: Iterable[Settled]) -> Json:
    """Return the map in machine-readable form; a shorter prefix settles every cell that begins with it."""
    items = list(settled)

    def rows(verdict: str) -> list[list[str]]:
        return sorted([str(part) for part in item.prefix] for item in items if item.verdict == verdict)

    return {
        "contract": contract,
        "axes": ["operation", "outcome", "phase", "relation", "witness"],
        "horizon": HORIZON,
        "reached": rows("reached"),
        "unreachable": rows("unreachable"),
        "beyond_horizon": rows("beyond horizon"),
        "not_found": rows("not found"),
    }


def verdict_of(found: Json, cell: Cell) -> str:
    """Return what the map says of a cell."""
    for verdict in ("reached", "unreachable", "beyond_horizon", "not_found"):
        for row in found[verdict]:
            if tuple(row) == cell[: len(row)]:
                return verdict
    return "unsettled"


class Index:
    """The map, looked up by cell."""

    def __init__(self, found: Json) -> None:
        self._rows = {
            tuple(row): verdict
            for verdict in ("reached", "unreachable", "beyond_horizon", "not_found")
            for row in found[verdict]
        }

    def verdict(self, cell: Cell) -> str:
        """Return what the map says of a cell."""
        for length in range(2, 6):
            verdict = self._rows.get(tuple(cell[:length]))
            if verdict is not None:
                return verdict
        return "unsettled"


def table(found: Json) -> str:
    """Return the map in Markdown: per operation and outcome, how many cells of each phase are reached, of how many."""
    index = Index(found)
    lines = [
        "| operation | outcome | " + " | ".join(PHASES) + " | not reached because |",
        "|---|---|" + "---|" * (len(PHASES) + 1),
    ]
    silent: dict[str, list[str]] = {}
    for op in OPERATIONS:
        for outcome in _outcomes():
            columns, why = _columns(index, op, outcome)
            if "reached" in why or "beyond_horizon" in why:
                note = _note(why)
                lines.append(f"| `{op}` | {outcome} | " + " | ".join(columns) + f" | {note} |")
            else:
                silent.setdefault(op, []).append(outcome)
    lines += ["", "Never given in any phase (proved unreachable):", ""]
    lines += [f"- `{op}`: {', '.join(outcomes)}" for op, outcomes in silent.items()]
    return "\n".join(lines) + "\n"


def _outcomes() -> list[str]:
    from telltale_conformance.oracle.symbolic.map.cells import OUTCOMES

    return list(OUTCOMES.values())


def _columns(index: Index, op: str, outcome: str) -> tuple[list[str], Counter[str]]:
    columns, why = [], Counter[str]()
    for phase in PHASES:
        verdicts = Counter(
            index.verdict(Cell(op, outcome, phase, relation, witness))
            for relation in relations_of(op)
            for witness in witnesses_of(op)
        )
        why += verdicts
        columns.append(f"{verdicts['reached']}/{verdicts.total()}" if verdicts["reached"] else "–")
    return columns, why


def _note(why: Counter[str]) -> str:
    parts = []
    if why["unreachable"]:
        parts.append(f"{why['unreachable']} proved unreachable")
    if why["beyond_horizon"]:
        parts.append(f"{why['beyond_horizon']} need a counter at its bound (none in fewer than 2^64-2 operations)")
    if why["not_found"]:
        parts.append(f"{why['not_found']} not found")
    return ", ".join(parts)
