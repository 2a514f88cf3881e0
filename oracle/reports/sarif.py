"""The report as SARIF 2.1.0, for code scanning: a rule for each claim or row of the contract that is broken."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.reports.docs_address import docs_address
from telltale_conformance.oracle.reports.in_repository import InRepository
from telltale_conformance.oracle.reports.page.contract_rows import row_of_operation
from telltale_conformance.oracle.reports.plain_words import OPERATIONS_IN_WORDS
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.what_broke import gravity
from telltale_conformance.oracle.reports.wording import Place, Problem, message, problems, stand_text, title
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE
from telltale_conformance.oracle.verdict.fingerprints import SCHEME as FINGERPRINT_SCHEME
from telltale_conformance.sinks import json_text

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PROBLEMS: Final = {
    "baseline-stale": "A known divergence is not seen any more although its lanes ran",
    "baseline-expired": "The last day on which a known divergence is accepted has passed",
    "lane-diverges": "What the cases of a lane show together departs from the contract",
    "operations-required": "A required operation is not offered",
    "inconclusive": "A lane, or the check as a whole, could not conclude",
    "self-test": "The harness did not pass a test of itself",
    "cut-short": "The run did not come to its end",
}


def sarif(report: Report) -> str:
    """Return the report as SARIF; its places are files of the repository under test, where there are any."""
    places = InRepository(report)
    gate = [problem for problem in problems(report) if problem.fails]
    results = [_result(finding, places.of(finding)) for finding in report.findings]
    results += [_problem(problem, places.of_problem(problem)) for problem in gate]
    rules = {
        **{_rule_id(finding.key.rule): finding.key.rule for finding in report.findings},
        **{problem.rule: problem.rule for problem in gate},
    }
    run = {
        "tool": {
            "driver": {
                "name": "telltale-conformance",
                "version": report.harness,
                "rules": [_rule(rules[name]) for name in sorted(rules)],
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
            "notCovered": list(report.left_out),
            "verdict": report.verdict,
        },
        "results": results,
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(json.dumps(document, ensure_ascii=False, indent=1)) + "\n"


def _rule_id(rule: str) -> str:
    """Return the id of a rule: of a claim with its name, for the number alone says nothing."""
    return CLAIMS[rule].title.replace(" ", "-") if rule in CLAIMS else rule


def _rule(rule: str) -> dict[str, Any]:
    """Return a rule: a claim, the row of an operation, or what else fails the gate."""
    if rule in CLAIMS:
        claim = CLAIMS[rule]
        short, full, anchor = f"{claim.title}: {claim.sentence}", f"{claim.sentence} {claim.occasion}", rule.lower()
        markdown = f"**{claim.title}**. {claim.sentence}\n\nIt is watched on this occasion: {claim.occasion}"
    elif rule in _PROBLEMS:
        short = full = markdown = f"{_PROBLEMS[rule]}."
        anchor = ""
    else:
        row = row_of_operation(rule, "telltale-17")
        short = f"{OPERATIONS_IN_WORDS[rule].doing} (`{rule}`)" if row is not None else f"The operation `{rule}`"
        full = f"The implementation departs from what the contract says of the operation `{rule}`."
        markdown = full if row is None else f"{row.markdown}\n\nContract {row.section}, docs/contract.md#{row.anchor}"
        anchor = "" if row is None else row.anchor
    found = {
        "id": _rule_id(rule),
        "name": _pascal(CLAIMS[rule].name if rule in CLAIMS else rule),
        "shortDescription": {"text": short},
        "fullDescription": {"text": full},
        "help": {"text": _without_marks(markdown), "markdown": markdown},
    }
    address = docs_address(anchor) if anchor else None
    return found if address is None else {**found, "helpUri": address}


def _without_marks(markdown: str) -> str:
    return markdown.replace("**", "").replace("`", "").replace("\\*", "*")


def _pascal(name: str) -> str:
    return "".join(word.capitalize() for word in name.replace("-", " ").replace("_", " ").split())


def _result(finding: Finding, place: Place | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": _rule_id(finding.key.rule),
        "level": "error" if finding.fails else "note",
        "message": {"text": message(finding)},
        "partialFingerprints": {
            f"telltaleConformance/v{FINGERPRINT_SCHEME}": finding.fingerprint,
            "primaryLocationLineHash": f"{finding.fingerprint[:16]}:1",
        },
        "properties": {
            "title": title(finding),
            "gravity": gravity(finding.key).name,
            "lanes": list(finding.lanes),
            "class": finding.key.kind,
            "guard": finding.key.guard,
            "ending": finding.ending,
            "rate": None if finding.rate is None else f"{finding.rate.times} of {finding.rate.runs} runs",
            "dossier": finding.folder,
        },
        "occurrenceCount": len(finding.cases),
        "baselineState": "unchanged" if finding.entry else "new",
    }
    if not finding.fails:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": stand_text(finding)}]
    return _placed(result, place)


def _problem(problem: Problem, place: Place | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "level": "error",
        "message": {"text": f"{problem.subject}: {problem.message}"},
    }
    return _placed(result, place)


def _placed(result: dict[str, Any], place: Place | None) -> dict[str, Any]:
    if place is not None:
        artifact = {"uri": quote(place.path), "uriBaseId": "%SRCROOT%"}
        result["locations"] = [
            {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": place.line}}}
        ]
    return result
