"""Campaigns: how much of two workers' time goes into answers, and what guidance costs.

``python -m tests.benchmarks.campaign_measured [FIRST TASKS]`` works off tasks in one process without a cluster, with
and without guidance, and on a local cluster of two workers. It counts the CPU time of all processes for an answer,
adapters included, so that other work on the machine changes the ratios little. Only the tasks from number ``FIRST`` on
count: the first ones import modules and fill caches, on a cluster in every worker. The table also says how much of it
the campaign needs for a task beside the workers, which is not shared.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, process_time
from typing import NamedTuple

from msgspec import structs

from telltale_conformance.oracle.campaign import keeping
from telltale_conformance.oracle.campaign.cluster import Cluster, cluster_of
from telltale_conformance.oracle.campaign.events import TaskDone
from telltale_conformance.oracle.campaign.folder import held
from telltale_conformance.oracle.campaign.journal import events
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.running import AHEAD, Running
from telltale_conformance.oracle.campaign.state import Campaign
from telltale_conformance.oracle.campaign.work import carry_out
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.process.cpu import cpu_seconds

SUT = f"{sys.executable} -m telltale_conformance.adapters.reference"


class Spent(NamedTuple):
    """What some tasks took."""

    tasks: float
    answers: float
    cpu: float
    coordinating: float
    """The part of the CPU seconds that the campaign itself needed."""
    clock: float = 0.0

    def and_also(self, more: Spent) -> Spent:
        """Return what was spent with more."""
        return Spent(*(one + other for one, other in zip(self, more, strict=True)))

    def since(self, before: Spent) -> Spent:
        """Return what was spent since then."""
        return Spent(*(now - then for now, then in zip(self, before, strict=True)))

    @property
    def rate(self) -> float:
        """The answers judged in a second of CPU time."""
        return self.answers / self.cpu


class Ran(NamedTuple):
    """A task as the journal tells of it: when it ended, how long it took, and what it judged."""

    at: float
    seconds: float
    judged: int

    def within(self, begin: float, end: float) -> float:
        """Return how many of its answers were judged in a span of time, if it judged them evenly."""
        seconds = max(self.seconds, 0.001)
        overlap = min(end, self.at) - max(begin, self.at - seconds)
        return self.judged * max(0.0, overlap) / seconds


@contextmanager
def new_campaign() -> Iterator[Campaign]:
    """Begin a campaign in a folder for this block."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "campaign"
        with held(folder):
            settings = begin(folder, Subject(command=SUT), hours=1.0)
            with opened(folder, settings) as found:
                yield found.campaign


def in_one_process(first: int, tasks: int) -> tuple[Spent, Spent]:
    """Work off so many tasks in this process, after those before the first: unguided and guided.

    Each task is carried out twice, in turns unguided first and guided first. So both judge the same answers.
    """
    unguided, guided = Spent(0, 0, 0.0, 0.0), Spent(0, 0, 0.0, 0.0)
    with new_campaign() as campaign:
        without = structs.replace(campaign.setup, guided=False)
        for number in range(first + tasks):
            task = campaign.next_task()
            given = campaign.given(task)
            counts = number >= first
            for guiding in (number % 2 == 0, number % 2 == 1) if counts else (True,):
                before, own = cpu_seconds(), 0.0
                if guiding:
                    done = carry_out(campaign.setup, task, given)
                    own = process_time()
                    campaign.take(task, given, done)
                    campaign.settle()
                    own = process_time() - own
                else:
                    done = carry_out(without, task, given)
                spent = Spent(1, done.tally.judged, cpu_seconds() - before, own)
                if counts and guiding:
                    guided = guided.and_also(spent)
                elif counts:
                    unguided = unguided.and_also(spent)
        keeping.close_all()
    return unguided, guided


def on_a_cluster(campaign: Campaign, cluster: Cluster, tasks: int) -> Spent:
    """Work off tasks on the workers; what counts is the time of so many, between some before them and some after.

    Of a task that began before that time or ends after it, the part within counts.
    """
    first, around = len(campaign.standing.tasks), max(tasks // 4, 2 * AHEAD)
    wanted = [first + around, first + around + tasks]
    marks: list[tuple[float, Spent]] = []

    def look(left: float) -> None:
        done = len(campaign.standing.tasks)
        if len(marks) < len(wanted) and done >= wanted[len(marks)]:
            marks.append((campaign.now(), Spent(done, 0, cpu_seconds(), process_time(), monotonic())))

    Running(campaign, cluster, seconds=3600.0, tasks=wanted[-1] + around, look=look).run()
    (begin, before), (end, after) = marks
    done = [event for event in events(campaign.corpus.folder.parent) if isinstance(event, TaskDone)]
    answers = sum(Ran(event.at, event.seconds, event.tally.judged).within(begin, end) for event in done)
    return after.since(before)._replace(answers=answers)


def row(what: str, spent: Spent, ratio: str) -> None:
    """Print a row of the table."""
    each = 1000 * spent.coordinating / spent.tasks
    print(f"| {what} | {spent.rate:,.0f} | {ratio} | {each:.0f} |", flush=True)


def main(first: int, tasks: int) -> None:
    """Print the table, each row when it is measured."""
    print(
        "| what | answers judged a second of CPU | ratio | the campaign itself, ms a task |\n|---|---|---|---|",
        flush=True,
    )
    without, alone = in_one_process(first, tasks)
    row("one process, unguided", without, "")
    row("one process, guided", alone, f"{alone.rate / without.rate:.2f} of unguided")
    with new_campaign() as campaign, cluster_of(campaign.setup, None, 2, None) as cluster:
        Running(campaign, cluster, seconds=3600.0, tasks=first).run()
        both = on_a_cluster(campaign, cluster, tasks)
    row("local cluster of two workers, guided", both, f"{both.rate / alone.rate:.2f} of one process")


if __name__ == "__main__":
    main(*(map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (30, 24)))
