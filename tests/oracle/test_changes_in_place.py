"""No wrong store is hidden by the way in which it is made.

A change of the reference is put in place only while the changed store answers, because the reference that judges runs
in the same process. That must not hide the fault, nor show it elsewhere: the answers are those of a process in which
the change is in place from the beginning to the end. What is asked of many stores at once is judged on values and not
on bytes; that must tell the same answers apart.
"""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter, Answer, Request, ask
from telltale_conformance.oracle.adapters.reference import ReferenceAdapter, read_arguments
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.reference.judging import Asked
from tests.oracle.test_wrong_store_catalogue import PANICS, told_by_trigger
from tests.wrong_stores.auth_trees import AUTH_TREES
from tests.wrong_stores.catalogue import CATALOGUE, UNSTEADY_AFTER, adapter
from tests.wrong_stores.changed import ChangedReference
from tests.wrong_stores.wrong import Wrong

CHANGED = [wrong for wrong in CATALOGUE if wrong.made_from == "reference" and wrong.kind != "unsteady"]
SHOWS_LATER = {
    "dropping buffer loses the oldest": "what a buffer holds is seen where it is received",
    "close of an owned session keeps the epoch": "an epoch is seen in a summary",
    "close releases": "that an owner is gone is seen where it acts",
    "reference: numbers are doubles": "a number is seen where its message is received",
}
"""Stores that answer rightly where they are wrong, as an operation without a result does, and show it later."""


def asked_in(wrong: Wrong, store: Adapter) -> list[Asked]:
    program = Program(contract=wrong.contract, steps=tuple(wrong.trigger))
    asked, _, _ = asked_of(program, wrong.contract, store.hello.ops)
    return list(asked)


def answers(store: Adapter, asked: list[Asked]) -> list[Answer]:
    store.reset()
    return [ask(store, Request(one.op, one.args)) for one in asked]


def changed(wrong: Wrong) -> ChangedReference:
    store = adapter(wrong) if wrong in CATALOGUE else ChangedReference(wrong.contract, wrong.change)
    assert isinstance(store, ChangedReference)
    return store


@pytest.mark.parametrize("wrongs", [CHANGED, AUTH_TREES], ids=["catalogue", "auth trees"])
def test_a_change_that_is_in_place_while_it_answers_answers_as_one_that_stays(wrongs: list[Wrong]) -> None:
    assert len(wrongs) > 15
    for wrong in wrongs:
        if wrong.name in PANICS:  # only the adapter of a changed store makes an answer of it
            continue
        store = changed(wrong)
        asked = asked_in(wrong, store)
        seen = answers(store, asked)
        with store._in_place():
            assert answers(ReferenceAdapter(wrong.contract), asked) == seen, wrong.name
        assert answers(ReferenceAdapter(wrong.contract), asked) != seen, wrong.name


def test_a_changed_store_remembers_nothing_of_one_made_before() -> None:
    for wrong in CATALOGUE:
        if wrong.kind == "unsteady":
            asked = asked_in(wrong, changed(wrong))
            right = answers(ReferenceAdapter(wrong.contract), asked)
            for before in range(UNSTEADY_AFTER):
                other, store = changed(wrong), changed(wrong)
                for _ in range(before):
                    answers(other, asked)
                rightly = [answers(store, asked) == right for _ in range(UNSTEADY_AFTER)]
                assert (rightly[0], rightly[-1]) == (True, False), (wrong.name, before)


def test_what_is_judged_on_values_is_told_where_it_is_told_on_bytes() -> None:
    for wrong in CHANGED:
        store, right = changed(wrong), ReferenceAdapter(wrong.contract)
        asked = asked_in(wrong, store)
        wanted = answers(right, asked)
        on_bytes = [one != other for one, other in zip(answers(store, asked), wanted, strict=True)]
        store.reset()
        on_values: list[Any] = [
            store.agrees(Request(one.op, one.args), read_arguments(one.op, one.args), one.expected) for one in asked
        ]
        assert [one not in (None, other) for one, other in zip(on_values, wanted, strict=True)] == on_bytes, wrong.name


def test_a_fault_of_an_operation_shows_there_or_where_somebody_looks() -> None:
    elsewhere = set()
    for wrong in CHANGED:
        at, changes = told_by_trigger(wrong.name).diverged_at, changed(wrong).changed_operations
        assert at is not None
        if changes and at.op not in changes and not OPERATIONS[at.op].reads_only:
            elsewhere.add(wrong.name)
    assert elsewhere == SHOWS_LATER.keys()
