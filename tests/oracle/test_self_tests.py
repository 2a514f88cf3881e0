"""Self-tests: run once for each version, remembered whole or not at all, never a verdict on an implementation."""

from __future__ import annotations

import os
import stat
from datetime import date
from importlib.metadata import requires, version
from pathlib import Path

import msgspec
import pytest
from packaging.requirements import Requirement

from telltale_conformance.oracle.cli import check as check_command
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes import self_tests as module
from telltale_conformance.oracle.lanes.self_tests import SelfTest, self_tests
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import DEPENDS_ON, LANES, SELF_TESTS
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneResult
from tests.oracle.report_world import HELLO, lane

CONTRACT = "hardened"


class Counted:
    """A self-test that counts how often it is run."""

    def __init__(self, shown: int = 3) -> None:
        self.runs = 0
        self.shown = shown

    def __call__(self, contract: str) -> LaneResult:
        self.runs += 1
        return LaneResult(
            lane="near-miss",
            evidence=Evidence(Items("edits", 3, self.shown), (Items("cells", 2, 2),)),
            tally=Tally(cases=3),
            figures={"edits": 3},
            claims={"K1": ClaimStand("proved")},
            seconds=1.5,
        )


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    made = Counted()
    monkeypatch.setattr(module, "SELF_TESTS", {"near-miss": made})
    return made


def run(cache: Path, *, contract: str = CONTRACT, asked: tuple[str, ...] = (), **options: bool) -> SelfTest:
    (one,) = self_tests(contract, asked=asked, only_asked=options.pop("only_asked", False), cache=cache, **options)
    return one


def test_what_was_shown_is_remembered(counted: Counted, tmp_path: Path) -> None:
    first, again = run(tmp_path), run(tmp_path)
    assert counted.runs == 1
    assert (first.verdict, first.remembered, again.verdict, again.remembered) == ("shown", False, "shown", True)
    assert again.shown_on == first.shown_on
    assert again.result == msgspec.structs.replace(first.result, seconds=0.0), "a report from memory is the same report"
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"], "nothing half-written stays"


