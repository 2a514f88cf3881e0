"""The wheel installed by pip with its own dependencies, from the package index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.foreign_project import foreign_project
from tests.installed_wheel import Distributions, Installed


@pytest.mark.nightly
def test_it_works_with_nothing_but_its_declared_dependencies(distributions: Distributions, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    environment = Installed(tmp_path / "venv")
    project = foreign_project(tmp_path / "project")
    for command in (
        ("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(distributions.wheel)),
        ("python", "-m", "pip", "check"),
        ("telltale-conformance", "--version"),
        ("telltale-conformance", "replay", "--recordings"),
        ("telltale-conformance", "check", "--lanes", "corpus,programs,claims"),
    ):
        done = environment.run(*command, cwd=project, PYTHONPATH=".")
        assert done.returncode == 0, (command, done.stdout + done.stderr)
