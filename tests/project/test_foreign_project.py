"""The installed wheel inside a project that has ``oracle/``, ``model/``, ``model.py`` and so on of its own.

The documents' commands are run in such a project too, with ``PYTHONPATH=.`` (``tests/test_docs.py``): a check, the
recordings, the adapter kit with an adapter that fails, and the recordings as tests of pytest.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from telltale_conformance.lean_traces.shipped import RECORDINGS
from tests.foreign_project import NAMES, foreign_project
from tests.installed_wheel import Installed

REFERENCE = "python -m telltale_conformance.adapters.reference"


def started(script: str, module: str) -> pytest.MarkDecorator:
    """As a script, and by ``python -m``, which looks into the folder first."""
    return pytest.mark.parametrize("command", [(script,), ("python", "-m", module)], ids=" ".join)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return foreign_project(tmp_path / "project")


@pytest.mark.parametrize("name", NAMES)
def test_the_projects_own_packages_cannot_be_imported_unnoticed(
    wheel_environment: Installed, project: Path, name: str
) -> None:
    done = wheel_environment.run("python", "-c", f"import {name}", cwd=project)
    assert f"the project's own {name} was imported" in done.stderr


def test_the_installed_package_is_used_and_not_the_checkout(wheel_environment: Installed, project: Path) -> None:
    code = (
        "import telltale_conformance as t, telltale_conformance.oracle.cli as c; print(t.__file__); print(c.__file__)"
    )
    printed = wheel_environment.run("python", "-c", code, cwd=project).stdout.split()
    assert [Path(one).is_relative_to(wheel_environment.package) for one in printed] == [True, True]


def test_check_agrees(wheel_environment: Installed, project: Path) -> None:
    gate = ("telltale-conformance", "check", "--effort", "quick", "--workers", "2")
    done = wheel_environment.run(*gate, "--lanes", "graph", "--sut", REFERENCE, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^agree: \d+ answers judged", done.stdout, re.MULTILINE), done.stdout


@started("telltale-conformance", "telltale_conformance")
def test_replay_finds_the_recordings(wheel_environment: Installed, project: Path, command: tuple[str, ...]) -> None:
    done = wheel_environment.run(*command, "replay", "--recordings", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "253 traces: 253 agree" in done.stdout


@started("pytest", "pytest")
def test_pytest_collects_recordings_beside_the_projects_tests(
    wheel_environment: Installed, project: Path, command: tuple[str, ...]
) -> None:
    done = wheel_environment.run(*command, "-q", "test_own.py", "--session-recordings", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    shipped, own = len(list(RECORDINGS.rglob("*.jsonl.gz"))), 1
    assert f"{shipped + own} passed" in done.stdout


@started("pytest", "pytest")
def test_pytest_judges_an_implementation_by_the_projects_traces(
    wheel_environment: Installed, project: Path, command: tuple[str, ...]
) -> None:
    for name in ("witness-0073", "ownership-0000"):
        (project / "traces").mkdir(exist_ok=True)
        shutil.copy(RECORDINGS / "telltale-machine-17.0.0" / f"{name}.jsonl.gz", project / "traces")
    options = ("-q", "test_own.py", "--session-traces", "traces", "--session-sut")
    good = wheel_environment.run(*command, *options, REFERENCE, cwd=project)
    assert (good.returncode, "3 passed" in good.stdout) == (0, True), good.stdout + good.stderr
    wrong = "python -m telltale_conformance.adapters.wrong_store"
    bad = wheel_environment.run(*command, *options, wrong, cwd=project)
    assert (bad.returncode, "1 failed" in bad.stdout) == (1, True), bad.stdout + bad.stderr


@started("pytest", "pytest")
def test_pytest_without_our_options_loads_no_room_but_the_plugin(
    wheel_environment: Installed, project: Path, command: tuple[str, ...]
) -> None:
    (project / "test_imports.py").write_text(
        "import sys\n\n\ndef test_imports():\n"
        "    rooms = ('generators', 'lean_traces', 'model', 'oracle')\n"
        "    ours = {name for name in sys.modules if name.startswith('telltale_conformance.')}\n"
        "    loaded = {name for name in ours if name.split('.')[1] in rooms}\n"
        "    rooms = {name.removeprefix('telltale_conformance.') for name in loaded}\n"
        "    assert rooms == {'oracle', 'oracle.pytest_plugin', 'oracle.pytest_items'}\n"
    )
    done = wheel_environment.run(*command, "-q", "test_own.py", "test_imports.py", cwd=project)
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout + done.stderr
