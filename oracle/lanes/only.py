"""A check of one thing only: an operation, a claim, a row of the contract, or a case that a report names.

The cases in which it occurs are played up to its last occurrence, and only what is found there counts. A case that
departs earlier, somewhere else, is missing: nothing can be said of what comes after. So a restricted check may diverge,
and it may agree, but it never says anything of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import partial
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from telltale_conformance.errors import UsageError
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.claims.claim import Claim
from telltale_conformance.oracle.reference.judging import Asked, Case, CaseResult, Watch, judge_cases
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.evidence import Evidence
from telltale_conformance.oracle.verdict.results import LaneResult, not_run
from telltale_conformance.readable import json_line

Kind = Literal["operation", "claim", "row", "case"]
_CASE: Final = ": "
"""Between lane and case in the name of a case, as reports write it."""
_CLAIMS_LANE: Final = "claims"
_DRAWN: Final = ("stateful", "concurrent")
"""Lanes whose cases are not known before they are played: they take part where a case of theirs is named."""


class Only(Struct, frozen=True, kw_only=True):
    """What a check is restricted to."""

    kind: Kind
    name: str
    """For people, as ``G-live`` or ``K13 rejection-audited``."""
    operations: frozenset[str] = frozenset()
    guards: frozenset[str] = frozenset()
    claim: str | None = None
    lane: str | None = None
    case: str | None = None

    def __str__(self) -> str:
        """Return it for people: ``operation open``."""
        return f"{self.kind} {self.name}"

    def concerns(self, asked: Asked) -> bool:
        """Say whether what is found at this step counts."""
        if self.kind in ("case", "claim"):
            return True
        refusal = asked.expected.error
        return asked.op in self.operations or (refusal is not None and refusal.guard.name in self.guards)

    def why_not_run(self, lane: str) -> str | None:
        """Say why a lane does not take part; None where it does."""
        if self.kind == "case":
            return None if lane == self.lane else f"only {self} was asked for"
        if self.kind == "claim":
            return None if lane == _CLAIMS_LANE else f"only {self} was asked for, which lane {_CLAIMS_LANE} watches"
        return f"only {self} was asked for; its cases are drawn while they are played" if lane in _DRAWN else None

    def takes(self, name: str) -> bool:
        """Say whether a case of that name may be played."""
        if self.kind == "claim":
            return name.partition("-")[0] == self.claim
        return self.kind != "case" or name == self.case


def chosen_cases(
    adapter: Adapter,
    cases: Sequence[Case],
    names: Sequence[str],
    level: Level,
    only: Only | None,
    watch: Watch | None = None,
) -> Iterator[CaseResult]:
    """Judge cases as ``judge_cases`` does; where the check is restricted, what it leaves out counts as no case.

    Args:
        adapter: drives the implementation.
        cases: in order.
        names: of the cases, as reports write them.
        level: how strictly answers are compared.
        only: the restriction.
        watch: is shown every answer that was judged.
    """
    if only is None:
        yield from judge_cases(adapter, cases, level, watch)
        return
    played = [partial(_steps, case, name, only) for case, name in zip(cases, names, strict=True)]
    for result in judge_cases(adapter, played, level, watch):
        result.left_out = result.empty
        if result.diverged_at is not None and not only.concerns(result.diverged_at):
            result.elsewhere = result.diverged_at.op
            result.diverged_at = result.divergence = None
        yield result


def _steps(case: Callable[[], Iterable[Asked]], name: str, only: Only) -> Sequence[Asked]:
    if not only.takes(name):
        return ()
    steps = list(case())
    last = max((number for number, asked in enumerate(steps) if only.concerns(asked)), default=-1)
    return steps[: last + 1]


def restricted(result: LaneResult, only: Only) -> LaneResult:
    """Return the result of a lane in a restricted check: its cases are the evidence, not what all together show."""
    if result.why_not_run is not None:
        return result
    if not result.evidence.cases.planned and not result.tally.faults:
        return not_run(result.lane, f"none of its cases {'is' if only.kind == 'case' else 'has'} {only}")
    evidence = result.evidence if only.kind == "claim" else Evidence(result.evidence.cases)
    return msgspec.structs.replace(result, evidence=evidence, restricted=True)


class UnknownName(UsageError):
    """Thrown when a check is to be restricted to what there is not; the message lists names that are near."""


def only_named(name: str, lanes: Iterable[str]) -> Only:
    """Return the restriction that a name stands for.

    Args:
        name: of an operation, a claim (``K13``, its name, or both), a guard or a section of the contract, or a case as
            reports write it (``programs: program 17``).
        lanes: the names of all lanes.

    Raises:
        UnknownName: there is nothing of that name.
    """
    wanted = " ".join(name.split())
    lane, colon, case = wanted.partition(_CASE)
    if colon and lane in set(lanes):
        return Only(kind="case", name=wanted, lane=lane, case=case)
    if wanted in OPERATIONS:
        return Only(kind="operation", name=wanted, operations=frozenset([wanted]))
    for claim in CLAIMS.values():
        if wanted.lower() in (claim.id.lower(), claim.name, claim.title.lower()):
            return Only(kind="claim", name=claim.title, claim=claim.id)
    row = _row(wanted)
    if row is not None:
        return row
    raise UnknownName(_unknown(wanted, lanes))


def _row(name: str) -> Only | None:
    """Return the row of the contract: a guard, a rule by which one refuses, or a section with its operations."""
    guards = frozenset(
        guard.name
        for guard in GUARDS.values()
        if guard.name.lower() == name.lower() or name in (guard.name.partition(" ")[0], *guard.origin.split(", "))
    )
    operations = frozenset(op for op, row in OPERATIONS.items() if row.section == name)
    found = guards or operations
    return Only(kind="row", name=name, guards=guards, operations=operations) if found else None


def _unknown(name: str, lanes: Iterable[str]) -> str:
    known: dict[str, Any] = {
        **OPERATIONS,
        **GUARDS,
        **{text: claim for claim in CLAIMS.values() for text in (claim.id, claim.name)},
    }
    near = get_close_matches(name, known, n=4, cutoff=0.5)
    titles = dict.fromkeys(known[text].title if isinstance(known[text], Claim) else text for text in near)
    meant = f"; near it are {', '.join(titles)}" if near else ""
    forms = "an operation, a claim, a guard or a section of the contract, or a case as reports name it"
    return f"nothing is called {json_line(name, 80)}{meant}. --only takes {forms}: {', '.join(lanes)} before a colon"
