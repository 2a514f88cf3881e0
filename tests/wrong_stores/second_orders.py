"""Stores with one rule wrong that shows in an order of operations that comes seldom."""

from __future__ import annotations

from tests.second_store.store import Store
from tests.wrong_stores.steps import (
    SESSION,
    Script,
)
from tests.wrong_stores.wrong import second


def receiver_died(s: Script) -> None:
    s.begun()
    s.mark_owner_died(sid=0, owner_id="b")


@second("rare orders", "While a transfer is pending, its receiver may be declared dead.", receiver_died)
class the_receiver_may_die(Store):
    def g_named(self, s, owner):
        if s["pending"] is None or owner != s["pending"]["to_owner_id"]:
            super().g_named(s, owner)


def six(s: Script) -> None:
    first = cap = s.claimed()
    for _ in range(6):
        cap = s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
    s.validate_ownership_capability(capability=first)


@second("rare orders", "From generation 6 on stale capabilities are accepted.", six)
class stale_from_generation_6(Store):
    def same_generation(self, given, live):
        return given == live or live >= 6


def released_and_consumed(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
    receipt = s.begin_ownership_transfer(capability=s.current_ownership(sid=0), new_owner_id="a", new_scope=SESSION)
    now = s.commit_ownership_transfer(receipt=receipt)
    s.release_ownership(capability=now)
    again = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.consume_readiness_witness(capability=again, witness=witness)


@second("rare orders", "A transfer takes the witnesses of its giver away.", released_and_consumed)
class transfer_takes_witnesses(Store):
    def commit_ownership_transfer(self, receipt):
        done = super().commit_ownership_transfer(receipt)
        self.sessions[receipt["session_id"]]["issued"].clear()
        return done


def cancelled_after_close(s: Script) -> None:
    _, receipt = s.begun()
    s.close(sid=0)
    s.cancel_abandoned_transfer(receipt=receipt)
    s.close(sid=0)
    s.cancel_abandoned_transfer(receipt=receipt)


@second("rare orders", "A transfer of a closed session cannot be cancelled.", cancelled_after_close)
class closed_sessions_cannot_cancel(Store):
    def cancel_abandoned_transfer(self, receipt):
        s = self.live_session(receipt["session_id"])
        if s["status"] == "Closed" and s["terminal"] is None:
            s = {**s, "pending": None}
            self.g_staged(s)
        return super().cancel_abandoned_transfer(receipt)


def second_receipt(s: Script) -> None:
    cap, first = s.begun()
    s.rollback_ownership_transfer(receipt=first)
    second_receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.rollback_ownership_transfer(receipt=second_receipt)
    third = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.commit_ownership_transfer(receipt=first)
    s.commit_ownership_transfer(receipt=third)


@second("rare orders", "After two transfers rolled back, the receipt of the first is good again.", second_receipt)
class first_receipt_is_good_again(Store):
    def same_receipt(self, given, pending):
        return super().same_receipt(given, pending) or (pending["claim_id"] == 3 and given["claim_id"] == 1)


def two_sessions(s: Script) -> None:
    cap = s.claimed()
    s.start()
    s.claim_ownership(sid=1, owner_id="a", scope=SESSION)
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    other = s.current_ownership(sid=1)
    s.consume_readiness_witness(capability=other, witness=witness)
    s.issue_readiness_witness(capability=other, predicate_ref="p")
    s.consume_readiness_witness(capability=other, witness=witness)


@second("rare orders", "Witness ids are counted over all sessions.", two_sessions)
class witness_ids_over_all_sessions(Store):
    def taken(self, s, counter):
        if counter == "next_witness":
            s[counter] = max(other[counter] for other in self.sessions.values())
        return super().taken(s, counter)


@second("rare orders", "A witness of another session with the same number is consumed here.", two_sessions)
class witnesses_of_other_sessions_are_good(Store):
    def same_witness(self, given, issued):
        return super().same_witness({**given, "session_id": issued["session_id"]}, issued)

    def witness_of(self, witness, cap):
        return super().witness_of({**witness, "session_id": cap["session_id"]}, cap)
