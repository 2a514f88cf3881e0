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

import psutil
import pytest
from ruamel.yaml import YAML

from telltale_conformance.oracle.adapters import Request, SubprocessAdapter
from telltale_conformance.oracle.init.growth import offered_by
from telltale_conformance.oracle.init.languages import LANGUAGES
from telltale_conformance.oracle.init.project import CHECK
from tests.installed_wheel import Installed
from tests.oracle.adapter_world import PATIENT


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


def those(*at_once: str) -> pytest.MarkDecorator:
    """Try these languages in every run, and the others, of which most are built, nightly and in ``make templates``.

    CI runs that on every change.
    """
    later = [pytest.param(language, marks=pytest.mark.nightly) for language in LANGUAGES if language not in at_once]
    return pytest.mark.parametrize("language", [*at_once, *later])


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
        return self.shell("telltale-conformance check --lanes programs --cases 100", code)

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


@those("typescript")
def test_from_init_to_a_red_page_and_its_repair(
    language: str, tmp_path: Path, wheel_environment: Installed, record_property: pytest.RecordProperty
) -> None:
    """The commands of docs/tutorial.md, which ``tests/test_docs.py`` runs, go the same way in Python."""
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
    record_property("seconds", round(time.monotonic() - began, 1))


@those("python", "typescript")
def test_an_answer_costs_no_more_when_the_log_is_long(
    language: str, tmp_path: Path, wheel_environment: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(language, tmp_path / "own", wheel_environment)
    project.build()
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("PATH", wheel_environment.environment()["PATH"])
    claim = Request("claim_ownership", b'{"sid":0,"owner_id":"a","scope":"Session"}')
    capability = b'{"session_id":0,"owner_id":"a","generation":0,"scope":"Session"}'
    pair = [claim, Request("release_ownership", b'{"capability":%b}' % capability)]
    with SubprocessAdapter(shlex.split(project.language.sut), PATIENT) as adapter:
        opened = list(adapter.submit([Request("open", b'{"roles":["A"],"initial_types":{}}'), *pair * 1000]))
        assert {answer.kind for answer in opened} == {"ok"}
        (log,) = adapter.submit([Request("authority_audit_log", b'{"sid":0}')])
        assert len(json.loads(log.payload)) == 2000
        before = seconds_of(adapter.pid)
        answers = list(adapter.submit(pair * 200))
        spent = (seconds_of(adapter.pid) - before) / len(answers)
    assert {len(json.loads(answer.audit or b"[]")) for answer in answers} == {1}
    assert spent < 0.002, f"{spent * 1000:.2f} ms an answer; one that read the whole log took 15"


def seconds_of(pid: int) -> float:
    """Return the processor time of a process and of all below it."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


@pytest.mark.nightly
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_of_the_new_project_runs_as_written(
    language: str, tmp_path: Path, wheel_environment: Installed
) -> None:
    project = Project(language, tmp_path / "own", wheel_environment)
    workflow = YAML(typ="safe").load((project.folder / ".github/workflows/conformance.yml").read_text())
    steps = [step["run"] for step in workflow["jobs"]["conformance"]["steps"] if "run" in step]
    assert steps[0].startswith("python -m pip install telltale-conformance==")
    assert steps[-1] == CHECK
    for command in steps[1:-1]:
        project.shell(command)
    assert (project.folder / "conformance/test-report/index.html").exists()
    assert not (project.folder / "conformance/report").exists(), "the test leaves the report of the check alone"
    project.shell(CHECK)
    assert (project.folder / "conformance/report/index.html").exists()
