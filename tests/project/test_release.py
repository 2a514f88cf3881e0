"""``make release``: distributions and changelog of a version, or a reason and an unchanged tree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.release import NoRelease, fragments, release
from tools.source_tree import ROOT

VERSION = "0.2.0"
PROJECT = f"""
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "package"
version = "{VERSION}"
readme = "README.md"

[tool.setuptools.packages.find]
where = ["src"]

"""


def git(tree: Path, *words: str) -> str:
    named = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *named, *words], cwd=tree, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project with the settings of this one, committed, with one change that users can see."""
    settings = (ROOT / "pyproject.toml").read_text()
    tree = tmp_path / "tree"
    files = {
        "pyproject.toml": PROJECT + settings[settings.index("[tool.towncrier]") :],
        "README.md": "# A package\n",
        "CHANGELOG.md": "# Changelog\n\n<!-- towncrier release notes start -->\n\n## 0.1.0\n\nThe first version.\n",
        "changelog.d/README.md": "How to write fragments.\n",
        "changelog.d/+speed.changed.md": "Checks are faster.\n",
        "src/package/__init__.py": "",
        ".gitignore": "dist/\n",
    }
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    git(tree, "init", "--quiet")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "All")
    return tree


def test_a_release_is_built_checked_and_written_to_the_changelog(tree: Path) -> None:
    made = release(tree, VERSION)
    assert [path.suffix for path in made] == [".whl", ".gz"]
    assert all(path.parent == tree / "dist" and VERSION in path.name for path in made)
    changelog = (tree / "CHANGELOG.md").read_text()
    assert f"\n## {VERSION} (" in changelog
    assert "- Checks are faster." in changelog
    assert fragments(tree) == []
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "Release")
    with pytest.raises(NoRelease, match="was released before"):
        release(tree, VERSION)


def refused(tree: Path, message: str) -> None:
    before = git(tree, "status", "--porcelain"), (tree / "CHANGELOG.md").read_text()
    with pytest.raises(NoRelease, match=message):
        release(tree, VERSION)
    assert (git(tree, "status", "--porcelain"), (tree / "CHANGELOG.md").read_text()) == before
    assert not (tree / "dist").exists()


def test_a_tree_with_changes_is_refused(tree: Path) -> None:
    (tree / "notes.txt").write_text("x")
    refused(tree, "notes.txt")


def test_a_tagged_version_is_refused(tree: Path) -> None:
    git(tree, "tag", f"v{VERSION}")
    refused(tree, "was released before")


def test_a_release_without_changes_is_refused(tree: Path) -> None:
    git(tree, "rm", "--quiet", "changelog.d/+speed.changed.md")
    git(tree, "commit", "--quiet", "--message", "Nothing new")
    refused(tree, "no fragments")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pyproject.toml", "[", "towncrier"),
        ("pyproject.toml", '[project]\nname = "package"\nversion = 5\n', "the build failed"),
        ("README.md", "", "twine check"),
        ("src/tests/__init__.py", "", "check_wheel_contents"),
    ],
)
def test_a_step_that_fails_leaves_the_tree_as_it_was(tree: Path, name: str, text: str, message: str) -> None:
    (tree / name).parent.mkdir(exist_ok=True)
    (tree / name).write_text(text)
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "Broken")
    refused(tree, message)
