"""Speed of judging histories: a race on one session, a load test over many, and a naive search beside it."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.histories import write_history
from telltale_conformance.lean_traces.history import HistoryHeader
from telltale_conformance.lean_traces.trace import Source
from telltale_conformance.model.operations import step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.histories.checker import Checker, check
from telltale_conformance.oracle.histories.foresight import foreseen
from telltale_conformance.oracle.histories.judging import judge_file, judge_history
from telltale_conformance.oracle.verdict.compare import Level, compare
from tests.benchmarks.history_workload import load
from tests.oracle.history_world import Interval, intervals

HEADER = HistoryHeader(clients=4, contract="telltale-17", source=Source(kind="reference", name="load", version="1"))


def test_a_race_of_four_clients_by_eight_operations_takes_under_20_ms() -> None:
    """Measured: median 2.7 ms."""
    took = []
    for seed in range(40):
        events = list(load(66, clients=4, sessions=1, seed=seed))
        started = time.process_time()
        assert judge_history(lambda events=events: events, "telltale-17").verdict == "agree"
        took.append(time.process_time() - started)
    print(
        f"\n4 clients by 8 operations: median {1000 * statistics.median(took):.1f} ms, most {1000 * max(took):.1f} ms"
    )
    assert statistics.median(took) < 0.020


@pytest.mark.parametrize("overall", [2000, 200])
def test_a_load_test_of_100000_events_takes_under_30_s(tmp_path: Path, overall: int) -> None:
    path = tmp_path / "load.jsonl"
    write_history(path, HEADER, load(100_000, clients=4, sessions=1000, overall=overall))
    started = time.process_time()
    result = judge_file(path)
    took = time.process_time() - started
    print(f"\n{result.events} events, one call in {overall} over all sessions: {took:.1f} s")
    assert result.verdict == "agree"
    assert took < 30


def test_memory_does_not_grow_with_the_history() -> None:
    """What is kept: the store, the window of events read ahead, and the open calls."""
    peaks = []
    for events in (20_000, 60_000):
        checker = Checker("telltale-17")
        tracemalloc.start()
        for event in check(foreseen(load(events, clients=4, sessions=50, reads_only=True)), checker):
            if event.seq == 10_000:
                tracemalloc.reset_peak()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    print(f"\n20,000 events: {peaks[0] / 1e6:.1f} MB, 60,000 events: {peaks[1] / 1e6:.1f} MB")
    assert peaks[1] < 1.2 * peaks[0]


def naive(events: list[Any]) -> bool:
    """Try the orders one after the other."""
    whole = intervals(events)
    return any(_right(order) for order in permutations(whole))


def _right(order: tuple[Interval, ...]) -> bool:
    if any(later.end < one.start for place, one in enumerate(order) for later in order[place + 1 :]):
        return False
    store = Store("telltale-17")
    for one in order:
        outcome = step(store, one.call.operation, one.call.arguments)
        assert one.answer is not None
        if compare(one.call.operation.name, outcome, one.answer, Level.state) is not None:
            return False
    return True


def test_a_naive_search_needs_far_longer() -> None:
    """On some 8 operations, most of them at once: the search here visits configurations, the naive one orders."""
    ours = theirs = 0.0
    for seed in range(3):
        events = list(load(14, clients=4, sessions=1, seed=seed))
        started = time.process_time()
        assert judge_history(lambda events=events: events, "telltale-17").verdict == "agree"
        ours += time.process_time() - started
        started = time.process_time()
        assert naive(events)
        theirs += time.process_time() - started
    print(f"\n8 operations, three histories: {1000 * ours:.1f} ms, naive {1000 * theirs:.0f} ms")
    assert theirs > 3 * ours
