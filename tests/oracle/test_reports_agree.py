"""Every form of a report says the same as the exit code: generated checks, concluded by the gate."""

import json
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.self_tests import SelfTest
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import LANES
from telltale_conformance.oracle.reports.badge import badge_of
from telltale_conformance.oracle.reports.gitlab import gitlab
from telltale_conformance.oracle.reports.json_report import report_document
from telltale_conformance.oracle.reports.junit import junit
from telltale_conformance.oracle.reports.markdown import markdown
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.reports.sarif import sarif
from telltale_conformance.oracle.reports.terminal import last_line
from telltale_conformance.oracle.reports.trends.check_record import record_of
from telltale_conformance.oracle.verdict.baseline import Baseline, hold_against, updated
from telltale_conformance.oracle.verdict.evidence import Evidence, Items
from telltale_conformance.oracle.verdict.results import LaneResult, not_run
from tests.oracle.report_world import HELLO, accepted, lane, unlogged

TODAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, tzinfo=UTC)
WORDS = {0: "agree", 1: "diverge", 3: "inconclusive"}


def of_kind(kind: str, name: str) -> LaneResult:
    """Return the result of a lane."""
    match kind:
        case "diverges":
            return lane(name, accepted())
        case "diverges otherwise":
            return lane(name, unlogged())
        case "diverges, and a fault":
            return lane(name, accepted(), faults=1)
        case "diverges as a whole":
            return lane(name, evidence=Evidence(Items("cases", 3, 3)).with_items(Items("edges", 5, 4, 1)))
        case "misses something":
            return lane(name, missing=2)
        case "has a fault":
            return lane(name, faults=1)
        case "has no types":
            return lane(name, unsupported=frozenset({"decode Edge"}))
        case "is not run":
            return not_run(name, "nothing of it is offered")
        case _:
            return lane(name)


KINDS = (
    "agrees",
    "diverges",
    "diverges otherwise",
    "diverges, and a fault",
    "diverges as a whole",
    "misses something",
    "has a fault",
    "has no types",
    "is not run",
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Return the report of a check as the gate concludes it."""
    names = draw(st.lists(st.sampled_from(tuple(LANES)), min_size=1, max_size=3, unique=True))
    results = tuple(of_kind(draw(st.sampled_from(KINDS)), name) for name in names)
    tests = draw(st.sampled_from(((), (lane("near-miss"),), (lane("near-miss", missing=1),))))
    check = Check(
        subject=Subject(command="my-adapter"),
        hello=HELLO,
        settings=Settings(),
        results=results,
        self_tests=tuple(
            SelfTest(name="near-miss", result=one, shown_on=None if one.missing else "2026-11-26") for one in tests
        ),
        interrupted=draw(st.booleans()) and draw(st.booleans()),
    )
    if check.interrupted:
        check = msgspec.structs.replace(check, cut_short="interrupted by SIGINT")
    gate = Gate(today=TODAY, require=draw(st.sampled_from((None, None, "all"))))
    gate.prepare("telltale-17")
    standing = None
    if draw(st.booleans()):
        known = draw(st.sampled_from((results, (lane("programs", accepted()),))))
        made = updated(Baseline(contract="telltale-17"), known, TODAY).baseline
        entries = tuple(
            msgspec.structs.replace(entry, owner="ana", reason="for now", expires=draw(st.sampled_from(EXPIRES)))
            for entry in made.entries
        )
        gate.baseline = msgspec.structs.replace(made, entries=entries, offered=None)
        standing = hold_against(gate.baseline, results, TODAY)
    return gate.assembled(check, gate.findings(check), standing)


EXPIRES = ("2030-12-31", "2026-11-25")


def counts(report: Report) -> dict[str, Any]:
    """Return what each form counts as failing and as open."""
    run = json.loads(sarif(report))["runs"][0]
    (invocation,) = run["invocations"]
    suites = ET.fromstring(junit(report))
    return {
        "sarif": sum(one["level"] == "error" and "suppressions" not in one for one in run["results"]),
        "sarif, open": len(invocation["toolExecutionNotifications"]),
        "sarif, successful": invocation["executionSuccessful"],
        "gitlab": sum(one["severity"] != "info" for one in json.loads(gitlab(report))),
        "gitlab, all": len(json.loads(gitlab(report))),
        "junit": int(suites.get("failures", "0")),
        "junit, open": int(suites.get("errors", "0")),
        "badge": badge_of(report).color,
    }


@settings(max_examples=50)
@given(reports())
def test_every_form_says_what_the_exit_code_says(report: Report) -> None:
    seen, code = counts(report), report.exit_code
    word = WORDS[code]
    assert report.verdict == word
    assert report_document(report)["verdict"] == word
    assert (record := record_of(report, NOW)).verdict == word
    assert record.exit_code == code
    assert last_line(report).startswith(f"{word}: ")
    assert last_line(report).endswith(f"exit code {code}")
    known = sum(not finding.fails for finding in report.findings)
    assert (f" {known} known divergence" in last_line(report)) == (known > 0)
    assert f"telltale-conformance: {word}" in markdown(report, None)
    if code == 0:
        assert (seen["sarif"], seen["gitlab"], seen["junit"], seen["junit, open"]) == (0, 0, 0, 0)
        assert seen["sarif, successful"]
        assert seen["badge"] in ("green", "yellowgreen")
        assert "keeps contract" in report.headline
    elif code == 1:
        assert seen["sarif"] > 0
        assert seen["gitlab"] > 0
        assert seen["junit"] > 0
        assert seen["badge"] == "red"
    else:
        assert not seen["sarif, successful"]
        assert seen["sarif, open"] > 0
        assert seen["gitlab, all"] > 0
        assert seen["junit, open"] > 0
        assert seen["badge"] in ("orange", "lightgrey")
        assert "keeps contract" not in report.headline


@settings(max_examples=50)
@given(reports())
def test_claims_are_the_same_in_each_form(report: Report) -> None:
    document = report_document(report)
    marks = record_of(report, NOW).claims
    assert {claim: stand["status"] for claim, stand in document["claims"].items()} == {
        claim: mark.partition(" by ")[0] for claim, mark in marks.items()
    }
