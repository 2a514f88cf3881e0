"""Which claim notices a changed rule: proofs that fail, then a run from the opening that breaks the claim."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from telltale_conformance.oracle.symbolic.claims.claim import Claim
from telltale_conformance.oracle.symbolic.proof.bounded import shortest_violation
from telltale_conformance.oracle.symbolic.proof.induction import find_gap
from telltale_conformance.oracle.symbolic.proof.solving import Inconclusive, Limits
from telltale_conformance.oracle.symbolic.prove import OWNERSHIP_CLAIMS
from telltale_conformance.oracle.symbolic.statement.state import Contract
from tools.claims_completeness.changes import Change, changes
from tools.claims_completeness.rows import changed

CONTRACT: Final = Contract.HARDENED
"""Under it every claim holds, so that each has a verdict to lose."""
LONGEST: Final = 5
_WORK: Final = 5_000_000
_SEARCHES: Final = 2
"""How many claims whose proof fails are searched for a run that breaks them."""
_FIRST: Final = ("K24", "K12", "K23", "K21")

How = Literal["refuted", "no longer proved", "reference only"]


@dataclass(frozen=True)
class Noticed:
    """What became of the claims under one change."""

    change: str
    kind: str
    how: How
    claim: str = ""


def _order() -> list[Claim]:
    """Return the claims, those first that notice most: the first that notices is enough."""
    return [OWNERSHIP_CLAIMS[key] for key in dict.fromkeys((*_FIRST, *OWNERSHIP_CLAIMS))]


def notice(change: Change) -> Noticed:
    """Return whether the claims notice a change, and how: a run that breaks one, or a proof that fails now."""
    gaps: list[Claim] = []
    with changed(change.op, change.edit):
        for claim in _order():
            if find_gap(claim, CONTRACT, Limits(), (change.op,)) is None:
                continue
            gaps.append(claim)
            if _refuted(claim):
                return Noticed(change.name, change.kind, "refuted", claim.id)
            if len(gaps) == _SEARCHES:
                break
    if gaps:
        return Noticed(change.name, change.kind, "no longer proved", gaps[0].id)
    return Noticed(change.name, change.kind, "reference only")


def _refuted(claim: Claim) -> bool:
    try:
        return shortest_violation(claim, CONTRACT, LONGEST, Limits(_WORK)) is not None
    except Inconclusive:
        return False


@cache
def all_changes() -> tuple[Change, ...]:
    """Return the changes that are measured."""
    return tuple(changes(CONTRACT))


def _notice_at(number: int) -> Noticed:
    return notice(all_changes()[number])


def measure(numbers: Sequence[int] | None = None, jobs: int = 1) -> Iterator[Noticed]:
    """Measure the changes with these numbers, or all, in order."""
    wanted = range(len(all_changes())) if numbers is None else numbers
    if jobs == 1:
        yield from map(_notice_at, wanted)
        return
    with ProcessPoolExecutor(jobs) as workers:
        yield from workers.map(_notice_at, wanted, chunksize=4)
