"""Evidence and the one rule by which a verdict follows from it."""

from __future__ import annotations

from typing import Literal

import pytest

from telltale_conformance.oracle.verdict.claim_stand import NOT_JUDGED, ClaimStand
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally, missing_text, verdict_of
from telltale_conformance.oracle.verdict.exit_codes import exit_code, gravest
from telltale_conformance.oracle.verdict.results import LaneResult, not_run

CASES = Items("programs", 3, 3)
FAULT = Tally(faults=1)


@pytest.mark.parametrize(
    ("evidence", "tally", "verdict"),
    [
        (Evidence(CASES), Tally(), "agree"),
        (Evidence(CASES, (Items("cells", 2, 2), Items("edges", 0, 0))), Tally(), "agree"),
        (Evidence(Items("programs", 3, 2)), Tally(), "inconclusive"),
        (Evidence(CASES, (Items("cells", 2, 1),)), Tally(), "inconclusive"),
        (Evidence(CASES), FAULT, "inconclusive"),
        (Evidence(Items("programs")), Tally(), "inconclusive"),
        (Evidence(Items("programs"), (Items("cells", 2, 2),)), Tally(), "inconclusive"),
        (Evidence(Items("programs", 3, 0, 1)), Tally(), "diverge"),
        (Evidence(CASES, (Items("edges", 5, 0, 1),)), FAULT, "diverge"),
    ],
)
def test_the_verdict_follows_from_the_evidence(evidence: Evidence, tally: Tally, verdict: str) -> None:
    assert verdict_of(evidence, tally) == verdict
    assert LaneResult(lane="x", evidence=evidence, tally=tally).verdict == verdict
    if verdict == "agree":
        assert missing_text(evidence, tally) == ()
    if verdict == "inconclusive":
        assert missing_text(evidence, tally)


def test_what_is_missing_is_named() -> None:
    evidence = Evidence(Items("programs", 600, 580, 0, ("stopped by the time limit",)), (Items("cells", 9, 2),))
    assert missing_text(evidence, Tally(faults=2)) == (
        "20 of 600 programs not shown: stopped by the time limit",
        "7 of 9 cells not shown",
        "2 faults",
    )
    assert missing_text(Evidence(Items("programs")), Tally()) == ("nothing was shown",)
    many = Evidence(Items("cells", 9, 0, 0, tuple("abcde")))
    assert missing_text(many, Tally()) == ("9 of 9 cells not shown: a; b; c; d; e and more",)


def test_parts_add_up_kind_by_kind() -> None:
    one = Evidence(Items("programs", 2, 1, 1, ("a",)), (Items("cells", 3, 1, 0, ("c",)),))
    other = Evidence(Items("programs", 5, 4, 0, ("a", "b")), (Items("edges", 1, 1), Items("cells", 3, 2, 0, ("d",))))
    both = one + other
    assert both.cases == Items("programs", 7, 5, 1, ("a", "b"))
    assert {items.kind: (items.planned, items.shown) for items in both.further} == {"cells": (6, 3), "edges": (1, 1)}
    with pytest.raises(AssertionError, match="not of one kind"):
        Items("programs") + Items("traces")
    assert Tally(cases=1, judged=2, faults=1) + Tally(cases=1, skipped=3) == Tally(
        cases=2, judged=2, skipped=3, faults=1
    )


def test_a_lane_is_complete_when_every_case_was_run() -> None:
    assert LaneResult(lane="x", evidence=Evidence(Items("programs", 3, 2, 1))).complete
    assert not LaneResult(lane="x", evidence=Evidence(Items("programs", 3, 2))).complete
    assert not LaneResult(lane="x").complete
    left_out = not_run("x", "nothing to judge by")
    assert (left_out.verdict, left_out.complete, left_out.missing) == ("not run", False, ())


def test_of_two_observations_of_a_claim_the_broken_one_counts_and_none_keeps_it() -> None:
    kept, broken = ClaimStand("kept", 2), ClaimStand("broken", 3)
    assert kept + broken == broken + kept == ClaimStand("broken", 5)
    assert kept + NOT_JUDGED == NOT_JUDGED + kept == kept
    assert NOT_JUDGED + NOT_JUDGED == NOT_JUDGED


@pytest.mark.parametrize("status", ["kept", "broken"])
@pytest.mark.parametrize("occasions", [0, None])
def test_nothing_stands_on_no_occasion(status: Literal["kept", "broken"], occasions: int | None) -> None:
    with pytest.raises(ValueError, match="only where there was an occasion"):
        ClaimStand(status, occasions)


def test_the_gravest_exit_code_is_that_of_the_whole_and_nothing_is_inconclusive() -> None:
    assert [gravest(codes) for codes in ([0, 3], [3, 1, 0], [1, 2, 3], [0], [])] == [3, 1, 2, 0, 3]
    assert exit_code([]) == exit_code(["agree", "inconclusive"]) == 3
