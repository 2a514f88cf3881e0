"""What others' CI is given: the action, the hooks and the documents' examples are well-formed and do what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from telltale_conformance.lean_traces.schemas import validator

ROOT = Path(__file__).parents[1]
DOCUMENT = (ROOT / "docs" / "ci.md").read_text()
SCRIPT = '#!/bin/sh\nprintf "%s\\n" "$@" > "$RECORD"\nexit "$ANSWER"\n'


def yaml(text: str) -> Any:
    return YAML(typ="safe").load(text)


def block(section: str, language: str = "yaml") -> str:
    """Return the first block of a section of the document."""
    after = DOCUMENT.split(f"\n## {section}\n", 1)[1]
    found = re.search(rf"```{language}\n(.*?)```", after, re.DOTALL)
    assert found is not None
    return found[1]


def check_against(schema: str, path: Path) -> None:
    """Check a file against a schema that check-jsonschema ships."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_action_is_an_action() -> None:
    check_against("github-actions", ROOT / "action.yml")


def test_the_workflow_and_the_pipeline_of_the_document_are_such(tmp_path: Path) -> None:
    (tmp_path / "workflow.yml").write_text("on: push\n" + block("GitHub"))
    check_against("github-workflows", tmp_path / "workflow.yml")
    (tmp_path / ".gitlab-ci.yml").write_text(block("GitLab"))
    check_against("gitlab-ci", tmp_path / ".gitlab-ci.yml")


def test_placeholders_are_said_to_be_such() -> None:
    for section in ("GitHub", "pre-commit"):
        assert "OWNER/" in block(section)
    assert DOCUMENT.count("placeholder") + DOCUMENT.count("`OWNER` stands for") >= 2


def test_the_workflow_gives_only_inputs_that_there_are() -> None:
    action = yaml((ROOT / "action.yml").read_text())
    steps = yaml(block("GitHub"))["jobs"]["conformance"]["steps"]
    (ours,) = [step for step in steps if "telltale-conformance@" in step.get("uses", "")]
    assert set(ours["with"]) <= set(action["inputs"])


@pytest.mark.parametrize("answer", [0, 1, 3])
def test_the_action_runs_the_gate_with_its_inputs(tmp_path: Path, answer: int) -> None:
    action = yaml((ROOT / "action.yml").read_text())
    (step,) = [step for step in action["runs"]["steps"] if step.get("id") == "check"]
    binary = tmp_path / "telltale-conformance" / "bin" / "telltale-conformance"
    binary.parent.mkdir(parents=True)
    binary.write_text(SCRIPT)
    binary.chmod(0o755)
    given = {name: str(one["default"]) for name, one in action["inputs"].items()}
    given |= {"sut": "python -c 'print(\"$(id)\")'", "fail-fast": "true", "baseline": "a b.json"}
    environment = {
        name: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: given[found[1]], value)
        for name, value in step["env"].items()
    }
    output = tmp_path / "output"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        env={
            **os.environ,
            **environment,
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(output),
            "RECORD": str(tmp_path / "record"),
            "ANSWER": str(answer),
        },
        check=False,
    )
    assert done.returncode == answer
    assert output.read_text() == f"exit-code={answer}\nreport=telltale-report\n"
    words = (tmp_path / "record").read_text().splitlines()
    assert words[0] == "check"
    assert words[words.index("--sut") + 1] == given["sut"]
    assert words[words.index("--baseline") + 1] == "a b.json"
    assert "--fail-fast" in words
    assert "--lanes" not in words


def test_no_input_goes_into_a_script_as_text() -> None:
    action = yaml((ROOT / "action.yml").read_text())
    assert all("${{" not in step.get("run", "") for step in action["runs"]["steps"])


def test_the_hooks_are_hooks_and_name_commands_that_there_are() -> None:
    from typer.main import get_command

    from telltale_conformance.oracle.cli.app import app

    hooks = yaml((ROOT / ".pre-commit-hooks.yaml").read_text())
    commands = get_command(app).commands  # type: ignore[attr-defined] # a group
    for hook in hooks:
        assert {"id", "name", "entry", "language"} <= hook.keys()
        program, command = hook["entry"].split()
        assert (program, hook["language"]) == ("telltale-conformance", "python")
        assert command in commands
    used = {hook["id"] for hook in yaml(block("pre-commit"))["repos"][0]["hooks"]}
    assert used == {hook["id"] for hook in hooks}


def test_the_files_of_the_hooks_are_those_meant() -> None:
    hooks = {hook["id"]: hook for hook in yaml((ROOT / ".pre-commit-hooks.yaml").read_text())}
    assert re.search(hooks["telltale-types"]["files"], "protocols/a.session")
    assert re.search(hooks["telltale-replay"]["files"], "a/b.trace.jsonl.gz")
    assert not re.search(hooks["telltale-replay"]["files"], "data/other.jsonl")


def test_the_baseline_of_the_document_is_one(tmp_path: Path) -> None:
    from telltale_conformance.oracle.verdict.baseline import read_baseline

    text = block("Baselines: known divergences", "json")
    validator("baseline").validate(json.loads(text))
    (tmp_path / "known.json").write_text(text)
    assert len(read_baseline(tmp_path / "known.json").entries) == 1
