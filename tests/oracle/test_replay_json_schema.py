"""What ``replay --json`` prints is what the schema ``report`` says, whatever the verdict."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.cli.replay import run
from tests.trace_files import RECORDINGS

RECORDING = RECORDINGS / "corner-buffers-0.jsonl.gz"


def changed(old: bytes, new: bytes) -> bytes:
    """Return the recording with the first occurrence of a text in its events replaced."""
    header, *events = gzip.decompress(RECORDING.read_bytes()).splitlines(keepends=True)[:-1]
    body = header + b"".join(events).replace(old, new, 1)
    end = {"digest": f"sha256:{hashlib.sha256(body).hexdigest()}", "end": True, "events": len(events)}
    return body + json.dumps(end).encode() + b"\n"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"", b"", 0),
        (b'"ok":"Ok"', b'"ok":"Full"', 1),
        (b'"ok":"Ok"', b'"err":{"unknown":1}', 1),
        (b'"audit":[]', b'"audit":[1]', 1),
        (b'"audit":[]', b'"audit":0', 2),
    ],
)
def test_verdict_is_as_the_schema_says(
    old: bytes, new: bytes, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "t.jsonl"
    trace.write_bytes(changed(old, new))
    assert run([trace], as_json=True) == code
    (line,) = capsys.readouterr().out.splitlines()
    validator("report", "traceVerdict").validate(json.loads(line))
