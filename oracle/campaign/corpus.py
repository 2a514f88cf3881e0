"""The corpus of a campaign: programs that reached something new, each in a file that is named by its content.

``corpus/ab/abcdef….program.jsonl``: the name is the SHA-256 of the bytes. A file appears under its name with all its
bytes or not at all, also when the power is cut. Many programs are brought to the disk at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from telltale_conformance.files import content
from telltale_conformance.lean_traces.programs import Program, program_bytes
from telltale_conformance.oracle.campaign.durable import UNFINISHED, put_all_durably

SUFFIX: Final = ".program.jsonl"
_WAITING: Final = 1000
"""How many programs wait in memory for the disk, at most."""


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
        self._added: dict[str, bytes] = {}
        """What is not written yet."""

    def add(self, address: str, data: bytes) -> None:
        """Add a program that is not there yet, or whose file is damaged; ``settle`` writes it, or one that comes later.

        Raises:
            OSError: what was added before cannot be written.
        """
        if self.read(address) is None:
            if len(self._added) >= _WAITING:
                self.settle()
            self._added[address] = data

    def settle(self) -> None:
        """Bring to the disk what was added.

        Raises:
            OSError: it cannot be written; what is under a name is still whole.
        """
        put_all_durably({self.place(address): data for address, data in self._added.items()})
        self._added.clear()

    def place(self, address: str) -> Path:
        """Return where a program is."""
        return self.folder / address[:2] / f"{address}{self._suffix}"

    def read(self, address: str) -> bytes | None:
        """Return the bytes of a program; None where they are missing or are not those of its name."""
        if address in self._added:
            return self._added[address]
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
        left = list(self.folder.glob(f"??/{UNFINISHED}*"))
        for path in left:
            path.unlink()
        return len(left)
