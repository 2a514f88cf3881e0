"""A program written by hand shows each of the stores that nothing was developed with."""

from __future__ import annotations

import pytest

from tests.wrong_stores.held_out_again import HELD_OUT_AGAIN
from tests.wrong_stores.shown import Shown, assert_shown_at_the_last_step
from tests.wrong_stores.steps import A_TO_B, SESSION, Script, altered, edge, ep, fragments, mu, send, var

SHOWN = Shown()


@SHOWN.by
def after_a_commit_a_second_attenuation_leaves_the_scope_of_the_first(s: Script) -> None:
    _, receipt = s.begun()
    cap = s.commit_ownership_transfer(receipt=receipt)
    for scope in (fragments("x", "y"), fragments("x")):
        cap = s.attenuate_ownership_scope(capability=cap, new_scope=scope)
    s.current_ownership(sid=0)


@SHOWN.by
def a_receipt_that_was_rolled_back_commits_a_later_transfer_on_the_same_terms(s: Script) -> None:
    cap, receipt = s.begun()
    s.rollback_ownership_transfer(receipt=receipt)
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.commit_ownership_transfer(receipt=receipt)


@SHOWN.by
def the_failed_transfer_of_a_part_is_logged_with_the_scope_of_its_giver(s: Script) -> None:
    cap = s.claimed(scope=fragments("x", "y"))
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("x"))
    s.fault_failed_transfer_commit(receipt=receipt, reason="lost")


@SHOWN.by
def a_witness_that_was_refused_twice_for_its_payload_was_never_issued(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    for given in (altered(witness, predicate_ref="q"), altered(witness, predicate_ref="q"), witness):
        s.consume_readiness_witness(capability=cap, witness=given)


@SHOWN.by
def a_witness_counts_again_when_its_owner_has_come_back_by_two_transfers(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    for owner in ("b", "a"):
        receipt = s.begin_ownership_transfer(capability=cap, new_owner_id=owner, new_scope=SESSION)
        cap = s.commit_ownership_transfer(receipt=receipt)
    s.consume_readiness_witness(capability=cap, witness=witness)


@SHOWN.by
def a_second_close_keeps_the_traces_stored_since_the_first(s: Script) -> None:
    s.start()
    s.close(sid=0)
    s.update_trace(edge=edge(), trace=["Nat"])
    s.close(sid=0)
    s.lookup_trace(edge=edge())


@SHOWN.by
def a_sid_opened_over_a_cancelled_session_is_listed_among_the_closed(s: Script) -> None:
    _, receipt = s.begun()
    s.cancel_abandoned_transfer(receipt=receipt)
    s.open_with_sid(sid=0, roles=["A"], initial_types={})
    s.closed_session_ids()


@SHOWN.by
def a_list_is_reaped_up_to_the_first_active_session_behind_one_that_ended(s: Script) -> None:
    for _ in range(3):
        s.start()
    for sid in (0, 2):
        s.close(sid=sid)
    s.reap_sessions(session_ids=[0, 1, 2])


@SHOWN.by
def a_type_that_was_removed_after_a_typed_step_is_back_after_a_reload(s: Script) -> None:
    s.start(types=A_TO_B)
    s.advance(ep=ep(), label="m")
    s.remove_type(ep=ep())
    s.reload(form="binary")
    s.lookup_type(ep=ep())


@SHOWN.by
def the_original_stays_when_a_second_recursion_is_entered(s: Script) -> None:
    inner = mu("u", send("B", ("o", var("u"))))
    s.start(types={"A": send("B", ("m", mu("t", send("B", ("n", inner)))))})
    for label in ("m", "n"):
        s.advance(ep=ep(), label=label)
    s.original_type(ep=ep())


@SHOWN.by
def a_buffer_that_was_full_at_its_maximum_grows_once_more_when_it_was_emptied(s: Script) -> None:
    s.buffered(policy={"Resize": {"max_capacity": 1}})
    for number in range(2):
        s.sent(number)
    s.received()
    for number in range(2):
        s.sent(number)


@SHOWN.by
def a_bad_message_takes_the_next_with_it_where_a_third_is_waiting(s: Script) -> None:
    s.buffered(capacity=3)
    s.send_signed(sid=0, from_="A", to="B", val="Unit", signature="corrupt")
    for number in range(2):
        s.sent(number)
    s.recv_verified(sid=0, from_="A", to="B")
    s.received()


@SHOWN.by
def a_latest_value_keeps_the_number_that_is_not_0_when_another_number_comes(s: Script) -> None:
    s.buffered(mode="LatestValue")
    for number in (5, 6):
        s.send_with_sequence(sid=0, from_="A", to="B", val="Unit", sequence_no=number)
    s.recv_signed(sid=0, from_="A", to="B")


@SHOWN.by
def a_second_replacement_of_a_timeout_logs_the_witness_replaced_first(s: Script) -> None:
    for until in range(1, 4):
        s.issue_timeout_witness(site="s", until_tick=until)
    s.runtime_audit_log()


@SHOWN.by
def a_default_set_by_the_owner_is_forgotten_by_a_reload_during_a_transfer(s: Script) -> None:
    cap = s.claimed()
    s.defaulted(cap, "h")
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.reload(form="binary")
    s.default_handler_for_session(sid=0)


@SHOWN.by
def of_five_leaves_or_more_a_last_one_without_a_neighbour_says_that_it_is_its_own_on_the_left(s: Script) -> None:
    s.sent_and_received(5)
    s.auth_proof(sid=0, edge=edge(), index=4)


@pytest.mark.parametrize("name", HELD_OUT_AGAIN)
def test_a_program_shows_a_store_that_nothing_was_developed_with_at_its_last_step(name: str) -> None:
    assert_shown_at_the_last_step(HELD_OUT_AGAIN[name], SHOWN[name])
