"""The cases of guided generation: programs drawn towards goals, from the beginning or from where a corpus has led.

The corpus is data, one file per contract, made by ``python -m tools.distil``; its lines are those of the fixed list.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any, Final

from telltale_conformance.files import packaged
from telltale_conformance.generators.fixed_programs import FixedProgram, read_line, written_line
from telltale_conformance.generators.guidance import renumbered
from telltale_conformance.generators.mutations import mutated, parts_of
from telltale_conformance.generators.programs import directed
from telltale_conformance.generators.reached import played
from telltale_conformance.generators.steps import as_program
from telltale_conformance.lean_traces.programs import Step
from telltale_conformance.model.operations import OPERATIONS

Steps = tuple[Step, ...]
_OF_SESSIONS: Final = ("observe", "authority_audit_log")
"""What is asked of every session at the end of a case."""
_OF_THE_STORE: Final = tuple(
    operation.name
    for operation in OPERATIONS.values()
    if not operation.parameters
    and operation.reads_only
    and (operation.result == "memory" or operation.reach in ("archive", "next sid"))
)
"""What is asked of the store then."""
_ALL: Final = frozenset(OPERATIONS)
_TURNS: Final = 2
"""Of so many cases in turn the last begins with the corpus."""
_PARTS: Final = 8
"""Parts of the corpus that are each played in an order of the seed."""
STEPS: Final = 300
"""Steps of a case from the beginning, before its last look."""
FURTHER: Final = 260
"""Steps that are drawn after a program of the corpus, before the last look."""
_FIRST, FIRST_STEPS = 12, 70
"""So many cases, two of each concern, draw so few steps: much of what a concern shows it shows soon."""
_EDGES: Final = 3
"""How many of the edges that got messages or handlers are looked at, those that did so last."""


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
        if not all(programs):
            raise ValueError("it holds a program without steps")
    except (OSError, EOFError, KeyError, TypeError, zlib.error) as error:
        raise ValueError(f"it is not a distilled corpus: {error}") from None
    return programs


def packed_corpus(programs: list[Steps]) -> bytes:
    """Return the programs of a corpus as its file holds them."""
    lines = (written_line(FixedProgram((f"guided {number}",), steps)) for number, steps in enumerate(programs))
    return gzip.compress(b"".join(lines), mtime=0)


def guided_case(
    seed: int,
    index: int,
    contract: str,
    corpus: tuple[Steps, ...] | None = None,
    offered: frozenset[str] = _ALL,
) -> Steps:
    """Return case ``index`` of a seed; the kinds of cases take turns, without end.

    One is drawn towards goals from the beginning. The next begins with a program of the corpus, in an order of the
    seed, and goes on towards goals; when the whole corpus has been played, with mutants of its programs.

    Args:
        seed: decides order, mutants and what is drawn.
        index: of the case, from 0.
        contract: whose corpus is taken where none is given.
        corpus: another one.
        offered: the operations that the implementation offers; what is drawn from the beginning has no other.
    """
    if corpus is None:
        corpus = guided_corpus(contract)
    rounds, turn = divmod(index, _TURNS)
    few = index < _FIRST
    if turn < _TURNS - 1:
        generator = directed(seed, index - rounds, offered, contract)
        return as_program(generator.steps(FIRST_STEPS if few else STEPS), contract, {}).steps
    begun = renumbered([one.step for one in played(_begun(seed, rounds, corpus), contract)])
    drawn = directed(-1 - seed, rounds, _ALL, contract).continued(begun, FIRST_STEPS if few else FURTHER)
    made = as_program(drawn, contract, {}).steps
    return (*begun, *made[len(begun) :])  # as it was written, raw forms included


def _begun(seed: int, place: int, corpus: tuple[Steps, ...]) -> Steps:
    """Return what a case begins with, by its place among those that begin with the corpus."""
    if place < len(corpus):
        return corpus[_order(seed, len(corpus))[place]]
    rng = Random(f"{seed}/guided/{place}")
    parent, other = (corpus[int(rng.random() * len(corpus))] for _ in range(2))
    return mutated(parts_of(parent), parts_of(other), rng)


def cases_of(corpus: tuple[Steps, ...]) -> int:
    """Return after how many cases the whole corpus has been played."""
    return len(corpus) * _TURNS


@cache
def _order(seed: int, size: int) -> tuple[int, ...]:
    """Return the places of the corpus: its first eighth, which reaches most, then the others, each in an order."""
    rng = Random(f"{seed}/guided")
    order: list[int] = []
    part = max(1, size // _PARTS)
    for start in range(0, size, part):
        places = list(range(start, min(size, start + part)))
        rng.shuffle(places)
        order += places
    return tuple(order)


def looked(steps: Steps) -> Steps:
    """Return a program with a look at every session that it opened, at what its edges got, and at the store."""
    asked = (*_of_sessions(steps), *_of_edges(steps), *((op, {}) for op in _OF_THE_STORE))
    return (*steps, *(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(asked, len(steps))))


def _of_sessions(steps: Steps) -> Iterator[tuple[str, Any]]:
    for step in steps:
        if OPERATIONS[step.op].gives == "session":
            for op in _OF_SESSIONS:
                yield op, {"sid": {"$ref": step.seq}}


def _of_edges(steps: Steps) -> Iterator[tuple[str, Any]]:
    """Yield looks at what observing a session does not show: bound handlers, roots, messages that wait."""
    bound, sent = {}, {}
    for step in steps:
        if OPERATIONS[step.op].result == "enqueued":
            edge = {name: step.args[name] for name in ("sid", "from", "to")}
            sent[repr(edge)] = edge
        given = step.args.get("mutation", step.args)
        given = given.get("UpdateEdgeHandler", given)
        if "edge" in given and "handler" in given:
            bound[repr(given["edge"])] = given["edge"]
    for edge in list(bound.values())[-_EDGES:]:
        yield "lookup_handler", {"edge": edge}
    for edge in list(sent.values())[-_EDGES:]:
        root = {"receiver": edge["to"], "sender": edge["from"], "sid": edge["sid"]}
        yield "auth_root", {"edge": root, "sid": edge["sid"]}
        yield "recv_signed", edge
