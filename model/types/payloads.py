"""Payload sorts, value types and values: what a message carries.

Three small languages, each with its JSON form (the implementation's own serializer's, so that an adapter
writes no mapping):

* a *payload sort* belongs to a label: Unit, Nat, Bool, String, Real, a vector, a pair of sorts;
* a *value type* annotates a branch and makes up edge traces: Unit, Bool, Nat, String, a pair, a channel end;
* a *value* is what a buffer holds: unit, a natural number, a truth value, text, a pair, an endpoint.

The basic sorts and value types are plain text ("Nat"); everything else is an immutable node. Pairs may nest
to any depth: no function here recurses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, TypeAlias, TypeVar, cast

from telltale_conformance.model.types.immutable import Node, setter
from telltale_conformance.model.types.json_shape import (
    Place,
    kind_of,
    members,
    pair,
    refuse,
    sole_member,
    text,
    text_bytes,
    u64,
)
from telltale_conformance.readable import shortened

BasicSort: TypeAlias = Literal["Unit", "Nat", "Bool", "String", "Real"]
BasicValType: TypeAlias = Literal["Unit", "Bool", "Nat", "String"]

BASIC_SORTS: Final[tuple[BasicSort, ...]] = ("Unit", "Nat", "Bool", "String", "Real")
BASIC_VAL_TYPES: Final[tuple[BasicValType, ...]] = ("Unit", "Bool", "Nat", "String")


class Vector(Node):
    """The sort of vectors of ``size`` elements; ``size`` in 0..2^64-1."""

    __slots__ = __match_args__ = ("size",)
    size: int

    def __init__(self, size: int) -> None:
        self._fill(size)

    def __repr__(self) -> str:
        return f"Vector({self.size})"


class ProdSort(Node):
    """The sort of pairs."""

    __slots__ = __match_args__ = ("left", "right")
    left: PayloadSort
    right: PayloadSort

    def __init__(self, left: PayloadSort, right: PayloadSort) -> None:
        self._fill(left, right)

    def __repr__(self) -> str:
        return f"<ProdSort {shortened(encode_sort(self).decode(), 60)}>"


class ProdType(Node):
    """The type of pairs of values."""

    __slots__ = __match_args__ = ("left", "right")
    left: ValType
    right: ValType

    def __init__(self, left: ValType, right: ValType) -> None:
        self._fill(left, right)

    def __repr__(self) -> str:
        return f"<ProdType {shortened(encode_val_type(self).decode(), 60)}>"


class Chan(Node):
    """The type of a channel end: the endpoint of ``role`` in session ``sid``."""

    __slots__ = __match_args__ = ("sid", "role")
    sid: int
    role: str

    def __init__(self, sid: int, role: str) -> None:
        self._fill(sid, role)

    def __repr__(self) -> str:
        return f"Chan({self.sid}, {self.role!r})"


class Unit(Node):
    """The value without content. ``UNIT`` is the one instance in use."""

    __slots__ = ()

    def __init__(self) -> None:
        self._fill()

    def __repr__(self) -> str:
        return "UNIT"


class Nat(Node):
    """A natural number in 0..2^64-1."""

    __slots__ = __match_args__ = ("number",)
    number: int

    def __init__(self, number: int) -> None:
        _set_number(self, number)

    def __repr__(self) -> str:
        return f"Nat({self.number})"


class Bool(Node):
    """A truth value."""

    __slots__ = __match_args__ = ("truth",)
    truth: bool

    def __init__(self, truth: bool) -> None:
        _set_truth(self, truth)

    def __repr__(self) -> str:
        return f"Bool({self.truth})"


class Str(Node):
    """A text."""

    __slots__ = __match_args__ = ("text",)
    text: str

    def __init__(self, text: str) -> None:
        _set_text(self, text)

    def __repr__(self) -> str:
        return f"Str({self.text!r})"


_set_number: Final = setter(Nat, "number")
_set_truth: Final = setter(Bool, "truth")
_set_text: Final = setter(Str, "text")


class ProdValue(Node):
    """A pair of values."""

    __slots__ = __match_args__ = ("left", "right")
    left: Value
    right: Value

    def __init__(self, left: Value, right: Value) -> None:
        self._fill(left, right)

    def __repr__(self) -> str:
        return f"<ProdValue {shortened(encode_value(self).decode(), 60)}>"


class EndpointValue(Node):
    """An endpoint sent as a value: ``role`` of session ``sid``."""

    __slots__ = __match_args__ = ("sid", "role")
    sid: int
    role: str

    def __init__(self, sid: int, role: str) -> None:
        self._fill(sid, role)

    def __repr__(self) -> str:
        return f"EndpointValue({self.sid}, {self.role!r})"


UNIT: Final = Unit()

PayloadSort: TypeAlias = BasicSort | Vector | ProdSort
ValType: TypeAlias = BasicValType | ProdType | Chan
Value: TypeAlias = Unit | Nat | Bool | Str | ProdValue | EndpointValue

_T = TypeVar("_T")


def encode_sort(sort: PayloadSort) -> bytes:
    """Canonical JSON of a payload sort: ``"Nat"``, ``{"Vector":3}``, ``{"Prod":["Nat","Bool"]}``."""
    if isinstance(sort, str):
        return b'"%s"' % sort.encode()
    return encode_pairs(sort, _encode_sort_leaf)


def encode_val_type(val_type: ValType) -> bytes:
    """Canonical JSON of a value type: ``"Nat"``, ``{"Chan":{"role":"A","sid":0}}``, ``{"Prod":[…,…]}``."""
    if isinstance(val_type, str):
        return b'"%s"' % val_type.encode()
    return encode_pairs(val_type, _encode_val_type_leaf)


def encode_value(value: Value) -> bytes:
    """Canonical JSON of a value: ``"Unit"``, ``{"Nat":7}``, ``{"Prod":[{"Bool":true},"Unit"]}``."""
    return encode_pairs(value, encode_plain_value)


def sort_from_json(value: object, path: Place = "$") -> PayloadSort:
    """Read a payload sort from parsed JSON; TypeJsonError when it is none."""
    return read_pairs(value, path, _sort_leaf, ProdSort, "a payload sort")


def val_type_from_json(value: object, path: Place = "$") -> ValType:
    """Read a value type from parsed JSON; TypeJsonError when it is none."""
    return read_pairs(value, path, _val_type_leaf, ProdType, "a value type")


def value_from_json(value: object, path: Place = "$") -> Value:
    """Read a value from parsed JSON; TypeJsonError when it is none."""
    return read_pairs(value, path, _value_leaf, ProdValue, "a value")


def _encode_sort_leaf(sort: object) -> bytes:
    if isinstance(sort, Vector):
        return b'{"Vector":%d}' % sort.size
    return b'"%s"' % cast("str", sort).encode()


def _encode_val_type_leaf(val_type: object) -> bytes:
    if isinstance(val_type, Chan):
        return b'{"Chan":{"role":%s,"sid":%d}}' % (text_bytes(val_type.role), val_type.sid)
    return b'"%s"' % cast("str", val_type).encode()


def encode_plain_value(value: object) -> bytes:
    """Canonical JSON of a value that is no pair."""
    if isinstance(value, Nat):
        return b'{"Nat":%d}' % value.number
    if isinstance(value, Bool):
        return b'{"Bool":true}' if value.truth else b'{"Bool":false}'
    if isinstance(value, Str):
        return b'{"Str":%s}' % text_bytes(value.text)
    if isinstance(value, EndpointValue):
        return b'{"Endpoint":{"role":%s,"sid":%d}}' % (text_bytes(value.role), value.sid)
    return b'"Unit"'


def encode_pairs(tree: object, leaf: Callable[[object], bytes]) -> bytes:
    """JSON of a tree of pairs, its leaves encoded by ``leaf``; linear, without recursion."""
    if not isinstance(tree, (ProdSort, ProdType, ProdValue)):
        return leaf(tree)
    parts: list[bytes] = []
    stack: list[object] = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, bytes):
            parts.append(item)
        elif isinstance(item, (ProdSort, ProdType, ProdValue)):
            parts.append(b'{"Prod":[')
            stack += (b"]}", item.right, b",", item.left)
        else:
            parts.append(leaf(item))
    return b"".join(parts)


def _sort_leaf(value: object, place: Place) -> PayloadSort:
    if type(value) is str:
        if value in BASIC_SORTS:
            return cast("PayloadSort", value)
        raise refuse(place, f"a payload sort is due, this is {kind_of(value)}; basic ones are {', '.join(BASIC_SORTS)}")
    name, content = sole_member(value, place, "a payload sort")
    if name != "Vector":
        raise refuse(place, f"a payload sort is Vector or Prod here, not {kind_of(name)}")
    return Vector(u64(content, (place, name), "the size of a vector"))


def _val_type_leaf(value: object, place: Place) -> ValType:
    if type(value) is str:
        if value in BASIC_VAL_TYPES:
            return cast("ValType", value)
        known = ", ".join(BASIC_VAL_TYPES)
        raise refuse(place, f"a value type is due, this is {kind_of(value)}; basic ones are {known}")
    name, content = sole_member(value, place, "a value type")
    if name != "Chan":
        raise refuse(place, f"a value type is Prod or Chan here, not {kind_of(name)}")
    return Chan(*_endpoint(content, (place, name)))


def _value_leaf(value: object, place: Place) -> Value:
    if type(value) is str:
        if value == "Unit":
            return UNIT
        raise refuse(place, f'a value is due, this is {kind_of(value)}; the only value that is plain text is "Unit"')
    name, content = sole_member(value, place, "a value")
    here = (place, name)
    if name == "Nat":
        return Nat(u64(content, here, "a natural number"))
    if name == "Bool":
        if type(content) is not bool:
            raise refuse(here, f"true or false is due, this is {kind_of(content)}")
        return Bool(content)
    if name == "Str":
        return Str(text(content, here, "a text"))
    if name == "Endpoint":
        return EndpointValue(*_endpoint(content, here))
    raise refuse(place, f"a value is Nat, Bool, Str, Prod or Endpoint here, not {kind_of(name)}")


def _endpoint(value: object, place: Place) -> tuple[int, str]:
    fields = members(value, place, "an endpoint", ("sid", "role"))
    return u64(fields["sid"], (place, "sid"), "a session id"), text(fields["role"], (place, "role"), "a role name")


def read_pairs(
    value: object,
    place: Place,
    leaf: Callable[[object, Place], _T],
    prod: Callable[[_T, _T], _T],
    what: str,
    key: str = "Prod",
) -> _T:
    """Read a tree of ``{"Prod":[left,right]}`` with leaves read by ``leaf``; linear, without recursion."""
    if type(value) is str or (type(value) is dict and key not in value):
        return leaf(value, place)
    todo: list[tuple[object, Place]] = [(value, place)]
    found: list[_T | None] = []  # in document order; None stands for a pair, whose halves follow
    while todo:
        item, here = todo.pop()
        if type(item) is dict and len(item) == 1 and key in item:
            inner = (here, key)
            left, right = pair(item[key], inner, f"the two halves of {what}")
            found.append(None)
            todo += ((right, (inner, 1)), (left, (inner, 0)))
        else:
            found.append(leaf(item, here))
    built: list[_T] = []
    for one in reversed(found):
        built.append(prod(built.pop(), built.pop()) if one is None else one)
    return built[0]
