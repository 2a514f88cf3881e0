"""Timeout witnesses: one clock and one registry per runtime (contract §9)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.model.contract import Contract
from telltale_conformance.model.store import Store
from tests.model.store_world import BOTH, TOP, do, opened, record, refusal, run, snapshot

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)


def timeout(witness: Any, event: str, reason: str | None, tick: int) -> Any:
    return record("Timeout", witness, event, reason, tick)


@both
def test_issuing(contract: Contract) -> None:
    store = Store(contract)
    answer = run(store, "issue_timeout_witness", "gate", 5)
    assert answer.ok == {"witness_id": 0, "site": "gate", "issued_at_tick": 0, "until_tick": 5}
    assert answer.audit == []
    assert run(store, "runtime_audit_log").ok == [timeout(answer.ok, "Issued", None, 0)]
    do(store, "advance_clock", 3)
    second = run(store, "issue_timeout_witness", "door", 3)
    assert second.ok == {"witness_id": 1, "site": "door", "issued_at_tick": 3, "until_tick": 3}
    assert run(store, "runtime_audit_log").ok[1:] == [timeout(second.ok, "Issued", None, 3)]


@both
def test_a_newer_witness_of_the_site_replaces_the_earlier(contract: Contract) -> None:
    store = Store(contract)
    first = do(store, "issue_timeout_witness", "gate", 5)
    do(store, "advance_clock", 2)
    second = do(store, "issue_timeout_witness", "gate", 9)
    assert run(store, "runtime_audit_log").ok == [
        timeout(first, "Issued", None, 0),
        timeout(first, "Invalidated", "replaced by newer timeout witness", 2),
        timeout(second, "Issued", None, 2),
    ]
    assert run(store, "advance_clock", 8).ok == []
    assert do(store, "advance_clock", 9) == (second,)


@both
@pytest.mark.parametrize("horizon", [9, 2, 0])
def test_a_replaced_witness_never_expires(contract: Contract, horizon: int) -> None:
    store = Store(contract)
    do(store, "issue_timeout_witness", "gate", 5)
    newer = do(store, "issue_timeout_witness", "gate", horizon)
    expired = [tick for tick in range(12) if do(store, "advance_clock", tick) == (newer,)]
    assert expired == [horizon]
    events = [each["event"] for each in run(store, "runtime_audit_log").ok]
    assert events == ["Issued", "Invalidated", "Issued", "Expired"]


@both
def test_witnesses_expire_in_site_order(contract: Contract) -> None:
    store = Store(contract)
    until = {"b": 3, "a": 5, "é": 1, "B": 4, "late": 7, "aa": 5}
    made = {site: do(store, "issue_timeout_witness", site, tick) for site, tick in until.items()}
    before = do(store, "runtime_audit_log")
    order = ["B", "a", "aa", "b", "é"]
    assert do(store, "advance_clock", 6) == tuple(made[site] for site in order)
    log = run(store, "runtime_audit_log").ok
    assert log[len(before) :] == [timeout(made[site], "Expired", "timeout horizon elapsed", 6) for site in order]
    assert do(store, "advance_clock", 6) == ()
    assert do(store, "advance_clock", TOP) == (made["late"],)


@both
def test_until_tick_is_reached_at_that_tick(contract: Contract) -> None:
    store = Store(contract)
    witness = do(store, "issue_timeout_witness", "gate", 5)
    assert do(store, "advance_clock", 4) == ()
    assert do(store, "advance_clock", 5) == (witness,)


@both
def test_a_horizon_already_past_expires_when_the_clock_is_next_set(contract: Contract) -> None:
    store = Store(contract)
    do(store, "advance_clock", 9)
    witness = do(store, "issue_timeout_witness", "gate", 3)
    assert run(store, "runtime_audit_log").ok == [timeout(witness, "Issued", None, 9)]
    assert do(store, "advance_clock", 9) == (witness,)


@both
def test_the_clock_never_goes_back(contract: Contract) -> None:
    store = Store(contract)
    do(store, "issue_timeout_witness", "gate", 3)
    do(store, "advance_clock", 2)
    assert refusal(store, "advance_clock", 1) == "clock cannot go back from 2 to 1"
    assert refusal(store, "advance_clock", 0) == "clock cannot go back from 2 to 0"
    assert do(store, "advance_clock", 2) == ()


@both
def test_an_expired_site_starts_anew(contract: Contract) -> None:
    store = Store(contract)
    do(store, "issue_timeout_witness", "gate", 1)
    do(store, "advance_clock", 1)
    again = do(store, "issue_timeout_witness", "gate", 4)
    assert again.witness_id == 1
    assert [each["event"] for each in run(store, "runtime_audit_log").ok] == ["Issued", "Expired", "Issued"]
    assert do(store, "advance_clock", 4) == (again,)


@both
def test_witness_ids_saturate_and_horizons_still_hold(contract: Contract) -> None:
    store = Store(contract)
    store.timeouts.next_witness_id = TOP - 1
    made = [do(store, "issue_timeout_witness", site, 9) for site in "abc"]
    assert [each.witness_id for each in made] == [TOP - 1, TOP, TOP]
    newer = do(store, "issue_timeout_witness", "c", 20)
    assert newer.witness_id == TOP
    assert do(store, "advance_clock", 10) == tuple(made[:2])
    assert do(store, "advance_clock", 20) == (newer,)


@both
def test_sessions_and_timeouts_are_apart(contract: Contract) -> None:
    store = opened(contract)
    sessions = snapshot(store)["sessions"]
    do(store, "issue_timeout_witness", "gate", 1)
    do(store, "advance_clock", 1)
    assert snapshot(store)["sessions"] == sessions
    assert run(store, "authority_audit_log", 0).ok == []


steps = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 12)) | st.integers(0, 12), max_size=30)


@given(steps)
def test_the_registry_is_that_of_a_plain_one(steps: list[Any]) -> None:
    """Judged by one dictionary that is searched through at every tick."""
    store = Store()
    live: dict[str, Any] = {}
    clock = 0
    log: list[Any] = []
    for step in steps:
        if isinstance(step, tuple):
            site, until = step
            if site in live:
                log.append(timeout(live[site], "Invalidated", "replaced by newer timeout witness", clock))
            live[site] = do(store, "issue_timeout_witness", site, until)
            log.append(timeout(live[site], "Issued", None, clock))
        elif step < clock:
            refusal(store, "advance_clock", step)
        else:
            clock = step
            gone = [live.pop(site) for site in sorted(live) if live[site].until_tick <= clock]
            log += [timeout(each, "Expired", "timeout horizon elapsed", clock) for each in gone]
            assert do(store, "advance_clock", step) == tuple(gone)
    assert run(store, "runtime_audit_log").ok == log
