"""Campaigns by the clock: how many answers a second two workers judge on this machine, and how many one process.

``python -m tests.benchmarks.campaign_clock [ROUNDS]`` keeps three guided campaigns on the reference behind an adapter:
in one process, in one process whose adapter shares its processor, and on a local cluster of two workers. They take
turns, each with whole turns of all lanes, so that what else happens on the machine meets all of them. It needs a quiet
machine: a clock counts the work of others too. It takes some two minutes with three rounds.

In one process the adapter answers while the harness judges the answers before, so it uses more than one processor. On a
machine of two processors no cluster can then be twice as fast; the column of the processors in use says how it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from telltale_conformance.oracle.campaign import keeping
from telltale_conformance.oracle.campaign.cluster import cluster_of
from telltale_conformance.oracle.campaign.plan import SIZES, turns
from telltale_conformance.oracle.campaign.running import Running
from telltale_conformance.oracle.campaign.state import Campaign
from telltale_conformance.oracle.campaign.work import carry_out
from telltale_conformance.oracle.process.cpu import cpu_seconds
from tests.benchmarks.campaign_measured import new_campaign, on_a_cluster

WORKERS = 2
WARM_TURNS = 2
"""How often all lanes have their turns before anything counts."""
COUNTED_TURNS = 2
"""How often they have them in a round."""


class Rate(NamedTuple):
    """What was done in a round."""

    answers: float
    """Judged in a second of the clock."""
    processors: float
    """How many were in use."""


def alone(tasks: int, campaign: Campaign) -> Rate:
    """Work off so many tasks in this process."""
    began, used, before = time.monotonic(), cpu_seconds(), campaign.standing.tally.judged
    for _ in range(tasks):
        task = campaign.next_task()
        given = campaign.given(task)
        campaign.take(task, given, carry_out(campaign.setup, task, given))
        campaign.settle()
    clock = time.monotonic() - began
    return Rate((campaign.standing.tally.judged - before) / clock, (cpu_seconds() - used) / clock)


def be_alone(*, bound: bool) -> None:
    """Work off as many tasks as each line of the input says, and print the rate."""
    if bound:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with new_campaign() as campaign:
        for line in sys.stdin:
            print(*alone(int(line), campaign), flush=True)
        keeping.close_all()


@contextmanager
def process_alone(how: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process that works off tasks by itself, ``free`` or ``bound`` to one processor."""
    command = [sys.executable, "-m", "tests.benchmarks.campaign_clock", how]
    with subprocess.Popen(
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def asked(process: subprocess.Popen[str], tasks: int) -> Rate:
    """Let a process work off tasks."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{tasks}\n")
    process.stdin.flush()
    answers, processors = map(float, process.stdout.readline().split())
    return Rate(answers, processors)


def row(what: str, rates: Sequence[Rate], *than: Sequence[Rate]) -> None:
    """Print a row of the table."""
    answers, processors = ([getattr(rate, name) for rate in rates] for name in Rate._fields)
    parts = ", ".join(f"{median(answers) / (WORKERS * median(one.answers for one in ones)):.2f}" for ones in than)
    print(
        f"| {what} | {median(answers):,.0f} | {min(answers):,.0f} – {max(answers):,.0f} | {median(processors):.2f} "
        f"| {parts} |"
    )


def main(rounds: int) -> None:
    """Print the table of the medians."""
    found: dict[str, list[Rate]] = {"free": [], "bound": [], "cluster": []}
    with ExitStack() as stack:
        alone_ones = {how: stack.enter_context(process_alone(how)) for how in ("free", "bound")}
        campaign = stack.enter_context(new_campaign())
        cluster = stack.enter_context(cluster_of(campaign.setup, None, WORKERS, None))
        turn = len(turns(campaign.setup))
        warm = -(-len(campaign.setup.start) // SIZES["start"]) + WARM_TURNS * turn
        for process in alone_ones.values():
            asked(process, warm)
        Running(campaign, cluster, seconds=3600.0, tasks=warm).run()
        for number in range(rounds):
            for how, process in alone_ones.items():
                found[how].append(asked(process, COUNTED_TURNS * turn))
            both = on_a_cluster(campaign, cluster, COUNTED_TURNS * turn)
            found["cluster"].append(Rate(both.answers / both.clock, both.cpu / both.clock))
            told = ", ".join(f"{how} {rates[-1].answers:,.0f}" for how, rates in found.items())
            print(f"round {number + 1}: {told}", file=sys.stderr, flush=True)
    print(
        f"| {rounds} rounds of {COUNTED_TURNS * turn} tasks | answers judged a second | least – most "
        "| processors in use | of twice one process |\n|---|---|---|---|---|"
    )
    row("one process", found["free"])
    row("one process on one processor", found["bound"])
    row("local cluster of two workers", found["cluster"], found["free"], found["bound"])


if __name__ == "__main__":
    if sys.argv[1:2] in (["free"], ["bound"]):
        be_alone(bound=sys.argv[1] == "bound")
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
