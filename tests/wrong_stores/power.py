"""Measures which lane tells which wrong store: ``python -m tests.wrong_stores.power``, or ``make power``.

Every lane runs as a check of default effort runs it, for all wrong stores at once; a store leaves a lane at its first
divergence. The figures go to ``docs/power.csv`` and what follows from them to ``docs/power.md``, after each lane.
``--lanes`` measures some lanes and keeps the figures of the others; ``--lacking`` measures only what has no figure.
"""

from __future__ import annotations

import argparse
import csv
import io
import multiprocessing
import re
import sys
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Set
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from telltale_conformance.oracle.lanes.subject import Settings
from telltale_conformance.oracle.lanes.table import LANES
from tests.lean_traces.lean_mutants import MUTANTS
from tests.wrong_stores.catalogue import CATALOGUE
from tests.wrong_stores.lean import triggers
from tests.wrong_stores.rows import KIND, rows
from tests.wrong_stores.tellers import told_by
from tests.wrong_stores.wrong import KINDS, Wrong

PAGE = Path(__file__).parents[2] / "docs" / "power.md"
TABLE = PAGE.with_suffix(".csv")
HEADS = ("store", "kind", "what is wrong, where the name does not say it")
SEED = 20261126
FIXED = "fixed"
WHY: dict[str, str] = {
    "reasons trimmed in the status": "drawn reasons have no blanks at their end",
    "wrapped edges are read": "no drawn value is an edge in another object",
    "host traces of 64": "drawn traces are short",
    "far repeats among many roles": "programs list no more than four roles, or hundreds without a repeat",
    "four branches are unfolded": "drawn recursions have fewer branches",
    "sent numbers begin anew": "an edge has to take 257 messages without numbers, and give the last with its number",
    "repeats among the first 16 roles": "programs list no more than four roles, or hundreds without a repeat",
    "buffers by their text": "no drawn role is another one twice with an arrow between",
    "handlers by a colon": "no drawn role is another one twice with a colon between",
    "traces by a nul": "no drawn role is another one twice with a NUL between",
    "scopes by their text": "no forged scope has a fragment that joins two of the right ones",
    "plans by lines of roles": "no drawn plans differ only in which of two roles has a line end",
    "owners as formats": "no drawn name has two signs of percent in a row",
    "fragments that are the session": "no drawn fragment is called Session",
    "strips 64 mu": "drawn types have few Mu in a row",
    "the last cancelled is not listed": "two sessions have to be cancelled when somebody asks for the closed ones",
    "capacities of 16 bits": "drawn capacities are small",
    "first line of a reason in the log": "a failed commit has to be given a reason with a line end; few have one",
    "foreign bindings are no handlers": "all that is bound has to be of other sids when somebody asks",
    "handlers with single blanks": "few drawn handlers have two blanks in a row",
    "foreign alone is unbound when read back": "all that is bound has to be of other sids at a reload",
    "traces are kept over a reap": "a trace has to be given, and looked up, between the close and the reap",
    "renames to fresh": "no drawn variable that is free has the name of the store's choice",
    "owners by 16 bits of CRC-32": "no two drawn owners collide in this hash",
    "predicates by 32 bits of djb2": "no two drawn predicates collide in this hash",
}
"""Why no lane but the fixed list finds a store with this seed, and with which one does."""
NO_CHECK = """\
## What no check finds, and what you can do

Answers are all that a check sees. These stores give the right ones to everything that a check of default effort asks:

* **One that knows the fixed list and the cases of seed 0 by heart.** `check --seed random` draws other cases each time
  and names the seed; let a [nightly job](ci.md#baselines-known-divergences) run it. A [campaign](campaign.md) draws
  others for hours.
* **One that is wrong from a request on that no process gets to.** Each lane starts a process of its own and asks it
  on, without a pause, up to some 116,000 requests with one worker (lane `graph`). `--effort thorough` asks several
  times as many; `--workers 1` keeps them in one process. One that is wrong from the 10th or the 30,000th request on is
  found, by the lanes that then ask about what is wrong. Those texts and orders that the list alone asks come first.
* **One that is wrong in some of its processes only, in what their lanes do not ask.** The process that is greeted goes
  on with the first lane, and each later lane starts its own. So one that is wrong in its first process only is found,
  and so is one that is wrong from the second on; but with one worker what the list alone asks is asked of the first.
  `--lanes concurrent` alone on one process, and a [campaign](campaign.md), greet processes that they do not judge.
* **One that is wrong after a pause, from a date on, or under a variable of the environment that is not set.** A check
  does not wait, moves no clock and has one environment. Run it where the store will run too: in CI and on a
  developer's machine, and once with a clock that is set ahead.
* **One that sees that it is checked.** The program that starts it and the order of its requests tell that it is.
* **One that keeps between its processes what it answered.** Kept answers are right ones as long as they are. A store
  that a reset does not empty is found by the next one (`reset-ignored`).
* **A maximum of `Resize` that is cut to 65,536.** Only `check --limits` fills a buffer so far.
* **A hash in the place of a name.** The list has a pair for each of 14 common hashes
  (`tests/wrong_stores/collisions.py`). For another hash, or one with a key, it has none.
"""
"""What is said of stores that no lane finds."""
NOT_FOUND, NOT_ASKED = "–", "?"
MEASURED = tuple(lane for lane in LANES if lane != "concurrent")
"""All lanes but the one that asks several clients at once, which stores in this process do not have."""
Told = dict[str, dict[str, int | None]]
"""By lane and store that was asked: after how many answers it diverged; None where it did not."""


