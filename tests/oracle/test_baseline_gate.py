"""The gate holds a check against its baseline, writes it anew on demand, and answers with an exit code."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.oracle.cli.check import run
from telltale_conformance.oracle.gate import Check, Gate, gate_code
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.verdict.baseline import BadBaseline, Baseline, read_baseline
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.installed import run_here
from tests.oracle.lane_world import served
from tests.oracle.report_world import HELLO, accepted, lane, unlogged

TODAY = date(2030, 6, 15)


def conclude(gate: Gate, *results: LaneResult, **changes: Any) -> int:
    gate.prepare("telltale-17")
    check = Check(subject=Subject(command="x"), hello=HELLO, settings=Settings(), results=results, seconds=1.0)
    return gate.conclude(msgspec.structs.replace(check, **changes))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "known.json"


def written(path: Path, *results: LaneResult, **fields: str) -> Path:
    """Write the baseline of what these lanes saw, each entry with these fields changed."""
    conclude(Gate(baseline=path, update=True, today=TODAY), *results)
    document = json.loads(path.read_text())
    for entry in document["entries"]:
        entry.update(fields)
    path.write_text(json.dumps(document))
    return path


def test_without_a_baseline_any_divergence_is_1_and_none_is_0() -> None:
    assert conclude(Gate(), lane("programs", accepted())) == 1
    assert conclude(Gate(), lane("programs")) == 0
    assert conclude(Gate(), lane("programs", missing=1)) == 3
    assert conclude(Gate(), lane("programs", why_not_run="nothing to judge by", tally=Tally())) == 3
    assert conclude(Gate()) == 3


def test_known_divergences_let_the_gate_pass(path: Path) -> None:
    seen = lane("programs", accepted())
    assert conclude(Gate(baseline=written(path, seen), today=TODAY), seen) == 0


def test_a_lane_that_diverges_as_a_whole_is_1_with_a_baseline_or_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unequal = lane("graph", evidence=Evidence(Items("tours", 3, 3), (Items("edges", 9, 4, 10),)))
    assert unequal.verdict == "diverge"
    assert conclude(Gate(), unequal) == 1
    assert "lane graph diverges: 10 of 9 edges are not as the contract says" in capsys.readouterr().out
    known = written(tmp_path / "known.json", lane("programs", accepted()))
    assert conclude(Gate(baseline=known, today=TODAY), lane("programs", accepted()), unequal) == 1


@pytest.mark.parametrize(
    ("results", "fields", "said"),
    [
        ((lane("programs", accepted(), unlogged()),), {}, "new      "),
        ((lane("programs"),), {}, "stale    "),
        ((lane("programs", accepted()),), {"expires": "2030-06-14"}, "expired  "),
    ],
)
def test_each_side_of_the_baseline_fails_with_1_and_is_named(
    path: Path, results: tuple[LaneResult, ...], fields: dict[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written(path, lane("programs", accepted()), **fields)
    assert conclude(Gate(baseline=path, today=TODAY), *results) == 1
    assert said in capsys.readouterr().out


def test_what_no_lane_looked_at_does_not_fail(path: Path) -> None:
    written(path, lane("programs", accepted()))
    assert conclude(Gate(baseline=path, today=TODAY), lane("corpus")) == 0


def test_a_fault_beside_a_known_divergence_is_inconclusive(path: Path) -> None:
    seen = lane("programs", accepted(), faults=1)
    assert conclude(Gate(baseline=written(path, seen), today=TODAY), seen) == 3


def test_an_early_end_behind_a_known_divergence_is_inconclusive(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The lane that the time limit cut off diverges as it is known to, and shows nothing of the cases that it left."""
    seen = lane("programs", accepted())
    gate = Gate(baseline=written(path, seen), today=TODAY)
    assert conclude(gate, seen, cut_short="the time limit of 2 s was reached") == 3
    assert capsys.readouterr().out.splitlines()[-1].startswith("inconclusive: ")


def test_update_writes_and_then_passes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = lane("programs", accepted())
    assert conclude(Gate(baseline=path, update=True, today=TODAY), seen) == 0
    assert "+ " in capsys.readouterr().err
    assert conclude(Gate(baseline=path, update=True, today=TODAY), lane("programs")) == 0
    assert "- " in capsys.readouterr().err
    assert not read_baseline(path).entries


def test_update_does_not_make_an_expired_entry_good(path: Path) -> None:
    seen = lane("programs", accepted())
    written(path, seen, expires="2030-06-14")
    assert conclude(Gate(baseline=path, update=True, today=TODAY), seen) == 1
    assert read_baseline(path).entries[0].expires == "2030-06-14"


@pytest.mark.parametrize(("expires", "stand"), [("2030-06-14", "expired"), ("2030-06-15", "known")])
def test_a_finding_stands_as_its_entry_does_on_that_day(path: Path, expires: str, stand: str) -> None:
    seen = lane("programs", accepted())
    gate = Gate(baseline=written(path, seen, expires=expires), today=TODAY)
    assert conclude(gate, seen) == (stand == "expired")
    check = Check(subject=Subject(command="x"), hello=HELLO, settings=Settings(), results=(seen,))
    assert [finding.stand for finding in gate.findings(check)] == [stand]


