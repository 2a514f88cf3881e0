"""The nightly workflow of docs/deployment.md: linted, and its steps run with stand-ins."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.project import deployment_world as deployment
from tools.ci_lint import Subject, problems


def test_the_nightly_workflow_is_well_formed_and_safe(tmp_path: Path) -> None:
    text = deployment.block("A nightly campaign on GitHub")
    schema = ("check_jsonschema", "--builtin-schema", "vendor.github-workflows")
    assert list(problems([Subject(".github/workflows/nightly.yml", text, schema)], tmp_path)) == []
    assert "OWNER/" in text
    assert "`OWNER` stands for" in deployment.DOCUMENT


@pytest.fixture(scope="module")
def nightly() -> Any:
    """The job of the nightly workflow."""
    return YAML(typ="safe").load(deployment.block("A nightly campaign on GitHub"))["jobs"]["campaign"]


def test_the_workflow_saves_under_a_new_name_what_the_next_night_fetches(nightly: Any) -> None:
    uses = {step["uses"].partition("@")[0]: step for step in nightly["steps"] if "uses" in step}
    fetched, saved = (uses[f"actions/cache/{what}"]["with"] for what in ("restore", "save"))
    assert fetched["path"] == saved["path"] == "campaigns/last\ncampaigns/history.jsonl\n"
    assert fetched["key"] == saved["key"]
    assert saved["key"].startswith(fetched["restore-keys"])
    assert {"${{ github.run_id }}", "${{ github.run_attempt }}"} <= set(re.findall(r"\$\{\{.*?\}\}", saved["key"]))
    assert "${{ github.run_attempt }}" in uses["actions/upload-artifact"]["with"]["name"]
    assert uses["actions/cache/save"]["if"] == "always() && steps.keep.outputs.kept == 'true'"


def test_a_search_that_hangs_leaves_the_job_time_to_keep_and_to_upload(nightly: Any) -> None:
    (search,) = (step for step in nightly["steps"] if "--hours" in step.get("run", ""))
    found = re.search(r"--hours (\d+)", search["run"])
    assert found is not None
    assert 60 * int(found[1]) + 10 < search["timeout-minutes"] < nightly["timeout-minutes"] - 20
    after = nightly["steps"][nightly["steps"].index(search) + 1 :]
    assert all(re.match(r"always\(\)|failure\(\) \|\| cancelled\(\)", step["if"]) for step in after)
    (upload,) = (step["with"] for step in after if "upload-artifact" in step.get("uses", ""))
    assert all(line.startswith("campaigns/tonight/") for line in upload["path"].split())


def steps_of(nightly: Any, world: deployment.World, folder: Path) -> list[str]:
    """Return the scripts of the steps that search, report and keep; each follows the rules of its linter."""
    scripts = [step["run"] for step in nightly["steps"] if "campaigns/tonight" in step.get("run", "")]
    for number, script in enumerate(scripts):
        (folder / f"{number}.sh").write_text("#!/bin/bash\n" + script)
        deployment.lint("shellcheck", str(folder / f"{number}.sh"))
    merging = 'if [ "$2" = merge ]; then mkdir "$5"; cp "$3/campaign.json" "$5"; exit "$MERGED"; fi\n'
    program = folder / "bin" / "telltale-conformance"
    program.write_text(program.read_text().replace("until", merging + "until", 1))
    return scripts


@pytest.mark.parametrize("before", [False, True])
def test_the_steps_of_the_workflow_hand_the_corpus_on(
    nightly: Any, tmp_path: Path, before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = deployment.World(tmp_path)
    search, report, keep = steps_of(nightly, world, tmp_path)
    last, tonight = tmp_path / "campaigns" / "last", tmp_path / "campaigns" / "tonight"
    if before:
        last.mkdir(parents=True)
        (last / "campaign.json").write_text("old")
    assert world.run("-e", "-c", search).returncode == 0
    (words,) = world.asked("telltale-conformance")
    assert ("--begin-with" in words) == before
    deployment.read_by_telltale(words)
    tonight.mkdir()
    (tonight / "campaign.json").write_text("new")
    given = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output")}
    given["MERGED"] = "1" if before else "0"  # a merger of campaigns with a finding ends as its report
    for script in (report, keep):
        assert world.run("-e", "-c", script, **given).returncode == 0
    for words in world.asked("telltale-conformance")[1:]:
        deployment.read_by_telltale(words)
    assert (last / "campaign.json").read_text() == "new"
    assert (tonight / "campaign.json").exists(), "it is uploaded"
    assert (tmp_path / "output").read_text() == "kept=true\n"


def test_what_the_nights_before_found_is_kept_when_a_night_does_not_begin(nightly: Any, tmp_path: Path) -> None:
    world = deployment.World(tmp_path)
    _, report, keep = steps_of(nightly, world, tmp_path)
    (tmp_path / "campaigns" / "last").mkdir(parents=True)
    for script in (report, keep):
        assert world.run("-e", "-c", script, GITHUB_OUTPUT=str(tmp_path / "output")).returncode == 0
    assert (tmp_path / "campaigns" / "last").exists()
    assert not (tmp_path / "output").exists()
    assert world.asked("telltale-conformance") == []


def test_the_campaigns_that_ran_side_by_side_are_merged_by_a_command_that_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "campaigns").mkdir()
    words = shlex.split(deployment.block("On paper: 1,000 workers", "bash"))
    assert words[:3] == ["telltale-conformance", "campaign", "merge"]
    deployment.read_by_telltale(words[1:])
