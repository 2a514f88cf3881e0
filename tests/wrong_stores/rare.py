"""Stores that are wrong in rare orders of steps only: unguided programs need very many answers to differ from them."""

from collections.abc import Callable

import msgspec

from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import OwnershipCapability
from tests.wrong_stores.beside import Arguments, Fault
from tests.wrong_stores.depths import DEEP

RARE: dict[str, Fault] = {
    name: DEEP[name]
    for name in ("stale capabilities are taken from generation 6 on", "witness ids go on after reaping")
}


def rare(fault: Callable[[], Fault]) -> Callable[[], Fault]:
    """List a fault under its name."""
    RARE[fault.__name__.replace("_", " ")] = fault()
    return fault


@rare
def death_is_taken_from_the_receiver() -> Fault:
    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name != "mark_owner_died":
            return arguments
        session = store.sessions.get(arguments[0])
        pending = session.ownership.pending if session is not None else None
        if session is None or pending is None or session.ownership.current is None:
            return arguments
        return (arguments[0], session.ownership.current.owner_id) if arguments[1] == pending.to_owner_id else arguments

    return Fault(given=given)


@rare
def handlers_live_on_after_reaping() -> Fault:
    bound: dict[int, dict[tuple[str, str], str]] = {}

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "open" and outcome.ok == 0:
            bound.clear()  # a fresh store
        if operation.name == "close" and outcome.error is None:
            bound[arguments[0]] = dict(store.sessions[arguments[0]].pair_handlers)
        if operation.gives == "session" and outcome.error is None:
            store.sessions[outcome.ok].pair_handlers.update(bound.get(outcome.ok, {}))
        return outcome

    return Fault(left=left)


@rare
def a_transfer_to_oneself_keeps_the_generation_from_4_on() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name != "commit_ownership_transfer" or outcome.error is not None:
            return outcome
        receipt = arguments[0]
        if receipt.from_owner_id != receipt.to_owner_id or receipt.from_generation < 4:
            return outcome
        assert isinstance(outcome.ok, OwnershipCapability)
        kept = msgspec.structs.replace(outcome.ok, generation=receipt.from_generation)
        store.sessions[receipt.session_id].ownership.current = kept
        return msgspec.structs.replace(outcome, ok=kept)

    return Fault(left=left)


@rare
def a_fourth_close_is_not_counted() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        for session in store.sessions.values():
            session.epoch = min(session.epoch, 3)
        return outcome

    return Fault(left=left)


@rare
def a_witness_is_spent_twice_once_eight_were_issued() -> Fault:
    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "consume_readiness_witness":
            session = store.sessions.get(arguments[0].session_id)
            if session is not None and session.ownership.next_witness_id > 8:
                session.ownership.consumed.discard(arguments[1].witness_id)
        return arguments

    return Fault(given=given)


@rare
def a_claim_after_three_rollbacks_of_a_dead_owner_is_taken() -> Fault:
    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "claim_ownership":
            session = store.sessions.get(arguments[0])
            if session is not None and session.ownership.terminal is not None and session.ownership.next_claim_id > 3:
                session.ownership.terminal = None
        return arguments

    return Fault(given=given)
