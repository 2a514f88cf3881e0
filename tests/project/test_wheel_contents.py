"""What the wheel holds: one import package with all its data, and nothing of the developers'."""

from __future__ import annotations

import email
import subprocess
import sys
import zipfile
from pathlib import PurePosixPath

import pytest

from tests.installed_wheel import Distributions, Installed
from tools.source_tree import ROOMS, ROOT, source_files

PACKAGE = "telltale_conformance"


@pytest.fixture(scope="module")
def names(distributions: Distributions) -> list[str]:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        return wheel.namelist()


def test_the_only_top_level_name_is_the_package(names: list[str]) -> None:
    tops = {PurePosixPath(name).parts[0] for name in names}
    (metadata,) = tops - {PACKAGE}
    assert metadata.startswith(f"{PACKAGE}-")
    assert metadata.endswith(".dist-info")


def test_the_wheel_holds_every_file_of_the_rooms_and_no_other(names: list[str]) -> None:
    listed = source_files()
    if listed is None:
        pytest.skip("without git nothing says which files belong to the source tree")
    prefix = f"src/{PACKAGE}/"
    own = {name.removeprefix("src/") for name in listed if name.startswith(prefix) and not (ROOT / name).is_symlink()}
    rooms = {f"{PACKAGE}/{name}" for name in listed if name.split("/")[0] in ROOMS}
    assert {name for name in names if not name.split("/")[0].endswith(".dist-info")} == own | rooms


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        ("py.typed", 1),
        ("lean_traces/schemas/*.json", 10),
        ("lean_traces/corpus/*.jsonl.gz", 400),
        ("lean_traces/recordings/telltale-machine-17.0.0/*.jsonl.gz", 146),
        ("lean_traces/recordings/telltale-machine-hardened-17.0.0/*.jsonl.gz", 52),
        ("lean_traces/recordings/telltale-machine-17.0.0-surface/*.jsonl.gz", 55),
        ("lean_traces/lean/Telltale/*.lean", 15),
        ("lean_traces/lean/Telltale/Proofs/*.lean", 10),
        ("lean_traces/lean/lean-toolchain", 1),
        ("oracle/reports/page/templates/page.html.j2", 1),
        ("generators/data/claims/*.jsonl", 15),
        ("generators/data/floor/*.txt", 2),
        ("model/types/grammar.lark", 1),
        ("adapters/*.py", 4),
    ],
)
def test_the_data_that_commands_read_is_installed(wheel_environment: Installed, pattern: str, least: int) -> None:
    assert len(list(wheel_environment.package.glob(pattern))) >= least


def test_neither_tests_nor_tools_are_installed(names: list[str]) -> None:
    own = [name for name in names if "/init/templates/" not in name]  # a template may be a test of a new project
    assert not [name for name in own if {"tests", "tools"} & set(PurePosixPath(name).parts)]


def test_the_metadata_names_license_authors_and_version(distributions: Distributions) -> None:
    with zipfile.ZipFile(distributions.wheel) as wheel:
        (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(wheel.read(name))
    assert metadata["License-Expression"] == "MIT"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Author"] == "the telltale-conformance authors"
    assert metadata["Version"] == distributions.wheel.name.split("-")[1]
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert not [extra for extra in metadata.get_all("Provides-Extra", []) if extra == "dev"]


@pytest.mark.parametrize("command", [("check_wheel_contents",), ("twine", "check", "--strict")], ids=" ".join)
def test_the_checkers_of_a_release_find_nothing(distributions: Distributions, command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command, str(distributions.wheel)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
