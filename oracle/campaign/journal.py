"""The journal of a campaign: one line for each event, on the disk before anything that it says is reported.

A line that a power cut or a full disk tore is the last one, and is dropped when the journal is opened again: what it
was to say was not reported, and its task is run again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from telltale_conformance.errors import HarnessError
from telltale_conformance.files import opened
from telltale_conformance.lean_traces.codec import encode
from telltale_conformance.oracle.campaign.durable import put_durably
from telltale_conformance.oracle.campaign.events import Event

FILE: Final = "journal.jsonl"
FORMAT: Final = "telltale-conformance/campaign-journal"
VERSION: Final = 2
_HEADER: Final = encode({"schema": FORMAT, "version": VERSION}) + b"\n"
_decoder: Final = msgspec.json.Decoder(Event)


class MalformedJournal(HarnessError):
    """Thrown when a journal is not one, or was damaged elsewhere than at its end."""


class Journal:
    """The journal in a folder, open for more.

    Args:
        folder: of the campaign.

    Raises:
        MalformedJournal: the file is not a journal, or a line before its last one is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        if not self.path.exists():
            put_durably(self.path, _HEADER)
        self.dropped = 0
        """How many bytes of a torn line were dropped."""
        whole = _whole_until(self.path)
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._length = os.fstat(self._file).st_size
        if whole < self._length:
            self.dropped = self._length - whole
            os.ftruncate(self._file, whole)
            os.fsync(self._file)
            self._length = whole

    def write(self, events: Iterable[Event]) -> None:
        """Write events; they are on the disk when this returns.

        Raises:
            OSError: they cannot be written; then the journal is as it was before.
        """
        data = b"".join(encode(event) + b"\n" for event in events)
        if not data:
            return
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._length)
            raise
        self._length += len(data)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def events(folder: Path) -> Iterator[Event]:
    """Yield the events of a journal; a torn last line is left out.

    Raises:
        MalformedJournal: as ``Journal``.
        OSError: it cannot be read.
    """
    for event, _ in _read(folder / FILE):
        yield event


def _whole_until(path: Path) -> int:
    """Return up to which byte a journal is whole."""
    end = len(_HEADER)
    for _, after in _read(path):
        end = after
    return end


def _read(path: Path) -> Iterator[tuple[Event, int]]:
    """Yield each event with the place of the byte after its line."""
    with opened(path) as file:
        if file.readline() != _HEADER:
            raise MalformedJournal(f"this is no journal of a campaign of version {VERSION}", place=f"{path}:1")
        place = len(_HEADER)
        torn: tuple[int, str] | None = None
        for number, line in enumerate(file, 2):
            try:
                event = _decoder.decode(line)
            except msgspec.MsgspecError as error:
                torn = torn or (number, str(error))
                continue
            if torn is not None:
                told = f"line {torn[0]} is damaged, and it is not the last one: {torn[1]}"
                raise MalformedJournal(told, place=f"{path}:{torn[0]}")
            if line.endswith(b"\n"):
                place += len(line)
                yield event, place
