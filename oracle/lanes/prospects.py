"""What a check can judge of an implementation that offers these operations, before it is run.

Claims are not guessed: the programs on which they are watched run on the reference, as far as the operations go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from telltale_conformance.generators.fixed_programs import fixed_programs
from telltale_conformance.generators.floor import able_to_succeed
from telltale_conformance.generators.guided_programs import guided_corpus
from telltale_conformance.generators.histories import races_offered
from telltale_conformance.generators.pumps import DEPTHS, pumped
from telltale_conformance.model.operations import APART, OPERATIONS, those
from telltale_conformance.oracle.adapters import Answer, Hello, ReferenceAdapter, Request
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.claims.judging import judge_claims
from telltale_conformance.oracle.lanes.claims import claims_of, watched_programs
from telltale_conformance.oracle.lanes.table import LANES


class Prospects(Struct, frozen=True, kw_only=True):
    """What a check can judge, and what it cannot."""

    operations: tuple[str, ...]
    operations_not: tuple[str, ...]
    refused_only: tuple[str, ...]
    """The operations that cannot succeed for want of others."""
    rows: dict[str, tuple[int, int]]
    """How many of the rows of each section of the contract, and of how many."""
    claims: tuple[str, ...]
    """Those on which a store has occasions to keep or to break them, by id."""
    claims_not: tuple[str, ...]
    lanes: tuple[str, ...]
    lanes_not: dict[str, str]
    """Those that have nothing to judge, and why."""
    not_compared: tuple[str, ...]
    """What of each answer goes unseen, and why."""


class _Restricted(ReferenceAdapter):
    """The reference as far as an adapter's hello goes."""

    def __init__(self, hello: Hello) -> None:
        super().__init__(hello.contract)
        self._restricted = hello

    @property
    def hello(self) -> Hello:
        """What the adapter said."""
        return self._restricted

    def _answer(self, request: Request) -> Answer:
        answer = super()._answer(request)
        return answer if self._restricted.audited else answer._replace(audit=None)


SEED: Final = 0
"""The generated programs among those on which claims are watched are those of a check without ``--seed``."""


def prospects(hello: Hello) -> Prospects:
    """Return what a check can judge of an implementation that says this of itself; its contract is a known one."""
    offered = hello.ops & OPERATIONS.keys()
    judged = _claims(hello.contract, frozenset(offered), hello.observes)
    idle = dict(_idle_lanes(hello, frozenset(offered)))
    return Prospects(
        operations=tuple(op for op in OPERATIONS if op in offered),
        operations_not=tuple(op for op in OPERATIONS if op not in offered),
        refused_only=tuple(sorted(offered - APART - able_to_succeed(frozenset(offered)))),
        rows=_rows(frozenset(offered)),
        claims=tuple(claim for claim in CLAIMS if claim in judged),
        claims_not=tuple(claim for claim in CLAIMS if claim not in judged),
        lanes=tuple(lane for lane in LANES if lane not in idle),
        lanes_not=idle,
        not_compared=tuple(_unseen(hello)),
    )


def _rows(offered: frozenset[str]) -> dict[str, tuple[int, int]]:
    sections = Counter(operation.section for operation in OPERATIONS.values())
    judged = Counter(OPERATIONS[op].section for op in offered)
    return {name: (judged[name], sections[name]) for name in sorted(sections, key=lambda name: int(name[1:]))}


@cache
def _claims(contract: str, offered: frozenset[str], observes: frozenset[str]) -> frozenset[str]:
    hello = replace(ReferenceAdapter(contract).hello, ops=offered, observes=observes)
    stands = claims_of(judge_claims(_Restricted(hello), watched_programs(contract, SEED)))
    return frozenset(claim for claim, stand in stands.items() if stand.status != "not judged")


def _idle_lanes(hello: Hello, offered: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the lanes that have nothing to judge, with why."""
    nothing = "none of the operations that it asks for is offered"
    if not offered:
        yield from dict.fromkeys(LANES, nothing).items()
        return
    if not offered & {step.op for fixed in fixed_programs() for step in fixed.steps}:
        yield "fixed", nothing
    if not offered & {step.op for steps in guided_corpus(hello.contract) for step in steps}:
        yield "guided", nothing
    if not pumped(DEPTHS, offered):
        yield "deep", "none of its programs has all its operations offered"
    if "open" not in offered:
        yield "graph", "it needs open"
    elif not offered & those(lambda operation: operation.errors == "ownership"):
        yield "graph", "none of the operations of ownership is offered"
    if hello.clients < 2:
        yield "concurrent", "the hello lets one client ask at a time"
    elif not races_offered(offered):
        yield "concurrent", nothing


def _unseen(hello: Hello) -> Iterator[str]:
    if not hello.audited:
        yield "records of the log are not compared: the hello does not observe audit"
    if "observe" not in hello.ops:
        yield "states are not compared: observe is not offered"
