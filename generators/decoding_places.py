"""More texts for ``decode`` (contract §20): every near miss at every place, and names in other conventions.

``decodings`` gives each place a few near misses, others each time; a reader that is lenient in one field alone, or that
knows a name in another spelling, shows only where every field meets all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Final

from telltale_conformance.generators.decodings import NO_INTEGERS, NO_TEXTS, Writer, object_of
from telltale_conformance.model.decoding.shapes import (
    Integer,
    Keyed,
    Named,
    OrNull,
    Record,
    SetOf,
    Shape,
    Text,
    Variants,
)
from telltale_conformance.model.decoding.table import TYPES
from telltale_conformance.model.values import U64_MAX

_SURROGATES: Final = (r'"\udc00"', r'"a\uDFFFb"', r'"\ud800\ud800"', r'"\udbff"')
_AROUND: Final = ("\x0b", "\x0c", "\x1f", "\x85", "\xa0", "\u200b", "\u2028", "\u3000", "\ufeff")
"""What some languages take for white space, and JSON does not."""


def _words(name: str) -> list[str]:
    return re.findall(r"[A-Z]?[a-z0-9]+", name)


_CONVENTIONS: Final[tuple[Callable[[Sequence[str]], str], ...]] = (
    lambda words: "".join(word.title() for word in words),
    lambda words: words[0].lower() + "".join(word.title() for word in words[1:]),
    lambda words: "_".join(words).lower(),
    lambda words: "-".join(words).lower(),
    lambda words: "_".join(words).upper(),
)
"""How libraries spell names: PascalCase, camelCase, snake_case, kebab-case, upper case."""


def _spelled(name: str) -> set[str]:
    return {spelled(_words(name)) for spelled in _CONVENTIONS} - {name}


def all_places(shape: Shape, writer: Writer) -> Iterator[tuple[str, str]]:
    """Yield texts of a type with each near miss at each of its own places, each with the name of its form."""
    sample = writer.written(shape)
    for space in _AROUND:
        yield "the text: around", space + sample
        yield "the text: around", sample + space
    match shape:
        case Record():
            yield from _fields(shape, writer)
        case Variants():
            yield from _variants(shape, writer)
        case _:
            yield from (("near misses", text) for text in _near(shape))


def _variants(shape: Variants, writer: Writer) -> Iterator[tuple[str, str]]:
    for name in shape.plain:
        yield from (("variants: other spellings", f'"{other}"') for other in sorted(_spelled(name)))
    for name, inner in shape.with_payload.items():
        payload = writer.written(inner)
        yield from (("variants: other spellings", object_of([(other, payload)])) for other in sorted(_spelled(name)))
        forms = _fields(inner, writer) if isinstance(inner, Record) else (("payload", text) for text in _near(inner))
        yield from ((f"variants: {form}", object_of([(name, text)])) for form, text in forms)


def _fields(record: Record, writer: Writer) -> Iterator[tuple[str, str]]:
    members = [(field.name, writer.written(field.shape)) for field in record.fields]
    yield "records: twice", object_of([members[0], *members])
    for place, field in enumerate(record.fields):
        before, after = members[:place], members[place + 1 :]
        if isinstance(field.shape, Keyed):
            for text in _repeated_keys(field.shape):
                yield "integers as keys: repeated", object_of([*before, (field.name, text), *after])
        for text in _near(field.shape):
            yield f"records: {field.name}", object_of([*before, (field.name, text), *after])
        for other in sorted(_spelled(field.name)):
            yield "records: other spellings", object_of([*before, (other, members[place][1]), *after])


def _repeated_keys(table: Keyed) -> Iterator[str]:
    """Yield tables with keys that are repeated, side by side and apart, each time with another value."""
    writer = Writer(Random("repeated keys"))
    for keys in (("0", "0"), ("10", "9", "10"), ("9", "10", "9", "10"), (str(U64_MAX), "1", str(U64_MAX)), ("5",) * 3):
        yield object_of([(key, writer.written(table.shape)) for key in keys])


def _near(shape: Shape) -> Sequence[str]:
    match shape:
        case Integer():
            return NO_INTEGERS
        case Text():
            return (*NO_TEXTS, *_SURROGATES)
        case OrNull(inner):
            return _near(inner)
        case SetOf(inner):
            return [f"[{text}]" for text in _near(inner)]
        case Named(name):
            named = TYPES[name]
            return [text for plain in named.plain for text in _near_names(plain)] if isinstance(named, Variants) else ()
        case _:
            return ()


def _near_names(name: str) -> list[str]:
    return [f'"{other}"' for other in sorted(_spelled(name))]
