"""One language in docstrings and documents: double backticks for code in docstrings, and none of the banned phrases.

A phrase is banned when readers stumble over it and a plainer one always exists. Text in code blocks and code spans is
left alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tools.lint.sources import ROOMS, sources

BANNED: Final = {
    r"\b(?:is|are|was|were) told\b": "say who says what: 'the report names', 'the message says'",
    r"\bput(?:s|ting)? (?:to|before) (?:it|an? |the )": "say 'run by', 'sent to', 'carried out by'",
    r"\b(?:what|which) (?:it |they |all )?(?:came|comes|come) (?:of|to)\b": "say 'the result'",
    r"\b(?:comes|come|came) to (?:another|the same|an?) verdict\b": "say 'gives another verdict'",
    r"\bthat (?:is|are) none\b": "say 'is not a …'",
    r"(?<!there )\b(?:is|was) no (?:answer|verdict|dossier|operation|object|list)\b": "say 'is not a …'",
    r"\bheld against\b": "say 'compared with'",
    r"\bas (?:small|it) (?:as it )?gets\b": "say 'as small as it can be'",
    r"\bmust needs\b|\bof yours\b|\bnothing of it\b": "say it plainly",
}
"""Banned phrases as patterns, each with what to write instead."""

_SPAN: Final = re.compile(r"``[^`]+``|`[^`\n]+`")
_SINGLE: Final = re.compile(r"(?<!`)`(?!`)[^`]+`(?!`)")
_ROLE: Final = re.compile(r":(?:func|class|mod|meth|attr|data|exc):")
_PATTERNS: Final = [
    (re.compile(re.sub(r"(?<!there) ", r"\\s+", pattern), re.IGNORECASE), advice) for pattern, advice in BANNED.items()
]


class Passage(NamedTuple):
    """Some text with the place where it begins."""

    place: str
    line: int
    text: str


def problems(root: Path) -> Iterator[str]:
    """Yield what is wrong in the docstrings of all rooms and of the tests, and in the documents."""
    for docstring in docstrings(root):
        yield from problems_of_docstring(docstring)
    for document in documents(root):
        yield from problems_of_text(document)


def docstrings(root: Path) -> Iterator[Passage]:
    """Yield the docstrings of modules, classes, functions and attributes."""
    for source in sources(root, (*ROOMS, "tests")):
        for node in ast.walk(source.tree):
            for statement in getattr(node, "body", ()) if not isinstance(node, ast.Lambda | ast.IfExp) else ():
                match statement:
                    case ast.Expr(value=ast.Constant(value=str() as text)):
                        yield Passage(source.path, statement.lineno, text)


def documents(root: Path) -> Iterator[Passage]:
    """Yield the documents with their code blocks and code spans blanked."""
    for path in (*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))):
        text = re.sub(r"^```.*?^```", _blank, path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        yield Passage(path.relative_to(root).as_posix(), 1, _SPAN.sub(_blank, text))


def problems_of_docstring(passage: Passage) -> Iterator[str]:
    """Yield what is wrong in a docstring."""
    for found in _SINGLE.finditer(passage.text):
        yield f"{_place(passage, found)}: single backticks: write ``{found[0].strip('`')}``"
    for found in _ROLE.finditer(passage.text):
        yield f"{_place(passage, found)}: {found[0]} is of another dialect: write the name in double backticks"
    yield from problems_of_text(passage._replace(text=_SPAN.sub(_blank, passage.text)))


def problems_of_text(passage: Passage) -> Iterator[str]:
    """Yield the banned phrases of a text; a phrase may be broken over two lines."""
    for pattern, advice in _PATTERNS:
        for found in pattern.finditer(passage.text):
            yield f"{_place(passage, found)}: banned phrase '{' '.join(found[0].split())}': {advice}"


def _place(passage: Passage, found: re.Match[str]) -> str:
    return f"{passage.place}:{passage.line + passage.text[: found.start()].count(chr(10))}"


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
