"""Stores that are wrong where several things come together, held out: no guidance was developed with them.

They follow the contract as ``combinations`` does, and were written before the guidance that is measured with them.
``tests/oracle/test_held_out_shown.py`` has a program for every one that shows it.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import OwnershipReceipt, TimeoutWitness
from tests.wrong_stores.beside import Arguments, Fault, with_ok
from tests.wrong_stores.combinations import Noted

HELD_OUT: dict[str, Fault] = {}


def held_out(fault: Callable[[], Fault]) -> Callable[[], Fault]:
    """List a fault under its name."""
    HELD_OUT[fault.__name__.replace("_", " ")] = fault()
    return fault


def _opened(operation: Operation, outcome: Outcome) -> bool:
    return operation.gives == "session" and outcome.error is None


# Ownership (§2)


@held_out
def a_rollback_of_a_second_transfer_leaves_its_scope() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "rollback_ownership_transfer" and outcome.error is None and arguments[0].claim_id >= 2:
            ownership = store.sessions[arguments[0].session_id].ownership
            assert ownership.current is not None
            ownership.current = msgspec.structs.replace(ownership.current, scope=arguments[0].scope)
        return outcome

    return Fault(left=left)


@held_out
def a_session_claimed_a_third_time_stays_active_when_its_transfer_is_cancelled() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        claims = noted.of(store)
        if _opened(operation, outcome):
            claims[outcome.ok] = 0
        if operation.name == "claim_ownership" and outcome.error is None:
            claims[arguments[0]] += 1
        if operation.name == "cancel_abandoned_transfer" and outcome.error is None:
            session = store.sessions[arguments[0].session_id]
            if claims[session.sid] >= 3:
                session.status = "Active"
                store.ended.discard(session.sid)
        return outcome

    return Fault(left=left)


@held_out
def a_death_with_two_unspent_witnesses_takes_the_id_of_the_last() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name != "mark_owner_died" or outcome.error is not None:
            return outcome
        issued = store.sessions[arguments[0]].ownership.issued
        return with_ok(outcome, witness_id=max(issued)) if len(issued) >= 2 else outcome

    return Fault(left=left)


@held_out
def a_commit_after_a_claim_that_was_refused_grants_generation_0() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        refused: dict[int, OwnershipReceipt] = noted.of(store)
        if operation.name == "claim_ownership" and outcome.error is not None:
            session = store.sessions.get(arguments[0])
            if session is not None and session.ownership.pending is not None:
                refused[session.sid] = session.ownership.pending
        if operation.name != "commit_ownership_transfer" or outcome.error is not None:
            return outcome
        if refused.get(arguments[0].session_id) != arguments[0]:
            return outcome
        wrong = with_ok(outcome, generation=0)
        store.sessions[arguments[0].session_id].ownership.current = wrong.ok
        return wrong

    return Fault(left=left)


# Witnesses (§3)


@held_out
def a_witness_does_not_survive_a_release() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "release_ownership" and outcome.error is None:
            store.sessions[arguments[0].session_id].ownership.issued.clear()
        return outcome

    return Fault(left=left)


@held_out
def a_third_witness_for_the_same_predicate_counts_as_spent() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "consume_readiness_witness":
            session = store.sessions.get(arguments[0].session_id)
            witness = arguments[1]
            if session is not None and noted.of(store).get((session.sid, witness.predicate_ref), 0) >= 2:
                session.ownership.consumed.add(witness.witness_id)
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        spent = noted.of(store)
        if _opened(operation, outcome):
            for key in [key for key in spent if key[0] == outcome.ok]:
                del spent[key]
        if operation.name == "consume_readiness_witness" and outcome.error is None:
            key = arguments[0].session_id, arguments[1].predicate_ref
            spent[key] = spent.get(key, 0) + 1
        return outcome

    return Fault(given, left)


# Opening, closing, reaping (§5, §13)


@held_out
def a_close_with_messages_under_way_ends_a_pending_transfer() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "close":
            session = store.sessions.get(arguments[0])
            noted.of(store)["messages"] = session.buffered_messages() if session is not None else 0
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "close" and outcome.error is None and noted.of(store)["messages"]:
            store.sessions[arguments[0]].ownership.pending = None
        return outcome

    return Fault(given, left)


@held_out
def three_that_are_reaped_by_a_list_are_archived_in_ascending_order() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "reap_sessions" and len(outcome.ok) >= 3:
            count = len(outcome.ok)
            store.archive[-count:] = sorted(store.archive[-count:], key=lambda summary: summary.sid)
        return outcome

    return Fault(left=left)


@held_out
def a_plan_opened_after_its_owner_died_is_claimed_at_generation_1() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        lives = noted.of(store)
        if operation.name == "mark_owner_died" and outcome.error is None:
            lives[arguments[0]] = "died"
        if _opened(operation, outcome):
            after = operation.name == "open_with_sid_from_plan" and lives.get(outcome.ok) == "died"
            lives[outcome.ok] = "after" if after else None
        claimed = operation.name == "claim_ownership" and outcome.error is None
        if not claimed or lives[arguments[0]] != "after":
            return outcome
        wrong = with_ok(outcome, generation=1)
        store.sessions[arguments[0]].ownership.current = wrong.ok
        return wrong

    return Fault(left=left)


# Types (§7)


@held_out
def an_original_given_after_two_typed_steps_is_not_stored() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "update_original" and noted.of(store).get(arguments[0], 0) >= 2:
            session = store.sessions.get(arguments[0].sid)
            entry = session.types.get(arguments[0].role) if session is not None else None
            if entry is not None:
                return (arguments[0], entry.original)
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        taken = noted.of(store)
        if _opened(operation, outcome):
            for key in [key for key in taken if key.sid == outcome.ok]:
                del taken[key]
        if operation.name == "advance" and outcome.error is None:
            taken[arguments[0]] = taken.get(arguments[0], 0) + 1
        return outcome

    return Fault(given, left)


# Messages and signatures (§8, §14)


@held_out
def a_send_that_would_block_a_third_time_is_dropped() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        blocked = noted.of(store)
        if _opened(operation, outcome):
            for key in [key for key in blocked if key[0] == outcome.ok]:
                del blocked[key]
        if outcome.ok != "WouldBlock":
            return outcome
        blocked[arguments[:3]] = blocked.get(arguments[:3], 0) + 1
        return msgspec.structs.replace(outcome, ok="Dropped") if blocked[arguments[:3]] >= 3 else outcome

    return Fault(left=left)


@held_out
def a_grown_buffer_that_was_emptied_has_its_first_capacity_again() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name in ("recv", "recv_signed", "recv_verified", "recv_verified_signed"):
            session = store.sessions.get(arguments[0])
            buffer = session.buffers.get((arguments[1], arguments[2])) if session is not None else None
            if buffer is not None and not buffer.messages:
                buffer.capacity = max(1, buffer.config.initial_capacity)
        return outcome

    return Fault(left=left)


@held_out
def a_sequence_number_is_lost_when_a_full_buffer_was_reloaded() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "reload":
            for session in store.sessions.values():
                for buffer in session.buffers.values():
                    if len(buffer.messages) == buffer.capacity >= 2:
                        first = buffer.messages.popleft()
                        buffer.messages.appendleft(first._replace(sequence_no=0))
        return outcome

    return Fault(left=left)


# Timeouts (§9)


@held_out
def a_site_that_expired_before_waits_when_its_horizon_has_passed_already() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        notes = noted.of(store)
        if operation.name == "advance_clock" and arguments[0] >= store.timeouts.clock:
            held: dict[str, TimeoutWitness] = {
                site: witness
                for site, witness in store.timeouts.live.items()
                if ("expired", site) in notes and witness.until_tick <= witness.issued_at_tick
            }
            for site in held:
                del store.timeouts.live[site]
            notes["held"] = held
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        notes = noted.of(store)
        store.timeouts.live.update(notes.pop("held", {}))
        if operation.name == "advance_clock" and outcome.error is None:
            notes.update({("expired", witness.site): True for witness in outcome.ok})
        return outcome

    return Fault(given, left)


# Handlers (§4, §15, §16)


@held_out
def an_empty_handler_of_a_pair_is_null_after_a_reload() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "reload":
            for session in store.sessions.values():
                for pair in [pair for pair, handler in session.pair_handlers.items() if not handler]:
                    del session.pair_handlers[pair]
        return outcome

    return Fault(left=left)


@held_out
def without_a_default_only_handlers_of_listed_roles_count_as_bound() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name != "has_bound_handler" or outcome.error is not None:
            return outcome
        session = store.sessions[arguments[0]]
        return outcome if session.default_handler else msgspec.structs.replace(outcome, ok=bool(session.pair_handlers))

    return Fault(left=left)


# Auth trees (§17)


@held_out
def a_root_over_three_leaves_is_null_after_a_close() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name != "auth_root" or outcome.ok is None:
            return outcome
        session = store.sessions[arguments[0]]
        if session.epoch == 0 or len(session.auth[arguments[1].sender, arguments[1].receiver]) < 3:
            return outcome
        return msgspec.structs.replace(outcome, ok=None)

    return Fault(left=left)
