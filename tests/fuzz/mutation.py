"""Inputs made hostile: bytes changed at random and with knowledge of JSON, the same ones for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

VALUES: Final = (
    b"null", b"true", b"0", b"-0", b"-1", b"1.0", b"1e400", b"1e-400", b"18446744073709551615", b"18446744073709551616",
    b"1" + b"0" * 400, b"NaN", b"Infinity", b'""', b'"\\ud800"', b'"\\u0000"', b'"\\u202e"', b'"\x1b[2J"', b'"\xff"',
    b"[]", b"{}", b'{"a":1,"a":2}', b'{"$ref":0}', b'{"$ref":-1}', b'{"Fragments":["b","a"]}', b'"End"', b'{"Var":"t"}',
    b"[" * 600 + b"]" * 600, b'{"a":' * 1500 + b"0" + b"}" * 1500, b"[" * 5000, b'"' + b"x" * 5000 + b'"',
)  # fmt: skip
"""What a value is replaced by."""
BYTES: Final = (b"", b"\0", b"\n", b"\r\n", b" ", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\xff",
                b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"#", b"--", b"/*", b"e9", b".", b"-", b"\x1f\x8b")  # fmt: skip


def mutated(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Return an input changed in one to four ways."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(_WAYS)(data, others, chance)
    return data


def _replace_value(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Put another value in the place of one of a line of JSON, or drop, repeat or rename a member."""
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    try:
        document = json.loads(lines[at])
    except (ValueError, RecursionError):
        return _insert(data, others, chance)
    places: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        places += [(node, key) for key in keys]
        waiting += [node[key] for key in keys]
    if not places:
        return data
    node, key = chance.choice(places)
    way = chance.randrange(5)
    if way == 0:
        del node[key]
    elif way == 1 and isinstance(node, dict):
        node[chance.choice(("a", "", "ok", "err", "x" * 40))] = node.pop(key)
    elif way == 2:
        other, place = chance.choice(places)
        node[key] = json.loads(json.dumps(other[place])) if place in other or isinstance(place, int) else None
    else:
        node[key] = "@@"
    lines[at] = (
        json.dumps(document, separators=(",", ":"), sort_keys=True).encode().replace(b'"@@"', chance.choice(VALUES))
    )
    return b"\n".join(lines)


def _insert(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.choice(BYTES + VALUES[:20]) + data[at:]


def _flip(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    if not data:
        return b"\0"
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]


def _cut(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    first, last = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
    return data[:first] + data[last:] if chance.random() < 0.7 else data[first:last]


def _repeat(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    first = chance.randint(0, len(data))
    part = data[first : first + chance.randint(1, 40)]
    return data[:first] + part * chance.choice((2, 3, 50)) + data[first:]


def _splice(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(others)
    return data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]


def _swap_lines(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


_WAYS: Final[tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...]] = (
    _replace_value, _replace_value, _replace_value, _replace_value, _insert, _flip, _cut, _repeat, _splice, _swap_lines,
)  # fmt: skip
