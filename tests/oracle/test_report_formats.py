"""Every form of the report is valid under its published schema, and says what the check came to."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from jsonschema import Draft4Validator
from lxml import etree

from telltale_conformance.lean_traces.programs import Step, read_program
from telltale_conformance.lean_traces.schemas import load, validator
from telltale_conformance.oracle.dossier.dossier import ANSWERS, FILES, MANIFEST, read_dossier
from telltale_conformance.oracle.dossier.seal import SEAL
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes.self_tests import SelfTest
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.minimise.trying import Rate
from telltale_conformance.oracle.reports.findings import findings
from telltale_conformance.oracle.reports.markdown import markdown
from telltale_conformance.oracle.reports.report import Ending, Reduction, Report
from telltale_conformance.oracle.reports.writing import rendered, write_reports
from telltale_conformance.oracle.verdict.baseline import Baseline, hold_against, updated
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.results import LaneDivergence, not_run
from telltale_conformance.sinks import summary_text
from tests.oracle.report_world import HELLO, MARKUP, SCRIPT, accepted, lane, program, report, unlogged

SCHEMAS = Path(__file__).parents[1] / "data" / "schemas"
TODAY = date(2030, 6, 15)
NASTY = "\x00\x1b[31m\u202e|`\n%::error::\u2028]]>"


def half_known(**changes: Any) -> Report:
    """Return a report with a known, a new and a stale divergence, an inconclusive lane and one that did not run."""
    seen = lane("corpus", unlogged("tests/corner-3.jsonl"))
    gone = lane("corpus", accepted(op="close"))
    baseline: Baseline = updated(Baseline(contract="telltale-17"), [seen, gone], TODAY).baseline
    lanes = (
        seen,
        lane("programs", accepted(), accepted("b")),
        lane("graph", faults=2, notes=("the adapter died",)),
        not_run("lean", "no toolchain"),
    )
    return report(*lanes, baseline=baseline, standing=hold_against(baseline, lanes, TODAY), **changes)


def nasty() -> Report:
    """Return a report in which every name does its worst."""
    bad = accepted(MARKUP + NASTY, SCRIPT)
    named = msgspec.structs.replace(HELLO, name=NASTY + MARKUP, version=SCRIPT, language="")
    return report(lane("programs", bad, notes=(NASTY,), faults=1), command=f"run '{NASTY}'", implementation=named)


REPORTS = {
    "agree": report(lane("corpus"), lane("programs")),
    "diverge": report(lane("programs", accepted(), unlogged())),
    "baseline": half_known(),
    "partial": report(lane("corpus"), cut_short="interrupted by SIGINT", exit_code=3),
    "nothing": report(command=None, exit_code=3),
    "nasty": nasty(),
}
every_report = pytest.mark.parametrize("name", REPORTS)


@every_report
def test_json_is_as_its_schema_says(name: str, tmp_path: Path) -> None:
    validator("report").validate(json.loads(rendered(REPORTS[name], tmp_path)["report.json"]))


@every_report
def test_sarif_is_as_its_schema_says(name: str, tmp_path: Path) -> None:
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())
    Draft4Validator(schema).validate(json.loads(rendered(REPORTS[name], tmp_path)["report.sarif"]))


@every_report
def test_junit_is_as_its_schema_says(name: str, tmp_path: Path) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))
    schema.assertValid(etree.fromstring(rendered(REPORTS[name], tmp_path)["junit.xml"].encode()))


def test_the_schema_names_every_ending() -> None:
    assert load("report")["$defs"]["found"]["properties"]["ending"]["enum"] == list(get_args(Ending))


def sarif_of(made: Report, folder: Path) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(rendered(made, folder)["report.sarif"])["runs"][0]
    return run


def test_sarif_marks_what_is_known_and_what_is_not(tmp_path: Path) -> None:
    run = sarif_of(half_known(), tmp_path)
    by_rule = {result["ruleId"]: result for result in run["results"]}
    known, new = by_rule["commit_ownership_transfer"], by_rule["validate_ownership_capability"]
    assert (known["level"], known["baselineState"], len(known["suppressions"])) == ("note", "unchanged", 1)
    assert (new["level"], new["baselineState"], new["occurrenceCount"]) == ("error", "new", 2)
    assert by_rule["baseline-stale"]["level"] == "error"
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == set(by_rule)
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "the adapter died" in notification["message"]["text"]


def test_sarif_names_the_claim_that_is_broken(tmp_path: Path) -> None:
    broken = report(lane("claims", accepted(claim="K1")))
    run = sarif_of(broken, tmp_path)
    assert run["results"][0]["ruleId"] == "K1-generation-freshness"
    (rule,) = run["tool"]["driver"]["rules"]
    assert "never accepted again" in rule["shortDescription"]["text"]
    assert "that was invalidated" in rule["help"]["text"]
    assert rule["help"]["text"] == re.sub(r"[*`]|\\\\(?=[*])", "", rule["help"]["markdown"])


def test_a_partial_run_is_no_successful_execution(tmp_path: Path) -> None:
    assert sarif_of(REPORTS["partial"], tmp_path)["invocations"][0]["executionSuccessful"] is False
    assert sarif_of(REPORTS["agree"], tmp_path)["invocations"][0]["executionSuccessful"] is True


def test_junit_counts_new_as_failures_known_as_skipped_and_faults_as_errors(tmp_path: Path) -> None:
    root = etree.fromstring(rendered(half_known(), tmp_path)["junit.xml"].encode())
    counts = {
        suite.get("name"): tuple(int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped"))
        for suite in root
    }
    assert counts == {
        "corpus": (2, 0, 0, 1),
        "programs": (2, 1, 0, 0),
        "graph": (1, 0, 1, 0),
        "lean": (1, 0, 0, 1),
        "gate": (2, 1, 0, 0),
    }
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("8", "2", "1")


def test_junit_names_each_case_by_its_lane_and_self_tests_apart(tmp_path: Path) -> None:
    made = report(lane("corpus"), self_tests=(SelfTest(name="lean", result=lane("lean", faults=1)),))
    root = etree.fromstring(rendered(made, tmp_path)["junit.xml"].encode())
    named = {case.get("classname"): {child.tag for child in case} for case in root.iter("testcase")}
    assert named == {
        "telltale-conformance.corpus": set(),
        "telltale-conformance.self-test": {"error"},
        "telltale-conformance.gate": set(),
    }


def test_markdown_keeps_names_as_text(tmp_path: Path) -> None:
    text = rendered(nasty(), tmp_path)["summary.md"]
    outside = "".join(part for index, part in enumerate(text.split("```")) if index % 2 == 0)
    assert "<img" not in outside
    assert "<script" not in outside
    assert "\\|" in outside
    assert {line.count("|") for line in outside.splitlines() if line.startswith("|")} == {8}


def test_code_in_a_summary_is_code_and_nothing_in_it_is_escaped_twice() -> None:
    assert summary_text("the error `A_b <c>` of @me, ![x](http://y)") == (
        "the error <code>A_b &lt;c&gt;</code> of &#64;me, ![x](http&#58;//y)"
    )
    other = accepted(actual={"err": {"NoSession": {}}})
    text = markdown(report(lane("programs", other)), None)
    (head,) = (line for line in text.splitlines() if line.startswith("<details><summary>❌"))
    assert "<code>NoSession</code>" in head
    assert "\\" not in head


def test_a_fence_is_longer_than_the_backticks_within(tmp_path: Path) -> None:
    text = rendered(report(lane("programs", accepted("````"))), tmp_path)["summary.md"]
    assert "`````text" in text


def test_the_reports_are_written_whole_and_old_dossiers_go(tmp_path: Path) -> None:
    made = report(lane("programs", accepted()))
    for former, name in (("0" * 12, "program.jsonl"), ("1" * 12, "mine.txt"), (made.findings[0].short, ANSWERS)):
        (tmp_path / "divergences" / former).mkdir(parents=True)
        (tmp_path / "divergences" / former / name).write_text("of another run")
    (tmp_path / "mine.txt").write_text("kept")
    assert write_reports(made, tmp_path) == tmp_path / "index.html"
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    folder = f"divergences/{made.findings[0].short}"
    forms = {"index.html", "summary.md", "junit.xml", "report.sarif", "report.json", "gl-code-quality-report.json"}
    files = {f"{folder}/{name}" for name in (*FILES, MANIFEST, SEAL) if name != ANSWERS}
    assert names == {*forms, *files, "mine.txt", f"divergences/{'1' * 12}/mine.txt"}
    assert not (tmp_path / "divergences" / ("0" * 12)).exists()
    manifest, program, _ = read_dossier(tmp_path / folder)
    assert program == made.findings[0].program
    assert manifest.missing == {ANSWERS: "not run again, so not made smaller"}


def test_nothing_is_written_when_a_form_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from telltale_conformance.oracle.reports import writing

    def broken(report: Report, folder: Path) -> str:
        raise RuntimeError("no page")

    monkeypatch.setattr(writing, "page", broken)
    with pytest.raises(RuntimeError, match="no page"):
        write_reports(REPORTS["diverge"], tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_shell_reproducer_holds_the_whole_program(tmp_path: Path) -> None:
    (finding,) = report(lane("programs", accepted())).findings
    shell = finding.reproducers[0]
    assert shell.title == "Shell"
    (tmp_path / "p.jsonl").write_text(shell.text.split("<<'END-OF-PROGRAM'\n")[1].split("END-OF-PROGRAM\n")[0])
    assert read_program(tmp_path / "p.jsonl") == finding.program
    assert "record --sut 'my-adapter --fast'" in shell.text


def test_what_is_copied_looks_as_it_is(tmp_path: Path) -> None:
    (finding,) = report(lane("programs", accepted("a\u202eb\u200b\U000e0041", "c\u2066"))).findings
    for title in ("Shell", "Program"):
        (text,) = [one.text for one in finding.reproducers if one.title == title]
        assert text.isprintable() or {char for char in text if not char.isprintable()} == {"\n"}
    (tmp_path / "p.jsonl").write_text(text)
    assert read_program(tmp_path / "p.jsonl") == finding.program


def test_a_shell_reproducer_compares_as_strictly_as_the_check() -> None:
    for level, words in ((Level.outcome, "replay --level outcome "), (Level.state, "replay ")):
        (finding,) = findings([lane("programs", accepted())], command="x", hello=HELLO, level=level)
        assert f"telltale-conformance {words}{finding.short}.jsonl\n" in finding.reproducers[0].text


def test_markdown_shows_what_fits_and_else_the_dossier_alone(tmp_path: Path) -> None:
    made = program()
    steps = (*(Step(args={}, op="live_count", seq=number) for number in range(200)),
             *(msgspec.structs.replace(step, seq=step.seq + 200) for step in program().steps))  # fmt: skip
    long = accepted(program=msgspec.structs.replace(made, steps=steps), seq=steps[-1].seq)
    text = rendered(report(lane("programs", long)), tmp_path)["summary.md"]
    assert "To see it again" not in text
    assert f"telltale-conformance verify {tmp_path}/divergences/" in text


def test_without_a_folder_nothing_in_it_is_named() -> None:
    made = report(lane("programs", accepted()))
    assert "verify" not in markdown(made, None)


def test_a_known_divergence_is_neither_run_again_nor_made_smaller() -> None:
    def never(divergence: object) -> Reduction:
        raise AssertionError("it was run again")

    seen = lane("programs", accepted())
    baseline = updated(Baseline(contract="telltale-17"), [seen], TODAY).baseline
    (finding,) = report(seen, baseline=baseline, minimise=never).findings
    assert (finding.stand, finding.ending) == ("known", "as found")
    assert finding.remark == "known, so neither run again nor made smaller"
    assert finding.folder is not None


def test_steps_that_the_implementation_does_not_offer_are_not_asked_of_it() -> None:
    offered = msgspec.structs.replace(HELLO, ops=HELLO.ops - {"issue_readiness_witness"})
    (finding,) = findings([lane("claims", accepted())], command="x", hello=offered)
    assert "issue_readiness_witness" not in finding.files["program.jsonl"].decode()
    assert "issue_readiness_witness" not in finding.reproducers[0].text


def test_a_minimiser_takes_the_place_of_the_program() -> None:
    small = accepted("z")

    def minimise(divergence: object) -> Reduction:
        notes = {1: "without it nothing is live"}
        return Reduction(ending="minimal", program=small.program, divergence=small, notes=notes)

    (finding,) = report(lane("programs", accepted(sid=3)), minimise=minimise).findings
    assert finding.minimal
    assert finding.program == small.program
    page = rendered(report(lane("p", accepted()), minimise=minimise), Path("r"))["index.html"]
    assert "without it nothing is live" in page


def test_the_dossier_of_a_race_says_how_often_it_failed() -> None:
    def minimise(divergence: LaneDivergence) -> Reduction:
        return Reduction(ending="as found", program=None, divergence=divergence, rate=Rate(times=3, runs=20))

    race = accepted(program=None, race=b"{}", history=b"{}")
    (finding,) = report(lane("concurrent", race), minimise=minimise).findings
    made = json.loads(finding.files[MANIFEST])
    assert (made["rate"]["times"], made["rate"]["runs"]) == (3, 20)
    assert (made["class"]["op"], made["level"], made["ending"]) == (race.op, "state", "as found")


def test_the_case_with_the_fewest_steps_is_shown() -> None:
    (finding,) = report(lane("programs", accepted(sid=4), accepted(sid=1))).findings
    assert finding.program is not None
    assert len(finding.program.steps) == 6
    assert len(finding.cases) == 2


def test_github_gets_annotations_and_a_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    check = Check(subject=Subject(), hello=HELLO, settings=Settings(), results=(lane("programs", accepted()),))
    assert Gate().conclude(check) == 1
    assert "\n::error " in "\n" + capsys.readouterr().out
    assert Gate().conclude(check, quiet=True) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "::error " in captured.err
    assert (tmp_path / "summary").read_text().count("## ❌ telltale-conformance: diverge") == 2


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("")
    check = Check(subject=Subject(), hello=HELLO, settings=Settings(), results=(lane("programs"),))
    assert Gate(report=tmp_path / "taken" / "r").conclude(check) == 3
    assert "cannot write the report" in capsys.readouterr().err
