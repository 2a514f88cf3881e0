"""How each kind of type is read (contract §20): records, variants, pairs, sets, integers, texts.

A shape reads a tree (``texts``) and gives the value as it is printed, as plain JSON. The reader that goes with it keeps
which rows of §20 the text makes use of, and what is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from telltale_conformance.model.decoding.rows import Doubt, Leniency, Refusal
from telltale_conformance.model.decoding.texts import Members, Spelled, any_lone_surrogate, has_lone_surrogate
from telltale_conformance.model.values import U64_MAX

_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
_OTHER_SPELLING: Final = re.compile(r"\+[0-9]+|0[0-9]+", re.ASCII)
_GREAT: Final = 2**53
"""From here on a reader that takes numbers as floating point loses digits."""


class Refusing(Exception):
    """Thrown where a row of §20 refuses a value."""

    def __init__(self, row: Refusal) -> None:
        super().__init__(row)
        self.row = row


@dataclass(slots=True)
class Reader:
    """What is known while one text is read."""

    types: Mapping[str, Shape]
    hardened: bool = False
    leniencies: dict[Leniency, None] = field(default_factory=dict)
    """The rows that the text makes use of, in the order in which they were met."""
    doubts: dict[Doubt, None] = field(default_factory=dict)

    def use(self, row: Leniency) -> None:
        """Keep that the text makes use of a row."""
        self.leniencies[row] = None

    def doubt(self, doubt: Doubt) -> None:
        """Keep why the text is not judged, unless a row refuses it."""
        self.doubts[doubt] = None


class Shape:
    """How the values of a type are read."""

    __slots__ = ()

    def read(self, tree: Any, reader: Reader) -> Any:
        """Return the value as it is printed.

        Raises:
            Refusing: a row of §20 refuses the tree.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Named(Shape):
    """Another type of the table."""

    name: str

    def read(self, tree: Any, reader: Reader) -> Any:
        """Read as that type."""
        return reader.types[self.name].read(tree, reader)


@dataclass(frozen=True, slots=True)
class Integer(Shape):
    """An unsigned 64-bit integer."""

    def read(self, tree: Any, reader: Reader) -> int:
        """Read digits only."""
        if not isinstance(tree, Spelled):
            raise Refusing(Refusal.INTEGER)
        return number_of(tree, reader, Refusal.INTEGER)


def number_of(digits: str, reader: Reader, row: Refusal) -> int:
    """Return the unsigned 64-bit integer that digits spell; ``row`` refuses others."""
    if _DIGITS.fullmatch(digits) is None or (number := int(digits)) > U64_MAX:
        raise Refusing(row)
    if number > _GREAT:
        reader.use(Leniency.GREAT)
    return number


@dataclass(frozen=True, slots=True)
class Text(Shape):
    """A text."""

    def read(self, tree: Any, reader: Reader) -> str:
        """Read a text without lone surrogates."""
        if not isinstance(tree, str) or isinstance(tree, Spelled):
            raise Refusing(Refusal.TEXT)
        if has_lone_surrogate(tree):
            raise Refusing(Refusal.SURROGATE)
        return tree


@dataclass(frozen=True, slots=True)
class Truth(Shape):
    """A truth value."""

    def read(self, tree: Any, reader: Reader) -> bool:
        """Read ``true`` or ``false``."""
        if not isinstance(tree, bool):
            raise Refusing(Refusal.BOOL)
        return tree


@dataclass(frozen=True, slots=True)
class OrNull(Shape):
    """A value, or null: what ``?`` says."""

    shape: Shape

    def read(self, tree: Any, reader: Reader) -> Any:
        """Read null, or as the shape."""
        return None if tree is None else self.shape.read(tree, reader)


REQUIRED: Final = object()
"""In place of a default: the field has none."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record."""

    name: str
    shape: Shape
    default: Any = REQUIRED
    """As it is printed."""

    def given(self, tree: Any, reader: Reader) -> Any:
        """Read the field's value; null is one only where ``?`` says so, whatever the default."""
        if tree is None and not isinstance(self.shape, OrNull):
            raise Refusing(Refusal.NULL)
        return self.shape.read(tree, reader)

    def absent(self, reader: Reader) -> Any:
        """Return what an object without the field gives it."""
        if self.default is not REQUIRED:
            reader.use(Leniency.DEFAULT_TAKEN)
            return self.default
        if isinstance(self.shape, OrNull):
            reader.use(Leniency.NULL_TAKEN)
            return None
        raise Refusing(Refusal.ABSENT)

    def missing(self, reader: Reader) -> Any:
        """Return what an array that ends before the field gives it."""
        if self.default is REQUIRED:
            raise Refusing(Refusal.TOO_FEW)
        reader.use(Leniency.DEFAULT_MISSING)
        return self.default


