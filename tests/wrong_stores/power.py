"""Measures which lane tells which wrong store: ``python -m tests.wrong_stores.power``, or ``make power``.

Every lane runs as a check of default effort runs it, for all wrong stores at once; a store leaves a lane at its first
divergence. The page goes to ``docs/power.md``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.lanes.table import LANES
from tests.lean_traces.lean_mutants import MUTANTS
from tests.wrong_stores.catalogue import CATALOGUE
from tests.wrong_stores.lean import triggers
from tests.wrong_stores.tellers import told_by
from tests.wrong_stores.wrong import KINDS, Wrong

PAGE = Path(__file__).parents[2] / "docs" / "power.md"
SEED = 20261125
FIXED = "fixed"
MEASURED = tuple(lane for lane in LANES if lane != "concurrent")
"""All lanes but the one that asks several clients at once, which stores in this process do not have."""
Told = dict[str, dict[str, int]]
"""By lane and store: after how many answers the store diverged."""


class Part(NamedTuple):
    """What one process measures in one go."""

    lane: str
    contract: str
    share: int
    shares: int
    seed: int


def measured(part: Part) -> dict[str, int]:
    """Run a lane for a share of the stores of a contract."""
    sys.setrecursionlimit(100_000)
    wrongs = [wrong for wrong in CATALOGUE if wrong.contract == part.contract][part.share :: part.shares]
    tellers, result = told_by(part.lane, part.contract, wrongs, Settings(seed=part.seed))
    if result.verdict != "agree":
        raise SystemExit(f"lane {part.lane} does not agree with the right store: {result.notes}")
    return tellers.told


def measure(lanes: Iterable[str], seed: int, workers: int) -> Told:
    """Return what each lane tells."""
    told: Told = {}
    parts = [
        Part(lane, contract, share, workers if contract == "telltale-17" else 1, seed)
        for lane in lanes
        for contract in ("telltale-17", "hardened")
        for share in range(workers if contract == "telltale-17" else 1)
    ]
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for part, found in zip(parts, pool.map(measured, parts), strict=True):
            told.setdefault(part.lane, {}).update(found)
            print(f"{part.lane}, {part.contract}: {len(found)} diverge", flush=True)
    return told


def page(told: Told, seed: int) -> str:
    """Return the page."""
    others = [lane for lane in told if lane != FIXED]
    generated = {name for lane in others for name in told[lane]}
    alone = [wrong for wrong in CATALOGUE if wrong.name not in generated]
    return "\n".join(
        (
            "# Power: which wrong stores a check finds",
            "",
            "<!-- Written by `make power`; do not edit. -->",
            "",
            f"Measured with `python -m tests.wrong_stores.power --seed {seed}`, at default effort. The catalogue in",
            f"`tests/wrong_stores` holds {len(CATALOGUE)} wrong stores: {_made_from()}.",
            "Each is asked what a check asks, lane by lane, until its first divergence.",
            "",
            f"**That the fixed list finds all {len(CATALOGUE)} says little**: it contains a trigger of each store,",
            "so it finds them by construction. The other lanes do not know the catalogue. What they find is the figure",
            f"that means something: **{len(generated)} of {len(CATALOGUE)}** with this seed.",
            "",
            "Whether the tests notice changes of the harness itself is measured by [mutation](mutation.md).",
            "",
            *_unmeasured(told),
            "## By kind and lane",
            "",
            *_by_kind(told, others, generated),
            "",
            "## Found by the fixed list alone",
            "",
            *_alone(alone),
            "",
            "## Every store",
            "",
            "A number is the answer of the lane at which the store diverged first. A dash says that the lane does not",
            "find the store.",
            "",
            *_every_store(told),
            "",
            *_from_lean(),
            "",
        )
    )


def _unmeasured(told: Told) -> Iterable[str]:
    left_out = [f"`{lane}`" for lane in LANES if lane not in told]
    if left_out:
        yield f"Not measured here: {', '.join(left_out)}. They may find more. (`concurrent` needs stores with several"
        yield "clients.)"
        yield ""


def _made_from() -> str:
    counted = Counter(wrong.made_from for wrong in CATALOGUE)
    return " and ".join(f"{number} made from the {what}" for what, number in sorted(counted.items()))


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _by_kind(told: Told, others: list[str], generated: set[str]) -> Iterable[str]:
    yield _row("kind", "stores", *told, f"any but `{FIXED}`")
    yield _row(*["---"] * (len(told) + 3))
    for kind in (*KINDS, "all"):
        names = {wrong.name for wrong in CATALOGUE if kind in (wrong.kind, "all")}
        found = [len(names & told[lane].keys()) for lane in told]
        yield _row(kind, len(names), *found, len(names & generated))


def _alone(alone: list[Wrong]) -> Iterable[str]:
    if not alone:
        yield "None."
    for kind in KINDS:
        of_kind = [wrong for wrong in alone if wrong.kind == kind]
        if of_kind:
            yield f"* {kind} ({len(of_kind)}): {', '.join(wrong.name for wrong in of_kind)}"


def _every_store(told: Told) -> Iterable[str]:
    yield _row("store", "kind", "what is wrong", *told)
    yield _row(*["---"] * (len(told) + 3))
    for wrong in CATALOGUE:
        yield _row(wrong.name, wrong.kind, wrong.sentence, *(told[lane].get(wrong.name, "–") for lane in told))


def _from_lean() -> Iterable[str]:
    found = triggers()
    yield "## Changes of the Lean model"
    yield ""
    yield f"The Lean model with one of its rules changed is a wrong store too; there are {len(found)} changes. Lean"
    yield "runs each on generated programs and on the program of the fixed list that is named here. The comparison of"
    yield "the self-test `lean` notices each of them in both (`tests/lean_traces/test_lean_proofs.py`, nightly)."
    yield ""
    yield _row("change", "the operations in which it shows", "program")
    yield _row("---", "---", "---")
    for mutant in MUTANTS:
        yield _row(mutant.name, ", ".join(f"`{name}`" for name in mutant.operations), found[mutant.name].name)


def main() -> None:
    """Measure, and write the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=SEED)
    options.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    options.add_argument(
        "--lanes", default=",".join(MEASURED), help="measure these; the page is written when all are known"
    )
    options.add_argument("--results", type=Path, help="keep what each lane found here, and measure only what lacks")
    given = options.parse_args()
    known: Told = json.loads(given.results.read_text()) if given.results and given.results.exists() else {}
    for lane in given.lanes.split(","):
        if lane not in known:
            known |= measure([lane], given.seed, given.workers)
            if given.results:
                given.results.write_text(json.dumps(known))
    told = {lane: known[lane] for lane in MEASURED if lane in known}
    PAGE.write_text(page(told, given.seed), encoding="utf-8")
    survivors = [wrong.name for wrong in CATALOGUE if not any(wrong.name in found for found in told.values())]
    if survivors:
        sys.exit(f"no lane finds {', '.join(survivors)}")


if __name__ == "__main__":
    main()
