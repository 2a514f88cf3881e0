"""The yes to a command that a folder names: the folder may come from anyone, and a command is a program to run."""

from __future__ import annotations

import sys
from pathlib import Path

from telltale_conformance.errors import UsageError
from telltale_conformance.oracle.adapters.process import shown_command
from telltale_conformance.oracle.cli.terminal import warn


class NotToBeRun(UsageError):
    """Thrown when a folder names a command, and nobody said that it may run."""


def allowed(folder: Path, *commands: str, what: str, given: bool, remedy: str) -> None:
    """Show the commands that a folder names, and go on if they may run.

    Args:
        folder: the place of the folder.
        commands: as the folder names them.
        what: what the folder holds, as ``the dossier``.
        given: whether ``--run`` said yes beforehand; without it a terminal is asked.
        remedy: what to do where nobody says yes.

    Raises:
        NotToBeRun: the user does not say yes.
        BadCommand: a command cannot be split into words.
    """
    for command in commands:
        warn(f"{folder}: the command of {what}: {shown_command(command)}")
    if given or not commands:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NotToBeRun(f"the command of {what} is not run unasked", place=folder, remedy=remedy)
    print("It runs with your rights. Run it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise NotToBeRun(f"the command of {what} was not run", place=folder, remedy=remedy)
