"""Implementations that do not play along while their programs are made smaller: the result is one that was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from telltale_conformance.oracle.adapters import Answer, ReferenceAdapter, Request
from telltale_conformance.oracle.adapters.faults import AdapterFault, DeadlinePassed, Exited
from telltale_conformance.oracle.minimise.minimiser import minimise
from tests.oracle.minimise_world import SometimesWrong, Wrapped, program, seen, shows
from tests.oracle.wrong_references import WRONG, WrongReference

RELEASE = "release ignores a pending transfer"
DEATH = "owner death keeps the pending transfer"
OPEN = ("open", {"initial_types": {}, "roles": []})
CLAIM = ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}})
BEGIN = ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "a", "new_scope": "Session"})
LOOK = ("session_ids", {})
GIVEN = {
    RELEASE: program(OPEN, CLAIM, LOOK, BEGIN, LOOK, ("release_ownership", {"capability": {"$ref": 1}}), LOOK),
    DEATH: program(
        *(
            OPEN,
            CLAIM,
            LOOK,
            ("issue_readiness_witness", {"capability": {"$ref": 1}, "predicate_ref": "p"}),
            BEGIN,
            LOOK,
        ),
        *(("mark_owner_died", {"owner_id": "a", "sid": {"$ref": 0}}), LOOK, ("observe", {"sid": {"$ref": 0}}), LOOK),
    ),
}


@pytest.mark.parametrize("name", [RELEASE, DEATH])
@pytest.mark.parametrize("every", [2, 3, 5, 7])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_of_a_flaky_store_comes_nothing_or_a_program_with_the_divergence(name: str, every: int, shift: int) -> None:
    """It is right in one of so many runs."""
    given = GIVEN[name]
    target = seen(WrongReference(WRONG[name]), given).fingerprint
    assert target is not None
    result = minimise(SometimesWrong(name, lambda number: number % every != shift), given)
    assert result.ending in ("minimal", "flaky")
    if result.ending == "flaky":
        assert result.program == given
        assert result.rate is not None
        assert 0 < result.rate.times < result.rate.runs == 20
    else:
        assert result.fingerprint == target
        assert shows(WrongReference(WRONG[name]), result.program, target)


class KindByLength(WrongReference):
    """Wrong in one way after many operations and in another way after few."""

    def __init__(self, few: int) -> None:
        super().__init__({})
        self._few = few
        self._asked = 0

    def _fresh(self) -> None:
        super()._fresh()
        self._asked = 0

    def _answer(self, request):
        answer = super()._answer(request)
        self._asked += 1
        if request.op != "release_ownership" or answer.kind != "err":
            return answer
        if self._asked > self._few:
            return answer._replace(kind="ok", payload=b"null")
        return answer._replace(kind="panic", payload=b'"too short"', audit=None)


@pytest.mark.parametrize("few", [4, 6, 9])
def test_one_that_becomes_another_when_it_is_shorter_is_kept_as_long_as_it_needs(few: int) -> None:
    fillers = [("session_ids", {})] * 12
    given = program(OPEN, CLAIM, BEGIN, *fillers, ("release_ownership", {"capability": {"$ref": 1}}))
    target = seen(KindByLength(few), given).fingerprint
    assert target is not None
    result = minimise(KindByLength(few), given)
    assert (result.ending, result.fingerprint) == ("minimal", target)
    assert len(result.program.steps) == few + 1
    assert shows(KindByLength(few), result.program, target)
    assert any(left.verdict == "differs" for left in result.remaining)


class Failing(Wrapped):
    """Fails in every program that has one operation and lacks another: what is made of a program, not the program."""

    def __init__(self, fault: AdapterFault, has: str, lacks: str) -> None:
        super().__init__(WrongReference(WRONG[DEATH]))
        self._fault, self._has, self._lacks = fault, has, lacks

    def submit(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        asked = list(requests)
        there = {request.op for request in asked if request is not None}
        if self._has in there and self._lacks not in there:
            raise self._fault
        return super().submit(asked)


@pytest.mark.parametrize("fault", [Exited("it exited with status 9"), DeadlinePassed("no answer within 10 s")])
def test_a_shorter_program_at_which_it_hangs_or_dies_is_not_taken_and_is_named(fault: AdapterFault) -> None:
    given = GIVEN[DEATH]
    result = minimise(Failing(fault, "mark_owner_died", "begin_ownership_transfer"), given)
    assert result.ending == "minimal"
    assert result.died > 0
    assert result.fingerprint == seen(WrongReference(WRONG[DEATH]), given).fingerprint
    assert {"begin_ownership_transfer", "mark_owner_died"} <= {step.op for step in result.program.steps}
    failed = [left for left in result.remaining if left.verdict == "inconclusive"]
    assert failed
    assert all(left.then.startswith("the adapter fails at it: ") for left in failed)


def test_what_does_not_diverge_when_it_is_replayed_is_never_given_out() -> None:
    """It diverges until it has shown so often, and never again."""
    given = GIVEN[DEATH]
    enough = minimise(WrongReference(WRONG[DEATH]), given).runs.implementation
    for last in range(1, enough):
        result = minimise(SometimesWrong(DEATH, lambda number, last=last: number <= last), given)
        assert (result.ending, result.program) == ("flaky", given), last


def test_a_new_process_that_does_not_show_it_is_told_and_no_minimal_program() -> None:
    given = GIVEN[DEATH]
    result = minimise(WrongReference(WRONG[DEATH]), given, afresh=lambda _: ReferenceAdapter())
    assert result.ending == "stale store"
    assert not result.minimal
