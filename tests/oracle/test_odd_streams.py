"""Standard output that is closed, full or in an odd encoding never ends a command in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.reference.recording import record
from tests.oracle.minimise_world import program
from tests.oracle.wrong_references import WrongReference

REFERENCE = f"{sys.executable} -m telltale_conformance.adapters.reference"
COMMANDS = {
    "types": ["types", "odd.json"],
    "replay": ["replay", "t.jsonl"],
    "check": ["check", "--lanes", "programs", "--cases", "1", "--no-config"],
    "minimise": ["minimise", "t.jsonl", "-o", "small.jsonl"],
    "verify": ["verify", "nowhere"],
    "prove": ["prove", "--claim", "K99"],
    "record": ["record", "--sut", REFERENCE, "--seed", "1", "--steps", "3", "-o", "-"],
    "init": ["init", "new"],
    "adapter-kit": ["adapter-kit", "no-such-adapter"],
    "schema": ["schema", "config"],
    "compare": ["compare", "nowhere.json", "nowhere.json"],
    "trends": ["trends", "nowhere.jsonl"],
    "campaign": ["campaign"],
    "lean": ["lean", "doctor"],
    "help": ["check", "--help"],
}
"""Each command, with arguments by which it soon ends."""
ODD = {
    "closed": (">&-", {}),
    "full": (">/dev/full", {}),
    "latin-1": (">/dev/null", {"PYTHONIOENCODING": "latin-1", "LC_ALL": "C"}),
    "ascii": (">/dev/null", {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "POSIX"}),
    "both closed": (">&- 2>&-", {}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("streams")
    branch = [{"name": "ünï", "sort": "Unit"}, None, "End"]
    (made / "odd.json").write_text(json.dumps({"Send": {"partner": "Ω", "branches": [branch]}}), encoding="utf-8")
    record(WrongReference({}), program(("open", {"roles": ["Ω"], "initial_types": {}})), made / "t.jsonl")
    return made


def test_every_command_is_among_them() -> None:
    group = typer.main.get_command(app)
    assert set(group.commands) <= set(COMMANDS)


def ended(command: str, odd: str, folder: Path) -> subprocess.CompletedProcess[str]:
    redirected, environment = ODD[odd]
    return subprocess.run(
        ["bash", "-c", f'"$@" {redirected}', "bash", sys.executable, "-m", "telltale_conformance", *COMMANDS[command]],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=240,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_device_is_said_and_no_success(command: str, folder: Path) -> None:
    done = ended(command, "full", folder)
    assert "Traceback" not in done.stderr
    assert done.returncode in (1, 2, 3), done.stderr
    if command in ("types", "replay", "record", "schema", "help"):
        assert done.returncode == 3, done.stderr
        assert "standard output cannot be written: No space left on device" in done.stderr


@pytest.mark.nightly
@pytest.mark.parametrize("odd", [name for name in ODD if name != "full"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_odd_stream_ends_in_a_traceback(command: str, odd: str, folder: Path) -> None:
    done = ended(command, odd, folder)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2, 3), done.stderr


@pytest.mark.parametrize("odd", ["closed", "latin-1"])
def test_names_that_the_encoding_has_not_are_spelled(odd: str, folder: Path) -> None:
    done = ended("replay", odd, folder)
    assert (done.returncode, done.stderr) == (0, "")
