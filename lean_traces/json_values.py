"""JSON values of any depth, compared without recursion.

What is read may nest as deep as the limits allow (``limits``), which is deeper than recursive functions go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple


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
    waiting: list[tuple[Any, Any, str]] = [(expected, actual, path)]
    while waiting:
        left, right, place = waiting.pop()
        if left is right:
            continue
        if isinstance(left, dict) and isinstance(right, dict):
            names = sorted(left.keys() | right.keys(), reverse=True)
            waiting.extend(
                (left.get(name, ABSENT), right.get(name, ABSENT), f"{place}.{name}")
                for name in names
                if name != skipped and not _unit_sort(left, right, name)
            )
        elif isinstance(left, list) and isinstance(right, list):
            longest = max(len(left), len(right))
            waiting.extend(
                (
                    left[index] if index < len(left) else ABSENT,
                    right[index] if index < len(right) else ABSENT,
                    f"{place}[{index}]",
                )
                for index in range(longest - 1, -1, -1)
            )
        elif type(left) is not type(right) or left != right:
            yield Difference(place, left, right)


def _unit_sort(left: dict[str, Any], right: dict[str, Any], name: str) -> bool:
    """Say whether only the sort of a label is missing, which then reads as Unit."""
    return name == "sort" and left.keys() == {"name", "sort"} and left["sort"] == "Unit" and name not in right
