"""What one check leaves in the file that ``--history`` names: one line, schema ``check-record``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from telltale_conformance.generators.floor import floor_of
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.claims.catalogue import EXPECTED
from telltale_conformance.oracle.reports.report import Report, Stand
from telltale_conformance.oracle.verdict.compare import DivergenceClass
from telltale_conformance.oracle.verdict.evidence import Tally, Verdict
from telltale_conformance.oracle.verdict.results import LaneVerdict

FORMAT: Final = "telltale-conformance/check-record"
VERSION: Final = 1

Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0)]
ClaimMark = Literal["kept", "broken", "broken by the contract too", "not judged"]
LevelWord = Literal["outcome", "payload", "audit", "state"]
EffortWord = Literal["quick", "default", "thorough"]


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a record: every field must be there, and no other may be."""


class Subject(Part, frozen=True):
    """Who was judged, by its own words."""

    name: str
    version: str


class LaneRecord(Part, frozen=True):
    """What one lane found."""

    verdict: LaneVerdict
    cases: Count
    judged: Count
    """Answers that were compared."""
    uncovered: Count
    not_judged: Count
    at_limit: Count
    skipped: Count
    faults: Count
    seconds: Seconds


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


class FoundRecord(Part, frozen=True):
    """One class of divergence."""

    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
    stand: Stand
    op: str
    kind: DivergenceClass
    lanes: tuple[str, ...]
    text: str
    """The class in one line."""


class Speed(Part, frozen=True):
    """How fast the answers came, over the lanes that ran."""

    seconds: Seconds
    cpu_seconds: Seconds
    """Processor time of the harness, its workers and the adapters that have ended."""
    answers_per_second: Seconds | None
    """None where no time passed."""


class CheckRecord(Part, frozen=True):
    """One check."""

    schema: Literal["telltale-conformance/check-record"]
    version: Literal[1]
    date: Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", max_length=20)]
    """When it ended, in UTC."""
    harness: str
    implementation: Subject
    contract: str
    level: LevelWord
    effort: EffortWord
    cases: Count | None
    """How many cases its one lane was to try, in place of what the effort says."""
    seed: Count
    verdict: Verdict
    exit_code: Annotated[int, Meta(ge=0, le=3)]
    cut_short: str | None
    """Why it did not come to its end."""
    lanes: Mapping[str, LaneRecord]
    coverage: Covered
    claims: Mapping[str, ClaimMark]
    """How each claim stands; empty where no lane watched any."""
    findings: tuple[FoundRecord, ...]
    judged: Count
    not_judged: Count
    uncovered: Count
    faults: Count
    speed: Speed

    @property
    def failing(self) -> tuple[FoundRecord, ...]:
        """The findings that fail the gate."""
        return tuple(found for found in self.findings if found.stand != "known")

    def looked_for(self, found: FoundRecord) -> bool:
        """Whether a lane that saw this class in another check judged something in this one."""
        seen = [self.lanes[lane].judged for lane in found.lanes if lane in self.lanes]
        return any(seen) or not found.lanes

    @property
    def claims_judged(self) -> int | None:
        """How many claims had an occasion; None where no lane watched any."""
        return sum(mark != "not judged" for mark in self.claims.values()) if self.claims else None


def record_of(report: Report, now: datetime) -> CheckRecord:
    """Return what is kept of a check that ended at this time, as it will be read again."""
    tally = report.tally
    document = {
        "schema": FORMAT,
        "version": VERSION,
        "date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "harness": report.harness,
        "implementation": {"name": report.implementation.name, "version": report.implementation.version},
        "contract": report.contract,
        "level": report.level.name,
        "effort": report.effort,
        "cases": report.cases,
        "seed": report.seed,
        "verdict": report.verdict,
        "exit_code": report.exit_code,
        "cut_short": report.cut_short,
        "lanes": {
            lane.lane: {"verdict": lane.verdict, "seconds": round(lane.seconds, 3), **_counts(lane.tally)}
            for lane in report.lanes
        },
        "coverage": _covered(report),
        "claims": _claims(report),
        "findings": [
            {
                "fingerprint": found.fingerprint,
                "stand": found.stand,
                "op": found.key.op,
                "kind": found.key.kind,
                "lanes": found.lanes,
                "text": found.key.text(),
            }
            for found in report.findings
        ],
        "judged": tally.judged,
        "not_judged": tally.not_judged,
        "uncovered": tally.uncovered,
        "faults": tally.faults,
        "speed": _speed(report),
    }
    return msgspec.convert(document, CheckRecord)


def _counts(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in Tally.__struct_fields__}


def _covered(report: Report) -> dict[str, int]:
    cells = set().union(*(lane.coverage for lane in report.lanes))
    reached = {(cell.operation, cell.outcome) for cell in cells}
    offered = report.implementation.ops & OPERATIONS.keys()
    demanded = {(cell.operation, cell.outcome) for cell in floor_of(report.contract, report.implementation.ops)}
    return {
        "operations": len({operation.partition("/")[0] for operation, _ in reached} & OPERATIONS.keys()),
        "of_operations": len(offered),
        "rows": len(reached),
        "of_rows": len(reached | demanded),
        "cells": len(cells),
    }


def _claims(report: Report) -> dict[str, str]:
    known = EXPECTED.get(report.contract, {})
    marks: dict[str, str] = {}
    for claim, stand in report.claims.items():
        if stand.status == "broken" and known.get(claim) == "refuted":
            marks[claim] = "broken by the contract too"
        else:
            marks[claim] = stand.status
    return marks


def _speed(report: Report) -> dict[str, float | None]:
    seconds = sum(lane.seconds for lane in report.lanes)
    return {
        "seconds": round(seconds, 3),
        "cpu_seconds": round(report.cpu_seconds, 3),
        "answers_per_second": round(report.judged / seconds, 1) if seconds > 0 else None,
    }
