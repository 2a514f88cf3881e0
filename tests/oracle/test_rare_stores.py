"""Every rare wrong store can be told from the right one: a program written by hand shows each combination."""

from __future__ import annotations

import pytest

from telltale_conformance.generators.reached import played as carried_out
from tests.wrong_stores.beside import WrongStore, told_after
from tests.wrong_stores.combinations import COMBINATIONS
from tests.wrong_stores.held_out import HELD_OUT
from tests.wrong_stores.held_out_again import HELD_OUT_AGAIN
from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, altered, edge, ep, fragments, mu, played, send, var

SHOWN: dict[str, Play] = {}


def shows(play: Play) -> Play:
    """List a program under the name of the store that it shows."""
    SHOWN[play.__name__.replace("_", " ")] = play
    return play


@shows
def a_claim_goes_on_from_generation_3_after_a_release(s: Script) -> None:
    cap = s.claimed()
    for _ in range(3):
        cap = s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
    s.release_ownership(capability=cap)
    s.claim_ownership(sid=0, owner_id="b", scope=SESSION)


@shows
def a_cancellation_after_a_commit_that_did_not_match_names_the_receiver(s: Script) -> None:
    _, receipt = s.begun()
    s.commit_ownership_transfer(receipt=altered(receipt, to_owner_id="c"))
    s.cancel_abandoned_transfer(receipt=receipt)


@shows
def a_release_ends_the_transfer_of_the_same_owner_in_another_session(s: Script) -> None:
    _, receipt = s.begun()
    s.start()
    other = s.claim_ownership(sid=1, owner_id="a", scope=SESSION)
    s.release_ownership(capability=other)
    s.commit_ownership_transfer(receipt=receipt)


@shows
def a_session_scope_widened_from_fragments_of_a_transfer_does_not_count(s: Script) -> None:
    _, receipt = s.begun(fragments("x"))
    narrow = s.commit_ownership_transfer(receipt=receipt)
    s.defaulted(s.attenuate_ownership_scope(capability=narrow, new_scope=SESSION), "h")


@shows
def a_witness_that_is_spent_without_a_default_handler_is_forgotten(s: Script) -> None:
    cap = s.claimed()
    s.defaulted(cap, "")
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    for _ in range(2):
        s.consume_readiness_witness(capability=cap, witness=witness)


@shows
def a_reload_keeps_two_spent_witnesses(s: Script) -> None:
    cap = s.claimed()
    witnesses = [s.issue_readiness_witness(capability=cap, predicate_ref="p") for _ in range(3)]
    for witness in witnesses:
        s.consume_readiness_witness(capability=cap, witness=witness)
    s.reload(form="binary")
    s.consume_readiness_witness(capability=cap, witness=witnesses[0])


def reaped(s: Script, count: int) -> None:
    for sid in range(count):
        s.start()
        s.close(sid=sid)
    s.reap_closed()


@shows
def a_reload_keeps_four_summaries(s: Script) -> None:
    reaped(s, 5)
    s.reload(form="binary")
    s.archived_closed()


@shows
def a_reload_takes_the_next_id_from_the_live_sessions(s: Script) -> None:
    s.start()
    s.start()
    s.close(sid=1)
    s.reap_closed()
    s.reload(form="binary")
    s.next_session_id()


@shows
def a_sid_reaped_twice_counts_once_in_memory(s: Script) -> None:
    for _ in range(2):
        s.open_with_sid(sid=0, roles=["A"], initial_types={})
        s.close(sid=0)
        s.reap_closed()
    s.memory_usage()


@shows
def a_plan_opened_over_its_own_session_keeps_the_types_reached(s: Script) -> None:
    plan = {"roles": ["A", "B"], "initial_types": A_TO_B}
    s.open_with_sid_from_plan(sid=0, plan=plan)
    s.advance(ep=ep(), label="m")
    s.open_with_sid_from_plan(sid=0, plan=plan)
    s.lookup_type(ep=ep())


@shows
def a_fourth_typed_step_around_a_recursion_ends(s: Script) -> None:
    s.start(types={"A": mu("t", send("B", ("m", var("t"))))})
    for _ in range(4):
        s.advance(ep=ep(), label="m")


