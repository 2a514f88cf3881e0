"""A reload works on the sessions that may differ from what it makes: on all the others it has no effect."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.generators.profiles import PROFILES, Profile
from telltale_conformance.generators.programs import Generator
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import LocalType, Send
from telltale_conformance.model.values import SESSION, Edge, Endpoint, UpdateEdgeHandler
from tests.model.store_world import BOTH, LOOP, branch, do, opened, run

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


A = Endpoint(role="A", sid=0)
AB, OTHER = (Edge(receiver="B", sender="A", sid=sid) for sid in (0, 9))
TWO_STEPS: dict[str, LocalType] = {"A": Send("B", (branch("first", Send("B", (branch("second"),))),))}
CHANGES: dict[str, tuple[tuple[Any, ...], ...]] = {
    "a handler in another's place": (("update_handler", AB, "first"), ("update_handler", AB, "second")),
    "a default handler in another's place": (
        ("set_default_handler_for_session", 0, "first"),
        ("set_default_handler_for_session", 0, "second"),
    ),
    "a type in another's place": (("update_type", A, Send("B", (branch("new"),))),),
    "a type that is gone": (("remove_type", A),),
    "a step": (("advance", A, "first"),),
    "closed": (("close", 0),),
    "opened in its place": (("open_with_sid", 0, ("A", "B"), LOOP, None),),
}
"""What is done to a session that was reloaded."""
UNSEEN = {("closed", "hardened"), ("opened in its place", "telltale-17"), ("opened in its place", "hardened")}
"""Changes on which another reload has no effect: of a closed session only under H17, of a fresh one never."""


@pytest.mark.parametrize("contract", BOTH, ids=lambda contract: contract.name)
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_after_a_reload_is_reloaded_as_all_sessions_are(change: str, contract: Contract) -> None:
    stores = [opened(contract, TWO_STEPS), opened(contract, TWO_STEPS)]
    for store in stores:
        do(store, "reload", "binary")
        for name, *arguments in CHANGES[change]:
            run(store, name, *arguments)
    reloaded_alike(stores, seen=(change, contract.name) not in UNSEEN)


def test_of_handlers_for_one_pair_a_reload_takes_the_one_of_the_greatest_sid() -> None:
    stores = [opened(), opened()]
    for store in stores:
        owner = do(store, "claim_ownership", 0, "owner", SESSION)
        do(store, "reload", "binary")
        for edge, handler in ((OTHER, "other"), (AB, "own")):
            mutation = UpdateEdgeHandler(edge=edge, handler=handler)
            do(store, "apply_owned_session_mutation", owner, mutation)
        assert do(store, "lookup_handler", AB) == "own"
    reloaded_alike(stores, seen=True)
    assert do(stores[0], "lookup_handler", AB) == "other"


def reloaded_alike(stores: list[Store], *, seen: bool) -> None:
    """Reload a store, and one in which every session is looked at."""
    before = tables(stores[0])
    stores[1].unlike_reloaded.update(stores[1].sessions)
    for store in stores:
        do(store, "reload", "binary")
    assert tables(stores[0]) == tables(stores[1])
    assert (tables(stores[0]) != before) == seen


def test_a_reload_looks_at_no_session_that_nothing_was_done_to() -> None:
    store = opened(BOTH[0])
    do(store, "reload", "binary")
    store.sessions[0].pair_handlers["A", "B"] = "left alone"
    do(store, "reload", "binary")
    assert store.sessions[0].pair_handlers["A", "B"] == "left alone"
    step(store, OPERATIONS["close"], (0,))
    do(store, "reload", "binary")
    assert not store.sessions[0].pair_handlers
