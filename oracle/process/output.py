"""The standard streams of a command: nothing written to them acts on a terminal or a CI's log, and none ends the run.

A pipe whose reader is gone (``check | head``) would otherwise end a check in the middle, with the exit code that means
a divergence; a stream that was closed before the start would have Python end with a code of its own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TextIO

from telltale_conformance.oracle.process.colour import colouring_for
from telltale_conformance.sinks import LogLines

_STANDARD: Final = (0, 1, 2)


class Guarded:
    """A text stream that makes what is written harmless, and falls silent once it cannot be written any more."""

    def __init__(self, stream: TextIO) -> None:
        self.unguarded = stream
        """For what is meant to act: the progress bar, and our own commands of a CI's log."""
        self.lost: OSError | None = None
        """Why something could not be written, but for a reader that went away: that one wants no more."""
        self._lines = LogLines()
        self._colouring = colouring_for(stream)
        self._begins = True
        """What is written next begins a line."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unguarded, name)

    def write(self, text: str) -> int:
        """Write, or do nothing where that cannot be done."""
        harmless = self._lines.written(text)
        if self._colouring is not None and self._begins:
            harmless = self._colouring(harmless)
        self._begins = text.endswith("\n") if text else self._begins
        try:
            self.unguarded.write(harmless)
        except OSError as error:
            self._silence(error)
        return len(text)

    def write_acting(self, text: str) -> None:
        """Write a text of ours that is meant to act."""
        try:
            self.unguarded.write(text)
        except OSError as error:
            self._silence(error)

    def write_bytes(self, data: bytes) -> None:
        """Write bytes that are no text for people, such as a trace."""
        try:
            self.unguarded.flush()
            self.unguarded.buffer.write(data)
        except OSError as error:
            self._silence(error)

    def flush(self) -> None:
        """Flush, or do nothing where that cannot be done."""
        try:
            self.unguarded.flush()
        except OSError as error:
            self._silence(error)

    def _silence(self, error: OSError) -> None:
        """Let the stream lead to nowhere, so that what is still in its buffer goes there, too."""
        if not isinstance(error, BrokenPipeError):
            self.lost = self.lost or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.unguarded.fileno())
        os.close(nowhere)


def unguarded(stream: TextIO) -> TextIO:
    """Return the stream behind a guarded one, for what is meant to act; any other as it is."""
    return stream.unguarded if isinstance(stream, Guarded) else stream


def print_acting(line: str, stream: TextIO) -> None:
    """Print a line of ours that is meant to act: a command of a CI's log."""
    if isinstance(stream, Guarded):
        stream.write_acting(line + "\n")
    else:
        print(line, file=stream)


def print_bytes(data: bytes) -> None:
    """Print bytes that are no text for people on standard output."""
    if isinstance(sys.stdout, Guarded):
        sys.stdout.write_bytes(data)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)


@contextmanager
def guarded_output() -> Iterator[tuple[Guarded, Guarded]]:
    """Guard standard output and standard error in the block."""
    open_standard_streams()
    before = sys.stdout, sys.stderr
    streams = Guarded(_usable(sys.stdout)), Guarded(_usable(sys.stderr))
    standing_in: tuple[Any, Any] = streams
    sys.stdout, sys.stderr = standing_in
    try:
        yield streams
    finally:
        for stream in streams:
            stream.flush()
        sys.stdout, sys.stderr = before


def open_standard_streams() -> None:
    """Let each standard stream that is closed lead to nowhere, so that no file is opened in its place."""
    for number in _STANDARD:
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _usable(stream: TextIO | None) -> TextIO:
    """Return a stream that takes every text; Python has none for a stream that was closed before the start."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return stream
