"""Paths as reports show them: never absolute, since a report is read on other machines than it was written on."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path


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
