"""``schema`` prints one schema, or the names of all."""

from __future__ import annotations

import json

import pytest

from telltale_conformance.lean_traces import schemas
from telltale_conformance.oracle.cli.schema import run


@pytest.mark.parametrize("name", schemas.NAMES)
def test_named_schema_is_printed_alone(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(name) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == schemas.load(name)
    assert printed.err == ""


def test_without_a_name_the_names_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(None) == 0
    assert capsys.readouterr().out.split() == list(schemas.NAMES)


@pytest.mark.parametrize("name", ["traces", "", "../schemas", "trace-event.json"])
def test_unknown_name_is_a_usage_error_that_lists_the_names(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(name) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert all(known in printed.err for known in schemas.NAMES)
