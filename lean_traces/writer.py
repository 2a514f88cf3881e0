"""The writer of traces: our own form, with count and digest, written whole or not at all."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from msgspec import Raw, Struct

from telltale_conformance.errors import naming
from telltale_conformance.files import refuse_special
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.trace import Header


class EventWriter:
    """Writes a header, numbered events and the end line, which counts and seals them, to a binary file."""

    def __init__(self, file: BinaryIO, header: Struct) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.events = 0
        self._write(encode(header))

    def write_event(self, members: dict[str, Any]) -> None:
        """Write the next event under its number."""
        self._write(encode({**members, "seq": self.events}))
        self.events += 1

    def end(self) -> None:
        """Write the end line; nothing may follow."""
        digest = f"sha256:{self._digest.hexdigest()}"
        self._file.write(encode({"digest": digest, "end": True, "events": self.events}) + b"\n")

    def _write(self, line: bytes) -> None:
        line += b"\n"
        self._digest.update(line)
        self._file.write(line)


class TraceWriter(EventWriter):
    """Writes the lines of one trace."""

    def __init__(self, file: BinaryIO, header: Header) -> None:
        super().__init__(file, header)
        self.header = header

    def event(self, op: str, args: bytes, answer: dict[str, Any]) -> None:
        """Write the next event.

        Args:
            op: the operation's name.
            args: its arguments, as one JSON object.
            answer: ``ok`` or ``err``, and ``audit`` exactly when the header observes it.
        """
        self.write_event({"args": Raw(args), "op": op, **answer})


def packed(content: bytes) -> bytes:
    """Return the bytes gzipped: the same bytes for the same contents, whenever and wherever."""
    file = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=9) as pack:
        pack.write(content)
    return file.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears under its name only with all its bytes."""
    handle, name = _temporary(path)
    try:
        with naming(path), os.fdopen(handle, "wb") as file:
            file.write(content)
        _put_in_place(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only when the block ends without an error.

    A name that ends in ``.gz`` is packed, the same bytes for the same contents.
    """
    handle, name = _temporary(path)
    try:
        with naming(path), os.fdopen(handle, "wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                    yield cast("BinaryIO", packed)
            else:
                yield file
        _put_in_place(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _temporary(path: Path) -> tuple[int, str]:
    """Open a temporary file beside a path, in a folder made where it is missing; an error names the path.

    Raises:
        OSError: it cannot be made, or a device, a pipe or a socket has the name of the path.
    """
    refuse_special(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _put_in_place(name: str, path: Path) -> None:
    """Give a finished temporary file the usual permissions and its name; an error names the path."""
    umask = os.umask(0)
    os.umask(umask)
    os.chmod(name, 0o666 & ~umask)
    try:
        os.replace(name, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
