"""Ctrl-C and SIGTERM end a check in order: a report marked as partial, exit code 3, no process left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from telltale_conformance.oracle.cli import check as check_command
from telltale_conformance.oracle.cli.check import run_lane
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import LANES, Lane
from telltale_conformance.oracle.process.interrupts import Interrupted, held_back, watched
from telltale_conformance.oracle.verdict.evidence import Evidence, Items
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.adapter_world import MARK, ROOT, marked

PATIENCE = 60.0
"""Seconds after which something that was waited for will not come."""

CHECK = """
import sys
from pathlib import Path
from telltale_conformance.oracle.cli.check import run
from telltale_conformance.oracle.gate import Gate
from telltale_conformance.oracle.lanes.effort import Effort
sys.exit(run(sut=sys.argv[1], lanes=sys.argv[2].split(","), effort=Effort.thorough, workers=int(sys.argv[3]),
             gate=Gate(report=Path(sys.argv[4]))))
"""
STUCK = """
import hashlib
from telltale_conformance.oracle.process.interrupts import Interrupted, watched
def last_resort():
    print("last resort", flush=True)
with watched(grace=0.3) as watch:
    watch.last_resort = last_resort
    while True:
        try:
            print("ready", flush=True)
            hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)  # minutes in C, where Python hears no signal
        except Interrupted:
            pass  # it came just before
"""
DEAF = """
import time
from telltale_conformance.oracle.process.interrupts import Interrupted, watched
with watched(grace=600):
    try:
        print("ready", flush=True)
        time.sleep(600)
    except Interrupted:
        print("first", flush=True)
        time.sleep(600)
"""


@pytest.fixture
def mark() -> Iterator[str]:
    """Mark what a test starts; no process may be left."""
    made = uuid.uuid4().hex
    yield made
    for pid in marked(made):
        os.kill(pid, signal.SIGKILL)


def started(mark: str, source: str, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, MARK: mark, "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "false"}
    return subprocess.Popen(
        [sys.executable, "-c", source, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(condition: object, what: str) -> None:
    """Wait for a condition of another process, which gives no other sign."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def is_judging(mark: str, processes: int) -> bool:
    return len([command for command in marked(mark).values() if "adapters.reference" in command]) >= processes


@pytest.mark.parametrize(
    ("sent", "to_group", "workers", "lanes"),
    [
        (signal.SIGINT, False, 1, "corpus,programs,graph"),
        (signal.SIGTERM, False, 1, "programs,graph"),
        (signal.SIGINT, True, 2, "programs,graph"),
        (signal.SIGTERM, False, 2, "programs,graph"),
    ],
)
def test_a_signal_leaves_a_partial_report_and_no_process(
    mark: str, tmp_path: Path, sent: signal.Signals, to_group: bool, workers: int, lanes: str
) -> None:
    command = f"{sys.executable} -m telltale_conformance.adapters.reference"
    check = started(mark, CHECK, command, lanes, str(workers), str(tmp_path))
    assert check.stdout is not None
    until(lambda: is_judging(mark, workers), "the lanes do not start")
    line = check.stdout.readline()
    assert "effort thorough" in line
    until(lambda: is_judging(mark, workers), "the lanes do not judge")
    (os.killpg if to_group else os.kill)(check.pid, sent)
    out, err = check.communicate(timeout=PATIENCE)
    assert check.returncode == 3, err
    assert f"{sent.name}, ending" in err
    assert "Traceback" not in err
    assert "report: " in out
    document = json.loads((tmp_path / "report.json").read_text())
    assert (document["complete"], document["verdict"], document["exit_code"]) == (False, "inconclusive", 3)
    assert document["cut_short"] == f"interrupted by {sent.name}"
    assert [lane["lane"] for lane in document["lanes"]] == lanes.split(",")
    assert document["lanes"][-1]["verdict"] in {"not run", "inconclusive"}, "the signal may come before the first lane"
    assert "partial report" in (tmp_path / "index.html").read_text()
    until(lambda: not marked(mark), "processes are left")


def test_a_lane_that_is_interrupted_keeps_what_it_did(mark: str, tmp_path: Path) -> None:
    command = f"{sys.executable} -m telltale_conformance.adapters.reference"
    source = CHECK.replace(
        "import sys\n", "import sys\nfrom telltale_conformance.oracle.process.progress import _listeners\n", 1
    ).replace("sys.exit(", "_listeners.append(lambda part: print('part', part, flush=True))\nsys.exit(", 1)
    check = started(mark, source, command, "programs", "1", str(tmp_path))
    assert check.stdout is not None
    while not check.stdout.readline().startswith("part"):
        pass
    check.send_signal(signal.SIGINT)
    check.communicate(timeout=PATIENCE)
    (lane,) = json.loads((tmp_path / "report.json").read_text())["lanes"]
    assert lane["judged"] > 0
    assert lane["complete"] is False
    assert check.returncode == 3


