"""Near misses: an answer with one edit by which it is no longer the right one.

Every edit changes what is compared, so whoever judges must refuse it. What the contract leaves open is not edited: the
parts of ``retained_bytes``, the free text of some errors, a label's sort that reads as Unit when absent,
and under ``hardened`` the names of bound variables.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from telltale_conformance.lean_traces.bound_names import differences_in_types
from telltale_conformance.model.values import U64_MAX

Path = tuple[str | int, ...]
_FREE_TEXTS = ("invalid edge json", "cannot decode", "limit exceeded")
"""How errors begin whose rest is not compared."""


class Edit(NamedTuple):
    """One edit of an answer."""

    path: Path
    what: str
    answer: dict[str, Any]
    """The answer after it: ``ok`` or ``err``, and ``audit``."""

    def __str__(self) -> str:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)
        return f"{self.what} at {place.removeprefix('.')}"


def one_edit(answer: dict[str, Any], rng: Random, *, any_bound_names: bool = False) -> Edit | None:
    """Return the answer with one edit at a place drawn from all its places; None where nothing may be edited.

    Args:
        answer: ``ok`` or ``err``, and ``audit``.
        rng: draws the place and the edit.
        any_bound_names: the names of bound variables are left open (H14), so another name is no edit.
    """
    places = list(_places(answer, ()))
    if not places:
        return None
    path, value = places[int(rng.random() * len(places))]
    choices = [(what, _put(answer, path, replaced)) for what, replaced in _edits(path, value)]
    if any_bound_names:
        choices = [(what, edited) for what, edited in choices if any(differences_in_types(answer, edited))]
    what, edited = choices[int(rng.random() * len(choices))]
    return Edit(path, what, edited)


class _Removed:
    pass


_REMOVED = _Removed()


def _places(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield every place that may be edited, the answer itself included."""
    if path and path[-1] == "retained_bytes":
        return
    if path == ("err",) and isinstance(value, str) and value.startswith(_FREE_TEXTS):
        return
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, (*path, index))


def _edits(path: Path, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what the value at a place can be changed to."""
    if path == ("ok",):
        yield "refused instead", _Swapped("err", {"Unclaimed": {"session_id": 0}})
    elif path == ("err",):
        yield "accepted instead", _Swapped("ok", None)
    elif path != ("audit",) and not (path[-1] == "sort" and value == "Unit"):
        yield "removed", _REMOVED
    if isinstance(value, bool):
        yield "turned over", not value
        yield "a number for a truth value", int(value)
    elif isinstance(value, int):
        yield ("one more", value + 1) if value != U64_MAX else ("one less", value - 1)  # beyond it is no answer
        yield "with a point", float(value)
        yield "as text", str(value)
    elif isinstance(value, str):
        yield "longer text", value + "'"
        yield "no value", None
    elif value is None:
        yield "a value", 0
        yield "an empty list", []
    elif isinstance(value, list):
        yield "one element more", [*value, value[-1] if value else None]
        if value:
            yield "the first element gone", value[1:]
        if len(value) > 1 and value[0] != value[-1]:
            yield "the other way round", [value[-1], *value[1:-1], value[0]]
    elif isinstance(value, dict):
        yield "one member more", {**value, "unknown": None}
        yield "no value", None


class _Swapped(NamedTuple):
    member: str
    value: Any


def _put(document: Any, path: Path, value: Any) -> Any:
    """Return a copy of a document with the value at one place replaced or removed."""
    first, rest = path[0], path[1:]
    copy: Any = dict(document) if isinstance(document, dict) else list(document)
    if rest:
        copy[first] = _put(document[first], rest, value)
    elif value is _REMOVED:
        del copy[first]
    elif isinstance(value, _Swapped):
        del copy[first]
        copy[value.member] = value.value
    else:
        copy[first] = value
    return copy
