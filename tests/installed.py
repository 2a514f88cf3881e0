"""The command as a user runs it: installed, or its entry in this process, which costs no start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from telltale_conformance.oracle.cli.app import main

COMMAND = Path(sys.executable).parent / "telltale-conformance"
PLAIN = {"COLUMNS": "120", "NO_COLOR": "1"}
"""No colours, and lines of one width."""


def run(
    *arguments: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the installed command and return what it printed."""
    return subprocess.run(
        [str(COMMAND), *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **PLAIN, **(env or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def run_here(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run what the installed command runs, in this process, and return what it printed and its exit code.

    ``test_replay_command`` shows that the installed command does the same.
    """
    words = [str(COMMAND), *map(str, arguments)]
    with (
        TemporaryFile("w+", encoding="utf-8", newline="") as out,
        TemporaryFile("w+", encoding="utf-8", newline="") as err,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in PLAIN.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", words)
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as ended:
            main()
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read())
    code = ended.value.code
    assert isinstance(code, int)
    return subprocess.CompletedProcess(words, code, *texts)
