"""The corpus of a campaign: programs that reached something new, each in a file that is named by its content.

``corpus/ab/abcdef….program.jsonl``: the name is the SHA-256 of the bytes. A file appears under its name with all its
bytes or not at all, also when the power is cut: it is written beside, brought to the disk, and renamed.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from telltale_conformance.files import content
from telltale_conformance.lean_traces.programs import Program, program_bytes

SUFFIX: Final = ".program.jsonl"


def address_of(program: Program) -> tuple[str, bytes]:
    """Return the address of a program, and the bytes of its file; what its meta says of its origin does not count."""
    data = program_bytes(Program(contract=program.contract, steps=program.steps))
    return sha256(data).hexdigest(), data


class Corpus:
    """The programs in a folder, or whatever else is kept there by its content.

    Args:
        folder: is made where it is missing.
        suffix: of the names.
    """

    def __init__(self, folder: Path, suffix: str = SUFFIX) -> None:
        self.folder = folder
        self._suffix = suffix

    def add(self, address: str, data: bytes) -> None:
        """Write a program that is not there yet, or whose file is damaged.

        Raises:
            OSError: it cannot be written; then nothing is under its name.
        """
        if self.read(address) is None:
            put_durably(self.place(address), data)

    def place(self, address: str) -> Path:
        """Return where a program is."""
        return self.folder / address[:2] / f"{address}{self._suffix}"

    def read(self, address: str) -> bytes | None:
        """Return the bytes of a program; None where they are missing or are not those of its name."""
        try:
            data = content(self.place(address))
        except OSError:
            return None
        return data if sha256(data).hexdigest() == address else None

    def addresses(self) -> Iterator[str]:
        """Yield the addresses of all files, in their order."""
        for path in sorted(self.folder.glob(f"??/*{self._suffix}")):
            yield path.name.removesuffix(self._suffix)

    def swept(self) -> int:
        """Remove what a cut in the midst of a write left behind; return how many files that were."""
        left = list(self.folder.glob(f"??/{_UNFINISHED}*"))
        for path in left:
            path.unlink()
        return len(left)


_UNFINISHED: Final = ".unfinished."


def put_durably(path: Path, data: bytes) -> None:
    """Write a file that is whole under its name, and on the disk when this returns.

    Raises:
        OSError: it cannot be written; the file that was there before is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
