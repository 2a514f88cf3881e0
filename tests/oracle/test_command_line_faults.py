"""A fault of the harness itself is never a verdict on an implementation."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from telltale_conformance.oracle.cli import app
from tests.oracle.lane_world import ROOT

CODE = """
from telltale_conformance.oracle.cli import app, replay
def broken(*_, **__):
    raise RuntimeError("no idea")
replay.run = broken
app.main()
"""


def test_it_ends_with_3_and_says_so() -> None:
    command = [sys.executable, "-c", CODE, "replay", "--recordings"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "inconclusive: fault of the harness: RuntimeError('no idea')" in done.stderr
    assert "Traceback" in done.stderr, "its author needs to find the place"


@pytest.mark.parametrize("error", [MemoryError(), ImportError("x.so: failed to map segment from shared object")])
def test_too_little_memory_is_told_in_words(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "app", raising(error))
    assert _ended_with(capsys) == (3, "telltale-conformance: inconclusive: there is not enough memory\n")


def test_an_end_that_is_no_number_is_no_success(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "app", raising(SystemExit("no")))
    assert _ended_with(capsys)[0] == 3


def raising(error: BaseException) -> Callable[[], None]:
    """Return what raises that."""

    def end() -> None:
        raise error

    return end


def _ended_with(capsys: pytest.CaptureFixture[str]) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        app.main()
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["inf", "1e300"])
def test_a_deadline_that_cannot_be_waited_for_is_a_usage_error(seconds: str) -> None:
    """The system takes 2^31 milliseconds at most; a longer wait was called a fault of the harness."""
    words = ["check", "--lanes", "fixed", "--sut", "true", "--deadline", seconds]
    done = subprocess.run(
        [sys.executable, "-m", "telltale_conformance", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    said = f"telltale-conformance: adapter limit deadline cannot be {float(seconds):g}: at most 1,000,000 seconds\n"
    assert done.stderr == said
