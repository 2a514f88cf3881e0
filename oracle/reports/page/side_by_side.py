"""Two JSON documents side by side, line by line, with the lines that differ marked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

_CONTEXT: Final = 3
"""Lines that are shown before and after one that differs."""
_WORTH_FOLDING: Final = 4
"""Stretches of so many lines are shown as they are."""


class Line(Struct, frozen=True):
    """One line of both documents; an empty side has nothing there."""

    left: str
    right: str
    differs: bool
    alike: int = 0
    """How many lines that do not differ this one stands for; 0 for none but itself."""


def folded(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with long stretches that do not differ folded into one, but for what is next to a difference."""
    near = {
        place + offset for place, line in enumerate(lines) if line.differs for offset in range(-_CONTEXT, _CONTEXT + 1)
    }
    found: list[Line] = []
    stretch: list[Line] = []
    for place, line in enumerate(lines):
        if place in near:
            found += _fold(stretch)
            stretch = []
            found.append(line)
        else:
            stretch.append(line)
    return found + _fold(stretch)


def _fold(stretch: list[Line]) -> list[Line]:
    if len(stretch) <= _WORTH_FOLDING:
        return stretch
    text = f"⋯ {len(stretch)} lines alike"
    return [Line(text, text, False, len(stretch))]


def side_by_side(left: Any, right: Any) -> list[Line]:
    """Return both documents as aligned lines, their members in ascending order of names."""
    return list(_lines(left, right, "", "", ""))


def _lines(left: Any, right: Any, indent: str, name: str, comma: str) -> Iterator[Line]:
    if isinstance(left, dict) and isinstance(right, dict) and (left or right):
        names = sorted(left.keys() | right.keys())
        yield Line(f"{indent}{name}{{", f"{indent}{name}{{", False)
        if len(left) == len(right) == 1 and left.keys() != right.keys():
            yield from _different(_only(left, indent + "  "), _only(right, indent + "  "))
            names = []
        for index, key in enumerate(names):
            label = f"{json.dumps(key, ensure_ascii=False)}: "
            yield from _member(left, right, key, indent + "  ", label, "," if index < len(names) - 1 else "")
        yield Line(f"{indent}}}{comma}", f"{indent}}}{comma}", False)
    elif isinstance(left, list) and isinstance(right, list) and (left or right):
        longest = max(len(left), len(right))
        yield Line(f"{indent}{name}[", f"{indent}{name}[", False)
        both = dict(enumerate(left)), dict(enumerate(right))
        for index in range(longest):
            yield from _member(*both, index, indent + "  ", "", "," if index < longest - 1 else "")
        yield Line(f"{indent}]{comma}", f"{indent}]{comma}", False)
    elif type(left) is type(right) and left == right:
        text = f"{indent}{name}{_printed(left)}{comma}"
        yield Line(text, text, False)
    else:
        yield from _different(_block(left, indent, name, comma), _block(right, indent, name, comma))


def _member(
    left: dict[Any, Any], right: dict[Any, Any], key: Any, indent: str, label: str, comma: str
) -> Iterator[Line]:
    if key not in right:
        yield from _different(_block(left[key], indent, label, comma), [])
    elif key not in left:
        yield from _different([], _block(right[key], indent, label, comma))
    else:
        yield from _lines(left[key], right[key], indent, label, comma)


def _only(document: dict[str, Any], indent: str) -> list[str]:
    """Return the lines of the one member of a document: an ``ok`` goes beside an ``err``."""
    ((name, value),) = document.items()
    return _block(value, indent, f"{json.dumps(name, ensure_ascii=False)}: ", "")


def _block(value: Any, indent: str, name: str, comma: str) -> list[str]:
    first, *rest = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2).split("\n")
    lines = [f"{indent}{name}{first}", *(indent + line for line in rest)]
    lines[-1] += comma
    return lines


def _different(left: list[str], right: list[str]) -> Iterator[Line]:
    for index in range(max(len(left), len(right))):
        yield Line(left[index] if index < len(left) else "", right[index] if index < len(right) else "", True)


def _printed(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
