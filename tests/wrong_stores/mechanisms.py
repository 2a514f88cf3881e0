"""Stores that are wrong in how they hold texts: they join names to a key, take a name for a format, tidy what is given.

They are those of some two thousand stores, written from the contract without a look at what the lanes ask, that no lane
told at first; of each kind one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.second_store.store import Store
from tests.second_store.types import head
from tests.wrong_stores.free_texts import died
from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, altered, edge, fragments, recv, send
from tests.wrong_stores.type_sweeps import many_mu
from tests.wrong_stores.wrong import second

names = partial(second, "look-alike names")
texts = partial(second, "free texts")
sizes = partial(second, "sizes")
plans = partial(second, "plans")

# Names that are joined


def both_ways(joint: str) -> tuple[str, dict[str, Any]]:
    """Return a role whose pairs with ``a`` join to one text, both ways, and types that give both edges."""
    other = f"a{joint}a"
    return other, {other: send("a", ("m", recv("a", ("m", "End"))))}


def sent_one_way(joint: str) -> Play:
    def play(s: Script) -> None:
        other, types = both_ways(joint)
        s.start("a", other, types=types)
        s.send(sid=0, from_="a", to=other, val="Unit")
        s.has_message(sid=0, from_=other, to="a")

    return play


def bound_one_way(joint: str) -> Play:
    def play(s: Script) -> None:
        other, types = both_ways(joint)
        s.start("a", other, types=types)
        s.update_handler(edge=edge("a", other), handler="h")
        s.lookup_handler(edge=edge(other, "a"))

    return play


@names("A buffer is found by its two roles with an arrow between them.", sent_one_way(" → "))
class buffers_by_their_text(Store):
    def buffer(self, s, sender, receiver):
        joined = {" → ".join(ends): buffer for ends, buffer in s["buffers"].items()}
        return joined.get(f"{sender} → {receiver}")


@names("A handler is found by its two roles with a colon between them.", bound_one_way(":"))
class handlers_by_a_colon(Store):
    def lookup_handler(self, edge):
        s = self.sessions.get(edge["sid"])
        joined = {} if s is None else {":".join(pair): handler for pair, handler in s["bound"].items()}
        return joined.get(f"{edge['sender']}:{edge['receiver']}")


def traced_one_way(s: Script) -> None:
    s.start()
    s.update_trace(edge=edge("a", "a\0a"), trace=["Nat"])
    s.lookup_trace(edge=edge("a\0a", "a"))


@names("A trace is found by its two roles with a NUL between them.", traced_one_way)
class traces_by_a_nul(Store):
    def lookup_trace(self, edge):
        s = self.sessions.get(edge["sid"])
        joined = {} if s is None else {(at[0], "\0".join(at[1:])): trace for at, trace in s["traces"].items()}
        return joined.get((edge["sid"], f"{edge['sender']}\0{edge['receiver']}"))


def scope_joined(s: Script) -> None:
    _, receipt = s.begun(fragments("a", "b"))
    s.rollback_ownership_transfer(receipt=altered(receipt, scope=fragments("a,b")))


@names("Scopes are compared as their fragments with commas between them.", scope_joined)
class scopes_by_their_text(Store):
    def same_scope(self, given, live):
        if SESSION in (given, live):
            return given == live
        return ",".join(given["Fragments"]) == ",".join(live["Fragments"])


def planned(*plans: list[str]) -> Play:
    def play(s: Script) -> None:
        for sid, roles in enumerate(plans):
            s.open_with_sid_from_plan(sid=sid, plan={"roles": roles, "initial_types": A_TO_B})
        s.observe(sid=sid)

    return play


@plans(
    "Plans are kept by their roles with line ends between them.",
    planned(["A", "B", "c\nd", "e"], ["A", "B", "c", "d\ne"]),
)
class plans_by_lines_of_roles(Store):
    def plan_key(self, roles, initial_types):
        return super().plan_key("\n".join(roles), initial_types)


# Texts that are a format, or are tidied


@texts("The name of an owner who died is a format, in which a sign of percent is written twice.", died("100%%"))
class owners_as_formats(Store):
    def mark_owner_died(self, sid, owner_id):
        witness = super().mark_owner_died(sid, owner_id)
        shown = owner_id.replace("%%", "%")
        self.sessions[sid]["status"] = {"Faulted": {"reason": f"ownership owner `{shown}` died"}}
        return witness


def handled(handler: str) -> Play:
    def play(s: Script) -> None:
        s.set_default_handler_for_session(sid=s.start(), handler=handler)
        s.default_handler_for_session(sid=0)

    return play


@texts("Blanks inside the name of a handler become one.", handled("a  b"))
class handlers_with_single_blanks(Store):
    def handler_named(self, name):
        return super().handler_named(" ".join(part for part in name.split(" ") if part) if "  " in name else name)


@texts("Fragments called Session are the whole session.", lambda s: s.claimed("a", fragments("Session")))
class fragments_that_are_the_session(Store):
    def read_scope(self, value):
        scope = super().read_scope(value)
        return SESSION if scope == fragments(SESSION) else scope


# Types


@sizes("At most 64 Mu are stripped.", lambda s: s.unfold_mu(lt=many_mu(65)))
class strips_64_mu(Store):
    def unfold_mu(self, lt):
        for _ in range(64):
            if head(lt) == "Mu":
                lt = lt["Mu"]["body"]
        return lt