class Part(NamedTuple):
    """What one process measures in one go."""

    lane: str
    contract: str
    names: tuple[str, ...]
    seed: int


@cache
def stores() -> dict[str, Wrong]:
    """Return all stores by name: those of the catalogue, then the parts of the rows."""
    return {wrong.name: wrong for wrong in (*CATALOGUE, *rows())}


def measured(part: Part) -> dict[str, int | None]:
    """Run a lane for some stores of a contract."""
    sys.setrecursionlimit(100_000)
    wrongs = [stores()[name] for name in part.names]
    tellers, result = told_by(part.lane, part.contract, wrongs, Settings(seed=part.seed))
    if result.verdict != "agree":
        raise SystemExit(f"lane {part.lane} does not agree with the right store: {result.notes}")
    return {name: tellers.told.get(name) for name in part.names}


def measure(lanes: Iterable[str], seed: int, workers: int, *, known: Told | None = None) -> Iterator[Told]:
    """Yield, lane by lane, what each tells of every store, beside what is known; only what is not known is measured."""
    told = {lane: dict(found) for lane, found in (known or {}).items()}
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for lane in lanes:
            found = told.setdefault(lane, {})
            parts = list(_parts(lane, seed, workers, found.keys()))
            for part, more in zip(parts, pool.map(measured, parts), strict=True):
                found |= more
                diverge = sum(answers is not None for answers in more.values())
                print(f"{lane}, {part.contract}: {diverge} of {len(more)} diverge", flush=True)
            yield told


def _parts(lane: str, seed: int, workers: int, known: Container[str]) -> Iterator[Part]:
    for contract in ("telltale-17", "hardened"):
        names = [wrong.name for wrong in stores().values() if wrong.contract == contract and wrong.name not in known]
        shares = workers if contract == "telltale-17" else 1
        yield from (
            Part(lane, contract, some, seed) for share in range(shares) if (some := tuple(names[share::shares]))
        )


