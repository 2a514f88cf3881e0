"""The source distribution holds the whole source tree and builds the same wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.installed_wheel import Distributions, unpacked
from tools.source_tree import ROOMS, ROOT, build, source_files

GENERATED = {"PKG-INFO", "setup.cfg"}


def test_it_holds_every_file_of_the_source_tree_with_links_followed(distributions: Distributions) -> None:
    listed = source_files()
    if listed is None:
        pytest.skip("without git nothing says which files belong to the source tree")
    with tarfile.open(distributions.sdist) as archive:
        members = archive.getmembers()
    assert not [member.name for member in members if member.issym() or member.islnk()]
    found = {member.name.split("/", 1)[1] for member in members if member.isfile()}
    expected = {
        f"src/telltale_conformance/{name}" if name.split("/")[0] in ROOMS else name
        for name in listed
        if not (ROOT / name).is_symlink()
    }
    assert {name for name in found if ".egg-info/" not in name} - GENERATED == expected


def test_the_wheel_built_from_it_is_the_wheel_of_the_checkout(distributions: Distributions, tmp_path: Path) -> None:
    build(unpacked(distributions.sdist, tmp_path / "unpacked"), tmp_path / "wheels", "--wheel")
    (again,) = (tmp_path / "wheels").glob("*.whl")
    assert again.name == distributions.wheel.name
    with zipfile.ZipFile(distributions.wheel) as first, zipfile.ZipFile(again) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())
        different = [name for name in first.namelist() if first.read(name) != second.read(name)]
    assert different == []


def test_its_tests_find_the_rooms_where_a_checkout_has_them(distributions: Distributions, tmp_path: Path) -> None:
    tree = unpacked(distributions.sdist, tmp_path / "unpacked")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/tools/test_contract_rules.py"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
