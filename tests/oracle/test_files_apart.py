"""What a command reads is never overwritten by what it writes, and nothing is written over itself."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from telltale_conformance.oracle.cli.apart import Apart
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.cli.options import in_a_folder_that_is_there

HELD = "what somebody wants to keep\n"


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} ")
        else:
            yield before + name, command


def writes(command: Any) -> bool:
    callbacks = (parameter.callback for parameter in command.params if parameter.callback)
    return any(inspect.unwrap(callback) is in_a_folder_that_is_there for callback in callbacks)


ALL = dict(commands(typer.main.get_command(app)))


def test_every_command_that_writes_compares_its_files() -> None:
    writing = {name for name, command in ALL.items() if writes(command)}
    assert {"check", "minimise", "record", "compare", "trends", "types", "campaign report"} <= writing
    assert writing == {name for name in writing if isinstance(ALL[name], Apart)}


def ended(words: Sequence[str]) -> int | str | None:
    with pytest.raises(SystemExit) as end:
        app(list(words))
    return end.value.code


SAME = {
    "badge on history": (["check", "--history", "kept", "--badge", "kept"], "--history and --badge"),
    "badge on baseline": (["check", "--badge", "kept", "--baseline", "kept"], "--baseline and --badge"),
    "history on baseline": (["check", "--history", "./kept", "--baseline", "kept"], "--baseline and --history"),
    "by a link": (["check", "--history", "link", "--badge", "kept"], "--history and --badge"),
    "by another name of the file": (["check", "--history", "hard", "--badge", "kept"], "--history and --badge"),
    "two that are not there": (["check", "--report", "new", "--badge", "new"], "--report and --badge"),
    "the configuration": (["check", "--config", "kept.toml", "--badge", "kept.toml"], "--badge and --config"),
    "a trace": (["minimise", "kept", "-o", "kept"], "the file to read and --output"),
    "a trace, the output first": (["minimise", "-o", "kept", "kept"], "the file to read and --output"),
    "a program": (["record", "--program", "kept", "--sut", "touch ran", "-o", "kept"], "--output and --program"),
    "a report": (["compare", "other", "kept", "-o", "kept"], "the file to read and --output"),
    "records": (["trends", "kept", "-o", "kept"], "the file to read and --output"),
    "a protocol": (["types", "kept", "--draw", "kept"], "the file to read and --draw"),
}


@pytest.mark.parametrize("which", SAME)
def test_one_file_under_two_names_is_refused_before_anything_runs(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("kept", "other", "kept.toml"):
        Path(name).write_text("" if name.endswith(".toml") else HELD)
    Path("link").symlink_to("kept")
    os.link("kept", "hard")
    before = sorted(os.listdir())
    words, said = SAME[which]
    assert ended(words) == 2
    written = " ".join(capsys.readouterr().err.split())
    assert f"{said} are the same file, which would be overwritten; name another file" in written, written
    assert Path("kept").read_text() == HELD
    assert sorted(os.listdir()) == before, "nothing is left"


def test_the_projects_file_is_kept_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    place = Path("telltale-conformance.toml")
    place.write_text("seed = 7\n")
    assert ended(["check", "--badge", place.name]) == 2
    assert "the project's file and --badge are the same file" in " ".join(capsys.readouterr().err.split())
    assert place.read_text() == "seed = 7\n"


def test_the_same_folder_is_left_to_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder holds several files; whether they meet is known to the command alone."""
    assert ended(["campaign", "merge", str(tmp_path), "-o", str(tmp_path)]) == 2
    assert "would be overwritten" not in capsys.readouterr().err
