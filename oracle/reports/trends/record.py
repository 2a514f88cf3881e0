"""What every record of a history file says, whatever left it: a check, or a campaign."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta, Struct

from telltale_conformance.generators.floor import floor_of
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.verdict.evidence import Tally, Verdict
from telltale_conformance.oracle.verdict.exit_codes import exit_code as exit_code_of

VERSION: Final = 1

Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0)]
LevelWord = Literal["outcome", "payload", "audit", "state"]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a record: every field must be there, and no other may be."""


class Subject(Part, frozen=True):
    """Who was judged, by its own words."""

    name: str
    version: str


class LaneCounts(Part, frozen=True):
    """What was counted in one lane."""

    cases: Count
    judged: Count
    """Answers that were compared."""
    uncovered: Count
    not_judged: Count
    at_limit: Count
    skipped: Count
    faults: Count


class Covered(Part, frozen=True):
    """How much of the contract the answers that were judged speak of."""

    operations: Count
    of_operations: Count
    rows: Count
    """Rows of the contract, an operation with one of its answers, in which an answer was judged."""
    of_rows: Count
    """Those rows, and the rows that the floor names for the operations that are offered."""
    cells: Count
    """Situations: the rows told apart by ownership phase, relation and witness."""


class FoundClass(Part, frozen=True):
    """One class of divergence."""

    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
    lanes: tuple[str, ...]
    text: str
    """The class in one line."""


class Speed(Part, frozen=True):
    """How fast the answers came."""

    seconds: Seconds
    cpu_seconds: Seconds
    """Processor time: of a check that of the harness, its workers and the adapters that have ended; of a campaign that
    of its workers and their adapters."""
    answers_per_second: Seconds | None
    """None where no time passed."""


class Record(Part, frozen=True):
    """What checks and campaigns have in common."""

    what: ClassVar[str]
    """What left it, in a word."""
    searches: ClassVar[bool]
    """Whether another one on the same version may try something else, and so miss what this one found."""

    version: Literal[1]
    date: Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", max_length=20)]
    """When the check ended, or when the last event of the campaign was, in UTC."""
    harness: str
    implementation: Subject
    contract: str
    level: LevelWord
    seed: Count
    verdict: Verdict
    exit_code: Annotated[int, Meta(ge=0, le=3)]
    lanes: Mapping[str, LaneCounts]
    coverage: Covered
    findings: tuple[FoundClass, ...]
    judged: Count
    not_judged: Count
    uncovered: Count
    faults: Count
    speed: Speed

    def __post_init__(self) -> None:
        """Refuse a verdict that the rest of the record contradicts."""
        if self.exit_code != exit_code_of((self.verdict,)):
            raise ValueError(f"the verdict is {self.verdict}, and the exit code {self.exit_code}")
        if self.verdict == "agree" and self.failing:
            raise ValueError("the verdict is agree, and something diverges that is not known")

    @property
    def amount(self) -> str:
        """How much was tried, as far as it must be the same for records to be compared."""
        raise NotImplementedError

    @property
    def not_seen(self) -> str:
        """What is said of a divergence that was looked for and not seen."""
        raise NotImplementedError

    @property
    def not_over(self) -> str:
        """Why it says less than a whole one, in few words; empty where it is whole."""
        raise NotImplementedError

    @property
    def failing(self) -> tuple[FoundClass, ...]:
        """The findings that count against the implementation."""
        return self.findings

    @property
    def cpu_per_answers(self) -> float | None:
        """The processor seconds of 100,000 answers; None where there was no answer."""
        return 100_000 * self.speed.cpu_seconds / self.judged if self.judged else None

    def looked_for(self, found: FoundClass) -> bool:
        """Whether a lane that saw this class in another record judged something in this one."""
        seen = [self.lanes[lane].judged for lane in found.lanes if lane in self.lanes]
        return any(seen) or not found.lanes


def in_utc(moment: datetime) -> str:
    """Return a time as records write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def counts(tally: Tally) -> dict[str, int]:
    """Return what a lane counted."""
    return {name: getattr(tally, name) for name in Tally.__struct_fields__}


def covered(reached: Collection[tuple[str, str]], cells: int, contract: str, ops: frozenset[str]) -> dict[str, int]:
    """Return how much of a contract is covered.

    Args:
        reached: the rows in which an answer was judged: operations as cells name them, each with one of its outcomes.
        cells: how many cells that were.
        contract: by name.
        ops: what the implementation offers.
    """
    rows = set(reached)
    demanded = {(cell.operation, cell.outcome) for cell in floor_of(contract, ops)}
    return {
        "operations": len({operation.partition("/")[0] for operation, _ in rows} & OPERATIONS.keys()),
        "of_operations": len(ops & OPERATIONS.keys()),
        "rows": len(rows),
        "of_rows": len(rows | demanded),
        "cells": cells,
    }
