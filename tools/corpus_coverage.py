"""What the corpus of Lean traces covers, as docs/generated/corpus.md: ``python -m tools.corpus_coverage``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from telltale_conformance.lean_traces.lean_program import LEAN_OPERATIONS
from telltale_conformance.lean_traces.reader import read_trace
from telltale_conformance.lean_traces.shipped import CORPUS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.verdict.compare import outcome_variant

Covered = Counter[tuple[str, str, str]]
"""How often (contract, operation, outcome) stands in the corpus."""

CONTRACTS: Final = ("telltale-17", "hardened")

_INTRODUCTION: Final = """# The corpus of Lean traces

<!-- Written by `python -m tools.corpus_coverage`; do not edit. -->

This page is generated. `lean_traces/corpus` holds traces that the [Lean model](../lean.md) answered. `check` replays
them in its lane `corpus`, so the harness is compared with Lean even where no Lean is installed. The header of each file
names the hash of the model. `lean export --compare` exports the corpus again and fails on any difference.

Two errors are not in the corpus: `CounterExhausted` takes 2^64 operations, and beyond a limit (`limit exceeded`) an
implementation may abort. `tests/lean_traces/test_lean_model.py` compares the model with the reference in both, starting
from sessions whose counters are near the bound.
"""


def covered(folder: Path = CORPUS) -> tuple[Covered, Counter[str]]:
    """Count the outcomes of every operation in the traces of a folder, and the traces of each contract."""
    counts: Covered = Counter()
    traces: Counter[str] = Counter()
    for path in sorted(folder.glob("*.jsonl.gz")):
        contract = ""
        for header, event in read_trace(path):
            contract = header.contract
            answer = event.answer()
            outcome = outcome_variant(is_ok=answer.is_ok, result=answer.result)
            if answer.is_ok and isinstance(answer.result, str) and event.operation.name == "send":
                outcome = answer.result
            counts[contract, event.operation.name, outcome] += 1
        traces[contract] += 1
    return counts, traces


def table(folder: Path = CORPUS) -> str:
    """Return the document: each operation with its outcomes, and how often each contract's traces have them."""
    return "\n".join(_lines(*covered(folder))) + "\n"


def _lines(counts: Covered, traces: Counter[str]) -> Iterator[str]:
    yield from _INTRODUCTION.splitlines()
    yield ""
    yield ", ".join(f"{traces[contract]} traces under `{contract}`" for contract in CONTRACTS) + (
        f", {sum(counts.values())} answers."
    )
    yield ""
    yield f"| operation | outcome | {' | '.join(CONTRACTS)} |"
    yield "|---|---|---|---|"
    for operation in (name for name in OPERATIONS if name in LEAN_OPERATIONS):
        outcomes = sorted({outcome for _, name, outcome in counts if name == operation})
        for outcome in outcomes or ["(none)"]:
            cells = " | ".join(str(counts[contract, operation, outcome]) for contract in CONTRACTS)
            yield f"| {operation} | {outcome} | {cells} |"


if __name__ == "__main__":
    print(table(), end="")
