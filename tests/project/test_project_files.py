"""Files that tools of the project read are ones that these tools take."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from telltale_conformance.version import HARNESS_VERSION
from tools.release import fragments
from tools.source_tree import ROOT


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "words",
    [("validate-config", ".pre-commit-config.yaml"), ("validate-manifest", ".pre-commit-hooks.yaml")],
    ids=" ".join,
)
def test_pre_commit_takes_our_files(words: tuple[str, str]) -> None:
    done = run("pre_commit", *words)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_fragment_is_in_the_changelog_that_a_release_writes() -> None:
    done = run("towncrier", "build", "--draft", "--version", HARNESS_VERSION)
    assert done.returncode == 0, done.stdout + done.stderr
    for fragment in fragments(ROOT):
        assert re.fullmatch(r"\+[a-z0-9-]+\.(changed|added|fixed|removed|security)\.md", fragment.name), fragment.name
        assert " ".join(fragment.read_text().split()) in " ".join(done.stdout.split()), fragment.name


def test_ci_runs_targets_that_the_makefile_has() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^make (\w+)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert targets == ["lint", "check", "pythons", "proofs", "test", "templates"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_license_is_the_one_of_the_metadata() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License\n")
    assert "the telltale-conformance authors" in text


def test_version_of_command_and_package_are_one() -> None:
    import telltale_conformance

    assert run("telltale_conformance", "--version").stdout == f"telltale-conformance {HARNESS_VERSION}\n"
    assert telltale_conformance.__version__ == HARNESS_VERSION
