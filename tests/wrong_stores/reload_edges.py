"""Stores that read back messages, handlers, traces or edges wrongly (contract §15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.second_store.store import Store
from tests.wrong_stores.reloads import KIND, Makers, again, each_buffer, each_message, set_to
from tests.wrong_stores.signatures import PAIR, sent, taken
from tests.wrong_stores.steps import A_TO_B, SESSION, Script, edge
from tests.wrong_stores.wrong import second

_made = Makers(__name__)
_session, _store = _made.session, _made.store

# Messages


def messages_waited(s: Script) -> None:
    s.buffered("Fifo", 2, {"Resize": {"max_capacity": 3}})
    sent(s, "valid", 1, sequence_no=7)
    sent(s, "corrupt", 2)
    sent(s, "other_receiver", 3)
    again(s)
    s.observe(sid=0)
    taken(s)
    taken(s)
    taken(s)


def _all_good(store: Store, s: dict) -> None:
    for (sender, receiver), buffer in s["buffers"].items():
        for message in buffer["values"]:
            made = store.signed(s["sid"], sender, message["payload"], receiver, message["sequence_no"])
            message["signature"] = made


_session("reload loses numbers", "Reload sets sequence numbers to 0.", each_message(sequence_no=0), messages_waited)
_session("reload signs anew", "Reload signs every message anew.", _all_good, messages_waited)
_session(
    "reload loses signatures",
    "Reload leaves no message with its signature.",
    each_message(signature={}),
    messages_waited,
)
_session(
    "reload loses messages",
    "Reload loses the messages that wait.",
    each_buffer(lambda b: b["values"].clear()),
    messages_waited,
)
_session(
    "reload turns messages",
    "Reload turns the order of messages round.",
    each_buffer(lambda b: b["values"].reverse()),
    messages_waited,
)
_session(
    "reload shrinks buffers",
    "Reload gives a grown buffer its first capacity.",
    each_buffer(lambda b: b.update(capacity=max(1, b["initial_capacity"]))),
    messages_waited,
)


def messages_waited_and_sent(s: Script) -> None:
    s.buffered("LatestValue", 1)
    s.sent(1)
    again(s)
    s.sent(2)
    s.start(types=A_TO_B, config={"mode": "Fifo", "initial_capacity": 1, "policy": "Drop"})
    s.send(sid=1, **PAIR, val="Unit")
    again(s)
    s.send(sid=1, **PAIR, val="Unit")


_session(
    "reload loses the mode",
    "Reload makes every buffer a Fifo.",
    each_buffer(lambda b: b.update(mode="Fifo")),
    messages_waited_and_sent,
)
_session(
    "reload loses the policy",
    "Reload makes every buffer block.",
    each_buffer(lambda b: b.update(policy="Block")),
    messages_waited_and_sent,
)
_session(
    "reload counts leaves by messages",
    "Reload has a leaf for each message that waits.",
    lambda store, s: s["leaves"].update(
        {pair: len(b["values"]) for pair, b in s["buffers"].items() if pair in s["leaves"]}
    ),
    lambda s: (s.buffered("Fifo", 2), s.sent(1), s.received(), again(s), s.memory_usage()),
)
_session(
    "reload loses leaves",
    "Reload keeps no auth leaves.",
    set_to("leaves", dict),
    lambda s: (s.buffered("Fifo", 2), s.sent(1), again(s), s.memory_usage()),
)

# Handlers, traces, edges


def bound_twice(s: Script) -> None:
    """Bind a pair under two sids, the greater one first."""
    s.start()
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.rebound(cap, "foreign", sid=9)
    s.rebound(cap, "own")
    again(s)
    s.lookup_handler(edge=edge())


def _bound_by(order: Callable[[Any], Any] | None, *, turned: bool = False) -> Callable[[Store, dict], None]:
    def change(store: Store, s: dict) -> None:
        places = list(s["handlers"]) if order is None else sorted(s["handlers"], key=order, reverse=turned)
        for sid, sender, receiver in places:
            if sender in s["ids"] and receiver in s["ids"]:
                s["bound"][sender, receiver] = s["handlers"][sid, sender, receiver]

    return change


_session("reload binds by time", "Reload binds what was bound last.", _bound_by(None), bound_twice)
_session(
    "reload binds the lowest",
    "Reload binds the stored binding of the lowest sid.",
    _bound_by(lambda at: at, turned=True),
    bound_twice,
)
_session(
    "reload binds by text",
    "Reload orders sids as texts.",
    _bound_by(lambda at: (str(at[0]), at[1:])),
    lambda s: (
        cap := s.claimed(),
        s.rebound(cap, "nine", sid=9),
        s.rebound(cap, "ten", sid=10),
        again(s),
        s.lookup_handler(edge=edge()),
    ),
)
_session(
    "reload binds the own", "Reload prefers the session's own binding.", _bound_by(lambda at: at[0] == 0), bound_twice
)
_session(
    "reload forgets handlers by pair", "Reload leaves no handler by role pair.", set_to("bound", dict), bound_twice
)
_session(
    "reload forgets bindings",
    "Reload keeps no binding.",
    set_to("handlers", dict),
    bound_twice,
    lambda s: s.observe(sid=0),
)
_session(
    "reload drops foreign bindings",
    "Reload drops bindings of another sid.",
    lambda store, s: [s["handlers"].pop(at) for at in list(s["handlers"]) if at[0] != s["sid"]],
    bound_twice,
    lambda s: s.observe(sid=0),
)


class _Kept(Store):
    """A store that keeps a table over a reload that is to be built anew."""

    part = ""

    def written(self, s):
        return {**super().written(s), "kept": s[self.part]}

    def read_back(self, s):
        kept = s.pop("kept")
        s = super().read_back(s)
        s[self.part] = kept
        return s


@second(KIND, "Reload keeps the handlers by role pair as they were.", bound_twice)
class reload_keeps_handlers_by_pair(_Kept):
    part = "bound"


def closed_and_read(s: Script) -> None:
    s.buffered()
    s.close(sid=0)
    again(s)
    s.observe(sid=0)


@second(KIND, "Reload keeps the edges of a closed session.", closed_and_read)
class reload_keeps_the_edges(_Kept):
    part = "edges"


_session(
    "reload loses the edges",
    "Reload leaves no edges.",
    set_to("edges", list),
    lambda s: (s.buffered(), again(s), s.observe(sid=0)),
)


def unlisted(s: Script) -> None:
    cap = s.claimed()
    s.rebound(cap, "h", sender="Z")
    s.defaulted(cap, "")
    s.traced(cap, [])
    s.traced(cap, ["Nat"], sid=7)
    again(s)
    s.default_handler_for_session(sid=0)
    s.lookup_handler(edge=edge("Z"))
    s.observe(sid=0)


_session(
    "reload binds unlisted roles",
    "Reload binds roles that are not listed.",
    lambda store, s: s["bound"].update({at[1:]: handler for at, handler in s["handlers"].items()}),
    unlisted,
)
_session(
    "reload drops unlisted bindings",
    "Reload drops bindings of roles that are not listed.",
    lambda store, s: [s["handlers"].pop(at) for at in list(s["handlers"]) if not {*at[1:]} <= s["ids"].keys()],
    unlisted,
)
_session(
    "reload names a default handler",
    "Reload puts the usual default handler in the place of none.",
    lambda store, s: s.update(default=s["default"] or "default_handler"),
    unlisted,
)
_session(
    "reload resets the default handler",
    "Reload sets the default handler back.",
    set_to("default", "default_handler"),
    unlisted,
)
_session("reload loses traces", "Reload keeps no traces.", set_to("traces", dict), unlisted)
_session(
    "reload loses empty traces",
    "Reload keeps no empty traces.",
    lambda store, s: s.update(traces={at: trace for at, trace in s["traces"].items() if trace}),
    unlisted,
)
_session(
    "reload loses empty handlers",
    "Reload drops bindings of the empty name.",
    lambda store, s: [table.pop(at) for table in (s["handlers"], s["bound"]) for at in list(table) if not table[at]],
    lambda s: (s.start(), s.update_handler(edge=edge(), handler=""), again(s), s.lookup_handler(edge=edge())),
)
