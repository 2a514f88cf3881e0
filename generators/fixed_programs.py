"""The fixed list: small programs that every check plays whole, each the smallest that tells some wrong store.

They are data, one program a line: ``{"tells": [name, …], "steps": [[operation, arguments], …]}``. A step's number is
its place, so ``{"$ref": 0}`` is the first step's result. Arguments are sent as they are written. A program is played
under the contract of the implementation.
"""

from __future__ import annotations

import gzip
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

from telltale_conformance.files import packaged
from telltale_conformance.lean_traces.printing import decode_as_written, encode, encode_as_written
from telltale_conformance.lean_traces.programs import Program, Step

FILE: Final = "programs.jsonl.gz"


class FixedProgram(NamedTuple):
    """One program of the list."""

    tells: tuple[str, ...]
    """What it was written to tell: wrong stores by name, or the row of a sweep."""
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """How reports call it."""
        return self.tells[0]

    def program(self, contract: str) -> Program:
        """Return it as a program of a contract."""
        return Program(contract=contract, meta={"fixed": self.name}, steps=self.steps)


def unpacked() -> bytes:
    """Return the lines of the file."""
    return gzip.decompress(packaged("telltale_conformance.generators", "data", "fixed", FILE))


@cache
def fixed_programs() -> tuple[FixedProgram, ...]:
    """Return the list, in its order."""
    return tuple(read_line(line) for line in unpacked().splitlines())


def read_line(line: bytes) -> FixedProgram:
    """Return the program of one line."""
    read: dict[str, Any] = decode_as_written(line)
    steps = (Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(read["steps"]))
    return FixedProgram(tuple(read["tells"]), tuple(steps))


def written_line(fixed: FixedProgram) -> bytes:
    """Return a program as its line holds it, line end included."""
    steps = [[step.op, msgspec.Raw(encode_as_written(step.args))] for step in fixed.steps]
    return encode({"tells": list(fixed.tells), "steps": steps}) + b"\n"
