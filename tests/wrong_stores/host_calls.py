"""Stores whose host calls check too much, too little, or change the wrong thing (contract §16, §19, H20)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.second_store.store import Store
from tests.wrong_stores.steps import Script, edge
from tests.wrong_stores.wrong import second

KIND = "host calls"
CALLS = ("update_handler", "set_default_handler_for_session", "update_trace")


def handler(s: Script, name: str = "h", **place: Any):
    return s.update_handler(edge=edge(**place), handler=name)


def default(s: Script, name: str = "d", sid: int = 0):
    return s.set_default_handler_for_session(sid=sid, handler=name)


def trace(s: Script, *types: str, **place: Any):
    return s.update_trace(edge=edge(**place), trace=list(types))


def all_three(s: Script) -> None:
    handler(s)
    default(s)
    trace(s, "Nat")
    s.lookup_handler(edge=edge())
    s.observe(sid=0)


def while_owned(s: Script) -> None:
    s.claimed()
    all_three(s)


def while_pending(s: Script) -> None:
    s.begun()
    all_three(s)


def when_closed(s: Script) -> None:
    s.start()
    s.close(sid=0)
    all_three(s)


def when_over(s: Script) -> None:
    s.claimed()
    s.mark_owner_died(sid=0, owner_id="a")
    all_three(s)


def _refuses(
    name: str, sentence: str, refused: Callable[[dict], bool], play, calls=CALLS, contract="telltale-17"
) -> None:
    """List a store whose host calls do nothing for some sessions."""

    def made(call: str):
        def carry_out(self, first, second_):
            s = self.sessions.get(first["sid"] if isinstance(first, dict) else first)
            return None if s is not None and refused(s) else getattr(Store, call)(self, first, second_)

        return carry_out

    kind = KIND if contract == "telltale-17" else contract
    methods = {call: made(call) for call in calls}
    second(kind, sentence, play, contract=contract, name=name)(type(name.replace(" ", "_"), (Store,), methods))


def _owned(s: dict) -> bool:
    return s["owner"] is not None


def _over(s: dict) -> bool:
    return s["terminal"] is not None


def _closed(s: dict) -> bool:
    return s["status"] == "Closed"


_refuses("host calls heed the owner", "Host calls do nothing while somebody owns the session.", _owned, while_owned)
_refuses(
    "handlers heed the owner",
    "The operation update_handler does nothing while somebody owns the session.",
    _owned,
    while_owned,
    CALLS[:1],
)
_refuses(
    "default handlers heed the owner",
    "The default handler stays while somebody owns the session.",
    _owned,
    while_owned,
    CALLS[1:2],
)
_refuses(
    "traces heed the owner",
    "The operation update_trace does nothing while somebody owns the session.",
    _owned,
    while_owned,
    CALLS[2:],
)
_refuses(
    "host calls heed a transfer",
    "Host calls do nothing while a transfer is pending.",
    lambda s: s["pending"] is not None,
    while_pending,
)
_refuses("host calls heed closing", "Host calls do nothing on closed sessions.", _closed, when_closed)
_refuses(
    "traces heed closing",
    "The operation update_trace does nothing on closed sessions.",
    _closed,
    when_closed,
    CALLS[2:],
)
_refuses("host calls heed a terminal reason", "Host calls do nothing after a terminal reason.", _over, when_over)


@second(KIND, "Host calls of an owned session are refused.", while_owned)
class host_calls_are_refused(Store):
    def host_session(self, sid):
        s = super().host_session(sid)
        if s is not None:
            self.g_unowned(s)
        return s


def unlisted(s: Script) -> None:
    s.start()
    handler(s, "h", sender="Z")
    s.lookup_handler(edge=edge("Z"))
    trace(s, "Nat", receiver="Z")
    s.lookup_trace(edge=edge("A", "Z"))
    s.observe(sid=0)
    default(s, "")
    s.has_bound_handler(sid=0)


@second(KIND, "The operation update_handler binds roles that are not listed.", unlisted)
class unlisted_roles_are_bound(Store):
    def bind(self, s, edge, handler):
        super().bind(s, edge, handler)
        s["bound"][self.pair(edge)] = handler


@second(KIND, "The operation update_handler stores nothing for roles that are not listed.", unlisted)
class unlisted_bindings_are_not_stored(Store):
    def update_handler(self, edge, handler):
        s = self.sessions.get(edge["sid"])
        if s is not None and self.both_listed(s, edge):
            super().update_handler(edge, handler)


@second(KIND, "The operation update_trace stores nothing for roles that are not listed.", unlisted)
class unlisted_traces_are_not_stored(Store):
    def update_trace(self, edge, trace):
        s = self.sessions.get(edge["sid"])
        if s is not None and self.both_listed(s, edge):
            super().update_trace(edge, trace)


@second(KIND, "The operation has_bound_handler asks for a handler by role pair.", unlisted)
class only_bound_pairs_count(Store):
    def has_bound_handler(self, sid):
        s = self.found(sid)
        return s["default"] != "" or bool(s["bound"])


def emptied(s: Script) -> None:
    s.start()
    handler(s, "h")
    handler(s, "")
    s.lookup_handler(edge=edge())
    default(s, "")
    s.default_handler_for_session(sid=0)
    s.has_bound_handler(sid=0)
    s.observe(sid=0)


@second(KIND, "The empty handler name takes a binding away.", emptied)
class the_empty_name_unbinds(Store):
    def bind(self, s, edge, handler):
        super().bind(s, edge, handler)
        if not handler:
            del s["handlers"][self.place(edge)]
            s["bound"].pop(self.pair(edge), None)


@second(KIND, "A handler with the empty name is not found.", emptied)
class the_empty_name_is_none(Store):
    def lookup_handler(self, edge):
        return super().lookup_handler(edge) or None


@second(KIND, "A binding of the empty name is not stored.", emptied)
class the_empty_name_is_ignored(Store):
    def update_handler(self, edge, handler):
        if handler:
            super().update_handler(edge, handler)


@second(KIND, "The empty default handler is not taken.", emptied)
class the_empty_default_is_ignored(Store):
    def set_default_handler_for_session(self, sid, handler):
        if handler:
            super().set_default_handler_for_session(sid, handler)


@second(KIND, "The empty default handler stands for the usual one.", emptied)
class the_empty_default_is_the_usual(Store):
    def set_default_handler_for_session(self, sid, handler):
        super().set_default_handler_for_session(sid, handler or "default_handler")


@second(KIND, "The operation has_bound_handler does not count bindings of the empty name.", emptied)
class empty_names_do_not_count(Store):
    def has_bound_handler(self, sid):
        s = self.found(sid)
        return s["default"] != "" or any(s["handlers"].values())


@second(KIND, "The operation has_bound_handler looks at the default handler alone.", emptied)
class only_the_default_counts(Store):
    def has_bound_handler(self, sid):
        return self.found(sid)["default"] != ""


@second(
    KIND, "The operation has_bound_handler looks at bindings alone.", lambda s: (s.start(), s.has_bound_handler(sid=0))
)
class only_bindings_count(Store):
    def has_bound_handler(self, sid):
        return bool(self.found(sid)["handlers"])


def foreign(s: Script) -> None:
    cap = s.claimed()
    s.rebound(cap, "h", sid=9)
    s.defaulted(cap, "")
    s.has_bound_handler(sid=0)


@second(KIND, "The operation has_bound_handler does not count foreign bindings.", foreign)
class foreign_bindings_are_no_handlers(Store):
    def has_bound_handler(self, sid):
        s = self.found(sid)
        return s["default"] != "" or any(place[0] == sid for place in s["handlers"])


@second(
    KIND, "The operation has_bound_handler says false for an unknown session.", lambda s: s.has_bound_handler(sid=3)
)
class unknown_sessions_have_no_handler(Store):
    def has_bound_handler(self, sid):
        return sid in self.sessions and super().has_bound_handler(sid)


def unknown(s: Script) -> None:
    handler(s)
    default(s)
    trace(s, "Nat")


@second(KIND, "Host calls for an unknown session are refused.", unknown)
class unknown_sessions_are_refused(Store):
    def host_session(self, sid):
        self.found(sid)
        return super().host_session(sid)


@second(KIND, "The operation update_handler stores a binding and binds no pair.", lambda s: s.start(), all_three)
class handlers_are_only_stored(Store):
    def update_handler(self, edge, handler):
        s = self.sessions.get(edge["sid"])
        bound = None if s is None else dict(s["bound"])
        super().update_handler(edge, handler)
        if s is not None:
            s["bound"] = bound


@second(
    KIND,
    "The operation update_handler binds the pair both ways.",
    lambda s: (s.start(), handler(s), s.lookup_handler(edge=edge("B", "A"))),
)
class handlers_go_both_ways(Store):
    def update_handler(self, edge, handler):
        super().update_handler(edge, handler)
        s = self.sessions.get(edge["sid"])
        if s is not None and self.both_listed(s, edge):
            s["bound"][edge["receiver"], edge["sender"]] = handler


@second(
    KIND,
    "The operation update_handler does not bind a role with itself.",
    lambda s: (
        s.start(),
        handler(s, receiver="A"),
        s.lookup_handler(edge=edge("A", "A")),
    ),
)
class no_role_is_bound_with_itself(Store):
    def both_listed(self, s, edge):
        return edge["sender"] != edge["receiver"] and super().both_listed(s, edge)


@second(
    KIND,
    "The operation update_trace adds to the trace that is there.",
    lambda s: (
        s.start(),
        trace(s, "Nat"),
        trace(s, "Bool"),
        s.lookup_trace(edge=edge()),
    ),
)
class traces_are_added(Store):
    def update_trace(self, edge, trace):
        s = self.sessions.get(edge["sid"])
        before = [] if s is None else s["traces"].get(self.place(edge), [])
        super().update_trace(edge, [*before, *trace])


@second(
    KIND,
    "The operation update_trace of nothing takes the trace away.",
    lambda s: (
        s.start(),
        trace(s, "Nat"),
        trace(s),
        s.lookup_trace(edge=edge()),
    ),
)
class empty_traces_are_taken_away(Store):
    def update_trace(self, edge, trace):
        super().update_trace(edge, trace)
        s = self.sessions.get(edge["sid"])
        if s is not None and not trace:
            del s["traces"][self.place(edge)]


@second(KIND, "A host call that changes the handler ends a pending transfer.", while_pending)
class host_calls_end_transfers(Store):
    def update_handler(self, edge, handler):
        super().update_handler(edge, handler)
        if edge["sid"] in self.sessions:
            self.sessions[edge["sid"]]["pending"] = None


@second(KIND, "Setting the default handler is logged as a consumed capability.", while_owned)
class host_calls_are_logged(Store):
    def set_default_handler_for_session(self, sid, handler):
        super().set_default_handler_for_session(sid, handler)
        s = self.sessions.get(sid)
        if s is not None and s["owner"] is not None:
            self.log(s, "OwnershipCapability", s["owner"], "Consumed")


@second(
    KIND,
    "The default handler is set for every live session.",
    lambda s: (s.start(), s.start(), default(s), s.observe(sid=1)),
)
class the_default_is_everybodys(Store):
    def set_default_handler_for_session(self, sid, handler):
        super().set_default_handler_for_session(sid, handler)
        if sid in self.sessions:
            for s in self.sessions.values():
                s["default"] = handler


# Lifecycle states


def _called(name: str, sentence: str, event: str, state: str) -> None:
    def lifecycle_state(self, given):
        return state if given == event else Store.lifecycle_state(self, given)

    made = type(name.replace(" ", "_"), (Store,), {"lifecycle_state": lifecycle_state})
    second(KIND, sentence, lambda s: s.lifecycle_state(event=event), name=name)(made)


_called("rolledback in one word", "The state of RolledBack is written in one word.", "RolledBack", "rolledback")
_called("rolled back with a hyphen", "The state of RolledBack has a hyphen.", "RolledBack", "rolled-back")
_called("expired is invalidated", "What expired counts as invalidated.", "Expired", "invalidated")
_called("rejected is invalidated", "What was rejected counts as invalidated.", "Rejected", "invalidated")
_called("committed is consumed", "What was committed counts as consumed.", "Committed", "consumed")
