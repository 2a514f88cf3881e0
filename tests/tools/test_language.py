"""The lint of the language finds what it bans, at its line, and leaves code alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.lint.language import BANNED, problems
from tools.source_tree import ROOT


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    (tmp_path / "docs" / "generated").mkdir(parents=True)
    return tmp_path


def in_docstring(tree: Path, text: str) -> list[str]:
    (tree / "model" / "some.py").write_text(f'"""A module."""\n\n\ndef f():\n    """{text}"""\n')
    return list(problems(tree))


def in_document(tree: Path, text: str, name: str = "docs/some.md") -> list[str]:
    (tree / name).write_text(text)
    return list(problems(tree))


@pytest.mark.parametrize("text", ["Return `x`.", "Return ``y`` or `x`.", "Return `a\n    b`."])
def test_single_backticks_in_docstrings_are_found(tree: Path, text: str) -> None:
    (problem,) = in_docstring(tree, text)
    assert problem.startswith("model/some.py:5: single backticks")


def test_attributes_and_classes_have_docstrings_too(tree: Path) -> None:
    (tree / "model" / "some.py").write_text('class C:\n    """``C``."""\n\n    x = 1\n    """Of `C`."""\n')
    assert [problem.split(": ")[0] for problem in problems(tree)] == ["model/some.py:5"]


def test_roles_of_another_dialect_are_found(tree: Path) -> None:
    (problem,) = in_docstring(tree, "See :func:``f``.")
    assert ":func: is of another dialect" in problem


@pytest.mark.parametrize(
    "phrase",
    ["the user is told", "it is put to the store", "what it came to", "a baseline that is none", "is no verdict"],
)
def test_banned_phrases_are_found_even_over_two_lines(tree: Path, phrase: str) -> None:
    (problem,) = in_docstring(tree, f"First line.\n\n    So {phrase.replace(' ', chr(10) + '    ')}.")
    assert problem.startswith("model/some.py:")
    assert "banned phrase" in problem
    (tree / "model" / "some.py").unlink()
    (problem,) = in_document(tree, f"# A title\n\nSo {phrase}.\n")
    assert problem.startswith("docs/some.md:3: banned phrase")


def test_code_and_plain_sentences_are_left_alone(tree: Path) -> None:
    assert in_docstring(tree, "Return ``is told`` as the report names it.") == []
    assert in_docstring(tree, "Say that there is no verdict.") == []
    assert in_document(tree, "The report names `is told`.\n\n```text\nhe is told\n```\n") == []


@pytest.mark.parametrize("name", ["README.md", "docs/some.md", "docs/generated/some.md"])
def test_all_documents_are_read(tree: Path, name: str) -> None:
    assert len(in_document(tree, "You are told.\n", name)) == 1


def test_every_ban_says_what_to_write_instead() -> None:
    assert all(advice for advice in BANNED.values())


def test_the_tree_is_clean() -> None:
    assert list(problems(ROOT)) == []
