"""Stores for sentences of the contract that no store of the other modules breaks.

``tests/oracle/test_every_row_has_a_store.py`` names the rules that lack one; these were written for what it named, and
for sentences beside them.
"""

from __future__ import annotations

from tests.second_store.forms import Refused
from tests.second_store.store import Store
from tests.wrong_stores.steps import SESSION, Script, altered
from tests.wrong_stores.wrong import second

# Sessions that are not there (§1, G-found)


def nowhere(s: Script) -> None:
    s.claimed()
    s.mark_owner_died(sid=7, owner_id="a")


class _Elsewhere(Store):
    def live_session(self, sid):
        try:
            return super().live_session(sid)
        except Refused:
            raise Refused(self.error_of(sid), "found") from None


@second("rules", "An unknown session is refused as an unclaimed one.", nowhere)
class unknown_is_unclaimed(_Elsewhere):
    def error_of(self, sid):
        return {"Unclaimed": {"session_id": sid}}


@second("hardened", "An unknown session is refused as a closed one.", nowhere, contract="hardened")
class unknown_is_closed(_Elsewhere):
    def error_of(self, sid):
        return {"SessionClosed": {"session_id": sid}}


@second("rules", "The refusal of an unknown session names the next session.", nowhere)
class unknown_is_the_next(_Elsewhere):
    def error_of(self, sid):
        return {"SessionNotFound": {"session_id": self.next_sid}}


def reaped_with_its_owner(s: Script) -> None:
    cap = s.claimed()
    s.close(sid=0)
    s.reap_closed()
    s.validate_ownership_capability(capability=cap)


@second("life after life", "A capability of a reaped session is still accepted.", reaped_with_its_owner)
class reaped_owner_is_accepted(Store):
    def __init__(self, contract="telltale-17"):
        super().__init__(contract)
        self.reaped = {}

    def summary(self, s):
        self.reaped[s["sid"]] = s
        return super().summary(s)

    def live_session(self, sid):
        return self.reaped[sid] if sid not in self.sessions and sid in self.reaped else super().live_session(sid)


def not_over(s: Script) -> None:
    s.start()
    s.reap_sessions(session_ids=[0])


@second("rules", "Reaping takes a session by its id that is not over.", not_over)
class reaps_active(Store):
    def reap_sessions(self, session_ids):
        reaped = [self.summary(self.sessions.pop(sid)) for sid in session_ids if sid in self.sessions]
        self.archive.extend(reaped)
        return reaped


def closed_twice(s: Script) -> None:
    s.start()
    s.close(sid=0)
    s.close(sid=0)
    s.observe(sid=0)


@second("rules", "A second close does not count an epoch.", closed_twice)
class second_close_counts_nothing(Store):
    def close(self, sid):
        epoch = self.found(sid)["epoch"]
        super().close(sid)
        self.found(sid)["epoch"] = min(epoch + 1, 1)


# Witnesses that were never issued (§3.2)


