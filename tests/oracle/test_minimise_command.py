"""``minimise`` from a file to its reproducers, with exit codes; the reproducers do what they say."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.lean_program import encode_request
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import Program, read_program, write_program
from telltale_conformance.lean_traces.strict_json import SpelledNumber
from telltale_conformance.oracle.adapters import SubprocessAdapter
from telltale_conformance.oracle.cli.minimise import run
from telltale_conformance.oracle.dossier.lean_file import lean_bundle, lean_text
from telltale_conformance.oracle.dossier.pytest_file import pytest_text
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Level
from tests.installed import COMMAND
from tests.oracle.adapter_world import MARK, ROOT, kit, marked
from tests.oracle.lane_world import PATIENT, served
from tests.oracle.minimise_world import diverging, program, record, seen
from tests.oracle.wrong_references import WRONG, WrongReference

NAME = "release ignores a pending transfer"
WRONG_STORE = served("pending_transfer_does_not_stop_a_release")
MINIMAL = ["open", "claim_ownership", "begin_ownership_transfer", "release_ownership"]


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "given.jsonl"
    write_program(path, diverging(NAME))
    return path


def operations(path: Path) -> list[str]:
    return [step.op for step in read_program(path).steps]


def test_a_program_is_minimised_on_an_implementation(
    given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out" / "small.jsonl"
    assert run(given, output=output, sut=WRONG_STORE, adapter_limits=PATIENT) == 0
    assert operations(output) == MINIMAL
    assert read_program(output).meta["one_minimal"] is True
    assert sorted(path.name for path in output.parent.iterdir()) == ["small.jsonl", "small.lean", "test_small.py"]
    text = capsys.readouterr().out
    assert "divergence  release_ownership: expected TransferPending (G-idle), answered ok" in text
    assert "needed: without it no transfer is pending" in text
    assert "decision    refused by G-idle: a transfer is pending" in text
    assert "nearest     without step 2 both answer ok" in text
    assert "1-minimal: each of the 4 single removals and simplifications left was tried:" in text


def test_a_recorded_trace_is_minimised_on_an_implementation(tmp_path: Path) -> None:
    trace = record(WrongReference(WRONG[NAME]), diverging(NAME), tmp_path / "t.jsonl")
    assert run(trace, output=tmp_path / "small.jsonl", sut=WRONG_STORE, adapter_limits=PATIENT) == 0
    assert operations(tmp_path / "small.jsonl") == MINIMAL


def test_a_recorded_trace_alone_says_that_its_answer_is_carried_along(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = record(WrongReference(WRONG[NAME]), diverging(NAME), tmp_path / "t.jsonl")
    assert run(trace, output=tmp_path / "small.jsonl") == 0
    assert operations(tmp_path / "small.jsonl")[-1] == "release_ownership"
    assert "the recorded answer is carried along as data" in capsys.readouterr().out


def test_json_is_one_object_and_nothing_else(given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(given, output=tmp_path / "small.jsonl", sut=WRONG_STORE, as_json=True, adapter_limits=PATIENT) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert captured.err == ""
    assert (document["ending"], document["rate"]["times"], document["recorded_answer"]) == ("minimal", 2, False)
    assert document["why_needed"]["2"] == "needed: without it no transfer is pending"
    assert document["decision"]["nearest"] == "without step 2 both answer ok"
    assert [Path(path).name for path in document["written"]] == ["small.jsonl", "test_small.py", "small.lean"]


def test_json_has_the_numbers_of_a_program_as_they_were_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given.jsonl"
    value = [SpelledNumber("1E2"), "A", "A"]
    write_program(path, program(("decode_edge_json", {"session_hint": 0, "value": value})))
    assert run(path, output=tmp_path / "small.jsonl", sut=served("correct"), as_json=True, adapter_limits=PATIENT) == 3
    assert '"value":[1E2,"A","A"]' in capsys.readouterr().out


def test_what_does_not_diverge_is_nothing_to_minimise(
    given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "small.jsonl"
    assert run(given, output=output) == 3
    assert run(given, output=output, sut=served("correct"), adapter_limits=PATIENT) == 3
    assert run(record(WrongReference({}), diverging(NAME), tmp_path / "t.jsonl"), output=output) == 3
    assert capsys.readouterr().out.count("nothing diverges") == 2
    assert not output.exists()


def test_the_contracts_differ_and_that_is_minimised_without_an_implementation(tmp_path: Path) -> None:
    write_program(tmp_path / "given.jsonl", generate_program(3, 0, steps=40))
    assert run(tmp_path / "given.jsonl", output=tmp_path / "small.jsonl", contract="hardened") == 0
    assert read_program(tmp_path / "small.jsonl").contract == "hardened"


def test_the_deadline_gives_what_there_is_and_says_so(
    given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, flag = tmp_path / "small.jsonl", tmp_path / "slow"
    sut = shlex.join([sys.executable, "-c", SLOWING, str(ROOT), str(flag), "3"])
    assert run(given, output=output, sut=sut, seconds=4.0, adapter_limits=PATIENT) == 0
    assert operations(output)[-1] == "release_ownership"
    assert read_program(output).meta["one_minimal"] is False
    assert "not proven 1-minimal: the deadline came first" in capsys.readouterr().out


def test_malformed_input_and_bad_commands_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "small.jsonl"
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{}\n")
    assert run(broken, output=output) == 2
    assert run(tmp_path / "missing.jsonl", output=output) == 2
    write_program(tmp_path / "p.jsonl", program(("session_ids", {})))
    assert run(tmp_path / "p.jsonl", output=output, contract="other") == 2
    assert run(tmp_path / "p.jsonl", output=output, sut='"unclosed') == 2
    assert run(tmp_path / "p.jsonl", output=tmp_path, sut="touch ran") == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 5
    assert told[-1].endswith("it is a folder; name the file that the program is written to")


@pytest.mark.parametrize("name", ["test_my_own.py", "my-own.lean"])
def test_a_file_of_somebody_else_beside_the_program_is_not_overwritten(
    name: str, given: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("mine")
    output = tmp_path / "my-own.jsonl"
    assert run(given, output=output, sut="touch ran") == 2
    assert f"{name} would be written beside it, and is there already" in capsys.readouterr().err
    assert ((tmp_path / name).read_text(), output.exists()) == ("mine", False)


@pytest.mark.parametrize("failing", ["exits", "not-json", "exits-at-once"])
def test_a_failing_adapter_is_inconclusive(failing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opening = ("open", {"initial_types": {}, "roles": []})
    write_program(tmp_path / "p.jsonl", program(*([opening] * 5)))
    sut = shlex.join(kit(failing))
    assert run(tmp_path / "p.jsonl", output=tmp_path / "s.jsonl", sut=sut, adapter_limits=PATIENT) == 3
    captured = capsys.readouterr()
    assert "inconclusive" in captured.out + captured.err


# The reproducers


def outcome_of(path: Path, adapter: str | None) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "PYTHON"))}
    if adapter is not None:
        environment["ADAPTER"] = adapter
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(path.parent), str(path)]
    return subprocess.run(command, cwd=path.parent, env=environment, capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    ("rule", "kind"),
    [("pending_transfer_does_not_stop_a_release", "outcome"), ("has_message_needs_two", "payload")],
)
def test_the_pytest_file_stands_alone_and_fails_as_long_as_the_defect_is_there(
    rule: str, kind: str, tmp_path: Path
) -> None:
    with SubprocessAdapter(served(rule), PATIENT) as adapter:
        found = next(
            (candidate, sighting.fingerprint)
            for index in range(60)
            for candidate in [generate_program(4, index, steps=60)]
            for sighting in [seen(adapter, candidate)]
            if sighting.fingerprint is not None
        )
    write_program(tmp_path / "given.jsonl", found[0])
    assert run(tmp_path / "given.jsonl", output=tmp_path / "x.jsonl", sut=served(rule), adapter_limits=PATIENT) == 0
    assert found[1].kind == kind
    assert outcome_of(tmp_path / "test_x.py", None) == 1
    assert outcome_of(tmp_path / "test_x.py", served("correct")) == 0


@pytest.mark.parametrize("name", WRONG)
def test_pytest_files_of_every_defect_are_python(name: str) -> None:
    given = diverging(name)
    found = seen(WrongReference(WRONG[name]), given)
    assert found.fingerprint is not None
    steps = tuple(step for step in given.steps if step.seq <= found.at)
    text = pytest_text(Program(steps=steps), found.fingerprint, Level.state, "test_x.py", None)
    scope: dict[str, object] = {"__name__": "test_x"}
    exec(compile(text, "test_x.py", "exec"), scope)
    assert scope["ADAPTER"] == os.environ.get("ADAPTER", "")
    wanted = scope["STEPS"]
    assert isinstance(wanted, list)
    assert [op for op, _, _ in wanted] == [item.step.op for item in on_reference(Program(steps=steps)).steps]


def test_the_lean_file_has_the_program_and_the_contracts_answer() -> None:
    given = program(
        ("open", {"initial_types": {}, "roles": ['q"\\']}),
        ("claim_ownership", {"owner_id": "a\nb", "scope": "Session", "sid": {"$ref": 0}}),
    )
    text = lean_text(given, "a title -/ with an end in it, /- and a beginning")
    assert text.startswith("import Telltale.Serve\n")
    expected = encode(on_reference(given).steps[-1].outcome.ok).decode()
    assert json.dumps('{"ok":' + expected)[1:-1].replace("\\\\n", "\\\\n") in text
    tokens = encode_request([given]).text.decode().split("\n")
    assert all(json.dumps(token, ensure_ascii=False) in text for token in tokens)
    assert "a title - / with an end in it, / - and a beginning" in text
    bundle = lean_bundle(text)
    assert "import" not in bundle.text.split("def request")[1]
    assert bundle.text.count("namespace Serve") == 1


@pytest.mark.nightly
def test_lean_gives_the_expected_answer_and_no_other() -> None:
    from telltale_conformance.lean_traces.lean_errors import LeanError
    from telltale_conformance.lean_traces.lean_process import LeanProcess
    from telltale_conformance.lean_traces.lean_toolchain import find_toolchain

    try:
        toolchain = find_toolchain()
    except LeanError as error:
        pytest.skip(str(error))
    text = lean_text(diverging(NAME), NAME)
    with LeanProcess(toolchain) as process:
        process.launch(lean_bundle(text))
        messages = process.wait(600, "the check")
    assert any("gives the expected answer" in str(message.get("data")) for message in messages)
    wrong = text.replace('def expected : String :=\n  "', 'def expected : String :=\n  "x')
    with LeanProcess(toolchain) as process:
        process.launch(lean_bundle(wrong))
        with pytest.raises(LeanError, match="another answer"):
            process.wait(600, "the check")


# Ctrl-C and SIGTERM

SLOWING = """
import runpy, sys, time
from pathlib import Path
root, flag, fast = sys.argv[1:4]
sys.path.insert(0, root)
from telltale_conformance.model.store import Store
begin, made = Store.__init__, []
def slow(self, *args, **kwargs):
    made.append(None)
    if len(made) > int(fast):
        Path(flag).touch()
        time.sleep(600)
    begin(self, *args, **kwargs)
