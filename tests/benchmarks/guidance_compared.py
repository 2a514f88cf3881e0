"""Guided against unguided generation: how many answers each needs until a rare wrong store differs.

``python -m tests.benchmarks.guidance_compared [SEEDS]`` prints the medians of that many seeds (20 if not given) for
the stores of ``rare``, ``combinations``, ``held_out`` and ``held_out_again`` in ``tests/wrong_stores``, a table for
each set, or for those sets that ``--stores`` names. All stores run in this process.
``--drawn Hypothesis HypoFuzz`` measures these two on the project's state machine in the same run, which
takes much longer. ``--most N`` counts a store as not found after N answers; ``--first SEED`` takes other seeds.
Unguided programs are followed only as far as the median of the ratios hangs on it; then the table says ``≥``.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

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

MOST = 100_000
"""After so many answers a store counts as not found if nothing else is said."""
ENOUGH = 8
"""Unguided programs are followed up to so many times the answers that guided ones need in the median of the seeds."""
SETS = {"rare": RARE, "combinations": COMBINATIONS, "held-out": HELD_OUT, "held-out-again": HELD_OUT_AGAIN}
Answers = dict[str, int]
"""By store, after how many answers it differs; or up to how many it is followed."""


class Ratio(NamedTuple):
    """How many times fewer answers guided programs need for a store; as far as both were followed."""

    times: float
    mark: str
    """``≥ `` where unguided programs did not find it, ``≤ `` where guided ones did not."""


def unguided(seed: int, index: int) -> Iterable[GeneratedStep]:
    """Return a program of lane ``programs``."""
    return Generator(seed, index, offered=frozenset(OPERATIONS)).steps()


def guided(seed: int, index: int) -> Iterable[GeneratedStep]:
    """Return a program of lane ``guided``."""
    return played(guided_case(seed, index, "telltale-17"), "telltale-17")


def answers(
    made: Callable[[int, int], Iterable[GeneratedStep]], stores: Mapping[str, Fault], seed: int, limits: Answers
) -> tuple[Answers, int]:
    """Return after how many answers each store differs, with one seed, and how many were given in all."""
    waiting, found = dict(stores), Answers()
    count = index = 0
    while waiting:
        steps = list(made(seed, index))
        for name, fault in list(waiting.items()):
            told = told_after(WrongStore(fault), steps)
            if told is not None:
                found[name] = count + told
            if told is not None or count + len(steps) >= limits[name]:
                del waiting[name]
        count += len(steps)
        index += 1
    return found, count


def drawn(by: str, stores: Mapping[str, Fault], seed: int, limits: Answers) -> tuple[Answers, int]:
    """Return the same for what Hypothesis or HypoFuzz draws."""
    wrong = DRAWN[by](stores, seed, max(limits.values()))
    return wrong.found, wrong.answers


def medians(column: Sequence[Answers], limits: Answers) -> Answers:
    """Return the median of the seeds for each store; where it was not found, how far it was followed."""
    return {
        store: round(statistics.median(min(found.get(store, limit), limit) for found in column))
        for store, limit in limits.items()
    }


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
    makers = {"guided": partial(answers, guided), "unguided": partial(answers, unguided)}
    makers |= {by: partial(drawn, by) for by in options.drawn}
    columns: dict[str, tuple[Answers, Answers]] = {}
    for name, made in makers.items():
        limits = dict.fromkeys(stores, options.most)
        if name == "unguided":
            limits = {store: min(options.most, ENOUGH * needed) for store, needed in columns["guided"][0].items()}
        given, begun, column = 0, time.process_time(), []
        for seed in range(options.first, options.first + options.seeds):
            found, count = made(stores, seed, limits)
            column.append(found)
            given += count
        columns[name] = medians(column, limits), limits
        print(f"{name}: {given:,} answers, {given / (time.process_time() - begun):,.0f} a CPU second", flush=True)
    ratios: list[Ratio] = []
    for chosen in options.stores:
        print(f"\n{chosen}\n")
        print_table(SETS[chosen], columns, ratios)
    print(f"\n{summary(ratios)} of all sets")


def print_table(stores: Iterable[str], columns: Mapping[str, tuple[Answers, Answers]], ratios: list[Ratio]) -> None:
    """Print a row for each store of a set; add to ``ratios`` how many times fewer answers guided programs need."""
    print(f"| wrong store | {' | '.join(columns)} | guided: times fewer than unguided |")
    print("|---" * (len(columns) + 2) + "|")
    of_set = []
    for store in stores:
        told = {name: (needed[store], needed[store] >= limits[store]) for name, (needed, limits) in columns.items()}
        ratio = ratio_of(told["unguided"], told["guided"])
        of_set += [ratio] if ratio else []
        needed = " | ".join(f"{'≥ ' * unfound}{median:,.0f}" for median, unfound in told.values())
        print(f"| {store} | {needed} | {f'{ratio.mark}{ratio.times:.1f}' if ratio else '–'} |")
    print(f"\n{summary(of_set)} of this set")
    ratios += of_set


def ratio_of(unguided: tuple[int, bool], guided: tuple[int, bool]) -> Ratio | None:
    """Return the ratio of two medians, each with whether the store was not found; None where neither found it."""
    if unguided[1] and guided[1]:
        return None
    return Ratio(unguided[0] / guided[0], "≥ " * unguided[1] or "≤ " * guided[1])


def summary(ratios: Sequence[Ratio]) -> str:
    """Return a sentence on the median of the ratios, which is a bound where one that it hangs on is."""
    if not ratios:
        return "Neither finds a store"
    median = statistics.median(one.times for one in ratios)
    least = "at least " * any(one.mark == "≥ " and one.times <= median for one in ratios)
    most = "at most " * any(one.mark == "≤ " and one.times >= median for one in ratios)
    times = f"{least}{most}{median:.1f} times fewer in the median of the {len(ratios)} found"
    of = {bound: sum(one.times >= bound for one in ratios) for bound in (5, 1)}
    return f"Guided programs need {times}, at least 5 times fewer for {of[5]}, more for {len(ratios) - of[1]}"


if __name__ == "__main__":
    main()
