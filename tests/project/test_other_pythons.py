"""Other Pythons are found where they are, and one that is not there is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import other_pythons


def stand_in(path: Path, answer: str) -> Path:
    """Write a program that answers like an interpreter of some version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{answer}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def test_an_interpreter_on_the_path_is_found(nowhere: Path) -> None:
    python = stand_in(nowhere / "bin" / "python3.99", "echo 3.99")
    assert other_pythons.interpreter("3.99") == python


def test_a_shim_that_fails_gives_way_to_an_installed_version(nowhere: Path) -> None:
    stand_in(nowhere / "bin" / "python3.99", "echo 'pyenv: command not found' >&2; exit 127")
    python = stand_in(nowhere / "pyenv" / "versions" / "3.99.1" / "bin" / "python3.99", "echo 3.99")
    assert other_pythons.interpreter("3.99") == python


def test_an_interpreter_of_another_version_does_not_count(nowhere: Path) -> None:
    stand_in(nowhere / "bin" / "python3.99", "echo 3.98")
    assert other_pythons.interpreter("3.99") is None


def test_a_missing_version_is_named_and_a_failing_one_fails(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(nowhere / "bin" / "python3.98", '[ "$1" = -c ] && echo 3.98 || { echo no venv here; exit 4; }')
    monkeypatch.setattr(other_pythons, "SUPPORTED", ("3.98", "3.99"))
    monkeypatch.setattr(other_pythons, "copy_source", lambda target: target)
    monkeypatch.setattr(other_pythons, "build", lambda *_: [nowhere / "some.whl"])
    assert other_pythons.main() == 1
    printed = capsys.readouterr().out
    assert "Python 3.99: SKIPPED" in printed
    assert "Python 3.98: FAILED" in printed
    assert "exit code 4\nno venv here" in printed
