"""The help: lanes, exit codes and examples are there and right; completion knows commands, options and their values."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from telltale_conformance.oracle.cli.app import app
from telltale_conformance.oracle.cli.epilogs import CHECK, EXIT_CODES
from telltale_conformance.oracle.lanes.table import ASKED_FOR, LANES, SELF_TESTS


def printed(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        app([*words])
    assert ended.value.code == 0
    return capsys.readouterr().out


def test_check_names_every_lane_and_self_test(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed("check", "--help", capsys=capsys)
    lanes = CHECK.partition("Lanes:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in lanes.splitlines()] == [*LANES, *ASKED_FOR]
    for name in (*LANES, *ASKED_FOR, *SELF_TESTS):
        assert name in said
    for line in EXIT_CODES.splitlines()[1:]:
        assert line.strip() in said
    examples = [line.strip() for line in said.splitlines() if line.strip().startswith("telltale-conformance check")]
    assert len(examples) >= 4


def test_the_whole_command_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    said = printed("--help", capsys=capsys)
    for line in EXIT_CODES.splitlines()[1:]:
        assert line.strip() in said


def commands_of(command: Any, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    for name, one in getattr(command, "commands", {}).items():
        yield from commands_of(one, *path, name)


@pytest.mark.parametrize("path", list(commands_of(get_command(app))), ids=" ".join)
def test_no_option_is_given_the_name_of_a_type(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    said = printed(*path, "--help", capsys=capsys)
    assert re.findall(r"^ +-.*(<(?:int|float|str|path|text)\b[^>|]*>)", said, re.MULTILINE) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("telltale-conformance ver", {"verify"}),
        ("telltale-conformance check --eff", {"--effort"}),
        ("telltale-conformance check --effort ", {"quick", "default", "thorough"}),
    ],
)
def test_completion_knows_commands_options_and_values(words: str, expected: set[str]) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; sys.argv[0] = 'telltale-conformance'\n"
            "from telltale_conformance.oracle.cli.app import main; main()",
        ],
        env={
            **os.environ,
            "_TELLTALE_CONFORMANCE_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) == expected
