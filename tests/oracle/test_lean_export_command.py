"""``lean export`` writes only to the folder that is named, and over nothing but an earlier export."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from telltale_conformance.lean_traces.shipped import CORPUS
from telltale_conformance.oracle.cli.app import app


def export(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["lean", "export", *args])
    return done.exit_code, done.stderr


def test_without_a_folder_nothing_is_exported() -> None:
    before = {path.name: path.stat().st_mtime_ns for path in CORPUS.iterdir()}
    code, err = export()
    assert code == 2
    assert (
        "name the folder to export to with -o; the installed corpus is not written to; -o FOLDER, or --compare" in err
    )
    assert {path.name: path.stat().st_mtime_ns for path in CORPUS.iterdir()} == before


def test_a_folder_with_other_traces_is_left_as_it_is(tmp_path: Path) -> None:
    mine = tmp_path / "mine.jsonl.gz"
    mine.write_bytes(b"mine")
    code, err = export("-o", str(tmp_path))
    assert code == 2
    assert (
        "holds mine.jsonl.gz, which is no trace of an export; name an empty folder, or that of an earlier export" in err
    )
    assert mine.read_bytes() == b"mine"


def test_every_trace_of_the_shipped_corpus_counts_as_exported(tmp_path: Path) -> None:
    for path in CORPUS.glob("*.jsonl.gz"):
        (tmp_path / path.name).touch()
    (tmp_path / "mine.jsonl.gz").touch()
    _, err = export("-o", str(tmp_path))
    assert "holds mine.jsonl.gz" in err


def test_a_protocol_that_is_not_read_leaves_no_folder_behind(tmp_path: Path) -> None:
    bad = tmp_path / "bad.session"
    bad.write_text("global = A -> B :")
    code, _ = export("--bridge", str(bad), "-o", str(tmp_path / "out"))
    assert (code, (tmp_path / "out").exists()) == (2, False)
