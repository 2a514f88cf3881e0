"""The record of a campaign as it stands, for the file that ``campaign report --history`` names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from telltale_conformance.oracle.campaign.folder import Settings
from telltale_conformance.oracle.campaign.report import CampaignReport, FindingRow, report_of
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.reports.trends.campaign_record import FORMAT, CampaignRecord
from telltale_conformance.oracle.reports.trends.record import VERSION, counts, covered, in_utc


def record_of(settings: Settings, standing: Standing) -> CampaignRecord | None:
    """Return what is kept of a campaign as it stands, dated by its last event; None before its first task."""
    report = report_of(settings, standing)
    if not report.tasks:
        return None
    tally = report.tally
    document = {
        "schema": FORMAT,
        "version": VERSION,
        "date": in_utc(datetime.fromtimestamp(standing.last, UTC)),
        "harness": report.harness,
        "implementation": {"name": report.implementation, "version": report.implementation_version},
        "contract": report.contract,
        "level": report.level,
        "seed": report.seed,
        "verdict": report.verdict,
        "exit_code": report.exit_code,
        "campaign": report.campaign,
        "parts": {name: one.events for name, one in standing.inherited.items()} or {report.campaign: standing.events},
        "state": report.state,
        "why": report.why,
        "missing": report.missing,
        "guided": report.guided,
        "hours": report.hours,
        "tasks": report.tasks,
        "lanes": {
            lane: {"tasks": work.tasks, "open": work.open, **counts(work.tally)} for lane, work in report.lanes.items()
        },
        "coverage": _covered(settings, standing),
        "estimate": _estimate(report),
        "corpus": report.corpus,
        "histories": report.histories,
        "findings": [_finding(found) for found in report.findings],
        "judged": tally.judged,
        "not_judged": tally.not_judged,
        "uncovered": tally.uncovered,
        "faults": tally.faults,
        "speed": {
            "seconds": report.seconds,
            "cpu_seconds": report.cpu_seconds,
            "answers_per_second": report.answers_per_second if report.seconds else None,
        },
    }
    return msgspec.convert(document, CampaignRecord)


def _covered(settings: Settings, standing: Standing) -> dict[str, int]:
    rows = {(operation, outcome) for operation, outcome, *_ in (name.split(" | ") for name in standing.cells)}
    return covered(rows, len(standing.cells), settings.contract, settings.setup().hello.ops)


def _estimate(report: CampaignReport) -> dict[str, Any]:
    estimate: dict[str, Any] = msgspec.to_builtins(report.cells)
    del estimate["reached"]
    return estimate


def _finding(found: FindingRow) -> dict[str, Any]:
    return {
        name: getattr(found, name)
        for name in ("fingerprint", "text", "lanes", "cases", "after_answers", "ending", "steps")
    }
