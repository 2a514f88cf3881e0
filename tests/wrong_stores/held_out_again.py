"""A second set of held-out stores: written after the guidance, without a look at what it draws or at other stores.

Each is wrong only when two or three conditions of the contract come together, or at some depth. Nothing may be
developed with them. ``tests/oracle/test_held_out_again_shown.py`` has a program for every one that shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.buffers import Buffer
from telltale_conformance.model.operations import OPERATIONS, Operation, Outcome, step
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    Fragments,
    OwnershipReceipt,
    ReceiptArtifact,
    Resize,
    SetDefaultHandler,
    TimeoutArtifact,
    TimeoutWitness,
)
from tests.wrong_stores.beside import Arguments, Fault, with_ok
from tests.wrong_stores.combinations import Noted

HELD_OUT_AGAIN: dict[str, Fault] = {}


def held_out_again(fault: Callable[[], Fault]) -> Callable[[], Fault]:
    """List a fault under its name."""
    HELD_OUT_AGAIN[fault.__name__.replace("_", " ")] = fault()
    return fault


def _succeeded(name: str, operation: Operation, outcome: Outcome) -> bool:
    return operation.name == name and outcome.error is None


def _buffer(store: Store, arguments: Arguments) -> Buffer | None:
    session = store.sessions.get(arguments[0])
    return None if session is None else session.buffers.get((arguments[1], arguments[2]))


# Ownership (§2)


@held_out_again
def after_a_commit_a_second_attenuation_leaves_the_scope_of_the_first() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        narrowed: dict[Session, list[Any]] = noted.of(store)
        if _succeeded("commit_ownership_transfer", operation, outcome):
            narrowed[store.sessions[outcome.ok.session_id]] = []
        if not _succeeded("attenuate_ownership_scope", operation, outcome):
            return outcome
        session = store.sessions[outcome.ok.session_id]
        if session not in narrowed:
            return outcome
        narrowed[session].append(outcome.ok.scope)
        if len(narrowed[session]) == 2:
            session.ownership.current = msgspec.structs.replace(outcome.ok, scope=narrowed[session][0])
        return outcome

    return Fault(left=left)


@held_out_again
def a_receipt_that_was_rolled_back_commits_a_later_transfer_on_the_same_terms() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name != "commit_ownership_transfer":
            return arguments
        receipt: OwnershipReceipt = arguments[0]
        session = store.sessions.get(receipt.session_id)
        pending = None if session is None else session.ownership.pending
        if pending is None or receipt not in noted.of(store).get(session, ()):
            return arguments
        same = msgspec.structs.replace(receipt, claim_id=pending.claim_id) == pending
        return (pending,) if same else arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if _succeeded("rollback_ownership_transfer", operation, outcome):
            session = store.sessions[arguments[0].session_id]
            noted.of(store).setdefault(session, []).append(arguments[0])
        return outcome

    return Fault(given, left)


@held_out_again
def the_failed_transfer_of_a_part_is_logged_with_the_scope_of_its_giver() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "fault_failed_transfer_commit":
            session = store.sessions.get(arguments[0].session_id)
            owner = None if session is None else session.ownership.current
            noted.of(store)["scope"] = None if owner is None else owner.scope
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if not _succeeded("fault_failed_transfer_commit", operation, outcome):
            return outcome
        scope = noted.of(store)["scope"]
        if not isinstance(scope, Fragments) or scope == arguments[0].scope:
            return outcome
        log = store.sessions[arguments[0].session_id].log
        logged = ReceiptArtifact(msgspec.structs.replace(arguments[0], scope=scope))
        log[-1] = msgspec.structs.replace(log[-1], artifact=logged)
        return msgspec.structs.replace(outcome, audit=[*outcome.audit[:-1], log[-1]])

    return Fault(given, left)


# Witnesses (§3)


@held_out_again
def a_witness_that_was_refused_twice_for_its_payload_was_never_issued() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if outcome.error is None or outcome.error.guard is not table.UNCHANGED:
            return outcome
        session, number = store.sessions[arguments[0].session_id], arguments[1].witness_id
        refused = noted.of(store)
        refused[session, number] = refused.get((session, number), 0) + 1
        if refused[session, number] == 2:
            del session.ownership.issued[number]
        return outcome

    return Fault(left=left)


@held_out_again
def a_witness_counts_again_when_its_owner_has_come_back_by_two_transfers() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if outcome.error is None or outcome.error.guard is not table.BOUND:
            return outcome
        capability, witness = arguments
        back = capability.generation >= witness.generation + 2 and capability.owner_id == witness.owner_id
        if not back or capability.scope != witness.scope:
            return outcome
        session = store.sessions[capability.session_id]
        session.log.pop()
        now = msgspec.structs.replace(witness, generation=capability.generation)
        session.ownership.issued[witness.witness_id] = now
        return step(store, OPERATIONS["consume_readiness_witness"], (capability, now))

    return Fault(left=left)


# Opening, closing, reaping (§5)


@held_out_again
def a_second_close_keeps_the_traces_stored_since_the_first() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "close":
            session = store.sessions.get(arguments[0])
            again = session is not None and session.epoch > 0
            noted.of(store)["traces"] = dict(session.edge_traces) if session is not None and again else {}
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if _succeeded("close", operation, outcome):
            store.sessions[arguments[0]].edge_traces.update(noted.of(store)["traces"])
        return outcome

    return Fault(given, left)


@held_out_again
def a_sid_opened_over_a_cancelled_session_is_listed_among_the_closed() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "open_with_sid":
            session = store.sessions.get(arguments[0])
            noted.of(store)["cancelled"] = session is not None and session.status == "Cancelled"
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if _succeeded("open_with_sid", operation, outcome) and noted.of(store)["cancelled"]:
            store.ended.add(outcome.ok)
        return outcome

    return Fault(given, left)


@held_out_again
def a_list_is_reaped_up_to_the_first_active_session_behind_one_that_ended() -> Fault:
    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name != "reap_sessions":
            return arguments
        ended = False
        for place, sid in enumerate(arguments[0]):
            if ended and sid in store.sessions and sid not in store.ended:
                return (arguments[0][:place],)
            ended |= sid in store.ended
        return arguments

    return Fault(given)


# Types (§7)


@held_out_again
def a_type_that_was_removed_after_a_typed_step_is_back_after_a_reload() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "remove_type":
            session = store.sessions.get(arguments[0].sid)
            entry = None if session is None else session.types.get(arguments[0].role)
            notes = noted.of(store)
            if entry is not None and (session, arguments[0].role, "stepped") in notes:
                notes[session, arguments[0].role, "removed"] = entry
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        notes = noted.of(store)
        if _succeeded("advance", operation, outcome):
            notes[store.sessions[arguments[0].sid], arguments[0].role, "stepped"] = True
        if operation.name == "reload":
            for (session, role, what), entry in notes.items():
                if what == "removed" and store.sessions.get(session.sid) is session:
                    session.types.setdefault(role, entry)
        return outcome

    return Fault(given, left)


@held_out_again
def the_original_stays_when_a_second_recursion_is_entered() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "advance":
            session = store.sessions.get(arguments[0].sid)
            entry = None if session is None else session.types.get(arguments[0].role)
            noted.of(store)["before"] = None if entry is None else entry.original
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if not _succeeded("advance", operation, outcome):
            return outcome
        notes, session = noted.of(store), store.sessions[arguments[0].sid]
        entry, place = session.types[arguments[0].role], (session, arguments[0].role)
        if entry.original is not notes["before"]:
            if place in notes:
                entry.original = notes["before"]
            notes[place] = True
        return outcome

    return Fault(given, left)


# Messages and signatures (§8, §14)


@held_out_again
def a_buffer_that_was_full_at_its_maximum_grows_once_more_when_it_was_emptied() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        notes = noted.of(store)
        if operation.result == "enqueued":
            buffer = _buffer(store, arguments)
            if buffer is not None and notes.get(buffer) == "emptied" and len(buffer.messages) == buffer.capacity:
                buffer.capacity *= 2
                del notes[buffer]
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        notes = noted.of(store)
        taken = operation.name in ("recv", "recv_signed", "recv_verified", "recv_verified_signed")
        if operation.result == "enqueued" or taken:
            buffer = _buffer(store, arguments)
            if buffer is not None and outcome.ok == "Full" and isinstance(buffer.config.policy, Resize):
                notes[buffer] = "full"
            elif taken and buffer in notes and not buffer.messages:
                notes[buffer] = "emptied"
        return outcome

    return Fault(given, left)


@held_out_again
def a_bad_message_takes_the_next_with_it_where_a_third_is_waiting() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name == "recv_verified" and outcome.error is not None:
            buffer = _buffer(store, arguments)
            if buffer is not None and len(buffer.messages) >= 2:
                buffer.messages.popleft()
        return outcome

    return Fault(left=left)


@held_out_again
def a_latest_value_keeps_the_number_that_is_not_0_when_another_number_comes() -> Fault:
    noted = Noted()

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        notes = noted.of(store)
        notes["number"] = 0
        if operation.name == "send_with_sequence":
            buffer = _buffer(store, arguments)
            if buffer is not None and buffer.config.mode == "LatestValue" and buffer.messages:
                notes["number"] = buffer.messages[0].sequence_no
        return arguments

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        number = noted.of(store)["number"]
        if number and outcome.ok == "Ok" and arguments[4]:
            buffer = _buffer(store, arguments)
            assert buffer is not None
            buffer.messages.append(buffer.messages.pop()._replace(sequence_no=number))
        return outcome

    return Fault(given, left)


# Timeouts (§9)


@held_out_again
def a_second_replacement_of_a_timeout_logs_the_witness_replaced_first() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        lives: dict[str, list[TimeoutWitness]] = noted.of(store)
        if operation.name == "advance_clock" and outcome.error is None:
            for witness in outcome.ok:
                lives.pop(witness.site, None)
        if operation.name == "issue_timeout_witness":
            issued = lives.setdefault(arguments[0], [])
            issued.append(outcome.ok)
            if len(issued) == 3:
                log = store.timeouts.log
                log[-2] = msgspec.structs.replace(log[-2], artifact=TimeoutArtifact(issued[0]))
        return outcome

    return Fault(left=left)


# Handlers (§4, §15)


@held_out_again
def a_default_set_by_the_owner_is_forgotten_by_a_reload_during_a_transfer() -> Fault:
    noted = Noted()

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        owners = noted.of(store)
        mutated = _succeeded("apply_owned_session_mutation", operation, outcome)
        if mutated and isinstance(arguments[1], SetDefaultHandler):
            owners[store.sessions[arguments[0].session_id]] = True
        if operation.name == "reload":
            for session in store.sessions.values():
                if session in owners and session.ownership.pending is not None:
                    session.default_handler = "default_handler"
        return outcome

    return Fault(left=left)


# Auth trees (§17)


@held_out_again
def of_five_leaves_or_more_a_last_one_without_a_neighbour_says_that_it_is_its_own_on_the_left() -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if operation.name != "auth_proof" or outcome.ok is None:
            return outcome
        leaves = len(store.sessions[arguments[0]].auth[arguments[1].sender, arguments[1].receiver])
        if leaves < 5 or leaves % 2 == 0 or arguments[2] != leaves - 1:
            return outcome
        return with_ok(outcome, sibling_on_left=(True, *outcome.ok.sibling_on_left[1:]))

    return Fault(left=left)
