"""Pins what the theorems of the Lean model state now: ``python -m tools.pin_theorems``.

It also writes the table of the theorems in docs/lean.md: each with its sentence and with what its statement quantifies
over.  Read the difference in both files before you commit it: whoever reviews the change sees there which statements
it touches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from telltale_conformance.lean_traces.lean_bundle import read_sources, theorems
from telltale_conformance.lean_traces.lean_statements import PINS, quantified, stated

ROOT: Final = Path(__file__).parents[1]
FILE: Final = ROOT / "lean_traces" / "lean" / PINS
DOCUMENT: Final = ROOT / "docs" / "lean.md"
HEAD: Final = "| theorem | says | of all |\n|---|---|---|\n"


def table(sources: Mapping[str, str]) -> str:
    """Return the rows of the table: a theorem, its sentence, and what its statement quantifies over."""
    of_all = quantified(sources)
    return "".join(
        f"| `{theorem.name.removeprefix('Telltale.')}` | {re.sub(r'^K[0-9]+: ', '', theorem.sentence)} |"
        f" {', '.join(of_all[theorem.name])} |\n"
        for theorem in theorems(sources)
    )


def with_table(document: str, rows: str) -> str:
    """Return the document with these rows in place of those of its table.

    Raises:
        ValueError: the document has no such table.
    """
    before, head, after = document.partition(HEAD)
    if not head:
        raise ValueError(f"{DOCUMENT} has no table that begins with {HEAD.splitlines()[0]}")
    return before + head + rows + after[after.index("\n\n") + 1 :]


def main() -> None:
    """Write the pins and the table."""
    sources = read_sources()
    FILE.write_text(json.dumps(stated(sources), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), table(sources)), encoding="utf-8")


if __name__ == "__main__":
    main()
