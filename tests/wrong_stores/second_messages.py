"""Stores with one rule wrong, of messages, handlers and traces: at least one for each operation."""

from __future__ import annotations

from tests.second_store.store import Store
from tests.wrong_stores.steps import (
    Script,
    edge,
)
from tests.wrong_stores.wrong import second

# Messages


def ordered(s: Script) -> None:
    s.buffered(capacity=2)
    s.sent(1)
    s.sent(2)
    s.sent(3)
    s.received()
    s.received()
    s.received()


@second("rules", "The newest message is received first.", ordered)
class messages_are_a_stack(Store):
    def recv(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        return buffer["values"].pop() if buffer is not None and buffer["values"] else None


@second("rules", "Receiving looks and takes nothing.", ordered)
class recv_takes_nothing(Store):
    def recv(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        return buffer["values"][0] if buffer is not None and buffer["values"] else None


@second("rules", "A full buffer that blocks says Full.", ordered)
class block_says_full(Store):
    def admitted(self, buffer):
        outcome = super().admitted(buffer)
        return "Full" if outcome == "WouldBlock" else outcome


@second(
    "rules",
    "A message goes both ways of its edge.",
    lambda s: (s.buffered(), s.send(sid=0, from_="B", to="A", val="Unit")),
)
class edges_have_no_direction(Store):
    def buffer(self, s, sender, receiver):
        return super().buffer(s, sender, receiver) or super().buffer(s, receiver, sender)


def latest(s: Script) -> None:
    s.buffered("LatestValue", 3, "Error")
    s.sent(1)
    s.sent(2)
    s.observe(sid=0)
    s.received()
    s.received()


@second("rules", "LatestValue keeps the first value.", latest)
class latest_keeps_the_first(Store):
    def send(self, sid, sender, receiver, val):
        buffer = self.buffer(self.found(sid), sender, receiver)
        if buffer is not None and buffer["mode"] == "LatestValue" and buffer["values"]:
            val = buffer["values"][0]
        return super().send(sid, sender, receiver, val)


@second("rules", "LatestValue shows the capacity 1.", latest)
class latest_has_capacity_1(Store):
    def fresh_buffer(self, sender, receiver, config):
        buffer = super().fresh_buffer(sender, receiver, config)
        return {**buffer, "capacity": 1} if config["mode"] == "LatestValue" else buffer


@second("rules", "Overwriting adds no leaf.", latest)
class overwriting_adds_no_leaf(Store):
    def send(self, sid, sender, receiver, val):
        s = self.found(sid)
        buffer = self.buffer(s, sender, receiver)
        overwrites = buffer is not None and buffer["mode"] == "LatestValue" and buffer["values"]
        outcome = super().send(sid, sender, receiver, val)
        if overwrites:
            s["leaves"][sender, receiver] -= 1
        return outcome


@second("rules", "A capacity of 0 takes nothing.", lambda s: (s.buffered(capacity=0), s.sent(1)))
class capacity_0_takes_nothing(Store):
    def fresh_buffer(self, sender, receiver, config):
        return {**super().fresh_buffer(sender, receiver, config), "capacity": config["initial_capacity"]}


# Handlers and traces


def handled(s: Script) -> None:
    cap = s.claimed()
    s.rebound(cap, "h", sender="A", receiver="A")
    s.lookup_handler(edge=edge("A", "A"))
    s.rebound(cap, "i", sender="A", receiver="Z")
    s.lookup_handler(edge=edge("A", "Z"))
    s.rebound(cap, "j", sid=9)
    s.lookup_handler(edge=edge())
    s.lookup_handler(edge=edge(sid=9))
    s.observe(sid=0)
    s.defaulted(cap, "")
    s.default_handler_for_session(sid=0)
    s.observe(sid=0)
    s.traced(cap, ["Nat"], sid=9)
    s.traced(cap, [], sender="Z")
    s.lookup_trace(edge=edge("Z"))
    s.lookup_trace(edge=edge(sid=9))
    s.observe(sid=0)


@second("rules", "A role has no handler for itself.", handled)
class no_handler_for_oneself(Store):
    def both_listed(self, s, edge):
        return super().both_listed(s, edge) and edge["sender"] != edge["receiver"]


@second("rules", "A binding under a foreign edge does not count here.", handled)
class foreign_bindings_do_not_count(Store):
    def both_listed(self, s, edge):
        return super().both_listed(s, edge) and edge["sid"] == s["sid"]


@second("rules", "The empty default handler is a handler.", handled)
class empty_default_is_a_handler(Store):
    def default_handler_for_session(self, sid):
        s = self.sessions.get(sid)
        return None if s is None else s["default"]


@second("rules", "An edge's sid is replaced by the session's own.", handled)
class edges_are_the_sessions_own(Store):
    def mutate(self, s, name, fields):
        own = {**fields, "edge": {**fields["edge"], "sid": s["sid"]}} if "edge" in fields else fields
        super().mutate(s, name, own)
