"""Stores that are wrong at a later turn: with many of something, at the last number, or after what rarely comes before.

A set of wrong stores that was written from the contract alone had them, and nothing that a check plays showed them.
"""

from __future__ import annotations

from functools import partial

from tests.second_store.forms import TOP
from tests.second_store.store import Store
from tests.wrong_stores.depth_plays import attenuated
from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, edge, ep, fragments, recv
from tests.wrong_stores.wrong import second

hardened = partial(second, "hardened", contract="hardened")
orders = partial(second, "rare orders")
reloads = partial(second, "reload")
sizes = partial(second, "sizes")

# Handlers


def bound_again_behind_a_foreign_edge(s: Script) -> None:
    cap = s.claimed()
    for sid, handler in ((0, "g"), (7, "h"), (0, "g")):
        s.rebound(cap, handler, sid=sid)
    s.lookup_handler(edge=edge())


@orders("A binding that is stored already is not made again.", bound_again_behind_a_foreign_edge)
class stored_bindings_are_not_made_again(Store):
    def bind(self, s, edge, handler):
        if s["handlers"].get(self.place(edge)) != handler:
            super().bind(s, edge, handler)


def bound_far_away(s: Script) -> None:
    cap = s.claimed()
    for sid in (5, 2**63):
        s.rebound(cap, f"h{sid}", sid=sid)
    s.reload(form="binary")
    s.lookup_handler(edge=edge())


@reloads("Bindings are read back in the order of their sids as signed numbers.", bound_far_away)
class bindings_in_the_order_of_signed_sids(Store):
    def bound_again(self, s):
        def signed(place):
            return (place[0] - 2**64 if place[0] >= 2**63 else place[0], *place[1:])

        places = [
            dict(zip(("sid", "sender", "receiver"), place, strict=True)) for place in sorted(s["handlers"], key=signed)
        ]
        return {self.pair(edge): s["handlers"][self.place(edge)] for edge in places if self.both_listed(s, edge)}


# Sessions and plans


def reaped_a_second_time_in_a_list(s: Script) -> None:
    for sid in range(2):
        s.start()
        s.close(sid=sid)
    s.reap_sessions(session_ids=[0])
    s.open_with_sid(sid=0, roles=["A"], initial_types={})
    s.close(sid=0)
    s.reap_sessions(session_ids=[0, 1])


@orders("A list with several sids passes over those that the archive has already.", reaped_a_second_time_in_a_list)
class archived_sids_are_passed_over_in_lists(Store):
    def reap_sessions(self, session_ids):
        if len(session_ids) > 1:
            archived = {summary["sid"] for summary in self.archive}
            session_ids = [sid for sid in session_ids if sid not in archived]
        return super().reap_sessions(session_ids)


def foreign_places(s: Script) -> None:
    """Store a handler and a trace under edges of another session and of unknown roles."""
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    for place in ({"sid": 7}, {"sender": "X"}):
        s.rebound(cap, "h", **place)
        s.traced(cap, ["Nat"], **place)


def planned_over_foreign_places(s: Script) -> None:
    plan = {"roles": ["A", "B"], "initial_types": A_TO_B}
    s.open_with_sid_from_plan(sid=0, plan=plan)
    foreign_places(s)
    s.open_with_sid_from_plan(sid=0, plan=plan)
    s.observe(sid=0)


@second("plans", "Opened over its own session, a plan keeps the traces of foreign edges.", planned_over_foreign_places)
class foreign_traces_outlive_a_plan(Store):
    def open_with_sid_from_plan(self, sid, plan, buffer_config):
        before = self.sessions.get(sid)
        super().open_with_sid_from_plan(sid, plan, buffer_config)
        now = self.sessions[sid]
        if before is not None and before["ids"] is now["ids"]:
            now["traces"] = {place: trace for place, trace in before["traces"].items() if place[0] != sid}
        return sid


# Witnesses


def spent_but_the_first(s: Script) -> None:
    cap = s.claimed()
    witnesses = [s.issue_readiness_witness(capability=cap, predicate_ref="p") for _ in range(6)]
    for witness in witnesses[:0:-1]:
        s.consume_readiness_witness(capability=cap, witness=witness)
    s.issue_readiness_witness(capability=cap, predicate_ref="q")
    s.consume_readiness_witness(capability=cap, witness=witnesses[0])


@orders("With the second to sixth witness spent, ids begin anew.", spent_but_the_first)
class ids_begin_anew_when_many_are_spent(Store):
    def taken(self, s, counter):
        if counter == "next_witness" and len(s["consumed"]) > 4 and min(s["consumed"]) > 1:
            s[counter] = 1
        return super().taken(s, counter)


# Messages and timeouts


def only_bad_messages(s: Script) -> None:
    s.buffered(capacity=4)
    for signature in ("corrupt", "wrong_edge", "wrong_value"):
        s.send_signed(sid=0, from_="A", to="B", val="Unit", signature=signature)
        s.has_message(sid=0, from_="A", to="B")
    s.observe(sid=0)


