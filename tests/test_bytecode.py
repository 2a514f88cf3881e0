"""Tests keep bytecode apart where Python may write none, and leave it to Python elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import bytecode

TOLD = """
import os, sys
from tests import bytecode
from pathlib import Path
bytecode.PLACE = Path(sys.argv[1])
bytecode.keep_bytecode()
import written
print(sys.dont_write_bytecode, os.environ.get("PYTHONDONTWRITEBYTECODE"), os.environ.get("PYTHONPYCACHEPREFIX"))
"""


def told(place: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    (folder / "written.py").write_text("")
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    monkeypatch.setenv("PYTHONPATH", f"{Path(bytecode.__file__).parent.parent}:{folder}")
    words = [sys.executable, "-c", TOLD, str(place)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout.split()


def test_bytecode_that_is_not_wanted_in_the_tree_is_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    place = tmp_path / "kept"
    assert told(place, tmp_path, monkeypatch) == ["False", "None", str(place)]
    (kept,) = place.rglob("written.*.pyc")
    assert kept.is_relative_to(place / tmp_path.relative_to("/"))
    assert not (tmp_path / "__pycache__").exists()


def test_elsewhere_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    assert told(tmp_path / "kept", tmp_path, monkeypatch) == ["False", "None", "None"]
    assert (tmp_path / "__pycache__").exists()
    assert not (tmp_path / "kept").exists()
