"""Writes the data that the symbolic lane finds: ``python -m tools.regenerate``.

Programs go to ``generators/data``, the coverage tables to ``docs/coverage.md``,
the tables of claims into ``docs/claims.md``.  Tests check that what is there is
what is found.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from telltale_conformance.generators.claim_programs import CLAIMS_FOLDER, COVERAGE_FOLDER
from telltale_conformance.lean_traces.programs import Program, Step, write_program
from telltale_conformance.oracle.symbolic.map.explore import Bounds
from telltale_conformance.oracle.symbolic.map.reachable import HORIZON, settle
from telltale_conformance.oracle.symbolic.proof.solving import Limits
from telltale_conformance.oracle.symbolic.prove import PART_STATEMENTS, STATEMENTS, prove
from telltale_conformance.oracle.symbolic.statement.state import Contract
from tools.claims_docs import filled
from tools.coverage_map import document, table
from tools.coverage_programs import woven

DOCS = Path(__file__).parents[1] / "docs"
MAP_BOUNDS = Bounds(depth=5)

_INTRODUCTION = f"""# The coverage map, proved complete

<!-- Written by `python -m tools.regenerate`; do not edit. -->

A cell is an operation × its outcome × the ownership phase of the session it names × how the given capability or
receipt stands to the live generation and owner (none, or below/equal/above × same/other owner) × the state of the
given witness (live, consumed, never issued, mismatched; only for `consume_readiness_witness`). Phases are tried in
the order absent, terminal, closed, pending, claimed, unclaimed.

Every cell of the product is settled. It is *reached* by the default program of its contract
(`generators/data/coverage/`), or *proved unreachable*: no state that satisfies the invariants, each of them proved
to hold in every reachable state, has a step in the cell; or it needs a counter at its bound, and no run of fewer
than {HORIZON} operations reaches it (by induction too). A cell that is reachable and that the default programs do not
reach fails the gate. The numbers below are reached cells of all cells with that operation, outcome and phase.
"""


def as_program(found: dict[str, Any]) -> Program:
    """A found program in the program format."""
    steps = tuple(Step(seq=step["seq"], op=step["op"], args=step["args"]) for step in found["steps"])
    return Program(contract=found["contract"], meta=found["meta"], steps=steps)


def write_claims(folder: Path) -> None:
    """Write the program of each refuted claim that an implementation can run."""
    folder.mkdir(parents=True, exist_ok=True)
    for claim in (*STATEMENTS, *PART_STATEMENTS):
        found = prove(claim, Contract.TELLTALE_17).finding.counterexample
        if found is not None and found["meta"].get("level") != "model":
            write_program(folder / f"{claim}.jsonl", as_program(found))


def write_coverage(folder: Path, docs: Path) -> None:
    """Write the map, its program and its table for each contract."""
    folder.mkdir(parents=True, exist_ok=True)
    text = [_INTRODUCTION]
    for contract in Contract:
        settled = settle(contract, Limits(600), MAP_BOUNDS)
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


def _rows(key: str, rows: list[Any]) -> str:
    inner = ",\n".join(f"    {json.dumps(row)}" for row in rows)
    return f'  "{key}": [\n{inner}\n  ]' if rows else f'  "{key}": []'


if __name__ == "__main__":
    write_claims(CLAIMS_FOLDER)
    write_coverage(COVERAGE_FOLDER, DOCS / "coverage.md")
    claims = DOCS / "claims.md"
    claims.write_text(filled(claims.read_text()))
