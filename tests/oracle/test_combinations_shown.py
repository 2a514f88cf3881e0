"""A program written by hand shows each store that is wrong in a combination."""

from __future__ import annotations

import pytest

from tests.wrong_stores.combinations import COMBINATIONS
from tests.wrong_stores.shown import Shown, assert_shown_at_the_last_step
from tests.wrong_stores.steps import A_TO_B, SESSION, Script, altered, edge, ep, fragments, mu, send, var

SHOWN = Shown()


@SHOWN.by
def a_claim_goes_on_from_generation_3_after_a_release(s: Script) -> None:
    cap = s.claimed()
    for _ in range(3):
        cap = s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
    s.release_ownership(capability=cap)
    s.claim_ownership(sid=0, owner_id="b", scope=SESSION)


@SHOWN.by
def a_cancellation_after_a_commit_that_did_not_match_names_the_receiver(s: Script) -> None:
    _, receipt = s.begun()
    s.commit_ownership_transfer(receipt=altered(receipt, to_owner_id="c"))
    s.cancel_abandoned_transfer(receipt=receipt)


@SHOWN.by
def a_release_ends_the_transfer_of_the_same_owner_in_another_session(s: Script) -> None:
    _, receipt = s.begun()
    s.start()
    other = s.claim_ownership(sid=1, owner_id="a", scope=SESSION)
    s.release_ownership(capability=other)
    s.commit_ownership_transfer(receipt=receipt)


@SHOWN.by
def a_session_scope_widened_from_fragments_of_a_transfer_does_not_count(s: Script) -> None:
    _, receipt = s.begun(fragments("x"))
    narrow = s.commit_ownership_transfer(receipt=receipt)
    s.defaulted(s.attenuate_ownership_scope(capability=narrow, new_scope=SESSION), "h")


@SHOWN.by
def a_witness_that_is_spent_without_a_default_handler_is_forgotten(s: Script) -> None:
    cap = s.claimed()
    s.defaulted(cap, "")
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    for _ in range(2):
        s.consume_readiness_witness(capability=cap, witness=witness)


@SHOWN.by
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


@SHOWN.by
def a_reload_keeps_four_summaries(s: Script) -> None:
    reaped(s, 5)
    s.reload(form="binary")
    s.archived_closed()


@SHOWN.by
def a_reload_takes_the_next_id_from_the_live_sessions(s: Script) -> None:
    s.start()
    s.start()
    s.close(sid=1)
    s.reap_closed()
    s.reload(form="binary")
    s.next_session_id()


@SHOWN.by
def a_sid_reaped_twice_counts_once_in_memory(s: Script) -> None:
    for _ in range(2):
        s.open_with_sid(sid=0, roles=["A"], initial_types={})
        s.close(sid=0)
        s.reap_closed()
    s.memory_usage()


@SHOWN.by
def a_plan_opened_over_its_own_session_keeps_the_types_reached(s: Script) -> None:
    plan = {"roles": ["A", "B"], "initial_types": A_TO_B}
    s.open_with_sid_from_plan(sid=0, plan=plan)
    s.advance(ep=ep(), label="m")
    s.open_with_sid_from_plan(sid=0, plan=plan)
    s.lookup_type(ep=ep())


@SHOWN.by
def a_fourth_typed_step_around_a_recursion_ends(s: Script) -> None:
    s.start(types={"A": mu("t", send("B", ("m", var("t"))))})
    for _ in range(4):
        s.advance(ep=ep(), label="m")


@SHOWN.by
def a_dropped_message_has_a_leaf_once_one_was_received(s: Script) -> None:
    s.buffered(policy="Drop")
    s.sent(1)
    s.received()
    s.sent(2)
    s.sent(3)
    s.observe(sid=0)


@SHOWN.by
def a_reload_makes_bad_signatures_good_in_a_grown_buffer(s: Script) -> None:
    s.buffered(policy={"Resize": {"max_capacity": 4}})
    for signature in ("valid", "corrupt"):
        s.send_signed(sid=0, from_="A", to="B", val="Unit", signature=signature)
    s.reload(form="binary")
    for _ in range(2):
        s.received()


@SHOWN.by
def a_latest_value_keeps_the_bad_signature_that_it_replaces(s: Script) -> None:
    s.buffered(mode="LatestValue")
    s.send_signed(sid=0, from_="A", to="B", val="Unit", signature="corrupt")
    s.sent(1)
    s.received()


@SHOWN.by
def a_timeout_that_was_replaced_expires_at_the_first_horizon(s: Script) -> None:
    s.issue_timeout_witness(site="s", until_tick=3)
    s.issue_timeout_witness(site="s", until_tick=5)
    s.advance_clock(tick=3)


@SHOWN.by
def of_three_that_expire_at_the_tick_itself_the_last_stays(s: Script) -> None:
    for site in ("s", "t", "u"):
        s.issue_timeout_witness(site=site, until_tick=3)
    s.advance_clock(tick=3)


@SHOWN.by
def of_three_bindings_of_a_pair_a_reload_takes_the_middle_one(s: Script) -> None:
    cap = s.claimed()
    for sid in (0, 4, 7):
        s.rebound(cap, f"h{sid}", sid=sid)
    s.reload(form="binary")
    s.lookup_handler(edge=edge())


@SHOWN.by
def a_proof_of_the_last_of_nine_leaves_lacks_a_level(s: Script) -> None:
    s.sent_and_received(9)
    s.auth_proof(sid=0, edge=edge(), index=8)


@SHOWN.by
def a_root_over_five_leaves_is_wrong_once_the_edge_was_emptied(s: Script) -> None:
    s.sent_and_received(5)
    s.auth_root(sid=0, edge=edge())


@pytest.mark.parametrize("name", COMBINATIONS)
def test_a_program_shows_a_store_that_is_wrong_in_a_combination_at_its_last_step(name: str) -> None:
    assert_shown_at_the_last_step(COMBINATIONS[name], SHOWN[name])
