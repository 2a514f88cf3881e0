"""Input that nests deep or is large where a reader shows it: malformed in a short message, never a fault of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from telltale_conformance.oracle.cli.app import app

DEEP = "[" * 1500 + "]" * 1500
LONG = json.dumps("x" * 3_000_000)
TRACE: dict[str, Any] = {
    "contract": "telltale-17",
    "meta": {},
    "observes": ["audit"],
    "schema": "telltale-conformance/trace",
    "source": {"kind": "implementation", "name": "x", "version": "1"},
    "version": 1,
}
PROGRAM: dict[str, Any] = {
    "contract": "telltale-17",
    "meta": {},
    "schema": "telltale-conformance/program",
    "version": 1,
}
EVENT: dict[str, Any] = {"seq": 0, "op": "session_ids", "args": {}, "ok": [], "audit": []}
END: dict[str, Any] = {"end": True, "events": 0, "digest": "sha256:" + "0" * 64}
STEP: dict[str, Any] = {"seq": 0, "op": "session_ids", "args": {}}
BASELINE: dict[str, Any] = {
    "schema": "telltale-conformance/baseline",
    "version": 2,
    "scheme": 3,
    "contract": "telltale-17",
    "entries": [],
    "offered": [],
}
HEAD = json.dumps(TRACE) + "\n"
PROGRAM_HEAD = json.dumps(PROGRAM) + "\n"


def with_field(document: dict[str, Any], field: str, value: str) -> str:
    return json.dumps({**document, field: "@@"}).replace('"@@"', value)


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run a command that must refuse what it is given; return what it said."""
    with pytest.raises(SystemExit) as ended:
        app([str(word) for word in words])
    out, err = capsys.readouterr()
    assert ended.value.code == 2, out + err
    assert "fault of the harness" not in out + err
    assert "Traceback" not in out + err
    assert len(out + err) < 3000
    return out + err


PLACES = [
    *(("replay", field, TRACE, "", "") for field in TRACE if field != "meta"),
    *(("replay", field, EVENT, HEAD, "") for field in (*EVENT, "unknown")),
    *(("replay", field, END, HEAD, "") for field in END),
    *(("minimise", field, PROGRAM, "", "") for field in PROGRAM),
    *(("minimise", field, STEP, PROGRAM_HEAD, '\n{"end":true,"steps":1}') for field in STEP),
    *(("check", field, BASELINE, "", "") for field in (*BASELINE, "unknown")),
    *(("types", field, {"kind": "end"}, "", "") for field in ("kind", "unknown", "role", "global_type", "roles")),
    *(("replay", field, {"schema_version": "lean_bridge.v1"}, "", "") for field in ("schema_version", "trace")),
]


@pytest.mark.parametrize("value", [DEEP, LONG], ids=["deep", "long"])
@pytest.mark.parametrize(("command", "field", "document", "before", "after"), PLACES)
def test_it_is_malformed_in_a_few_words(
    command: str,
    field: str,
    document: dict[str, Any],
    before: str,
    after: str,
    value: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / ("given.json" if document is BASELINE or command == "types" or not before else "given.jsonl")
    path.write_text(f"{before}{with_field(document, field, value)}{after}\n")
    more: tuple[object, ...] = ()
    if command == "minimise":
        more = ("-o", tmp_path / "small.jsonl")
    if command == "check":
        said(capsys, "check", "--lanes", "programs", "--cases", "1", "--baseline", path)
    else:
        said(capsys, command, path, *more)


@pytest.mark.parametrize(
    "text",
    ["roles A, B\nA = B!" + "1" * 3_000_000 + ". end\n", "x" * 3_000_000],
)
def test_a_long_name_in_a_protocol_is_shortened(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "given.session"
    path.write_text(text)
    said(capsys, "types", path)


def test_a_protocol_with_many_problems_names_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "given.session"
    branches = ", ".join(f"l{number}. x{number}" for number in range(3000))
    path.write_text(f"roles A, B\nA = B!{{{branches}}}\nB = end\n")
    with pytest.raises(SystemExit) as ended:
        app(["types", str(path)])
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "and 2,901 more problems; --json lists all" in out
    assert out.count("unbound variable") <= 100


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "given.session"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert "it is larger than 16,777,216 bytes" in said(capsys, "types", path)
