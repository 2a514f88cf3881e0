"""Guided against unguided generation: how many answers each needs until a rare wrong store differs.

``python -m tests.benchmarks.guidance_compared [SEEDS]`` prints the median of that many seeds (20 if not given) for each
store of ``tests/wrong_stores/rare.py``. Both stores run in this process.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterable

from telltale_conformance.generators.guided_programs import guided_case
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.reached import played
from telltale_conformance.generators.steps import GeneratedStep
from tests.wrong_stores.beside import WrongStore, told_after
from tests.wrong_stores.rare import RARE

MOST = 150_000
"""After so many answers a store counts as not found; the median is at least this then."""


def unguided(seed: int, index: int) -> Iterable[GeneratedStep]:
    """Return a program of lane ``programs``."""
    return Generator(seed, index).steps()


def guided(seed: int, index: int) -> Iterable[GeneratedStep]:
    """Return a program of lane ``guided``."""
    return played(guided_case(seed, index, "telltale-17"), "telltale-17")  # type: ignore[return-value] # has their fields


def answers(made: Callable[[int, int], Iterable[GeneratedStep]], seed: int) -> dict[str, int]:
    """Return after how many answers each store differs, with one seed."""
    waiting, found = dict(RARE), dict[str, int]()
    count = index = 0
    while waiting and count < MOST:
        steps = list(made(seed, index))
        for name, fault in list(waiting.items()):
            told = told_after(WrongStore(fault), steps)
            if told is not None:
                found[name] = count + told
                del waiting[name]
        count += len(steps)
        index += 1
    return {name: found.get(name, MOST) for name in RARE}


def main(seeds: int) -> None:
    """Print the table."""
    columns = [[answers(made, seed) for seed in range(seeds)] for made in (unguided, guided)]
    print("| wrong store | unguided | guided | times fewer |\n|---|---|---|---|")
    for name in RARE:
        one, other = (statistics.median(found[name] for found in column) for column in columns)
        print(f"| {name} | {one:,.0f} | {other:,.0f} | {one / other:.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
