"""The command ``types`` on files written in a folder of the test's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from telltale_conformance.oracle.cli.app import app


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def types(*args: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["types", *args])
    return done.exit_code, done.stdout, done.stderr


def written(name: str, content: str | dict[str, Any]) -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return name
