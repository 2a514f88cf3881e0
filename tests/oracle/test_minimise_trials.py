"""Candidates tried on an implementation: what an attempt returns, and a result confirmed on another adapter."""

from __future__ import annotations

from telltale_conformance.lean_traces.programs import Program, Step, without
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.minimise.minimiser import minimise
from telltale_conformance.oracle.minimise.trying import Trials
from telltale_conformance.oracle.minimise.values import simplifications
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.minimise_world import diverging, failure, program, seen
from tests.oracle.wrong_references import WRONG, WrongReference

NAME = "recv gives the newest"


def aimed() -> tuple[Trials, Program, int]:
    """Trials that look for the divergence of a program, the program, and the step at which it diverges."""
    given = diverging(NAME)
    trials = Trials(WrongReference(WRONG[NAME]), Level.state)
    sighting = seen(trials.adapter, given)
    assert sighting.at is not None
    trials.target = sighting.fingerprint
    return trials, given, sighting.at


def test_what_reproduces_ends_at_the_divergence() -> None:
    trials, given, at = aimed()
    more = [Step(args={}, op="session_ids", seq=given.steps[-1].seq + number) for number in (1, 2, 3)]
    attempt = trials.attempt(Program(contract=given.contract, meta=given.meta, steps=(*given.steps, *more)))
    assert attempt.verdict == "reproduces"
    assert attempt.program.steps[-1].seq == at


def test_a_candidate_that_was_tried_before_gets_its_own_program_back() -> None:
    trials, given, at = aimed()
    receives = [step.seq for step in given.steps if step.op in ("recv", "send")]
    candidate = without(given, [seq for seq in receives if seq != at][:8])
    first = trials.attempt(candidate)
    again = trials.attempt(Program(contract=candidate.contract, meta={"again": True}, steps=candidate.steps))
    assert again.verdict == first.verdict
    assert (first.program.meta, again.program.meta) == (candidate.meta, {"again": True})
    assert [step.seq for step in again.program.steps] == [step.seq for step in first.program.steps]


def test_a_result_that_cannot_be_confirmed_is_kept_and_inconclusive() -> None:
    def afresh() -> Adapter:
        raise failure()

    result = minimise(WrongReference(WRONG[NAME]), diverging(NAME), afresh=afresh)
    assert (result.ending, result.faults) == ("inconclusive", (str(failure().diagnostic()),))
    assert result.fingerprint is not None
    assert result.program.steps


def test_of_two_roles_one_can_be_left_out() -> None:
    given = program(("open", {"roles": ["A", "B"], "initial_types": {"A": "End", "B": "End"}}))
    roles = [one.candidate.steps[0].args["roles"] for one in simplifications(given)]
    assert ["A"] in roles
    assert ["B"] in roles