@pytest.mark.parametrize(("keeps", "first"), [(True, "agree"), (False, "inconclusive")])
def test_lanes_after_one_that_is_interrupted_are_not_run(
    keeps: bool, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the signal leaves that lane its result, as where it comes between two cases, or takes it away."""
    seen: list[Check] = []

    def interrupted(name: str, *_: object) -> LaneResult:
        with suppress(Interrupted) if keeps else nullcontext():
            signal.raise_signal(signal.SIGINT)
        return LaneResult(lane=name, evidence=Evidence(Items("traces", 1, 1)))

    def conclude(gate: Gate, check: Check, **_: object) -> int:
        seen.append(check)
        return 3

    monkeypatch.setattr(check_command, "run_lane", interrupted)
    monkeypatch.setattr(Gate, "conclude", conclude)
    assert check_command.run(lanes=["corpus", "programs", "graph"]) == 3
    assert [result.verdict for result in seen[0].results] == [first, "not run", "not run"]
    assert seen[0].interrupted


def test_a_signal_while_programs_are_made_smaller_keeps_what_was_found(mark: str, tmp_path: Path) -> None:
    source = CHECK.replace("Effort.thorough", "Effort.quick").replace("Gate(", "Gate(minimise_seconds=60, ")
    source = source.replace(
        "sys.exit(",
        """import signal
from telltale_conformance.oracle.reports.minimal import _Again
_Again._on_implementation = lambda *divergence: signal.raise_signal(signal.SIGINT)
sys.exit(""",
        1,
    )
    command = f"{sys.executable} -m telltale_conformance.adapters.wrong_store"
    check = started(mark, source, command, "programs", "1", str(tmp_path))
    out, err = check.communicate(timeout=PATIENCE)
    document = json.loads((tmp_path / "report.json").read_text())
    assert document["cut_short"] == "interrupted by SIGINT while programs were made smaller", err
    assert (document["complete"], document["verdict"], document["exit_code"]) == (False, "inconclusive", 3)
    assert check.returncode == 3
    assert "the run was interrupted" in out
    remarks = {finding["remark"] for finding in document["findings"]}
    assert remarks == {"not run again, so not made smaller: the run was interrupted"}
    until(lambda: not marked(mark), "processes are left")


def test_foreign_code_that_never_returns_is_left_behind_after_the_grace(mark: str) -> None:
    stuck = started(mark, STUCK)
    assert stuck.stdout is not None
    assert stuck.stdout.readline() == "ready\n"
    stuck.send_signal(signal.SIGTERM)
    out, _ = stuck.communicate(timeout=PATIENCE)
    assert stuck.returncode == 3
    assert out.endswith("last resort\n")


def test_the_second_signal_ends_at_once(mark: str) -> None:
    deaf = started(mark, DEAF)
    assert deaf.stdout is not None
    assert deaf.stdout.readline() == "ready\n"
    deaf.send_signal(signal.SIGINT)
    assert deaf.stdout.readline() == "first\n"
    deaf.send_signal(signal.SIGINT)
    deaf.communicate(timeout=PATIENCE)
    assert deaf.returncode == 3


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted, match="SIGTERM"), watched() as watch:
        signal.raise_signal(signal.SIGTERM)
    assert watch.reason == "interrupted by SIGTERM"
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    with watched() as watch:
        pass
    assert watch.reason is None


def test_a_signal_waits_for_the_end_of_a_block_that_holds_it_back() -> None:
    done = []

    def hold() -> None:
        with held_back():
            signal.raise_signal(signal.SIGINT)
            done.append("the block")
        done.append("never")

    with pytest.raises(Interrupted), watched():
        hold()
    assert done == ["the block"]


def test_an_interruption_is_no_ordinary_exception() -> None:
    assert not issubclass(Interrupted, Exception)


def test_a_signal_that_foreign_code_wraps_is_no_fault_of_the_harness(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrapping(subject: Subject, settings: Settings) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except Interrupted as interrupted:
            raise ValueError("argument 1: Interrupted") from interrupted

    monkeypatch.setitem(LANES, "programs", Lane(wrapping, {}))
    with watched(), pytest.raises(Interrupted):
        run_lane("programs", Subject(), Settings())


DESCRIBING = """
import sys
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.oracle.adapters import Answer
from telltale_conformance.oracle.process.interrupts import watched
from telltale_conformance.oracle.reference.judging import judge_answer
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.model.operations import Outcome
records = b"[" + b",".join([b'{"event":"Issued","tick":1}'] * 400_000) + b"]"
with watched(grace=600):
    try:
        print("ready", flush=True)
        while True:
            judge_answer("open", Outcome(0, None, ()), Answer("ok", b"0", records), Level.state)
    except KeyboardInterrupt:
        print("first", flush=True)
        while True:
            judge_answer("open", Outcome(0, None, ()), Answer("ok", b"0", records), Level.state)
"""


def test_both_signals_are_heard_while_a_large_answer_is_described(mark: str) -> None:
    busy = started(mark, DESCRIBING)
    assert busy.stdout is not None
    assert busy.stdout.readline() == "ready\n"
    began = time.monotonic()
    busy.send_signal(signal.SIGINT)
    assert busy.stdout.readline() == "first\n"
    heard = time.monotonic()
    busy.send_signal(signal.SIGINT)
    busy.communicate(timeout=PATIENCE)
    ended = time.monotonic()
    assert busy.returncode == 3
    assert heard - began < 10  # 2 s on a machine of its own; docs/reliability.md has the measured times
    assert ended - heard < 5
