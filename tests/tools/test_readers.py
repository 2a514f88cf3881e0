"""Files are read in one way only: the lint finds another way, and finds none in the tree."""

from __future__ import annotations

import ast

import pytest

from tools.lint.__main__ import ROOT
from tools.lint.readers import EXEMPT, problems, problems_of
from tools.lint.sources import Source


def test_the_tree_has_no_other_way() -> None:
    assert list(problems(ROOT)) == []
    assert all((ROOT / path).is_file() for path in EXEMPT)


@pytest.mark.parametrize(
    "text",
    [
        "path.read_bytes()",
        "path.read_text(encoding='utf-8')",
        "open(path)",
        "open(path, 'rb')",
        "path.open('rb')",
        "gzip.open(path, 'rb')",
        "tarfile.open(path, 'r:gz')",
    ],
)
def test_another_way_is_found(text: str) -> None:
    (problem,) = problems_of(Source("oracle/x.py", ast.parse(text)))
    assert problem == "oracle/x.py:1: a file is read by another way; use telltale_conformance.files"


@pytest.mark.parametrize(
    "text",
    ["path.open('wb')", "open(path, 'a')", "guards.open(session)", "lifecycle.open(store, ROLES, TYPES)",
     "tarfile.open(fileobj=file, mode='r|gz')", "self.open((sid, None))"],
)  # fmt: skip
def test_writing_and_the_operation_open_are_none(text: str) -> None:
    assert list(problems_of(Source("oracle/x.py", ast.parse(text)))) == []