def test_a_partial_run_does_not_update(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(path, lane("programs", accepted()))
    before = path.read_bytes()
    gate = Gate(baseline=path, update=True, today=TODAY)
    assert conclude(gate, lane("programs"), cut_short="interrupted by SIGINT", interrupted=True) == 3
    assert path.read_bytes() == before
    assert "not updated" in capsys.readouterr().err


def test_a_baseline_that_does_not_fit_is_a_usage_error(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for gate, said in (
        (Gate(update=True), "--update needs --baseline"),
        (Gate(baseline=path), "no such file"),
    ):
        assert run(lanes=["corpus"], gate=gate) == 2
        assert said in capsys.readouterr().err
    written(path, lane("programs", accepted()))
    path.write_text(json.dumps({**json.loads(path.read_text()), "contract": "hardened"}))
    with pytest.raises(BadBaseline, match="follows 'telltale-17'"):
        Gate(baseline=path).prepare("telltale-17")


def test_an_entry_of_a_lane_that_there_is_not_is_refused(path: Path) -> None:
    """No check could ever find that it is stale."""
    document = json.loads(written(path, lane("programs", accepted())).read_text())
    document["entries"][0]["lanes"] = ["programs", "pograms"]
    path.write_text(json.dumps(document))
    with pytest.raises(BadBaseline, match=r'there is no lane "pograms", .* name lanes that there are: claims, '):
        Gate(baseline=path).prepare("telltale-17")


def test_a_baseline_that_cannot_be_written_is_inconclusive_and_no_divergence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("")
    gate = Gate(baseline=tmp_path / "taken" / "known.json", update=True, today=TODAY)
    gate.baseline = Baseline(contract="telltale-17")
    check = Check(subject=Subject(command="x"), hello=HELLO, settings=Settings(), results=(lane("programs"),))
    assert gate.conclude(check) == 3
    assert "cannot write the baseline" in capsys.readouterr().err
    assert gate.conclude(msgspec.structs.replace(check, results=(lane("programs", accepted()),))) == 1


def test_a_folder_of_reports_that_cannot_be_made_is_said_before_the_lanes_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("")
    assert run(lanes=["corpus"], gate=Gate(report=tmp_path / "taken" / "r")) == 2
    captured = capsys.readouterr()
    assert f"{tmp_path / 'taken' / 'r'}: cannot be written" in captured.err
    assert "corpus" not in captured.out


def test_known_divergences_do_not_end_a_lane_early(path: Path) -> None:
    gate = Gate(baseline=written(path, lane("programs", accepted())), fail_fast=True, today=TODAY)
    gate.prepare("telltale-17")
    assert gate.settings(Settings()).divergences > 100
    assert Gate(fail_fast=True).settings(Settings()).divergences == 1
    assert gate.stops_after(lane("programs", accepted())) is None
    assert gate.stops_after(lane("programs", accepted(), unlogged())) == "stopped by --fail-fast in lane programs"


def test_a_signal_makes_a_check_inconclusive_whatever_was_seen() -> None:
    check = Check(subject=Subject(), hello=HELLO, settings=Settings(), results=(lane("programs", accepted()),))
    assert gate_code(check, None) == 1
    assert gate_code(msgspec.structs.replace(check, cut_short="x", interrupted=True), None) == 3


@pytest.mark.parametrize(("expires", "stops"), [("2030-06-14", True), ("2030-06-15", False)])
def test_fail_fast_stops_at_a_divergence_whose_entry_has_expired(path: Path, expires: str, stops: bool) -> None:
    seen = lane("programs", accepted())
    gate = Gate(baseline=written(path, seen, expires=expires), fail_fast=True, today=TODAY)
    gate.prepare("telltale-17")
    assert (gate.stops_after(seen) is not None) == stops


def test_fail_fast_ends_a_check_after_the_lane_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from telltale_conformance.oracle.cli import check as check_command

    seen = {"corpus": lane("corpus", accepted()), "programs": lane("programs"), "graph": lane("graph")}
    monkeypatch.setattr(check_command, "run_lane", lambda name, *_: seen[name])
    assert run(lanes=list(seen), gate=Gate(fail_fast=True, report=tmp_path)) == 1
    document = json.loads((tmp_path / "report.json").read_text())
    assert [one["verdict"] for one in document["lanes"]] == ["diverge", "not run", "not run"]
    assert document["complete"] is False
    assert document["cut_short"] == "stopped by --fail-fast in lane corpus"


def test_from_a_red_gate_over_a_baseline_to_a_stale_one_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "false")

    def check(store: str, *more: str) -> tuple[int, str]:
        options = ["--lanes", "graph", "--effort", "quick", "--baseline", tmp_path / "known.json", *more]
        done = run_here("check", "--sut", served(store), *options)
        return done.returncode, done.stdout + done.stderr

    assert check("begin_does_not_count_claims")[0] == 2, "there is no baseline yet"
    code, said = check("begin_does_not_count_claims", "--update")
    assert (code, said.count(": + ")) == (0, len(read_baseline(tmp_path / "known.json").entries)), said
    assert ": + " in said
    code, said = check("begin_does_not_count_claims", "--report", str(tmp_path / "r"))
    assert (code, " 0 new, 0 stale" in said) == (0, True), said
    assert (tmp_path / "r" / "index.html").is_file()
    code, said = check("correct")
    assert (code, "  stale " in said) == (1, True), said
