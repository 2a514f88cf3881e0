"""JSON texts as trees that keep what §20 asks about: repeated keys, the spelling of numbers, lone surrogates."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any, Final, NoReturn

NESTING: Final = 60
"""How deep arrays and objects may nest over the whole text; what nests deeper is not judged."""

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_NO_BRACKETS: Final = re.compile(r"[^][{}]+")


class Spelled(str):
    """A number as it is spelled."""

    __slots__ = ()


class Members(list[tuple[str, Any]]):
    """An object: its keys and values in the order of the text, repeated keys included."""

    __slots__ = ()


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=Members, parse_int=Spelled, parse_float=Spelled, parse_constant=_constant
)


def tree_of(text: str) -> Any:
    """Return the tree of a text that nests no deeper than 60 levels.

    Objects are ``Members``, arrays lists, numbers ``Spelled``, the rest what it is in Python.

    Raises:
        ValueError: the text is not exactly one JSON value with white space around it.
    """
    return _DECODER.decode(text)


def nesting_of(text: str) -> int:
    """Return how deep arrays and objects nest."""
    if "[" not in text and "{" not in text:
        return 0
    brackets = _NO_BRACKETS.sub("", outside_texts(text))
    return max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0)


def outside_texts(text: str) -> str:
    """Return what stands outside the texts, which are in quotation marks."""
    return _STRING.sub("", text)


def has_lone_surrogate(text: str) -> bool:
    """Say whether a text has half of a pair of surrogates, which is no character."""
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def any_lone_surrogate(tree: Any) -> bool:
    """Say whether a text anywhere in a tree has half of a pair of surrogates."""
    if isinstance(tree, str):
        return has_lone_surrogate(tree)
    if isinstance(tree, Members):
        return any(has_lone_surrogate(key) or any_lone_surrogate(value) for key, value in tree)
    return isinstance(tree, list) and any(any_lone_surrogate(value) for value in tree)
