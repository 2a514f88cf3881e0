"""The programs of a report are made small on the implementation itself; else it is said why not and how they repeat."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.cli.verify import run as verify
from telltale_conformance.oracle.dossier.dossier import ANSWERS, EXPLANATION, LEAN, read_dossier
from telltale_conformance.oracle.gate import Check, Gate
from telltale_conformance.oracle.lanes import corpus
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.programs import run
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.minimise.trying import OutOfTime
from telltale_conformance.oracle.process.interrupts import held_back, watched
from telltale_conformance.oracle.reports.findings import findings
from telltale_conformance.oracle.reports.minimal import minimising
from telltale_conformance.oracle.reports.report import Finding
from telltale_conformance.oracle.reports.wording import place_of
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import fingerprint_of
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult
from tests.oracle.lane_world import PATIENT, subject
from tests.oracle.minimise_world import SometimesWrong, diverging, program, record
from tests.oracle.report_world import HELLO, accepted, lane
from tests.oracle.wrong_references import WRONG, WrongReference

TWICE = "a witness is consumed twice"
TWICE_STEPS = [
    "open",
    "claim_ownership",
    "issue_readiness_witness",
    "consume_readiness_witness",
    "consume_readiness_witness",
]
LONG = program(
    ("open", {"roles": ["A", "B"], "initial_types": {}}),
    ("open", {"roles": [], "initial_types": {}}),
    ("claim_ownership", {"sid": {"$ref": 1}, "owner_id": "a", "scope": {"Fragments": ["f"]}}),
    ("claim_ownership", {"sid": {"$ref": 0}, "owner_id": "ab", "scope": "Session"}),
    ("issue_readiness_witness", {"capability": {"$ref": 3}, "predicate_ref": "ready"}),
    ("issue_readiness_witness", {"capability": {"$ref": 2}, "predicate_ref": "late"}),
    ("consume_readiness_witness", {"capability": {"$ref": 3}, "witness": {"$ref": 4}}),
    ("update_type", {"endpoint": {"sid": {"$ref": 0}, "role": "A"}, "new_type": "End"}),
    ("consume_readiness_witness", {"capability": {"$ref": 3}, "witness": {"$ref": 4}}),
    ("observe", {"sid": {"$ref": 0}}),
)
"""A witness consumed a second time among other things."""


class InProcess(Subject, frozen=True, kw_only=True):
    """An implementation in this process."""

    make: Callable[[], Any]

    def start(self) -> Adapter:
        adapter: Adapter = self.make()
        return adapter


def found(name: str, settings: Settings | None = None) -> LaneResult:
    """Return what the lane of programs says of a wrong store."""
    return run(subject(name), settings or Settings(effort=Effort.quick, seed=1))


@pytest.fixture(scope="module")
def seen() -> LaneResult:
    """Return what the lane of programs says of a store that lets a witness be consumed twice."""
    return found("witness_is_consumed_twice")


def first(seen: LaneResult) -> LaneDivergence:
    return next(one for one in seen.divergences if one.op == "consume_readiness_witness")


def finding(result: LaneResult, divergence: LaneDivergence, under_test: Subject, seconds: float = 120.0) -> Finding:
    """Return the finding of one divergence of a lane, which is run again on an implementation."""
    only = msgspec.structs.replace(result, divergences=(divergence,))
    with minimising(under_test, Level.state, seconds) as minimise:
        (one,) = findings([only], command=under_test.command, hello=HELLO, minimise=minimise)
    return one


def written(one: Finding, folder: Path) -> Path:
    """Write the dossier of a finding."""
    folder.mkdir()
    for name, content in one.files.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_program_is_made_small_and_every_step_explained(seen: LaneResult, tmp_path: Path) -> None:
    one = finding(seen, first(seen), subject("witness_is_consumed_twice"))
    assert one.key == fingerprint_of(first(seen))
    assert (one.ending, one.remark) == ("minimal", "")
    assert one.program is not None
    assert [step.op for step in one.program.steps] == TWICE_STEPS
    assert set(one.notes) == {step.seq for step in one.program.steps}
    assert one.divergence.seq == one.program.steps[-1].seq
    assert [text.title for text in one.reproducers] == ["Shell", "pytest", "Lean", "Program"]
    assert len(one.reproducers[0].text.splitlines()) <= 11
    folder = written(one, tmp_path / "d")
    assert "1-minimal: each of the" in (folder / EXPLANATION).read_text()
    manifest, _, _ = read_dossier(folder)
    assert (manifest.missing, manifest.verdict, manifest.ending) == ({}, "diverge", "minimal")
    assert verify(folder, kept=True, adapter_limits=PATIENT) == 0


def test_what_is_not_run_again_is_shown_as_it_is(seen: LaneResult, tmp_path: Path) -> None:
    under_test = subject("witness_is_consumed_twice")
    one = finding(seen, first(seen), under_test, seconds=0.0)
    assert (one.ending, one.program) == ("as found", first(seen).program)
    assert one.remark == "not run again, so not made smaller: no time was left for it"
    with minimising(under_test, Level.state, 0.0, interrupted=True) as minimise:
        assert minimise(first(seen)).remark.endswith("the run was interrupted")
    folder = written(one, tmp_path / "d")
    assert read_dossier(folder)[0].missing[ANSWERS] == one.remark
    assert one.remark in (folder / EXPLANATION).read_text()
    assert verify(folder, kept=True, adapter_limits=PATIENT) == 0, "though not small, it can be run again"


def test_what_does_not_come_back_is_not_made_smaller(seen: LaneResult) -> None:
    one = finding(seen, first(seen), subject("correct"))
    assert (one.ending, one.program, one.repeats) == ("not seen again", first(seen).program, False)
    assert one.remark.startswith("not seen again: in none of 20 runs")


def test_what_is_not_shown_to_be_minimal_is_not_called_so(
    seen: LaneResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_time_for_candidates(*_: object) -> None:
        raise OutOfTime

    monkeypatch.setattr("telltale_conformance.oracle.minimise.trying.Trials.attempt", no_time_for_candidates)
    one = finding(seen, first(seen), subject("witness_is_consumed_twice"))
    assert (one.ending, one.minimal, one.repeats, one.notes) == ("deadline", False, True, {})
    assert one.remark == "the time was up before it was shown that nothing more can go"
    manifest, program, _ = read_dossier(written(one, tmp_path / "d"))
    assert (manifest.ending, manifest.verdict) == ("deadline", "diverge")
    assert manifest.missing.keys() <= {LEAN}
    assert len(program.steps) > len(TWICE_STEPS)


def test_what_the_time_did_not_suffice_to_run_again_is_no_fault_of_the_adapter(
    seen: LaneResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telltale_conformance.oracle.reports.minimal.SHARE", 0.0)
    one = finding(seen, first(seen), subject("witness_is_consumed_twice"))
    assert (one.ending, one.minimal, one.program) == ("as found", False, first(seen).program)
    assert one.remark == "not run again, so not made smaller: no time was left for it"


def test_a_fault_of_the_adapter_makes_nothing_smaller(seen: LaneResult) -> None:
    one = finding(seen, first(seen), Subject(command="/nonexistent/adapter"))
    assert (one.ending, one.repeats) == ("inconclusive", True)
    assert "cannot start '/nonexistent/adapter'" in one.remark


def test_a_fault_of_the_harness_in_one_program_leaves_the_report_standing(
    seen: LaneResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr("telltale_conformance.oracle.minimise.minimiser.minimise", broken)
    one = finding(seen, first(seen), subject("witness_is_consumed_twice"))
    assert (one.ending, one.program) == ("inconclusive", first(seen).program)
    assert one.remark == "not made smaller: fault of the harness: RuntimeError: no idea"


def test_a_signal_while_programs_are_made_smaller_ends_that_and_marks_the_report(
    seen: LaneResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from telltale_conformance.oracle.reports import minimal

    def interrupted(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(minimal._Again, "_on_implementation", interrupted)
    check = Check(subject=subject("witness_is_consumed_twice"), hello=HELLO, settings=Settings(), results=(seen,))
    with watched(), held_back():
        assert Gate(report=tmp_path, minimise_seconds=60.0).conclude(check) == 3
    document = json.loads((tmp_path / "report.json").read_text())
    assert (document["complete"], document["exit_code"]) == (False, 3)
    assert document["cut_short"] == "interrupted by SIGTERM while programs were made smaller"
    assert {one["remark"] for one in document["findings"]} == {
        "not run again, so not made smaller: the run was interrupted"
    }


def test_the_shell_reproducer_shows_the_divergence_when_it_is_pasted(
    seen: LaneResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = finding(seen, first(seen), subject("witness_is_consumed_twice"))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash"], input=one.reproducers[0].text, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert "consume_readiness_witness" in done.stdout
    assert "WitnessConsumed" in done.stdout


# --- what does not repeat


def test_a_divergence_that_does_not_repeat_is_told_with_its_rate_in_every_form(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    under_test = subject("every_third_store_lets_a_witness_be_consumed_twice")
    result = run(under_test, Settings(effort=Effort.quick, seed=1))
    check = Check(subject=under_test, hello=HELLO, settings=Settings(), results=(result,))
    assert Gate(report=tmp_path, minimise_seconds=120.0).conclude(check) == 1
    terminal = capsys.readouterr().out
    document = json.loads((tmp_path / "report.json").read_text())
    one = next(each for each in document["findings"] if each["class"]["op"] == "consume_readiness_witness")
    rate = one["rate"]
    assert one["ending"] == "flaky"
    assert 0 < rate["times"] < rate["runs"] == 20
    said = f"flaky: seen in {rate['times']} of 20 runs"
    forms = {name: (tmp_path / name).read_text() for name in ("index.html", "summary.md", "report.sarif", "junit.xml")}
    assert [name for name, text in {**forms, "terminal": terminal}.items() if said not in text] == []
    assert "did not repeat" in document["headline"]
    manifest, program, _ = read_dossier(tmp_path / one["folder"])
    assert (manifest.verdict, manifest.rate is not None, ANSWERS in manifest.missing) == ("flaky", True, False)
    assert program.steps[-1].op == "consume_readiness_witness"
    assert len(program.steps) > len(TWICE_STEPS), "it is not minimised"
    assert verify(tmp_path / one["folder"], kept=True, adapter_limits=PATIENT) == 0


def test_one_in_process_is_told_with_its_rate_too() -> None:
    (divergence,) = told(WrongReference(WRONG[TWICE]), LONG).divergences
    under_test = InProcess(make=lambda: SometimesWrong(TWICE, lambda number: number % 4 == 0))
    one = finding(lane(), divergence, under_test)
    assert (one.ending, one.program) == ("flaky", divergence.program)
    assert one.remark.startswith("flaky: seen in 5 of 20 runs")


def test_one_that_shows_only_after_other_programs_is_a_stale_store(tmp_path: Path) -> None:
    under_test = subject("reset_keeps_the_clock")
    result = run(under_test, Settings(effort=Effort.quick, seed=1))
    for divergence in result.divergences[:2]:
        one = finding(result, divergence, under_test)
        assert (one.ending, one.program) == ("stale store", divergence.program)
        assert "in 10 of 10 runs, never as the first one" in one.remark
        assert one.rate is not None
        assert (one.rate.times, one.rate.runs) == (10, 12)  # twice as the first one in its process
    assert read_dossier(written(one, tmp_path / "d"))[0].verdict == "flaky"


# --- without a command


def told(adapter: Adapter, program: Any) -> LaneResult:
    """Return the divergence of a program on an adapter, as a lane tells it."""
    from telltale_conformance.oracle.reference.judging import Asked, described, judge_cases
    from telltale_conformance.oracle.reference.run import on_reference

    steps = on_reference(program).steps
    asked = [Asked(item.step.seq, item.step.op, item.printed, item.outcome) for item in steps]
    (result,) = judge_cases(adapter, [lambda: asked], Level.state)
    assert result.diverged_at is not None
    upto = tuple(step for step in program.steps if step.seq <= result.diverged_at.seq)
    return lane("programs", described("a program", result, msgspec.structs.replace(program, steps=upto)))


def test_a_recorded_divergence_is_made_small_with_its_answer_carried_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    trace = record(WrongReference(WRONG[TWICE]), LONG, tmp_path / "t.jsonl")
    monkeypatch.setattr(corpus, "corpus_files", lambda: [trace])
    result = corpus.run(Subject(), Settings())
    (divergence,) = result.divergences
    one = finding(result, divergence, Subject())
    assert one.program is not None
    assert [step.op for step in one.program.steps] == TWICE_STEPS
    assert one.ending == "minimal"
    assert "the recorded answer is carried along as data" in one.remark
    assert one.reproducers[0].text == "telltale-conformance replay t.jsonl\n"
    place = place_of(one, tmp_path / "r")
    assert place is not None
    assert '"op":"consume_readiness_witness"' in trace.read_text().splitlines()[place.line - 1]
    folder = written(one, tmp_path / "d")
    assert read_dossier(folder)[0].recorded
    assert verify(folder) == 0


def test_a_trace_that_is_gone_leaves_the_divergence_as_it_was_found(tmp_path: Path) -> None:
    divergence = accepted(program=None, path=str(tmp_path / "gone.jsonl"))
    one = finding(lane(), divergence, Subject())
    assert (one.ending, one.program, one.files, one.folder) == ("as found", None, {}, None)
    assert one.remark.startswith("not made smaller: ")


def test_without_a_command_the_implementation_at_hand_is_asked(tmp_path: Path) -> None:
    result = told(WrongReference(WRONG[TWICE]), LONG)
    one = finding(result, result.divergences[0], InProcess(make=lambda: WrongReference(WRONG[TWICE])))
    assert one.program is not None
    assert [step.op for step in one.program.steps] == TWICE_STEPS
    assert verify(written(one, tmp_path / "d")) == 0, "its answers are held against the contract again"


def test_a_panic_is_placed_in_its_program_and_needs_the_implementation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    defect = "mutation of a closed session panics"
    result = told(WrongReference(WRONG[defect]), diverging(defect))
    one = finding(result, result.divergences[0], InProcess(make=lambda: WrongReference(WRONG[defect])))
    assert one.key.kind == "panic"
    folder = written(one, tmp_path / "d")
    place = place_of(one, tmp_path / "r")
    assert place is not None
    assert place.path.endswith("program.jsonl")
    assert '"op":"apply_owned_session_mutation"' in (folder / "program.jsonl").read_text().splitlines()[place.line - 1]
    assert verify(folder) == 3
    assert "a panic is no answer of a trace" in capsys.readouterr().out
