"""Run the tests against a seeded sample of mutants of each room, and say which survive.

    python -m tools.mutation [ROOM ...] [--sample N] [--seed N] [--minutes N] [--results FILE]

Exit code 0: every mutant was found, or is argued to be equivalent in ``equivalent.toml``. 1: others survive. 3: a test
run broke down.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import tomllib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import Any, Final

from tools.mutation.mutants import Mutant, mutated_tree
from tools.mutation.rooms import ROOMS
from tools.mutation.running import Reached, enter, fates, import_tests, reached

EQUIVALENT: Final = Path(__file__).with_name("equivalent.toml")


def argued() -> dict[tuple[str, str], str]:
    """Return the mutants that are argued to be equivalent, with the reason, by function and change."""
    found = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))
    return {(one["function"], one["change"].strip()): one["why"] for one in found.get("mutant", ())}


def run_room(name: str, sample: int, seed: int, minutes: float) -> dict[str, Any]:
    """Run the sample of one room in this process, which is of no use for another room afterwards."""
    known = argued()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        every = list(mutated_tree(ROOMS[name], tree))
        chosen = Random(f"{seed} {name}").sample(every, min(sample, len(every)))
        enter(tree)
        import_tests(ROOMS[name])
        without = reached(ROOMS[name], Path(folder) / "reached.json")
        ends = time.monotonic() + 60 * minutes
        count: Counter[str] = Counter()
        rest: list[dict[str, str]] = []
        for mutant, fate in fates(ROOMS[name], _until(ends, chosen), without):
            told = "equivalent" if fate == "survived" and _key(mutant) in known else fate
            count[told] += 1
            if told not in ("killed", "timeout", "equivalent"):
                rest.append({"fate": told, **mutant._asdict()})
                print(f"{told}: {mutant.function}\n{mutant.change}\n", flush=True)
    return {
        "room": name,
        "mutants": len(every),
        "sample": sum(count.values()),
        "seed": seed,
        **count,
        "rest": rest,
        **_left_out(without),
    }


def _left_out(known: Reached) -> dict[str, list[str]]:
    return {"left_out": known.left_out} if known.left_out else {}


def _until(ends: float, mutants: list[Mutant]) -> Any:
    return (mutant for mutant in mutants if time.monotonic() < ends)


def _key(mutant: Mutant) -> tuple[str, str]:
    return mutant.function, mutant.change


def main() -> int:
    """Run the rooms, each in a process of its own."""
    import multiprocessing

    parser = argparse.ArgumentParser(prog="python -m tools.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(ROOMS)}; all when none is named")
    parser.add_argument("--sample", type=int, default=150, help="mutants of each room (150)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (1)")
    parser.add_argument(
        "--minutes", type=float, default=60.0, help="for the mutants of each room; later ones are not tried (60)"
    )
    parser.add_argument("--results", type=Path, help="write what became of the mutants as JSON lines")
    options = parser.parse_args()
    unknown = [name for name in options.rooms if name not in ROOMS]
    if unknown:
        parser.error(f"no such room: {', '.join(unknown)}; there are {', '.join(ROOMS)}")
    rows = []
    for name in options.rooms or ROOMS:
        with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:  # tests may start processes in it
            rows.append(pool.submit(run_room, name, options.sample, options.seed, options.minutes).result())
        print(_line(rows[-1]), flush=True)
        if options.results is not None:
            options.results.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if any(row.get("fault") for row in rows):
        return 3
    return int(any(row["rest"] for row in rows))


def _line(row: dict[str, Any]) -> str:
    found = row.get("killed", 0) + row.get("timeout", 0)
    counted = row["sample"] - row.get("equivalent", 0)
    kinds = ("killed", "timeout", "survived", "equivalent", "fault")
    counts = ", ".join(f"{row[kind]} {kind}" for kind in kinds if row.get(kind))
    sample = f"{row['sample']} of {row['mutants']} mutants, seed {row['seed']}"
    return f"{row['room']}: {sample}: {counts}; score {found}/{counted}"


if __name__ == "__main__":
    sys.exit(main())