@shows
def a_dropped_message_has_a_leaf_once_one_was_received(s: Script) -> None:
    s.buffered(policy="Drop")
    s.sent(1)
    s.received()
    s.sent(2)
    s.sent(3)
    s.observe(sid=0)


@shows
def a_reload_makes_bad_signatures_good_in_a_grown_buffer(s: Script) -> None:
    s.buffered(policy={"Resize": {"max_capacity": 4}})
    for signature in ("valid", "corrupt"):
        s.send_signed(sid=0, from_="A", to="B", val="Unit", signature=signature)
    s.reload(form="binary")
    for _ in range(2):
        s.received()


@shows
def a_latest_value_keeps_the_bad_signature_that_it_replaces(s: Script) -> None:
    s.buffered(mode="LatestValue")
    s.send_signed(sid=0, from_="A", to="B", val="Unit", signature="corrupt")
    s.sent(1)
    s.received()


@shows
def a_timeout_that_was_replaced_expires_at_the_first_horizon(s: Script) -> None:
    s.issue_timeout_witness(site="s", until_tick=3)
    s.issue_timeout_witness(site="s", until_tick=5)
    s.advance_clock(tick=3)


@shows
def of_three_that_expire_at_the_tick_itself_the_last_stays(s: Script) -> None:
    for site in ("s", "t", "u"):
        s.issue_timeout_witness(site=site, until_tick=3)
    s.advance_clock(tick=3)


@shows
def of_three_bindings_of_a_pair_a_reload_takes_the_middle_one(s: Script) -> None:
    cap = s.claimed()
    for sid in (0, 4, 7):
        s.rebound(cap, f"h{sid}", sid=sid)
    s.reload(form="binary")
    s.lookup_handler(edge=edge())


def sent_and_received(s: Script, count: int) -> None:
    s.buffered()
    for number in range(count):
        s.sent(number)
        s.received()


@shows
def a_proof_of_the_last_of_nine_leaves_lacks_a_level(s: Script) -> None:
    sent_and_received(s, 9)
    s.auth_proof(sid=0, edge=edge(), index=8)


@shows
def a_root_over_five_leaves_is_wrong_once_the_edge_was_emptied(s: Script) -> None:
    sent_and_received(s, 5)
    s.auth_root(sid=0, edge=edge())


@shows
def a_rollback_of_a_second_transfer_leaves_its_scope(s: Script) -> None:
    cap, receipt = s.begun()
    s.rollback_ownership_transfer(receipt=receipt)
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("x"))
    s.rollback_ownership_transfer(receipt=receipt)
    s.current_ownership(sid=0)


@shows
def a_session_claimed_a_third_time_stays_active_when_its_transfer_is_cancelled(s: Script) -> None:
    cap = s.claimed()
    for _ in range(2):
        s.release_ownership(capability=cap)
        cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.cancel_abandoned_transfer(receipt=s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION))
    s.active_count()


@shows
def a_death_with_two_unspent_witnesses_takes_the_id_of_the_last(s: Script) -> None:
    cap = s.claimed()
    for _ in range(2):
        s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.mark_owner_died(sid=0, owner_id="a")


@shows
def a_commit_after_a_claim_that_was_refused_grants_generation_0(s: Script) -> None:
    _, receipt = s.begun()
    s.claim_ownership(sid=0, owner_id="c", scope=SESSION)
    s.commit_ownership_transfer(receipt=receipt)


