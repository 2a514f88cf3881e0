"""Notations that people write and the syntax does not have: the line as the syntax would have it.

The variants that can be read without doubt are part of the grammar. Of the others a text is rewritten here,
and only a rewriting that parses is ever proposed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Final

from telltale_conformance.model.types.caret import Position
from telltale_conformance.readable import shortened

END_WORDS: Final = frozenset({"skip", "stop", "nil", "inaction", "inact", "done", "close", "finish", "fin", "void"})
"""What other notations write for ``end``, in lower case; here each is a variable."""

_LONGEST: Final = 20_000
"""Characters of a text that is rewritten: trying a rewriting costs a parse."""

_SORTS: Final = {
    "Unit": ("unit", "void", "()"),
    "Nat": ("nat", "int", "integer", "uint", "i32", "i64", "u32", "u64", "number"),
    "Bool": ("bool", "boolean"),
    "String": ("str", "string", "text"),
    "Real": ("real", "float", "double", "f32", "f64"),
}
_SORT_OF: Final = {name: sort for sort, names in _SORTS.items() for name in names}
_KEPT: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|(?:#|--)[^\n]*')
"""Quoted names and comments, which are never rewritten."""


def rewritten(text: str, line: int, first_problem: Callable[[str], int | None]) -> str | None:
    """Return a line, or else the first that has to change, in a notation that parses; None when none is known.

    A text that parses as a whole is wanted. Where none does, for something else is wrong further down, the line alone
    is rewritten, so that the text parses up to a later line.

    Args:
        text: a text that does not parse.
        line: the line, from 1, of what is wrong with it.
        first_problem: returns the line of what is wrong with a text; None when it parses.
    """
    if len(text) > _LONGEST:
        return None
    before = text.split("\n")
    alone: str | None = None
    for candidate in _candidates(text):
        problem, after = first_problem(candidate), candidate.split("\n")
        changed = [number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
        if problem is None:
            return shortened(after[line - 1 if line - 1 in changed else changed[0]].strip(), 160)
        if alone is None and problem > line and line - 1 in changed:
            alone = shortened(after[line - 1].strip(), 160)
    return alone


def ended(text: str, position: Position, word: str) -> str:
    """Return the line of ``text`` at ``position`` with ``end`` in place of ``word``, which stands there."""
    line = text.split("\n")[position.line - 1]
    start = position.column - 1
    return shortened((line[:start] + "end" + line[start + len(word) :]).strip(), 160)


def _candidates(text: str) -> Iterator[str]:
    """Each rewriting alone, then all up to each."""
    alone = [_outside(text, change) for change in _CHANGES]
    yield from (one for one in alone if one != text)
    together = text
    for change in _CHANGES:
        changed = _outside(together, change)
        if changed != together:
            together = changed
            yield together


def _outside(text: str, change: Callable[[str], str]) -> str:
    """``text`` changed outside of quoted names and comments, which stand in for one character meanwhile."""
    kept = _KEPT.findall(text)
    parts = iter(kept)
    return re.sub("\0", lambda _: next(parts), change(_KEPT.sub("\0", text))) if "\0" not in text else text


def _replacing(pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> Callable[[str], str]:
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(replacement, text)


def _known_sort(found: re.Match[str]) -> str:
    """Return a payload in the name that the syntax has for it; ``Nat`` stands for a sort that is only a placeholder."""
    names = [name.strip() for name in found["name"].split(",")]
    if len(names) == 1 and names[0] in _SORTS:
        return found[0]
    sorts = [name if name in _SORTS else _SORT_OF.get(name.lower(), "Nat") for name in names]
    return f"({reduce(lambda rest, sort: f'Prod({sort}, {rest})', reversed(sorts))})"


def _with_sorts(text: str) -> str:
    """Sorts after a label, in parentheses, under their names here; several are a product."""
    return re.sub(r"(?<=[\w\0])[ \t]*\((?P<name>[^(){}<>.\n]*)\)(?=[ \t]*[.;<:,}]|\s*$)", _known_sort, text)


def _with_bracketed_sorts(text: str) -> str:
    """Sorts after a label, in angle brackets (where value types belong), in parentheses under their names here."""
    return re.sub(r"(?<=[\w\0])[ \t]*<(?P<name>[^(){}<>.\n]*)>(?=[ \t]*[.;:])", _known_sort, text)


_CHANGES: Final[tuple[Callable[[str], str], ...]] = (
    _replacing(r"(?<=[\w\0])[ \t]*\([ \t]*\)", ""),  # m(). T
    _with_sorts,  # m(int). T
    _with_bracketed_sorts,  # m<int>. T
    _replacing(r"[ \t]*;(?=\s*[,})]|\s*$)", ""),  # m. end; }
    _replacing(r"[ \t]*;[ \t]*", ". "),  # m(Nat); T
    _replacing(r"(?<![\w\0])\(\+\)|\+(?=[ \t]*[\w{\0])", "⊕"),  # +B{…}
    _replacing(r"=>", "->"),  # A => B : …
    _replacing(r"(?:->|→)[ \t]*([\w\0]+)[ \t]*(?=\{)", r"-> \1 : "),  # A -> B {…}
    _replacing(r"((?:->|→)[ \t]*[\w\0]+[ \t]*:)|:[ \t]*", lambda found: found[1] or ". "),  # {m: T}
    _replacing(r"(μ|µ|\brec\b|\bmu\b)[ \t]*([\w\0]+)[ \t]+(?=[\w!?⊕&({\0])", r"\1 \2. "),  # rec t T
    _replacing(r"(?<=[)>])(?=[ \t]+[\w!?⊕&({\0])", "."),  # m(Nat) T
    _replacing(r"\bend[ \t]*\.", "end"),  # end.
    _replacing(r"(?<=[!?⊕&:{,])([ \t]*[\w\0]+(?:\([^(){}]*\))?)[ \t]*\.?(?=\s*[,}]|\s*$)", r"\1. end"),  # B!m
)
