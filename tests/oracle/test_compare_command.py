"""``compare``: reports side by side; differences first, what is not alike is said, foreign files are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.cli.campaign import report as campaign_report
from telltale_conformance.oracle.cli.check import run as check
from telltale_conformance.oracle.cli.compare import run
from telltale_conformance.oracle.gate import Gate
from telltale_conformance.oracle.reports.comparison.comparison import Comparison, comparison_of
from telltale_conformance.oracle.reports.comparison.page import comparison_page
from telltale_conformance.oracle.reports.comparison.reading import BadReport, read_report
from telltale_conformance.oracle.reports.comparison.rows import Compared
from telltale_conformance.oracle.reports.json_report import report_json
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from telltale_conformance.oracle.verdict.not_covered import NotCovered
from telltale_conformance.oracle.verdict.results import LaneResult, not_run
from tests.oracle.campaign.campaign_history import day, in_folder, settings
from tests.oracle.report_world import HELLO, MARKUP, SCRIPT, accepted, lane, report, unlogged

UNCLAIMED = Cell("validate_ownership_capability", "Unclaimed", "unclaimed", "no owner", "-")


def of(*reports: Report, folder: Path) -> Comparison:
    paths = []
    for number, one in enumerate(reports):
        path = folder / f"{number}.json"
        path.write_text(report_json(one))
        paths.append(path)
    return comparison_of(paths)


def row(comparison: Comparison, section: str, name: str) -> Compared:
    (found,) = (one for part in comparison.sections if part.name == section for one in part.rows if one.name == name)
    return found


def states(comparison: Comparison, section: str, name: str) -> list[str]:
    return [mark.state for mark in row(comparison, section, name).marks]


def version(number: str) -> Any:
    return msgspec.structs.replace(HELLO, version=number)


# --- rows


def test_lanes_are_told_apart_as_agreeing_diverging_and_not_judged(tmp_path: Path) -> None:
    stopped = LaneResult(lane="programs", tally=Tally(judged=3, faults=2))
    made = of(
        report(lane("programs"), lane("graph")),
        report(lane("programs", accepted()), not_run("graph", "no such thing")),
        report(stopped, exit_code=3),
        folder=tmp_path,
    )
    assert states(made, "lanes", "programs") == ["agrees", "diverges", "not judged"]
    assert states(made, "lanes", "graph") == ["agrees", "not judged", "not judged"]
    words = [mark.words for mark in row(made, "lanes", "programs").marks]
    assert words == ["40 answers", "40 answers", "inconclusive, 3 answers, 2 faults"]
    words = [mark.words for mark in row(made, "lanes", "graph").marks]
    assert words == ["40 answers", "not run: no such thing", "not asked for"]


def test_claims_are_kept_broken_or_not_judged_and_what_the_contract_breaks_is_said(tmp_path: Path) -> None:
    kept, broken = (lane(claims={"K1": ClaimStand(status, 2)}) for status in ("kept", "broken"))
    made = of(report(kept), report(broken), report(broken, contract="hardened"), report(lane()), folder=tmp_path)
    assert states(made, "claims", "K1") == ["kept", "broken too", "broken", "not judged"]
    words = [mark.words for mark in row(made, "claims", "K1").marks]
    assert words == [
        "on 2 occasions",
        "on 2 occasions, as telltale-17 breaks it",
        "on 2 occasions",
        "no claim was watched",
    ]
    assert row(made, "claims", "K1").about == "generation-freshness"


def test_a_claim_of_another_version_is_compared_by_its_number(tmp_path: Path) -> None:
    later = report(lane(claims={"K99": ClaimStand("kept", 2)}))
    made = of(later, report(lane()), folder=tmp_path)
    assert states(made, "claims", "K99") == ["kept", "not judged"]
    assert row(made, "claims", "K99").about == "unknown to this version"


def test_rows_of_the_contract_are_told_apart_by_operation_and_answer(tmp_path: Path) -> None:
    judged = frozenset({UNCLAIMED, UNCLAIMED._replace(phase="pending")})
    little = msgspec.structs.replace(HELLO, ops=frozenset({"open", "close"}))
    made = of(
        report(lane(coverage=judged)),
        report(lane("programs", accepted(), coverage=judged)),
        report(lane()),
        report(lane(), implementation=little),
        folder=tmp_path,
    )
    found = row(made, "rows of the contract", "validate_ownership_capability: Unclaimed")
    assert [mark.state for mark in found.marks] == ["agrees", "diverges", "not judged", "not judged"]
    assert [mark.words for mark in found.marks] == [
        "2 situations",
        "G-owned: answered ok",
        "not reached",
        "not offered",
    ]


def test_every_row_of_the_floor_is_there_though_nobody_judged_it(tmp_path: Path) -> None:
    made = of(report(lane()), report(lane()), folder=tmp_path)
    rows = made.sections[2].rows
    assert len(rows) > 100
    assert sum(one.marks[0].state == "not judged" for one in rows) == len(rows) - 1


def test_a_divergence_that_is_not_seen_agrees_only_where_its_row_was_judged(tmp_path: Path) -> None:
    made = of(
        report(lane("programs", accepted())),
        report(lane(coverage=frozenset({UNCLAIMED}))),
        report(lane()),
        folder=tmp_path,
    )
    short = report(lane("programs", accepted())).findings[0].short
    assert states(made, "divergences", short) == ["diverges", "agrees", "not judged"]
    assert row(made, "divergences", short).about.startswith("validate_ownership_capability: expected Unclaimed")


def test_two_that_diverge_by_other_classes_differ_and_by_the_same_do_not(tmp_path: Path) -> None:
    one, other = report(lane("programs", accepted())), report(lane("programs", accepted(actual={"err": {"Other": {}}})))
    same = of(one, one, folder=tmp_path)
    assert not row(same, "rows of the contract", "validate_ownership_capability: Unclaimed").differs
    assert same.differences == 0
    differing = of(one, other, folder=tmp_path)
    assert row(differing, "rows of the contract", "validate_ownership_capability: Unclaimed").differs


def test_what_differs_comes_first_then_what_some_judged_then_the_rest(tmp_path: Path) -> None:
    lanes = [lane("a"), lane("b"), lane("c")]
    made = of(report(*lanes), report(lane("a"), lane("c", accepted())), folder=tmp_path)
    ranks = [(one.name, one.differs, one.partly) for one in made.sections[0].rows]
    assert ranks == [("c", True, False), ("b", False, True), ("a", False, False)]
    for section in made.sections:
        assert [one.rank for one in section.rows] == sorted(one.rank for one in section.rows)
        assert len(section.rows) == len(section.differing) + len(section.partly) + len(section.alike)


# --- what is not alike


@pytest.mark.parametrize(
    ("change", "setting", "values"),
    [
        ({"contract": "hardened"}, "contract", ("telltale-17", "hardened")),
        ({"level": Level.outcome}, "level", ("state", "outcome")),
        ({"harness": "9.9"}, "harness", ("0.1.0", "9.9")),
        ({"effort": "quick"}, "amount", ("effort default", "effort quick")),
        ({"cases": 7}, "amount", ("effort default", "7 cases")),
        ({"seed": 4}, "seed", ("3", "4")),
        ({"lanes": (lane(), lane("graph"))}, "lanes", ("programs", "programs, graph")),
        ({"not_covered": NotCovered(restricted_to=("claim K3",))}, "restriction", ("none", "only claim K3")),
        ({"cut_short": "a signal"}, "end", ("whole", "cut short")),
    ],
)
def test_settings_that_are_not_alike_are_said_in_every_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], setting: str, values: tuple[str, ...]
) -> None:
    made = of(report(lane()), report(lane(), **change), folder=tmp_path)
    assert [(one.setting, one.values) for one in made.unlike] == [(setting, values)]
    assert run([tmp_path / "0.json", tmp_path / "1.json"]) == 0
    told = capsys.readouterr().out
    assert f"NOT ALIKE in {setting}: A {values[0]}, B {values[1]}" in told
    assert told.splitlines()[-1].endswith(f"; the reports are not alike in {setting}")
    assert f"not alike in {setting}" in comparison_page(made)
    assert run([tmp_path / "0.json", tmp_path / "1.json"], as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["unlike"][0]["setting"] == setting


def test_nothing_is_said_where_only_the_implementations_differ(tmp_path: Path) -> None:
    assert of(report(lane()), report(lane(), implementation=version("3")), folder=tmp_path).unlike == ()


# --- files


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a report: no JSON"),
        ("{", "not a report: no JSON"),
        ("[]", "not a report: it names no schema"),
        ('{"schema": "telltale-conformance/baseline"}', "its schema is telltale-conformance/baseline"),
        ('{"schema": "telltale-conformance/report", "version": 1}', "a report of version 1, and this harness reads"),
        ('{"schema": "telltale-conformance/report", "version": 2}', "missing required field"),
        ('{"lane": "fixed"}\n{"lane": "programs"}\n', "what --json prints is a line for each lane, not a report"),
        ('{"a": 1, "a": 2}', "no JSON"),
    ],
)
def test_a_malformed_or_foreign_file_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "good.json").write_text(report_json(report(lane())))
    bad = tmp_path / "bad.json"
    bad.write_text(text)
    page = tmp_path / "page.html"
    assert run([tmp_path / "good.json", bad], output=page) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert str(bad) in told.err
    assert "check --report wrote" in told.err or "run the check again" in told.err
    assert told.out == ""
    assert not page.exists()


@pytest.mark.parametrize("given", ["the folder", "its report"])
def test_of_a_campaign_it_is_said_what_can_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str
) -> None:
    place = in_folder(tmp_path / "c", settings(), day(0))
    if given == "its report":
        campaign_report(place, output=None, history=None, badge=None, as_json=True)
        place = tmp_path / "campaign-report.json"
        place.write_text(capsys.readouterr().out)
    assert run([place, place]) == 2
    told = capsys.readouterr()
    assert str(place) in told.err
    assert "of a campaign that of check --corpus CAMPAIGN --report DIR" in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "fine"},
        {"seed": -1},
        {"level": 3},
        {"lanes": [{}]},
        {"claims": {"K1": {"status": "loved", "occasions": 1}}},
        {"findings": [{"fingerprint": "0", "stand": "new", "class": {}, "cases": []}]},
        {"implementation": {"name": "x"}},
    ],
)
def test_a_report_with_a_broken_part_is_refused_with_its_place(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**json.loads(report_json(report(lane()))), **change}))
    with pytest.raises(BadReport, match=rf"`\$\.{next(iter(change))}") as raised:
        read_report(path)
    assert str(path) in str(raised.value)


CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "verdict": ({"verdict": "agree"}, "the verdict is agree, and the exit code 1"),
    "exit code": ({"exit_code": 0}, "the verdict is diverge, and the exit code 0"),
    "both": ({"verdict": "agree", "exit_code": 0}, "the verdict is agree, and something diverges that is not known"),
    "findings": (
        {"verdict": "agree", "exit_code": 0, "findings": []},
        "the verdict is agree, and something diverges that is not known",
    ),
}


@pytest.mark.parametrize("which", CONTRADICTIONS)
def test_a_report_that_contradicts_itself_is_refused(tmp_path: Path, which: str) -> None:
    change, said = CONTRADICTIONS[which]
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**json.loads(report_json(report(lane("programs", accepted())))), **change}))
    with pytest.raises(BadReport, match=said):
        read_report(path)


def test_a_fingerprint_of_another_class_is_refused(tmp_path: Path) -> None:
    document = json.loads(report_json(report(lane("programs", accepted()))))
    path = tmp_path / "report.json"
    for scheme in (2, 3):
        of = Fingerprint(
            **{"kind" if name == "class" else name: x for name, x in document["findings"][0]["class"].items()}
        )
        document["findings"][0]["fingerprint"] = of.digest_in(scheme)
        path.write_text(json.dumps(document))
        assert read_report(path).findings[0].fingerprint == of.digest_in(scheme)
    document["findings"][0]["fingerprint"] = "0" * 64
    path.write_text(json.dumps(document))
    with pytest.raises(BadReport, match=r"the fingerprint is not that of the class - at `\$\.findings\[0\]`"):
        read_report(path)


def test_a_contract_of_any_name_is_no_path(tmp_path: Path) -> None:
    made = of(report(lane()), report(lane(), contract="../../../secret"), folder=tmp_path)
    assert made.unlike[0].setting == "contract"


def test_what_is_not_there_and_too_few_or_many_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "report.json"
    assert run([path, path]) == 2
    assert f"{path}: cannot be read: No such file" in capsys.readouterr().err
    path.write_text(report_json(report(lane())))
    for count in (1, 27):
        assert run([path] * count) == 2
        assert f"needs 2 to 26 reports, not {count}" in capsys.readouterr().err
    assert run([tmp_path, *[path] * 25]) == 0


def test_reports_that_checks_wrote_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed, folder in ((1, "one"), (2, "two")):
        check(lanes=["programs"], cases=2, seed=seed, gate=Gate(report=tmp_path / folder))
    capsys.readouterr()
    assert run([tmp_path / "one", tmp_path / "two" / "report.json"], as_json=True, output=tmp_path / "page.html") == 0
    document = json.loads(capsys.readouterr().out)
    validator("comparison").validate(document)
    assert document["differences"] == 0
    assert document["judged_by_some"] > 10
    assert [one["letter"] for one in document["reports"]] == ["A", "B"]
    assert "2 reports side by side" in (tmp_path / "page.html").read_text()


def test_the_json_of_every_kind_of_row_is_that_of_the_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of(
        report(lane("programs", accepted(), unlogged(), claims={"K3": ClaimStand("broken", 1)})),
        report(lane(claims={"K3": ClaimStand("kept", 1)}), contract="hardened", cut_short="a signal", cases=3),
        folder=tmp_path,
    )
    assert run([tmp_path / "0.json", tmp_path / "1.json"], as_json=True) == 0
    validator("comparison").validate(json.loads(capsys.readouterr().out))


# --- the page and the text


def test_texts_of_the_implementation_are_escaped_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nasty = msgspec.structs.replace(HELLO, name=MARKUP + SCRIPT, version="1\x1b[31m\n\u202e")
    panic = accepted(kind="panic", actual={"panic": MARKUP})
    made = of(report(lane("programs", panic), implementation=nasty), report(lane()), folder=tmp_path)
    page = comparison_page(made)
    assert "<img" not in page
    assert "<script" not in page
    assert "\x1b" not in page
    assert "script-src" not in page
    assert run([tmp_path / "0.json", tmp_path / "1.json"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_the_text_shows_differing_rows_and_counts_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of(
        report(lane("programs"), lane("graph")),
        report(lane("programs", accepted(), coverage=frozenset({UNCLAIMED})), implementation=version("3.0")),
        folder=tmp_path,
    )
    run([tmp_path / "0.json", tmp_path / "1.json"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("A  agree         my-store 2.1")
    assert lines[2].startswith("B  diverge       my-store 3.0")
    assert "  programs                                    agrees      diverges" in lines
    assert "  judged in A only (1): graph" in lines
    assert lines[-1].startswith("rows that differ: 1; judged in some reports only: ")
