"""The cases of guided generation: a small corpus of programs that reach much, and their mutants by seed and number.

The corpus is data, one file per contract, made by ``python -m tools.distil``; its lines are those of the fixed list.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Final

from telltale_conformance.files import packaged
from telltale_conformance.generators.fixed_programs import FixedProgram, read_line, written_line
from telltale_conformance.generators.mutations import mutated, parts_of
from telltale_conformance.lean_traces.programs import Step
from telltale_conformance.model.operations import OPERATIONS

Steps = tuple[Step, ...]
_LOOKS: Final = ("observe", "authority_audit_log")
"""What is asked of every session at the end of a case."""


@cache
def guided_corpus(contract: str) -> tuple[Steps, ...]:
    """Return the programs of the corpus of a contract, those first that reach most for their length."""
    return read_corpus(packaged("telltale_conformance.generators", "data", "guided", f"{contract}.jsonl.gz"))


def read_corpus(packed: bytes, most: int = 1 << 28) -> tuple[Steps, ...]:
    """Return the programs of a corpus whose file has these bytes, and unpacks to at most so many.

    Raises:
        ValueError: they are not those of a corpus.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            lines = file.read(most + 1)
        if len(lines) > most:
            raise ValueError(f"it unpacks to more than {most:,} bytes")
        programs = tuple(read_line(line).steps for line in lines.splitlines())
        if not programs or not all(step.op in OPERATIONS for steps in programs for step in steps):
            raise ValueError("it holds no programs, or unknown operations")
    except (OSError, EOFError, KeyError, TypeError, zlib.error) as error:
        raise ValueError(f"it is not a distilled corpus: {error}") from None
    return programs


def packed_corpus(programs: list[Steps]) -> bytes:
    """Return the programs of a corpus as its file holds them."""
    lines = (written_line(FixedProgram((f"guided {number}",), steps)) for number, steps in enumerate(programs))
    return gzip.compress(b"".join(lines), mtime=0)


def guided_case(seed: int, index: int, contract: str, corpus: tuple[Steps, ...] | None = None) -> Steps:
    """Return case ``index`` of a seed: first the corpus, in an order of the seed, then mutants of it, without end.

    Args:
        seed: decides order and mutants.
        index: of the case, from 0.
        contract: whose corpus is taken where none is given.
        corpus: another one.
    """
    if corpus is None:
        corpus = guided_corpus(contract)
    if index < len(corpus):
        return looked(corpus[_order(seed, len(corpus))[index]])
    rng = Random(f"{seed}/guided/{index}")
    parent, other = (corpus[int(rng.random() * len(corpus))] for _ in range(2))
    return looked(mutated(parts_of(parent), parts_of(other), rng))


@cache
def _order(seed: int, size: int) -> tuple[int, ...]:
    """Return the places of the corpus: the first half, which reaches most, then the second, each in an order."""
    rng = Random(f"{seed}/guided")
    halves = [list(range(size // 2)), list(range(size // 2, size))]
    for half in halves:
        rng.shuffle(half)
    return (*halves[0], *halves[1])


def looked(steps: Steps) -> Steps:
    """Return a program with a look at every session that it opened, and at the archive."""
    return (*steps, *_looks(steps))


def _looks(steps: Steps) -> Iterator[Step]:
    seq = len(steps)
    for step in steps:
        if OPERATIONS[step.op].gives == "session":
            for op in _LOOKS:
                yield Step(args={"sid": {"$ref": step.seq}}, op=op, seq=seq)
                seq += 1
    yield Step(args={}, op="archived_closed", seq=seq)
