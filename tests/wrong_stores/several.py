"""Stores that are right with one of a kind and wrong with several: sessions, refusals, timeouts, summaries."""

from __future__ import annotations

from typing import Any

from tests.second_store.forms import Refused
from tests.second_store.store import Store
from tests.wrong_stores.reloads import Makers
from tests.wrong_stores.steps import A_TO_B, SESSION, Script, altered, edge, ep, send
from tests.wrong_stores.wrong import second

reloads = Makers(__name__)


# Sessions beside each other


def two_cancelled(s: Script) -> None:
    for sid in range(2):
        s.start("A")
        cap = s.claim_ownership(sid=sid, owner_id="a", scope=SESSION)
        receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
        s.cancel_abandoned_transfer(receipt=receipt)
    s.closed_session_ids()


@second("rare orders", "Of several cancelled sessions the last is not listed as closed.", two_cancelled)
class the_last_cancelled_is_not_listed(Store):
    def closed_session_ids(self):
        over = self.ids_over()
        cancelled = [sid for sid in over if self.sessions[sid]["status"] == "Cancelled"]
        return over if len(cancelled) < 2 else [sid for sid in over if sid != cancelled[-1]]


def next_reaped(s: Script) -> None:
    for sid in range(2):
        s.start()
        s.update_handler(edge=edge(sid=sid), handler="h")
    s.close(sid=0)
    s.reap_closed()
    s.lookup_handler(edge=edge(sid=1))


@second("life after life", "Reaping a session takes the handlers of the session with the next id.", next_reaped)
class reaping_takes_the_handlers_of_the_next(Store):
    def reap_sessions(self, session_ids):
        reaped = super().reap_sessions(session_ids)
        for summary in reaped:
            if summary["sid"] + 1 in self.sessions:
                self.sessions[summary["sid"] + 1]["bound"] = {}
        return reaped


def same_default(s: Script) -> None:
    for sid in range(2):
        s.start("A")
        s.set_default_handler_for_session(sid=sid, handler="h")
    s.reload(form="binary")
    s.default_handler_for_session(sid=1)


def one_default_each(store: Store) -> None:
    seen = {"default_handler"}
    for s in store.sessions.values():
        if s["default"] in seen - {"default_handler"}:
            s["default"] = ""
        seen.add(s["default"])


reloads.store(
    "a default is read back for one session",
    "Of several sessions with one default handler that was set, the first alone is read back with it.",
    one_default_each,
    same_default,
)


def reaped_last_first(s: Script) -> None:
    for sid in range(2):
        s.start("A")
        s.close(sid=sid)
    s.reap_sessions(session_ids=[1, 0])
    s.reload(form="binary")
    s.next_session_id()


def next_id_of_the_last_reaped(store: Store) -> None:
    known = [*store.sessions, *(summary["sid"] for summary in store.archive[-1:])]
    store.next_sid = min(store.next_sid, max(known, default=-1) + 1)


reloads.store(
    "the next id follows the last summary",
    "The next id is read back as the one after the live sessions and after the summary that came last.",
    next_id_of_the_last_reaped,
    reaped_last_first,
)


# Records and names beside each other


def refused_twice(s: Script) -> None:
    _, receipt = s.begun()
    for _ in range(2):
        s.commit_ownership_transfer(receipt=altered(receipt, claim_id=9))
    s.reload(form="binary")
    s.authority_audit_log(sid=0)


def merged(store: Store, s: dict[str, Any]) -> None:
    s["log"] = [record for at, record in enumerate(s["log"]) if at == 0 or record != s["log"][at - 1]]


reloads.session(
    "equal records are merged", "A record that equals the one before it is not read back.", merged, refused_twice
)


def sites_in_order(s: Script) -> None:
    for site in ("a", "B"):
        s.issue_timeout_witness(site=site, until_tick=1)
    s.advance_clock(tick=1)


@second("look-alike names", "Timeouts expire in the order of their sites without regard to case.", sites_in_order)
class sites_expire_without_regard_to_case(Store):
    wakes_at = frozenset({"issue_timeout_witness"})

    def key(self, kind, name):
        return (name.lower(), name) if kind == "site" else name


def site_of_a_role(s: Script) -> None:
    s.start()
    s.issue_timeout_witness(site="A", until_tick=1)
    s.close(sid=0)
    s.advance_clock(tick=1)


@second("rare orders", "Closing a session ends the timeouts of sites that have the name of a role.", site_of_a_role)
class closing_ends_the_timeouts_of_roles(Store):
    def close(self, sid):
        super().close(sid)
        for role in self.sessions[sid]["roles"]:
            self.sites.pop(role, None)


# Later turns and greatest sizes


def receiver_died_later(s: Script) -> None:
    cap = s.attenuate_ownership_scope(capability=s.claimed(), new_scope=SESSION)
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.mark_owner_died(sid=0, owner_id="b")


@second(
    "rare orders",
    "The receiver of a pending transfer may be declared dead, except during the first generation.",
    receiver_died_later,
)
class the_receiver_may_die_later(Store):
    def g_named(self, s, owner):
        later = s["pending"] is not None and s["owner"]["generation"] > 0
        if not later or owner != s["pending"]["to_owner_id"]:
            super().g_named(s, owner)


def greatest_capacity(s: Script) -> None:
    s.start(types=A_TO_B, config={"mode": "Fifo", "initial_capacity": 2**16, "policy": "Block"})
    s.observe(sid=0)


@second("sizes", "A capacity has 16 bits: 65,536 becomes 65,535.", greatest_capacity)
class capacities_of_16_bits(Store):
    def fresh_buffer(self, sender, receiver, config):
        buffer = super().fresh_buffer(sender, receiver, config)
        return {**buffer, "capacity": min(buffer["capacity"], 2**16 - 1)}


def empty_role(s: Script) -> None:
    s.start("", "B", types={"": send("B", ("m", "End"))})
    s.advance(ep=ep(""), label="m")


@second("free texts", "A role whose name is the empty text takes no typed steps.", empty_role)
class a_role_without_a_name_stands_still(Store):
    def advance(self, ep, label):
        if not ep["role"]:
            raise Refused({"NoBranch": {"ep": ep, "label": label}})
        return super().advance(ep, label)


def foreign_traces(s: Script) -> None:
    cap = s.claimed()
    for sid in (9, 10):
        s.traced(cap, [], sid=sid)
    s.observe(sid=0)


@second("sizes", "Traces of other sessions' edges are listed by their ids as texts: 10 before 9.", foreign_traces)
class foreign_traces_by_text(Store):
    def observe(self, sid):
        seen = super().observe(sid)
        return {**seen, "edge_traces": sorted(seen["edge_traces"], key=lambda stored: str(stored["edge"]["sid"]))}
