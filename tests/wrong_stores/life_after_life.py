"""Stores in which something of a session outlives it: it is there again when its id is opened anew."""

from __future__ import annotations

from tests.second_store.store import Store
from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, edge, ep
from tests.wrong_stores.wrong import second


def busy(s: Script) -> None:
    """Give session 0 something of everything that a session can have, a pending transfer last."""
    s.open(roles=["A", "B"], initial_types=A_TO_B)
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.consume_readiness_witness(capability=cap, witness=witness)
    s.issue_readiness_witness(capability=cap, predicate_ref="q")
    s.defaulted(cap, "h")
    s.rebound(cap, "h")
    s.traced(cap, ["Nat"])
    s.sent(1)
    s.advance(ep=ep(), label="m")
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)


def looked(s: Script) -> None:
    """Read everything that session 0 has."""
    s.observe(sid=0)
    s.current_ownership(sid=0)
    s.authority_audit_log(sid=0)
    s.lookup_handler(edge=edge())
    s.lookup_trace(edge=edge())
    s.default_handler_for_session(sid=0)
    s.lookup_type(ep=ep())
    s.has_message(sid=0, from_="A", to="B")
    s.received()
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.issue_readiness_witness(capability=cap, predicate_ref="r")
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)


def reopened(s: Script) -> None:
    s.open_with_sid(sid=0, roles=["A", "B"], initial_types=A_TO_B)


def reaped_and_reopened(s: Script) -> None:
    busy(s)
    s.close(sid=0)
    s.reap_closed()
    reopened(s)
    looked(s)


def replaced(s: Script) -> None:
    busy(s)
    reopened(s)
    looked(s)


def ended_and_reopened(s: Script) -> None:
    s.start()
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.mark_owner_died(sid=0, owner_id="a")
    s.reap_closed()
    reopened(s)
    s.validate_ownership_capability(capability=cap)
    looked(s)


def haunted(field: str, *, by_replacing: bool) -> type[Store]:
    """Return a store whose sessions begin with a field of the session that had their id before."""

    class Haunted(Store):
        wakes_at = frozenset({"open_with_sid"})

        def __init__(self, contract: str = "telltale-17") -> None:
            super().__init__(contract)
            self.former: dict[int, dict] = {}

        def summary(self, s):
            if not by_replacing and s["sid"] not in self.sessions:
                self.former[s["sid"]] = s
            return super().summary(s)

        def opened(self, sid, *rest):
            if by_replacing and sid in self.sessions:
                self.former[sid] = self.sessions[sid]
            super().opened(sid, *rest)
            if sid in self.former:
                self.sessions[sid][field] = self.former[sid][field]
            return sid

    return Haunted


_WORDS = {
    "owner": "The live owner",
    "pending": "The pending transfer",
    "next_claim": "The counter of claims",
    "next_witness": "The counter of witnesses",
    "issued": "The issued witnesses",
    "consumed": "The consumed witnesses",
    "log": "The log",
    "default": "The default handler",
    "handlers": "The stored bindings",
    "bound": "The handlers bound to role pairs",
    "leaves": "The authentication leaves",
    "epoch": "The epoch",
    "types": "The local types",
    "status": "The status",
    "terminal": "The terminal reason",
    "buffers": "The buffers with their messages",
    "traces": "The edge traces",
}
_CLEARED_BY_CLOSE = ("buffers", "traces")
_FRESH_WITHOUT_CLOSE = ("epoch", "status", "terminal")

for _field, _words in _WORDS.items():
    if _field not in _CLEARED_BY_CLOSE:
        _play: Play = ended_and_reopened if _field == "terminal" else reaped_and_reopened
        second(
            "life after life",
            f"{_words} of a reaped session comes back when its id is opened again.",
            _play,
            name=f"{_field} outlives reaping",
        )(haunted(_field, by_replacing=False))
    if _field not in _FRESH_WITHOUT_CLOSE:
        second(
            "life after life",
            f"{_words} of a session that is replaced stays.",
            replaced,
            name=f"{_field} outlives replacing",
        )(haunted(_field, by_replacing=True))


@second(
    "life after life",
    "A replaced session is archived as if it had been reaped.",
    replaced,
    lambda s: s.archived_closed(),
)
class replaced_session_is_archived(Store):
    def opened(self, sid, *rest):
        if sid in self.sessions:
            self.archive.append(self.summary(self.sessions[sid]))
        return super().opened(sid, *rest)


@second(
    "life after life",
    "An id that is reaped a second time does not come into the archive again.",
    reaped_and_reopened,
    lambda s: s.close(sid=0),
    lambda s: s.reap_closed(),
    lambda s: s.archived_closed(),
)
class second_summary_replaces_the_first(Store):
    def archived_closed(self):
        return list({summary["sid"]: summary for summary in self.archive}.values())


@second(
    "life after life",
    "Reaping gives the last id back.",
    lambda s: s.close(sid=s.start()),
    lambda s: s.reap_closed(),
    lambda s: s.next_session_id(),
    lambda s: s.start(),
)
class reaping_gives_ids_back(Store):
    def reap_sessions(self, session_ids):
        reaped = super().reap_sessions(session_ids)
        if not self.sessions:
            self.next_sid = 0
        return reaped


def _foreign_trace(s: Script) -> None:
    s.start()
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.traced(cap, ["Nat"], sid=1)
    s.close(sid=0)
    s.reap_closed()
    s.start()
    s.lookup_trace(edge=edge(sid=1))


@second("life after life", "A trace under another session's edge waits for that session.", _foreign_trace)
class foreign_trace_waits(Store):
    waiting: dict

    def __init__(self, contract: str = "telltale-17") -> None:
        super().__init__(contract)
        self.waiting = {}

    def mutate(self, s, name, fields):
        super().mutate(s, name, fields)
        if name == "UpdateTrace" and fields["edge"]["sid"] != s["sid"]:
            self.waiting[self.place(fields["edge"])] = fields["trace"]

    def lookup_trace(self, edge):
        found = super().lookup_trace(edge)
        return self.waiting.get(self.place(edge)) if found is None and edge["sid"] in self.sessions else found