def never_issued(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.consume_readiness_witness(capability=cap, witness=altered(witness, witness_id=2))


class _TakesUnissued(Store):
    def g_witness(self, s, cap, witness):
        if witness["witness_id"] in s["issued"] or witness["witness_id"] in s["consumed"]:
            super().g_witness(s, cap, witness)

    def spend(self, s, witness):
        s["issued"].pop(witness["witness_id"], None)
        s["consumed"].add(witness["witness_id"])


@second("rules", "A witness that was never issued is consumed.", never_issued)
class unissued_is_consumed(_TakesUnissued):
    pass


@second("hardened", "A witness that was never issued is consumed.", never_issued, contract="hardened")
class unissued_is_consumed_in_hardened(_TakesUnissued):
    pass


@second("rules", "A witness that was never issued counts as one that was changed.", never_issued)
class unissued_is_changed(Store):
    def invalid_witness(self, s, number, reason):
        super().invalid_witness(s, number, "witness payload mismatch")


def rolled_back(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.rollback_ownership_transfer(receipt=receipt)
    s.consume_readiness_witness(capability=cap, witness=witness)


class _RollbackEnds(Store):
    def rollback_ownership_transfer(self, receipt):
        super().rollback_ownership_transfer(receipt)
        self.sessions[receipt["session_id"]]["issued"].clear()


@second("rules", "Rolling back ends the issued witnesses.", rolled_back)
class rollback_ends_witnesses(_RollbackEnds):
    pass


@second("hardened", "Rolling back ends the issued witnesses.", rolled_back, contract="hardened")
class rollback_ends_witnesses_in_hardened(_RollbackEnds):
    pass


# The clock and its witnesses (§9)


def over_at_once(s: Script) -> None:
    s.advance_clock(tick=3)
    s.issue_timeout_witness(site="s", until_tick=2)
    s.advance_clock(tick=3)


@second("rules", "A timeout witness that is over when it is issued never expires.", over_at_once)
class over_at_once_never_expires(Store):
    def issue_timeout_witness(self, site, until_tick):
        witness = super().issue_timeout_witness(site, until_tick)
        if until_tick <= self.clock:
            del self.sites[self.key("site", site)]
        return witness


def replaced(s: Script) -> None:
    s.issue_timeout_witness(site="s", until_tick=2)
    s.issue_timeout_witness(site="s", until_tick=3)
    s.runtime_audit_log()


@second("records", "A replaced timeout witness is logged behind the one that replaces it.", replaced)
class replaced_is_logged_later(Store):
    def issue_timeout_witness(self, site, until_tick):
        replaces = self.key("site", site) in self.sites
        witness = super().issue_timeout_witness(site, until_tick)
        if replaces:
            self.runtime_log[-2:] = reversed(self.runtime_log[-2:])
        return witness


def two_sites(s: Script) -> None:
    for site in "st":
        s.issue_timeout_witness(site=site, until_tick=2)


@second("rules", "Each site counts its timeout witnesses from 0.", two_sites)
class sites_count_alone(Store):
    def issue_timeout_witness(self, site, until_tick):
        before = self.sites.get(self.key("site", site))
        self.next_timeout = 0 if before is None else before["witness_id"] + 1
        return super().issue_timeout_witness(site, until_tick)


def standing(s: Script) -> None:
    s.advance_clock(tick=3)
    s.advance_clock(tick=3)


@second("rules", "The clock may not be set to the tick that it shows.", standing)
class clock_may_not_stand(Store):
    def advance_clock(self, tick):
        if tick == self.clock and tick:
            raise Refused(f"clock cannot go back from {tick} to {tick}")
        return super().advance_clock(tick)


def set_back(s: Script) -> None:
    s.advance_clock(tick=3)
    s.advance_clock(tick=2)
    s.issue_timeout_witness(site="s", until_tick=9)


@second("rules", "A clock that is not set back, as it says, is.", set_back)
class refused_clock_moves(Store):
    def advance_clock(self, tick):
        before, self.clock = self.clock, min(self.clock, tick)
        if tick < before:
            raise Refused(f"clock cannot go back from {before} to {tick}")
        return super().advance_clock(tick)


# Edges from JSON (§10)


def edge_without_sender(s: Script) -> None:
    s.decode_edge_json(value={"sid": 1, "receiver": "B"}, session_hint=2)


@second("raw forms", "An edge without sender has the empty one.", edge_without_sender)
class no_sender_is_the_empty_one(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict:
            value = {"sender": "", **value}
        return super().decode_edge_json(value, session_hint)


def edge_with_a_wrong_sid(s: Script) -> None:
    s.decode_edge_json(value={"sid": "1", "sender": "A", "receiver": "B"}, session_hint=2)


@second("raw forms", "A sid that cannot be read gives way to the hint.", edge_with_a_wrong_sid)
class wrong_sid_gives_way(Store):
    def decode_edge_json(self, value, session_hint):
        if type(value) is dict and not self.is_sid(value.get("sid")) and session_hint is not None:
            value = {**value, "sid": None}
        return super().decode_edge_json(value, session_hint)
