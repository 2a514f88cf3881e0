"""What a CI shows of a report, each beside a file that is there: code scanning, annotations, code quality, summary."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from markdown_it import MarkdownIt

from telltale_conformance.errors import UsageError
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.gate import Gate
from telltale_conformance.oracle.reports import docs_address
from telltale_conformance.oracle.reports.in_repository import adapter_files, chosen
from telltale_conformance.oracle.reports.markdown import COMMENT, STEP_SUMMARY, markdown, workflow_commands
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.oracle.reports.writing import rendered
from telltale_conformance.oracle.verdict.baseline import Baseline, hold_against, updated, write_baseline
from telltale_conformance.oracle.verdict.not_covered import NotCovered
from tests.oracle.report_world import accepted, lane, report, unlogged
from tests.oracle.test_report_formats import REPORTS, SCHEMAS, TODAY, half_known, nasty

GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!/|\\./)"},
                    "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
                },
            },
        },
    },
}
"""What GitLab's documentation says of the format."""
CLAIM_ALONE = re.compile(rf"\b(?:{'|'.join(CLAIMS)})\b(?!'s)(?![ -](?:{'|'.join(c.name for c in CLAIMS.values())}))")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with an adapter, a trace and a baseline in it, and go to a folder below its top."""
    monkeypatch.delenv("GITHUB_ACTION_REPOSITORY", raising=False)
    for variable in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(variable)
    top = tmp_path / "top"
    below = top / "store"
    for name in ("adapter.py", "traces/corner.jsonl", "known.json", "src/my_store/adapter.py", "conformance/README.md"):
        (below / name).parent.mkdir(parents=True, exist_ok=True)
        (below / name).write_text("x\n")
    (below / "ignored.py").write_text("x\n")
    subprocess.run(["git", "init", "-q", top], check=True)
    tracked = [below / name for name in ("traces", "src", "conformance", "adapter.py", "known.json")]
    subprocess.run(["git", "-C", top, "add", "--", *tracked], check=True)
    monkeypatch.chdir(below)
    return below


def sarif(made: Report) -> dict[str, Any]:
    document = json.loads(rendered(made, Path("report"))["report.sarif"])
    Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())).validate(document)
    run: dict[str, Any] = document["runs"][0]
    return run


def places(made: Report) -> list[tuple[str, int]]:
    """Return where SARIF, annotations and code quality place each result; all three the same."""
    found = []
    for result in sarif(made)["results"]:
        (location,) = result["locations"]
        where = location["physicalLocation"]
        assert where["artifactLocation"]["uriBaseId"] == "%SRCROOT%"
        found.append((where["artifactLocation"]["uri"], where["region"]["startLine"]))
    commands = [line for line in workflow_commands(made) if not line.startswith("::warning")]
    marks = [re.search(r" file=([^,]*),line=(\d+),", line) for line in commands]
    assert sorted((mark[1], int(mark[2])) for mark in marks if mark) == sorted(found)
    entries = json.loads(rendered(made, Path("report"))["gl-code-quality-report.json"])
    quality = [(one["location"]["path"], one["location"]["lines"]["begin"]) for one in entries]
    assert quality[: len(found)] == found
    return found


def test_results_stand_beside_the_file_that_the_user_chose(repository: Path) -> None:
    made = report(lane("corpus", unlogged("traces/corner.jsonl"), accepted()), artifact=chosen("conformance/README.md"))
    assert places(made) == [("store/conformance/README.md", 1)] * 2


def test_else_beside_the_trace_that_was_judged_and_the_source_of_the_adapter(repository: Path) -> None:
    made = report(lane("corpus", unlogged("traces/corner.jsonl"), accepted()), command="python adapter.py --fast")
    assert sorted(places(made)) == [("store/adapter.py", 1), ("store/traces/corner.jsonl", 14)]


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("python -m my_store.adapter --fast", "store/src/my_store/adapter.py"),
        ("{here}/adapter.py", "store/adapter.py"),
        ("../store/adapter.py", "store/adapter.py"),
        ("node ignored.py", None),
        ("target/release/store-adapter", None),
        ("it's no command", None),
        ("x" * 5000, None),
        ("a\0b", None),
        ("", None),
        (None, None),
    ],
)
def test_only_files_that_are_kept_in_the_repository_count(
    repository: Path, command: str | None, place: str | None
) -> None:
    command = None if command is None else command.replace("{here}", str(repository))
    made = report(lane("programs", accepted()), command=command)
    if place is not None:
        assert places(made) == [(place, 1)]
        return
    assert "locations" not in sarif(made)["results"][0]
    (entry,) = json.loads(rendered(made, Path("r"))["gl-code-quality-report.json"])
    assert entry["location"] == {"path": ".", "lines": {"begin": 1}}, "GitLab demands one"
    (repository.parent / "README.md").write_text("x")
    subprocess.run(["git", "add", "../README.md"], check=True)
    assert places(made) == [("README.md", 1)], "code scanning refuses a result without a place"


def test_the_baseline_is_the_place_where_nothing_else_is(repository: Path) -> None:
    seen = lane("programs", accepted())
    baseline = updated(Baseline(contract="telltale-17"), [seen], TODAY).baseline
    made = report(seen, baseline=baseline, standing=hold_against(baseline, [seen], TODAY), command="x")
    assert places(made) == [("store/known.json", 1)]


def test_a_stale_entry_is_placed_at_its_line_of_the_baseline(repository: Path) -> None:
    baseline = updated(Baseline(contract="telltale-17"), [lane("corpus", unlogged(), accepted())], TODAY).baseline
    write_baseline(repository / "known.json", baseline)
    lanes = (lane("corpus", unlogged()),)
    made = report(*lanes, baseline=baseline, standing=hold_against(baseline, lanes, TODAY), command="adapter.py")
    (path, line), *_ = [place for place in places(made) if "known" in place[0]]
    assert baseline.entries[1].fingerprint in (repository / Path(path).name).read_text().splitlines()[line - 1]
    (repository / "known.json").write_bytes(b"\n\xff\n")
    assert [line for path, line in places(made) if "known" in path] == [1]


def test_without_a_repository_what_is_below_the_working_directory_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a dir").mkdir()
    (tmp_path / "a dir" / "adapter é.py").write_text("x")
    made = report(lane("programs", accepted()), command="python 'a dir/adapter é.py'")
    assert sarif(made)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (
        "a%20dir/adapter%20%C3%A9.py"
    )
    assert "file=a dir/adapter é.py,line=1," in workflow_commands(made)[0]


@pytest.mark.parametrize(
    ("path", "said"), [("conformance", "name a file"), ("../../x", "outside"), ("", "name a file")]
)
def test_a_place_that_cannot_be_one_is_refused_before_the_check(repository: Path, path: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Gate(artifact=path).prepare("telltale-17")


def test_the_gate_gives_the_report_the_chosen_file_from_the_top(repository: Path) -> None:
    gate = Gate(artifact="conformance/README.md")
    gate.prepare("telltale-17")
    assert gate.artifact == "store/conformance/README.md"


def test_commands_are_read_for_their_sources() -> None:
    assert adapter_files("python -m a.b") == [
        "a/b.py",
        "a/b/__main__.py",
        "src/a/b.py",
        "src/a/b/__main__.py",
        "python",
        "a.b",
    ]


def test_rules_have_description_help_and_where_it_is_known_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    made = report(lane("programs", accepted(), accepted(claim="K13")), lane("graph", accepted(op="odd_operation")))
    for action, address in (
        ("", None),
        ("other/action", None),
        ("ann/telltale-conformance", "https://example.org/ann/telltale-conformance/blob/v2/docs/contract.md#"),
    ):
        monkeypatch.setenv("GITHUB_ACTION_REPOSITORY", action)
        monkeypatch.setenv("GITHUB_SERVER_URL", "https://example.org")
        monkeypatch.setenv("GITHUB_ACTION_REF", "v2")
        rules = {rule["id"]: rule for rule in sarif(made)["tool"]["driver"]["rules"]}
        assert set(rules) == {"K13-rejection-audited", "odd_operation", "validate_ownership_capability"}
        for rule in rules.values():
            assert rule["fullDescription"]["text"].endswith(".")
            assert len(rule["help"]["text"]) > 20
            assert rule["help"]["markdown"]
        row = rules["validate_ownership_capability"]
        assert row["shortDescription"]["text"].startswith("Validating a capability")
        assert "Guards: G-found, G-open, G-owned, G-live." in row["help"]["markdown"]
        assert row.get("helpUri") == (address and f"{address}row-validate_ownership_capability")
        assert rules["K13-rejection-audited"].get("helpUri") == (address and f"{address}k13")
        assert "helpUri" not in rules["odd_operation"]


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ([], None),
        (["Repository, "], None),
        (["Repository, /a/path", "Homepage, https://a.org"], None),
        (["Repository, ", "Source, https://a.org/b/"], "https://a.org/b/blob/HEAD/docs/contract.md#k13"),
    ],
)
def test_help_is_a_whole_address_or_left_out(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], expected: str | None
) -> None:
    monkeypatch.delenv("GITHUB_ACTION_REPOSITORY", raising=False)
    monkeypatch.setattr(docs_address, "_addresses", lambda: addresses)
    (rule,) = sarif(report(lane("programs", accepted(claim="K13"))))["tool"]["driver"]["rules"]
    assert rule.get("helpUri") == expected


def test_results_are_told_apart_by_their_fingerprints_alone() -> None:
    results = sarif(report(lane("programs", accepted(), accepted(op="close"), unlogged())))["results"]
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert len(set(prints)) == 3
    again = sarif(report(lane("graph", accepted("zoe", "R"), accepted(op="close"), unlogged())))["results"]
    assert prints == [result["partialFingerprints"]["primaryLocationLineHash"] for result in again]


@pytest.mark.parametrize("name", REPORTS)
def test_code_quality_is_as_gitlab_says(name: str, tmp_path: Path) -> None:
    entries = json.loads(rendered(REPORTS[name], tmp_path)["gl-code-quality-report.json"])
    Draft202012Validator(GITLAB).validate(entries)
    assert len({one["fingerprint"] for one in entries}) == len(entries)


def test_code_quality_is_as_severe_as_the_divergence_is_grave(tmp_path: Path) -> None:
    known = half_known()
    made = report(
        lane("programs", accepted(), accepted(op="recv", kind="panic", actual={"panic": "x"}), accepted(claim="K1")),
        lane("corpus", unlogged(), accepted(actual={"err": {"Terminal": {}}})),
    )
    entries = json.loads(rendered(made, tmp_path)["gl-code-quality-report.json"])
    assert {one["severity"] for one in entries} == {"blocker", "critical", "minor"}
    assert entries[0]["severity"] == "blocker"
    assert entries[0]["description"].startswith("A capability is accepted as valid although there is no live owner.")
    severities = [one["severity"] for one in json.loads(rendered(known, tmp_path)["gl-code-quality-report.json"])]
    assert severities == ["blocker", "info", "major", "info"], "new, known, stale entry, open lane"


def test_annotations_are_one_line_each_and_the_gravest_come_first() -> None:
    commands = workflow_commands(half_known())
    assert [command.split(" ", 1)[0] for command in commands] == ["::error", "::error", "::notice", "::warning"]
    assert "title=A capability is accepted as valid although there is no live owner." in commands[0]
    for command in workflow_commands(nasty()):
        assert "\n" not in command
        assert "\r" not in command
        assert command[2:].split("::")[0].startswith(("error ", "warning "))


# --- the summary


def test_the_summary_says_what_broke_first_and_folds_the_rest() -> None:
    text = markdown(
        report(lane("programs", accepted(), accepted(op="close")), lane("corpus", unlogged())), Path("report")
    )
    lines = text.splitlines()
    assert lines[0] == "## ❌ telltale-conformance: diverge"
    assert lines[4].startswith("1. **A session is closed although there is no live owner.** (1 more of the same cause)")
    assert lines[5].startswith("2. **Committing a transfer is answered as it must be, but a record is missing")
    assert text.index("**Next**") < text.index("<details>")
    visible = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    assert len(visible.strip().splitlines()) < 20
    assert "<details open" not in text


def test_the_summary_has_no_html_that_github_strips() -> None:
    for made in REPORTS.values():
        tags = {
            tag
            for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown(made, Path("r")))
            for one in (token, *(token.children or ()))
            if one.type in ("html_block", "html_inline")
            for tag in re.findall(r"</?([a-zA-Z]\w*)[ >]", re.sub(r"<summary>.*?</summary>", "<summary>", one.content))
        }
        assert tags <= {"details", "summary"}


@pytest.mark.parametrize("most", [COMMENT, STEP_SUMMARY])
def test_the_summary_is_never_longer_than_github_takes(most: int) -> None:
    long = "é" * 3000
    divergences = [
        accepted(op=f"operation_{number}", actual={"err": {"X" * 50: {"a": long}}}, kind="outcome")
        for number in range(400 if most == COMMENT else 40)
    ]
    made = report(lane("programs", *divergences, notes=("n" * 5000,)))
    text = markdown(made, Path("report"), most=most)
    assert len(text.encode()) <= most
    assert text.count("<details>") == text.count("</details>") > 3
    if most == COMMENT:
        assert re.search(r"The details of \d+ more are in `report/index.html`\.", text)
        left = int(re.findall(r"The details of (\d+) more", text)[0])
        assert text.count("<details>") - 1 + left == 400


def test_what_is_left_out_without_a_folder_is_written_by_report() -> None:
    made = report(lane("programs", *(accepted(op=f"operation_{number}") for number in range(400))))
    assert "more are written by `--report DIR`" in markdown(made, None)


def test_a_summary_that_cannot_be_short_is_cut() -> None:
    made = report(lane("programs", accepted()), cut_short="x" * 200_000, exit_code=3)
    assert len(markdown(made, None).encode()) <= COMMENT


def test_no_claim_is_named_by_its_number_alone(tmp_path: Path) -> None:
    made = report(
        lane("claims", accepted(claim="K13"), accepted(claim="K3")),
        not_covered=NotCovered(claims_not_judged=("K1", "K30")),
    )
    files = rendered(made, tmp_path)
    for name in ("index.html", "summary.md", "gl-code-quality-report.json", "report.sarif"):
        text = re.sub(r'check_name": "[^"]*"|"class": .*', "", files[name])
        text = re.sub(r"(?s)<style>.*?</style>|<script>.*?</script>|<section id=\"contract\".*?</section>", "", text)
        assert CLAIM_ALONE.findall(text) == [], name
    assert "K30 proof-soundness" in files["summary.md"]


def test_the_option_is_one_of_check_and_of_its_file(repository: Path) -> None:
    from telltale_conformance.oracle.cli.config_file import configuration

    (repository / "telltale-conformance.toml").write_text('artifact = "conformance/README.md"\n')
    found = configuration(folder=repository)
    assert found is not None
    assert found.values == {"artifact": "conformance/README.md"}
