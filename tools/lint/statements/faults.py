"""What the lint finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a statement, or of the document.

    Attributes:
        place: the file, with the line where there is one.
        operation: the operation or rule concerned; None where it is the whole file.
        what: what is wrong.
        expected: the guards of the row, in order, where an order is wrong.
        found: the guards found.
    """

    place: str
    operation: str | None
    what: str
    expected: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in one line, or in three where an order is wrong."""
        said = ": ".join(part for part in (self.place, self.operation, self.what) if part)
        if self.expected:
            said += f"\n    expected {', '.join(self.expected)}"
        if self.found or self.expected:
            said += f"\n    found    {', '.join(self.found) or 'none'}"
        return said


@dataclass(frozen=True, slots=True)
class Walk:
    """The guards that one definition of an operation walks.

    Attributes:
        place: file and line of the definition.
        guards: the contract's names of the guards, in the order in which they are walked.
    """

    place: str
    guards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one language: the walk of each operation, and what it could not read."""

    walks: dict[str, Walk]
    faults: list[Fault]
