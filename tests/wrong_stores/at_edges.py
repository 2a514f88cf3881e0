"""Stores that a reading of the contract made before anybody looked at what lanes ask, and that no list told.

They are wrong where a value is at an edge when it is read back, where two rules of ``hardened`` meet, or where a weak
hash stands in the place of a name.
"""

from __future__ import annotations

from tests.second_store.store import Store
from tests.wrong_stores.collisions import HASHES, PAIRS
from tests.wrong_stores.look_alike import PLACES
from tests.wrong_stores.reloads import again
from tests.wrong_stores.second_hardened import hardened
from tests.wrong_stores.steps import A_TO_B, Script, edge, ep, mu, send, var
from tests.wrong_stores.wrong import second

# Reading back


def foreign_alone(s: Script) -> None:
    cap = s.claimed()
    s.defaulted(cap, "")
    s.rebound(cap, "h", sid=9)
    again(s)
    s.has_bound_handler(sid=0)


@second("reload", "After a reload a binding of a foreign edge alone is no bound handler.", foreign_alone)
class foreign_alone_is_unbound_when_read_back(Store):
    def read_back(self, s):
        return {**super().read_back(s), "read": True}

    def has_bound_handler(self, sid):
        s = self.found(sid)
        own = {at: name for at, name in s["handlers"].items() if at[0] == sid or "read" not in s}
        return s["default"] != "" or bool(own)


def sent_when_empty(s: Script) -> None:
    s.buffered(mode="LatestValue")
    again(s)
    s.sent(1)
    s.sent(2)


@second("reload", "A buffer of the latest value that is read back empty is a queue.", sent_when_empty)
class latest_is_a_queue_when_read_back_empty(Store):
    def read_back(self, s):
        s = super().read_back(s)
        for buffer in s["buffers"].values():
            if not buffer["values"]:
                buffer["mode"] = "Fifo"
        return s


def typeless(s: Script) -> None:
    s.start(types=A_TO_B)
    s.remove_type(ep=ep())
    s.close(sid=0)
    again(s)
    s.observe(sid=0)


@hardened("A closed session of which no type is left has no edges when it is read back.", typeless)
class typeless_has_no_edges_when_read_back(Store):
    def read_back(self, s):
        s = super().read_back(s)
        return s if s["types"] else {**s, "edges": []}


# Reaping


def traced_when_closed(s: Script) -> None:
    s.start()
    s.close(sid=0)
    s.update_trace(edge=edge(), trace=["Nat"])
    s.lookup_trace(edge=edge())
    s.reap_closed()
    s.lookup_trace(edge=edge())


@second("life after life", "A trace that was looked up is found after its session was reaped.", traced_when_closed)
class traces_are_kept_over_a_reap(Store):
    def __init__(self, contract="telltale-17"):
        super().__init__(contract)
        self.known = {}

    def update_trace(self, edge, trace):
        super().update_trace(edge, trace)
        self.known.pop(self.place(edge), None)

    def mutate(self, s, name, fields):
        super().mutate(s, name, fields)
        self.known.clear()

    def close(self, sid):
        super().close(sid)
        self.known.clear()

    def opened_from(self, sid, plan, config):
        self.known.clear()
        return super().opened_from(sid, plan, config)

    def lookup_trace(self, edge):
        found = super().lookup_trace(edge)
        if found is not None:
            self.known[self.place(edge)] = found
        return self.known.get(self.place(edge))


# Renaming (H14)


def favourite_taken(s: Script) -> None:
    inner = mu("t", send("B", ("in", var("t")), ("out", var("u"))))
    s.start(types={"A": mu("u", send("B", ("m", inner), ("n", var("t")), ("o", var("fresh"))))})
    s.advance(ep=ep(), label="m")


@hardened("A renamed binder is always called fresh.", favourite_taken)
class renames_to_fresh(Store):
    def fresh_name(self, var, taken):
        return "fresh"


# Weak hashes


def hashed(place: str, name: str, bits: int) -> None:
    """List a store that compares one kind of name by the low bits of a hash."""
    value = HASHES[name]

    class Hashed(Store):
        def key(self, kind, text):
            return value(text.encode()) % 2**bits if kind == place else text

    sentence = f"{place.title()}s are compared by {bits} bits of {name}."
    second("look-alike names", sentence, PLACES[place](*PAIRS[name]), name=f"{place}s by {bits} bits of {name}")(Hashed)


hashed("owner", "CRC-32", 16)
hashed("predicate", "djb2", 32)
hashed("label", "Java's", 32)
hashed("site", "FNV-1a", 16)
