"""The report as JUnit XML: a suite for each lane, a test for each class of divergence in it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import msgspec

from telltale_conformance.oracle.lanes.self_tests import SelfTest
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.wording import against_text, lane_notes, message, problems, stand_text, title
from telltale_conformance.oracle.verdict.results import LaneResult
from telltale_conformance.readable import counted
from telltale_conformance.sinks import xml_text


def junit(report: Report) -> str:
    """Return the report as JUnit XML.

    In each lane one test stands for everything that agreed. A known divergence is a skipped test; what is
    inconclusive is an error; so is the baseline's suite, which fails for what is stale or expired.
    """
    suites = [_lane(report, lane) for lane in report.lanes]
    suites += [_self_test(one) for one in report.self_tests]
    suites.append(_gate(report))
    root = ET.Element("testsuites", name="telltale-conformance", time=_time(report.seconds))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _lane(report: Report, lane: LaneResult) -> ET.Element:
    mine = [finding for finding in report.findings if lane.lane in finding.lanes]
    cases = [_case(lane.lane, title(finding)) for finding in mine]
    for case, finding in zip(cases, mine, strict=True):
        _put_finding(case, finding)
    judged = f"{counted(lane.tally.judged, 'answer')} judged in {counted(lane.tally.cases, 'case')}"
    whole = _case(lane.lane, f"lane {lane.lane}: {judged}", lane.seconds)
    if lane.unexplained:
        _put(whole, "failure", "lane-diverges", against_text(lane), lane_notes(lane))
    elif lane.open:
        _put(whole, "error", "inconclusive", "inconclusive", lane_notes(lane))
    elif lane.verdict == "not run":
        _put(whole, "skipped", "not run", lane_notes(lane), "")
    suite = _suite(lane.lane, [whole, *cases], lane.seconds)
    properties = ET.SubElement(suite, "properties")
    counts = {"verdict": lane.verdict, "complete": lane.complete, **msgspec.structs.asdict(lane.tally)}
    for items in lane.evidence:
        counts[items.kind] = f"{items.shown} of {items.planned} shown, {items.against} against"
    for name, value in counts.items():
        ET.SubElement(properties, "property", name=name, value=xml_text(str(value)))
    suite.remove(properties)
    suite.insert(0, properties)
    return suite


def _self_test(one: SelfTest) -> ET.Element:
    case = _case("self-test", f"self-test {one.name}", one.result.seconds)
    if one.fails:
        _put(case, "error", "not shown", "the harness does not pass its self-test", lane_notes(one.result))
    elif one.shown_on is None:
        _put(case, "skipped", "not run", lane_notes(one.result), "")
    return _suite(f"self-test {one.name}", [case], one.result.seconds)


def _put_finding(case: ET.Element, finding: Finding) -> None:
    if finding.fails:
        _put(case, "failure", finding.key.kind, title(finding), message(finding))
    else:
        _put(case, "skipped", "known", stand_text(finding), "")


def _gate(report: Report) -> ET.Element:
    case = _case("gate", "the whole check")
    if report.cut_short:
        _put(case, "error", "cut-short", f"this report is a partial one: {report.cut_short}", "")
    cases = [case]
    for problem in problems(report):
        if problem.rule == "inconclusive" and problem.subject == "check":
            _put(case, "error", problem.rule, problem.message, "")
        if problem.fails:
            one = _case("baseline", f"{problem.rule}: {problem.subject}")
            _put(one, "failure", problem.rule, problem.message, problem.message)
            cases.append(one)
    return _suite("gate", cases, 0.0)


def _suite(name: str, cases: list[ET.Element], seconds: float) -> ET.Element:
    suite = ET.Element("testsuite", name=xml_text(name), time=_time(seconds), tests=str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    suite.extend(cases)
    return suite


def _case(lane: str, name: str, seconds: float = 0.0) -> ET.Element:
    return ET.Element(
        "testcase", classname=xml_text(f"telltale-conformance.{lane}"), name=xml_text(name), time=_time(seconds)
    )


def _put(case: ET.Element, tag: str, kind: str, text: str, body: str) -> None:
    element = ET.SubElement(case, tag, type=xml_text(kind), message=xml_text(text))
    element.text = xml_text(body)


def _time(seconds: float) -> str:
    return f"{seconds:.3f}"
