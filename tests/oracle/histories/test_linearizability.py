"""A history is accepted exactly when some order of its operations gives every answer."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from msgspec.structs import replace

from telltale_conformance.lean_traces.history import Call, HistoryEvent, Return
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.histories.budget import OverBudget
from tests.oracle.history_world import (
    MANY,
    Performed,
    accepts,
    brute_force,
    followed,
    one_after_the_other,
    overlapping,
    perform,
    performed,
    replayed,
    shifted,
)

CONTRACTS = ("telltale-17", "hardened")


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("seed", range(3))
def test_every_interleaving_of_a_right_store_is_accepted(contract: str, seed: int) -> None:
    for index in range(10):
        rng = Random(f"{seed}/{index}")
        order = list(performed(seed, index, 40, contract=contract, audited=bool(index % 2)))
        events = overlapping(rng, order, followed(order, 1 + index % 4), crashes=0.05 * (index % 3))
        for window in (0, 7, 4096):
            checker = accepts(events, contract, window=window)
            assert checker is not None, (seed, index, window)


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("seed", range(2))
def test_the_order_found_keeps_time_and_gives_every_answer(contract: str, seed: int) -> None:
    for index in range(10):
        order = list(performed(seed, index, 40, contract=contract))
        events = overlapping(Random(index), order, followed(order, 4), crashes=0.05)
        checker = accepts(events, contract, keep_order=True)
        assert checker is not None
        found = checker.order()
        assert replayed(found, contract)
        ended = {event.number: event.seq for event in events if isinstance(event, Return)}
        assert {operation.call.number for operation in found} >= ended.keys()
        for place, one in enumerate(found):
            assert not any(ended.get(later.call.number, len(events)) < one.call.seq for later in found[place + 1 :])


def mistaken(rng: Random, events: Sequence[HistoryEvent]) -> list[HistoryEvent]:
    """The history with the answers of two operations of one kind exchanged, or one answer put for another."""
    changed = list(events)
    returns = [place for place, event in enumerate(events) if isinstance(event, Return)]
    kinds = {event.number: event.operation.name for event in events if isinstance(event, Call)}
    rng.shuffle(returns)
    for place in returns:
        one = events[place]
        others = [
            other
            for other in returns
            if other != place
            and kinds[events[other].number] == kinds[one.number]
            and events[other].answer != one.answer
        ]
        if others:
            other = rng.choice(others)
            changed[place] = replace(one, answer=events[other].answer)
            if rng.random() < 0.5:
                changed[other] = replace(events[other], answer=one.answer)
            return changed
    return changed


def small_history(seed: int, contract: str, racing: int) -> list[HistoryEvent]:
    """A prefix one after the other, then a few operations at once; in two of three a mistake among these."""
    rng = Random(seed)
    order = list(performed(seed, rng.randrange(10), 8 + rng.randrange(30) + racing, contract=contract))
    prefix, suffix = order[:-racing], order[-racing:]
    before = one_after_the_other(prefix)
    after = overlapping(rng, suffix, 2 + seed % 4, crashes=rng.choice((0.0, 0.3)))
    if seed % 3:
        after = mistaken(rng, after)
    return [*before, *shifted(after, len(prefix))]


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("racing", [*range(2, 7), pytest.param(7, marks=pytest.mark.nightly)])
def test_what_brute_force_accepts_is_accepted_and_nothing_else(contract: str, racing: int) -> None:
    verdicts = set()
    for seed in range(16 if racing < 6 else 6):
        events = small_history(1000 * racing + seed, contract, racing)
        wanted = brute_force(events, contract)
        verdicts.add(wanted)
        for window in (0, 4096):
            assert (accepts(events, contract, window=window) is not None) == wanted, (racing, seed, window)
    assert True in verdicts
    assert False in verdicts or racing < 5  # of few operations a mistake may be one that another order explains


def sends(values: Sequence[int]) -> list[Performed]:
    """A session whose buffers keep the last message, with messages on one of its edges that nobody receives."""
    store = Store("hardened")
    latest = {"initial_capacity": 1, "mode": "LatestValue", "policy": "Drop"}
    sending = {"Send": {"partner": "B", "branches": [[{"name": "m", "sort": "Nat"}, None, "End"]]}}
    opened = perform(store, "open", roles=["A", "B"], initial_types={"A": sending}, buffer_config=latest)
    sent = [perform(store, "send", **{"sid": 0, "from": "A", "to": "B", "val": {"Nat": value}}) for value in values]
    return [opened, *sent]


def test_different_messages_that_nobody_reads_have_too_many_orders_and_equal_ones_have_not() -> None:
    """The tree of an edge tells every order of its messages apart, so nothing is concluded; it is never a refusal."""
    different, equal = sends(range(MANY + 6)), sends([7] * (MANY + 6))
    assert {done.answer.is_ok for done in (*different, *equal)} == {True}
    with pytest.raises(OverBudget):
        accepts(overlapping(Random(0), different, 4), "hardened", budget=2000)
    for order, clients in ((equal, 4), (different, followed(different, 4)), (different, 1)):
        assert accepts(overlapping(Random(0), order, clients), "hardened", budget=2000) is not None


def test_sessions_and_their_ids_join_what_they_must() -> None:
    """Two opens at once, each answered with the other's id or with the same."""
    store = Store("telltale-17")
    args = {"roles": ["A"], "initial_types": {}}
    first, second = perform(store, "open", **args), perform(store, "open", **args)
    count = perform(store, "active_count")
    calls = [Call(n, n, n, first.operation, first.arguments, first.args) for n in range(2)]
    swapped = [*calls, Return(2, 0, 0, second.answer), Return(3, 1, 1, first.answer)]
    twice = [*calls, Return(2, 0, 0, first.answer), Return(3, 1, 1, first.answer)]
    late = [calls[0], Return(1, 0, 0, second.answer), calls[1], Return(3, 1, 1, first.answer)]
    counted = [*swapped, *shifted(one_after_the_other([count]), 2)]
    assert [accepts(events) is not None for events in (swapped, twice, late, counted)] == [True, False, False, True]
