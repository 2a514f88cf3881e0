"""init writes a whole project or nothing, never over what is there, and tells what to do next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.cli.init import run
from telltale_conformance.oracle.init import project
from telltale_conformance.oracle.init.growth import STEPS
from telltale_conformance.oracle.init.languages import LANGUAGES
from telltale_conformance.oracle.verdict.baseline import read_baseline
from telltale_conformance.oracle.verdict.required import required

WRITTEN, USAGE = 0, 2
COMMON = {
    ".github/workflows/conformance.yml",
    "conformance/.gitignore",
    "conformance/README.md",
    "conformance/baseline.json",
    "telltale-conformance.toml",
}


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_leave_the_shell_in_the_folder_where_the_next_one_is_due(language: str, tmp_path: Path) -> None:
    (tmp_path / "conformance").mkdir()
    for command in (LANGUAGES[language].build, LANGUAGES[language].test):
        script = f"{command or ':'}\npwd"
        done = subprocess.run(
            ["/bin/sh", "-c", script], check=False, cwd=tmp_path, env={"PATH": ""}, stdout=subprocess.PIPE, text=True
        )
        assert done.stdout == f"{tmp_path}\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_files_and_the_common_ones(
    language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "new", language) == WRITTEN
    found = tree(tmp_path / "new")
    assert found > COMMON
    assert f"conformance/{LANGUAGES[language].store_file}" in found
    said = capsys.readouterr().out
    assert all(name in said for name in found)
    assert LANGUAGES[language].test in said
    assert LANGUAGES[language].build in said
    baseline = read_baseline(tmp_path / "new/conformance/baseline.json")
    assert required(None, baseline) is None, "the README says that what is taken out of the list makes nothing red"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_workflow_is_one_and_runs_what_the_readme_says(language: str, tmp_path: Path) -> None:
    files = project.project_files(language)
    workflow = tmp_path / "conformance.yml"
    workflow.write_bytes(files[".github/workflows/conformance.yml"])
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(workflow)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    readme = files["conformance/README.md"].decode()
    chosen = LANGUAGES[language]
    for step in (chosen.build, project.CHECK, chosen.test):
        assert step in readme
        assert f"run: {step}" in workflow.read_text() or not step


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_test_of_the_project_writes_beside_the_report_of_its_check(language: str, tmp_path: Path) -> None:
    files = {name: data.decode() for name, data in project.project_files(language).items()}
    (asks,) = (text for name, text in files.items() if '"check"' in text and not name.endswith((".md", ".yml")))
    folder = "conformance/test-report"
    assert f'"--report", "{folder}"' in asks
    assert 'report = "conformance/report"' in files["telltale-conformance.toml"]
    assert "/test-report/" in files["conformance/.gitignore"].splitlines()
    steps = YAML(typ="safe").load(files[".github/workflows/conformance.yml"])["jobs"]["conformance"]["steps"]
    assert steps[-1]["with"]["path"].split() == ["conformance/report", folder]


def test_the_steps_of_growth_take_every_operation_once() -> None:
    names = [name for step in STEPS for name in step.operations]
    assert sorted(names) == sorted(OPERATIONS)


def test_what_is_there_is_named_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conformance").mkdir()
    mine = tmp_path / "conformance" / "adapter.py"
    mine.write_text("mine")
    (tmp_path / "conformance" / "README.md").symlink_to("nowhere")
    assert run(tmp_path, "python") == USAGE
    assert mine.read_text() == "mine"
    assert tree(tmp_path) == {"conformance/adapter.py", "conformance/README.md"}
    said = capsys.readouterr().err
    assert "there already: conformance/README.md, conformance/adapter.py; nothing was written" in said


@pytest.mark.parametrize("name", ["a project", "it's", "$(touch pwned)", "-x", "a\\b;c"])
def test_the_command_that_leads_into_the_project_can_be_pasted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(Path(name), "python") == WRITTEN
    (step,) = [line.strip() for line in capsys.readouterr().out.splitlines() if line.startswith("  cd ")]
    done = subprocess.run(
        ["/bin/sh", "-c", f"{step}\npwd -P"], check=True, cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert Path(done.stdout.rstrip("\n")) == (tmp_path / name).resolve()
    assert {path.name for path in tmp_path.iterdir()} == {name}


def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".github").write_text("")
    assert run(tmp_path, "python") == USAGE
    assert "there already: .github/workflows/conformance.yml;" in capsys.readouterr().err
    assert tree(tmp_path) == {".github"}


def test_options_in_pyproject_are_not_doubled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n[tool.telltale-conformance]\nseed = 3\n")
    assert run(tmp_path, "python") == USAGE
    assert "pyproject.toml has a table [tool.telltale-conformance] already" in capsys.readouterr().err
    assert tree(tmp_path) == {"pyproject.toml"}


@pytest.mark.parametrize("name", ["missing/new", "file", "file/new"])
def test_no_folder_is_made_from_a_mistyped_path(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(tmp_path / name, "python") == USAGE
    assert str(tmp_path / name) in capsys.readouterr().err
    assert tree(tmp_path) == {"file"}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_one_file_that_cannot_be_written_leaves_none(error: BaseException, tmp_path: Path) -> None:
    class Failing(dict[str, bytes]):
        """The third file fails; what was made before it must go."""

        def items(self):
            yield from list(super().items())[:2]
            raise error

    with pytest.raises(type(error)):
        project.write(tmp_path / "new", Failing(project.project_files("python")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("signs", "language"),
    [
        ((), "python"),
        (("pyproject.toml", "setup.py"), "python"),
        (("Cargo.toml",), "rust"),
        (("package.json", "tsconfig.json"), "typescript"),
        (("go.mod",), "go"),
        (("pom.xml",), "java"),
    ],
)
def test_the_language_is_read_off_the_project(signs: tuple[str, ...], language: str, tmp_path: Path) -> None:
    for sign in signs:
        (tmp_path / sign).write_text("")
    assert run(tmp_path, None) == WRITTEN
    assert (tmp_path / "conformance" / LANGUAGES[language].store_file).exists()


def test_a_project_in_two_languages_must_say_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for sign in ("Cargo.toml", "pyproject.toml"):
        (tmp_path / sign).write_text("")
    assert run(tmp_path, None) == USAGE
    assert "pyproject.toml (python), Cargo.toml (rust); give --language" in capsys.readouterr().err
    assert tree(tmp_path) == {"Cargo.toml", "pyproject.toml"}
