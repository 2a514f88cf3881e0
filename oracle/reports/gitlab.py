"""The report as GitLab's code quality report: shown in a merge request, beside the files of the repository."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from telltale_conformance.oracle.reports.in_repository import InRepository
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.reports.what_broke import Gravity, gravity, what_broke, why_it_matters
from telltale_conformance.oracle.reports.wording import Place, problems, stand_text
from telltale_conformance.sinks import json_text

NOWHERE: Final = Place(".", 1)
"""Of a result that has to do with no file of the repository; the format demands a place."""
_SEVERITY: Final = {
    Gravity.accepted: "blocker",
    Gravity.promise: "critical",
    Gravity.panic: "critical",
    Gravity.refused: "major",
    Gravity.state: "major",
    Gravity.result: "major",
    Gravity.error: "minor",
    Gravity.record: "minor",
}


def gitlab(report: Report) -> str:
    """Return the report as JSON: an entry for each class of divergence, and for each problem besides."""
    places = InRepository(report)
    found = [
        _entry(
            f"{what_broke(finding)} {why_it_matters(finding.key)} ({stand_text(finding)})",
            finding.key.rule,
            finding.fingerprint,
            _SEVERITY[gravity(finding.key)] if finding.fails else "info",
            places.of(finding),
        )
        for finding in report.findings
    ]
    for problem in problems(report):
        digest = hashlib.sha256(f"{problem.rule}\0{problem.subject}".encode("utf-8", "replace")).hexdigest()
        text = f"{problem.subject}: {problem.message}"
        severity = "major" if problem.fails else "info"
        found.append(_entry(text, problem.rule, digest, severity, places.of_problem(problem)))
    return json_text(json.dumps(found, ensure_ascii=False, indent=1)) + "\n"


def _entry(text: str, rule: str, fingerprint: str, severity: str, place: Place | None) -> dict[str, Any]:
    path, line = place or NOWHERE
    return {
        "description": text,
        "check_name": f"telltale-conformance/{rule}",
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": line}},
    }
