"""Stores that are wrong where several things come together: each needs its own combination of steps to show.

They follow the sections of the contract, one or two faults of each, and were written without looking at what finds
them. ``tests/oracle/test_combinations_shown.py`` has a program for every one that shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.sessions import MemoryUsage
from telltale_conformance.model.signatures import SignedValue
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.trees import END
from telltale_conformance.model.values import CancellationWitness, Fragments, Resize
from tests.wrong_stores.beside import Arguments, Fault

COMBINATIONS: dict[str, Fault] = {}


class Noted:
    """What a fault remembers of a store: nothing of the one before."""

    def __init__(self) -> None:
        self._store: Store | None = None
        self._notes: dict[Any, Any] = {}

    def of(self, store: Store) -> dict[Any, Any]:
        """Return the notes of a store."""
        if self._store is not store:
            self._store, self._notes = store, {}
        return self._notes


def combination(fault: Callable[[], Fault]) -> Callable[[], Fault]:
    """List a fault under its name."""
    COMBINATIONS[fault.__name__.replace("_", " ")] = fault()
    return fault


def _after_reload(change: Callable[[Store], None]) -> Fault:
    """Change the store after each reload."""

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "reload" and outcome.error is None:
            change(store)
        return outcome

    return Fault(left=left)


def _session(store: Store, sid: int) -> Session | None:
    return store.sessions.get(sid)


# Ownership (§2)


@combination
def a_claim_goes_on_from_generation_3_after_a_release() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "release_ownership":
            session = _session(store, arguments[0].session_id)
            if session is not None and session.ownership.current is not None:
                noted.of(store)[session.sid] = session.ownership.current.generation
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.gives == "session" and outcome.error is None:
            noted.of(store).pop(outcome.ok, None)
        if operation.name != "claim_ownership" or outcome.error is not None:
            return outcome
        before = noted.of(store).get(arguments[0], 0)
        if before < 3:
            return outcome
        wrong = msgspec.structs.replace(outcome.ok, generation=before)
        store.sessions[arguments[0]].ownership.current = wrong
        return msgspec.structs.replace(outcome, ok=wrong)

    return Fault(given, left)


@combination
def a_cancellation_after_a_commit_that_did_not_match_names_the_receiver() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "commit_ownership_transfer" and outcome.error is not None:
            session = _session(store, arguments[0].session_id)
            if session is not None and session.ownership.pending is not None:
                noted.of(store)[session.sid] = session.ownership.pending
        if operation.name != "cancel_abandoned_transfer" or not isinstance(outcome.ok, CancellationWitness):
            return outcome
        if noted.of(store).get(arguments[0].session_id) != arguments[0]:
            return outcome
        wrong = msgspec.structs.replace(outcome.ok, owner_id=arguments[0].to_owner_id)
        return msgspec.structs.replace(outcome, ok=wrong)

    return Fault(left=left)


@combination
def a_release_ends_the_transfer_of_the_same_owner_in_another_session() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "release_ownership" and outcome.error is None:
            for session in store.sessions.values():
                pending = session.ownership.pending
                if pending is not None and pending.from_owner_id == arguments[0].owner_id:
                    session.ownership.pending = None
        return outcome

    return Fault(left=left)


@combination
def a_session_scope_widened_from_fragments_of_a_transfer_does_not_count() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        mutated = operation.name == "apply_owned_session_mutation"
        if not mutated or noted.of(store).get(arguments[0].session_id) != arguments[0]:
            return arguments
        stale = msgspec.structs.replace(arguments[0], generation=arguments[0].generation + 1)
        return (stale, *arguments[1:])

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "attenuate_ownership_scope" and outcome.error is None and arguments[0].generation > 0:
            narrow = noted.of(store).get(("granted", arguments[0].session_id))
            if narrow == arguments[0] and outcome.ok.scope == "Session":
                noted.of(store)[outcome.ok.session_id] = outcome.ok
        granted = operation.name == "commit_ownership_transfer" and outcome.error is None
        if granted and isinstance(outcome.ok.scope, Fragments):
            noted.of(store)["granted", outcome.ok.session_id] = outcome.ok
        return outcome

    return Fault(given, left)


# Witnesses (§3)


@combination
def a_witness_that_is_spent_without_a_default_handler_is_forgotten() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "consume_readiness_witness" and outcome.error is None:
            session = store.sessions[arguments[0].session_id]
            if not session.default_handler:
                session.ownership.consumed.discard(arguments[1].witness_id)
        return outcome

    return Fault(left=left)


@combination
def a_reload_keeps_two_spent_witnesses() -> Fault:
    def change(store: Store) -> None:
        for session in store.sessions.values():
            session.ownership.consumed = set(sorted(session.ownership.consumed)[-2:])

    return _after_reload(change)


# Opening, closing, reaping (§5, §13)


@combination
def a_reload_keeps_four_summaries() -> Fault:
    def change(store: Store) -> None:
        del store.archive[:-4]

    return _after_reload(change)


@combination
def a_reload_takes_the_next_id_from_the_live_sessions() -> Fault:
    def change(store: Store) -> None:
        if store.sessions and store.archive:
            store.next_sid = max(store.sessions) + 1

    return _after_reload(change)


@combination
def a_sid_reaped_twice_counts_once_in_memory() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if not isinstance(outcome.ok, MemoryUsage):
            return outcome
        count = len({summary.sid for summary in store.archive})
        return msgspec.structs.replace(outcome, ok=msgspec.structs.replace(outcome.ok, archived_closed_sessions=count))

    return Fault(left=left)


@combination
def a_plan_opened_over_its_own_session_keeps_the_types_reached() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "open_with_sid_from_plan":
            notes, sid = noted.of(store), arguments[0]
            session = _session(store, sid)
            same = session is not None and notes.get(sid) == arguments[1]
            notes["reached"] = {role: entry.current for role, entry in session.types.items()} if same else {}
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.gives == "session" and outcome.error is None:
            notes = noted.of(store)
            notes.pop(outcome.ok, None)
            if operation.name == "open_with_sid_from_plan":
                notes[outcome.ok] = arguments[1]
                for role, current in notes["reached"].items():
                    store.sessions[outcome.ok].types[role].current = current
        return outcome

    return Fault(given, left)


# Types (§7)


@combination
def a_fourth_typed_step_around_a_recursion_ends() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.gives == "session" and outcome.error is None:
            for key in [key for key in noted.of(store) if key.sid == outcome.ok]:
                del noted.of(store)[key]
        if operation.name != "advance" or outcome.error is not None:
            return outcome
        entry, notes = store.sessions[arguments[0].sid].types[arguments[0].role], noted.of(store)
        if entry.current == END:
            return outcome
        notes[arguments[0]] = notes.get(arguments[0], 0) + 1
        if notes[arguments[0]] < 4:
            return outcome
        entry.current = END
        return msgspec.structs.replace(outcome, ok=msgspec.structs.replace(outcome.ok, current=END))

    return Fault(left=left)


# Messages and signatures (§8, §14)


@combination
def a_dropped_message_has_a_leaf_once_one_was_received() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.gives == "session" and outcome.error is None:
            noted.of(store).pop(outcome.ok, None)
        if operation.name == "recv" and outcome.ok is not None:
            noted.of(store)[arguments[0]] = True
        if outcome.ok == "Dropped" and noted.of(store).get(arguments[0]):
            store.sessions[arguments[0]].auth_leaves += 1
        return outcome

    return Fault(left=left)


def _made_good(message: SignedValue) -> SignedValue:
    return message._replace(signature=message.signature._replace(intact=True))


@combination
def a_reload_makes_bad_signatures_good_in_a_grown_buffer() -> Fault:
    def change(store: Store) -> None:
        for session in store.sessions.values():
            for buffer in session.buffers.values():
                if isinstance(buffer.config.policy, Resize) and buffer.capacity > max(
                    1, buffer.config.initial_capacity
                ):
                    kept = [_made_good(message) for message in buffer.messages]
                    buffer.messages.clear()
                    buffer.messages.extend(kept)

    return _after_reload(change)


@combination
def a_latest_value_keeps_the_bad_signature_that_it_replaces() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        noted.of(store)["bad"] = None
        if operation.result == "enqueued":
            session = _session(store, arguments[0])
            buffer = session.buffers.get((arguments[1], arguments[2])) if session is not None else None
            if buffer is not None and buffer.config.mode == "LatestValue" and buffer.messages:
                noted.of(store)["bad"] = not buffer.messages[0].signature.intact
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if noted.of(store)["bad"] and outcome.ok == "Ok":
            messages = store.sessions[arguments[0]].buffers[arguments[1], arguments[2]].messages
            message = messages.pop()
            messages.append(message._replace(signature=message.signature._replace(intact=False)))
        return outcome

    return Fault(given, left)


# Timeouts (§9)


@combination
def a_timeout_that_was_replaced_expires_at_the_first_horizon() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "issue_timeout_witness":
            before = store.timeouts.live.get(arguments[0])
            noted.of(store)[arguments[0]] = None if before is None else before.until_tick
        if operation.name == "advance_clock" and arguments[0] >= store.timeouts.clock:
            for site, first in noted.of(store).items():
                live = store.timeouts.live.get(site)
                if live is not None and first == arguments[0] < live.until_tick:
                    store.timeouts.live[site] = msgspec.structs.replace(live, until_tick=first)
                    store.timeouts.horizon.insert(0, (first, site))
        return arguments

    return Fault(given)


@combination
def of_three_that_expire_at_the_tick_itself_the_last_stays() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        noted.of(store).clear()
        if operation.name == "advance_clock" and arguments[0] >= store.timeouts.clock:
            exact = [site for site, witness in store.timeouts.live.items() if witness.until_tick == arguments[0]]
            if len(exact) >= 3:
                last = max(exact)
                noted.of(store)[last] = store.timeouts.live.pop(last)
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        store.timeouts.live.update(noted.of(store))
        return outcome

    return Fault(given, left)


# Handlers (§4, §15, §16)


@combination
def of_three_bindings_of_a_pair_a_reload_takes_the_middle_one() -> Fault:
    def change(store: Store) -> None:
        for session in store.sessions.values():
            for sender, receiver in tuple(session.pair_handlers):
                bound = [
                    handler
                    for edge, handler in sorted(session.edge_handlers.items(), key=lambda one: one[0].sid)
                    if (edge.sender, edge.receiver) == (sender, receiver)
                ]
                if len(bound) >= 3:
                    session.pair_handlers[sender, receiver] = bound[-2]

    return _after_reload(change)


# Auth trees (§17)


@combination
def a_proof_of_the_last_of_nine_leaves_lacks_a_level() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name != "auth_proof" or outcome.ok is None or arguments[2] < 8:
            return outcome
        proof = outcome.ok
        wrong = msgspec.structs.replace(proof, siblings=proof.siblings[:-1], sibling_on_left=proof.sibling_on_left[:-1])
        return msgspec.structs.replace(outcome, ok=wrong)

    return Fault(left=left)


@combination
def a_root_over_five_leaves_is_wrong_once_the_edge_was_emptied() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name != "auth_root" or outcome.ok is None:
            return outcome
        session, pair = store.sessions[arguments[0]], (arguments[1].sender, arguments[1].receiver)
        buffer = session.buffers.get(pair)
        if len(session.auth[pair]) < 5 or buffer is None or buffer.messages:
            return outcome
        return msgspec.structs.replace(outcome, ok=outcome.ok[::-1])

    return Fault(left=left)
