"""Files from outside: opened in one way, regular files only, and never read without a bound.

A name that someone gives may be a device that never ends, a pipe that nobody writes to, or a link to one of them. So
every file is opened here: without waiting, and looked at before its first byte is read. What is wrong is an ``OSError``
whose ``strerror`` says it, like every other error of a file. Standard input is read only where ``-`` is given for it.
"""

from __future__ import annotations

import atexit
import errno
import io
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import BinaryIO, Final

WHOLE_BYTES: Final = 256 * 1024 * 1024
"""The most bytes of a file that is read whole: protocols, baselines, dossiers; traces are read line by line."""
_PIECE: Final = 1 << 20
STANDARD_INPUT_BYTES: Final = 2**33
"""The most bytes that are taken from standard input."""

_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


_STANDARD_INPUT_NAME: Final = Path("-")
_standard_input: list[Path] = []
"""The file that holds what was read from standard input; empty where nobody asked for it."""


def take_standard_input() -> None:
    """Let the name ``-`` mean standard input from now on: it is read to its end, as its users look at it more than once.

    Raises:
        OSError: it cannot be read, or holds more than may be unpacked from a trace.
    """
    if _standard_input:
        return
    with tempfile.NamedTemporaryFile(prefix="standard-input-", delete=False) as file:
        _standard_input.append(Path(file.name))
        atexit.register(Path(file.name).unlink, missing_ok=True)
        taken = 0
        stream = sys.stdin.buffer if sys.stdin is not None else None
        while stream is not None and (part := stream.read(1 << 20)):
            taken += len(part)
            if taken > STANDARD_INPUT_BYTES:
                raise OSError(errno.EOVERFLOW, f"it is larger than {STANDARD_INPUT_BYTES:,} bytes", "-")
            file.write(part)


def is_there(path: Path) -> bool:
    """Say whether a file or folder is there, or standard input is meant."""
    return _actual(path).exists()


def _actual(path: Path) -> Path:
    return _standard_input[0] if _standard_input and path == _STANDARD_INPUT_NAME else path


@contextmanager
def opened(path: Path, buffering: int = 1 << 18) -> Iterator[BinaryIO]:
    """Open a regular file for reading bytes.

    Raises:
        OSError: it cannot be opened, or it is a folder, a pipe, a socket or a device.
    """
    with open(open_regular(_actual(path), os.O_RDONLY), "rb", buffering) as file:
        yield file


def open_regular(path: Path, flags: int) -> int:
    """Open a regular file with these flags, without waiting, and return its descriptor; errors as of ``opened``."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o666)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, f"it is {_kind(mode)}, not a regular file", str(path))
    return descriptor


def _kind(mode: int) -> str:
    return next((name for is_one, name in _KINDS if is_one(mode)), "something else")


def refuse_special(path: Path) -> None:
    """Refuse a device, a pipe or a socket as a place to write to: the new file would take its name.

    Raises:
        OSError: it is one.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return  # there is nothing yet, or writing says what is wrong
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, f"it is {_kind(mode)}, not a regular file", str(path))


def content(path: Path, most: int = WHOLE_BYTES) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        OSError: as ``opened``, or it is larger than ``most`` bytes.
    """
    whole = io.BytesIO()
    with opened(path) as file:
        while piece := file.read(min(_PIECE, most + 1)):  # at once, read would take memory for all that there may be
            whole.write(piece)
            if whole.tell() > most:
                raise OSError(errno.EOVERFLOW, f"it is larger than {most:,} bytes", str(path))
    return whole.getvalue()


def packaged(package: str, *names: str) -> bytes:
    """Return the bytes of a file that is part of this package."""
    return resources.files(package).joinpath(*names).read_bytes()


def below(folder: Path) -> list[Path]:
    """Return all that is no folder in a folder, to its bottom, in order.

    A link to a folder is followed, each folder once, so that a loop ends. A link that leads nowhere is there too:
    who opens it says so.

    Raises:
        OSError: a folder cannot be read.
    """
    found: list[Path] = []
    seen: set[tuple[int, int]] = set()
    waiting, linked = [folder], list[Path]()
    while waiting or linked:
        place = waiting.pop() if waiting else linked.pop(0)
        status = place.stat()
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        with os.scandir(place) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = place / entry.name
                if entry.is_dir():
                    (linked if entry.is_symlink() else waiting).append(path)
                else:
                    found.append(path)
    return sorted(found)


_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def others_write(path: Path) -> bool:
    """Say whether a file or folder is of another user, or may be written by one: what is kept there is not relied on.

    Raises:
        OSError: there is none.
    """
    found = path.stat()
    return found.st_uid != os.geteuid() or bool(found.st_mode & _OTHERS)


def keep_from_others(path: Path) -> None:
    """Take the right to write a file or folder from every other user.

    Raises:
        OSError: there is none, or it is of another user.
    """
    path.chmod(path.stat().st_mode & ~_OTHERS)


def is_folder(path: Path) -> bool:
    """Say whether a path leads to a folder; what cannot be looked at, such as a name that is too long, does not."""
    return os.path.isdir(path)  # that of pathlib raises an error for some of them
