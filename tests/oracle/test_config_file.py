"""The file in which a project keeps options: read strictly, beaten by the command line, and told wherever it acts."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.lean_traces import schemas
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.cli.config_file import (
    FILE,
    KEYS,
    PYPROJECT,
    BadConfiguration,
    Configuration,
    configuration,
    problem_with,
)

SCHEMA = schemas.validator("config")
WHOLE = {
    "sut": "python -m my_adapter",
    "sut-clients": "my_client {shared} {client}",
    "contract": "hardened",
    "level": "payload",
    "deadline": 2.5,
    "lanes": ["corpus", "programs"],
    "effort": "quick",
    "seed": 7,
    "workers": 2,
    "time-limit": 600,
    "baseline": "known.json",
    "require": "core",
    "artifact": "conformance/README.md",
    "report": "report",
    "history": "checks.jsonl",
    "badge": "badge.json",
    "minimise-seconds": 0,
    "fail-fast": True,
    "examples": "examples",
}


def toml(values: dict[str, Any], header: str = "") -> str:
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join([header, *lines, ""])


def read(folder: Path, text: str, name: str = FILE) -> Configuration | None:
    (folder / name).write_text(text)
    return configuration(folder=folder)


@pytest.mark.parametrize(("name", "header"), [(FILE, ""), (PYPROJECT, "[tool.telltale-conformance]")])
def test_every_key_is_read_from_either_file(name: str, header: str, tmp_path: Path) -> None:
    assert set(WHOLE) == set(KEYS) == set(schemas.load("config")["properties"])
    found = read(tmp_path, toml(WHOLE, header), name)
    assert found is not None
    assert found.path == tmp_path / name
    assert found.values == WHOLE


def test_without_a_file_or_a_table_there_are_none(tmp_path: Path) -> None:
    assert configuration(folder=tmp_path) is None
    assert read(tmp_path, '[project]\nname = "x"\n[tool.other]\nsut = 1\n', PYPROJECT) is None


def test_only_the_folder_itself_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('sut = "x"\n')
    (tmp_path / "below").mkdir()
    assert configuration(folder=tmp_path / "below") is None


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("seed = 1\nseeds = 2\n", 2, 'unknown key "seeds"; did you mean seed? There are sut, sut-clients, contract'),
        ("time_limit = 2\n", 1, 'unknown key "time_limit"; did you mean time-limit?'),
        ("\n# x\n[check]\nseed = 2\n", 3, 'unknown key "check": there are sut, '),
        ('seed = "3"\n', 1, 'seed must be a whole number from 0; it is "3"'),
        ("seed = -1\n", 1, "seed must be a whole number from 0; it is -1"),
        ("seed = true\n", 1, "seed must be a whole number from 0; it is true"),
        ("workers = 0\n", 1, "workers must be a whole number from 1; it is 0"),
        ('level = "exact"\n', 1, 'level must be one of outcome, payload, audit, state; it is "exact"'),
        ("effort = 3\n", 1, "effort must be one of quick, default, thorough; it is 3"),
        ('contract = "18"\n', 1, "contract must be one of telltale-17, hardened"),
        ('sut = ""\n', 1, "sut must be a command, as one text"),
        ('sut = ["python", "-m", "x"]\n', 1, 'sut must be a command, as one text; it is ["python", "-m", "x"]'),
        ('lanes = "corpus"\n', 1, "lanes must be a list of names, each once"),
        ("lanes = []\n", 1, "lanes must be a list of names, each once; it is []"),
        ('lanes = ["a", "a"]\n', 1, "lanes must be a list of names, each once"),
        ("deadline = 0\n", 1, "deadline must be a number of seconds above 0; it is 0"),
        ("deadline = nan\n", 1, "deadline must be a number of seconds above 0; it is NaN"),
        ("time-limit = inf\n", 1, "time-limit must be a number of seconds above 0"),
        ("fail-fast = 1\n", 1, "fail-fast must be true or false; it is 1"),
        ("report = 1979-05-27\n", 1, "report must be a path, as text; it is 1979-05-27"),
        ('"baseline" = "a\\u0000b"\n', 1, "baseline must be a path, as text"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_what_is_allowed(
    text: str, line: int, said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadConfiguration) as own:
        read(tmp_path, text)
    assert str(own.value).startswith(f"{tmp_path / FILE}:{line}: ")
    assert said in str(own.value)
    (tmp_path / FILE).unlink()
    if "[check]" not in text:
        with pytest.raises(BadConfiguration) as shared:
            read(tmp_path, f'[project]\nseed = "of another"\n[tool.telltale-conformance]\n{text}', PYPROJECT)
        assert str(shared.value).startswith(f"{tmp_path / PYPROJECT}:{line + 3}: ")
        assert said in str(shared.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed = \n", "is not TOML: Invalid value (at line 1, column 8)"),
        ("seed = 1\nseed = 2\n", "is not TOML: Cannot overwrite a value"),
        (b'sut = "\xff"\n', "is not TOML: 'utf-8' codec can't decode byte 0xff"),
        ("x = " + "[" * 100_000, "is not TOML: "),
        ("# " + "x" * (1 << 20), "cannot be read: it is larger than"),
    ],
)
def test_what_is_no_toml_is_said(text: str | bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadConfiguration) as error:
        configuration(folder=tmp_path)
    assert said in str(error.value)


def test_two_files_with_options_are_refused(tmp_path: Path) -> None:
    (tmp_path / PYPROJECT).write_text("[tool.telltale-conformance]\nseed = 1\n")
    with pytest.raises(BadConfiguration, match="keep them in one of the two"):
        read(tmp_path, "seed = 1\n")


@pytest.mark.parametrize("text", ["[tool]\ntelltale-conformance = 3\n", "tool = 3\n"])
def test_a_table_that_is_none_is_refused_where_it_was_named(text: str, tmp_path: Path) -> None:
    (tmp_path / PYPROJECT).write_text(text)
    with pytest.raises(BadConfiguration):
        configuration(tmp_path / PYPROJECT)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(BadConfiguration, match="cannot be read"):
            configuration(place)


values = st.one_of(
    st.sampled_from(
        [*WHOLE.values(), "telltale-17", "", "a\0b", "state", [], ["a", "a"], [""], [1], {}, 0.0, -1, 2**70]
    ),
    st.integers(-2, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=3),
)


@given(st.dictionaries(st.sampled_from([*KEYS, "seeds", "time_limit", "Seed", ""]), values, max_size=4))
def test_the_reader_accepts_what_the_schema_does(document: dict[str, Any]) -> None:
    text = "\n".join(f"{json.dumps(key)} = {_toml(value)}" for key, value in document.items())
    taken = tomllib.loads(text)
    assert taken == document
    problems = [problem_with(key, value) for key, value in taken.items()]
    assert SCHEMA.is_valid(taken) == (problems == [None] * len(problems))


def _toml(value: Any) -> str:
    return "{}" if value == {} else json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# --- on the command line


def ended(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        app([*words])
    assert isinstance(end.value.code, int)
    return end.value.code


REFERENCE = f"{sys.executable} -m telltale_conformance.adapters.reference"


def test_check_takes_what_the_file_says_and_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_text(
        f'sut = "{REFERENCE}"\nlanes = ["programs"]\nlevel = "outcome"\nreport = "r"\nfail-fast = false\n'
    )
    assert ended("check", "--level", "payload", "--cases", "1") == 3  # too few cases for the floor
    out, err = capsys.readouterr()
    told = f"from {FILE}: --sut '{REFERENCE}' --lanes programs --report r"
    assert f"telltale-conformance: {told}\n" in err
    assert "level payload" in out
    document = json.loads(Path("r/report.json").read_text())
    assert document["configured"] == told
    assert (document["command"], document["level"]) == (REFERENCE, "payload")
    assert [lane["lane"] for lane in document["lanes"]] == ["programs"]
    assert f"Options from {FILE}: " in Path("r/summary.md").read_text()
    assert f"from {FILE}: --sut" in Path("r/index.html").read_text()


def test_no_config_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_text('sut = "a command that is not there"\n')
    assert ended("check", "--no-config", "--lanes", "programs", "--cases", "1", "--json") == 3
    assert "from " + FILE not in capsys.readouterr().err


def test_a_bad_file_ends_every_command_that_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_text("sut = 3\n")
    for command in (["check"], ["replay", "x"], ["minimise", "x", "-o", "y"], ["record", "--seed", "1", "-o", "y"]):
        assert ended(*command) == 2
        assert f"{FILE}:1: sut must be a command" in capsys.readouterr().err


def test_replay_and_record_take_theirs_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(PYPROJECT).write_text(
        f'[tool.telltale-conformance]\nsut = "{REFERENCE}"\nlevel = "outcome"\nseed = 3\nreport = "r"\n'
    )
    assert ended("record", "--seed", "1", "--steps", "5", "-o", "t.jsonl") == 0
    assert f"from {PYPROJECT}: --sut '{REFERENCE}'\n" in capsys.readouterr().err
    assert ended("replay", "t.jsonl") == 0
    assert f"from {PYPROJECT}: --level outcome\n" in capsys.readouterr().err
    assert ended("replay", "t.jsonl", "--level", "state") == 0
    assert PYPROJECT not in capsys.readouterr().err


def test_verify_reads_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dossier comes from anywhere; a file of options in it, or beside it, gives it no command."""
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_text("not TOML at all")
    assert ended("verify", ".") == 2


def test_a_runner_is_checked_though_the_file_names_an_adapter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_text(f'sut = "{REFERENCE}"\n')
    ended("check", "--bridge-runner", "no-such-runner", "--bridge-inputs", "nowhere")
    assert "checked instead of --sut" not in capsys.readouterr().err


def test_the_reference_is_checked_under_the_contract_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    few = ("--lanes", "programs", "--cases", "1", "--no-config")
    assert ended("check", "--contract", "hardened", *few) == 3
    out = capsys.readouterr().out
    assert ", contract hardened, seed 0" in out
    assert "lane diverges" not in out
    assert ended("check", "--contract", "hardened", "--sut", REFERENCE, *few) == 3
    assert "the adapter follows contract telltale-17, and hardened was asked for" in capsys.readouterr().err
