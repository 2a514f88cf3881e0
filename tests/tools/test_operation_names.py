"""Operation names stand together in the table only: the lint finds a set of them in every form, and finds none."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.lint.__main__ import ROOT
from tools.lint.operation_names import problems, problems_of
from tools.lint.sources import Source, sources


def found(text: str) -> list[str]:
    return list(problems_of(Source("oracle/x.py", ast.parse(text))))


def test_the_tree_has_none() -> None:
    assert list(problems(ROOT)) == []


def test_every_room_is_read_once() -> None:
    paths = [source.path for source in sources(ROOT)]
    assert len(paths) == len(set(paths))
    assert {path.split("/")[0] for path in paths} == {"model", "lean_traces", "generators", "oracle", "tools", "src"}
    assert not any(path.startswith("src/telltale_conformance/model") for path in paths)


@pytest.mark.parametrize(
    "text",
    [
        'A = {"send", "recv", "close"}',
        'A = frozenset(["send", "recv", "close"])',
        'A = ("send", "recv", "close", "else")',
        'A = {"send": 1, "recv": 2, "close": 3}',
        'A = {1: "send", 2: "recv", 3: "close"}',
        "A = dict(send=1, recv=2, close=3)",
        'A = (("send", 1), ("recv", 2), ("close", 3))',
        'A = "send recv close".split()',
        'x = op == "send" or op == "recv" or op == "close"',
        'match op:\n    case "send" | "recv" | "close":\n        pass',
    ],
)
def test_a_set_is_found_in_every_form(text: str) -> None:
    assert len(found(text)) == 1
    assert found(text)[0].startswith("oracle/x.py:")
    assert "close, recv, send; derive them from model/operations.py" in found(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        'A = ("send", "recv")',
        'A = ("send", "recv", "send", "recv")',
        'A = "close, send and recv take a sid"',
        'def steps():\n    yield "open", {}\n    yield "send", {}\n    yield "close", {}',
        'A = ("sent", "received", "closed")',
    ],
)
def test_two_names_a_program_and_a_sentence_are_no_set(text: str) -> None:
    assert found(text) == []


def test_a_set_in_a_room_is_found_with_its_place(tmp_path: Path) -> None:
    room = tmp_path / "oracle" / "reports"
    room.mkdir(parents=True)
    (room / "new.py").write_text('\nTHOSE = {"send", "recv", "close"}\n')
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "operations.py").write_text('THOSE = {"send", "recv", "close"}\n')
    (problem,) = problems(tmp_path)
    assert problem.startswith("oracle/reports/new.py:2: ")
