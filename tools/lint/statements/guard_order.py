"""The guards of every ownership operation come in the order of its row, in Python, Lean and z3.

The rows are those of docs/contract.md §2 and §21. Each language has a reader of its own; an operation that one of
them does not find, and whatever it cannot read, is a problem: nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tools.lint.statements import lean_guards, python_guards, symbolic_guards
from tools.lint.statements.faults import Fault, Reading
from tools.lint.statements.rows import DOCUMENT, Rows, read_rows

MODEL: Final = "model"
LEAN: Final = "lean_traces/lean/Telltale"
STATEMENT: Final = "oracle/symbolic/statement"


def problems(root: Path) -> Iterator[str]:
    """Yield every departure from the rows, with its place and both orders."""
    rows = read_rows((root / DOCUMENT).read_text(encoding="utf-8"))
    operations = rows.hardened.keys()
    readings = {
        MODEL: python_guards.read_model(texts(root, MODEL, ".py"), f"{MODEL}/guards.py", operations),
        LEAN: lean_guards.read_model(
            texts(root, LEAN, ".lean"), f"{LEAN}/Guards.lean", f"{LEAN}/Operations.lean", operations
        ),
        STATEMENT: symbolic_guards.read_statement(
            texts(root, STATEMENT, ".py"), f"{STATEMENT}/guards.py", f"{STATEMENT}/operations.py", operations
        ),
    }
    yield from map(str, [*rows.faults, *order_faults(rows, readings)])


def texts(root: Path, folder: str, suffix: str) -> dict[str, str]:
    """Read the files of a folder, by their path from the root."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((root / folder).glob(f"*{suffix}"))
    }


def order_faults(rows: Rows, readings: Mapping[str, Reading]) -> list[Fault]:
    """Where the order of guards that was read is not the row's, and operations that one side lacks."""
    faults = []
    for folder, reading in readings.items():
        faults += reading.faults
        for operation, row in rows.hardened.items():
            walk = reading.walks.get(operation)
            if walk is None:
                faults.append(Fault(folder, operation, "there is no definition of this operation"))
            elif walk.guards != row:
                what = f"the guards are not those of its row in {DOCUMENT} §21"
                faults.append(Fault(walk.place, operation, what, expected=row, found=walk.guards))
    return faults