def test_it_is_run_anew_for_another_contract_or_version_or_when_asked(
    counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    run(tmp_path, contract="telltale-17")
    assert counted.runs == 2
    assert not run(tmp_path, anew=True).remembered
    assert counted.runs == 3
    monkeypatch.setattr(module, "harness_hash", lambda: "another version")
    assert not run(tmp_path).remembered
    assert counted.runs == 4


@pytest.mark.parametrize("damage", ["truncated", "edited", "foreign", "empty", "nested", "folder"])
def test_a_damaged_entry_is_as_good_as_none(counted: Counted, tmp_path: Path, damage: str) -> None:
    run(tmp_path)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    document = msgspec.json.decode(content)
    damaged = {
        "truncated": content[: len(content) // 2],
        "edited": msgspec.json.encode({**document, "shown_on": "2001-01-01"}),
        "foreign": msgspec.json.encode({**document, "name": "symbolic"}),
        "empty": b"",
        "nested": b"[" * 100_000,
    }
    path.unlink()
    if damage == "folder":
        path.mkdir()
    else:
        path.write_bytes(damaged[damage])
    assert not run(tmp_path).remembered
    assert counted.runs == 2


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
@pytest.mark.parametrize("what", ["folder", "file"])
def test_an_entry_that_others_may_write_is_as_good_as_none(
    counted: Counted, tmp_path: Path, what: str, mode: int
) -> None:
    run(tmp_path)
    (path,) = tmp_path.iterdir()
    changed = tmp_path if what == "folder" else path
    changed.chmod(mode)
    assert not run(tmp_path).remembered, "another user may have written it"
    assert counted.runs == 2
    assert stat.S_IMODE(changed.stat().st_mode) & 0o022 == 0, "it is taken from others where it is written anew"
    assert run(tmp_path).remembered


def test_an_entry_of_another_user_is_as_good_as_none(
    counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert not run(tmp_path).remembered
    assert counted.runs == 2


@pytest.mark.parametrize("library", module.LIBRARIES)
def test_it_is_run_anew_with_another_version_of_a_library(
    counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    run(tmp_path)
    monkeypatch.setattr(module, "version", lambda name: "0.0" if name == library else version(name))
    assert not run(tmp_path).remembered
    assert counted.runs == 2


def test_it_is_run_anew_with_another_lean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made, lean = Counted(), ["one"]
    monkeypatch.setattr(module, "SELF_TESTS", {"lean": made})
    monkeypatch.setattr(module, "DEPENDS_ON", {"lean": lambda: lean[0]})
    assert run(tmp_path, asked=("lean",)).verdict == "shown"
    assert run(tmp_path).remembered
    lean[0] = "another"
    assert run(tmp_path).verdict == "not run", "what another Lean showed says nothing of this one"
    assert run(tmp_path, asked=("lean",)).verdict == "shown"
    assert made.runs == 2


def test_the_lean_that_would_be_run_is_what_it_depends_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from telltale_conformance.lean_traces.lean_toolchain import LEAN_VERSION

    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    lean = tmp_path / "lean"
    lean.write_text(f"#!/bin/sh\necho 'Lean (version {LEAN_VERSION}, x86_64, Release)'\n")
    lean.chmod(0o755)
    depends_on = DEPENDS_ON["lean"]
    first = depends_on()
    assert first == depends_on() != ""
    lean.write_text(lean.read_text() + "# another\n")
    assert depends_on() != first
    lean.write_text("#!/bin/sh\necho 'Lean (version 1.2.3, x86_64, Release)'\n")
    monkeypatch.setenv("TELLTALE_LEAN_CACHE", str(tmp_path / "empty"))
    assert depends_on() == ""


def test_every_library_is_one_that_a_self_test_depends_on_or_one_that_prints() -> None:
    printing = {"jinja2", "markupsafe", "platformdirs", "psutil", "pygments", "rich", "typer"}
    declared = {Requirement(line).name for line in requires("telltale-conformance") or () if "extra ==" not in line}
    assert declared == printing | set(module.LIBRARIES)


def test_it_is_run_anew_with_another_corpus(counted: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path)
    monkeypatch.setattr(module, "corpus_hash", lambda: "sha256:other")
    assert not run(tmp_path).remembered


def test_an_entry_whose_evidence_shows_nothing_is_as_good_as_none(counted: Counted, tmp_path: Path) -> None:
    counted.shown = 2
    result, key = counted(CONTRACT), module._key("near-miss", CONTRACT)
    assert module._remember(tmp_path, "near-miss", CONTRACT, key, date(2026, 1, 1), result) is None
    counted.shown = 3
    assert not run(tmp_path).remembered


def test_what_was_not_shown_is_not_remembered(counted: Counted, tmp_path: Path) -> None:
    counted.shown = 2
    one = run(tmp_path)
    assert (one.verdict, one.fails, list(tmp_path.iterdir())) == ("not shown", True, [])
    counted.shown = 3
    assert run(tmp_path).verdict == "shown"


def test_an_unwritable_folder_is_told_and_costs_nothing(counted: Counted, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    one = run(taken)
    assert one.verdict == "shown"
    assert "not remembered" in one.result.notes[-1]


def test_a_fault_within_is_a_self_test_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(contract: str) -> LaneResult:
        raise ZeroDivisionError("a mistake")

    monkeypatch.setattr(module, "SELF_TESTS", {"near-miss": broken})
    one = run(tmp_path)
    assert one.fails
    assert "ZeroDivisionError: a mistake" in one.result.notes[0]


def test_where_lanes_were_named_only_what_is_remembered_is_told(counted: Counted, tmp_path: Path) -> None:
    assert run(tmp_path, only_asked=True).verdict == "not run"
    assert run(tmp_path, asked=("near-miss",), only_asked=True).verdict == "shown"
    assert run(tmp_path, only_asked=True).remembered
    assert counted.runs == 1


def test_lean_is_run_by_name_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = Counted()
    monkeypatch.setattr(module, "SELF_TESTS", {"lean": made})
    assert "2.5 GB" in (run(tmp_path).result.why_not_run or "")
    assert made.runs == 0
    assert run(tmp_path, asked=("lean",), only_asked=True).verdict == "shown"


def test_a_failing_self_test_makes_a_check_inconclusive_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    result = LaneResult(lane="near-miss", evidence=Evidence(Items("edits", 3, 2, 0, ("an edit of send",))))
    failing = SelfTest(name="near-miss", result=result)
    check = Check(
        subject=Subject(), hello=HELLO, settings=Settings(), results=(lane("programs"),), self_tests=(failing,)
    )
    assert Gate().conclude(check) == 3
    output = capsys.readouterr().out
    assert "self-test near-miss NOT SHOWN: 1 of 3 edits not shown: an edit of send" in output
    assert "the harness does not pass its self-test near-miss" in output.splitlines()[-1]


def test_self_tests_are_no_lanes() -> None:
    assert not LANES.keys() & SELF_TESTS.keys()


def test_a_self_test_alone_judges_nothing_of_an_implementation(
    counted: Counted, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module.platformdirs, "user_cache_path", lambda name: tmp_path)
    assert check_command.run(lanes=["near-miss"]) == 3
    output = capsys.readouterr().out
    assert "self-tests shown by this version: near-miss on " in output
    assert "inconclusive: 0 answers judged" in output.splitlines()[-1]
