"""Work shared over processes: order, errors in their place, processes that are killed, signals; and ``replay`` so."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import distributed
import pytest

from telltale_conformance.errors import UsageError
from telltale_conformance.oracle.campaign.cluster import cluster_of
from telltale_conformance.oracle.cli import check, replay
from telltale_conformance.oracle.lanes import chunks
from telltale_conformance.oracle.process import sharing
from telltale_conformance.oracle.process.sharing import CannotShare, Lost, in_order
from tests.installed import run
from tests.oracle.shared_work import items, squared, who
from tests.trace_files import RECORDINGS

PATIENCE = 60.0
"""Seconds after which something that was waited for will not come."""

WAITING = """
from telltale_conformance.oracle.process.interrupts import ended_by_signals
from telltale_conformance.oracle.process.sharing import in_order
from tests.oracle.shared_work import waits
with ended_by_signals():
    list(in_order(waits, [1, 2, 3], 2))
"""


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    numbers = [number for number in range(300) if number not in (7, 13, 17)]
    assert list(in_order(squared, numbers, workers)) == [(number, number * number) for number in numbers]


@pytest.mark.parametrize("ahead", [1, 2])
def test_nothing_is_lost_where_all_processes_wait_for_one_item(ahead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one result ahead each process waits for the item that is due; none was handed over after that once."""
    monkeypatch.setattr(sharing, "_AHEAD", ahead)
    crew = sharing._Crew(squared, 1)  # one process: what comes when is known
    try:
        assert list(crew.results(iter([1, 2, 3, 4, 5]))) == [(number, number * number) for number in (1, 2, 3, 4, 5)]
    finally:
        crew.end()


def test_work_is_done_in_as_many_processes_as_were_asked_for() -> None:
    assert {pid for _, pid in in_order(who, [1, 2], 1)} == {os.getpid()}
    shared = {pid for _, pid in in_order(who, range(200), 2)}
    assert len(shared) == 2
    assert os.getpid() not in shared


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("numbers", "problem"), [((1, 2, 7, 3), "seven"), ((1, 2, -1, 3), "no such item")])
def test_an_error_comes_in_its_place(workers: int, numbers: tuple[int, ...], problem: str) -> None:
    results = in_order(squared, items(*numbers), workers)
    assert [number for number, _ in islice(results, 2)] == [1, 2]
    with pytest.raises(UsageError, match=problem):
        next(results)


def test_a_process_that_ends_by_itself_costs_its_own_item_and_no_other() -> None:
    results = dict(in_order(squared, [1, 13, 2, 17, 3, 4], 2))
    assert results.pop(13) == Lost("was killed by SIGKILL")
    assert results.pop(17) == Lost("ended with exit code 5")
    assert results == {1: 1, 2: 4, 3: 9, 4: 16}


def test_items_are_not_taken_far_ahead_of_the_results() -> None:
    taken: list[int] = []

    def counted() -> Iterator[int]:
        for number in range(10_000):
            taken.append(number)
            yield 2

    results = in_order(squared, counted(), 2)
    next(results)
    assert len(taken) <= 200
    results.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_and_its_processes(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", WAITING], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        assert command.stdout is not None
        workers = [int(command.stdout.readline()) for _ in range(2)]
        command.send_signal(number)
        assert command.wait(PATIENCE) == 3
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.fixture
def mixed_files(tmp_path: Path) -> list[Path]:
    """Files that agree, diverge and are malformed, a history's own kind among them, and one that is not there."""
    folder = tmp_path / "traces"
    folder.mkdir()
    for path in sorted(RECORDINGS.glob("*.jsonl.gz"))[:6]:
        shutil.copy(path, folder)
    (folder / "broken.jsonl").write_bytes(b"{}\n")
    (folder / "empty.jsonl").write_bytes(b"")
    return [folder, folder / "broken.jsonl", tmp_path / "missing.jsonl"]


@pytest.mark.parametrize(
    ("options", "named"),
    [(("--claims", "--contract", "hardened"), 1), (("--json",), 3)],
    ids=["for people, to the end", "as JSON, up to a file that is not there"],
)
def test_replay_says_the_same_by_one_worker_and_by_two(
    mixed_files: list[Path], options: tuple[str, ...], named: int
) -> None:
    alone, shared = (run("replay", *options, *mixed_files[:named], "--workers", workers) for workers in ("1", "2"))
    assert alone.stdout.count("\n") >= 8
    assert (shared.returncode, shared.stdout, shared.stderr) == (alone.returncode, alone.stdout, alone.stderr)


def test_replay_refuses_no_workers() -> None:
    done = run("replay", RECORDINGS, "--workers", "0")
    assert done.returncode == 2
    assert "--workers" in done.stderr


def test_a_worker_that_is_killed_is_a_fault_that_names_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    killed, *others = sorted(RECORDINGS.glob("*.jsonl.gz"))[:3]

    def killing(work: Callable[[Any], Any], subjects: Iterable[Any], workers: int) -> Iterator[Any]:
        for subject in subjects:
            yield subject, Lost("was killed by SIGKILL") if subject[0] == killed else work(subject)

    monkeypatch.setattr(replay, "in_order", killing)
    assert replay.run([killed, *others], workers=2) == 3
    out = capsys.readouterr().out
    assert f"{killed}: fault of the harness: the process that judged it was killed by SIGKILL" in out
    assert "3 traces: 2 agree, 0 diverge, 0 malformed, 1 inconclusive" in out


def test_a_machine_that_cannot_share_is_named_and_no_fault_of_the_harness(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So it is without /dev/shm."""

    def refuse(*args: Any, **kwargs: Any) -> None:
        worker = OSError(errno.EROFS, os.strerror(errno.EROFS))
        raise RuntimeError("Nanny failed to start.") from worker

    def refuse_at_once(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(chunks, "ProcessPoolExecutor", refuse_at_once)
    assert check.run(lanes=["programs"], cases=200, workers=2) == 3
    said = capsys.readouterr().out
    assert "no processes can share the work: [Errno 30] Read-only file system; they need /dev/shm" in said
    assert "fault of the harness" not in said
    monkeypatch.setattr(distributed, "LocalCluster", refuse)
    setup: Any = None
    with pytest.raises(CannotShare, match="Read-only file system"), cluster_of(setup, None, 1, None):
        pass
