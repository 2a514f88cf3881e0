"""Programs that come with the harness: breaking each refuted claim, and reaching every cell of the coverage map.

They are data, found by the symbolic lane and checked against it, so that any lane and any implementation can run
them: an implementation that keeps a claim does not show the violation that the program shows on the reference.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from telltale_conformance.files import content
from telltale_conformance.lean_traces.programs import Program, written_program

_DATA: Final = Path(str(resources.files("telltale_conformance.generators"))) / "data"
CLAIMS_FOLDER: Final = _DATA / "claims"
COVERAGE_FOLDER: Final = _DATA / "coverage"


@cache
def claim_programs() -> tuple[tuple[str, Program], ...]:
    """Return the shortest program that breaks each refuted claim, by claim (``K1``, ``K9-status``)."""
    return tuple((path.stem, _shipped(path)) for path in sorted(CLAIMS_FOLDER.glob("*.jsonl")))


@cache
def coverage_program(contract: str) -> Program:
    """Return the program that reaches every reachable cell of the coverage map under a contract."""
    return _shipped(COVERAGE_FOLDER / f"{contract}.jsonl")


def coverage_map(contract: str) -> dict[str, Any]:
    """Return the coverage map under a contract: which cells are reached, and which are proved out of reach."""
    found: dict[str, Any] = json.loads(content(COVERAGE_FOLDER / f"{contract}.json"))
    return found


def _shipped(path: Path) -> Program:
    """Return a program of this package: that it is well-formed is tested, not looked at in every check."""
    return written_program(content(path), str(path))