@second("signed messages", "Where several messages wait, a good one has to be among them.", only_bad_messages)
class only_good_messages_are_seen(Store):
    def has_message(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        if buffer is None or len(buffer["values"]) < 2:
            return super().has_message(sid, sender, receiver)
        return any(self.verifies(message, sid, sender, receiver) for message in buffer["values"])


def bad_latest_values(s: Script) -> None:
    """Take a bad message from a buffer of one slot in each of the ways that there are."""
    s.buffered(mode="LatestValue")
    for take in (s.recv, s.recv_signed, s.recv_verified, s.recv_verified_signed):
        s.send_signed(sid=0, from_="A", to="B", val="Unit", signature="corrupt")
        take(sid=0, from_="A", to="B")
        s.has_message(sid=0, from_="A", to="B")


@second("signed messages", "A bad message that is refused stays the latest value.", bad_latest_values)
class refused_latest_values_stay(Store):
    def taken_message(self, sid, sender, receiver, checked):
        buffer = self.buffer(self.found(sid), sender, receiver)
        waiting = list(buffer["values"]) if buffer is not None else []
        try:
            return super().taken_message(sid, sender, receiver, checked)
        finally:
            if (
                checked
                and waiting
                and buffer["mode"] == "LatestValue"
                and not self.verifies(waiting[0], sid, sender, receiver)
            ):
                buffer["values"].extend(waiting)


def at_the_last_tick(s: Script) -> None:
    for tick in (TOP - 1, TOP):
        s.issue_timeout_witness(site="s", until_tick=tick)
        s.issue_timeout_witness(site="t", until_tick=TOP)
        s.advance_clock(tick=tick)
    s.runtime_audit_log()


@sizes("A timeout at 2^64-1 never comes.", at_the_last_tick)
class the_last_tick_never_comes(Store):
    def expired(self, witness):
        return witness["until_tick"] != TOP and super().expired(witness)


# Reload


def rich(s: Script) -> None:
    """Give session 0 more than one of everything that a reload keeps, and read it back."""
    s.open(roles=["A", "B", "C"], initial_types={**A_TO_B, "B": recv("A", ("m", "End"))})
    foreign_places(s)
    cap = s.current_ownership(sid=0)
    witnesses = [s.issue_readiness_witness(capability=cap, predicate_ref=f"p{number}") for number in range(16)]
    for spent in (0, 2, 14):
        s.consume_readiness_witness(capability=cap, witness=witnesses[spent])
    for _ in range(3):
        receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("y", "x"))
        s.rollback_ownership_transfer(receipt=receipt)
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("y", "x"))
    for role in ("A", "B"):
        s.remove_type(ep=ep(role))
    s.reload(form="binary")
    s.observe(sid=0)
    s.consume_readiness_witness(capability=cap, witness=witnesses[1])
    s.consume_readiness_witness(capability=cap, witness=witnesses[15])
    s.commit_ownership_transfer(receipt=receipt)


@reloads("A third pending transfer and those behind it are lost.", rich)
class later_transfers_are_lost(Store):
    def written(self, s):
        pending = s["pending"]
        return {**super().written(s), "pending": None if pending is None or pending["claim_id"] > 2 else pending}


@reloads("Consumed witnesses are written as a range.", rich)
class consumed_as_a_range(Store):
    def read_back(self, s):
        if s["consumed"]:
            s["consumed"] = set(range(min(s["consumed"]), max(s["consumed"]) + 1))
        return super().read_back(s)


@reloads("Edges between roles whose types were removed are lost.", rich)
class edges_without_types_are_lost(Store):
    def edges_again(self, s):
        return [edge for edge in super().edges_again(s) if edge[2] in s["types"] or edge[3] in s["types"]]


@reloads("Of the witnesses that were issued eight are kept.", rich)
class eight_witnesses_are_kept(Store):
    def read_back(self, s):
        s["issued"] = dict(sorted(s["issued"].items())[:8])
        return super().read_back(s)


def read_back_with(play: Play) -> Play:
    """Read session 0 back after a program, and look at all that there is of it."""

    def whole(s: Script) -> None:
        play(s)
        s.reload(form="binary")
        s.observe(sid=0)
        s.authority_audit_log(sid=0)
        s.archived_closed()
        s.memory_usage()

    return whole


@reloads("The last 64 records of a log are kept.", read_back_with(attenuated(65)))
class logs_of_64_are_kept(Store):
    def read_back(self, s):
        s["log"] = s["log"][-64:]
        return super().read_back(s)


def cancelled_and_closed(s: Script) -> None:
    s.open(roles=["A", "B"], initial_types=A_TO_B)
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.cancel_abandoned_transfer(receipt=s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION))
    s.close(sid=0)
    s.reload(form="binary")
    s.observe(sid=0)


@hardened("A cancelled session that was closed has no edges after a reload.", cancelled_and_closed)
class cancelled_edges_are_lost(Store):
    def read_back(self, s):
        if s["status"] == "Cancelled" and not s["buffers"]:
            s["edges"] = []
        return super().read_back(s)
