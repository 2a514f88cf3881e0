"""Paths as reports show them: never absolute, since a report is read on other machines than it was written on."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple


def path_from_here(path: str) -> str:
    """Return an absolute path as seen from the working directory; another one as it is."""
    return Path(os.path.relpath(path)).as_posix() if os.path.isabs(path) else path


def command_from_here(command: str) -> str:
    """Return a command line that does the same in the working directory, without absolute paths.

    A program that is found by its name alone is called by its name. What is no command line stays as it is.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    shown = [_program(word) if number == 0 else _word(word) for number, word in enumerate(words)]
    return command if shown == words else shlex.join(shown)


def _program(word: str) -> str:
    name = Path(word).name
    if not os.path.isabs(word):
        return word
    if shutil.which(name) == word:
        return name
    path = path_from_here(word)
    return path if "/" in path else f"./{path}"


def _word(word: str) -> str:
    option, equals, value = word.partition("=")
    if equals and option.startswith("-") and os.path.isabs(value):
        return f"{option}={path_from_here(value)}"
    return path_from_here(word)


class Shown(NamedTuple):
    """A path as a page shows it."""

    path: str
    beside: bool
    """It is as seen from the folder of the page, not from the working directory."""


def from_page(path: Path, folder: Path) -> Shown:
    """Return a path as the page in a folder shows it.

    It is as seen from the working directory where it is below that, else from the folder of the page.
    """
    whole = Path(os.path.abspath(path))
    if whole.is_relative_to(Path.cwd()):
        return Shown(path_from_here(str(whole)), False)
    return Shown(Path(os.path.relpath(whole, folder)).as_posix(), True)


def without_roots(text: str, folder: Path) -> str:
    """Return a sentence without the beginnings of paths that tell of this machine alone.

    These are the working directory, the folder of the report, and the home directory, which becomes ``~``.
    """
    roots = {str(folder.resolve()): "", str(Path.cwd()): "", str(Path.home()): "~/"}
    for root, instead in sorted(roots.items(), key=lambda one: -len(one[0])):
        if len(root) > 1:
            text = text.replace(f"{root}/", instead)
    return text
