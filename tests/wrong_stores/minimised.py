"""Triggers that the minimiser found, for rules that were there before the catalogue.

``python -m tests.wrong_stores.minimised`` finds those that are lacking: it runs generated programs until one diverges,
and minimises that. The file has one line for each store: its name and its program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

from telltale_conformance.generators.fixed_programs import FixedProgram, read_line, written_line
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.minimise.minimiser import minimise
from tests.oracle.wrong_references import WRONG
from tests.wrong_stores.changed import Change, ChangedReference
from tests.wrong_stores.hardened import HARDENED
from tests.wrong_stores.rules import RULES

FILE = Path(__file__).with_name("minimised.jsonl")


def replaced(operations: Mapping[str, Callable]) -> Change:
    """Return a change that replaces operations as a whole."""

    def change() -> None:
        for name, function in operations.items():
            OPERATIONS[name] = OPERATIONS[name]._replace(function=function)

    return change


def former() -> Iterator[tuple[str, str, str, Change]]:
    """Yield name, kind, contract and change of every store that was there before."""
    for name, change in RULES.items():
        yield name.replace("_", " "), "rules", "telltale-17", change
    for name, change in HARDENED.items():
        yield name.replace("_", " "), "hardened", "hardened", change
    for name, operations in WRONG.items():
        yield name, "rules", "telltale-17", replaced(operations)


@cache
def triggers() -> dict[str, tuple[Step, ...]]:
    """Return the programs found, by the store that each tells."""
    lines = FILE.read_bytes().splitlines() if FILE.exists() else []
    return {program.name: program.steps for program in map(read_line, lines)}


def found(adapter: Adapter, contract: str) -> Program:
    """Return the smallest program that the minimiser makes of the first generated one that diverges."""
    for index in range(600):
        result = minimise(adapter, generate_program(11, index, contract=contract))
        if result.minimal:
            return result.program
    raise LookupError("no program of 600 diverges")


def main() -> None:
    known = triggers()
    lines = []
    for name, _, contract, change in former():
        steps = known.get(name)
        if steps is None:
            steps = found(ChangedReference(contract, change), contract).steps
            print(f"{name}: {len(steps)} steps", flush=True)
        lines.append(written_line(FixedProgram((name,), steps)))
    FILE.write_bytes(b"".join(lines))


if __name__ == "__main__":
    main()
