"""Lint what CI runs and what others' CI is given: ``python -m tools.ci_lint``.

These are the project's workflows, ``action.yml``, the pre-commit files, and the examples of ``docs/ci.md``. Each is
compared with its schema, zizmor looks for what makes a workflow unsafe, and bash reads every step. Nothing is fetched.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from ruamel.yaml import YAML

ROOT: Final = Path(__file__).parents[1]
DOCUMENT: Final = "docs/ci.md"

_SCHEMA: Final = ("check_jsonschema", "--builtin-schema")
_WORKFLOW: Final = (*_SCHEMA, "vendor.github-workflows")


class Subject(NamedTuple):
    """A file to look at."""

    place: str
    """Where it lies among what is looked at."""
    text: str
    linter: tuple[str, ...]
    """The module and its arguments that say whether the file is what it should be."""


def example(document: str, section: str, language: str = "yaml") -> str:
    """Return the first block of a section of the document.

    Raises:
        ValueError: there is none.
    """
    after = document.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = re.search(rf"^```{language}\n(.*?)^```$", after, re.DOTALL | re.MULTILINE)
    if found is None:
        raise ValueError(f"{DOCUMENT} has no {language} block in the section {section}")
    return found[1]


def subjects(root: Path = ROOT) -> Iterator[Subject]:
    """Yield what there is to look at."""
    document = (root / DOCUMENT).read_text(encoding="utf-8")
    for path in sorted((root / ".github" / "workflows").glob("*.yml")):
        yield Subject(f".github/workflows/{path.name}", path.read_text(encoding="utf-8"), _WORKFLOW)
    yield Subject(".github/workflows/example.yml", example(document, "GitHub"), _WORKFLOW)
    yield Subject("action.yml", (root / "action.yml").read_text(encoding="utf-8"), (*_SCHEMA, "vendor.github-actions"))
    yield Subject(".gitlab-ci.yml", example(document, "GitLab"), (*_SCHEMA, "vendor.gitlab-ci"))
    yield Subject(".pre-commit-config.yaml", example(document, "pre-commit"), ("pre_commit", "validate-config"))
    hooks = (root / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    yield Subject(".pre-commit-hooks.yaml", hooks, ("pre_commit", "validate-manifest"))


def problems(found: list[Subject], folder: Path) -> Iterator[str]:
    """Yield what is wrong with the subjects, which are written into a folder to be looked at."""
    for subject in found:
        path = folder / subject.place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(subject.text, encoding="utf-8")
        yield from _said([sys.executable, "-m", *subject.linter, str(path)])
        for name, script in scripts(YAML(typ="safe").load(subject.text)):
            yield from (f"{subject.place}: {name}: {line}" for line in _said(["bash", "-n", "-c", script]))
    zizmor = shutil.which("zizmor", path=f"{Path(sys.executable).parent}:{Path(sys.prefix) / 'bin'}") or "zizmor"
    yield from _said([zizmor, "--offline", "--no-progress", "--quiet", "--strict-collection", str(folder)])


def scripts(document: Any) -> Iterator[tuple[str, str]]:
    """Yield the scripts of all steps, with a name of the step."""
    if isinstance(document, dict):
        script = document.get("run")
        if isinstance(script, str):
            yield str(document.get("name") or document.get("id") or "a step"), script
        for value in document.values():
            yield from scripts(value)
    elif isinstance(document, list):
        for value in document:
            yield from scripts(value)


def _said(command: list[str]) -> list[str]:
    """Return what a linter says that finds something."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr).strip()]


def main() -> int:
    """Look at everything and say what is wrong."""
    found = list(subjects())
    with tempfile.TemporaryDirectory() as folder:
        wrong = list(problems(found, Path(folder)))
    print(*wrong, f"{len(found)} files for CI looked at, {len(wrong)} problems", sep="\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
