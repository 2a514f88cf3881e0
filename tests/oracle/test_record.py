"""record drives an implementation through a program and writes what it answered as a trace."""

from __future__ import annotations

import errno
import os
import shlex
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.lean_traces.reader import TraceReader
from telltale_conformance.oracle.adapters import AdapterFault, InProcessAdapter, ReferenceAdapter, SubprocessAdapter
from telltale_conformance.oracle.cli.record import run
from telltale_conformance.oracle.reference.recording import record
from tests.oracle.adapter_world import PATIENT, REFERENCE, ROOT, kit

OPEN: dict[str, Any] = {"roles": ["A", "B"], "initial_types": {}}
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("open", OPEN),
    ("claim_ownership", {"sid": {"$ref": 0}, "owner_id": "alice", "scope": "Session"}),
    ("validate_ownership_capability", {"capability": {"$ref": 1, "set": {"generation": 9}}}),
    ("attenuate_ownership_scope", {"capability": {"$ref": 1}, "new_scope": {"Fragments": ["x"]}}),
    ("release_ownership", {"capability": {"$ref": 3}}),
    ("release_ownership", {"capability": {"$ref": 2}}),
    ("close", {"sid": {"$ref": 1}}),
    ("session_ids", {}),
]


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def program(steps: list[tuple[str, dict[str, Any]]]) -> Program:
    return Program(steps=tuple(Step(op=op, args=args, seq=seq) for seq, (op, args) in enumerate(steps)))


def events(path: Path) -> list[tuple[str, bool, Any]]:
    with path.open("rb") as file:
        found = [(event.operation.name, event.answer()) for event in TraceReader(file, str(path), packed=False)]
    return [(op, answer.is_ok, answer.result) for op, answer in found]


def test_the_answers_become_a_trace_that_the_strict_reader_takes(tmp_path: Path) -> None:
    with SubprocessAdapter(REFERENCE, PATIENT) as adapter:
        recording = record(adapter, program(STEPS), tmp_path / "a.jsonl")
    assert recording.events == 6
    assert [seq for seq, _ in recording.skipped] == [5, 6]
    assert "step 2 has no result" in recording.skipped[0][1]
    assert "sid" in recording.skipped[1][1]
    assert recording.stopped is None
    assert [op for op, *_ in events(tmp_path / "a.jsonl")] == [op for op, _ in STEPS[:5]] + ["session_ids"]
    assert [ok for _, ok, _ in events(tmp_path / "a.jsonl")] == [True, True, False, True, True, True]


def test_an_implementation_in_this_process_records_the_same_bytes(tmp_path: Path) -> None:
    with SubprocessAdapter(REFERENCE, PATIENT) as adapter:
        record(adapter, program(STEPS), tmp_path / "there.jsonl")
    record(ReferenceAdapter(), program(STEPS), tmp_path / "here.jsonl")
    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()


def test_references_are_resolved_from_what_the_implementation_answered(tmp_path: Path) -> None:
    class Offset:
        def open(self, **arguments: Any) -> int:
            return 700

        def close(self, sid: int) -> None:
            assert sid == 700

    recording = record(
        InProcessAdapter(Offset),
        program([("open", OPEN), ("close", {"sid": {"$ref": 0}})]),
        tmp_path / "a.jsonl",
    )
    assert recording.events == 2
    assert events(tmp_path / "a.jsonl")[0] == ("open", True, 700)


def test_what_is_not_supported_is_left_out_and_told(tmp_path: Path) -> None:
    steps = [("open", OPEN), ("close", {"sid": {"$ref": 0}}), ("session_ids", {})]
    with SubprocessAdapter(kit("correct"), PATIENT) as adapter:
        recording = record(adapter, program(steps), tmp_path / "a.jsonl")
    assert recording.events == 2
    assert recording.uncovered == ((1, "close is not among the ops of the hello"),)


def test_a_panic_ends_the_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "a.jsonl"
    command = shlex.join(kit("panics", 5))
    assert run(command, program([("open", OPEN)] * 5), output, deadline=30) == 3
    assert "ended early at step 2: open was answered with panic: index out of bounds" in capsys.readouterr().err
    assert len(events(output)) == 2


def test_a_failing_adapter_leaves_no_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "a.jsonl"
    output.write_text("what was there")
    assert run(shlex.join(kit("not-json")), program([("open", OPEN)] * 5), output, deadline=30) == 3
    assert "[not-json]" in capsys.readouterr().err
    assert [path.read_text() for path in tmp_path.iterdir()] == ["what was there"]
    with pytest.raises(AdapterFault), SubprocessAdapter(kit("dies"), PATIENT) as adapter:
        record(adapter, program([("open", OPEN)] * 5), output)


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = shlex.join(REFERENCE)
    some = program(STEPS)
    assert run(reference, some, tmp_path / "deep" / "a.jsonl.gz", deadline=30) == 0
    assert "6 events" in capsys.readouterr().err
    assert run(reference, program([]), tmp_path / "b.jsonl", deadline=30) == 3
    assert "b.jsonl: 0 events\ntelltale-conformance: the program has no steps, so nothing" in capsys.readouterr().err
    assert run("'", some, tmp_path / "c.jsonl", deadline=30) == 2
    (tmp_path / "file").touch()
    assert run(reference, some, tmp_path / "file" / "d.jsonl", deadline=30) == 2


@pytest.mark.parametrize(("problem", "code"), [(errno.ENOSPC, 3), (errno.EACCES, 2)])
def test_a_full_disk_is_no_bad_usage(
    problem: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*given: object) -> None:
        raise OSError(problem, os.strerror(problem), str(tmp_path / "t.jsonl"))

    monkeypatch.setattr("telltale_conformance.oracle.cli.record.record", refuse)
    assert run(shlex.join(REFERENCE), program([]), tmp_path / "t.jsonl", deadline=30) == code
    assert f"t.jsonl: cannot be read or written: {os.strerror(problem)}" in capsys.readouterr().err
