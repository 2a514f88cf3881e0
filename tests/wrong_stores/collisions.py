"""Pairs of names that common weak hashes take for one another, and the search that finds them.

A store that keeps a hash in the place of a name is wrong for two names in very many, which no generator draws. The
pairs of a hash of 32 bits agree in all of it, so they tell every part of it too: its low 16 bits, its high ones.
``python -m tests.wrong_stores.collisions`` prints the table, as it stands below.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from functools import partial, reduce
from random import Random
from string import ascii_lowercase

Hash = Callable[[bytes], int]


def _stepped(start: int, step: Callable[[int, int], int], name: bytes) -> int:
    return reduce(step, name, start)


def _fnv(name: bytes, *, bits: int, xor_first: bool) -> int:
    prime, start = {32: (0x01000193, 0x811C9DC5), 64: (0x100000001B3, 0xCBF29CE484222325)}[bits]
    value = start
    for byte in name:
        value = ((value ^ byte) * prime if xor_first else value * prime ^ byte) % 2**bits
    return value


def _one_at_a_time(name: bytes) -> int:
    value = 0
    for byte in name:
        value = (value + byte) * 1025 % 2**32
        value ^= value >> 6
    value = value * 9 % 2**32
    value ^= value >> 11
    return value * 32769 % 2**32


HASHES: dict[str, Hash] = {
    "CRC-32": zlib.crc32,
    "Adler-32": zlib.adler32,
    "FNV-1": partial(_fnv, bits=32, xor_first=False),
    "FNV-1a": partial(_fnv, bits=32, xor_first=True),
    "FNV-1a of 64 bits, the low half": lambda name: _fnv(name, bits=64, xor_first=True) % 2**32,
    "FNV-1a of 64 bits, the high half": lambda name: _fnv(name, bits=64, xor_first=True) >> 32,
    "Java's": partial(_stepped, 0, lambda value, byte: (31 * value + byte) % 2**32),
    "djb2": partial(_stepped, 5381, lambda value, byte: (33 * value + byte) % 2**32),
    "djb2 by xor": partial(_stepped, 5381, lambda value, byte: (33 * value ^ byte) % 2**32),
    "sdbm": partial(_stepped, 0, lambda value, byte: (65599 * value + byte) % 2**32),
    "BKDR": partial(_stepped, 0, lambda value, byte: (131 * value + byte) % 2**32),
    "one at a time": _one_at_a_time,
    "the sum of the bytes": sum,
    "the exclusive or of the bytes": partial(_stepped, 0, lambda value, byte: value ^ byte),
}
"""Hashes that are at hand in common languages, by name."""

PAIRS: dict[str, tuple[str, str]] = {
    "CRC-32": ("ijqprnu", "zwsiblz"),
    "Adler-32": ("gjshnml", "qavagun"),
    "FNV-1": ("pzzcyib", "mliircq"),
    "FNV-1a": ("rroeuga", "geeuugo"),
    "FNV-1a of 64 bits, the low half": ("duiosyk", "obsbcil"),
    "FNV-1a of 64 bits, the high half": ("snpamqa", "dbkxrwa"),
    "Java's": ("jtfolgz", "tjgxiyc"),
    "djb2": ("keunyor", "afmrluf"),
    "djb2 by xor": ("thvbefo", "iajjxgs"),
    "sdbm": ("jqglykd", "fznppdp"),
    "BKDR": ("ydfoqmg", "gqeriyv"),
    "one at a time": ("dzjluki", "zeorplq"),
    "the sum of the bytes": ("vveexll", "ekvpuwd"),
    "the exclusive or of the bytes": ("jbtqqzl", "ivnbnmz"),
}
"""By hash: the first two names that it takes for one, in the order of the search."""


def _names() -> Iterator[str]:
    random = Random("names")
    while True:
        yield "".join(random.choices(ascii_lowercase, k=7))


def found(value: Hash) -> tuple[str, str]:
    """Return the first two names of one hash."""
    known: dict[int, str] = {}
    for name in _names():
        first = known.setdefault(value(name.encode()), name)
        if first != name:
            return first, name
    raise AssertionError("there is no end of names")


if __name__ == "__main__":
    for _name, _value in HASHES.items():
        print(f"    {json.dumps(_name)}: ({', '.join(map(json.dumps, found(_value)))}),")
