"""What it costs that tasks begin before others have ended.

``python -m tests.benchmarks.campaign_at_hand [TASKS AT_HAND…]`` carries out the tasks of a campaign one after the other
in this process. But each is made as it is made on a cluster, when so many tasks are at hand with the workers and have
not told yet what they reached: three for each worker. So its parents are fewer, and what it reaches may be what others
reach too. The table says how many programs workers sent or named, how many of them the campaign kept, and what was
reached with the same number of tasks. Tasks have a tenth of their cases, so that many of them can be looked at.
"""

from __future__ import annotations

import sys
import tempfile
from collections import deque
from pathlib import Path
from time import process_time
from typing import NamedTuple

from telltale_conformance.oracle.campaign import keeping
from telltale_conformance.oracle.campaign.folder import held
from telltale_conformance.oracle.campaign.opening import begin, opened
from telltale_conformance.oracle.campaign.plan import SIZES, Task
from telltale_conformance.oracle.campaign.running import Campaign
from telltale_conformance.oracle.campaign.work import Done, carry_out
from telltale_conformance.oracle.lanes.subject import Subject


class Told(NamedTuple):
    """The result of some tasks."""

    named: int
    """Programs that reached what their own task had not reached before."""
    kept: int
    """Those of them that reached what no task before had."""
    cells: int
    brought: int
    """Bytes of the programs that workers sent."""
    taking: float
    """Processor seconds of the campaign to take it all in."""


def worked_off(campaign: Campaign, tasks: int, at_hand: int) -> Told:
    """Work off so many tasks after those that play the programs of the package."""
    waiting: deque[tuple[Task, tuple[bytes, ...], Done]] = deque()
    named = brought = 0
    taking = 0.0

    def take() -> None:
        nonlocal taking
        before = process_time()
        campaign.take(*waiting.popleft())
        campaign.settle()
        taking += process_time() - before

    begun = kept = 0
    while begun < tasks:
        task = campaign.next_task()
        counts = task.lane != "start"
        given = campaign.given(task)
        done = carry_out(campaign.setup, task, given)
        waiting.append((task, given, done))
        if not counts:
            take()
            taking, kept = 0.0, len(campaign.standing.entries)
            continue
        begun += 1
        named += len(done.reached)
        brought += sum(len(one.program or b"") for one in done.reached)
        if len(waiting) >= at_hand:
            take()
    while waiting:
        take()
    return Told(named, len(campaign.standing.entries) - kept, len(campaign.standing.cells), brought, taking)


def main(tasks: int, *at_hand: int) -> None:
    """Print the table, each row when it is measured."""
    for lane, size in SIZES.items():
        SIZES[lane] = max(1, size // 10)
    print(
        "| tasks at hand | programs named | kept | of those named | cells | kB sent a task | campaign, ms a task |\n"
        "|---|---|---|---|---|---|---|",
        flush=True,
    )
    for count in at_hand:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "campaign"
            with held(folder):
                settings = begin(folder, Subject(), hours=1.0)
                with opened(folder, settings) as found:
                    told = worked_off(found.campaign, tasks, count)
            keeping.close_all()
        print(
            f"| {count:,} | {told.named:,} | {told.kept:,} | {100 * told.kept / told.named:.0f} % | {told.cells:,} "
            f"| {told.brought / tasks / 1000:.1f} | {1000 * told.taking / tasks:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main(*(map(int, sys.argv[1:]) if len(sys.argv) > 2 else (240, 3, 60, 240)))
