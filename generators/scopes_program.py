"""The program in which a scope is narrowed, granted and widened in every way that there is (contract §2).

Each session is claimed for a scope.  Its owner asks to narrow it or to pass it on, for each other scope, and then for
what it had, or presents its capability with the other scope.  Then the owner asks for what only the owner of the whole
session may do.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any, Final

from telltale_conformance.lean_traces.programs import Program, Step

_SCOPES: Final[tuple[Any, ...]] = (
    "Session",
    {"Fragments": ["x", "y"]},
    {"Fragments": ["x"]},
    {"Fragments": ["z"]},
    {"Fragments": []},
)
_ROLES: Final = {"roles": ["A", "B"], "initial_types": {}}


def scopes_program(contract: str) -> Program:
    """Return the program, for a contract."""
    steps: list[Step] = []
    for had, asked in permutations(_SCOPES, 2):
        for ways in (_narrowed, _passed_on, _forged):
            first = len(steps)
            for op, args in ways(first, had, asked):
                steps.append(Step(args=args, op=op, seq=len(steps)))
    return Program(contract=contract, meta={}, steps=tuple(steps))


def _claimed(first: int, scope: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "open", _ROLES
    yield "claim_ownership", {"sid": {"$ref": first}, "owner_id": "a", "scope": scope}


def _narrowed(first: int, had: Any, asked: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _claimed(first, had)
    yield "attenuate_ownership_scope", {"capability": {"$ref": first + 1}, "new_scope": asked}
    for owner in (first + 1, first + 2):
        yield "attenuate_ownership_scope", {"capability": {"$ref": owner}, "new_scope": had}
        yield "issue_readiness_witness", {"capability": {"$ref": owner}, "predicate_ref": "p"}


def _passed_on(first: int, had: Any, asked: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _claimed(first, had)
    given = {"capability": {"$ref": first + 1}, "new_owner_id": "b"}
    yield "begin_ownership_transfer", {**given, "new_scope": asked}
    yield "commit_ownership_transfer", {"receipt": {"$ref": first + 2}}
    yield "issue_readiness_witness", {"capability": {"$ref": first + 3}, "predicate_ref": "p"}


def _forged(first: int, had: Any, asked: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _claimed(first, had)
    forged = {"capability": {"$ref": first + 1, "set": {"scope": asked}}}
    yield "validate_ownership_capability", forged
    yield "issue_readiness_witness", {**forged, "predicate_ref": "p"}
    yield "attenuate_ownership_scope", {**forged, "new_scope": {"Fragments": []}}
    yield "release_ownership", forged
