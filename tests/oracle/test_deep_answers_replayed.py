"""A recorded answer may nest as deep as the limits allow: it is judged, told in every form, and watched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.cli.replay import run
from tests.trace_files import trace_bytes


def nested(levels: int) -> str:
    return '{"a":' * levels + "0" + "}" * levels


def recorded(folder: Path, answer: str, seq: str = "0") -> Path:
    """A trace of one event."""
    line = f'{{"args":{{}},"audit":[],"ok":{answer},"op":"next_session_id","seq":{seq}}}\n'
    path = folder / "deep.jsonl"
    path.write_bytes(trace_bytes([line.encode()]))
    return path


@pytest.mark.parametrize("levels", [490, 600, DEFAULT_LIMITS.nesting - 2])
def test_a_deep_answer_is_a_divergence(levels: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path, nested(levels))
    assert run([path]) == 1
    assert "next_session_id diverges in payload" in capsys.readouterr().out
    assert run([path], as_json=True, claims=True) == 1
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    validator("report", "traceVerdict").validate(told)
    assert told["first_divergence"]["expected"] == {"ok": {"$": 0}}
    assert "nested deeper than 100 levels" in json.dumps(told["first_divergence"]["actual"])


def test_a_deep_number_of_an_event_is_malformed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path, "0", seq="[" * 1500 + "0" + "]" * 1500)
    assert run([path], claims=True) == 2
    assert "seq is " in capsys.readouterr().out


def test_deeper_than_the_limit_is_malformed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path, nested(DEFAULT_LIMITS.nesting))
    assert run([path]) == 2
    assert f"nested deeper than {DEFAULT_LIMITS.nesting} levels" in capsys.readouterr().out