@dataclass(frozen=True, slots=True)
class Record(Shape):
    """Named fields, in the order in which an array gives them."""

    fields: tuple[Field, ...]

    def read(self, tree: Any, reader: Reader) -> dict[str, Any]:
        """Read from an object or from an array."""
        if isinstance(tree, Members):
            return self._from_object(tree, reader)
        if isinstance(tree, list):
            return self._from_array(tree, reader)
        raise Refusing(Refusal.RECORD)

    def _from_object(self, tree: Members, reader: Reader) -> dict[str, Any]:
        given: dict[str, Any] = {}
        names = [one.name for one in self.fields]
        for key, value in tree:
            if key not in names:
                reader.use(Leniency.UNKNOWN)
                if has_lone_surrogate(key) or any_lone_surrogate(value):
                    reader.doubt(Doubt.IGNORED_TEXT)
            elif key in given:
                raise Refusing(Refusal.REPEATED)
            else:
                given[key] = value
        if list(given) != [name for name in names if name in given]:
            reader.use(Leniency.ORDER)
        return {
            one.name: one.given(given[one.name], reader) if one.name in given else one.absent(reader)
            for one in self.fields
        }

    def _from_array(self, tree: list[Any], reader: Reader) -> dict[str, Any]:
        if len(tree) > len(self.fields):
            raise Refusing(Refusal.TOO_MANY)
        reader.use(Leniency.ARRAY_FORM)
        return {
            one.name: one.given(tree[place], reader) if place < len(tree) else one.missing(reader)
            for place, one in enumerate(self.fields)
        }


@dataclass(frozen=True, slots=True)
class Variants(Shape):
    """One of several variants, each without payload or with one."""

    plain: tuple[str, ...]
    with_payload: Mapping[str, Shape]
    added: frozenset[str] = frozenset()
    """Variants that a rule of ``hardened`` adds: under it they are not judged."""

    def read(self, tree: Any, reader: Reader) -> Any:
        """Read a name, or an object with one key."""
        if isinstance(tree, Members):
            if len(tree) != 1:
                raise Refusing(Refusal.KEYS)
            return self._from_object(*tree[0], reader)
        if not isinstance(tree, str) or isinstance(tree, Spelled):
            raise Refusing(Refusal.VARIANT)
        if tree in self.plain:
            return tree
        raise Refusing(Refusal.PAYLOAD if tree in self.with_payload else Refusal.NAME)

    def _from_object(self, name: str, payload: Any, reader: Reader) -> Any:
        if name in self.plain:
            if payload is not None:
                raise Refusing(Refusal.NO_PAYLOAD)
            reader.use(Leniency.NULL_VARIANT)
            return name
        if name in self.added and reader.hardened:
            reader.doubt(Doubt.HARDENED)
            return {name: None}
        if name not in self.with_payload:
            raise Refusing(Refusal.NAME)
        return {name: self.with_payload[name].read(payload, reader)}


@dataclass(frozen=True, slots=True)
class Places(Shape):
    """A pair or a triple: an array with one place each."""

    shapes: tuple[Shape, ...]

    def read(self, tree: Any, reader: Reader) -> list[Any]:
        """Read an array of exactly that length."""
        if type(tree) is not list or len(tree) != len(self.shapes):
            raise Refusing(Refusal.LENGTH)
        return [shape.read(value, reader) for shape, value in zip(self.shapes, tree, strict=True)]


@dataclass(frozen=True, slots=True)
class Listed(Shape):
    """A list: order and repeats are kept."""

    shape: Shape

    def read(self, tree: Any, reader: Reader) -> list[Any]:
        """Read an array."""
        if type(tree) is not list:
            raise Refusing(Refusal.ARRAY)
        return [self.shape.read(value, reader) for value in tree]


@dataclass(frozen=True, slots=True)
class SetOf(Shape):
    """A set of texts or of integers: printed ascending without repeats."""

    shape: Shape

    def read(self, tree: Any, reader: Reader) -> list[Any]:
        """Read an array in any order, with repeats."""
        given = Listed(self.shape).read(tree, reader)
        members = sorted(set(given))
        if len(members) < len(given):
            reader.use(Leniency.SET_REPEATS)
        if members != list(dict.fromkeys(given)):
            reader.use(Leniency.SET_ORDER)
        return members


@dataclass(frozen=True, slots=True)
class Keyed(Shape):
    """A table by integers, which are written as texts."""

    shape: Shape

    def read(self, tree: Any, reader: Reader) -> dict[str, Any]:
        """Read an object; every entry must be readable, and of a repeated key the last counts."""
        if not isinstance(tree, Members):
            raise Refusing(Refusal.TABLE)
        table: dict[str, Any] = {}
        for key, value in tree:
            if _OTHER_SPELLING.fullmatch(key):
                reader.doubt(Doubt.KEY_SPELLING)
            else:
                number_of(key, reader, Refusal.KEY)
            if key in table:
                reader.use(Leniency.REPEATED_KEY)
            table[key] = self.shape.read(value, reader)
        return table


@dataclass(frozen=True, slots=True)
class EmptyTable(Shape):
    """A table whose keys JSON cannot give: it can only be empty."""

    def read(self, tree: Any, reader: Reader) -> dict[str, Any]:
        """Read an object without entries."""
        if not isinstance(tree, Members) or tree:
            raise Refusing(Refusal.EMPTY)
        return {}


@dataclass(frozen=True, slots=True)
class HashBytes(Shape):
    """The 32 bytes of a hash."""

    def read(self, tree: Any, reader: Reader) -> list[int]:
        """Read an array of exactly 32 integers up to 255."""
        if type(tree) is not list or len(tree) != 32:
            raise Refusing(Refusal.HASH)
        numbers = [Integer().read(value, reader) for value in tree]
        if max(numbers) > 255:
            raise Refusing(Refusal.HASH)
        return numbers
