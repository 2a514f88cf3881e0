"""Guided against unguided generation: how many answers each needs until a rare wrong store differs.

``python -m tests.benchmarks.guidance_compared [SEEDS]`` prints the medians of that many seeds (20 if not given) for
the stores of ``rare``, ``combinations``, ``held_out`` and ``held_out_again`` in ``tests/wrong_stores``, a table for
each set, or for those sets that ``--stores`` names. All stores run in this process.
``--drawn Hypothesis HypoFuzz`` measures these two on the project's state machine in the same run, which
takes much longer. ``--most N`` counts a store as not found after N answers; ``--first SEED`` takes other seeds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from telltale_conformance.generators.guided_programs import guided_case
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.reached import played
from telltale_conformance.generators.steps import GeneratedStep
from telltale_conformance.model.operations import OPERATIONS
from tests.benchmarks.machine_drawn import DRAWN
from tests.wrong_stores.beside import Fault, WrongStore, told_after
from tests.wrong_stores.combinations import COMBINATIONS
from tests.wrong_stores.held_out import HELD_OUT
from tests.wrong_stores.held_out_again import HELD_OUT_AGAIN
from tests.wrong_stores.rare import RARE

MOST = 50_000
"""After so many answers a store counts as not found if nothing else is said; the median is at least this then."""
SETS = {"rare": RARE, "combinations": COMBINATIONS, "held-out": HELD_OUT, "held-out-again": HELD_OUT_AGAIN}
Answers = dict[str, int]
"""By store, after how many answers it differs."""


def unguided(seed: int, index: int) -> Iterable[GeneratedStep]:
    """Return a program of lane ``programs``."""
    return Generator(seed, index, offered=frozenset(OPERATIONS)).steps()


def guided(seed: int, index: int) -> Iterable[GeneratedStep]:
    """Return a program of lane ``guided``."""
    return played(guided_case(seed, index, "telltale-17"), "telltale-17")


def answers(
    made: Callable[[int, int], Iterable[GeneratedStep]], stores: Mapping[str, Fault], seed: int, most: int
) -> tuple[Answers, int]:
    """Return after how many answers each store differs, with one seed, and how many were given in all."""
    waiting, found = dict(stores), Answers()
    count = index = 0
    while waiting and count < most:
        steps = list(made(seed, index))
        for name, fault in list(waiting.items()):
            told = told_after(WrongStore(fault), steps)
            if told is not None:
                found[name] = count + told
                del waiting[name]
        count += len(steps)
        index += 1
    return found, count


def drawn(by: str, stores: Mapping[str, Fault], seed: int, most: int) -> tuple[Answers, int]:
    """Return the same for what Hypothesis or HypoFuzz draws."""
    wrong = DRAWN[by](stores, seed, most)
    return wrong.found, wrong.answers


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", type=int, nargs="?", default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--drawn", choices=DRAWN, nargs="+", default=[])
    parser.add_argument("--most", type=int, default=MOST)
    parser.add_argument("--stores", choices=SETS, nargs="+", default=[*SETS])
    options = parser.parse_args()
    stores = {name: fault for chosen in options.stores for name, fault in SETS[chosen].items()}
    makers = {"unguided": partial(answers, unguided), "guided": partial(answers, guided)}
    makers |= {by: partial(drawn, by) for by in options.drawn}
    columns: dict[str, list[Answers]] = {name: [] for name in makers}
    for name, made in makers.items():
        given, begun = 0, time.process_time()
        for seed in range(options.first, options.first + options.seeds):
            found, count = made(stores, seed, options.most)
            columns[name].append(found)
            given += count
        print(f"{name}: {given:,} answers, {given / (time.process_time() - begun):,.0f} a CPU second", flush=True)
    ratios: list[float] = []
    for chosen in options.stores:
        print(f"\n{chosen}\n")
        print_table(SETS[chosen], columns, options.most, ratios)
    print(f"\n{summary(ratios)} of all sets")


def print_table(stores: Iterable[str], columns: Mapping[str, list[Answers]], most: int, ratios: list[float]) -> None:
    """Print a row for each store of a set; add to ``ratios`` how many times fewer answers guided programs need."""
    print(f"| wrong store | {' | '.join(columns)} | guided: times fewer than unguided |")
    print("|---" * (len(columns) + 2) + "|")
    of_set = []
    for store in stores:
        medians = [
            statistics.median(min(found.get(store, most), most) for found in column) for column in columns.values()
        ]
        told = " | ".join(f"{'≥ ' * (median >= most)}{median:,.0f}" for median in medians)
        if min(medians[:2]) < most:
            of_set.append(medians[0] / medians[1])
        print(f"| {store} | {told} | {'≥ ' * (medians[0] >= most > medians[1])}{medians[0] / medians[1]:.1f} |")
    print(f"\n{summary(of_set)} of this set")
    ratios += of_set


def summary(ratios: list[float]) -> str:
    """Return a sentence on the median of the ratios."""
    if not ratios:
        return "Neither finds a store"
    return f"Guided programs need {statistics.median(ratios):.1f} times fewer in the median of the {len(ratios)} found"


if __name__ == "__main__":
    main()
