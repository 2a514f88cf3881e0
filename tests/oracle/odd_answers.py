"""An adapter of the reference that answers one operation with JSON that is deep, large or odd, and else is right.

``python -m tests.oracle.odd_answers NAME OP [PART]``: one of ``ANSWERS``, as ``ok``, ``err`` or ``audit``.
"""

from __future__ import annotations

import sys
from typing import Final

from telltale_conformance.oracle.adapters.serve_reference import ReferenceServer, serve

LEVELS: Final = 1900
"""How deep answers nest here; the limit is 2,000."""


def objects(levels: int = LEVELS) -> str:
    return '{"a":' * levels + "0" + "}" * levels


def arrays(levels: int = LEVELS) -> str:
    return "[" * levels + "]" * levels


ANSWERS: Final = {
    "deep objects": objects(),
    "deep arrays": arrays(),
    "deep under a variant": f'{{"StaleCapability":{objects(LEVELS - 1)}}}',
    "many elements": "[" + ",".join(["0"] * 100_000) + "]",
    "many members": "{" + ",".join(f'"{number}":{number}' for number in range(20_000)) + "}",
    "a long key": '{"' + "k" * 100_000 + '":1}',
    "a long text": '"' + "é" * 100_000 + '"',
    "a number of many digits": "0." + "1" * 5000,
    "escapes": r'"\u0000\u001b[31m\u202e<script>\u2028``` ]]>"',
}


MALFORMED: Final = {
    "a lone surrogate": (r'"\ud800"', "a lone surrogate escape is not a Unicode character"),
    "a huge number": ("1" + "0" * 400, "number out of range: 1000000000"),
    "1e400": ("[1e400]", "number out of range: 1e400"),
    "2^64": ('{"a":18446744073709551616}', "a number is above 2^64-1 or below -2^63: 1.84467e+19"),
    "-2^63-1": ("[-9223372036854775809]", "a number is above 2^64-1 or below -2^63: -9.22337e+18"),
    "far below": ("[-9223372036854775809.0e3]", "a number is above 2^64-1 or below -2^63: -9.22337e+21"),
    "a repeated key": ('{"a":1,"a":2}', 'repeated key "a"'),
    "a repeated key, nested": ('[{"b":{"a":1,"a":1}}]', 'repeated key "a"'),
    "NaN": ("[NaN]", "NaN is not JSON"),
}
"""Answers that two readers may read differently, with what is said of each."""


class Odd(ReferenceServer):
    """Gives the answer to every call of the operation."""

    def __init__(self, answer: str, op: str, part: str) -> None:
        super().__init__("telltale-17")
        self._op = f'"op":"{op}"'.encode()
        whole = f'"ok":null,"audit":{answer}' if part == "audit" else f'"{part}":{answer},"audit":[]'
        self._whole = whole.encode()

    def answer(self, line: bytes) -> bytes:
        right = super().answer(line)
        if self._op not in line:
            return right
        return right[: right.index(b",") + 1] + self._whole + b"}\n"


if __name__ == "__main__":
    name, op, *rest = sys.argv[1:]
    texts = ANSWERS | {name: text for name, (text, _) in MALFORMED.items()}
    serve(Odd(texts[name], op, rest[0] if rest else "ok"), sys.stdin.fileno(), sys.stdout.fileno())
