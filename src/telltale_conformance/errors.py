"""Errors of the harness: what is wrong, where, what to do, and the exit code of a command that it ends.

None of them is a verdict on an implementation, and none is a refusal of the contract (``model.errors.Refused``).
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Final

from telltale_conformance.readable import both_ends

_OF_THE_MACHINE: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)
"""What an error of a file says of the machine rather than of the file that was named."""
LONGEST_PROBLEM: Final = 1500
"""How many characters of a problem a message has: what it quotes may be of any length."""


class HarnessError(Exception):
    """Thrown when what was asked for cannot be done.

    Attributes:
        problem: what is wrong, in one sentence.
        place: where, as ``FILE:LINE``; empty where there is no place.
        remedy: what to do; empty where the problem says it.
        detail: lines that show the place; empty where there are none.
    """

    exit_code: ClassVar[int] = 2
    """Of the command that it ends; here a usage error or malformed input."""
    remedy: str = ""

    def __init__(self, problem: str, *, place: object = "", remedy: str = "", detail: str = "") -> None:
        # Exception.__init__ is not called: the arguments stay those of the class, so that every error can be pickled
        self.problem = both_ends(problem, LONGEST_PROBLEM)
        self.place = str(place)
        self.remedy = remedy or type(self).remedy
        self.detail = detail

    def __str__(self) -> str:
        text = f"{self.place}: {self.problem}" if self.place else self.problem
        if self.remedy:
            text += f"; {self.remedy}"
        return f"{text}\n{self.detail}" if self.detail else text

    def report(self) -> str:
        """Return all that a person needs to see of it."""
        return str(self)


class UsageError(HarnessError):
    """Thrown when a command or a function is asked for something that makes no sense."""


class InconclusiveError(HarnessError):
    """Thrown when nothing can be concluded: the machinery failed, or there was nothing to judge."""

    exit_code = 3


def of_file(error: OSError, problem: str, place: object) -> HarnessError:
    """Return the error for a file that cannot be read or written: bad usage, or what the machine lacks."""
    kind = InconclusiveError if error.errno in _OF_THE_MACHINE else UsageError
    return kind(f"{problem}: {error.strerror or error}", place=place)


def unwritable(error: OSError, place: object) -> HarnessError:
    """Return the error for a file that cannot be written."""
    return of_file(error, "cannot be written", place)


@contextmanager
def naming(place: object) -> Iterator[None]:
    """Let an error of the system that names no file name this one, as that of a full disk does not."""
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(place)) from None
