"""The command that a dossier holds is shown, and never run unasked."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from telltale_conformance.oracle.cli.verify import run, verify
from telltale_conformance.oracle.dossier.dossier import MANIFEST
from tests.oracle.lane_world import PATIENT
from tests.oracle.test_dossier import WRONG_STORE, sealed_again, written


def marking(folder: Path, mark: Path) -> Path:
    """A dossier whose command leaves a mark when it runs, sealed as its writer would."""
    manifest = json.loads((written(folder) / MANIFEST).read_text())
    sealed_again(folder, {**manifest, "command": f"touch {mark}"})
    return folder


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_of_a_dossier_is_shown_and_not_run_unasked(
    as_json: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = tmp_path / "it ran"
    assert run(marking(tmp_path / "d", mark), as_json=as_json, adapter_limits=PATIENT) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "is not run unasked; read it; then give --run, or --sut" in err
    assert f"the command of the dossier: touch {tmp_path}/it ran" in err
    assert not mark.exists()


def test_with_run_it_is_shown_and_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = marking(tmp_path / "d", tmp_path / "mark")
    assert run(folder, kept=True, adapter_limits=PATIENT) == 3
    assert f"the command of the dossier: touch {tmp_path / 'mark'}" in capsys.readouterr().err
    assert (tmp_path / "mark").exists()


def test_a_command_of_ones_own_is_run_in_its_place(tmp_path: Path) -> None:
    folder = marking(tmp_path / "d", tmp_path / "mark")
    assert verify(folder, sut=WRONG_STORE, adapter_limits=PATIENT).verdict == "reproduced"
    assert not (tmp_path / "mark").exists()


def test_the_kept_command_and_another_one_are_not_both_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = marking(tmp_path / "d", tmp_path / "mark")
    assert run(folder, kept=True, sut=f"touch {tmp_path / 'other'}", adapter_limits=PATIENT) == 2
    assert "--run asks for the command of the dossier, --sut for another one; give one" in capsys.readouterr().err
    assert not (tmp_path / "mark").exists()
    assert not (tmp_path / "other").exists()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("said", "runs"), [("y\n", True), ("Yes\n", True), ("\n", False), ("n\n", False), ("", False)])
def test_on_a_terminal_the_user_is_asked(
    said: str, runs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(said))
    monkeypatch.setattr("sys.stderr", shown)
    run(marking(tmp_path / "d", tmp_path / "mark"), adapter_limits=PATIENT)
    assert f"touch {tmp_path / 'mark'}" in shown.getvalue()
    assert "Run it? [y/N]" in shown.getvalue()
    assert (tmp_path / "mark").exists() == runs


def test_the_command_is_shown_whole_and_spelled_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path / "d")
    manifest = json.loads((folder / MANIFEST).read_text())
    sealed_again(folder, {**manifest, "command": f"harmless {'x' * 2000} '\x1b[2K\u202e' && evil"})
    assert run(folder, adapter_limits=PATIENT) == 2
    err = capsys.readouterr().err
    assert "\\x1b[2K\\u202e' '&&' evil\n" in err
    assert "x" * 2000 in err