@shows
def a_witness_does_not_survive_a_release(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.release_ownership(capability=cap)
    s.consume_readiness_witness(capability=s.claim_ownership(sid=0, owner_id="a", scope=SESSION), witness=witness)


@shows
def a_third_witness_for_the_same_predicate_counts_as_spent(s: Script) -> None:
    cap = s.claimed()
    for _ in range(3):
        s.consume_readiness_witness(
            capability=cap, witness=s.issue_readiness_witness(capability=cap, predicate_ref="p")
        )


@shows
def a_close_with_messages_under_way_ends_a_pending_transfer(s: Script) -> None:
    s.buffered()
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.sent(1)
    s.close(sid=0)
    s.rollback_ownership_transfer(receipt=receipt)


@shows
def three_that_are_reaped_by_a_list_are_archived_in_ascending_order(s: Script) -> None:
    for sid in range(3):
        s.start()
        s.close(sid=sid)
    s.reap_sessions(session_ids=[2, 0, 1])
    s.archived_closed()


@shows
def a_plan_opened_after_its_owner_died_is_claimed_at_generation_1(s: Script) -> None:
    s.claimed()
    s.mark_owner_died(sid=0, owner_id="a")
    s.open_with_sid_from_plan(sid=0, plan={"roles": ["A"], "initial_types": {}})
    s.claim_ownership(sid=0, owner_id="a", scope=SESSION)


@shows
def an_original_given_after_two_typed_steps_is_not_stored(s: Script) -> None:
    s.start(types={"A": send("B", ("m", send("B", ("n", "End"))))})
    for label in ("m", "n"):
        s.advance(ep=ep(), label=label)
    s.update_original(ep=ep(), new_original="End")
    s.original_type(ep=ep())


@shows
def a_send_that_would_block_a_third_time_is_dropped(s: Script) -> None:
    s.buffered()
    for number in range(4):
        s.sent(number)


@shows
def a_grown_buffer_that_was_emptied_has_its_first_capacity_again(s: Script) -> None:
    s.buffered(policy={"Resize": {"max_capacity": 4}})
    for number in range(2):
        s.sent(number)
    for _ in range(2):
        s.received()
    s.observe(sid=0)


@shows
def a_sequence_number_is_lost_when_a_full_buffer_was_reloaded(s: Script) -> None:
    s.buffered(capacity=2)
    for number in (5, 6):
        s.send_with_sequence(sid=0, from_="A", to="B", val="Unit", sequence_no=number)
    s.reload(form="binary")
    s.recv_signed(sid=0, from_="A", to="B")


@shows
def a_site_that_expired_before_waits_when_its_horizon_has_passed_already(s: Script) -> None:
    for _ in range(2):
        s.issue_timeout_witness(site="s", until_tick=3)
        s.advance_clock(tick=3)


@shows
def an_empty_handler_of_a_pair_is_null_after_a_reload(s: Script) -> None:
    s.start()
    s.update_handler(edge=edge(), handler="")
    s.reload(form="binary")
    s.lookup_handler(edge=edge())


@shows
def without_a_default_only_handlers_of_listed_roles_count_as_bound(s: Script) -> None:
    s.start()
    s.set_default_handler_for_session(sid=0, handler="")
    s.update_handler(edge=edge("A", "X"), handler="h")
    s.has_bound_handler(sid=0)


@shows
def a_root_over_three_leaves_is_null_after_a_close(s: Script) -> None:
    sent_and_received(s, 3)
    s.close(sid=0)
    s.auth_root(sid=0, edge=edge())


@shows
def after_a_commit_a_second_attenuation_leaves_the_scope_of_the_first(s: Script) -> None:
    _, receipt = s.begun()
    cap = s.commit_ownership_transfer(receipt=receipt)
    for scope in (fragments("x", "y"), fragments("x")):
        cap = s.attenuate_ownership_scope(capability=cap, new_scope=scope)
    s.current_ownership(sid=0)


@shows
def a_receipt_that_was_rolled_back_commits_a_later_transfer_on_the_same_terms(s: Script) -> None:
    cap, receipt = s.begun()
    s.rollback_ownership_transfer(receipt=receipt)
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.commit_ownership_transfer(receipt=receipt)


@shows
def the_failed_transfer_of_a_part_is_logged_with_the_scope_of_its_giver(s: Script) -> None:
    cap = s.claimed(scope=fragments("x", "y"))
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("x"))
    s.fault_failed_transfer_commit(receipt=receipt, reason="lost")


