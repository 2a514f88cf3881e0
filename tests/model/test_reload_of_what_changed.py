"""A reload works on the sessions that may differ from what it makes: on all the others it has no effect."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.generators.profiles import PROFILES, Profile
from telltale_conformance.generators.programs import Generator
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.store import Store
from tests.model.store_world import BOTH, do, opened

RELOADED = ("reloads", "handlers", "lifecycle")


def tables(store: Store) -> dict[int, Any]:
    """What a reload makes anew, of every session."""
    return {
        sid: (list(one.pair_handlers.items()), one.blueprint, one.handler_names, one.labels)
        for sid, one in store.sessions.items()
    }


@pytest.mark.parametrize("contract", BOTH, ids=lambda contract: contract.name)
@pytest.mark.parametrize("profile", [one for one in PROFILES if one.name in RELOADED], ids=lambda one: one.name)
def test_a_reload_of_every_session_finds_nothing_more_to_do(profile: Profile, contract: Contract) -> None:
    reloads = worked_on = live = 0
    for index in range(4):
        store = Store(contract)
        for made in Generator(41, index, contract=contract, profile=profile).steps(120):
            if made.operation.name == "reload":
                reloads, live, worked_on = (
                    reloads + 1,
                    live + len(store.sessions),
                    worked_on + len(store.unlike_reloaded),
                )
            step(store, made.operation, made.arguments)
            if made.operation.name == "reload":
                assert not store.unlike_reloaded
                after = tables(store)
                store.unlike_reloaded.update(store.sessions)
                do(store, "reload", "binary")
                assert tables(store) == after
    assert reloads > 5
    assert worked_on < live


def test_a_reload_looks_at_no_session_that_nothing_was_done_to() -> None:
    store = opened(BOTH[0])
    do(store, "reload", "binary")
    store.sessions[0].pair_handlers["A", "B"] = "left alone"
    do(store, "reload", "binary")
    assert store.sessions[0].pair_handlers["A", "B"] == "left alone"
    step(store, OPERATIONS["close"], (0,))
    do(store, "reload", "binary")
    assert not store.sessions[0].pair_handlers
