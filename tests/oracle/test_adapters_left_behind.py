"""Nothing of an adapter outlives the harness, however either of them ends."""

from __future__ import annotations

import gc
import os
import select
import signal
import subprocess
import sys
import uuid

import pytest

from telltale_conformance.oracle.adapters import SubprocessAdapter, faults
from tests.oracle.adapter_world import MARK, OPEN, PATIENT, ROOT, judge, kit, marked

HARNESS = """
import os, signal, sys
from telltale_conformance.oracle.adapters import Request, SubprocessAdapter
adapter = SubprocessAdapter(sys.argv[2:])
print("started", flush=True)
list(adapter.submit([Request("open", b'{"roles":[],"initial_types":{}}')] * 3))
print("answered", flush=True)
sys.stdin.readline()
exec(sys.argv[1])
"""
ENDINGS = {
    "os.kill(os.getpid(), signal.SIGKILL)": -signal.SIGKILL,
    "os.kill(os.getpid(), signal.SIGTERM)": -signal.SIGTERM,
    "os.kill(os.getpid(), signal.SIGINT)": -signal.SIGINT,
    "os._exit(5)": 5,
    "raise SystemExit(6)": 6,
    "1 / 0": 1,
}


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    return mark


def start_harness(command: list[str], ending: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", HARNESS, ending, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    )


def await_end(pids: list[int], mark: str) -> None:
    """Wait until processes are gone that are no children of this one."""
    for pid in pids:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([fd], [], [], 30)[0], marked(mark)
        os.close(fd)
    assert marked(mark) == {}


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_outlives_the_harness_however_it_ends(ending: str, mark: str) -> None:
    with start_harness(kit("leaves-daemon", 2), ending) as harness:
        assert harness.stdin
        assert harness.stdout
        assert [harness.stdout.readline() for _ in range(2)] == [b"started\n", b"answered\n"]
        pids = sorted(marked(mark).keys() - {harness.pid})
        assert len(pids) == 3, "a keeper, an adapter, and the process that it leaves behind"
        harness.stdin.write(b"\n")
        harness.stdin.close()
        assert harness.wait(30) == ENDINGS[ending]
    await_end(pids, mark)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_harness_that_waits_for_a_deaf_adapter_can_be_ended(number: signal.Signals, mark: str) -> None:
    with start_harness(kit("hangs-deaf", 2)) as harness:
        assert harness.stdout
        assert harness.stdout.readline() == b"started\n"
        pids = sorted(marked(mark).keys() - {harness.pid})
        assert len(pids) == 2
        harness.send_signal(number)
        assert harness.wait(30) == -number
    await_end(pids, mark)


def test_an_adapter_ends_with_its_keeper(mark: str) -> None:
    adapter = SubprocessAdapter(kit("hangs-deaf", 2), PATIENT)
    pids = sorted(marked(mark))
    keeper = next(pid for pid in pids if pid != adapter.pid)
    answers = adapter.submit([OPEN])
    os.kill(keeper, signal.SIGKILL)
    with pytest.raises(faults.Exited):
        next(answers)
    await_end(pids, mark)


def test_a_forgotten_adapter_is_ended(mark: str) -> None:
    adapter = SubprocessAdapter(kit("correct"), PATIENT)
    assert len(marked(mark)) == 2
    del adapter
    gc.collect()
    assert marked(mark) == {}


def test_a_forked_copy_of_the_harness_leaves_the_adapter_alone() -> None:
    with SubprocessAdapter(kit("correct"), PATIENT) as adapter:
        child = os.fork()
        if child == 0:
            adapter._kill()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert judge(adapter) == "agree"
