"""Stores that read back types, ownership, states, ids, clock or plans wrongly (contract §15, H17)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.second_store.forms import TOP
from tests.second_store.store import Store
from tests.wrong_stores.plans import planned
from tests.wrong_stores.reload_edges import bound_twice, closed_and_read
from tests.wrong_stores.reloads import KIND, Makers, again, looked_at, set_to
from tests.wrong_stores.signatures import taken
from tests.wrong_stores.steps import A_TO_B, SESSION, Script, edge, ep, fragments, mu, send, var
from tests.wrong_stores.wrong import second

_made = Makers(__name__)
_session, _store = _made.session, _made.store

# Types


def advanced(s: Script) -> None:
    s.start(types={"A": mu("t", send("B", ("m", send("B", ("n", var("t"))))))})
    s.advance(ep=ep(), label="m")
    again(s)
    s.lookup_type(ep=ep())
    s.advance(ep=ep(), label="n")
    s.update_original(ep=ep(), new_original="End")
    again(s)
    s.original_type(ep=ep())
    s.remove_type(ep=ep())
    again(s)
    s.lookup_type(ep=ep())


def _types_begin_anew(store: Store, s: dict) -> None:
    for entry in s["types"].values():
        entry["current"] = store.current_of(entry["original"])


def _originals_follow(store: Store, s: dict) -> None:
    for entry in s["types"].values():
        entry["original"] = entry["current"]


_session("reload begins types anew", "Reload takes current types from the originals.", _types_begin_anew, advanced)
_session("reload loses originals", "Reload takes originals from the current types.", _originals_follow, advanced)
_session(
    "reload restores removed types",
    "Reload gives a role without a type the type End.",
    lambda store, s: [s["types"].setdefault(r, {"role": r, "current": "End", "original": "End"}) for r in s["roles"]],
    lambda s: (s.start(types=A_TO_B), s.remove_type(ep=ep()), again(s), s.lookup_type(ep=ep())),
)
_session(
    "reload strips current types",
    "Reload strips binders of current types.",
    lambda store, s: [entry.update(current=store.unfold_mu(entry["current"])) for entry in s["types"].values()],
    lambda s: (
        s.start(types=A_TO_B),
        s.update_type(ep=ep(), new_type=mu("t", send("B", ("m", var("t"))))),
        again(s),
        s.lookup_type(ep=ep()),
    ),
)
_session(
    "reload loses repeated roles",
    "Reload lists every role once.",
    lambda store, s: s.update(roles=list(dict.fromkeys(s["roles"]))),
    lambda s: (s.start("A", "B", "A"), again(s), s.observe(sid=0)),
)

# Ownership


def owned(s: Script) -> None:
    cap = s.claimed()
    narrow = s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
    witness = s.issue_readiness_witness(capability=narrow, predicate_ref="p")
    s.consume_readiness_witness(capability=narrow, witness=witness)
    s.issue_readiness_witness(capability=narrow, predicate_ref="q")
    s.begin_ownership_transfer(capability=narrow, new_owner_id="b", new_scope=SESSION)
    again(s)
    looked_at(s)
    s.consume_readiness_witness(capability=narrow, witness=witness)


def _rolled_back_twice(s: Script) -> None:
    _, receipt = s.begun()
    s.rollback_ownership_transfer(receipt=receipt)
    s.rollback_ownership_transfer(receipt=receipt)


def _live(**fields: Any) -> Callable[[Store, dict], None]:
    return lambda store, s: s.update(owner=s["owner"] and {**s["owner"], **fields})


for _part, _value, _what in (
    ("owner", None, "the owner"),
    ("pending", None, "a pending transfer"),
    ("next_claim", 1, "the claim counter"),
    ("next_witness", 1, "the witness counter"),
    ("issued", dict, "issued witnesses"),
    ("consumed", set, "consumed witnesses"),
    ("log", list, "the log"),
):
    _session(f"reload loses {_what}", f"Reload loses {_what}.", set_to(_part, _value), owned)
_session("reload resets the generation", "Reload sets the live generation to 0.", _live(generation=0), owned)
_session(
    "reload counts claims that are pending",
    "Reload takes the claim counter from the pending transfer.",
    lambda store, s: s.update(next_claim=s["pending"]["claim_id"] if s["pending"] else 1),
    owned,
)
_session(
    "reload counts witnesses that are issued",
    "Reload takes the witness counter from the issued witnesses.",
    lambda store, s: s.update(next_witness=max(s["issued"], default=0) + 1),
    lambda s: (
        cap := s.claimed(),
        s.consume_readiness_witness(
            capability=cap, witness=s.issue_readiness_witness(capability=cap, predicate_ref="p")
        ),
        again(s),
        s.issue_readiness_witness(capability=cap, predicate_ref="p"),
    ),
)
_session(
    "reload keeps refusals out of the log",
    "Reload drops rejections from the log.",
    lambda store, s: s.update(log=[record for record in s["log"] if record["event"] != "Rejected"]),
    lambda s: (_rolled_back_twice(s), again(s), looked_at(s)),
)
_session(
    "reload widens scopes",
    "Reload gives the live owner the whole session.",
    _live(scope=SESSION),
    lambda s: (s.claimed(scope=fragments("x")), again(s), s.current_ownership(sid=0)),
)


# Status, archive, ids


def over(s: Script) -> None:
    s.claimed()
    s.mark_owner_died(sid=0, owner_id="a")
    s.start()
    s.close(sid=1)
    again(s)
    looked_at(s)
    looked_at(s, 1)
    s.claim_ownership(sid=0, owner_id="a", scope=SESSION)


_session("reload opens what was closed", "Reload makes every session active.", set_to("status", "Active"), over)
_session("reload loses the epoch", "Reload sets the epoch to 0.", set_to("epoch", 0), over)
_session("reload loses the terminal reason", "Reload loses the terminal reason.", set_to("terminal", None), over)
_session(
    "reload closes what faulted",
    "Reload makes faulted and cancelled sessions closed.",
    lambda store, s: s.update(status="Active" if s["status"] == "Active" else "Closed"),
    over,
)
_store(
    "reload drops what is over",
    "Reload drops sessions that are over.",
    lambda store: [store.sessions.pop(sid) for sid in store.ids_over()],
    over,
)
_store(
    "reload archives what is over",
    "Reload reaps sessions that are over.",
    lambda store: store.reap_closed(),
    over,
)


def archived(s: Script) -> None:
    for sid in range(3):
        s.start()
        s.close(sid=sid)
    s.reap_sessions(session_ids=[1, 0])
    again(s)
    s.archived_closed()
    s.next_session_id()
    s.reap_closed()
    again(s)
    s.next_session_id()


_store("reload loses the archive", "Reload keeps no archive.", lambda store: store.archive.clear(), archived)
_store(
    "reload sorts the archive",
    "Reload orders the archive by sid.",
    lambda store: store.archive.sort(key=lambda x: x["sid"]),
    archived,
)
_store("reload turns the archive", "Reload turns the archive round.", lambda store: store.archive.reverse(), archived)
_store(
    "reload archives a sid once",
    "Reload keeps one summary of each sid.",
    lambda store: setattr(store, "archive", list({each["sid"]: each for each in store.archive}.values())),
    lambda s: [
        *((s.open_with_sid(sid=2, roles=["A"], initial_types={}), s.close(sid=2), s.reap_closed()) for _ in range(2)),
        again(s),
        s.archived_closed(),
    ],
)
_store(
    "reload takes the next id from live sessions",
    "Reload takes the next id from the live sessions.",
    lambda store: setattr(store, "next_sid", min(max(store.sessions, default=-1) + 1, TOP)),
    archived,
)
_store(
    "reload begins with id 0", "Reload sets the next id to 0.", lambda store: setattr(store, "next_sid", 0), archived
)


def clock_and_plans(s: Script) -> None:
    s.issue_timeout_witness(site="s", until_tick=9)
    s.advance_clock(tick=3)
    planned(s, 0)
    again(s)
    s.runtime_audit_log()
    s.issue_timeout_witness(site="s", until_tick=9)
    s.runtime_audit_log()
    s.session_ids()
    planned(s, 1)


_store(
    "reload resets the clock", "Reload sets the clock to 0.", lambda store: setattr(store, "clock", 0), clock_and_plans
)
_store("reload loses sites", "Reload forgets timeout witnesses.", lambda store: store.sites.clear(), clock_and_plans)
_store(
    "reload loses the runtime log",
    "Reload empties the runtime's log.",
    lambda store: store.runtime_log.clear(),
    clock_and_plans,
)
_store("reload loses sessions", "Reload keeps no session.", lambda store: store.sessions.clear(), clock_and_plans)


@second(
    KIND,
    "A reload that finds no session changes nothing, the archive least of all.",
    lambda s: (
        s.start(),
        s.close(sid=0),
        s.reap_closed(),
        again(s),
        s.archived_closed(),
    ),
)
class reload_of_an_empty_store_empties_it(Store):
    def reload(self, form):
        if not self.sessions:
            self.archive = []
        super().reload(form)


@second(
    KIND,
    "Only the first reload builds the handlers by role pair anew.",
    bound_twice,
    lambda s: (
        s.update_handler(edge=edge(), handler="now"),
        again(s),
        s.lookup_handler(edge=edge()),
    ),
)
class second_reload_builds_nothing(Store):
    reloads = 0

    def reload(self, form):
        kept = {sid: s["bound"] for sid, s in self.sessions.items()}
        super().reload(form)
        self.reloads += 1
        if self.reloads > 1:
            for sid, bound in kept.items():
                self.sessions[sid]["bound"] = bound


# Under hardened

_session(
    "reload builds the edges from the buffers",
    "Reload takes the edges of a session from its buffers.",
    lambda store, s: s.update(edges=store.edges_again(s)),
    closed_and_read,
    contract="hardened",
)
_session(
    "reload loses released generations",
    "Reload takes the next generation from the live owner.",
    lambda store, s: s.update(next_generation=s["owner"]["generation"] + 1 if s["owner"] else 0),
    lambda s: (
        s.release_ownership(capability=s.claimed()),
        again(s),
        s.claim_ownership(sid=0, owner_id="b", scope=SESSION),
    ),
    contract="hardened",
)


def _last_id(s: Script) -> None:
    s.open_with_sid(sid=2**64 - 1, roles=["A"], initial_types={})
    s.close(sid=2**64 - 1)
    s.reap_closed()
    again(s)
    s.start()


@second(
    "hardened",
    "Reload forgets that the last id was used.",
    _last_id,
    contract="hardened",
    name="reload frees the last id",
)
class reload_frees_the_last_id(Store):
    def is_last_id_used(self):
        return 2**64 - 1 in self.sessions


_session(
    "reload counts numbers by messages",
    "After a reload the next number is that of the messages that wait.",
    lambda store, s: s["leaves"].update(
        {pair: len(b["values"]) for pair, b in s["buffers"].items() if pair in s["leaves"]}
    ),
    lambda s: (s.buffered("Fifo", 3), s.sent(1), s.received(), again(s), s.sent(2), taken(s)),
    contract="hardened",
)
