"""The documents: every command in them runs away from the checkout and prints what they say; links lead somewhere.

In a ``console`` block a line after ``$ `` is a command, and the lines up to the next one are its output:
``...`` alone on a line stands for any lines, ``…`` within a line for any text. A last line ``# exit N`` names
the exit code when it is not 0. Commands of make are not run here (they run this test); their targets must exist.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.lanes.claims import programs_for
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.fixed import played
from telltale_conformance.oracle.lanes.guided import PROGRAMS
from telltale_conformance.oracle.lanes.table import LANES
from tests.foreign_project import foreign_project
from tests.installed_wheel import Installed

ROOT = Path(__file__).parent.parent
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
DOCUMENTS = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md"))]


class Shown(NamedTuple):
    place: str
    command: str
    output: list[str]
    exit_code: int


def shown_commands(document: Path) -> Iterator[Shown]:
    """Yield the commands of a document's console blocks with the output that it shows for them."""
    lines = document.read_text().splitlines()
    inside = False
    current: Shown | None = None
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            if current:
                yield current
            inside, current = line.strip() == "```console", None
        elif inside and line.startswith("$ "):
            if current:
                yield current
            current = Shown(f"{document.name}:{number}", line[2:], [], 0)
        elif inside and current:
            exit_line = re.fullmatch(r"# exit (\d)", line)
            if exit_line:
                current = current._replace(exit_code=int(exit_line[1]))
            else:
                current.output.append(line)
    assert not inside, f"{document.name}: a block is not closed"


FOLDERS = ("docs", "generators", "lean_traces", "model", "oracle", "src", "tests", "tools")
COMMANDS = [shown for document in DOCUMENTS if document.exists() for shown in shown_commands(document)]
THE_SAME_EVERYWHERE = re.compile(
    r'telltale-conformance (replay --recordings|check --sut "[^"]*" --lanes [a-z,]+( --report report)?)'
)
"""Commands that print the same and leave the same files, whichever document shows them."""
RUN_HERE = [shown for shown in COMMANDS if not re.match(r"make|git clone|cd [^&]*$", shown.command)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of a user, in which commands may leave files; it has packages with the names of our rooms."""
    folder = foreign_project(tmp_path_factory.mktemp("documents") / "project")
    data = ROOT / "tests" / "data"
    shutil.copytree(data / "runs" / "telltale-machine-17.0.0", folder / "runs")
    shutil.copy(data / "logs" / "two-claims.json", folder)
    shutil.copy(ROOT / "tests" / "oracle" / "stand_in_runner.py", folder / "my_runner.py")
    return folder


@pytest.fixture(scope="module")
def done_before() -> dict[tuple[str, str], subprocess.CompletedProcess[str]]:
    """What each command did: one that a document shows several times is run once, and so is, of all documents, one
    that is the same everywhere."""
    return {}


@pytest.mark.parametrize("shown", RUN_HERE, ids=[f"{shown.place} {shown.command[:60]}" for shown in RUN_HERE])
def test_every_command_prints_what_the_document_shows(
    shown: Shown,
    project: Path,
    wheel_environment: Installed,
    done_before: dict[tuple[str, str], subprocess.CompletedProcess[str]],
) -> None:
    in_turn = shown.command.startswith("cd ")  # in a folder that the commands of one document change step by step
    asked = "" if THE_SAME_EVERYWHERE.fullmatch(shown.command) else shown.place.split(":")[0], shown.command
    if in_turn or asked not in done_before:
        done_before[asked] = subprocess.run(
            ["bash", "-c", shown.command],
            cwd=project,
            env=wheel_environment.environment(PYTHONPATH="."),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )
    done = done_before[asked]
    assert done.returncode == shown.exit_code, done.stdout
    if shown.output:
        pattern = "\n".join(r"(?:.*\n)*?.*" if line == "..." else _pattern(line) for line in shown.output)
        assert re.fullmatch(pattern + r"\s*", _trimmed(done.stdout)), done.stdout


def _pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.rstrip().split("…"))


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_the_readme_shows_the_two_commands_and_output() -> None:
    commands = [shown.command for shown in COMMANDS if shown.place.startswith("README")]
    assert "make check" in commands
    assert "make test" in commands


def test_the_readme_shows_the_lanes_of_today_and_their_sum() -> None:
    (shown,) = [shown for shown in COMMANDS if shown.place.startswith("README") and shown.command == "make check"]
    rows = {
        name: (int(cases), int(judged)) for name, _, cases, judged, *_ in map(_cells, shown.output) if name in LANES
    }
    assert list(rows) == list(LANES)
    fixed = [program.steps for program in played(frozenset(OPERATIONS))]
    claims = [program.steps for _, program in programs_for("telltale-17")]
    asked = {
        name: (len(programs), sum(map(len, programs))) for name, programs in (("fixed", fixed), ("claims", claims))
    }
    assert {name: rows[name] for name in asked} == asked, "show what `make check` prints today"
    assert f"{asked['fixed'][1]:,} answers" in (ROOT / "docs" / "lanes.md").read_text()
    assert rows["guided"][0] == PROGRAMS[Effort.default]
    assert f"agree: {sum(judged for _, judged in rows.values())} answers judged" in "\n".join(shown.output)


@pytest.mark.nightly
def test_make_check_prints_the_figures_that_the_readme_shows(project: Path, wheel_environment: Installed) -> None:
    (shown,) = [shown for shown in COMMANDS if shown.place.startswith("README") and shown.command == "make check"]
    done = wheel_environment.run("telltale-conformance", "check", cwd=project)
    assert done.returncode == 0, done.stdout
    assert _figures(shown.output) == _figures(done.stdout.splitlines())


def _figures(lines: list[str]) -> list[list[str]]:
    """Return what each lane judged, and what all of them covered."""
    covered = [line.split() for line in lines if line.startswith("coverage: ")]
    return [cells[:7] for cells in map(_cells, lines) if cells[0] in LANES] + covered


def _cells(line: str) -> list[str]:
    return line.split() if len(line.split()) == 8 else [""] * 4


def test_make_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        for target in re.findall(r"`make ([\w-]+)`|^\$ make ([\w-]+)", document.read_text(), re.MULTILINE):
            assert (target[0] or target[1]) in targets, (document.name, target)


def anchors(document: Path) -> set[str]:
    """The names of a document's headings, as Git hosts make them, and the anchors that it sets itself."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    named = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return named | set(re.findall(r'<a id="([\w-]+)"></a>', text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_to_files_and_headings(document: Path) -> None:
    for link, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", document.read_text()):
        if "://" in link:
            continue
        target = (document.parent / link).resolve() if link else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), (link, anchor)


def test_the_index_lists_every_page() -> None:
    docs = ROOT / "docs"
    linked = set(re.findall(r"\]\(([^)#:]+)\)", (docs / "README.md").read_text()))
    assert {str(path.relative_to(docs)) for path in docs.rglob("*.md")} - {"README.md"} <= linked


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_documents_name_exist(document: Path) -> None:
    named = re.findall(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]*)`", document.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_nothing_refers_to_where_the_project_was_made() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        files = [path for path in ROOT.rglob("*") if path.suffix in {".py", ".md", ".toml", ".lean", ".json"}]
    else:
        listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        files = [ROOT / name for name in listed.decode().split("\0") if name]
    outside = re.compile(r"\.\./shared|/" + r"work/|/" + r"farm/|\." + r"library\b")
    for path in files:
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".lean", ".json", ".mjs", ".cjs", ""}:
            found = outside.search(path.read_text(errors="replace"))
            assert not found, (path, found and found[0])
