"""What one check leaves in the file that ``--history`` names: one line, schema ``check-record``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final, Literal

import msgspec

from telltale_conformance.oracle.claims.catalogue import EXPECTED
from telltale_conformance.oracle.reports.report import Report, Stand
from telltale_conformance.oracle.reports.trends.record import (
    VERSION,
    Count,
    FoundClass,
    LaneCounts,
    Record,
    Seconds,
    counts,
    covered,
    in_utc,
)
from telltale_conformance.oracle.verdict.compare import DivergenceClass
from telltale_conformance.oracle.verdict.results import LaneVerdict
from telltale_conformance.readable import counted

FORMAT: Final = "telltale-conformance/check-record"

ClaimMark = Literal["kept", "broken", "broken by the contract too", "not judged"]
EffortWord = Literal["quick", "default", "thorough"]


class LaneRecord(LaneCounts, frozen=True):
    """What one lane found."""

    verdict: LaneVerdict
    seconds: Seconds


class FoundRecord(FoundClass, frozen=True):
    """One class of divergence, as the gate took it."""

    stand: Stand
    op: str
    kind: DivergenceClass


class CheckRecord(Record, frozen=True, tag_field="schema", tag=FORMAT):
    """One check."""

    what: ClassVar[str] = "check"
    searches: ClassVar[bool] = False

    effort: EffortWord
    cases: Count | None
    """How many cases its one lane was to try, in place of what the effort says."""
    cut_short: str | None
    """Why it did not come to its end."""
    lanes: Mapping[str, LaneRecord]
    claims: Mapping[str, ClaimMark]
    """How each claim stands; empty where no lane watched any."""
    findings: tuple[FoundRecord, ...]

    @property
    def amount(self) -> str:
        """The effort, or how many cases of its one lane."""
        return f"effort {self.effort}" if self.cases is None else counted(self.cases, "case")

    @property
    def not_seen(self) -> str:
        """A check tries the same each time, so a divergence is gone that it does not see any more."""
        return "not seen by an inconclusive check" if self.verdict == "inconclusive" else "no longer seen"

    @property
    def not_over(self) -> str:
        """Whether it ended early."""
        return "cut short" if self.cut_short else ""

    @property
    def failing(self) -> tuple[FoundRecord, ...]:
        """The findings that fail the gate."""
        return tuple(found for found in self.findings if found.stand != "known")

    @property
    def claims_judged(self) -> int | None:
        """How many claims had an occasion; None where no lane watched any."""
        return sum(mark != "not judged" for mark in self.claims.values()) if self.claims else None


def record_of(report: Report, now: datetime) -> CheckRecord:
    """Return what is kept of a check that ended at this time, as it will be read again."""
    tally = report.tally
    cells = set().union(*(lane.coverage for lane in report.lanes))
    document = {
        "schema": FORMAT,
        "version": VERSION,
        "date": in_utc(now),
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
            lane.lane: {"verdict": lane.verdict, "seconds": round(lane.seconds, 3), **counts(lane.tally)}
            for lane in report.lanes
        },
        "coverage": covered(
            {(cell.operation, cell.outcome) for cell in cells}, len(cells), report.contract, report.implementation.ops
        ),
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
