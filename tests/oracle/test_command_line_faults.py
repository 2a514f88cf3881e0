"""A fault of the harness itself is never a verdict on an implementation."""

from __future__ import annotations

import subprocess
import sys

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
