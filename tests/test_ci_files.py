"""What others' CI is given: the action, the hooks and the documents' examples are well-formed and do what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.oracle.cli.app import app
from tests.foreign_project import foreign_project
from tests.installed_wheel import Distributions
from tools.ci_lint import Subject, example, problems, subjects

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "ci.md").read_text()
SCRIPT = '#!/bin/sh\nprintf "%s\\n" "$@" > "$RECORD"\nexit "$ANSWER"\n'
COMMANDS = get_command(app).commands
OPTIONS = {option for parameter in COMMANDS["check"].params for option in parameter.opts}


def yaml(text: str) -> Any:
    return YAML(typ="safe").load(text)


ACTION = yaml((ROOT / "action.yml").read_text())
STEPS = {step.get("id") or step.get("name") or step["uses"]: step for step in ACTION["runs"]["steps"]}
DEFAULTS = {name: str(one["default"]) for name, one in ACTION["inputs"].items()}


def run_step(step: dict[str, Any], folder: Path, inputs: dict[str, str], **variables: str) -> tuple[int, str, str]:
    """Run a step as a runner does; return its exit code, what it printed, and its outputs."""
    given = {**DEFAULTS, **inputs}
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: given[found[1]], str(value))
        for name, value in step.get("env", {}).items()
    }
    output = folder / "github-output"
    output.write_text("")
    runner = {"RUNNER_TEMP": str(folder), "RUNNER_OS": "Linux", "GITHUB_OUTPUT": str(output)}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder / "project" if (folder / "project").exists() else folder,
        env={**os.environ, **environment, **runner, "GITHUB_ACTION_PATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, output.read_text()


def test_everything_that_ci_is_given_passes_the_linters(tmp_path: Path) -> None:
    found = list(subjects())
    assert len(found) >= 6
    assert list(problems(found, tmp_path)) == []


SHORT = [
    ("action.yml", "done <<<", "don <<<", "syntax error"),
    ("action.yml", 'give --sut "$SUT"', 'give --sut "${{ inputs.sut }}"', "template-injection"),
    (".gitlab-ci.yml", "exit_codes: [3]", "exit_codes: [three]", "three"),
]
LONG = [
    ("action.yml", "using: composite", "using: nothing", "nothing"),
    ("action.yml", "@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0", "@v5", "unpinned-uses"),
    (".github/workflows/ci.yml", 'test "$CODE" = 1', 'test "${{ github.head_ref }}" = 1', "template-injection"),
    (".github/workflows/example.yml", "runs-on: ubuntu-24.04", "runs: ubuntu-24.04", "runs"),
    (".pre-commit-hooks.yaml", "language: system", "language: none", "language"),
    (".pre-commit-config.yaml", "rev: v0.2.0", "version: v0.2.0", "rev"),
]


@pytest.mark.parametrize(
    ("place", "old", "new", "said"), [*SHORT, *(pytest.param(*one, marks=pytest.mark.nightly) for one in LONG)]
)
def test_what_is_wrong_is_found(tmp_path: Path, place: str, old: str, new: str, said: str) -> None:
    (subject,) = (one for one in subjects() if one.place == place)
    assert old in subject.text
    wrong = Subject(place, subject.text.replace(old, new), subject.linter)
    assert said in "\n".join(problems([wrong], tmp_path))


def test_placeholders_are_said_to_be_such() -> None:
    for section in ("GitHub", "pre-commit"):
        assert "OWNER/" in example(DOCUMENT, section)
    assert DOCUMENT.count("placeholder") + DOCUMENT.count("`OWNER` stands for") >= 2


def test_the_workflow_gives_only_inputs_that_there_are_and_the_document_tells_all() -> None:
    steps = yaml(example(DOCUMENT, "GitHub"))["jobs"]["conformance"]["steps"]
    (ours,) = [step for step in steps if "telltale-conformance@" in step.get("uses", "")]
    assert set(ours["with"]) <= set(ACTION["inputs"])
    table = DOCUMENT.split("| input | says |")[1].split("\n\n")[0]
    told = [name for row in table.splitlines() for name in re.findall(r"`([\w-]+)`", row.split(" | ")[0])]
    assert sorted(told) == sorted(ACTION["inputs"])


@pytest.mark.parametrize(("section", "language"), [("GitHub", "yaml"), ("GitLab", "yaml"), ("Jenkins", "groovy")])
def test_the_examples_use_options_that_there_are(section: str, language: str) -> None:
    used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", example(DOCUMENT, section, language)))
    assert used <= OPTIONS | {"--release", "--bin"}
    assert used


def test_the_pipeline_for_jenkins_is_closed_and_puts_nothing_into_scripts() -> None:
    text = example(DOCUMENT, "Jenkins", "groovy")
    assert text.count("{") == text.count("}")
    assert text.count("(") == text.count(")")
    scripts = re.findall(r"(?:sh|script:) ('.*?'|\".*?\")(?=\n)", text)
    assert len(scripts) == 3
    assert all(script.startswith("'") for script in scripts)
    for script in scripts:
        assert shlex.split(script[1:-1])


def test_the_jobs_python_stays_as_it_is() -> None:
    assert STEPS["python"]["with"]["update-environment"] is False
    assert all("GITHUB_PATH" not in step.get("run", "") for step in STEPS.values())
    assert all("GITHUB_ENV" not in step.get("run", "") for step in STEPS.values())


def test_no_input_goes_into_a_script_as_text() -> None:
    assert all("${{" not in step.get("run", "") for step in STEPS.values())


@pytest.mark.parametrize("answer", [0, 1, 3])
def test_the_action_runs_the_gate_with_its_inputs(tmp_path: Path, answer: int) -> None:
    binary = tmp_path / "telltale-conformance" / "bin" / "telltale-conformance"
    binary.parent.mkdir(parents=True)
    binary.write_text(SCRIPT)
    binary.chmod(0o755)
    inputs = {
        "sut": "python -c 'print(\"$(id)\")'",
        "fail-fast": "true",
        "baseline": "a b.json",
        "arguments": "--only\n$(touch hacked) `id`; x\n\n--limits\n",
    }
    record = tmp_path / "record"
    code, _, outputs = run_step(STEPS["check"], tmp_path, inputs, RECORD=str(record), ANSWER=str(answer))
    assert code == answer
    assert outputs == f"exit-code={answer}\nreport=telltale-report\n"
    assert record.read_text().splitlines() == [
        *("check", "--report", "telltale-report", "--sut", inputs["sut"], "--baseline", "a b.json", "--fail-fast"),
        *("--only", "$(touch hacked) `id`; x", "--limits"),
    ]


@pytest.mark.parametrize(
    ("inputs", "os_name", "said"),
    [
        ({}, "Linux", None),
        ({"lean": "true", "cache": "false", "fail-fast": "true"}, "macOS", None),
        ({"lean": "yes"}, "Linux", "lean is neither true nor false"),
        ({"cache": ""}, "Linux", "cache is neither true nor false"),
        ({"fail-fast": "1"}, "Linux", "fail-fast is neither true nor false"),
        ({"report": ""}, "Linux", "report is not the name of one folder"),
        ({"report": "a\nexit-code=0"}, "Linux", "report is not the name of one folder"),
        ({"python-version": "3.12; id"}, "Linux", "python-version is not a version"),
        ({"python-version": "3.12\n::add-path::/x"}, "Linux", "python-version is not a version"),
        ({"report": "a\rb"}, "Linux", "report is not the name of one folder"),
        ({"python-version": "3.10"}, "Linux", "python-version is below 3.11"),
        ({"python-version": "3.9.18"}, "Linux", "python-version is below 3.11"),
        ({"arguments": "--json\n--report\nother"}, "Linux", "which is the input report"),
        ({"arguments": "--report=other"}, "Linux", "which is the input report"),
        ({"arguments": "--help"}, "Linux", "with which nothing is checked"),
        ({"arguments": "--only\nopen\n\n--limits"}, "Linux", None),
        ({}, "Windows", "Linux and macOS"),
    ],
)
def test_inputs_that_mean_nothing_are_refused(
    tmp_path: Path, inputs: dict[str, str], os_name: str, said: str | None
) -> None:
    code, printed, outputs = run_step(STEPS["inputs"], tmp_path, inputs, RUNNER_OS=os_name)
    if said is None:
        assert code == 0, printed
        lean = inputs.get("lean", "false")
        assert re.fullmatch(rf"cache-key=telltale-conformance-{os_name}-3\.12-\d[\w.]+-lean-{lean}\n", outputs)
    else:
        assert code == 2
        assert printed.startswith("::error title=telltale-conformance::")
        assert said in printed
        assert len(printed.splitlines()) == 1
        assert outputs == ""


def test_the_steps_install_a_wheel_and_judge_in_a_foreign_project(tmp_path: Path, distributions: Distributions) -> None:
    foreign_project(tmp_path / "project")
    offline = {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}
    inside = {"PYTHON": sys.executable, "GITHUB_ACTION_PATH": str(distributions.wheel), **offline}
    code, printed, _ = run_step(STEPS["Install telltale-conformance"], tmp_path, {}, **inside)
    assert code == 0, printed
    (packages,) = (tmp_path / "telltale-conformance" / "lib").glob("python3.*/site-packages")
    dependencies = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "dependencies.pth").write_text("\n".join(dependencies) + "\n")
    own = f"{tmp_path / 'telltale-conformance' / 'bin' / 'python'} -m telltale_conformance.adapters."
    for inputs, expected in (
        ({"sut": f"{own}reference"}, 0),
        ({"sut": f"{own}wrong_store", "report": "wrong"}, 1),
        ({"sut": "no-such-program", "report": "none"}, 3),
        ({"sut": f"{own}reference", "effort": "much"}, 2),
    ):
        given = {"lanes": "fixed", "workers": "1", **inputs}
        code, printed, outputs = run_step(STEPS["check"], tmp_path, given, PYTHONPATH="")
        assert code == expected, printed
        assert outputs.startswith(f"exit-code={expected}\n")
    assert (tmp_path / "project" / "telltale-report" / "report.sarif").exists()
    assert (tmp_path / "project" / "wrong" / "index.html").exists()


def test_the_hooks_are_hooks_and_name_commands_that_there_are() -> None:
    hooks = {hook["id"]: hook for hook in yaml((ROOT / ".pre-commit-hooks.yaml").read_text())}
    for hook in hooks.values():
        program, command = hook["entry"].split()
        assert program == "telltale-conformance"
        assert command in COMMANDS
    used = {hook["id"] for hook in yaml(example(DOCUMENT, "pre-commit"))["repos"][0]["hooks"]}
    assert used == set(hooks)


def test_the_hook_that_starts_an_adapter_runs_in_the_projects_own_environment() -> None:
    hooks = {hook["id"]: hook for hook in yaml((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert {name: hook["language"] for name, hook in hooks.items()} == {
        "telltale-types": "python",
        "telltale-replay": "python",
        "telltale-check": "system",
    }
    assert hooks["telltale-check"]["pass_filenames"] is False


def test_a_file_with_the_name_of_an_option_is_a_file_to_the_hooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks = {hook["id"]: hook for hook in yaml((ROOT / ".pre-commit-hooks.yaml").read_text())}
    monkeypatch.chdir(tmp_path)
    victim = tmp_path / "b.session"
    victim.write_text("roles A, B\nA = B!m. end\nB = A?m. end\n")
    for name, hostile in (("telltale-types", "--draw=b.session"), ("telltale-replay", "--config=b.trace.jsonl")):
        (tmp_path / hostile).write_text(victim.read_text())
        with pytest.raises(SystemExit) as done:
            app([*hooks[name]["entry"].split()[1:], *hooks[name]["args"], hostile, "b.session"])
        assert hostile in "".join(capsys.readouterr()), done.value.code
    assert victim.read_text().startswith("roles A, B")


def test_the_files_of_the_hooks_are_those_meant() -> None:
    hooks = {hook["id"]: hook for hook in yaml((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert re.search(hooks["telltale-types"]["files"], "protocols/a.session")
    assert re.search(hooks["telltale-replay"]["files"], "a/b.trace.jsonl.gz")
    assert not re.search(hooks["telltale-replay"]["files"], "data/other.jsonl")


def test_the_baseline_of_the_document_is_one(tmp_path: Path) -> None:
    from telltale_conformance.oracle.verdict.baseline import read_baseline

    text = example(DOCUMENT, "Baselines: known divergences", "json")
    validator("baseline").validate(json.loads(text))
    (tmp_path / "known.json").write_text(text)
    assert len(read_baseline(tmp_path / "known.json").entries) == 1
