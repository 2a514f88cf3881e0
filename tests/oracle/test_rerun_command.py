"""The command that a report gives to run the check again is the same check: each option, whoever added it."""

from __future__ import annotations

import shlex
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale_conformance.oracle.cli import check as check_body
from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.cli.rerun import command_again
from telltale_conformance.oracle.gate import Gate

CHECK: Any = typer.main.get_command(app).commands["check"]
OPTIONS = {parameter.name: parameter for parameter in CHECK.params if parameter.name not in ("help", "config")}


def parsed(words: list[str]) -> Any:
    return CHECK.make_context("check", list(words))


def given_words(option: Any) -> list[str]:
    """Return words that give an option another value than its default, for whatever kind of option."""
    name = next(one for one in option.opts if one.startswith("--"))
    if option.is_flag:
        return [name]
    if isinstance(option.default, Enum):
        return [name, next(one.value for one in type(option.default) if one is not option.default)]
    for text in ("7", "a b/c'd", "hardened"):
        try:
            parsed([name, text])
        except Exception:  # another kind of option
            continue
        return [name, text]
    raise AssertionError(f"no value found for {name}")


def same_again(words: list[str]) -> None:
    first = parsed(words)
    again = shlex.split(command_again(first))
    assert again[:2] == ["telltale-conformance", "check"]
    assert parsed(again[2:]).params == first.params
    assert len(again) == len(shlex.split(command_again(parsed(again[2:])))), "and so on for ever"


@pytest.mark.parametrize("name", OPTIONS)
def test_no_option_of_check_is_forgotten(name: str) -> None:
    words = given_words(OPTIONS[name])
    again = shlex.split(command_again(parsed(words)))[2:]
    assert again == words
    same_again(words)


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(sorted(OPTIONS))))
def test_any_combination_of_options_is_the_same_check(names: set[str]) -> None:
    same_again([word for name in sorted(names) for word in given_words(OPTIONS[name])])


def test_a_seed_that_was_drawn_is_named() -> None:
    first = parsed(["--seed", "random"])
    other = parsed(["--seed", "random"])
    assert first.params["seed"] != other.params["seed"]
    assert command_again(first) == f"telltale-conformance check --seed {first.params['seed']}"
    same_again(["--seed", str(first.params["seed"])])


@pytest.mark.parametrize("given", ["-1", "1.5", "Random", "0x10", ""])
def test_what_is_no_seed_is_refused(given: str) -> None:
    with pytest.raises(typer.BadParameter, match="is neither a whole number from 0 nor random"):
        parsed(["--seed", given])


def test_what_is_not_given_is_not_added() -> None:
    assert command_again(parsed([])) == "telltale-conformance check"


def test_an_option_that_repeats_its_default_is_kept() -> None:
    assert command_again(parsed(["--workers", "1"])) == "telltale-conformance check --workers 1"


def test_what_a_file_of_settings_says_is_written_out() -> None:
    context = CHECK.make_context("check", ["--seed", "4"], default_map={"workers": 3, "fail_fast": True})
    assert command_again(context) == "telltale-conformance check --seed 4 --workers 3 --fail-fast"


def test_the_command_line_takes_back_what_a_file_of_settings_turns_on() -> None:
    context = CHECK.make_context("check", ["--no-fail-fast"], default_map={"fail_fast": True})
    assert context.params["fail_fast"] is False
    assert command_again(context) == "telltale-conformance check --no-fail-fast"
    again = CHECK.make_context("check", ["--no-fail-fast"], default_map={"fail_fast": True})
    assert again.params == context.params


def test_a_flag_that_is_off_and_has_no_word_for_it_is_left_out() -> None:
    context = CHECK.make_context("check", [], default_map={"limits": False, "fail_fast": False})
    assert command_again(context) == "telltale-conformance check --no-fail-fast"


def test_what_a_named_file_says_is_written_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("options.toml").write_text('lanes = ["corpus", "graph"]\nworkers = 2\n')
    words = ["--config", "options.toml"]
    assert command_again(parsed(words)) == (
        "telltale-conformance check --lanes corpus,graph --workers 2 --config options.toml"
    )
    same_again(words)


@pytest.mark.parametrize("value", ["-x", "--", "a\u202eb", "$HOME `id`", "a\nb", ""])
def test_words_that_a_shell_would_take_otherwise_are_quoted(value: str) -> None:
    first = parsed([f"--lanes={value}"])
    text = command_again(first)
    if value.isprintable():
        assert parsed(shlex.split(text)[2:]).params == first.params
    else:
        assert "$'" in text, "in the form of bash and zsh"


def test_paths_are_written_as_seen_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bin").mkdir()
    words = ["--baseline", f"{tmp_path}/known.json", "--report", f"{tmp_path.parent}/elsewhere"]
    words += ["--sut", f"{tmp_path}/bin/adapter --data={tmp_path}/data {tmp_path}/x plain 'two words'"]
    text = command_again(parsed(words))
    assert str(tmp_path.parent) not in text
    again = parsed(shlex.split(text)[2:]).params
    assert again["baseline"] == Path("known.json")
    assert again["report"] == Path("../elsewhere")
    assert again["sut"] == "bin/adapter --data=data x plain 'two words'"


def test_a_program_of_the_working_directory_and_one_of_the_path_are_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    python = Path(sys.executable)
    monkeypatch.setenv("PATH", str(python.parent))
    assert parsed(shlex.split(command_again(parsed(["--sut", f"{python} -m x"])))[2:]).params["sut"] == (
        f"{python.name} -m x"
    )
    again = shlex.split(command_again(parsed(["--sut", f"{tmp_path}/adapter"])))
    assert again[-1] == "./adapter"


def test_a_command_that_no_shell_would_read_stays_as_it_is() -> None:
    assert shlex.split(command_again(parsed(["--sut", "it's"])))[-1] == "it's"


def test_the_report_is_given_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Gate] = []

    def run(**options: Any) -> int:
        seen.append(options["gate"])
        return 0

    monkeypatch.setattr(check_body, "run", run)
    app(["check", "--seed", "3", "--lanes", "corpus"], standalone_mode=False)
    assert seen[0].again == "telltale-conformance check --lanes corpus --seed 3"
