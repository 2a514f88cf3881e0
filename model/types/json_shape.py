"""What reading JSON values into the model's trees has in common: places, kinds and text.

A place inside a JSON document is kept as a chain of steps and is written out (``$.Send.branches[0][2]``)
only when something is wrong there, so that a deep document costs no more than a flat one.
"""

from __future__ import annotations

from json.encoder import encode_basestring
from typing import TypeAlias

from telltale_conformance.errors import HarnessError
from telltale_conformance.readable import shortened

Place: TypeAlias = "str | tuple[Place, str | int]"
"""The root's name, or a place and one step from it: a field name or an index."""

U64_MAX = 2**64 - 1


class TypeJsonError(HarnessError, ValueError):
    """Thrown when a JSON value is not the domain value that is due; says where (``path``) and why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message, place=path)
        self.path = path
        self.message = message


def written(place: Place) -> str:
    """Write a place as text, ``$.Mu.body`` or ``$.Send.branches[0][2]``; a long one is cut in the middle."""
    steps: list[str] = []
    while not isinstance(place, str):
        place, step = place
        plain = isinstance(step, str) and step.isidentifier()
        steps.append(f".{step}" if plain else f"[{step}]" if isinstance(step, int) else f"[{quoted(step)}]")
    steps.append(place)
    steps.reverse()
    if len(steps) > 40:
        steps[20:-20] = [f" … {len(steps) - 40} steps … "]
    return "".join(steps)


def refuse(place: Place, message: str) -> TypeJsonError:
    """Return the error for a value at ``place``; the caller raises it."""
    return TypeJsonError(written(place), message)


def kind_of(value: object) -> str:
    """Name the JSON kind of a parsed value, for messages: "an object", "a text"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text {quoted(shortened(value, 40))}"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a number with a point or exponent"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, dict):
        return "an object"
    return f"a Python {type(value).__name__}"


def quoted(text: str) -> str:
    """Return the JSON string literal of ``text``, non-ASCII characters unescaped."""
    return str(encode_basestring(text))


def text_bytes(text: str) -> bytes:
    """Return the canonical JSON bytes of ``text``: UTF-8, only quote, backslash and control characters escaped."""
    return quoted(text).encode()


def text(value: object, place: Place, what: str) -> str:
    """``value`` when it is Unicode text without lone surrogates; TypeJsonError says that ``what`` is due."""
    if type(value) is not str:
        raise refuse(place, f"{what} is due (text), this is {kind_of(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise refuse(place, f"{what} contains a lone surrogate, which is no Unicode character") from None
    return value


def u64(value: object, place: Place, what: str) -> int:
    """``value`` when it is an integer of 0..2^64-1; else TypeJsonError saying that ``what`` is due."""
    if type(value) is not int:
        raise refuse(place, f"{what} is due (an integer), this is {kind_of(value)}")
    if not 0 <= value <= U64_MAX:
        raise refuse(place, f"{what} must lie in 0..2^64-1")
    return value


def members(value: object, place: Place, what: str, names: tuple[str, ...], optional: str = "") -> dict[str, object]:
    """``value`` when it is an object of exactly the fields ``names`` (``optional`` may be absent)."""
    if type(value) is not dict:
        raise refuse(place, f"{what} is due (an object), this is {kind_of(value)}")
    for name in value:
        if name not in names:
            raise refuse(place, f"unknown field {quoted(str(name))} of {what}; its fields are {', '.join(names)}")
    for name in names:
        if name not in value and name != optional:
            raise refuse(place, f"the field {quoted(name)} of {what} is missing")
    return value


def pair(value: object, place: Place, what: str) -> tuple[object, object]:
    """Return the two elements of ``value`` when it is an array of two."""
    if type(value) is not list or len(value) != 2:
        raise refuse(place, f"{what} is due (an array of two), this is {kind_of(value)}")
    return value[0], value[1]


def sole_member(value: object, place: Place, what: str) -> tuple[str, object]:
    """Name and content of the only field of ``value``, the JSON form of a variant with content."""
    if type(value) is not dict:
        raise refuse(place, f"{what} is due, this is {kind_of(value)}")
    if len(value) != 1:
        raise refuse(place, f"{what} is an object with exactly one field, this one has {len(value)}")
    ((name, content),) = value.items()
    return name, content
