"""Several numbers are tried in one run: a step that the contract refuses is asked again with larger ones."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model import ownership
from telltale_conformance.model.errors import OwnershipError
from telltale_conformance.model.guard_table import G_LIVE
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.minimise.climbing import climbed
from telltale_conformance.oracle.minimise.trying import Trials
from telltale_conformance.oracle.verdict.compare import Level
from tests.oracle.minimise_world import program, seen
from tests.oracle.wrong_references import WrongReference


def begun(generation: int) -> Program:
    given = {"generation": generation, "owner_id": "a", "scope": "Session", "session_id": {"$ref": 0}}
    begin = {"capability": given, "new_owner_id": "a", "new_scope": "Session"}
    opened = ("open", {"initial_types": {}, "roles": []})
    return program(opened, ("active_count", {}), ("begin_ownership_transfer", begin))


class Refusing(WrongReference):
    """Refuses a transfer of what nobody owns with a wrong error: one generation, those from one on, the third asked."""

    def __init__(self, when: str, generation: int = 0) -> None:
        super().__init__({"begin_ownership_transfer": self.begin})
        self.wrong = {
            "from": lambda given: given.generation >= generation,
            "only": lambda given: given.generation == generation,
            "third": lambda given: self.asked >= 3,
        }[when]
        self.asked = 0

    def _fresh(self) -> None:
        super()._fresh()
        self.asked = 0

    def begin(self, store: Store, capability: Any, new_owner_id: str, new_scope: Any) -> Any:
        self.asked += 1
        if self.wrong(capability):
            raise OwnershipError(G_LIVE, {"expected_generation": 0, "actual_generation": 0})
        return ownership.begin_ownership_transfer(store, capability, new_owner_id, new_scope)


@pytest.mark.parametrize(
    ("when", "generation", "given", "found", "runs"),
    [
        ("from", 0, 7, 0, 1),  # the climb ends with its first step
        ("from", 2, 7, 2, 2),  # and what departs is tried alone
        ("only", 7, 7, 7, 2),
        ("only", 6, 7, 6, 2),
    ],
)
def test_the_first_number_that_departs_is_tried_alone(
    when: str, generation: int, given: int, found: int, runs: int
) -> None:
    trials = Trials(Refusing(when, generation), Level.state)
    trials.target = seen(trials.adapter, begun(generation)).fingerprint
    attempt = climbed(trials, begun(given))
    assert (attempt.verdict, attempt.program) == ("reproduces", begun(found))
    assert trials.runs == runs
    assert found == 0 or trials.attempt(begun(0)).verdict == "agrees"
    assert trials.runs == runs  # that the smallest one agrees is known


def test_what_departs_only_after_other_answers_is_not_taken_for_the_step_alone() -> None:
    trials = Trials(Refusing("third"), Level.state)
    twice = begun(7)
    asked = [twice.steps[-1]] * 3
    shown = program(*[(step.op, step.args) for step in (*twice.steps[:-1], *asked)])
    trials.target = trials.look(shown).fingerprint
    assert trials.target is not None
    assert climbed(trials, begun(7)).verdict == "agrees"


def test_without_a_number_the_step_is_tried_as_it_is() -> None:
    trials = Trials(Refusing("from"), Level.state)
    trials.target = seen(trials.adapter, begun(0)).fingerprint
    assert climbed(trials, begun(0)).program == begun(0)
    assert trials.runs == 1
