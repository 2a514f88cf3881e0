"""Lanes on the same wrong stores: which of them differ, and after how many answers.

``python -m tests.benchmarks.lanes_compared [STEP] [LANE …]`` takes every STEP-th store of the catalogue (16 if not
given) through the lanes named (``programs`` and ``stateful``), each at default effort, and prints a table.
"""

from __future__ import annotations

import statistics
import sys
from unittest.mock import patch

from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import LANES
from tests.wrong_stores.catalogue import CATALOGUE, adapter
from tests.wrong_stores.wrong import Wrong


def answers_until(wrong: Wrong, lane: str) -> int | None:
    """Return after how many judged answers a lane refuses a store; None where it agrees."""
    with patch.object(Subject, "start", lambda self: adapter(wrong)):
        result = LANES[lane].run(Subject(contract=wrong.contract), Settings(divergences=1))
    return result.tally.judged if result.verdict == "diverge" else None


def main(step: int, lanes: list[str]) -> None:
    """Print one row per store, and the sums."""
    stores = CATALOGUE[::step]
    seen: dict[str, list[int | None]] = {lane: [] for lane in lanes}
    print(f"| wrong store | {' | '.join(lanes)} |\n|---|{'---|' * len(lanes)}")
    for wrong in stores:
        for lane in lanes:
            seen[lane].append(answers_until(wrong, lane))
        cells = (f"{seen[lane][-1]:,}" if seen[lane][-1] else "–" for lane in lanes)
        print(f"| {wrong.name} | {' | '.join(cells)} |", flush=True)
    for lane in lanes:
        told = [count for count in seen[lane] if count is not None]
        alone = sum(
            seen[lane][place] is not None and all(seen[other][place] is None for other in lanes if other != lane)
            for place in range(len(stores))
        )
        middle = f", median {statistics.median(told):,.0f} answers" if told else ""
        print(f"{lane}: {len(told)} of {len(stores)} refused, {alone} by this lane alone{middle}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 16, sys.argv[2:] or ["programs", "stateful"])
