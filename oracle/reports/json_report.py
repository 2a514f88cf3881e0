"""The report as JSON, for machines: schema ``report``."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from telltale_conformance.generators.coverage import by_operation
from telltale_conformance.lean_traces.json_values import shown
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.terminal import last_line
from telltale_conformance.oracle.verdict.results import LaneResult
from telltale_conformance.sinks import json_text

SCHEMA: Final = "telltale-conformance/report"
VERSION: Final = 2


def report_json(report: Report) -> str:
    """Return the report as one JSON object."""
    return json_text(json.dumps(report_document(report), ensure_ascii=False, indent=1)) + "\n"


def report_document(report: Report) -> dict[str, Any]:
    """Return what the JSON report holds; schema ``report`` describes it."""
    hello = report.implementation
    standing = report.standing
    cells = set().union(*(lane.coverage for lane in report.lanes))
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "harness": report.harness,
        "verdict": report.verdict,
        "headline": report.headline,
        "last_line": last_line(report),
        "exit_code": report.exit_code,
        "complete": report.cut_short is None,
        "cut_short": report.cut_short,
        "contract": report.contract,
        "level": report.level.name,
        "seed": report.seed,
        "effort": report.effort,
        "cases": report.cases,
        "time_limit": report.time_limit,
        "seconds": round(report.seconds, 3),
        "command": report.command,
        "configured": report.configured,
        "implementation": {
            "protocol": 1,
            "name": hello.name,
            "version": hello.version,
            "language": hello.language,
            "contract": hello.contract,
            "ops": sorted(hello.ops),
            "observes": sorted(hello.observes),
        },
        "lanes": [lane_document(lane) for lane in report.lanes],
        "self_tests": [
            {
                "name": one.name,
                "verdict": one.verdict,
                "shown_on": one.shown_on,
                "remembered": one.remembered,
                "result": lane_document(one.result),
            }
            for one in report.self_tests
        ],
        "required": None
        if report.required is None
        else {
            "by": report.required.by,
            "operations": sorted(report.required.operations),
            "lacking": list(report.lacking),
        },
        "not_covered": {**msgspec.to_builtins(report.not_covered), "words": list(report.left_out)},
        "findings": [_finding(finding) for finding in report.findings],
        "coverage": by_operation(cells),
        "claims": msgspec.to_builtins(report.claims),
        "baseline": None
        if standing is None
        else {
            "path": report.baseline,
            "new": sorted(key.digest for key in standing.new),
            "known": sorted(entry.fingerprint for entry in standing.known),
            "stale": sorted(entry.fingerprint for entry in standing.stale),
            "expired": sorted(entry.fingerprint for entry in standing.expired),
            "unobserved": sorted(entry.fingerprint for entry in standing.unobserved),
        },
    }


def lane_document(lane: LaneResult) -> dict[str, Any]:
    """Return a lane as JSON; its divergences are elsewhere."""
    return {
        "lane": lane.lane,
        "verdict": lane.verdict,
        "why_not_run": lane.why_not_run,
        "complete": lane.complete,
        "evidence": [
            {
                "kind": items.kind,
                "planned": items.planned,
                "shown": items.shown,
                "against": items.against,
                "missing": items.missing,
                "missing_ones": list(items.missing_ones),
            }
            for items in lane.evidence
        ],
        **msgspec.to_builtins(lane.tally),
        "seconds": round(lane.seconds, 3),
        "figures": dict(lane.figures),
        "claims": msgspec.to_builtins(lane.claims),
        "notes": list(lane.notes),
        "unsupported": sorted(lane.unsupported),
        "coverage": [list(cell) for cell in sorted(lane.coverage)],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    divergence, key = finding.divergence, finding.key
    return {
        "fingerprint": finding.fingerprint,
        "stand": finding.stand,
        "rule": key.rule,
        "class": msgspec.to_builtins(key),
        "lanes": list(finding.lanes),
        "cases": list(finding.cases),
        "divergence": {
            "seq": divergence.seq,
            "op": divergence.op,
            "class": divergence.kind,
            "args": divergence.args,
            "expected": divergence.expected,
            "actual": divergence.actual,
            "guard": divergence.guard,
            "reason": divergence.reason,
            "state": divergence.state,
        },
        "trace": None if finding.trace is None else finding.trace[0],
        "folder": finding.folder,
        "ending": finding.ending,
        "remark": finding.remark,
        "rate": None if finding.rate is None else {"times": finding.rate.times, "runs": finding.rate.runs},
        "minimal": finding.minimal,
        "program": None if finding.program is None else [shown(as_json(step)) for step in finding.program.steps],
        "notes": {str(seq): note for seq, note in finding.notes.items()},
        "reproducers": [{"title": one.title, "text": one.text} for one in finding.reproducers],
    }
