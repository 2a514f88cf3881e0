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
    "a lone surrogate": r'"\ud800"',
    "a huge number": "1" + "0" * 400,
    "a number of many digits": "0." + "1" * 5000,
    "a repeated key": '{"a":1,"a":2}',
    "escapes": r'"\u0000\u001b[31m\u202e<script>\u2028``` ]]>"',
}


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
    serve(Odd(ANSWERS[name], op, rest[0] if rest else "ok"), sys.stdin.fileno(), sys.stdout.fileno())