Store.__init__ = slow
sys.argv[1:] = ["pending_transfer_does_not_stop_a_release"]
runpy.run_module("tests.wrong_stores.__main__", run_name="__main__")
"""
"""An adapter that answers nothing more after so many stores."""


@pytest.mark.parametrize(("sent", "fast", "smaller"), [(signal.SIGINT, 3, True), (signal.SIGTERM, 2, False)])
def test_a_signal_leaves_the_best_so_far_and_no_process(
    given: Path, tmp_path: Path, sent: signal.Signals, fast: int, smaller: bool
) -> None:
    flag, output, mark = tmp_path / "slow", tmp_path / "small.jsonl", uuid.uuid4().hex
    sut = shlex.join([sys.executable, "-c", SLOWING, str(ROOT), str(flag), str(fast)])
    command = [str(COMMAND), "minimise", str(given), "-o", str(output), "--sut", sut, "--seconds", "600"]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, MARK: mark}
    )
    try:
        end = time.monotonic() + PATIENT.deadline
        while not flag.exists():
            assert time.monotonic() < end, "it never gets there"
            time.sleep(0.02)
        running.send_signal(sent)
        out, err = running.communicate(timeout=PATIENT.deadline)
        assert running.returncode == 3, err
        assert f"{sent.name}, ending" in err
        assert "Traceback" not in err
        assert output.exists() is smaller
        if smaller:
            assert "not proven 1-minimal: it was interrupted" in out
            found = read_program(output)
            assert found.meta["one_minimal"] is False
            assert len(found.steps) < len(read_program(given).steps)
            wanted = seen(WrongReference(WRONG[NAME]), read_program(given)).fingerprint
            assert seen(WrongReference(WRONG[NAME]), found).fingerprint == wanted
        else:
            assert "interrupted before anything smaller was found" in out
        while marked(mark):
            assert time.monotonic() < end, "processes are left"
            time.sleep(0.02)
    finally:
        for pid in marked(mark):
            os.kill(pid, signal.SIGKILL)
