"""The comparison of guided with unguided programs: how far each is followed, and what is a bound is called one."""

import pytest

from telltale_conformance.generators.steps import GeneratedStep
from tests.benchmarks.guidance_compared import Ratio, answers, medians, ratio_of, summary, unguided
from tests.wrong_stores.beside import Fault


def test_a_store_is_followed_no_longer_than_its_own_limit() -> None:
    made: list[int] = []

    def program(seed: int, index: int) -> list[GeneratedStep]:
        made.append(index)
        assert index < 9, "it goes on without end"
        return list(unguided(seed, index))[:10]

    found, count = answers(program, {"right": Fault(), "right too": Fault()}, 1, {"right": 15, "right too": 25})
    assert (found, count, made) == ({}, 30, [0, 1, 2])


def test_a_median_is_of_what_was_found_and_else_of_how_far_a_store_was_followed() -> None:
    assert medians([{"a": 10}, {"a": 90}, {}], {"a": 40, "b": 50}) == {"a": 40, "b": 50}


@pytest.mark.parametrize(
    ("unguided", "guided", "ratio"),
    [
        ((80, False), (10, False), Ratio(8, "")),
        ((80, True), (10, False), Ratio(8, "≥ ")),
        ((10, False), (80, True), Ratio(0.125, "≤ ")),
        ((80, True), (80, True), None),
    ],
)
def test_a_ratio_says_which_of_the_two_did_not_find_it(
    unguided: tuple[int, bool], guided: tuple[int, bool], ratio: Ratio | None
) -> None:
    assert ratio_of(unguided, guided) == ratio


@pytest.mark.parametrize(
    ("ratios", "told"),
    [
        ([Ratio(2, ""), Ratio(4, ""), Ratio(8, "≥ ")], " 4.0 times"),
        ([Ratio(2, "≥ "), Ratio(4, ""), Ratio(8, "")], " at least 4.0 times"),
        ([Ratio(2, ""), Ratio(4, ""), Ratio(8, "≤ ")], " at most 4.0 times"),
    ],
)
def test_the_median_of_ratios_is_a_bound_where_it_hangs_on_one(ratios: list[Ratio], told: str) -> None:
    assert told in summary(ratios)
