"""Files that are whole under their names, or not there, also when the power is cut: written beside, synced, renamed.

To bring one file to the disk takes milliseconds, in which nothing else is done, and many files together hardly longer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

UNFINISHED: Final = ".unfinished."
"""What the names of files begin with that are not whole yet."""
_TOGETHER: Final = 64
"""How many files are open at once, at most."""
_THREADS: Final = 4
"""How many files are on their way to the disk at once, at most."""
_Value = TypeVar("_Value")


def put_durably(path: Path, data: bytes) -> None:
    """Write a file that is whole under its name, and on the disk when this returns.

    Raises:
        OSError: it cannot be written; the file that was there before is still there.
    """
    put_all_durably({path: data})


def put_all_durably(files: Mapping[Path, bytes]) -> None:
    """Write files that are whole under their names, and on the disk when this returns.

    Raises:
        OSError: one of them cannot be written; each is there as it was before, or whole.
    """
    paths = list(files)
    for first in range(0, len(paths), _TOGETHER):
        _put({path: files[path] for path in paths[first : first + _TOGETHER]})


def _put(files: Mapping[Path, bytes]) -> None:
    folders = dict.fromkeys(path.parent for path in files)
    changed = {*folders, *(above for folder in folders for above in _made(folder))}
    beside = {path: os.path.join(path.parent, UNFINISHED + path.name) for path in files}
    handles: list[int] = []
    try:
        for path, data in files.items():
            handles.append(os.open(beside[path], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644))
            _write(handles[-1], data, path)
        _all_at_once(os.fsync, handles)
        for path, name in beside.items():
            os.replace(name, path)
    except BaseException:
        for name in beside.values():
            with suppress(OSError):
                os.unlink(name)
        raise
    finally:
        for handle in handles:
            os.close(handle)
    _all_at_once(sync_folder, changed)


def _write(handle: int, data: bytes, path: Path) -> None:
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(handle, left) :]
    except OSError as error:
        error.filename = str(path)
        raise


def _made(folder: Path) -> list[Path]:
    """Make a folder where it is missing; return the folders that have a new one in them."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
    return [one.parent for one in missing]


def _all_at_once(function: Callable[[_Value], None], values: Iterable[_Value]) -> None:
    """Call a function that waits for the disk with each of the values, side by side."""
    list(_threads().map(function, values))


@cache
def _threads() -> ThreadPoolExecutor:
    """Return the threads that wait for the disk; to start them anew each time would take longer than they work."""
    return ThreadPoolExecutor(_THREADS, "to the disk")


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
