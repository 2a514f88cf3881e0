"""Texts are cut in one place only: the lint finds one that is cut by hand, and finds none."""

from __future__ import annotations

import ast

import pytest

from tools.lint.__main__ import ROOT
from tools.lint.cutters import problems, problems_of
from tools.lint.sources import Source


def test_the_tree_has_none() -> None:
    assert list(problems(ROOT)) == []


@pytest.mark.parametrize(
    "text",
    [
        'text if len(text) <= 60 else text[:60] + "…"',
        'shown[: n - 1] + "…"',
        'f"{text[:length]}… ({len(text)} characters)"',
    ],
)
def test_a_text_cut_by_hand_is_found(text: str) -> None:
    (problem,) = problems_of(Source("oracle/x.py", ast.parse(text)))
    assert problem == "oracle/x.py:1: a text is cut by hand; use telltale_conformance.readable"


@pytest.mark.parametrize("text", ["digest[:12]", '("…" if cut else "") + text[first:last]', 'f"{name}…"'])
def test_a_part_of_a_text_is_no_cut(text: str) -> None:
    assert list(problems_of(Source("oracle/x.py", ast.parse(text)))) == []
