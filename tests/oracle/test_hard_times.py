"""Hard times: outputs closed or full, odd names of files, a full disk, files that never end; exit codes are 0 to 3."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.shipped import RECORDINGS
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.dossier.dossier import read_dossier
from telltale_conformance.oracle.dossier.seal import MalformedDossier
from tests.installed import COMMAND
from tests.oracle.minimise_world import diverging, record
from tests.oracle.wrong_references import WRONG, WrongReference

NAME = "release ignores a pending transfer"
TRACE = sorted(RECORDINGS.rglob("*.jsonl.gz"))[0]


def ended(
    *words: str | Path | bytes,
    redirect: str = "",
    stdin: bytes = b"",
    limit: Callable[[], None] | None = None,
    cwd: Path | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[bytes]:
    """Run the installed command through a shell that redirects its streams."""
    return subprocess.run(
        ["sh", "-c", f'exec "$0" "$@" {redirect}', COMMAND, *words],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=cwd,
        preexec_fn=limit,  # no thread is there that could hold a lock
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},  # a full disk would cut bytecode
    )


@pytest.mark.parametrize(
    ("redirect", "code"),
    [
        (">&-", 0),
        ("2>&-", 0),
        (">&- 2>&- <&-", 0),
        ("2>/dev/full", 0),
        (">/dev/full", 3),
        (">/dev/full 2>/dev/full", 3),
    ],
)
def test_output_that_cannot_be_written_has_a_code_of_ours(redirect: str, code: int) -> None:
    done = ended("replay", TRACE, redirect=redirect)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    if redirect == ">/dev/full":
        assert b"standard output cannot be written: No space left on device" in done.stderr


@pytest.mark.parametrize("redirect", [">/dev/full", "2>&-"])
def test_a_usage_error_stays_one(redirect: str) -> None:
    assert ended("replay", "/nonexistent", redirect=redirect).returncode == 2


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("command", ["replay", "types"])
def test_a_name_that_is_not_utf_8_is_spelled_out(command: str, as_json: bool, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/odd \xff\x1b[2J.json"
    with open(name, "wb") as file:
        file.write(b'"End"' if command == "types" else TRACE.read_bytes())
    done = ended(command, name, *(["--json"] if as_json else []))
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2)
    assert b"\x1b" not in done.stdout + done.stderr
    assert (done.stdout + done.stderr).decode().isprintable() or b"odd " in done.stdout + done.stderr
    if as_json:
        for line in done.stdout.splitlines():
            json.loads(line)


def test_an_ascii_terminal_gets_ascii(tmp_path: Path) -> None:
    (tmp_path / "ä.session").write_text("roles A, B\nA = B!é. end\nB = A?é. end\n")
    done = ended("types", tmp_path / "ä.session", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


@pytest.mark.parametrize("size", [0, 1000])
def test_a_full_disk_is_said_in_a_line_and_nothing_is_left(size: int, tmp_path: Path) -> None:
    trace = record(WrongReference(WRONG[NAME]), diverging(NAME), tmp_path / "t.jsonl")
    folder = tmp_path / "made"
    folder.mkdir()

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = ended("minimise", trace, "-o", folder / "small.jsonl", "--dossier", folder / "d", limit=full)
    said = done.stderr.decode()
    assert done.returncode == 3, said
    assert "Traceback" not in said
    assert "File too large" in said or "No usable temporary directory" in said
    assert [path for path in folder.rglob("*") if path.is_file() and path.name.startswith(".")] == []


ENDLESS = {
    "verify": lambda path: ["verify", path],
    "types": lambda path: ["types", path],
    "replay": lambda path: ["replay", path],
    "minimise": lambda path: ["minimise", path, "-o", path.with_name("out.jsonl")],
    "record": lambda path: ["record", "--sut", "true", "--program", path, "-o", path.with_name("out.jsonl")],
    "baseline": lambda path: ["check", "--lanes", "programs", "--cases", "1", "--baseline", path],
    "require": lambda path: ["check", "--lanes", "programs", "--cases", "1", "--require", path],
    "protocol": lambda path: ["replay", path.with_name("run.json"), "--protocol", path],
}


@pytest.mark.parametrize("command", ENDLESS)
@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_what_never_ends_or_never_begins_is_refused(
    command: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given.jsonl"
    if kind == "device":
        path.symlink_to("/dev/zero")
    else:
        os.mkfifo(path)
    (tmp_path / "run.json").write_text('{"schema_version":"lean_bridge.v1","trace":[]}')
    with pytest.raises(SystemExit) as done:
        app([str(word) for word in ENDLESS[command](path)])
    out, err = capsys.readouterr()
    assert done.value.code == 2, out + err
    assert "Traceback" not in err
    if command not in ("verify", "protocol"):
        assert f"it is a {kind}, not a regular file" in err + out


LONG_NAMES = {
    **ENDLESS,
    "written": lambda path: ["types", "x.session", "--draw", path],
    "report": lambda path: ["check", "--lanes", "programs", "--cases", "1", "--report", path],
    "history": lambda path: ["check", "--lanes", "programs", "--cases", "1", "--history", path],
    "inputs": lambda path: ["check", "--bridge-runner", "true", "--bridge-inputs", path],
    "campaign": lambda path: ["campaign", "report", path],
}


@pytest.mark.parametrize("command", LONG_NAMES)
def test_a_name_that_no_file_can_have_is_refused(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.session").write_text("roles A, B\nA = B!m. end\nB = A?m. end\n")
    (tmp_path / "run.json").write_text('{"schema_version":"lean_bridge.v1","trace":[]}')
    with pytest.raises(SystemExit) as done:
        app([str(word) for word in LONG_NAMES[command](tmp_path / ("x" * 300))])
    out, err = capsys.readouterr()
    assert done.value.code == 2, out + err
    assert "File name too long" in err + out
    assert "fault of the harness" not in err


def test_the_input_beside_a_run_may_have_a_name_that_no_file_can_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ("x" * 243 + ".output.json")
    path.write_text('{"schema_version":"lean_bridge.v1","trace":[]}')
    with pytest.raises(SystemExit):
        app(["replay", str(path)])
    assert "fault of the harness" not in "".join(capsys.readouterr())


def test_a_dossier_of_pipes_does_not_hang(tmp_path: Path) -> None:
    for name in ("dossier.json", "seal.sha256"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(MalformedDossier, match="it is a pipe, not a regular file"):
        read_dossier(tmp_path)
