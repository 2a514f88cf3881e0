"""Why an operation is refused, and how that is printed.

Each carries the guard whose check raised it; the guard names the variant (contract §1–§4 and §7) or has the text.
"""

from __future__ import annotations

from typing import Any

from telltale_conformance.model.guard import Guard


class Refused(Exception):
    """An operation was refused; the store is as before but for the log records of its row."""

    __slots__ = ("guard",)
    guard: Guard

    def __str__(self) -> str:
        return str(self.guard)

    def to_json(self) -> object:
        """Return the error as the wire prints it."""
        raise NotImplementedError


class StringError(Refused):
    """Thrown where the contract answers with an error text (contract §5, §8, §9, §10)."""

    __slots__ = ("text",)

    def __init__(self, guard: Guard, *values: object) -> None:
        assert guard.text is not None, f"{guard.name} does not answer with a text"
        self.guard = guard
        self.text = guard.text.format(*values)

    def to_json(self) -> str:
        """Return the text itself."""
        return self.text


class NotJudged(StringError):
    """Thrown where the contract leaves open what the answer is: whatever the implementation answers is not judged."""

    __slots__ = ()


class VariantError(Refused):
    """A refusal with the variant of its guard and fields, printed as ``{"Variant": {...}}``."""

    __slots__ = ("fields",)

    def __init__(self, guard: Guard, fields: dict[str, Any]) -> None:
        self.guard = guard
        self.fields = fields

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Return the variant's name with its fields."""
        return {self.guard.error: self.fields}


class OwnershipError(VariantError):
    """A refusal by an ownership operation."""

    __slots__ = ()


class NoBranch(VariantError):
    """Thrown when the current type of an endpoint has no branch of that label (contract §7)."""

    __slots__ = ()
