"""The catalogue of wrong stores: its trigger tells each, and none is equivalent to the right store by mistake."""

from collections.abc import Sequence
from functools import cache, partial

import pytest

from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import APART, OPERATIONS
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.reference.judging import CaseResult, judge_cases
from telltale_conformance.oracle.verdict.compare import Level
from tests.second_store.in_process import InThisProcess
from tests.wrong_stores.catalogue import BY_NAME, CATALOGUE, UNSTEADY_AFTER, adapter, in_order
from tests.wrong_stores.wrong import KINDS, SECOND, Wrong

PANICS = {"mutation of a closed session panics", "reference: labels without sorts panic"}

SHOWN_BY_LOOKING = {"update_type", "update_original", "remove_type", "reload"}
"""They answer null whatever they do, so their faults show in the next look-up."""


def played(store: Adapter, steps: Sequence[Step], contract: str, times: int = 1) -> CaseResult:
    """Return what playing a program comes to, the last of so many times."""
    asked, left_out, skipped = asked_of(Program(contract=contract, steps=tuple(steps)), contract, store.hello.ops)
    assert (left_out, skipped) == (0, 0), "a trigger has no step that is not carried out"
    *_, last = judge_cases(store, [partial(iter, asked)] * times, Level.state)
    return last


@cache
def told_by_trigger(name: str) -> CaseResult:
    wrong = BY_NAME[name]
    times = UNSTEADY_AFTER if wrong.kind == "unsteady" else 1
    return played(adapter(wrong), wrong.trigger, wrong.contract, times)


def of_kind(kind: str) -> list[Wrong]:
    return [wrong for wrong in CATALOGUE if wrong.kind == kind]


def test_it_holds_at_least_600_under_names_of_their_own() -> None:
    assert len(CATALOGUE) >= 600
    assert len(BY_NAME) == len(CATALOGUE)
    assert {wrong.contract for wrong in CATALOGUE} == {"telltale-17", "hardened"}


def test_its_order_does_not_depend_on_which_module_was_imported_first() -> None:
    otherwise = sorted(SECOND, key=lambda wrong: wrong.change.__module__, reverse=True)
    assert otherwise != in_order(SECOND)
    assert in_order(otherwise) == in_order(SECOND) == [wrong for wrong in CATALOGUE if wrong in SECOND]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_stores_and_each_says_what_is_wrong(kind: str) -> None:
    stores = of_kind(kind)
    assert stores
    for wrong in stores:
        assert wrong.sentence[0].isupper()
        assert wrong.sentence.endswith("."), wrong
    assert {wrong.kind for wrong in CATALOGUE} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_trigger_tells_the_wrong_store_from_the_right_ones(kind: str) -> None:
    for wrong in of_kind(kind):
        right = played(InThisProcess(wrong.contract), wrong.trigger, wrong.contract)
        assert right.shown, (wrong.name, right.divergence)
        seen = told_by_trigger(wrong.name)
        assert seen.divergence is not None, f"{wrong.name} answers its trigger as the right store does"
        assert (seen.divergence.kind == "panic") == (wrong.name in PANICS), (wrong.name, seen.divergence)


def test_no_operation_is_without_a_wrong_store() -> None:
    asked = {
        seen.diverged_at.op for wrong in CATALOGUE if (seen := told_by_trigger(wrong.name)).diverged_at is not None
    }
    used = {step.op for wrong in CATALOGUE for step in wrong.trigger}
    built = OPERATIONS.keys() - APART
    assert used == built
    assert built - asked == SHOWN_BY_LOOKING
