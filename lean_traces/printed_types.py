"""Local types from JSON that our own writer printed: the fast half of reading them.

Whoever calls has made sure that printing the parsed JSON again gives the same bytes; so keys are sorted and
not repeated and integers are exact. What is left to check is the shape; anything unusual is left to
``model.types.type_json``, which says what is wrong.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.payloads import BASIC_SORTS, BASIC_VAL_TYPES, sort_from_json, val_type_from_json
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var

_CHOICES: Final = {"Send": Send, "Recv": Recv}


class Unusual(Exception):
    """Thrown where a document is not, or not quite, a local type as we print it."""


@lru_cache(4096)
def _label(name: str, sort: str) -> Label:
    if sort not in BASIC_SORTS:
        raise Unusual
    return Label(name, sort)


@lru_cache(4096)
def _variable(name: str) -> Var:
    return Var(name)


@lru_cache(4096)
def _last_branch(name: str, sort: str, value_type: str | None) -> Branch:
    """Return a branch after which a role has nothing more to do; many choices end in the same ones."""
    if value_type is not None and value_type not in BASIC_VAL_TYPES:
        raise Unusual
    return Branch(_label(name, sort), value_type, END)


def printed_type(document: Any) -> LocalType:
    """Return the local type of parsed JSON.

    Raises:
        Unusual: the shape is not exactly ours; ``type_from_json`` decides.
    """
    if document == "End":
        return END
    try:
        ((name, content),) = document.items()
        if name in _CHOICES:
            branches, partner = content["branches"], content["partner"]
            if len(content) != 2 or type(partner) is not str or type(branches) is not list:
                raise Unusual
            return _CHOICES[name](partner, tuple([_branch(*branch) for branch in branches]))
        if name == "Mu":
            body, var = content["body"], content["var"]
            if len(content) != 2 or type(var) is not str:
                raise Unusual
            return Mu(var, printed_type(body))
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Unusual from None
    if name != "Var" or type(content) is not str:
        raise Unusual
    return _variable(content)


def _branch(label: Any, value_type: Any, continuation: Any) -> Branch:
    name, sort = label["name"], label["sort"]
    if len(label) != 2 or type(name) is not str:
        raise Unusual
    if continuation == "End" and type(sort) is str and (value_type is None or type(value_type) is str):
        return _last_branch(name, sort, value_type)
    shown = _label(name, sort) if type(sort) is str else Label(name, sort_from_json(sort))
    if value_type is not None and value_type not in BASIC_VAL_TYPES:
        value_type = val_type_from_json(value_type)
    return Branch(shown, value_type, printed_type(continuation))
