"""The cases of guided generation: a small corpus of programs that reach much, and their mutants by seed and number.

The corpus is data, one file per contract, made by ``python -m tools.distil``; its lines are those of the fixed list.
"""

from __future__ import annotations

import gzip
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
    packed = packaged("telltale_conformance.generators", "data", "guided", f"{contract}.jsonl.gz")
    return tuple(read_line(line).steps for line in gzip.decompress(packed).splitlines())


def packed_corpus(programs: list[Steps]) -> bytes:
    """Return the programs of a corpus as its file holds them."""
    lines = (written_line(FixedProgram((f"guided {number}",), steps)) for number, steps in enumerate(programs))
    return gzip.compress(b"".join(lines), mtime=0)


def guided_case(seed: int, index: int, contract: str) -> Steps:
    """Return case ``index`` of a seed: first the corpus, in an order of the seed, then mutants of it, without end."""
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
