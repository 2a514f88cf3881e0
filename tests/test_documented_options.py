"""The documents and the command line name the same commands and options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from telltale_conformance.oracle.cli.app import app
from tests.test_docs import DOCUMENTS

SAY_THEMSELVES = {"--help", "--output"}
"""``--output`` is explained as ``-o``."""
STARTED = re.compile(r"telltale-conformance ([a-z][^`|;&>#\n]*)")
NO_COMMAND = re.compile(r"reference|decides|pytest")
"""What follows the name of the program where it is no command."""


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Yield each command with its options."""
    yield path, {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *path, name)


OPTIONS = dict(commands(get_command(app)))
TEXTS = {document.name: document.read_text(encoding="utf-8") for document in DOCUMENTS}


@pytest.mark.parametrize("path", OPTIONS, ids=" ".join)
def test_every_option_is_explained_on_some_page(path: tuple[str, ...]) -> None:
    text = "\n".join(TEXTS.values())
    named = {option for option in OPTIONS[path] if option.startswith("--") and not option.startswith("--no-")}
    assert {one for one in named - SAY_THEMSELVES if not re.search(rf"{re.escape(one)}(?![\w-])", text)} == set()


def test_every_command_of_a_document_is_one_and_takes_its_options() -> None:
    """Also in blocks that no test runs, in tables and in sentences. What an adapter is given stands in quotes."""
    seen = 0
    for name, text in TEXTS.items():
        for match in STARTED.finditer(text):
            if NO_COMMAND.match(match[1]):
                continue
            words = re.sub(r"\"[^\"]*\"|'[^']*'", "", match[1]).split()
            path: tuple[str, ...] = ()
            while words and (*path, words[0]) in OPTIONS:
                path = (*path, words.pop(0))
            assert path, (name, match[0])
            given = {word.partition("=")[0].strip(".,)") for word in words if re.match(r"--?\w", word)}
            assert given <= OPTIONS[path] | {"--help"}, (name, match[0])
            seen += 1
    assert seen > 100
