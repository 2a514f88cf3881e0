"""What commands print for people: their text with nothing in it that acts on the terminal, and every error alike."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec

from telltale_conformance.errors import HarnessError, InconclusiveError, UsageError
from telltale_conformance.readable import block, one_line

NAME: Final = "telltale-conformance"
Asked = ParamSpec("Asked")


def say(text: str) -> None:
    """Print a text for people, at once."""
    print(block(text), flush=True)


def warn(text: str) -> None:
    """Print a remark for people beside the output."""
    print(f"{NAME}: {block(text)}", file=sys.stderr, flush=True)


def tell(error: HarnessError) -> int:
    """Print an error: what is wrong, where, what to do. Return its exit code."""
    inconclusive = error.exit_code == InconclusiveError.exit_code
    warn(f"inconclusive: {error.report()}" if inconclusive else error.report())
    return error.exit_code


def told(command: Callable[Asked, int]) -> Callable[Asked, int]:
    """Let a command that an error ends print it and return its exit code."""

    @wraps(command)
    def telling(*args: Asked.args, **kwargs: Asked.kwargs) -> int:
        try:
            return command(*args, **kwargs)
        except HarnessError as error:
            return tell(error)
        except OSError as error:
            if error.filename is None:
                raise
            return tell(UsageError(f"cannot be read or written: {error.strerror}", place=error.filename))

    return telling


def tell_fault(error: Exception) -> int:
    """Print a fault of the harness itself, with where it was; return the exit code."""
    traceback.print_exception(error)
    return tell(InconclusiveError(f"fault of the harness: {one_line(repr(error), 1000)}"))


def tell_signal(number: int) -> int:
    """Print that a signal ended the command; return the exit code."""
    print(file=sys.stderr)
    return tell(InconclusiveError(f"ended by {signal.Signals(number).name}"))
