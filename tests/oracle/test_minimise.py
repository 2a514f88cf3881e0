"""The minimiser on stores with one defect each: the class stays, and the result is as short as it can be."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.adapters import ReferenceAdapter
from telltale_conformance.oracle.minimise.explaining import explanation, why_needed
from telltale_conformance.oracle.minimise.minimiser import Minimised, minimise
from telltale_conformance.oracle.minimise.values import simplifications
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint
from tests.oracle.minimise_world import (
    Failing,
    SometimesWrong,
    Wrapped,
    diverging,
    failure,
    plain,
    program,
    removable,
    seen,
    shows,
)
from tests.oracle.wrong_references import WRONG, WrongReference

RELEASE = "release ignores a pending transfer"
DEATH = "owner death keeps the pending transfer"
"""The contract says little of where this one shows, so that its search takes many runs."""
OPEN = ("open", {"initial_types": {}, "roles": []})
CLAIM = ("claim_ownership", {"owner_id": "a", "scope": "Session", "sid": {"$ref": 0}})
BEGIN = ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "a", "new_scope": "Session"})


def fingerprint_of(name: str, given: Program) -> Fingerprint:
    found = seen(WrongReference(WRONG[name]), given).fingerprint
    assert found is not None
    return found


@pytest.mark.parametrize("name", WRONG)
def test_the_class_stays_and_no_single_step_or_value_can_go(name: str) -> None:
    given = diverging(name)
    adapter = WrongReference(WRONG[name])
    result = minimise(adapter, given)
    assert result.ending == "minimal"
    assert result.fingerprint is not None
    assert result.fingerprint == fingerprint_of(name, given)
    assert len(result.program.steps) <= 7
    afresh = WrongReference(WRONG[name])
    assert seen(afresh, result.program).at == result.program.steps[-1].seq
    assert shows(afresh, result.program, result.fingerprint)
    assert removable(afresh, result.program, result.fingerprint) == []
    left = [change for change in simplifications(result.program) if shows(afresh, change.candidate, result.fingerprint)]
    assert left == []
    assert result.runs.implementation == adapter.programs <= 100


SHORTEST = {
    "begin allows a second transfer": 4,
    "commit keeps the generation": 4,
    "attenuate keeps the generation": 3,
    "a witness is consumed twice": 5,
    "issue ignores the scope": 3,
    RELEASE: 4,
    "cancel logs nothing": 4,
    "send drops the third message": 4,
    "a closed session has messages": 3,
    "validate logs while a transfer is pending": 4,
    "attenuate while a transfer is pending": 4,
    "an owner after death": 4,
}
"""How many operations it takes, ``open`` included, to come to each defect at all."""


@pytest.mark.parametrize("name", SHORTEST)
def test_what_is_left_is_the_shortest_way_to_the_defect(name: str) -> None:
    assert len(minimise(WrongReference(WRONG[name]), diverging(name)).program.steps) == SHORTEST[name]


def test_names_numbers_and_types_are_the_plainest() -> None:
    result = minimise(WrongReference(WRONG[RELEASE]), diverging(RELEASE))
    assert plain(result.program) == [OPEN, CLAIM, BEGIN, ("release_ownership", {"capability": {"$ref": 1}})]


def test_every_removal_left_is_listed_with_what_then_happens() -> None:
    result = minimise(WrongReference(WRONG[RELEASE]), diverging(RELEASE))
    assert {left.step for left in result.remaining} >= {0, 1, 2}
    assert why_needed(result) == {
        0: "needed: without it step 1 is refused: there is no live session of that id (G-found)",
        1: "needed: without it there is no live owner (G-owned)",
        2: "needed: without it no transfer is pending",
        3: "this is where the answers differ",
    }


def test_a_step_that_makes_a_capability_stale_is_explained_so() -> None:
    name = "anybody may die after a transfer"
    stale = "validate accepts older generations"
    given = program(
        OPEN,
        CLAIM,
        ("attenuate_ownership_scope", {"capability": {"$ref": 1}, "new_scope": "Session"}),
        ("validate_ownership_capability", {"capability": {"$ref": 1}}),
    )
    result = minimise(WrongReference(WRONG[stale]), given)
    assert why_needed(result)[2] == "needed: without it owner and generation of the capability are the live owner's"
    assert minimise(WrongReference(WRONG[name]), given).ending == "does not diverge"


def test_it_never_slides_to_another_defect() -> None:
    both = {**WRONG["commit logs one record less"], **WRONG["a closed session has messages"]}
    given = program(
        ("open", {"initial_types": {}, "roles": ["A", "B"]}),
        CLAIM,
        BEGIN,
        ("commit_ownership_transfer", {"receipt": {"$ref": 2}}),
        ("close", {"sid": {"$ref": 0}}),
        ("has_message", {"from": "A", "sid": {"$ref": 0}, "to": "B"}),
    )
    result = minimise(WrongReference(both), given)
    assert [op for op, _ in plain(result.program)][-1] == "commit_ownership_transfer"
    target = Fingerprint(op="has_message", kind="payload", expected="ok", actual="ok", guard="passes")
    without_commit = program(*[(step.op, step.args) for step in given.steps if step.seq != 3])
    other = minimise(WrongReference(both), without_commit, target=target)
    assert [op for op, _ in plain(other.program)] == ["open", "close", "has_message"]


def test_a_target_that_the_program_does_not_show_is_not_there() -> None:
    target = Fingerprint(op="close", kind="outcome", expected="ok", actual="Terminal", guard="passes")
    assert minimise(WrongReference(WRONG[RELEASE]), diverging(RELEASE), target=target).ending == "does not diverge"


def test_agreement_is_nothing_to_minimise() -> None:
    given = generate_program(1, 1)
    result = minimise(ReferenceAdapter(), given)
    assert (result.ending, result.program) == ("does not diverge", given)


def test_a_divergence_that_does_not_repeat_is_told_with_its_rate_and_left_alone() -> None:
    given = diverging(RELEASE)
    result = minimise(SometimesWrong(RELEASE, lambda run: run % 4 == 1), given)
    assert (result.ending, result.program) == ("flaky", given)
    assert result.rate is not None
    assert (result.rate.times, result.rate.runs) == (6, 20)
    assert result.rate.text() == "6 of 20 runs (the others: 14 × no divergence)"


def test_one_that_is_first_seen_later_is_flaky_too() -> None:
    result = minimise(SometimesWrong(RELEASE, lambda run: run == 2), diverging(RELEASE))
    assert result.ending == "flaky"
    assert result.rate is not None
    assert result.rate.times == 1


def test_one_that_stops_while_it_is_minimised_is_flaky() -> None:
    given = diverging(RELEASE)
    needed = minimise(WrongReference(WRONG[RELEASE]), given).runs.implementation
    result = minimise(SometimesWrong(RELEASE, lambda run: run < needed), given)
    assert (result.ending, result.program) == ("flaky", given)


def test_a_store_that_is_not_fresh_after_a_reset_is_found_out() -> None:
    stale = SometimesWrong(RELEASE, lambda run: True)
    result = minimise(stale, diverging(RELEASE), afresh=lambda _: ReferenceAdapter())
    assert result.ending == "stale store"


def test_the_deadline_gives_the_best_so_far_unproven() -> None:
    given = diverging(RELEASE)
    result = minimise(WrongReference(WRONG[RELEASE]), given, seconds=0.0)
    assert (result.ending, result.minimal, result.remaining) == ("deadline", False, ())
    assert shows(WrongReference(WRONG[RELEASE]), result.program, fingerprint_of(RELEASE, given))


@pytest.mark.parametrize("first", [1, 2, 3, 9])
def test_a_fault_of_the_adapter_is_inconclusive(first: int) -> None:
    result = minimise(Failing(DEATH, first), diverging(DEATH))
    assert result.ending == "inconclusive"
    assert "ended by itself" in result.faults[0]


def test_a_class_that_does_not_allow_what_was_seen_is_a_fault_of_the_harness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fingerprint, "allows", lambda *_: False)
    given = diverging(RELEASE)
    result = minimise(WrongReference(WRONG[RELEASE]), given)
    assert (result.ending, result.program, result.minimal) == ("inconclusive", given, False)
    assert result.faults[0].startswith("fault of the harness")


class DyingSometimes(Wrapped):
    """Fails in the programs that are chosen, and can be started again each time."""

    def __init__(self, name: str, chosen: Callable[[int], bool]) -> None:
        super().__init__(WrongReference(WRONG[name]))
        self.chosen = chosen

    def before(self, reset: int) -> None:
        if self.chosen(reset):
            raise failure()


@pytest.mark.parametrize("chosen", [lambda n: n == 2, lambda n: n == 7, lambda n: n in (4, 9)])
def test_a_candidate_that_the_adapter_dies_of_counts_as_not_the_same(chosen: Callable[[int], bool]) -> None:
    given = diverging(DEATH)
    result = minimise(DyingSometimes(DEATH, chosen), given)
    assert result.ending == "minimal"
    assert result.died > 0
    assert len(result.program.steps) < len(given.steps)
    assert shows(WrongReference(WRONG[DEATH]), result.program, fingerprint_of(DEATH, given))
    text = explanation(result, None)
    assert f"{result.died} candidates made the adapter fail; it was started again" in text


def test_an_adapter_that_cannot_be_started_again_ends_the_search_with_the_best() -> None:
    class Gone(Failing):
        def reset(self) -> None:
            if self.resets >= self.first:
                raise failure()

    given = diverging(DEATH)
    adapter = Gone(DEATH, 9)
    result = minimise(adapter, given)
    assert result.ending == "inconclusive"
    assert result.died == 0
    assert len(result.program.steps) < len(given.steps)


def test_a_fault_on_the_way_keeps_the_best_that_was_seen() -> None:
    given = diverging(DEATH)
    result = minimise(Failing(DEATH, 9), given)
    assert len(result.program.steps) < len(given.steps)
    assert shows(WrongReference(WRONG[DEATH]), result.program, fingerprint_of(DEATH, given))


def test_the_same_program_is_never_run_twice_while_it_is_minimised() -> None:
    class Noting(Wrapped):
        def __init__(self) -> None:
            super().__init__(WrongReference(WRONG[RELEASE]))
            self.programs: list[list[bytes]] = []

        def submit(self, requests):
            def noted():
                for request in requests:
                    if request.op == "reset":
                        self.programs.append([])
                    else:
                        self.programs[-1].append(request.op.encode() + request.args)
                    yield request

            return self.inner.submit(noted())

    adapter = Noting()
    result = minimise(adapter, diverging(RELEASE))
    assert result.ending == "minimal"
    confirming = 2 + 2  # the given program and the result, each until it is believed
    assert len(adapter.programs) - len({tuple(asked) for asked in adapter.programs}) <= confirming


def test_it_keeps_to_the_level() -> None:
    name = "commit logs one record less"
    given = diverging(name)
    assert minimise(WrongReference(WRONG[name]), given, level=Level.audit).ending == "minimal"
    assert fingerprint_of(name, given).kind == "audit"
    assert minimise(WrongReference(WRONG[name]), given, level=Level.outcome).ending == "does not diverge"


def test_the_difference_between_the_contracts_is_minimised_too() -> None:
    given = msgspec.structs.replace(generate_program(3, 0, steps=60), contract="hardened")
    result = minimise(ReferenceAdapter("telltale-17"), given)
    assert result.ending == "minimal"
    assert len(result.program.steps) <= 5


def test_operations_that_the_implementation_lacks_are_left_out() -> None:
    class Lacking(WrongReference):
        @property
        def hello(self):
            hello = super().hello
            return msgspec.structs.replace(hello, ops=hello.ops - {"observe", "attenuate_ownership_scope"})

    result: Minimised = minimise(Lacking(WRONG[RELEASE]), diverging(RELEASE))
    assert result.ending == "minimal"
    assert all(op not in ("observe", "attenuate_ownership_scope") for op, _ in plain(result.program))
