"""The pytest plugin, run in a pytest of its own: traces are files, their judgements are items."""

from __future__ import annotations

import gzip
import re
import shlex
import sys
from importlib import import_module

import pytest

from telltale_conformance.oracle.dossier.seal import SEAL
from tests.oracle.lane_world import served
from tests.trace_files import CLAIM, CLOSE, OPEN, RECORDINGS, trace_bytes

RECORDED = trace_bytes([OPEN, CLAIM, CLOSE]).decode()
WRONG = trace_bytes([OPEN, {**CLAIM, "ok": 1}, CLOSE]).decode()
WITNESS = RECORDINGS / "corner-witness-life-0.jsonl.gz"
OFFERED = shlex.join([sys.executable, "-m", "telltale_conformance.adapters.reference"])
ANSWERS_NULL = """
import json, sys

HELLO = {"protocol": 1, "name": "x", "version": "1", "language": "python", "contract": "telltale-17"}
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "bye":
        break
    ok = {**HELLO, "ops": ["auth_root"], "observes": []} if request["op"] == "hello" else None
    print(json.dumps({"id": request["id"], "ok": ok}), flush=True)
"""

for name in ("lanes.claims", "lanes.corpus", "claims.judging", "reference.replay", "reports.text"):
    import_module(f"telltale_conformance.oracle.{name}")  # else each run of pytest would load them again


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a test and two traces, which its ini file declares."""
    pytester.makeini("[pytest]\nsession_traces = traces\naddopts = --strict-markers\n")
    pytester.makepyfile(test_own="def test_own():\n    pass\n\n\ndef test_other():\n    pass\n")
    traces = pytester.mkdir("traces")
    (traces / "packed.jsonl.gz").write_bytes(gzip.compress(RECORDED.encode()))
    (traces / "plain.jsonl").write_text(RECORDED)
    return pytester


def run(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    return project.runpytest_inprocess("-p", "no:benchmark", *options)


def node_ids(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line and " " not in line]


def summary(result: pytest.RunResult) -> str:
    (line,) = (line for line in result.outlines if re.match(r"session traces: \d+ (?!declared)", line))
    return line.removeprefix("session traces: ")


def test_declared_traces_are_run_beside_the_projects_tests(project: pytest.Pytester) -> None:
    result = run(project)
    result.assert_outcomes(passed=4)
    events = len(RECORDED.splitlines()) - 2
    assert summary(result) == f"2 agree; {2 * events} events judged, 0 not offered, 0 not judged"
    result.stdout.fnmatch_lines(["session traces: 2 declared, replayed on the reference, *level state"])


def test_selecting_another_test_runs_no_trace(project: pytest.Pytester) -> None:
    run(project, "test_own.py").assert_outcomes(passed=2)
    run(project, "test_own.py::test_own").assert_outcomes(passed=1)
    run(project, "test_own.py::test_own", "--session-traces", "traces").assert_outcomes(passed=1)
    assert run(project, "-k", "other").parseoutcomes() == {"passed": 1, "deselected": 3}


def test_the_dossiers_of_a_report_are_no_tests_unless_they_are_named(project: pytest.Pytester) -> None:
    for name in ("a", "b"):
        folder = project.path / "report" / "divergences" / name
        folder.mkdir(parents=True)
        (folder / SEAL).write_text("")
        (folder / "test_reproducer.py").write_text("def test_kept():\n    assert False\n")
    run(project).assert_outcomes(passed=4)
    run(project, "report/divergences/a").assert_outcomes(failed=1)
    run(project, "report/divergences/b/test_reproducer.py").assert_outcomes(failed=1)


def test_what_an_option_asks_for_is_run_beside_the_arguments(project: pytest.Pytester) -> None:
    run(project, "test_own.py", "--session-traces", "traces/plain.jsonl").assert_outcomes(passed=3)


def test_traces_are_listed_and_their_node_ids_run_again(project: pytest.Pytester) -> None:
    result = run(project, "--collect-only", "-q", "-m", "session_trace")
    assert node_ids(result) == ["traces/packed.jsonl.gz::replay", "traces/plain.jsonl::replay"]
    for node_id in node_ids(result):
        run(project, node_id).assert_outcomes(passed=1)
    run(project, "traces/plain.jsonl").assert_outcomes(passed=1)
    run(project, "traces").assert_outcomes(passed=2)


def test_traces_are_selected_by_name_and_by_mark(project: pytest.Pytester) -> None:
    assert run(project, "-k", "packed").parseoutcomes() == {"passed": 1, "deselected": 3}
    assert run(project, "-m", "session_trace").parseoutcomes() == {"passed": 2, "deselected": 2}
    assert run(project, "-m", "not session_trace").parseoutcomes() == {"passed": 2, "deselected": 2}
    assert "@pytest.mark.session_trace: a recorded trace" in run(project, "--markers").stdout.str()


def test_a_trace_is_run_once_however_often_it_is_named(project: pytest.Pytester) -> None:
    (project.path / "traces" / "again.jsonl").symlink_to(project.path / "traces" / "plain.jsonl")
    project.makeini("[pytest]\nsession_traces =\n    traces\n    traces/plain.jsonl\n    .\n")
    run(project, "-m", "session_trace").assert_outcomes(passed=2, deselected=2)
    run(project, "traces", "traces/plain.jsonl", "traces/plain.jsonl").assert_outcomes(passed=2)
    run(project, "--session-traces", "traces", "--session-traces", "./traces/").assert_outcomes(passed=4)


def test_traces_are_found_in_folders_that_pytest_does_not_look_into(project: pytest.Pytester) -> None:
    place = project.path / "build" / "traces"
    place.parent.mkdir()
    (project.path / "traces").rename(place)
    project.makeini("[pytest]\ntestpaths = test_own.py\nsession_traces = build/traces\n")
    run(project).assert_outcomes(passed=4)


def test_a_declared_trace_that_pytest_passes_over_is_judged_or_is_an_error(project: pytest.Pytester) -> None:
    traces = project.path / "traces"
    (traces / "build").mkdir()  # pytest looks into no folder of this name
    (traces / "build" / "other.jsonl").write_text(RECORDED)
    run(project).assert_outcomes(passed=5)
    run(project, "--ignore", "traces/build").assert_outcomes(passed=4)
    (traces / "gone.jsonl").symlink_to(traces / "nowhere")
    run(project).assert_outcomes(passed=5, errors=1)


def test_a_departure_fails_and_is_told(project: pytest.Pytester) -> None:
    (project.path / "traces" / "wrong.jsonl").write_text(WRONG)
    result = run(project, "-m", "session_trace")
    result.assert_outcomes(passed=2, failed=1, deselected=2)
    result.stdout.fnmatch_lines(["*diverge*wrong.jsonl*", "*diverges in*", "FAILED traces/wrong.jsonl::replay*"])
    assert "2 agree, 1 diverge; " in summary(result)
    assert not summary(result).endswith(" 0 not judged")


def test_a_malformed_trace_is_an_error_with_the_readers_text(project: pytest.Pytester) -> None:
    (project.path / "traces" / "cut.jsonl").write_text(RECORDED.rstrip("\n"))
    (project.path / "traces" / "empty.jsonl").write_text("")
    (project.path / "traces" / "packed.jsonl.gz").write_bytes(b"\x1f\x8b broken")
    for options in ((), ("--session-sut", OFFERED), ("--session-claims", "all")):
        result = run(project, "-m", "session_trace", *options)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        assert result.parseoutcomes()["errors"] == (6 if "--session-claims" in options else 3)
        text = result.stdout.str()
        assert "cut.jsonl:" in text
        assert "the last line has no line end; end it with LF if nothing is missing after it" in text
        assert "damaged gzip data" in text
        assert re.search(r"empty\.jsonl.*: .*empty", text)
        assert "Traceback" not in text
        assert f"{6 if '--session-claims' in options else 3} malformed" in summary(result)


def test_an_implementation_carries_the_operations_out(project: pytest.Pytester) -> None:
    run(project, "-m", "session_trace", "--session-sut", OFFERED).assert_outcomes(passed=2, deselected=2)
    (project.path / "traces" / "plain.jsonl").write_bytes(gzip.decompress(WITNESS.read_bytes()))
    wrong = served("generation_is_not_compared")
    project.makeini(f"[pytest]\nsession_traces = traces\nsession_sut = {wrong}\n")
    result = run(project, "traces/plain.jsonl")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["* diverges in *"])


def test_a_failing_adapter_is_an_error_and_no_departure(project: pytest.Pytester) -> None:
    result = run(project, "traces/plain.jsonl", "--session-sut", shlex.join([sys.executable, "-c", ""]))
    result.assert_outcomes(errors=1)
    assert "diverges" not in result.stdout.str()
    result.stdout.fnmatch_lines(["inconclusive: the adapter*"])
    assert summary(result).startswith("1 inconclusive; 0 events judged")


def test_what_is_not_offered_is_skipped_or_counted(project: pytest.Pytester) -> None:
    (project.path / "adapter.py").write_text(ANSWERS_NULL)
    command = shlex.join([sys.executable, "adapter.py"])
    result = run(project, "traces/plain.jsonl", "--session-sut", command)
    result.assert_outcomes(skipped=1)
    events = len(RECORDED.splitlines()) - 2
    assert summary(result) == f"1 not judged; 0 events judged, {events} not offered, 0 not judged"


def test_the_contract_and_the_level_are_options(project: pytest.Pytester) -> None:
    result = run(project, "traces/plain.jsonl", "--session-contract", "hardened")
    result.assert_outcomes(failed=1)
    project.makeini("[pytest]\nsession_traces = traces\nsession_contract = hardened\nsession_level = outcome\n")
    result = run(project, "traces/plain.jsonl")
    result.stdout.fnmatch_lines(["*contract hardened, level outcome*"])
    run(project, "traces/plain.jsonl", "--session-contract", "telltale-17").assert_outcomes(passed=1)


def test_claims_are_items_of_their_own(project: pytest.Pytester) -> None:
    result = run(project, "traces/plain.jsonl", "--session-claims", "K3,K23", "-rs")
    result.assert_outcomes(passed=2)
    assert "1 agree, 1 claims kept" in summary(result)
    assert node_ids(run(project, "traces/plain.jsonl", "--session-claims", "all", "--collect-only", "-q")) == [
        "traces/plain.jsonl::replay",
        "traces/plain.jsonl::claims",
    ]
    result = run(project, "traces/plain.jsonl::claims", "--session-claims", "K30")
    result.assert_outcomes(skipped=1)
    assert summary(result).startswith("1 claims not judged")


def test_a_broken_claim_fails_with_its_name_on_the_trace_and_on_the_implementation(project: pytest.Pytester) -> None:
    reclaimed = RECORDINGS / "corner-reuse-after-release-0.jsonl.gz"
    (project.path / "traces" / "reclaimed.jsonl.gz").write_bytes(reclaimed.read_bytes())
    for options in ((), ("--session-sut", OFFERED)):
        result = run(project, "traces/reclaimed.jsonl.gz", "--session-claims", "K1", *options)
        result.assert_outcomes(passed=1, failed=1)
        result.stdout.fnmatch_lines(["claim K1 generation-freshness broken at event *", "*claims broken*K1 gener*"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--session-traces", "absent"), "absent: no such file or folder"),
        (("--session-traces", "nothing"), "nothing: no traces in this folder; traces end in .jsonl or .jsonl.gz"),
        (("--session-contract", "telltale-18"), "unknown contract 'telltale-18': this harness states telltale-17"),
        (("--session-claims", "K1,K99"), "unknown claim 'K99': there are K1 generation-freshness, K2 witness-binding"),
        (("--session-level", "all"), "unknown session level 'all': there are outcome, payload, audit, state"),
        (("--session-sut", "'unended"), "session_sut: "),
        (("--session-sut", ""), "session_sut is empty: give a value, or leave it out"),
        (("--session-claims", " "), "session_claims is empty: give a value, or leave it out"),
    ],
)
def test_options_that_mean_nothing_are_usage_errors(
    project: pytest.Pytester, options: tuple[str, ...], said: str
) -> None:
    project.mkdir("nothing")
    result = run(project, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert said in result.stderr.str()


def test_an_adapter_without_traces_is_a_usage_error(project: pytest.Pytester) -> None:
    """Else a mistyped name in the ini file lets a run pass that judged nothing."""
    project.makeini("[pytest]\n")
    result = run(project, "--session-sut", "true")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--session-sut is for traces, and none are named: give --session-traces" in result.stderr.str()


def test_an_ini_file_that_names_nothing_is_a_usage_error(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nsession_traces = absent\n")
    result = run(project, "test_own.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{project.path / 'absent'}: no such file or folder" in result.stderr.str()


def test_two_workers_run_each_trace_once_and_count_together(project: pytest.Pytester) -> None:
    (project.path / "traces" / "wrong.jsonl").write_text(WRONG)
    alone, shared = run(project), run(project, "-n", "2")
    assert alone.parseoutcomes() == shared.parseoutcomes() == {"passed": 4, "failed": 1}
    assert summary(alone) == summary(shared)


def test_no_cache_and_a_root_elsewhere_change_nothing(
    project: pytest.Pytester, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    options = ("-p", "no:cacheprovider", "--rootdir", str(elsewhere))
    run(project, *options).assert_outcomes(passed=4)
    run(project, *options, f"{project.path / 'traces' / 'plain.jsonl'}::replay").assert_outcomes(passed=1)
    assert not (project.path / ".pytest_cache").exists()
    assert list(elsewhere.iterdir()) == []


def test_the_counts_are_in_the_junit_report(project: pytest.Pytester) -> None:
    run(project, "traces", "--junitxml", "junit.xml").assert_outcomes(passed=2)
    text = (project.path / "junit.xml").read_text()
    assert text.count('<property name="session_trace_verdict" value="agree"') == 2
    assert text.count('<property name="session_trace_not_judged" value="0"') == 2
