"""Stores whose host calls check too much or too little under ``hardened`` (contract H20)."""

from __future__ import annotations

from tests.second_store.forms import Refused
from tests.second_store.store import Store
from tests.wrong_stores.host_calls import CALLS, handler, unknown, when_closed, when_over, while_owned
from tests.wrong_stores.wrong import second


def _unguarded(call: str) -> None:
    def carry_out(self, first, value):
        self.hardened = False
        try:
            return getattr(Store, call)(self, first, value)
        finally:
            self.hardened = True

    made = type(f"{call}_is_not_guarded", (Store,), {call: carry_out})
    sentence = f"The operation {call} is allowed while somebody owns the session."
    second("hardened", sentence, while_owned, contract="hardened", name=f"{call} is not guarded")(made)


for _call in CALLS:
    _unguarded(_call)


def _without(guard: str, sentence: str, play) -> None:
    def host_session(self, sid):
        s = self.sessions.get(sid)
        if s is not None:
            for name in ("g_open", "g_active", "g_unowned"):
                if name != guard:
                    getattr(self, name)(s)
        return s

    made = type(f"host_calls_without_{guard}", (Store,), {"host_session": host_session})
    second("hardened", sentence, play, contract="hardened", name=f"host calls without {guard}")(made)


_without("g_open", "Host calls are allowed after a terminal reason.", when_over)
_without("g_active", "Host calls are allowed on closed sessions.", when_closed)


@second("hardened", "Host calls for an unknown session are refused.", unknown, contract="hardened")
class unknown_sessions_are_refused_in_hardened(Store):
    def host_session(self, sid):
        self.live_session(sid)
        return super().host_session(sid)


@second(
    "hardened",
    "Host calls store no edge with a role that is not listed.",
    lambda s: (
        s.start(),
        handler(s, sender="Z"),
        s.observe(sid=0),
    ),
    contract="hardened",
)
class host_calls_refuse_unlisted_roles(Store):
    def update_handler(self, edge, handler):
        s = self.host_session(edge["sid"])
        if s is not None and not self.both_listed(s, edge):
            raise Refused({"ForeignEdge": {"session_id": s["sid"], "edge": edge}})
        super().update_handler(edge, handler)
