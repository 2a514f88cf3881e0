"""``minimise`` on documents of telltale's: the shortest operations with the same divergence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.programs import read_program
from telltale_conformance.oracle.cli.minimise import run
from tests.oracle.log_records import BEGUN, CONSUMED, DEATH, ISSUED, READY, RELEASED
from tests.oracle.run_world import RUNS, document, slim


def minimised(path: Path, output: Path, **options: str) -> list[str]:
    assert run(path, output=output, seconds=None, **options) == 0
    return [step.op for step in read_program(output).steps]


def test_a_run_becomes_the_shortest_protocol_and_schedule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = minimised(RUNS / "two_sessions_same_address.output.json.gz", tmp_path / "small.jsonl")
    assert found == ["open", "observe"]
    (opened, _) = read_program(tmp_path / "small.jsonl").steps
    assert opened.args == {"initial_types": {}, "roles": ["A", "B", "C"]}
    assert "1-minimal" in capsys.readouterr().out


def test_a_recursive_run_under_hardened_becomes_one_look(tmp_path: Path) -> None:
    path = RUNS / "golden_recursive_loop.output.json.gz"
    assert minimised(path, tmp_path / "small.jsonl", contract="hardened") == ["open", "lookup_type"]


@pytest.mark.parametrize(
    ("change", "operation"), [({"label": "x"}, "advance"), ({"sender": "Alice", "receiver": "Bob"}, "advance")]
)
def test_a_wrong_event_is_kept(tmp_path: Path, change: dict[str, str], operation: str) -> None:
    output = {**slim("golden_ping_pong"), "step_states": []}
    output["trace"][3].update(change)
    path = tmp_path / "run.output.json"
    path.write_text(json.dumps(output))
    (tmp_path / "run.input.json").write_text(json.dumps(document("golden_ping_pong", "input")))
    assert minimised(path, tmp_path / "small.jsonl")[-1] == operation


def test_a_message_never_sent_is_kept(tmp_path: Path) -> None:
    output = {**slim("golden_ping_pong"), "step_states": []}
    del output["trace"][1]
    path = tmp_path / "run.output.json"
    path.write_text(json.dumps(output))
    assert minimised(path, tmp_path / "small.jsonl") == ["open", "recv"]


def test_a_wrong_slice_is_kept(tmp_path: Path) -> None:
    output = slim("golden_ping_pong")
    output["step_states"][4]["post_state"]["sessions"][0]["epoch"] = 3
    path = tmp_path / "run.output.json"
    path.write_text(json.dumps(output))
    (tmp_path / "run.input.json").write_text(json.dumps(document("golden_ping_pong", "input")))
    assert minimised(path, tmp_path / "small.jsonl") == ["open", "observe"]


def test_a_log_becomes_the_operations_that_write_it(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps([ISSUED, READY, CONSUMED, BEGUN, RELEASED]))
    assert minimised(path, tmp_path / "small.jsonl") == [
        "open",
        "claim_ownership",
        "begin_ownership_transfer",
        "release_ownership",
    ]


def test_a_document_that_agrees_and_one_that_cannot_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "log.json"
    path.write_text(json.dumps(DEATH))
    assert run(path, output=tmp_path / "small.jsonl") == 3
    assert f"{path}: nothing diverges" in capsys.readouterr().err
    output = slim("golden_ping_pong")
    output["step_states"][1]["step_index"] = 9
    path.write_text(json.dumps(output))
    assert run(path, output=tmp_path / "small.jsonl") == 3
    assert "no operation of the store answers that" in capsys.readouterr().err
    path.write_text('{"authority_audit_log":1}')
    assert run(path, output=tmp_path / "small.jsonl") == 2
