"""Campaigns: how much of two workers' time goes into answers, and what guidance costs.

``python -m tests.benchmarks.campaign_measured [TASKS]`` works off tasks in one process without a cluster, with and
without guidance, and on a local cluster of two workers. It counts the CPU time of all processes for each judged answer,
adapters included, so that other work on the machine changes the ratios little. What it costs to start workers is taken
off: only the second half of the tasks counts.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from telltale_conformance.oracle.campaign import keeping
from telltale_conformance.oracle.campaign.cluster import cluster_of
from telltale_conformance.oracle.campaign.folder import held
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.running import Running
from telltale_conformance.oracle.campaign.work import carry_out
from telltale_conformance.oracle.lanes.subject import Subject

SUT = f"{sys.executable} -m telltale_conformance.adapters.reference"


class Spent(NamedTuple):
    """What some tasks took."""

    answers: int
    cpu: float


def cpu() -> float:
    """Return the CPU seconds of this process and of those that it waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def spent(tasks: int, workers: int, *, guided: bool) -> Spent:
    """Work off so many tasks of a new campaign; no workers stand for this process alone."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "campaign"
        with held(folder):
            settings = begin(folder, Subject(command=SUT), hours=1.0, guided=guided)
            with opened(folder, settings) as found:
                campaign = found.campaign
                before = cpu()
                if workers:
                    with cluster_of(campaign.setup, None, workers, None) as cluster:
                        Running(campaign, cluster, seconds=3600.0, tasks=tasks).run()
                else:
                    for _ in range(tasks):
                        task = campaign.next_task()
                        given = campaign.given(task)
                        campaign.take(task, given, carry_out(campaign.setup, task, given))
                        campaign.settle()
                    keeping.close_all()
                return Spent(campaign.standing.tally.judged, cpu() - before)


def per_second(tasks: int, workers: int, *, guided: bool) -> float:
    """Return the answers judged in a second of CPU time, starting taken off."""
    half, whole = (spent(count, workers, guided=guided) for count in (tasks // 2, tasks))
    return (whole.answers - half.answers) / (whole.cpu - half.cpu)


def main(tasks: int) -> None:
    """Print the table, each row when it is measured."""
    print("| what | answers judged a second of CPU | ratio |\n|---|---|---|", flush=True)
    without = per_second(tasks, 0, guided=False)
    print(f"| one process, unguided | {without:,.0f} | |", flush=True)
    alone = per_second(tasks, 0, guided=True)
    print(f"| one process, guided | {alone:,.0f} | {alone / without:.2f} of unguided |", flush=True)
    both = per_second(tasks, 2, guided=True)
    print(f"| local cluster of two workers, guided | {both:,.0f} | {both / alone:.2f} of one process |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
