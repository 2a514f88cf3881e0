"""The parts of a trace: header, events, end (trace format)."""

from __future__ import annotations

from typing import Any, Final, Literal

from msgspec import Struct

from telltale_conformance.errors import HarnessError

TRACE_SCHEMA: Final = "telltale-conformance/trace"
PROGRAM_SCHEMA: Final = "telltale-conformance/program"
VERSION: Final = 1


class MalformedTrace(HarnessError):
    """Thrown when a trace or program is not in its format: where, what is wrong, and what to do."""

    def __init__(self, path: str, line: int, problem: str, remedy: str) -> None:
        super().__init__(problem, place=f"{path}:{line}" if line else path, remedy=remedy)
        self.path = path
        self.line = line
        """The line, counted from 1; 0 where it is about the file as a whole."""


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answered in a trace."""

    kind: Literal["implementation", "lean", "reference"]
    name: str
    version: str


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of a trace; ``meta`` is free and never compared."""

    contract: str
    meta: dict[str, Any]
    observes: list[Literal["audit"]]
    schema: str
    source: Source
    version: int

    @property
    def audited(self) -> bool:
        """Whether every event carries its audit records."""
        return "audit" in self.observes


class OkAudited(Struct, frozen=True, gc=False):
    """What was answered, members in the order in which we print them."""

    audit: Any
    ok: Any


class ErrAudited(Struct, frozen=True, gc=False):
    """The same of a refusal."""

    audit: Any
    err: Any


class Ok(Struct, frozen=True, gc=False):
    """The same without audit records."""

    ok: Any


class Err(Struct, frozen=True, gc=False):
    """The same of a refusal."""

    err: Any
