"""The time left is an estimate by pace and usual times; a bar is shown on a terminal alone."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from telltale_conformance.oracle.lanes import chunks
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import ASKED_FOR, LANES
from telltale_conformance.oracle.process.progress import Clock, bar, tell

ROOT = Path(__file__).parents[2]


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def clock() -> tuple[Clock, Time]:
    time = Time()
    made = Clock({"a": 10.0, "b": 30.0}, time)
    made.begin("a")
    return made, time


def test_at_first_the_usual_time_is_left() -> None:
    made, _ = clock()
    assert (made.left, made.fraction) == (40.0, 0.0)


def test_the_part_done_tells_how_long_the_rest_of_a_lane_takes() -> None:
    made, time = clock()
    time.now += 1.0
    made.reach(0.5)
    assert made.left == 1.0 + 30.0
    assert made.fraction == pytest.approx(0.125)


def test_a_slow_lane_is_estimated_by_its_own_pace() -> None:
    made, time = clock()
    time.now += 9.0
    assert made.left == 1.0 + 30.0
    made.reach(0.1)
    assert made.left == pytest.approx(81.0 + 30.0)
    assert made.fraction == pytest.approx(0.025)


def test_what_a_lane_leaves_is_not_counted_again() -> None:
    made, time = clock()
    time.now += 1.0
    made.begin("b")
    assert (made.left, made.fraction) == (30.0, 0.25)
    made.reach(1.0)
    assert (made.left, made.fraction) == (0.0, 1.0)


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with bar({"a": 10.0}) as shown:
        shown.begin("a")
        tell(1, 2)
        with shown.aside():
            print("a line")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("a line\n", "")


def test_on_a_terminal_the_bar_names_the_lane_and_the_time_left_and_stdout_stays_clean() -> None:
    source = (
        "from telltale_conformance.oracle.process.progress import bar, tell\n"
        "with bar({'corpus': 100.0, 'graph': 100.0}) as shown:\n"
        "    shown.begin('graph')\n    tell(1, 2)\n"
        "    with shown.aside():\n        print('a line')\n"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        environment.pop(name, None)
    command = [sys.executable, "-c", source]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, env=environment, check=True)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass  # the other end is closed
    os.close(ours)
    assert done.stdout == b"a line\n"
    assert b"graph" in shown
    assert b"75 %" in shown
    assert b"about " in shown


class Enough(Exception):
    """Ends a lane that has told twice how far it is."""


@pytest.mark.parametrize("name", [*LANES, *ASKED_FOR])
def test_every_lane_tells_how_far_it_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []

    def tell(done: int, count: int) -> None:
        told.append((done, count))
        if len(told) > 1:
            raise Enough

    lane = (LANES | ASKED_FOR)[name]
    for place in (import_module(f"telltale_conformance.oracle.lanes.{name}"), chunks):
        if hasattr(place, "tell"):
            monkeypatch.setattr(place, "tell", tell)
    with pytest.raises(Enough):
        lane.run(Subject(), Settings(effort=Effort.quick, cases=60 if lane.takes_cases else None))
    (first, count), (second, same) = told
    assert (count, 0 <= first < second < count) == (same, True), "a bar that only jumps tells nothing"
