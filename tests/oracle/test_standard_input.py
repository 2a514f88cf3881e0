"""``-`` is standard input where a file is read, and standard output where a trace is written."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from telltale_conformance import files
from telltale_conformance.lean_traces.programs import program_bytes
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.reference.recording import record
from tests.oracle.minimise_world import program
from tests.oracle.wrong_references import WRONG, WrongReference

REFERENCE = f"{sys.executable} -m telltale_conformance.adapters.reference"
STEPS = program(
    ("open", {"roles": [], "initial_types": {}}),
    ("claim_ownership", {"sid": {"$ref": 0}, "owner_id": "a", "scope": "Session"}),
    ("release_ownership", {"capability": {"$ref": 1}}),
)


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def given(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "stdin", Stdin(data))
    monkeypatch.setattr(files, "_standard_input", [])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        app([*words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def trace(tmp_path: Path) -> bytes:
    record(WrongReference({}), STEPS, tmp_path / "t.jsonl")
    return (tmp_path / "t.jsonl").read_bytes()


def test_a_trace_is_replayed(
    trace: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert given(trace, tmp_path, monkeypatch, "replay", "-", "t.jsonl", "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["trace"], row["verdict"], row["events"]) for row in rows] == [
        ("-", "agree", 3),
        ("t.jsonl", "agree", 3),
    ]


@pytest.mark.parametrize(("data", "said"), [(b"", "-"), (b"nonsense\n", "-:1"), (b"\xff\n", "-:1")])
def test_what_is_no_trace_is_said_of_it(
    data: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert given(data, tmp_path, monkeypatch, "replay", "-") == 2
    assert said in "".join(capsys.readouterr())


def test_types_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given(
        b'{"Send":{"partner":"B","branches":[[{"name":"x","sort":"Unit"},null,"End"]]}}',
        tmp_path,
        monkeypatch,
        "types",
        "-",
    )
    assert "B!x" in capsys.readouterr().out
    assert given(b"A!!", tmp_path, monkeypatch, "types", "-") == 2
    assert "-:1:3: " in capsys.readouterr().err


def test_a_program_is_recorded_and_a_trace_minimised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("record", "--sut", REFERENCE, "--program", "-", "-o", "new.jsonl")
    assert given(program_bytes(STEPS), tmp_path, monkeypatch, *words) == 0
    assert "3 events" in capsys.readouterr().err
    defect = "release keeps the owner"
    steps = program(*((step.op, step.args) for step in STEPS.steps), ("observe", {"sid": 0}))
    record(WrongReference(WRONG[defect]), steps, tmp_path / "wrong.jsonl")
    data = (tmp_path / "wrong.jsonl").read_bytes()
    assert given(data, tmp_path, monkeypatch, "minimise", "-", "-o", "small.jsonl", "--no-config") == 0
    assert (tmp_path / "small.jsonl").exists()


def test_nothing_else_is_on_standard_output_than_the_trace(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "telltale_conformance",
        "record",
        "--sut",
        REFERENCE,
        "--seed",
        "1",
        "--steps",
        "20",
    ]
    done = subprocess.run([*command, "-o", "-"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"-: " in done.stderr
    subprocess.run([*command, "-o", "t.jsonl"], cwd=tmp_path, capture_output=True, check=True)
    assert done.stdout == (tmp_path / "t.jsonl").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.jsonl"]


def test_without_the_name_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_standard_input", [])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="No such file"), files.opened(Path("-")):
        pass


def test_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "STANDARD_INPUT_BYTES", 10)
    assert given(b"x" * 11, tmp_path, monkeypatch, "replay", "-") == 2
    assert "standard input cannot be read: it is larger than 10 bytes" in capsys.readouterr().err
