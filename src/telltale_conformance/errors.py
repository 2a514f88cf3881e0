"""Errors of the harness: what is wrong, where, what to do, and the exit code of a command that it ends.

None of them is a verdict on an implementation, and none is a refusal of the contract (``model.errors.Refused``).
"""

from __future__ import annotations

from typing import ClassVar, Final

from telltale_conformance.readable import both_ends

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
