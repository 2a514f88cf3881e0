"""A newcomer with nothing but the wheel: init, run, a planted mistake, a red page, a copy, the repair, fixed.

Each language needs its own programs. Where they are missing the tests are skipped and say so, except where ``CI`` is
set: there they fail.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from ruamel.yaml import YAML

from telltale_conformance.oracle.init.growth import offered_by
from telltale_conformance.oracle.init.languages import LANGUAGES
from telltale_conformance.oracle.init.project import CHECK
from tests.installed_wheel import Installed


class Mistake(NamedTuple):
    """A release while a transfer is pending is not refused any more."""

    right: str
    wrong: str


PROGRAMS = {
    "python": ("python3",),
    "typescript": ("node",),
    "rust": ("cargo", "rustc"),
    "go": ("go",),
    "java": ("javac",),
}
PACKAGES = {"typescript": "nodejs", "rust": "cargo", "go": "golang-go", "java": "default-jdk-headless"}
MISTAKES = {
    "python": Mistake("self.idle(session)\n        session.owner = None", "session.owner = None"),
    "typescript": Mistake("this.idle(session);\n    session.owner = null", "session.owner = null"),
    "rust": Mistake("session.idle()?;\n        session.ownership.current = None", "session.ownership.current = None"),
    "go": Mistake("s.idle()\n\ts.owner = nil", "s.owner = nil"),
    "java": Mistake("session.idle();\n        session.owner = null", "session.owner = null"),
}
AT_ONCE = [
    "python",
    "typescript",
    "rust",
    pytest.param("go", marks=pytest.mark.nightly),
    pytest.param("java", marks=pytest.mark.nightly),
]


class Project:
    """A new project of one language, and a shell in it."""

    def __init__(self, language: str, folder: Path, environment: Installed) -> None:
        for program in PROGRAMS[language]:
            if shutil.which(program) is None:
                missing = f"no {program}: the {language} template is not tried; apt-get install {PACKAGES[language]}"
                pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
        self.language, self.folder, self.environment = LANGUAGES[language], folder, environment
        folder.mkdir()
        self.shell(f"telltale-conformance init --language {language}")
        self.store = folder / "conformance" / self.language.store_file

    def shell(self, command: str, code: int = 0) -> str:
        """Run a command as written and return what it prints."""
        done = self.environment.run("bash", "-c", command, cwd=self.folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def build(self) -> None:
        if self.language.build:
            self.shell(self.language.build)

    def check(self, code: int) -> str:
        """Check little, with the options of the project otherwise."""
        return self.shell("telltale-conformance check --lanes programs --cases 60", code)

    def exchange(self, old: str, new: str) -> None:
        """Change the one place of the toy store that has a text, and build again."""
        text = self.store.read_text()
        assert text.count(old) == 1, old
        self.rewrite(text.replace(old, new))

    def rewrite(self, text: str) -> None:
        """Give the toy store another text, and build again."""
        before = self.store.stat().st_mtime
        self.store.write_text(text)
        os.utime(
            self.store, (max(time.time(), before) + 2,) * 2
        )  # builds that look at times must see it, however quick this is
        self.build()


@pytest.mark.parametrize("language", AT_ONCE)
def test_from_init_to_a_red_page_and_its_repair(
    language: str, tmp_path: Path, wheel_environment: Installed, record_property: pytest.RecordProperty
) -> None:
    began = time.monotonic()
    project = Project(language, tmp_path / "own", wheel_environment)
    project.build()
    kit = json.loads(project.shell(f"telltale-conformance adapter-kit --json {shlex.quote(project.language.sut)}"))
    assert {check["status"] for check in kit["checks"]} <= {"passed", "skipped"}, kit
    green = project.check(0)
    assert f"{len(offered_by(project.language.steps))} of 66 operations offered" in green

    mistake = MISTAKES[language]
    right = project.store.read_text()
    project.exchange(mistake.right, mistake.wrong)
    assert "release_ownership: expected TransferPending" in project.check(1)
    assert "TransferPending" in (project.folder / "conformance/report/index.html").read_text()
    project.shell("mkdir -p conformance/regressions && cp -r conformance/report/divergences/* conformance/regressions/")
    verify = "telltale-conformance verify conformance/regressions/* --run --expect fixed"
    assert "same verdict" in project.shell(verify, 1)

    project.rewrite(right)
    assert "fixed since" in project.shell(verify)
    project.check(0)
    record_property("seconds", round(time.monotonic() - began, 1))


@pytest.mark.nightly
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_of_the_new_project_runs_as_written(
    language: str, tmp_path: Path, wheel_environment: Installed
) -> None:
    project = Project(language, tmp_path / "own", wheel_environment)
    workflow = YAML(typ="safe").load((project.folder / ".github/workflows/conformance.yml").read_text())
    steps = [step["run"] for step in workflow["jobs"]["conformance"]["steps"] if "run" in step]
    assert steps[0].startswith("python -m pip install telltale-conformance==")
    for command in steps[1:]:
        project.shell(command)
    assert steps[-1] == CHECK
    assert (project.folder / "conformance/report/index.html").exists()
