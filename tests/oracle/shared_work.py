"""What the processes of ``test_sharing`` do; they import it by its name."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

from telltale_conformance.errors import UsageError


def squared(number: int) -> int:
    """Square a number; what is no number of the tests' own ends badly."""
    if number == 7:
        raise UsageError("seven is not squared", place="item 7", remedy="leave it out")
    if number == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 17:
        os._exit(5)
    return number * number


def who(number: int) -> int:
    """Return the process that works on an item."""
    return os.getpid()


def waits(number: int) -> None:
    """Say which process this is, and do not come to an end."""
    os.write(1, f"{os.getpid()}\n".encode())  # at once: two processes write here
    while True:
        signal.pause()


def items(*numbers: int) -> Iterator[int]:
    """Yield numbers; a negative one is where the iteration fails."""
    for number in numbers:
        if number < 0:
            raise UsageError("there is no such item")
        yield number
