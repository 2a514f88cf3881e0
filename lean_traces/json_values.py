"""JSON values of any depth and size: compared exactly, printed, rebuilt, and cut to what people are shown.

What is read may nest as deep as the limits allow (``limits``), which is deeper than recursive functions and
encoders in C go.  So nothing here recurses into more than it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, zip_longest
from operator import is_
from typing import Any, Final, NamedTuple

from telltale_conformance.readable import both_ends


class Absent:
    """Stands for a value that one side does not have."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = Absent()


class Difference(NamedTuple):
    """One place where two JSON documents differ; a missing value is ``ABSENT``."""

    path: str
    expected: Any
    actual: Any


def same_json(expected: Any, actual: Any) -> bool:
    """Say whether two JSON values are the same: numbers by kind and value, objects in any order."""
    return next(differences(expected, actual), None) is None


def differences(expected: Any, actual: Any, path: str = "$", skipped: str | None = None) -> Iterator[Difference]:
    """Yield the smallest places where two JSON values differ, in document order.

    Args:
        expected: one value.
        actual: the other.
        path: where they stand.
        skipped: a member that is not compared, in whatever object.
    """
    waiting: list[Iterator[tuple[Any, Any, str]]] = [iter([(expected, actual, path)])]
    while waiting:
        pair = next(waiting[-1], None)
        if pair is None:
            waiting.pop()
            continue
        left, right, place = pair
        if left is right:
            continue
        if isinstance(left, dict) and isinstance(right, dict):
            waiting.append(_members(left, right, place, skipped))
        elif isinstance(left, list) and isinstance(right, list):
            waiting.append(_elements(left, right, place))
        elif type(left) is not type(right) or left != right:
            yield Difference(place, left, right)


def _members(
    left: dict[str, Any], right: dict[str, Any], place: str, skipped: str | None
) -> Iterator[tuple[Any, Any, str]]:
    for name in sorted(left.keys() | right.keys()):
        if name != skipped and not _unit_sort(left, right, name):
            yield left.get(name, ABSENT), right.get(name, ABSENT), f"{place}.{name}"


def _elements(left: list[Any], right: list[Any], place: str) -> Iterator[tuple[Any, Any, str]]:
    for index, (one, other) in enumerate(zip_longest(left, right, fillvalue=ABSENT)):
        yield one, other, f"{place}[{index}]"


def _unit_sort(left: dict[str, Any], right: dict[str, Any], name: str) -> bool:
    """Say whether only the sort of a label is missing, which then reads as Unit."""
    return name == "sort" and left.keys() == {"name", "sort"} and left["sort"] == "Unit" and name not in right


LEVELS_SHOWN: Final = 100
"""How deep arrays and objects nest in what is kept to be shown."""
ITEMS_SHOWN: Final = 1000
"""How many elements or members of one array or object are."""
PARTS_SHOWN: Final = 20_000
"""How many parts there are in all of one value."""
CHARACTERS_SHOWN: Final = 10_000
"""How long one text is."""
TEXTS_SHOWN: Final = 200_000
"""How long all texts of one value are together; those after have what is at most left of a long one."""
_ENDING_SHOWN: Final = 100
"""How much of the end of a longer text is left."""


def shown(value: Any) -> Any:
    """Return a JSON value as reports keep it: the same, or cut where it is deep, long or large, with a mark in place.

    A value that fits is returned itself.  ``ABSENT`` is written out.
    """
    return _Showing().of(value, LEVELS_SHOWN)


class _Showing:
    """Shows one value; recursive, but only as deep as is shown."""

    def __init__(self) -> None:
        self._room = PARTS_SHOWN
        self._characters = TEXTS_SHOWN

    def _text(self, text: str) -> str:
        if len(text) <= _ENDING_SHOWN:
            return text
        kept = both_ends(text, min(CHARACTERS_SHOWN, max(self._characters, _ENDING_SHOWN)))
        self._characters -= len(kept)
        return kept

    def of(self, value: Any, levels: int) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if value is ABSENT:
            return repr(value)
        if not isinstance(value, dict | list) or not value:
            return value
        if levels == 0:
            return f"… nested deeper than {LEVELS_SHOWN} levels"
        most = min(len(value), ITEMS_SHOWN, max(self._room, 0))
        self._room -= most
        if isinstance(value, list):
            elements = [self.of(element, levels - 1) for element in islice(value, most)]
            if most < len(value):
                return [*elements, f"… {len(value) - most:,} more"]
            return value if all(map(is_, elements, value)) else elements
        members: dict[str, Any] = {}
        for name, member in islice(value.items(), most):
            kept = self._text(name)
            members[kept if kept not in members else f"{kept} #{len(members)}"] = self.of(member, levels - 1)
        if most < len(value):
            return {**members, "…": f"{len(value) - most:,} more"}
        same = all(map(is_, members.values(), value.values())) and members.keys() == value.keys()
        return value if same else members


class _Descend:
    """Says that a part is to be rebuilt from its own parts."""


DESCEND: Final = _Descend()


def rebuilt(value: Any, change: Callable[[str, Any], Any], field: str = "") -> Any:
    """Return a copy of a JSON value with parts changed.

    Args:
        value: what is copied.
        change: is given every part with the name of its field, those of an array as ``field[]``, before what it holds.
            It returns what stands in its place, or ``DESCEND``: a leaf then stays, and of a container the parts follow.
        field: the name for the whole.
    """
    whole: list[Any] = [value]
    waiting: list[tuple[Any, Any, str]] = [(whole, 0, field)]
    while waiting:
        container, place, name = waiting.pop()
        part = container[place]
        put = change(name, part)
        if put is not DESCEND:
            container[place] = put
        elif isinstance(part, dict):
            container[place] = members = dict(part)
            waiting.extend((members, member, member) for member in members)
        elif isinstance(part, list):
            container[place] = elements = list(part)
            waiting.extend((elements, index, f"{name}[]") for index in range(len(elements)))
    return whole[0]
