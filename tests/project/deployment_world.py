"""What the tests of ``docs/deployment.md`` share: its blocks, who reads its commands, stand-ins, real processes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
import psutil
import typer

from telltale_conformance.oracle.cli.app import app
from tools.ci_lint import example

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "deployment.md").read_text()
VERSIONS = ("1.29", "1.34")
"""The first version that the document names, and a later one."""


def block(section: str, language: str = "yaml") -> str:
    """Return the first block of a section of the document."""
    return example(DOCUMENT, section, language)


def tool(name: str) -> str:
    """Return the path of a linter that is installed with the development group."""
    found = shutil.which(name, path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    assert found is not None, f"{name} is not installed: it is in the group test"
    return found


def lint(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(
        [tool(command[0]), *command[1:]], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def read_by_telltale(words: list[str]) -> None:
    """Let our own command line read a command, all but running it."""
    name, *rest = words
    group: Any = typer.main.get_command(app)
    context = click.Context(group)
    command = group.get_command(context, name)
    assert command is not None, words
    if rest and getattr(command, "commands", {}).get(rest[0]) is not None:
        command, name, rest = command.commands[rest[0]], rest[0], rest[1:]
    command.make_context(name, list(rest), parent=context)


def read_by_dask(words: list[str]) -> None:
    """Let dask's command line read a command, all but running it."""
    from distributed.cli import dask_scheduler, dask_worker

    {"scheduler": dask_scheduler, "worker": dask_worker}[words[0]].main.make_context(words[0], list(words[1:]))


DASK: Final = """
name=
while [ $# -gt 0 ]; do
  [ -z "$name" ] && name=$1
  [ "$name $1" = "scheduler --scheduler-file" ] && echo '{"address": "tcp://node1:1234"}' > "$2"
  shift
done
[ "$name" = scheduler ] && trap 'touch "$HOME/over"; exit 0' TERM
touch "$HOME/begun-$$"
until [ -e "$HOME/over" ]; do /bin/sleep 0.02; done
"""
"""The scheduler writes its file and waits to be ended; a worker ends when the scheduler does."""
CAMPAIGN: Final = """
until [ "$(find "$HOME" -name 'begun-*' | wc -l)" -ge "$PARTS" ]; do /bin/sleep 0.02; done
exit "$ENDED"
"""
"""A campaign lasts until all other parts have begun."""
ENDED_FROM_OUTSIDE: Final = """#!/bin/bash
trap 'echo once >> "$HOME/heard"; exit 3' TERM
kill "$PPID"
while :; do /bin/sleep 0.02; done
"""
"""Ends the script that starts it, and waits until it is ended by it."""
STAND_INS: Final = {
    "telltale-conformance": CAMPAIGN,
    "dask": DASK,
    "srun": 'shift; exec "$@"',
    "ssh": 'shift 2; exec bash -c "$*"',
    "sleep": "exec /bin/sleep 0.02",
}


class World:
    """A folder with stand-ins for the programs that the scripts start."""

    def __init__(self, folder: Path, *, ended: int = 0, parts: int = 0) -> None:
        self.folder = folder
        self.ended = ended
        self.parts = parts
        binaries = folder / "bin"
        binaries.mkdir()
        for name, body in STAND_INS.items():
            note = f'printf "%s\\0" "$@" > "$HOME/asked.{name}.$(date +%s%N).$$"\n'
            (binaries / name).write_text(f"#!/bin/bash\n{note}{body}\n")
            (binaries / name).chmod(0o755)
        (binaries / "python").symlink_to(sys.executable)

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run bash with these arguments."""
        environment = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "ENDED": str(self.ended),
            "PARTS": str(self.parts),
            **variables,
        }
        return subprocess.run(
            ["bash", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def asked(self, name: str) -> list[list[str]]:
        """Return how a program was called, each time."""
        return [path.read_text().split("\0")[:-1] for path in sorted(self.folder.glob(f"asked.{name}.*"))]


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


def tasks_in(folder: Path) -> int:
    """Return how many tasks the journal of a campaign tells of."""
    journal = folder / "journal.jsonl"
    return journal.read_bytes().count(b'"event":"task"') if journal.exists() else 0


def wait_until(true: Callable[[], bool], running: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for something that comes while a program runs."""
    end = time.monotonic() + 240
    while not true():
        assert running.poll() is None, log.read_text()
        assert time.monotonic() < end
        time.sleep(0.05)


def end_all(*started: subprocess.Popen[bytes]) -> None:
    """End programs with all that they have started."""
    for process in started:
        if process.poll() is None:
            for one in (*psutil.Process(process.pid).children(recursive=True), process):
                with suppress(psutil.NoSuchProcess):
                    one.kill()
        process.wait()
