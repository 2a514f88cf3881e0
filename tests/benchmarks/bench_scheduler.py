"""How many tasks a second a scheduler of dask.distributed can take: ``python -m tests.benchmarks.bench_scheduler``.

The scheduler runs in a process of its own, as on a cluster. The workers only wait; many share a process
(``fake_workers.py``), and they come a few at a time. The client behaves like a campaign: it keeps three tasks at hand
for each worker, sends the programs of a task along, looks which workers there are, and fetches each result, one by one
or all together that have ended. Only the steady part counts: after as many tasks as there are workers have ended, and
while each still has some at hand. What counts is the processor time of the scheduler and of the client for one task:
each of them works on one processor. So these times say how many tasks a second they can take, whatever else the
machine does, and from that how long a task must be for many workers. ``--seconds`` is how long tasks take in the mean:
the table shows whether the workers are kept busy. Before the tasks, workers that only send heartbeats are measured for
some seconds. What goes over the network is what the loopback device counts, so nothing else may use it:
``unshare --net --map-root-user sh -c "ip link set lo up && python -m tests.benchmarks.bench_scheduler"``.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from telltale_conformance.oracle.campaign.cluster import CONNECTIONS, greet_seconds

AHEAD = 3
"""Tasks at hand for each worker, as in a campaign."""
SETUP_BYTES = 7_000
GIVEN_BYTES = 90_000
"""Programs that a task of mutants is given: eight of the corpus; measured, like the two others."""
DONE_BYTES = 60_000
"""What a task returns: cells, features, divergences."""
IDLE_SECONDS = 15.0
"""For how long workers are looked at that only send heartbeats."""
BUSY = 0.5
"""The part of its processor that the busiest process should need at most, so that it answers at once."""


class Reading(NamedTuple):
    """What has been used up to a moment."""

    clock: float
    scheduler: float
    """Processor seconds of the scheduler."""
    client: float
    """Processor seconds of the client."""
    sent: int
    """Bytes that went over the loopback device."""


class Measured(NamedTuple):
    """What one run showed."""

    workers: int
    seconds: float
    """How long each task waited."""
    rate: float
    """Tasks that ended in a second."""
    scheduler: float
    """Processor seconds of the scheduler for one task."""
    client: float
    """Processor seconds of the client for one task."""
    sent: float
    """Bytes over the network for one task, to the scheduler, to a worker and back."""
    memory: int
    """The most bytes of memory that the scheduler needed."""
    idle: float
    """The part of its processor that the scheduler needs while workers only send heartbeats."""

    @property
    def busy(self) -> float:
        """The part of the time in which a worker had a task."""
        return self.rate * self.seconds / self.workers

    def length(self, workers: int) -> float:
        """Return how long tasks must be for so many workers, in seconds."""
        return workers * max(self.scheduler, self.client) / BUSY


def fake(setup: bytes, number: int, given: Sequence[bytes], sent: bool) -> bytes:
    """Stand for what a task is; no fake worker calls it."""
    raise NotImplementedError


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a Python program and end it with the block."""
    # hundreds of workers that share a process of a busy machine are late with their heartbeats, and not dead
    patient = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "1h"}
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, **patient},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def processor_seconds(process: psutil.Process) -> float:
    """Return the processor time that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def measured(workers: int, tasks: int, seconds: float, *, processes: int, batched: bool) -> Measured:
    """Run so many fake tasks on so many fake workers.

    Args:
        workers: how many.
        tasks: how many are counted at least; two for each worker where that is more.
        seconds: how long each takes in the mean.
        processes: among which the workers are shared.
        batched: fetch all results at once that are there, from the workers; else one by one, through the scheduler.
    """
    from distributed import Client

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = folder / "scheduler.json"
        scheduler = stack.enter_context(
            started(
                *("-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
                *("--scheduler-file", str(file)),
            )
        )
        client: Any = stack.enter_context(
            Client(
                scheduler_file=str(file),
                set_as_default=False,
                timeout=60,
                direct_to_workers=batched,
                connection_limit=CONNECTIONS,
            )
        )
        for number in range(processes):
            share = workers // processes + (number < workers % processes)
            given = map(str, (client.scheduler.address, share, seconds, DONE_BYTES))
            stack.enter_context(started("-m", "tests.benchmarks.fake_workers", *given))
        while len(present(client)) < workers:
            time.sleep(1)
        return _driven(client, psutil.Process(scheduler.pid), workers, tasks, seconds, batched)


def present(client: Any) -> dict[str, Any]:
    """Return the workers that the scheduler has, as a campaign asks for them."""
    found: dict[str, Any] = client.sync(client.scheduler.identity, n_workers=-1)["workers"]
    return found


def _driven(
    client: Any, scheduler: psutil.Process, workers: int, tasks: int, seconds: float, batched: bool
) -> Measured:
    ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
    setup, given = os.urandom(SETUP_BYTES), [(os.urandom(GIVEN_BYTES),) for _ in range(100)]
    under_way = set()

    def give(number: int) -> None:
        programs = given[number % len(given)]
        future = client.submit(fake, setup, number, programs, True, key=f"fake-{number}", pure=False, priority=0)
        future.add_done_callback(ended.put)
        under_way.add(future)

    mine = psutil.Process()

    def reading() -> Reading:
        sent = psutil.net_io_counters(pernic=True)["lo"].bytes_sent
        return Reading(time.monotonic(), processor_seconds(scheduler), processor_seconds(mine), sent)

    quiet = reading()
    time.sleep(IDLE_SECONDS)
    idle = (processor_seconds(scheduler) - quiet.scheduler) / (time.monotonic() - quiet.clock)
    begin = AHEAD * workers
    for number in range(begin):
        give(number)
    before = reading()
    memory, counted, first, looked = 0, 0, 0, time.monotonic()
    while counted < workers + max(tasks, 2 * workers):
        futures = [ended.get(timeout=300)]
        while batched and not ended.empty():
            futures.append(ended.get())
        results = client.gather(futures) if batched else [futures[0].result(timeout=120)]
        assert all(len(result) == DONE_BYTES for result in results)
        under_way.difference_update(futures)
        for number in range(begin + counted, begin + counted + len(futures)):
            give(number)
        if counted < workers <= counted + len(futures):
            before, first = reading(), counted + len(futures)
        counted += len(futures)
        if time.monotonic() > looked + greet_seconds(workers):
            looked = time.monotonic()
            assert len(present(client)) == workers
        memory = max(memory, scheduler.memory_info().rss)
    after = reading()
    client.cancel(list(under_way))
    counted -= first
    clock, of_scheduler, of_client, sent = (now - then for now, then in zip(after, before, strict=True))
    return Measured(
        workers,
        seconds,
        counted / clock,
        of_scheduler / counted,
        of_client / counted,
        sent / counted,
        memory,
        idle,
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[20, 50])
    parser.add_argument("--tasks", type=int, default=400)
    parser.add_argument("--seconds", type=float, nargs="+", default=[1.0])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--together", action="store_true", help="only fetch results all together, as a campaign does")
    parser.add_argument("--for-workers", type=int, default=1000)
    given = parser.parse_args()
    logging.getLogger("distributed.core").setLevel(logging.WARNING)  # it tells of every connection that it closes
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a worker has several connections
    print(
        "| workers | task takes | results | tasks/s | workers busy | scheduler, ms a task | client, ms a task | "
        f"kB a task | scheduler, MB | heartbeats alone | shortest task for {given.for_workers:,} workers |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for workers in given.workers:
        for seconds in given.seconds:
            for batched in (True,) if given.together else (False, True):
                found = measured(workers, given.tasks, seconds, processes=given.processes, batched=batched)
                how = "together, direct" if batched else "one by one"
                print(
                    f"| {workers:,} | {seconds:g} s | {how} | {found.rate:.0f} | {100 * found.busy:.0f} % "
                    f"| {1000 * found.scheduler:.2f} | {1000 * found.client:.2f} | {found.sent / 1000:.0f} "
                    f"| {found.memory / 1e6:.0f} | {100 * found.idle:.1f} % "
                    f"| {found.length(given.for_workers):.1f} s |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
