"""The report as SARIF 2.1.0, for code scanning: a rule for each claim or row of the contract that is broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.wording import Place, Problem, message, place_of, problems, stand_text, title
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE
from telltale_conformance.oracle.verdict.fingerprints import SCHEME as FINGERPRINT_SCHEME
from telltale_conformance.sinks import json_text

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PROBLEMS: Final = {
    "baseline-stale": "A known divergence is not seen any more although its lanes ran",
    "baseline-expired": "The last day on which a known divergence is accepted has passed",
    "lane-diverges": "What the cases of a lane show together departs from the contract",
    "operations-required": "A required operation is not offered",
    "inconclusive": "A lane could not conclude",
    "self-test": "The harness did not pass a test of itself",
    "cut-short": "The run did not come to its end",
}


def sarif(report: Report, folder: Path) -> str:
    """Return the report as SARIF; ``folder`` is where the programs are, which locations name."""
    gate = [problem for problem in problems(report) if problem.fails]
    results = [_result(finding, folder) for finding in report.findings] + [_problem(problem) for problem in gate]
    rules = {result["ruleId"]: None for result in results}
    run = {
        "tool": {
            "driver": {
                "name": "telltale-conformance",
                "version": report.harness,
                "rules": [_rule(name) for name in sorted(rules)],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": report.exit_code in (AGREE, DIVERGE) and report.cut_short is None,
                "exitCode": report.exit_code,
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "descriptor": {"id": problem.rule},
                        "message": {"text": f"{problem.subject}: {problem.message}"},
                    }
                    for problem in problems(report)
                    if not problem.fails
                ],
            }
        ],
        "properties": {
            "implementation": f"{report.implementation.name} {report.implementation.version}",
            "contract": report.contract,
            "level": report.level.name,
            "seed": report.seed,
            "effort": report.effort,
            "notCovered": list(report.not_covered.words()),
            "verdict": report.verdict,
        },
        "results": results,
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"


def _rule(name: str) -> dict[str, Any]:
    if name in CLAIMS:
        claim = CLAIMS[name]
        return {
            "id": name,
            "name": _pascal(claim.name),
            "shortDescription": {"text": f"{claim.title}: {claim.sentence}"},
        }
    if name in _PROBLEMS:
        return {"id": name, "name": _pascal(name), "shortDescription": {"text": _PROBLEMS[name]}}
    text = f"The contract's row of the operation `{name}`"
    return {"id": name, "name": _pascal(name), "shortDescription": {"text": text}}


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.replace("-", " ").replace("_", " ").split())


def _result(finding: Finding, folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.key.rule,
        "level": "error" if finding.fails else "note",
        "message": {"text": message(finding)},
        "partialFingerprints": {f"telltaleConformance/v{FINGERPRINT_SCHEME}": finding.fingerprint},
        "properties": {
            "title": title(finding),
            "lanes": list(finding.lanes),
            "class": finding.key.kind,
            "guard": finding.key.guard,
            "ending": finding.ending,
            "rate": None if finding.rate is None else f"{finding.rate.times} of {finding.rate.runs} runs",
        },
        "occurrenceCount": len(finding.cases),
        "baselineState": "unchanged" if finding.entry else "new",
    }
    if not finding.fails:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": stand_text(finding)}]
    place = place_of(finding, folder)
    if place is not None:
        result["locations"] = [_location(place)]
    return result


def _problem(problem: Problem) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "level": "error",
        "message": {"text": f"{problem.subject}: {problem.message}"},
    }
    if problem.place is not None:
        result["locations"] = [_location(problem.place)]
    return result


def _location(place: Place) -> dict[str, Any]:
    uri = quote(place.path) if not place.path.startswith("/") else Path(place.path).as_uri()
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": place.line}},
    }
