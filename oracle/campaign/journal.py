"""The journal of a campaign: one line for each event, on the disk before anything that it says is reported.

A line that a power cut or a full disk tore is the last one, and is dropped when the journal is opened again: what it
was to say was not reported, and its task is run again. Each line ends with a checksum of itself and of all lines before
it, the first one of the name of the campaign. So a line that is changed, moved or removed is an error with its place,
and nothing is concluded from the others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from telltale_conformance.errors import HarnessError
from telltale_conformance.files import opened
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.strict_json import StrictJsonError, converted
from telltale_conformance.oracle.campaign.durable import put_durably
from telltale_conformance.oracle.campaign.events import Event

FILE: Final = "journal.jsonl"
FORMAT: Final = "telltale-conformance/campaign-journal"
VERSION: Final = 4
_CHECKED: Final = re.compile(rb'(.*),"chain":"([0-9a-f]{16})"}\n', re.DOTALL)
_decode: Final = msgspec.json.Decoder(Event).decode
_LONGEST: Final = 1 << 26
"""In bytes, of a line: many times that of a task that found much."""


class MalformedJournal(HarnessError):
    """Thrown when a journal is not one, or was damaged elsewhere than at its end."""

    remedy = (
        "restore it from a copy, or remove this line and all after it: `campaign resume` runs their tasks again, and "
        "what they found is still in found/"
    )


class _Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line."""

    campaign: str
    """The name of the campaign."""
    schema: str = FORMAT
    version: int = VERSION

    def line(self) -> bytes:
        """Return it as it is written."""
        return encode(msgspec.to_builtins(self)) + b"\n"


_decode_header: Final = msgspec.json.Decoder(_Header).decode


class Line(NamedTuple):
    """A line of a journal."""

    event: Event
    number: int
    """In the file, from 1."""
    chain: bytes
    """The checksum of all lines up to it."""
    end: int
    """The place of the byte after it."""


class Journal:
    """The journal in a folder, open for more.

    Args:
        folder: of the campaign.

    Raises:
        MalformedJournal: there is none, the file is not a journal, or a line before its last one is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.path = _there(folder)
        self.dropped = 0
        """How many bytes of a torn line were dropped."""
        whole, self._chain = _end_of(self.path)
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
        chain, lines = self._chain, []
        for event in events:
            body = encode(event)[:-1]
            chain = _next(chain, body)
            lines.append(b'%s,"chain":"%s"}\n' % (body, chain))
        if not lines:
            return
        data = b"".join(lines)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(self._file, left) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._length)
            raise
        self._length += len(data)
        self._chain = chain

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def begin_journal(folder: Path, campaign: str) -> None:
    """Write a journal that tells of nothing yet, in the place of another one.

    Args:
        folder: of the campaign.
        campaign: its name.
    """
    put_durably(folder / FILE, _Header(campaign=campaign).line())


def named_in(folder: Path) -> str:
    """Return the name of the campaign that a journal is of.

    Raises:
        MalformedJournal: as ``Journal``.
        OSError: it cannot be read.
    """
    with opened(path := _there(folder)) as file:
        return _campaign(path, file.readline(_LONGEST))


def events(folder: Path) -> Iterator[Event]:
    """Yield the events of a journal; a torn last line is left out.

    Raises:
        MalformedJournal: as ``Journal``.
        OSError: it cannot be read.
    """
    for line in lines(folder):
        yield line.event


def begun(folder: Path) -> bool:
    """Say whether there is a journal that tells of something."""
    return (folder / FILE).exists() and next(lines(folder), None) is not None


def lines(folder: Path) -> Iterator[Line]:
    """Yield the lines of a journal, as ``events``."""
    yield from _read(_there(folder))


def _there(folder: Path) -> Path:
    """Return the file of a journal."""
    if not (folder / FILE).exists():
        raise MalformedJournal(
            "the journal is gone: nothing is known of what the campaign did",
            place=folder / FILE,
            remedy="restore it from a copy, or begin another campaign in another folder",
        )
    return folder / FILE


def _campaign(path: Path, header: bytes) -> str:
    """Return the name of the campaign in the first line."""
    with suppress(StrictJsonError):
        read = converted(_decode_header, header)
        if read.line() == header and (read.schema, read.version) == (FORMAT, VERSION):
            return read.campaign
    raise MalformedJournal(
        f"this is no journal of a campaign of version {VERSION}", place=f"{path}:1", remedy="restore it from a copy"
    )


def _next(chain: bytes, body: bytes) -> bytes:
    """Return the checksum of a line, without its own, and of all lines before it."""
    return sha256(chain + body).hexdigest()[:16].encode()


def _end_of(path: Path) -> tuple[int, bytes]:
    """Return up to which byte a journal is whole, and the checksum of its lines up to there."""
    with opened(path) as file:
        header = file.readline(_LONGEST)
    end, chain = len(header), _next(b"", header)
    for line in _read(path):
        end, chain = line.end, line.chain
    return end, chain


def _read(path: Path) -> Iterator[Line]:
    """Yield each line that is whole."""
    with opened(path) as file:
        header = file.readline(_LONGEST)
        _campaign(path, header)
        end, chain = len(header), _next(b"", header)
        torn: int | None = None
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST), b""), 2):
            if len(line) == _LONGEST:
                raise _damaged(path, number, f"it is longer than {_LONGEST:,} bytes")
            if _torn(line):
                torn = torn or number
                continue
            if torn is not None:
                raise _damaged(path, torn, "it is torn, and it is not the last one")
            found = _CHECKED.fullmatch(line)
            if found is None:
                raise _damaged(path, number, "it has no checksum")
            body = found[1]
            chain = _next(chain, body)
            if found[2] != chain:
                raise _damaged(path, number, "it was changed, or lines before it were changed, moved or removed")
            end += len(line)
            try:
                event = converted(_decode, body + b"}")
            except StrictJsonError as error:
                raise _damaged(path, number, error.problem) from None
            yield Line(event, number, chain, end)


def _torn(line: bytes) -> bool:
    """Say whether a line is what a cut leaves: its beginning, or zeros where nothing came to the disk."""
    return not line.endswith(b"\n") or b"\0" in line


def _damaged(path: Path, number: int, why: str) -> MalformedJournal:
    return MalformedJournal(f"line {number} is damaged: {why}", place=f"{path}:{number}")
