"""A reader that goes away ends no run and changes no exit code: 1 would mean a divergence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle.lane_world import ROOT, served

CODE = "from telltale_conformance.oracle.cli.app import main; main()"


@pytest.mark.parametrize(("store", "code"), [("correct", 0), ("witness_is_consumed_twice", 1)])
def test_a_check_goes_on_when_nobody_reads_its_output(store: str, code: int, tmp_path: Path) -> None:
    words = ["check", "--sut", served(store), "--lanes", "corpus", "--report", str(tmp_path)]
    ended, said = unread(*words)
    assert ended == code, said
    assert "Traceback" not in said
    assert (tmp_path / "report.json").is_file()


def test_help_that_nobody_reads_is_no_failure() -> None:
    assert unread("--help") == (0, "")


def unread(*words: str) -> tuple[int, str]:
    """Run a command whose standard output has no reader; return its exit code and what it said on standard error."""
    command = [sys.executable, "-c", CODE, *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        return process.wait(), said
