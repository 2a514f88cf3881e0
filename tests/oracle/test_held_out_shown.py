"""A program written by hand shows each of the stores that were once held out."""

from __future__ import annotations

import pytest

from tests.wrong_stores.held_out import HELD_OUT
from tests.wrong_stores.shown import Shown, assert_shown_at_the_last_step
from tests.wrong_stores.steps import SESSION, Script, edge, ep, fragments, send

SHOWN = Shown()


@SHOWN.by
def a_rollback_of_a_second_transfer_leaves_its_scope(s: Script) -> None:
    cap, receipt = s.begun()
    s.rollback_ownership_transfer(receipt=receipt)
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("x"))
    s.rollback_ownership_transfer(receipt=receipt)
    s.current_ownership(sid=0)


@SHOWN.by
def a_session_claimed_a_third_time_stays_active_when_its_transfer_is_cancelled(s: Script) -> None:
    cap = s.claimed()
    for _ in range(2):
        s.release_ownership(capability=cap)
        cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.cancel_abandoned_transfer(receipt=s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION))
    s.active_count()


@SHOWN.by
def a_death_with_two_unspent_witnesses_takes_the_id_of_the_last(s: Script) -> None:
    cap = s.claimed()
    for _ in range(2):
        s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.mark_owner_died(sid=0, owner_id="a")


@SHOWN.by
def a_commit_after_a_claim_that_was_refused_grants_generation_0(s: Script) -> None:
    _, receipt = s.begun()
    s.claim_ownership(sid=0, owner_id="c", scope=SESSION)
    s.commit_ownership_transfer(receipt=receipt)


@SHOWN.by
def a_witness_does_not_survive_a_release(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.release_ownership(capability=cap)
    s.consume_readiness_witness(capability=s.claim_ownership(sid=0, owner_id="a", scope=SESSION), witness=witness)


@SHOWN.by
def a_third_witness_for_the_same_predicate_counts_as_spent(s: Script) -> None:
    cap = s.claimed()
    for _ in range(3):
        s.consume_readiness_witness(
            capability=cap, witness=s.issue_readiness_witness(capability=cap, predicate_ref="p")
        )


@SHOWN.by
def a_close_with_messages_under_way_ends_a_pending_transfer(s: Script) -> None:
    s.buffered()
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.sent(1)
    s.close(sid=0)
    s.rollback_ownership_transfer(receipt=receipt)


@SHOWN.by
def three_that_are_reaped_by_a_list_are_archived_in_ascending_order(s: Script) -> None:
    for sid in range(3):
        s.start()
        s.close(sid=sid)
    s.reap_sessions(session_ids=[2, 0, 1])
    s.archived_closed()


@SHOWN.by
def a_plan_opened_after_its_owner_died_is_claimed_at_generation_1(s: Script) -> None:
    s.claimed()
    s.mark_owner_died(sid=0, owner_id="a")
    s.open_with_sid_from_plan(sid=0, plan={"roles": ["A"], "initial_types": {}})
    s.claim_ownership(sid=0, owner_id="a", scope=SESSION)


@SHOWN.by
def an_original_given_after_two_typed_steps_is_not_stored(s: Script) -> None:
    s.start(types={"A": send("B", ("m", send("B", ("n", "End"))))})
    for label in ("m", "n"):
        s.advance(ep=ep(), label=label)
    s.update_original(ep=ep(), new_original="End")
    s.original_type(ep=ep())


@SHOWN.by
def a_send_that_would_block_a_third_time_is_dropped(s: Script) -> None:
    s.buffered()
    for number in range(4):
        s.sent(number)


@SHOWN.by
def a_grown_buffer_that_was_emptied_has_its_first_capacity_again(s: Script) -> None:
    s.buffered(policy={"Resize": {"max_capacity": 4}})
    for number in range(2):
        s.sent(number)
    for _ in range(2):
        s.received()
    s.observe(sid=0)


@SHOWN.by
def a_sequence_number_is_lost_when_a_full_buffer_was_reloaded(s: Script) -> None:
    s.buffered(capacity=2)
    for number in (5, 6):
        s.send_with_sequence(sid=0, from_="A", to="B", val="Unit", sequence_no=number)
    s.reload(form="binary")
    s.recv_signed(sid=0, from_="A", to="B")


@SHOWN.by
def a_site_that_expired_before_waits_when_its_horizon_has_passed_already(s: Script) -> None:
    for _ in range(2):
        s.issue_timeout_witness(site="s", until_tick=3)
        s.advance_clock(tick=3)


@SHOWN.by
def an_empty_handler_of_a_pair_is_null_after_a_reload(s: Script) -> None:
    s.start()
    s.update_handler(edge=edge(), handler="")
    s.reload(form="binary")
    s.lookup_handler(edge=edge())


@SHOWN.by
def without_a_default_only_handlers_of_listed_roles_count_as_bound(s: Script) -> None:
    s.start()
    s.set_default_handler_for_session(sid=0, handler="")
    s.update_handler(edge=edge("A", "X"), handler="h")
    s.has_bound_handler(sid=0)


@SHOWN.by
def a_root_over_three_leaves_is_null_after_a_close(s: Script) -> None:
    s.sent_and_received(3)
    s.close(sid=0)
    s.auth_root(sid=0, edge=edge())


@pytest.mark.parametrize("name", HELD_OUT)
def test_a_program_shows_a_held_out_store_at_its_last_step(name: str) -> None:
    assert_shown_at_the_last_step(HELD_OUT[name], SHOWN[name])