@shows
def a_witness_that_was_refused_twice_for_its_payload_was_never_issued(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    for given in (altered(witness, predicate_ref="q"), altered(witness, predicate_ref="q"), witness):
        s.consume_readiness_witness(capability=cap, witness=given)


@shows
def a_witness_counts_again_when_its_owner_has_come_back_by_two_transfers(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    for owner in ("b", "a"):
        receipt = s.begin_ownership_transfer(capability=cap, new_owner_id=owner, new_scope=SESSION)
        cap = s.commit_ownership_transfer(receipt=receipt)
    s.consume_readiness_witness(capability=cap, witness=witness)


@shows
def a_second_close_keeps_the_traces_stored_since_the_first(s: Script) -> None:
    s.start()
    s.close(sid=0)
    s.update_trace(edge=edge(), trace=["Nat"])
    s.close(sid=0)
    s.lookup_trace(edge=edge())


@shows
def a_sid_opened_over_a_cancelled_session_is_listed_among_the_closed(s: Script) -> None:
    _, receipt = s.begun()
    s.cancel_abandoned_transfer(receipt=receipt)
    s.open_with_sid(sid=0, roles=["A"], initial_types={})
    s.closed_session_ids()


@shows
def a_list_is_reaped_up_to_the_first_active_session_behind_one_that_ended(s: Script) -> None:
    for _ in range(3):
        s.start()
    for sid in (0, 2):
        s.close(sid=sid)
    s.reap_sessions(session_ids=[0, 1, 2])


@shows
def a_type_that_was_removed_after_a_typed_step_is_back_after_a_reload(s: Script) -> None:
    s.start(types=A_TO_B)
    s.advance(ep=ep(), label="m")
    s.remove_type(ep=ep())
    s.reload(form="binary")
    s.lookup_type(ep=ep())


@shows
def the_original_stays_when_a_second_recursion_is_entered(s: Script) -> None:
    inner = mu("u", send("B", ("o", var("u"))))
    s.start(types={"A": send("B", ("m", mu("t", send("B", ("n", inner)))))})
    for label in ("m", "n"):
        s.advance(ep=ep(), label=label)
    s.original_type(ep=ep())


@shows
def a_buffer_that_was_full_at_its_maximum_grows_once_more_when_it_was_emptied(s: Script) -> None:
    s.buffered(policy={"Resize": {"max_capacity": 1}})
    for number in range(2):
        s.sent(number)
    s.received()
    for number in range(2):
        s.sent(number)


@shows
def a_bad_message_takes_the_next_with_it_where_a_third_is_waiting(s: Script) -> None:
    s.buffered(capacity=3)
    s.send_signed(sid=0, from_="A", to="B", val="Unit", signature="corrupt")
    for number in range(2):
        s.sent(number)
    s.recv_verified(sid=0, from_="A", to="B")
    s.received()


@shows
def a_latest_value_keeps_the_number_that_is_not_0_when_another_number_comes(s: Script) -> None:
    s.buffered(mode="LatestValue")
    for number in (5, 6):
        s.send_with_sequence(sid=0, from_="A", to="B", val="Unit", sequence_no=number)
    s.recv_signed(sid=0, from_="A", to="B")


@shows
def a_second_replacement_of_a_timeout_logs_the_witness_replaced_first(s: Script) -> None:
    for until in range(1, 4):
        s.issue_timeout_witness(site="s", until_tick=until)
    s.runtime_audit_log()


@shows
def a_default_set_by_the_owner_is_forgotten_by_a_reload_during_a_transfer(s: Script) -> None:
    cap = s.claimed()
    s.defaulted(cap, "h")
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.reload(form="binary")
    s.default_handler_for_session(sid=0)


@shows
def of_five_leaves_or_more_a_last_one_without_a_neighbour_says_that_it_is_its_own_on_the_left(s: Script) -> None:
    sent_and_received(s, 5)
    s.auth_proof(sid=0, edge=edge(), index=4)


STORES = {**COMBINATIONS, **HELD_OUT, **HELD_OUT_AGAIN}


@pytest.mark.parametrize("name", STORES)
def test_a_program_shows_a_store_that_is_wrong_in_a_combination_at_its_last_step(name: str) -> None:
    steps = played(SHOWN[name])
    made = list(carried_out(steps, "telltale-17"))
    assert len(made) == len(steps)
    assert told_after(WrongStore(STORES[name]), made) == len(steps)
