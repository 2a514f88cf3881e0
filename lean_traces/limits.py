"""The limits within which traces are read: each one stated here, each settable."""

from __future__ import annotations

from dataclasses import dataclass

from telltale_conformance.errors import UsageError


class BadLimit(UsageError, ValueError):
    """Thrown when a limit is below what it must be at least."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a trace or history a reader takes before it refuses it."""

    line_bytes: int = 16 * 1024 * 1024
    """The longest line, in bytes with its line end."""
    nesting: int = 2000
    """The deepest nesting of arrays and objects in one line; a Send or Recv level of a type takes four."""
    unpacked_bytes: int = 8 * 1024 * 1024 * 1024
    """The most bytes that a .gz trace may unpack to."""
    clients: int = 65_536
    """The most clients that a history may have."""

    def __post_init__(self) -> None:
        for name, least in (("line_bytes", 64), ("nesting", 8), ("unpacked_bytes", 64), ("clients", 1)):
            if getattr(self, name) < least:
                raise BadLimit(f"limit {name} must be at least {least}, not {getattr(self, name)}")


DEFAULT_LIMITS = Limits()
