"""How much of the rules the claims hold down: the changes are those of the rows, and the figures are measured."""

from __future__ import annotations

from random import Random

import pytest

from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from tools.claims_completeness.document import measured, section
from tools.claims_completeness.measuring import CONTRACT, all_changes, measure
from tools.claims_completeness.rows import changed, row_of
from tools.claims_completeness.unnoticed import NOTHING_CHANGES, why

SAMPLE = 5


def test_what_was_measured_are_the_changes_that_the_rows_give() -> None:
    assert [row.change for row in measured()] == [change.name for change in all_changes()]
    assert len({change.name for change in all_changes()}) == len(all_changes()) >= 120
    assert {change.op for change in all_changes()} == set(OPERATIONS)


def test_claims_alone_notice_at_least_95_of_100_changes_that_can_show() -> None:
    unnoticed = [row.change for row in measured() if row.how == "reference only"]
    none = sum(why(change)[0] == NOTHING_CHANGES for change in unnoticed)
    able = len(measured()) - none
    assert (able - (len(unnoticed) - none)) / able >= 0.95


def test_what_nothing_explains_is_an_error() -> None:
    with pytest.raises(LookupError, match="nothing says why"):
        why("claim_ownership: guard dropped: G-found")


def test_every_unnoticed_change_is_listed_with_why() -> None:
    lines = section().split("|---|---|\n")[-1].splitlines()
    listed = sorted(change for line in lines for change in line.strip("| ").split(" | ")[0].split("; "))
    assert listed == sorted(row.change for row in measured() if row.how == "reference only")
    assert all(line.strip("| ").split(" | ")[1] for line in lines)


def test_a_change_changes_the_row_while_it_lasts_and_no_longer() -> None:
    change = next(change for change in all_changes() if change.kind == "guard dropped")
    right, row = OPERATIONS[change.op], row_of(change.op, CONTRACT)
    whole = len(right.step(CONTRACT, row.pre, row.args).failures)
    with changed(change.op, change.edit):
        assert len(OPERATIONS[change.op].step(CONTRACT, row.pre, row.args).failures) == whole - 1
    assert OPERATIONS[change.op] is right
    assert len(right.step(CONTRACT, row.pre, row.args).failures) == whole == len(row.guards)


def test_a_sample_measured_anew_gives_the_same() -> None:
    quick = [number for number, row in enumerate(measured()) if row.how == "refuted"]
    for number in Random(15).sample(quick, SAMPLE):
        (again,) = measure([number])
        assert (again.change, again.how) == (measured()[number].change, "refuted")


@pytest.mark.nightly
def test_all_measured_anew_gives_the_same() -> None:
    again = [(row.change, row.how) for row in measure(jobs=2)]
    assert again == [(row.change, row.how) for row in measured()]
