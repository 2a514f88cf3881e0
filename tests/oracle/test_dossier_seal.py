"""The seal of a dossier: files that do not belong, malformed seals, and what is judged is what was compared."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from telltale_conformance.oracle.cli.minimise import run as minimise_command
from telltale_conformance.oracle.cli.verify import run, verify
from telltale_conformance.oracle.dossier.dossier import FILES, MANIFEST, MalformedDossier, read_dossier
from telltale_conformance.oracle.dossier.seal import SEAL, sealed_files
from tests.oracle.minimise_world import diverging, record
from tests.oracle.test_dossier import NAME, written
from tests.oracle.wrong_references import WRONG, WrongReference


def test_the_seal_is_what_sha256sum_reads(tmp_path: Path) -> None:
    folder = written(tmp_path / "d")
    done = subprocess.run(["sha256sum", "--check", "--strict", SEAL], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0
    assert done.stdout.count(b": OK") == len(FILES) + 1


@pytest.mark.parametrize("name", ["conftest.py", "pytest.ini", ".hidden", "sitecustomize.py"])
def test_a_file_that_was_added_is_refused_but_what_pytest_leaves_is_not(name: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "d")
    (folder / "__pycache__").mkdir()
    (folder / ".pytest_cache").mkdir()
    assert set(sealed_files(folder)) == {MANIFEST, *FILES}
    (folder / name).write_text("")
    with pytest.raises(MalformedDossier, match=f"{name}: this file is not part of the dossier"):
        sealed_files(folder)


@pytest.mark.parametrize(
    "line", ["", "no hash  program.jsonl", "0" * 64 + "  ../program.jsonl", "0" * 64 + "  /etc/passwd", "0" * 64 + " x"]
)
def test_a_seal_that_is_none_is_refused_and_leads_nowhere_else(line: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "d")
    (folder / SEAL).write_text(line + "\n")
    with pytest.raises(MalformedDossier, match="seal"):
        read_dossier(folder)


@pytest.mark.parametrize("name", ["program.jsonl", "dossier.json", SEAL])
def test_a_file_that_never_ends_or_never_begins_is_refused(name: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "d")
    (folder / name).unlink()
    (folder / name).symlink_to("/dev/zero")
    assert run(folder) == 2
    (folder / name).unlink()
    os.mkfifo(folder / name)
    assert run(folder) == 2


def test_what_was_compared_with_the_seal_is_what_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = record(WrongReference(WRONG[NAME]), diverging(NAME), tmp_path / "t.jsonl")
    folder = tmp_path / "d"
    assert minimise_command(trace, output=tmp_path / "s.jsonl", dossier=folder) == 0
    read = read_dossier

    def changed_after(place: Path) -> object:
        sealed = read(place)
        for path in folder.iterdir():
            path.write_text("changed after it was compared")
        return sealed

    monkeypatch.setattr("telltale_conformance.oracle.cli.verify.read_dossier", changed_after)
    assert verify(folder).verdict == "reproduced"
