"""Lean sources as tokens: what is code and what is a comment, a text or a character.

Nested comments, raw and interpolated texts, character literals and quoted names are read as Lean reads them.  Where
Lean could read code, code is reported: the texts between the braces of an interpolated string are words here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from telltale_conformance.lean_traces.lean_errors import LeanSourceError

Kind = Literal["word", "number", "text", "character", "symbol"]


class LeanToken(NamedTuple):
    """One token of a Lean file."""

    kind: Kind
    text: str
    line: int
    """Counted from 1."""
    column: int
    """Counted from 0, in characters."""


_SPACE: Final = re.compile(r"\s+")
_WORD: Final = re.compile(r"[^\W\d][\w'!?]*")
"""One component of a name; names with dots are several words with a symbol between them."""
_NUMBER: Final = re.compile(r"\d[\w]*")
_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CHARACTER: Final = re.compile(r"'(?:\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)|[^\\'])'", re.DOTALL)
_RAW: Final = re.compile(r'r(#*)"')
_QUOTED: Final = re.compile(r"«([^»\n]*)»")
_COMMENT: Final = re.compile(r"/-|-/")
_INTERPOLATED: Final = frozenset({"s!", "m!", "f!", "throwError", "panic!"})


def tokens(source: str, name: str = "the file") -> Iterator[LeanToken]:
    """Yield the tokens of a Lean file, comments left out.

    Args:
        source: the file's text.
        name: what to call it in errors.

    Raises:
        LeanSourceError: a comment or a text does not end.
    """
    at, line, begins = 0, 1, 0
    word = ""
    while at < len(source):
        end, found = _token(source, at, line, name)
        if found is not None:
            kind, text = found
            yield LeanToken(kind, text, line, at - begins)
            if kind == "text" and word in _INTERPOLATED:
                for inner in _WORD.finditer(text):
                    yield LeanToken("word", inner[0], line, at - begins)
            word = text if kind == "word" else ""
        breaks = source.count("\n", at, end)
        if breaks:
            line, begins = line + breaks, source.rindex("\n", at, end) + 1
        at = end


def _token(source: str, at: int, line: int, name: str) -> tuple[int, tuple[Kind, str] | None]:
    """Return where the token ends that begins here, and what it is; None for space and comments."""
    two = source[at : at + 2]
    if space := _SPACE.match(source, at):
        return space.end(), None
    if two == "--":
        end = source.find("\n", at)
        return (len(source) if end < 0 else end), None
    if two == "/-":
        return _comment_end(source, at, line, name), None
    if raw := _RAW.match(source, at):
        closing = '"' + raw[1]
        end = source.find(closing, raw.end())
        if end < 0:
            raise LeanSourceError(f"{name}:{line}: a raw text does not end")
        return end + len(closing), ("text", source[at : end + len(closing)])
    if source[at] == '"':
        text = _TEXT.match(source, at)
        if text is None:
            raise LeanSourceError(f"{name}:{line}: a text does not end")
        return text.end(), ("text", text[0])
    if quoted := _QUOTED.match(source, at):
        return quoted.end(), ("word", quoted[1])
    for kind, pattern in _PATTERNS:
        if found := pattern.match(source, at):
            return found.end(), (kind, found[0])
    return at + 1, ("symbol", source[at])


_PATTERNS: Final[tuple[tuple[Kind, re.Pattern[str]], ...]] = (
    ("word", _WORD),
    ("number", _NUMBER),
    ("character", _CHARACTER),
)


def _comment_end(source: str, at: int, line: int, name: str) -> int:
    depth = 0
    for mark in _COMMENT.finditer(source, at):
        depth += 1 if mark[0] == "/-" else -1
        if depth == 0:
            return mark.end()
    raise LeanSourceError(f"{name}:{line}: a comment does not end")
