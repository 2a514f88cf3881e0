"""The minimiser against the shortest lengths that the symbolic rules prove.

``python -m tests.benchmarks.bench_shortest`` makes, for each cell of the coverage map, a store that answers wrongly
in that cell and nowhere else, and a trace of 500 events in which it does so among other work; it minimises the trace
and counts the cells that end with the proved length. ``--every N`` takes every Nth cell, ``--contract`` one contract.
The map is about ownership, witnesses and endings; what is in a type or a buffer it says nothing of.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from telltale_conformance.oracle.minimise.minimiser import minimise
from tests.benchmarks.cell_stores import CellStore, Traces, known_lengths

CONTRACTS = ("telltale-17", "hardened")


def bench_shortest(benchmark: Any) -> None:
    """From a trace with one wrong answer in a rare cell to the shortest program into it."""
    lengths, traces = known_lengths("telltale-17"), Traces("telltale-17", 100)
    cell, program = next((cell, made) for cell in sorted(lengths) if (made := traces.wrong(cell)) is not None)
    benchmark(lambda: minimise(CellStore(cell, "telltale-17"), program))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--contract", choices=CONTRACTS, action="append")
    parser.add_argument("--programs", type=int, default=300, help="how many programs are looked through for ways")
    arguments = parser.parse_args()
    for contract in arguments.contract or CONTRACTS:
        _measured(contract, arguments.every, arguments.programs)


def _measured(contract: str, every: int, programs: int) -> None:
    lengths, traces = known_lengths(contract), Traces(contract, programs)
    tried = same = without = 0
    runs, seconds = [], []
    for cell in sorted(lengths)[::every]:
        program = traces.wrong(cell)
        if program is None:
            without += 1
            continue
        store, began = CellStore(cell, contract), time.process_time()
        result = minimise(store, program)
        seconds.append(time.process_time() - began)
        runs.append(store.programs)
        steps, shortest = len(result.program.steps), lengths[cell]
        assert result.minimal, (cell, result.ending)
        assert steps >= shortest, (cell, steps, shortest)
        tried += 1
        same += steps == shortest
        if steps != shortest:
            print(f"  {' | '.join(cell)}: {steps} steps, shortest {shortest}", flush=True)
    print(
        f"{contract}: {tried + without} cells, {without} without a trace,"
        f" {tried} tried, {same} of the proved length ({same / tried:.1%});"
        f" {statistics.median(runs):g} runs (median), at most {max(runs)};"
        f" {statistics.median(seconds):.2f} s of processor time (median), at most {max(seconds):.2f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
