"""Programs of the fixed list that are written for a row of inputs, and not for one wrong store.

They tell stores that nobody thought of: every kind of name by every double, every counter pumped, every size.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.wrong_stores.auth_sweeps import GREAT, auth_sweeps
from tests.wrong_stores.depth_plays import attenuated, begun, bound, closed, issued, logged, reaped, sent, timeouts
from tests.wrong_stores.edge_sweeps import edge_sweeps
from tests.wrong_stores.free_texts import TEXTS, planned_as, used
from tests.wrong_stores.json_numbers import ALL
from tests.wrong_stores.later_turns import read_back_with
from tests.wrong_stores.life_after_life import busy, ended_and_reopened, reaped_and_reopened, replaced
from tests.wrong_stores.look_alike import FOLDS, PLACES
from tests.wrong_stores.mechanism_sweeps import mechanism_sweeps
from tests.wrong_stores.raw_forms import members_in_another_order, unusual_edges, with_null_options, without_sorts
from tests.wrong_stores.related_sweeps import related_sweeps
from tests.wrong_stores.second_hardened import chained, renaming, repeated, shadowing
from tests.wrong_stores.sizes import (
    deep_type,
    great_number,
    great_sid,
    long_trace,
    many_branches,
    many_fragments,
    many_roles,
    nested_value,
    resized,
    wide_types,
)
from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, altered, edge, ep, fragments, send
from tests.wrong_stores.type_sweeps import type_sweeps

DOUBLES: tuple[tuple[str, str], ...] = (
    *((x, y) for _, _, x, y in FOLDS.values()),
    ("a", "a "),
    ("a", "\ta"),
    ("a", "a\u00a0"),
    ("a", "a\0"),
    ("ß", "ss"),
    ("I", "\u0130"),
    ("a", "\u0430"),
    ("\ufb00", "\U0001f600"),
    ("\u212b", "\u00c5"),
    ("1", "01"),
    ("a", "a,b"),
    ("a/b", "a\\b"),
    ("", "\u200b"),
    ("null", ""),
    ("__proto__", "constructor"),
)
"""Pairs of names that no store may take for one another."""


def all_doubles(place: str) -> Play:
    """Use the programs of one kind of name with every pair, both ways, in one script: sessions follow each other."""

    def play(s: Script) -> None:
        for x, y in DOUBLES:
            for first, second in ((x, y), (y, x)):
                sid = s.open(roles=[first, second, "B"], initial_types={first: send("B", (second, "End"))})
                _compared(place, s, sid, first, second)

    return play


def _compared(place: str, s: Script, sid: Any, x: str, y: str) -> None:
    cap = s.claim_ownership(sid=sid, owner_id=x, scope=SESSION)
    if place == "owner":
        s.validate_ownership_capability(capability=altered(cap, owner_id=y))
        receipt = s.begin_ownership_transfer(capability=cap, new_owner_id=y, new_scope=SESSION)
        s.rollback_ownership_transfer(receipt=altered(receipt, to_owner_id=x))
        s.cancel_abandoned_transfer(receipt=altered(receipt, from_owner_id=y))
        s.mark_owner_died(sid=sid, owner_id=y)
    elif place == "fragment":
        kept = s.attenuate_ownership_scope(capability=cap, new_scope=fragments(y, x, y))
        s.validate_ownership_capability(capability=altered(kept, scope=fragments(x)))
        s.attenuate_ownership_scope(capability=kept, new_scope=fragments(y))
    elif place == "role":
        s.send(sid=sid, from_=y, to="B", val="Unit")
        s.lookup_type(ep=ep(y, sid))
        s.observe(sid=sid)
    elif place == "label":
        s.lookup_branch_resolution(ep=ep(x, sid), label=x)
        s.advance(ep=ep(x, sid), label=x)
    elif place == "predicate":
        witness = s.issue_readiness_witness(capability=cap, predicate_ref=x)
        s.consume_readiness_witness(capability=cap, witness=altered(witness, predicate_ref=y))
    elif place == "handler":
        s.rebound(cap, x, sender=x, receiver="B", sid=sid)
        s.rebound(cap, y, sender=y, receiver="B", sid=sid)
        s.lookup_handler(edge=edge(x, "B", sid))
        s.lookup_handler(edge=edge(y, "B", sid))
        s.traced(cap, ["Nat"], sender=x, receiver="B", sid=sid)
        s.lookup_trace(edge=edge(y, "B", sid))
        s.defaulted(cap, y)
        s.default_handler_for_session(sid=sid)
    else:
        s.issue_timeout_witness(site=x, until_tick=0)
        s.issue_timeout_witness(site=y, until_tick=0)
        s.advance_clock(tick=0)


def all_planned(s: Script) -> None:
    """Open from plans whose roles and labels are doubles."""
    planned_as(*(name for pair in DOUBLES for name in pair))(s)


def signed_in_a_second_life(s: Script) -> None:
    """Send with great numbers in a session whose id was used before, and take the messages in every way."""
    for _ in range(2):
        s.open_with_sid(sid=0, roles=["A", "B"], initial_types=A_TO_B)
        for take in (s.recv, s.recv_signed, s.recv_verified, s.recv_verified_signed):
            for number in GREAT:
                s.send_with_sequence(sid=0, from_="A", to="B", val="Unit", sequence_no=number)
                take(sid=0, from_="A", to="B")
        s.close(sid=0)
        s.reap_closed()


def decoded_beside(s: Script) -> None:
    """Read texts, good and bad, beside a session that has something of everything, and look at it."""
    busy(s)
    for number in range(130):
        s.decode(type="Edge", text=json.dumps(edge(sid=number)) if number % 2 else "{")
    s.observe(sid=0)
    s.authority_audit_log(sid=0)
    s.session_ids()
    s.next_session_id()


def all_reaped(s: Script) -> None:
    """Reap one by one and look at the archive after each."""
    for _ in range(20):
        s.close(sid=s.start("A"))
        s.reap_closed()
    s.archived_closed()
    s.next_session_id()


def committed(times: int) -> Play:
    """Transfer so many times; then try capabilities and receipts of before."""

    def play(s: Script) -> None:
        cap = first = s.claimed()
        receipt = None
        for number in range(times):
            receipt = s.begin_ownership_transfer(capability=cap, new_owner_id=f"o{number % 3}", new_scope=SESSION)
            cap = s.commit_ownership_transfer(receipt=receipt)
        s.commit_ownership_transfer(receipt=receipt)
        s.validate_ownership_capability(capability=first)
        s.release_ownership(capability=cap)
        s.observe(sid=0)

    return play


def reclaimed(times: int) -> Play:
    """Claim and release so many times."""

    def play(s: Script) -> None:
        s.start()
        for _ in range(times):
            cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
            s.release_ownership(capability=cap)
        s.claim_ownership(sid=0, owner_id="b", scope=SESSION)
        s.observe(sid=0)

    return play


def both(play: Play, more: Play) -> Play:
    """Return a program and what comes after it in the same store."""

    def played(s: Script) -> None:
        play(s)
        more(s)

    return played


def rooted(s: Script) -> None:
    """Look at the tree of the edge A → B."""
    s.auth_root(sid=0, edge=edge())
    s.auth_proof(sid=0, edge=edge(), index=16)


def sweeps() -> Iterator[tuple[str, Play]]:
    """Yield every sweep by name."""
    for place in PLACES:
        yield f"look-alike: {place}", all_doubles(place)
    for times in (17, 65, 257):
        yield f"depth: attenuated {times} times", attenuated(times)
        yield f"depth: begun {times} times", begun(times)
        yield f"depth: issued {times} times", issued(times, consumed=False)
        yield f"depth: consumed {times} times", issued(times, consumed=True)
        yield f"depth: closed {times} times", both(closed(times), lambda s: s.reap_closed())
        yield f"depth: sent {times} times", both(sent(times, 512), rooted)
        yield f"depth: timeouts {times} times", timeouts(times, sites=True)
        yield f"depth: a site {times} times", timeouts(times, sites=False)
        yield f"depth: transferred {times} times", committed(times)
        yield f"depth: claimed {times} times", reclaimed(times)
    for times in (17, 65):
        yield f"depth: reaped {times} times", reaped(times)
        yield f"depth: bound {times} times", bound(times)
        yield f"depth: grown to {times}", sent(times, 1, {"Resize": {"max_capacity": 300}})
    for name, play in (
        ("begun", begun(65)),
        ("issued", issued(65, consumed=False)),
        ("consumed", issued(65, consumed=True)),
        ("closed", closed(65)),
        ("sent", sent(65, 512)),
        ("bound", bound(65)),
        ("reaped", reaped(65)),
        ("log", logged(300)),
    ):
        yield f"depth: {name}, read back", read_back_with(play)
    yield "depth: a log of 513", logged(513)
    yield "depth: reaped one by one", all_reaped
    for number in GREAT:
        yield f"sizes: {number} as maximum capacity", resized(number)
        yield f"sizes: {number} as sid", great_sid(number)
        yield f"sizes: {number} as number", great_number(number)
    for length in (255, 256, 4097):
        yield f"sizes: texts of {length}", used("x" * length)
    for text in TEXTS:
        yield f"free texts: {text!a}", used(text)
    yield "look-alike: plans", all_planned
    yield "sizes: an owner of 65536", lambda s: s.claimed("x" * 65536)
    yield "sizes: 257 roles", many_roles(257)
    yield "sizes: 40 branches", many_branches(40)
    yield "sizes: a type of 40 levels", read_back_with(deep_type(40))
    yield "sizes: 300 fragments", many_fragments(300)
    yield "sizes: a trace of 1100", long_trace(1100)
    yield "sizes: a value of 60 levels", nested_value(60)
    yield "sizes: 65 edges", wide_types(65)
    yield "life after life: reaped", reaped_and_reopened
    yield "life after life: replaced", replaced
    yield "life after life: ended", ended_and_reopened
    yield "numbers as JSON", ALL
    yield "raw forms: order of members", members_in_another_order
    yield "raw forms: edges", unusual_edges
    yield "raw forms: null options", with_null_options
    yield "raw forms: absent sorts", without_sorts
    for more in (auth_sweeps, edge_sweeps, mechanism_sweeps, related_sweeps, type_sweeps):
        yield from more()
    yield "life after life: signed messages", signed_in_a_second_life
    yield "decoding: beside a session", decoded_beside
    for last in ("o", "n"):
        yield f"hardened: a binder to rename, {last}", renaming(last)
    yield "hardened: a binder of the same name", shadowing
    yield "hardened: chains of Mu", chained
    for roles in (("A", " A"), ("A", "a"), ("A", "B", "A"), ("é", "e\u0301"), ("A", "A\0"), ("ﬁ", "fi")):
        yield f"hardened: roles {roles!a}", repeated(*roles)
