"""Writes the data that the symbolic lane finds: ``python -m tools.regenerate [PART …]``, every part without a name.

``claims`` writes programs to ``generators/data/claims``, ``coverage`` those of the coverage map and its tables in
``docs/generated/coverage.md``, ``solvers`` what cvc5 says, and ``tables`` those of ``docs/claims.md``. Tests check that
what is there is what is found.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from telltale_conformance.generators.claim_programs import CLAIMS_FOLDER, COVERAGE_FOLDER
from telltale_conformance.lean_traces.programs import Program, Step, write_program
from telltale_conformance.oracle.claims.second_solver import KEPT, Kept, kept
from telltale_conformance.oracle.symbolic.cross_check.comparison import Comparison
from telltale_conformance.oracle.symbolic.cross_check.obligations import numbered
from telltale_conformance.oracle.symbolic.map.explore import Bounds
from telltale_conformance.oracle.symbolic.map.reachable import HORIZON, settle
from telltale_conformance.oracle.symbolic.proof.solving import MOST_WORK, Limits, Query
from telltale_conformance.oracle.symbolic.prove import PART_STATEMENTS, STATEMENTS, prove
from telltale_conformance.oracle.symbolic.statement.state import Contract
from tools.claims_docs import filled
from tools.coverage_map import document, table
from tools.coverage_programs import woven
from tools.symbolic_digest import symbolic_digest

DOCS = Path(__file__).parents[1] / "docs"
MAP_BOUNDS = Bounds(depth=5)

_INTRODUCTION = f"""# The coverage map

<!-- Written by `python -m tools.regenerate`; do not edit. -->

This page is generated. A *cell* is one situation in which an operation can be called, together with its outcome:

* the operation and its outcome;
* the ownership phase of the session that it names. The first of these that fits counts: absent, terminal, closed,
  pending, claimed, unclaimed;
* how the given capability or receipt relates to the live one: its generation is below, equal or above, and its owner
  is the same or another one;
* the state of the given witness, for `consume_readiness_witness` only: live, consumed, never issued or mismatched.

Every cell is settled in one of three ways:

* **reached**: the default program of the contract in `generators/data/coverage/` reaches it;
* **proved unreachable**: no state that satisfies the invariants has a step in the cell. Each invariant is proved to
  hold in every reachable state;
* **beyond the horizon**: the cell needs a counter at its bound, and a proof by induction shows that no run of fewer
  than {HORIZON} operations reaches it.

A cell that can be reached but that the default program does not reach fails the gate. The numbers in the tables are
reached cells of all cells with that operation, outcome and phase.
"""


def as_program(found: dict[str, Any]) -> Program:
    """Return a found program in the program format."""
    steps = tuple(Step(seq=step["seq"], op=step["op"], args=step["args"]) for step in found["steps"])
    return Program(contract=found["contract"], meta=found["meta"], steps=steps)


def write_claims(folder: Path) -> None:
    """Write the program of each refuted claim that an implementation can run."""
    folder.mkdir(parents=True, exist_ok=True)
    for claim in (*STATEMENTS, *PART_STATEMENTS):
        found = prove(claim, Contract.TELLTALE_17).finding.counterexample
        if found is not None:
            write_program(folder / f"{claim}.jsonl", as_program(found))


def write_coverage(folder: Path, docs: Path) -> None:
    """Write the map, its program and its table for each contract."""
    folder.mkdir(parents=True, exist_ok=True)
    text = [_INTRODUCTION]
    for contract in Contract:
        settled = settle(contract, Limits(MOST_WORK), MAP_BOUNDS)
        found = document(contract.value, settled)
        rows = [
            f'  "{key}": {json.dumps(value)}' if not isinstance(value, list) or key == "axes" else _rows(key, value)
            for key, value in found.items()
        ]
        (folder / f"{contract.value}.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")
        steps = woven(contract.value, settled).steps
        made = {"contract": contract.value, "meta": {"purpose": "coverage"}, "steps": steps}
        write_program(folder / f"{contract.value}.jsonl", as_program(made))
        counts = ", ".join(
            f"{len(found[key])} {words}"
            for key, words in (
                ("reached", "cells reached"),
                ("unreachable", "proofs of unreachability (each for all cells of its prefix)"),
                ("beyond_horizon", "beyond the horizon"),
                ("not_found", "undecided"),
            )
        )
        text.append(f"## `{contract.value}`\n\n{counts}; default program: {len(steps)} steps.\n\n{table(found)}")
    docs.write_text("\n".join(text))


def write_cross_check(path: Path) -> None:
    """Write what cvc5 says to all that z3 decides of the claims, unless it is asked the same as the last time."""
    comparison = Comparison()
    if (kept().solver, kept().asked_by) == (comparison.solver, symbolic_digest()):
        return
    found: dict[str, dict[str, Any]] = {contract.value: {} for contract in Contract}
    for contract in Contract:
        for claim in STATEMENTS:
            asked: list[tuple[str, Contract, Query]] = []
            prove(claim, contract, watch_queries=lambda *query, asked=asked: asked.append(query))
            found[contract.value][claim] = comparison.of(numbered(asked)).count()
    told = msgspec.json.encode(Kept(comparison.solver, symbolic_digest(), found))
    path.write_bytes(msgspec.json.format(told, indent=1) + b"\n")
    kept.cache_clear()


def _rows(key: str, rows: list[Any]) -> str:
    inner = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    return f'  "{key}": [\n{inner}\n  ]' if rows else f'  "{key}": []'


def fill_claims(document: Path) -> None:
    """Write the generated sections of the page on claims."""
    document.write_text(filled(document.read_text()))


PARTS: Final[dict[str, Callable[[], None]]] = {
    "claims": lambda: write_claims(CLAIMS_FOLDER),
    "coverage": lambda: write_coverage(COVERAGE_FOLDER, DOCS / "generated" / "coverage.md"),
    "solvers": lambda: write_cross_check(KEPT),
    "tables": lambda: fill_claims(DOCS / "claims.md"),
}
"""In this order: the tables are made of the other parts."""


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    given = options.parse_args().parts
    if unknown := set(given) - PARTS.keys():
        options.error(f"no such part: {', '.join(sorted(unknown))}")
    for name, write in PARTS.items():
        if not given or name in given:
            write()
