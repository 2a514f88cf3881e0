"""Pins what the theorems of the Lean model state now: ``python -m tools.pin_theorems``.

Read the difference in the file before you commit it: whoever reviews the change sees there which statements it touches.
"""

from __future__ import annotations

import json
from pathlib import Path

from telltale_conformance.lean_traces.lean_bundle import read_sources
from telltale_conformance.lean_traces.lean_statements import PINS, stated

FILE = Path(__file__).parents[1] / "lean_traces" / "lean" / PINS


def main() -> None:
    """Write the pins."""
    FILE.write_text(json.dumps(stated(read_sources()), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
