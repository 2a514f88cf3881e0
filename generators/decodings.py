"""Texts for ``decode`` (contract §20): of every type its valid forms, and near misses of every row.

What is tried follows from the table of types: nothing here knows a type by name. Whether a text is read or refused is
for the reference to say. All texts are judged: they nest no deeper than 60 levels, and nothing in an ignored field is
ill-formed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import Final, NamedTuple

from telltale_conformance.model.decoding.shapes import (
    REQUIRED,
    EmptyTable,
    Field,
    HashBytes,
    Integer,
    Keyed,
    Listed,
    Named,
    OrNull,
    Places,
    Record,
    SetOf,
    Shape,
    Text,
    Truth,
    Variants,
)
from telltale_conformance.model.decoding.table import TYPES
from telltale_conformance.model.decoding.texts import NESTING, nesting_of


class Trial(NamedTuple):
    """One text to be read as a type."""

    type_: str
    form: str
    """What is tried, as ``records: null``."""
    text: str


INTEGERS: Final = ("0", "1", "7", "4294967296", "9007199254740993", "9223372036854775808", "18446744073709551615")
NO_INTEGERS: Final = (
    "18446744073709551616",
    "1.0",
    "-1",
    '"1"',
    "1e0",
    "-0",
    "null",
    "true",
    "01",
    "[1]",
    "1E2",
    "+1",
    "1e400",
    "{}",
    "0.5",
    "99999999999999999999999",
)
TEXTS: Final = (
    '"A"',
    '""',
    '"é→"',
    r'"\u00e9"',
    r'"\ud83d\uDE00"',
    r'"\"\\\/\b\f\n\r\t"',
    r'"\u0000"',
    '"null"',
    '"😀"',
)
NO_TEXTS: Final = (
    r'"\ud800"',
    "1",
    "null",
    '"a\tb"',
    r'"\udc00\ud800"',
    "true",
    r'"\x41"',
    '["A"]',
    r'"\u00g0"',
    "'A'",
    r'"\ud83d\u0041"',
    "{}",
    '"a\x01"',
    '"a\nb"',
)
NO_BOOLS: Final = ("1", '"true"', "null", "0", "True", "[]")
KEYS: Final = ('"0"', '"7"', '"18446744073709551615"')
NO_KEYS: Final = ('"a"', '""', '"1.0"', '"-1"', '"18446744073709551616"', '"1e0"', '" 1"', '"0x1"')
_ELSEWHERE: Final = ("null", "1", '"x"', "true", "[]", "{}", "[null]", '{"x":1}')
"""A value of every kind, each wrong almost everywhere."""
_IGNORED: Final = '{"y":[1.5e300,-0,null,{"z":1,"z":"\\u00e9"}]}'
_DEEPEST: Final = 3
"""How deep types that contain themselves are written, where depth is not what is tried."""


def object_of(members: Sequence[tuple[str, str]]) -> str:
    """Return the text of an object with these members, in their order."""
    return "{" + ",".join(f'"{name}":{value}' for name, value in members) + "}"


def _array(values: Sequence[str]) -> str:
    return "[" + ",".join(values) + "]"


def _other_case(name: str) -> str:
    return name[0].swapcase() + name[1:]


class Writer:
    """Writes texts of shapes.

    Args:
        random: the source of choices.
        mischief: how often a part is written in another form than the plain one, or wrongly.
    """

    def __init__(self, random: Random, mischief: float = 0.0) -> None:
        self._random = random
        self._mischief = mischief
        self._turn = count()

    def written(self, shape: Shape, depth: int = 0) -> str:
        """Return a text of a shape: plain, but for the parts where mischief strikes."""
        random = self._random
        if self._mischief and random.random() < self._mischief:
            return self._otherwise(shape, depth)
        match shape:
            case Named(name):
                return self.written(TYPES[name], depth + 1)
            case Integer():
                return random.choice(INTEGERS)
            case Text():
                return random.choice(TEXTS[:3])
            case Truth():
                return random.choice(("true", "false"))
            case OrNull(inner):
                return "null" if random.random() < 0.3 else self.written(inner, depth)
            case Record(fields):
                return object_of([(one.name, self.written(one.shape, depth)) for one in fields])
            case Variants():
                return self._variant(shape, depth)
            case Places(shapes):
                return _array([self.written(one, depth) for one in shapes])
            case Listed(inner):
                return _array([self.written(inner, depth) for _ in range(self._length(depth))])
            case SetOf(inner):
                return _array(sorted({self.written(inner, depth) for _ in range(self._length(depth))}))
            case Keyed(inner):
                return object_of([(key[1:-1], self.written(inner, depth)) for key in KEYS[: self._length(depth)]])
            case HashBytes():
                return _array([str(random.randrange(256)) for _ in range(32)])
            case EmptyTable():
                return "{}"
        raise AssertionError(f"no text of {shape}")

    def _otherwise(self, shape: Shape, depth: int) -> str:
        """Return a text of one of the forms of a shape, plain within."""
        mischief, self._mischief = self._mischief, 0.0
        text = self._random.choice([text for _, text in self.forms(shape, depth)])
        self._mischief = mischief
        return text

    def _length(self, depth: int) -> int:
        return self._random.randrange(3) if depth <= _DEEPEST else 0

    def _variant(self, shape: Variants, depth: int) -> str:
        names = [*shape.plain, *shape.with_payload]
        if depth > _DEEPEST:
            names = list(shape.plain) or [name for name in names if not isinstance(shape.with_payload[name], Record)]
            names = names or [*shape.with_payload]
        name = self._random.choice(names)
        return (
            f'"{name}"' if name in shape.plain else object_of([(name, self.written(shape.with_payload[name], depth))])
        )

    def _some(self, texts: Sequence[str], many: int) -> list[str]:
        """Return some of the texts, others each time, so that all have their turn."""
        return [texts[next(self._turn) % len(texts)] for _ in range(many)]

    # The forms of each shape: valid ones and near misses, wrong in one place

    def forms(self, shape: Shape, depth: int = 0) -> Iterator[tuple[str, str]]:
        """Yield the forms of a shape that concern it alone and not what is within, each with its name."""
        match shape:
            case Named(name):
                yield from self.forms(TYPES[name], depth + 1)
            case OrNull(inner):
                yield "or null", "null"
                yield from self.forms(inner, depth)
            case Integer():
                yield from (("integers", text) for text in (*INTEGERS[-3:], *NO_INTEGERS))
            case Text():
                yield from (("texts", text) for text in (*TEXTS, *NO_TEXTS))
            case Truth():
                yield from (("bools", text) for text in ("true", *NO_BOOLS))
            case Record():
                yield from self._record_forms(shape, depth)
            case Variants():
                yield from self._variant_forms(shape, depth)
            case Places(shapes):
                values = [self.written(one, depth) for one in shapes]
                yield "pairs and triples", _array([*values, values[-1]])
                yield "pairs and triples", object_of([(str(place), value) for place, value in enumerate(values)])
                for place in range(len(values)):
                    yield "pairs and triples", _array([*values[:place], *values[place + 1 :]])
                    yield "pairs and triples", _array([*values[:place], "null", *values[place + 1 :]])
            case Listed(inner):
                yield from self._array_forms("lists", [self.written(inner, depth) for _ in range(2)])
                if not isinstance(inner, Named):
                    yield from ((form, _array([text])) for form, text in self.forms(inner, depth))
            case SetOf(inner):
                yield from self._set_forms(inner)
            case Keyed(inner):
                yield from self._keyed_forms(inner, depth)
            case EmptyTable():
                yield "tables", "[]"
                yield "tables", '{"A":1}'
                yield "tables", '{"[0,\\"A\\"]":null}'
            case HashBytes():
                yield from self._hash_forms()

    def _near(self, shape: Shape, depth: int) -> list[str]:
        """Return near misses of a part: those of its kind in turn, so that every place meets others."""
        match shape:
            case OrNull(inner):
                return self._near(inner, depth)
            case Integer():
                return self._some(NO_INTEGERS, 3)
            case Text():
                return self._some(NO_TEXTS, 3)
            case Truth():
                return list(NO_BOOLS)
            case Named() | Variants() | Record():
                return self._some(_ELSEWHERE, 2)
            case _:
                return [text for _, text in self.forms(shape, depth)]

    def _record_forms(self, shape: Record, depth: int) -> Iterator[tuple[str, str]]:
        fields = shape.fields
        members = [(one.name, self.written(one.shape, depth)) for one in fields]
        values = [value for _, value in members]
        yield "records: order", object_of(members[::-1])
        yield "records: unknown", object_of([("x", _IGNORED), *members, ("x", "1e400")])
        for place, one in enumerate(fields):
            before, after = members[:place], members[place + 1 :]
            yield "records: absent", object_of([*before, *after])
            yield "records: null", object_of([*before, (one.name, "null"), *after])
            yield "records: twice", object_of([*members, members[place]])
            yield "records: case", object_of([*before, (_other_case(one.name), members[place][1]), *after])
            for value in self._near(one.shape, depth):
                yield f"records: {one.name}", object_of([*before, (one.name, value), *after])
        yield "records from arrays", _array(values)
        yield "records from arrays: too many", _array([*values, "null"])
        for length in self._lengths(fields):
            yield "records from arrays: missing", _array(values[:length])
        place = self._random.randrange(len(fields))
        wrong = self._near(fields[place].shape, depth)[0]
        yield "records from arrays: value", _array([*values[:place], wrong, *values[place + 1 :]])
        yield from (("records: kind", text) for text in ("null", "1", '"x"', "true"))

    @staticmethod
    def _lengths(fields: Sequence[Field]) -> list[int]:
        """Return the lengths of arrays that end too early, or within the trailing fields with a default."""
        trailing = 0
        while trailing < len(fields) and fields[-1 - trailing].default is not REQUIRED:
            trailing += 1
        return sorted({max(len(fields) - missing, 0) for missing in range(1, trailing + 3)} | {0})

    def _variant_forms(self, shape: Variants, depth: int) -> Iterator[tuple[str, str]]:
        for name in shape.plain:
            yield "variants: name", f'"{name}"'
            yield "variants: null", object_of([(name, "null")])
            yield "variants: null", object_of([(name, self._some(("{}", "[]", f'"{name}"', "0", "false"), 1)[0])])
            yield "variants: case", f'"{_other_case(name)}"'
            yield "variants: twice", object_of([(name, "null"), (name, "null")])
        for name, inner in shape.with_payload.items():
            payload = self.written(inner, depth)
            yield "variants: payload", object_of([(name, payload)])
            yield "variants: name alone", f'"{name}"'
            yield "variants: twice", object_of([(name, payload), (name, payload)])
            yield "variants: two", object_of([(name, payload), ("x", "null")])
            yield "variants: case", object_of([(_other_case(name), payload)])
            if isinstance(inner, Record):
                yield from ((f"variants: {form}", object_of([(name, text)])) for form, text in self.forms(inner, depth))
            else:
                yield from (("variants: payload", object_of([(name, text)])) for text in self._near(inner, depth))
        yield "variants: none", "{}"
        yield "variants: unknown", '"Other"'
        yield "variants: unknown", '{"Other":null}'
        yield "variants: array", _array([f'"{next(iter((*shape.plain, *shape.with_payload)))}"'])
        yield from (("variants: kind", text) for text in ("null", "0", "true", "[]", '""'))

    @staticmethod
    def _array_forms(form: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
        yield form, "[]"
        yield form, _array(values)
        yield form, _array([*values, *values[::-1]])
        yield form, "[" + ",".join(values) + ",]"
        yield from ((form, text) for text in ("{}", "null", values[0]))
        yield form, _array([values[0], "null"])

    def _set_forms(self, inner: Shape) -> Iterator[tuple[str, str]]:
        yield from self._array_forms("sets", ("10", "9") if isinstance(inner, Integer) else ('"b"', '"a"'))
        if isinstance(inner, Text):
            yield "sets", '["😀","\uff21","é","z","Z",""]'
            yield "sets", r'["a","\u0061","e\u0301","é"]'

    def _keyed_forms(self, inner: Shape, depth: int) -> Iterator[tuple[str, str]]:
        one, other = self.written(inner, depth), self.written(inner, depth)
        yield from (("integers as keys", "{" + f"{key}:{one}" + "}") for key in (*KEYS, *NO_KEYS))
        yield "integers as keys: repeated", object_of([("7", one), ("7", other)])
        yield "integers as keys: repeated", object_of([("7", "null"), ("7", one)])
        yield "integers as keys: order", object_of([("10", one), ("9", other)])
        yield from (("integers as keys", text) for text in ("[]", "null", f'[["7",{one}]]'))

    def _hash_forms(self) -> Iterator[tuple[str, str]]:
        numbers = [str(self._random.randrange(256)) for _ in range(32)]
        yield "hashes", _array(["255"] * 32)
        yield "hashes", _array(numbers[1:])
        yield "hashes", _array([*numbers, "0"])
        for wrong in ("256", "-1", "1.0", '"0"', "null", "1e1"):
            place = self._random.randrange(32)
            yield "hashes", _array([*numbers[:place], wrong, *numbers[place + 1 :]])
        yield "hashes", '"' + "00" * 32 + '"'
        yield "hashes", "[]"


def drawn_trial(random: Random) -> Trial:
    """Return a text of a type, with mischief anywhere within or nowhere."""
    name = random.choice([*TYPES])
    writer = Writer(random, random.choice((0.0, 0.05, 0.2)))
    while nesting_of(text := writer.written(TYPES[name])) > NESTING:
        pass
    return Trial(name, "drawn", text)
