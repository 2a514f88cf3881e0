"""The distributions built once per test run, and the wheel installed away from the checkout."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tarfile
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tools.source_tree import build, copy_source

_PYTEST = "import runpy\nrunpy.run_module('pytest', run_name='__main__', alter_sys=True)\n"


class Distributions(NamedTuple):
    """What was built from the source tree."""

    wheel: Path
    sdist: Path


class Installed(NamedTuple):
    """A virtual environment that holds the wheel."""

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter of the environment."""
        return self.folder / "bin" / "python"

    @property
    def package(self) -> Path:
        """The installed package."""
        (found,) = (self.folder / "lib").glob("python3.*/site-packages/telltale_conformance")
        return found

    def environment(self, **variables: str) -> dict[str, str]:
        """Return the variables of a shell in which the environment is active."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_"))}
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {**inherited, "PATH": path, "COLUMNS": "100", "NO_COLOR": "1", **variables}

    def run(self, *command: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as in a shell in which the environment is active."""
        return subprocess.run(
            command,
            cwd=cwd,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def built(folder: Path) -> Distributions:
    """Return sdist and wheel of the source tree; the first caller of a test run builds them."""
    output = folder / "distributions"
    with _alone(folder / "distributions.lock"):
        if not output.exists():
            build(copy_source(folder / "source"), folder / "unfinished", "--sdist", "--wheel")
            (folder / "unfinished").rename(output)
    (wheel,) = output.glob("*.whl")
    (sdist,) = output.glob("*.tar.gz")
    return Distributions(wheel, sdist)


def installed(folder: Path) -> Installed:
    """Return an environment with the wheel and this environment's dependencies; the first caller makes it."""
    place = folder / "installed"
    complete = folder / "installed.complete"
    with _alone(folder / "installed.lock"):
        if not complete.exists():
            venv.create(place, clear=True)
            install = [
                sys.executable,
                "-m",
                "pip",
                "--python",
                str(place),
                "install",
                "--quiet",
                "--no-deps",
                "--no-index",
            ]
            wheel = str(built(folder).wheel)
            done = subprocess.run([*install, wheel], capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            dependencies = [path for path in sys.path if path.endswith("site-packages")]
            Installed(place).package.with_name("dependencies.pth").write_text("\n".join(dependencies) + "\n")
            script = place / "bin" / "pytest"
            script.write_text(f"#!{place}/bin/python\n{_PYTEST}")
            script.chmod(0o755)
            complete.touch()
    return Installed(place)


def unpacked(sdist: Path, folder: Path) -> Path:
    """Unpack a source distribution and return its one folder."""
    with tarfile.open(sdist) as archive:
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # not before 3.11.4
        archive.extractall(folder, **safely)
    (inner,) = folder.iterdir()
    return inner


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a lock, so that the workers of one test run wait for each other."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def distributions(run_folder: Path) -> Distributions:
    """Wheel and sdist of this source tree."""
    return built(run_folder)


@pytest.fixture(scope="session")
def wheel_environment(run_folder: Path) -> Installed:
    """The wheel, installed."""
    return installed(run_folder)