def table(told: Told) -> str:
    """Return the figures of every store as CSV."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow((*HEADS, *told))
    for wrong in stores().values():
        cells = (told[lane].get(wrong.name, NOT_ASKED) for lane in told)
        said = "" if _letters(wrong.sentence) == _letters(wrong.name) else wrong.sentence
        lines.writerow((wrong.name, wrong.kind, said, *(NOT_FOUND if cell is None else cell for cell in cells)))
    return text.getvalue()


def _letters(text: str) -> str:
    return re.sub(r"\W|_", "", text).casefold()


def read_table(text: str) -> Told:
    """Return the figures of a table, of the stores that there still are."""
    heads, *lines = csv.reader(io.StringIO(text))
    told: Told = {lane: {} for lane in heads[len(HEADS) :]}
    for name, _, _, *cells in lines:
        for lane, cell in zip(told, cells, strict=True):
            if cell != NOT_ASKED and name in stores():
                told[lane][name] = None if cell == NOT_FOUND else int(cell)
    return told


def read_seed(text: str) -> int:
    """Return the seed that a page was measured with."""
    seed = re.search(r"--seed (\d+)", text)
    assert seed is not None
    return int(seed[1])


def _found(told: Told, lane: str) -> set[str]:
    return {name for name, answers in told[lane].items() if answers is not None}


def page(told: Told, seed: int) -> str:
    """Return the page."""
    others = [lane for lane in told if lane != FIXED]
    generated = {name for lane in others for name in _found(told, lane)}
    alone = [wrong for wrong in stores().values() if wrong.name not in generated]
    return "\n".join(
        (
            "# Power: which wrong stores a check finds",
            "",
            "<!-- Written by `make power`; do not edit. -->",
            "",
            "A wrong store is a store with one mistake. Each is asked what a check of default effort asks, lane by",
            "lane, until its first divergence.",
            "",
            *_found_of_all(told, generated),
            "",
            "The last figure is the one that means something. The fixed list holds a trigger of each store of the",
            "catalogue, so it finds them by construction; the other lanes do not know the catalogue.",
            "",
            f"* The catalogue (`tests/wrong_stores`) was thought of: {_made_from()}.",
            "* No one chose the others. They are the rows of [the contract](contract.md) with each part left out alone",
            "  (`tests/wrong_stores/rows.py`): a guard of an operation is not asked, a record is not appended, a part",
            "  of a session is left as it was, or one rule of `hardened` is kept or broken. The fixed list lacked",
            f"  {_with_triggers()} of them before it got their programs.",
            "",
            "[Every store](power.csv) is listed with the answer of each lane at which it diverged first; a dash says",
            f"that the lane does not find it. Measured with `python -m tests.wrong_stores.power --seed {seed}`.",
            "Whether the tests notice changes of the harness itself is measured by [mutation](mutation.md).",
            "",
            *_unmeasured(told),
            "## By kind and lane",
            "",
            *_by_kind(told, others, generated),
            "",
            "## Found by the fixed list alone, or by none",
            "",
            *_alone(alone),
            "",
            NO_CHECK,
            *_from_lean(),
            "",
        )
    )


def _found_of_all(told: Told, generated: set[str]) -> Iterable[str]:
    yield _row("stores", "how many", "found by the fixed list", "found by the other lanes")
    yield _row("---", "---", "---", "---")
    by_list = _found(told, FIXED) if FIXED in told else set()
    for what, some in (("the catalogue", CATALOGUE), ("parts of the contract's rows", rows())):
        names = {wrong.name for wrong in some}
        yield _row(what, len(names), len(names & by_list), f"**{len(names & generated)}**")


def _unmeasured(told: Told) -> Iterable[str]:
    some = [f"`{lane}` {len(asked)} of {len(stores())}" for lane, asked in told.items() if len(asked) < len(stores())]
    if some:
        yield f"Not every lane was asked for every store: {', '.join(some)}."
        yield f"`{NOT_ASKED}` is a store that was not asked. `--lacking` measures these too."
        yield ""
    left_out = [f"`{lane}`" for lane in LANES if lane not in told]
    if left_out:
        yield f"Not measured here: {', '.join(left_out)}. `concurrent` needs stores with several clients."
        yield ""


def _with_triggers() -> int:
    return sum(bool(wrong.trigger) for wrong in rows())


def _made_from() -> str:
    counted = Counter(wrong.made_from for wrong in CATALOGUE)
    return " and ".join(f"{number} made from the {what}" for what, number in sorted(counted.items()))


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _by_kind(told: Told, others: list[str], generated: set[str]) -> Iterable[str]:
    yield _row("kind", "stores", *told, f"any but `{FIXED}`")
    yield _row(*["---"] * (len(told) + 3))
    for kind in (*KINDS, KIND, "all"):
        names = {wrong.name for wrong in stores().values() if kind in (wrong.kind, "all")}
        found = [_of_asked(len(names & _found(told, lane)), names & told[lane].keys(), names) for lane in told]
        yield _row(kind, len(names), *found, len(names & generated))


def _of_asked(found: int, asked: Set[str], names: Set[str]) -> str:
    return str(found) if asked == names else f"{found} of {len(asked)}" if asked else NOT_ASKED


def _alone(alone: list[Wrong]) -> Iterable[str]:
    if not alone:
        yield "None."
    for wrong in alone:
        yield f"* {wrong.name} ({wrong.kind})" + (f": {WHY[wrong.name]}" if wrong.name in WHY else "")


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
    options.add_argument("--lanes", help="measure these, and keep the figures of the others")
    options.add_argument("--lacking", action="store_true", help="measure only what has no figure")
    given = options.parse_args()
    known: Told = {}
    if given.lacking or given.lanes:
        seed = read_seed(PAGE.read_text(encoding="utf-8"))
        if seed != given.seed:
            sys.exit(f"the page was measured with --seed {seed}")
        known = read_table(TABLE.read_text(encoding="utf-8"))
    lanes = given.lanes.split(",") if given.lanes else MEASURED
    if not given.lacking:
        known = {lane: found for lane, found in known.items() if lane not in lanes}
    told: Told = {}
    for told in measure(lanes, given.seed, given.workers, known=known):
        ordered = {lane: told[lane] for lane in MEASURED if lane in told}
        TABLE.write_text(table(ordered), encoding="utf-8")
        PAGE.write_text(page(ordered, given.seed), encoding="utf-8")
    survivors = [
        wrong.name for wrong in stores().values() if not any(wrong.name in _found(told, lane) for lane in told)
    ]
    if survivors:
        sys.exit(f"no lane finds {', '.join(survivors)}")


if __name__ == "__main__":
    main()
