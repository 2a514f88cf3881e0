"""Guided against unguided generation: how many answers each needs until a rare wrong store differs.

``python -m tests.benchmarks.guidance_compared [SEEDS]`` prints the median of that many seeds (20 if not given) for each
store of ``tests/wrong_stores/rare.py``. Both stores run in this process. ``--machine`` adds Hypothesis on the project's
state machine, which only generates; that takes much longer. ``--most N`` counts a store as not found after N answers.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterable
from functools import cache

from telltale_conformance.generators.guided_programs import guided_case
from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.reached import played
from telltale_conformance.generators.steps import GeneratedStep
from telltale_conformance.oracle.lanes.machines import AdapterCounterpart
from telltale_conformance.oracle.lanes.stateful import EXAMPLES, judged_by_machine
from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.verdict.compare import Level
from tests.wrong_stores.beside import Fault, WrongAdapter, WrongStore, told_after
from tests.wrong_stores.rare import RARE

MOST = 150_000
"""After so many answers a store counts as not found if nothing else is said; the median is at least this then."""


def unguided(seed: int, index: int) -> Iterable[GeneratedStep]:
    """Return a program of lane ``programs``."""
    return Generator(seed, index).steps()


def guided(seed: int, index: int) -> Iterable[GeneratedStep]:
    """Return a program of lane ``guided``."""
    return played(guided_case(seed, index, "telltale-17"), "telltale-17")  # type: ignore[return-value] # has their fields


@cache
def _sequences(seed: int, chunk: int) -> list[list[GeneratedStep]]:
    """Return the sequences of a chunk of lane ``stateful``, played on the right store."""
    counterpart = AdapterCounterpart(WrongAdapter(Fault()), "telltale-17", Level.state, remember=True)
    settings = Settings(seed=seed)
    judged_by_machine(counterpart, chunk, examples=EXAMPLES, settings=settings, contract="telltale-17")
    assert counterpart.first is None
    return [steps for steps in counterpart.played if steps]


def by_machine(seed: int, index: int) -> Iterable[GeneratedStep]:
    """Return a sequence that Hypothesis draws for the state machine, with no examples to begin with."""
    chunk = 0
    while index >= len(_sequences(seed, chunk)):
        index -= len(_sequences(seed, chunk))
        chunk += 1
    return _sequences(seed, chunk)[index]


def answers(made: Callable[[int, int], Iterable[GeneratedStep]], seed: int, most: int) -> dict[str, int]:
    """Return after how many answers each store differs, with one seed."""
    waiting, found = dict(RARE), dict[str, int]()
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
    return {name: min(most, found.get(name, most)) for name in RARE}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", type=int, nargs="?", default=20)
    parser.add_argument("--machine", action="store_true")
    parser.add_argument("--most", type=int, default=MOST)
    options = parser.parse_args()
    makers = {"unguided": unguided, "guided": guided} | ({"state machine": by_machine} if options.machine else {})
    columns = [[answers(made, seed, options.most) for seed in range(options.seeds)] for made in makers.values()]
    print(f"| wrong store | {' | '.join(makers)} | guided: times fewer than unguided |")
    print("|---" * (len(makers) + 2) + "|")
    for name in RARE:
        medians = [statistics.median(found[name] for found in column) for column in columns]
        told = " | ".join(f"{'≥ ' * (median >= options.most)}{median:,.0f}" for median in medians)
        print(f"| {name} | {told} | {medians[0] / medians[1]:.1f} |")


if __name__ == "__main__":
    main()
