"""No folder is made from a mistyped path: whatever writes needs the folder above, and every option is known here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import typer

from telltale_conformance.oracle.cli.app import app
from tests.oracle.lane_world import served

READ = {
    "types": {"files"},
    "replay": {"paths", "protocol", "config"},
    "check": {"corpus", "bridge_inputs", "config"},
    "minimise": {"path", "protocol", "config"},
    "verify": {"dossiers"},
    "record": {"program", "config"},
    "compare": {"paths", "reports"},
    "trends": {"files"},
    "campaign": {"begin_with"},
    "campaign resume": {"folder"},
    "campaign report": {"folder"},
    "campaign merge": {"sources"},
    "lean install": {"package", "file", "archive"},
    "lean export": {"bridge"},
    "lean diff": set(),
}
"""The parameters that name what is read."""
OF_A_NEW_PROJECT = {("init", "folder")}
"""May be new itself; the command says what it makes."""


def functions(group: typer.Typer = app, before: str = "") -> Iterator[tuple[str, Callable[..., None]]]:
    for command in group.registered_commands:
        assert command.callback is not None
        yield before + (command.name or command.callback.__name__), command.callback
    for part in group.registered_groups:
        assert part.typer_instance is not None
        whole = part.typer_instance.registered_callback
        if whole is not None and whole.callback is not None:
            yield str(part.typer_instance.info.name), whole.callback
        yield from functions(part.typer_instance, f"{part.typer_instance.info.name} ")


def paths() -> Iterator[tuple[str, str, Any]]:
    for name, function in functions():
        for parameter, hint in get_type_hints(function, include_extras=True).items():
            if "pathlib.Path" in str(hint).partition("typer.")[0] and hasattr(hint, "__metadata__"):
                yield name, parameter, hint.__metadata__[0]


WRITTEN = [
    (name, parameter, option)
    for name, parameter, option in paths()
    if parameter not in READ.get(name, set()) and (name, parameter) not in OF_A_NEW_PROJECT
]


def test_there_are_many() -> None:
    assert len(WRITTEN) >= 14
    assert {"report", "baseline", "history", "badge"} <= {one for name, one, _ in WRITTEN if name == "check"}


@pytest.mark.parametrize(
    ("name", "parameter", "option"), WRITTEN, ids=[f"{name} {parameter}" for name, parameter, _ in WRITTEN]
)
def test_what_writes_needs_the_folder_above(
    name: str, parameter: str, option: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert option.callback is not None
    with pytest.raises(typer.BadParameter, match="there is no folder mistyped to write in; make it first"):
        option.callback(Path("mistyped/x"))
    for path in (Path("new"), tmp_path / "new", Path("-"), None):
        assert option.callback(path) == path
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(typer.BadParameter, match="it is a device, not a regular file; name a file or folder"):
        option.callback(Path(os.devnull))


def test_the_command_line_says_it_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        app(["check", "--sut", "touch ran", "--report", "mistyped/report"])
    assert ended.value.code == 2
    assert "there is no folder mistyped to write in" in " ".join(capsys.readouterr().err.split())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "refused"),
    [("mistyped/a/b", True), ("rdis://host/0", True), ("new", False), ("redis://host/0", False)],
)
def test_a_folder_of_examples_needs_the_folder_above(
    place: str, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is a text, as it may be a Redis server instead; Hypothesis would make the whole path."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        app(["check", "--examples", place, "--lanes", "no lane"])
    said = " ".join(capsys.readouterr().err.split())
    assert ("to write in; make it first" in said, "unknown lane" in said) == (refused, not refused)


def test_a_check_leaves_nothing_behind_where_it_runs(tmp_path: Path) -> None:
    """Hypothesis, which lane stateful uses, would keep examples and constants in the current folder."""
    words = ["check", "--sut", served("witness_is_consumed_twice"), "--lanes", "stateful", "--cases", "24"]
    done = subprocess.run(
        [sys.executable, "-m", "telltale_conformance", *words, "--level", "outcome"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1, 3), done.stderr
    assert "stateful" in done.stdout
    assert "fault" not in done.stdout
    assert list(tmp_path.iterdir()) == []
