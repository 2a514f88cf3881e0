"""Programs of the fixed list over what a store does with its values: keys that join names, names that a language knows
already, numbers that agree in some of their bits, values inside values.

They tell stores that nobody thought of, as ``sweeps`` does for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.wrong_stores.look_alike import PLACES
from tests.wrong_stores.sizes import many_sessions
from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, altered, edge, ep, fragments, recv, send

JOINTS = ("", " ", ",", ":", "/", "|", "_", "-", ".", "\0", "\n", "->", "→", " → ")
"""What a store may put between two names that it makes one key of."""
KNOWN = ("__proto__", "constructor", "toString", "length", "__class__")
"""Names that an object of JavaScript or Python has before anybody gives it one."""
BITS = (8, 16, 32, 53, 63)
"""Widths of integers that are too narrow."""
GREAT = tuple(2**bits + 1 for bits in BITS)
SIDS = (2**63, 9, 2**53 + 1, 10, 2**53, 2**32 + 9)
"""Ids that another order than that of integers of 64 bits would put elsewhere."""


def joined(s: Script) -> None:
    """Use the pairs (a, a-a) and (a-a, a) for each way to join them: they give the same text."""
    others = [f"a{joint}a" for joint in JOINTS]
    types = {role: send("a", ("m", recv("a", ("m", "End")))) for role in others}
    s.open(roles=["a", *others], initial_types=types)
    for number, role in enumerate(others):
        s.send(sid=0, from_="a", to=role, val={"Nat": number})
        s.update_handler(edge=edge("a", role), handler=role)
        s.update_trace(edge=edge("a", role), trace=["Nat"])
    s.observe(sid=0)
    for role in others:
        s.send(sid=0, from_=role, to="a", val="Unit")
        s.lookup_handler(edge=edge(role, "a"))
        s.lookup_trace(edge=edge(role, "a"))
        s.update_handler(edge=edge(role, "a"), handler=role)
        s.update_trace(edge=edge(role, "a"), trace=[])
        s.lookup_handler(edge=edge(role, "a"))
        s.lookup_trace(edge=edge(role, "a"))
    s.lookup_trace(edge=edge("a", "a"))
    s.observe(sid=0)


def joined_scopes(s: Script) -> None:
    """Give receipts whose fragments are other ones, but give the same text, or as many, or some of them."""
    s.start()
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    for own, *given in (
        (("a", "b"), ("a", "c"), ("a",), ("a", "b", "c"), ("ab",), ("a,b",), ("b a",), ("a\0b",), ()),
        ((), ("",), ("Session",)),
        (("Session",), ()),
        (tuple("abcde"), tuple("abcdf"), tuple("bcdef"), tuple("abcdef")),
    ):
        receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments(*own))
        for names in given:
            s.rollback_ownership_transfer(receipt=altered(receipt, scope=fragments(*names)))
        s.rollback_ownership_transfer(receipt=altered(receipt, scope=SESSION))
        s.rollback_ownership_transfer(receipt=altered(receipt, from_owner_id="b", to_owner_id="a"))
        s.rollback_ownership_transfer(receipt=altered(receipt, from_owner_id="", to_owner_id="ab"))
        s.rollback_ownership_transfer(receipt=receipt)


def known_to_the_language(s: Script) -> None:
    """Use such names where nothing has them, then where everything does."""
    s.start(types={"A": send("B", ("m", "End"))})
    for name in KNOWN:
        s.lookup_branch_resolution(ep=ep(), label=name)
        s.lookup_type(ep=ep(name))
        s.send(sid=0, from_=name, to="B", val="Unit")
        s.update_handler(edge=edge(name), handler=name)
        s.lookup_handler(edge=edge(name))
        s.lookup_trace(edge=edge(name))
        s.issue_timeout_witness(site=name, until_tick=1)
    s.advance_clock(tick=1)
    s.observe(sid=0)
    s.start(*KNOWN, types={name: send(KNOWN[0], (name, "End")) for name in KNOWN})
    s.observe(sid=1)
    for name in KNOWN:
        s.lookup_type(ep=ep(name, 1))
        s.lookup_branch_resolution(ep=ep(name, 1), label=name)
    cap = s.claim_ownership(sid=1, owner_id=KNOWN[0], scope=fragments(*KNOWN))
    s.issue_readiness_witness(capability=cap, predicate_ref="p")


def other_bits(s: Script) -> None:
    """Give capabilities, receipts and witnesses whose numbers agree with the right ones in their low bits."""
    cap, receipt = s.begun()
    for field in ("claim_id", "from_generation", "to_generation"):
        for great in GREAT:
            right = 0 if field == "from_generation" else 1
            s.rollback_ownership_transfer(receipt=altered(receipt, **{field: great - 1 + right}))
    s.rollback_ownership_transfer(receipt=altered(receipt, from_generation=1, to_generation=2))
    s.rollback_ownership_transfer(receipt=receipt)
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    for great in GREAT:
        s.validate_ownership_capability(capability=altered(cap, session_id=great - 1))
        s.validate_ownership_capability(capability=altered(cap, generation=great - 1))
        s.consume_readiness_witness(capability=cap, witness=altered(witness, generation=great - 1))
        s.consume_readiness_witness(capability=cap, witness=altered(witness, witness_id=great))
    s.consume_readiness_witness(capability=cap, witness=witness)
    for great in GREAT:
        s.consume_readiness_witness(capability=cap, witness=altered(witness, witness_id=great))


def witnesses_of_others(s: Script) -> None:
    """Consume witnesses that differ from the capability in one field each, and in nothing else."""
    s.start()
    parts = fragments("a", "b")
    claimed = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    for scope in (parts, fragments("a"), SESSION):
        witness = s.issue_readiness_witness(capability=altered(claimed, scope=scope), predicate_ref="p")
        for given in (SESSION, fragments("a"), parts, fragments("a", "b", "c"), fragments()):
            if given != scope:
                s.consume_readiness_witness(capability=altered(claimed, scope=given), witness=witness)
                s.consume_readiness_witness(
                    capability=altered(claimed, scope=given), witness=altered(witness, scope=given)
                )
    witness = s.issue_readiness_witness(capability=claimed, predicate_ref="p")
    later = s.attenuate_ownership_scope(capability=claimed, new_scope=SESSION)
    s.consume_readiness_witness(capability=later, witness=witness)
    s.release_ownership(capability=later)
    other = s.claim_ownership(sid=0, owner_id="b", scope=SESSION)
    s.consume_readiness_witness(capability=other, witness=witness)
    s.release_ownership(capability=other)
    again = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.consume_readiness_witness(capability=again, witness=witness)


def great_ids(s: Script) -> None:
    """Open sessions, and store edges, with ids that are in another order as signed, rounded or written numbers."""
    for sid in SIDS:
        s.open_with_sid(sid=sid, roles=["A", "B"], initial_types=A_TO_B)
        s.close(sid=sid)
    s.session_ids()
    s.closed_session_ids()
    sid = s.start()
    cap = s.claim_ownership(sid=sid, owner_id="a", scope=SESSION)
    for named in SIDS:
        s.rebound(cap, f"h{named}", sid=named)
        s.traced(cap, [{"Chan": {"sid": named, "role": " a\u0301 "}}], sid=named)
    s.rebound(cap, "back", sender="B", receiver="A", sid=9)
    s.traced(cap, ["Nat"], sender="B", receiver="A", sid=9)
    s.observe(sid=sid)
    s.reload(form="binary")
    s.lookup_handler(edge=edge(sid=sid))
    s.observe(sid=sid)
    s.reap_closed()
    s.reload(form="binary")
    s.next_session_id()


def pair(left: Any, right: Any) -> dict[str, Any]:
    return {"Prod": [left, right]}


def values_in_values(s: Script) -> None:
    """Send, read back and receive values of every form inside pairs."""
    leaves = [{"Nat": 2**bits + 1} for bits in (8, 16, 31, *BITS[2:])]
    leaves += [{"Endpoint": {"sid": 2**bits + 1, "role": " a\u0301 "}} for bits in (31, *BITS[2:])]
    leaves += [
        {"Str": text} for text in ("", "1", "true", "Unit", '"a"', "x" * 5000, "A\tb  %% \\\\ e\u0301\ufb01\xad.")
    ]
    leaves += ["Unit", {"Bool": False}, {"Bool": True}]
    right: Any = "Unit"
    left: Any = {"Bool": False}
    for leaf in leaves:
        left, right = pair(left, leaf), pair(leaf, right)
    s.start(types=A_TO_B)
    for value in (*leaves, left, right, pair(left, right)):
        s.send(sid=0, from_="A", to="B", val=value)
        s.received()
        s.send(sid=0, from_="A", to="B", val=value)
    s.reload(form="binary")
    for _ in range(len(leaves) + 3):
        s.recv_signed(sid=0, from_="A", to="B")


def moved_ring(s: Script) -> None:
    """Let a buffer of three grow, and be full, while its oldest message is not in its first place."""
    s.buffered(capacity=3, policy={"Resize": {"max_capacity": 7}})
    for number in range(2):
        s.sent(number)
        s.received()
    for number in range(2, 15):
        s.sent(number)
        if number in (5, 8, 14):
            s.observe(sid=0)
    s.reload(form="binary")
    for number in range(15, 29):
        s.received()
        s.sent(number)
    for _ in range(13):
        s.received()


def resized_later(s: Script) -> None:
    """Let a buffer be full that may not grow, or that may, and what it may grow to has many bits; read it back."""
    for sid, most in enumerate((0, 1, 2**32, 2**63)):
        policy = {"Resize": {"max_capacity": most}}
        s.start(types=A_TO_B, config={"mode": "Fifo", "initial_capacity": 1, "policy": policy})
        s.send(sid=sid, from_="A", to="B", val="Unit")
    s.reload(form="binary")
    for sid in range(4):
        s.send(sid=sid, from_="A", to="B", val="Unit")
        s.observe(sid=sid)


def far_ticks(s: Script) -> None:
    """Wait for ticks that are early as signed, rounded or wrapped numbers; turn the clock back when one is over."""
    ticks = (2**32, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1)
    for until in ticks:
        s.issue_timeout_witness(site=f"s{until}", until_tick=until)
    for tick in (1, 2**32 - 1, *ticks):
        s.advance_clock(tick=tick)
        s.issue_timeout_witness(site="over", until_tick=tick - 1)
        s.advance_clock(tick=tick - 1)
    s.advance_clock(tick=2**64 - 1)
    s.runtime_audit_log()


def wide(number: int) -> Play:
    """Open with so many roles that each have a type and two edges; look, follow some, and let the session end."""

    def play(s: Script) -> None:
        roles = [f"r{index}" for index in range(number + 1)]
        types = {role: send("r0", ("m", "End")) for role in roles[1:]}
        types["r0"] = send("r1", *((role, recv(role, ("m", send(role)))) for role in roles[1:]))
        s.open(roles=roles, initial_types=types)
        for role in (roles[1], roles[-2], roles[-1]):
            s.send(sid=0, from_=role, to="r0", val="Unit")
            s.advance(ep=ep(role), label="m")
        s.lookup_branch_resolution(ep=ep("r0"), label=roles[-1])
        s.update_handler(edge=edge(roles[-1], "r0"), handler="h")
        s.lookup_handler(edge=edge(roles[-1], "r0"))
        s.memory_usage()
        s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
        s.mark_owner_died(sid=0, owner_id="a")
        s.observe(sid=0)
        s.reap_closed()

    return play


def asked_again(s: Script) -> None:
    """Ask everything of a session before and after each change of it and of the sessions beside it."""

    def asked() -> None:
        for ask in (s.active_count, s.live_count, s.session_ids, s.closed_session_ids, s.next_session_id):
            ask()
        for ask_at in (s.lookup_handler, s.lookup_trace):
            ask_at(edge=edge())
        for ask_of in (s.default_handler_for_session, s.has_bound_handler, s.current_ownership):
            ask_of(sid=0)
        s.has_message(sid=0, from_="A", to="B")
        s.memory_usage()

    listed = {"roles": ["A", "B"], "initial_types": A_TO_B}
    s.open_with_sid(sid=0, **listed)
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    for change in (
        lambda: s.rebound(cap, "foreign", sid=9),
        lambda: s.update_handler(edge=edge(), handler="own"),
        lambda: s.reload(form="binary"),
        lambda: s.rebound(cap, ""),
        lambda: s.update_trace(edge=edge(), trace=["Nat"]),
        lambda: s.traced(cap, []),
        lambda: s.set_default_handler_for_session(sid=0, handler=""),
        lambda: s.defaulted(cap, "d"),
        lambda: s.sent(0),
        lambda: s.open_with_sid(sid=4, **listed),
        s.received,
        lambda: s.sent(1),
        lambda: s.mark_owner_died(sid=0, owner_id="a"),
        lambda: s.close(sid=0),
        lambda: s.open_with_sid(sid=0, **listed),
        lambda: s.set_default_handler_for_session(sid=0, handler=""),
        lambda: s.open_with_sid(sid=0, **listed),
        lambda: s.update_handler(edge=edge(), handler="h"),
        lambda: s.close(sid=0),
        s.reap_closed,
        lambda: s.open_with_sid_from_plan(sid=0, plan=listed),
    ):
        asked()
        change()
    asked()


def many_closed(number: int, over: int) -> Play:
    """Close some of many sessions."""

    def play(s: Script) -> None:
        many_sessions(number)(s)
        s.active_count()
        for sid in range(over):
            s.close(sid=sid)
        s.closed_session_ids()
        s.active_count()
        s.memory_usage()

    return play


def roomy(s: Script) -> None:
    """Open with capacities that no power of two is, and, without an edge, with any that there is."""
    for capacity in (1000, 4097, 40_000):
        s.start(types=A_TO_B, config={"mode": "Fifo", "initial_capacity": capacity, "policy": "Block"})
    for sid in range(3):
        s.observe(sid=sid)
    for capacity in (2**32, 2**63, 2**64 - 1):
        s.start("A", config={"mode": "LatestValue", "initial_capacity": capacity, "policy": "Error"})
    s.live_count()


def nearly_edges(s: Script) -> None:
    """Read edges whose members are named otherwise, are of other types, or are not there; and great hints."""
    ends = {"sender": "A", "receiver": "B"}
    for sid in (2**64, -1, "0", "", True, [], {}):
        s.decode_edge_json(value={"sid": sid, **ends}, session_hint=3)
        s.decode_edge_json(value=[sid, "A", "B"], session_hint=3)
    for value in (
        ["A", "B"],
        [[0, "A", "B"]],
        [0, 1, 2],
        [0, None, "B"],
        [0, "A", ""],
        {"sid": 0, "sender": 1, "receiver": 2},
        {"sid": 0, "sender": None, "receiver": "B"},
        {"sid": 0, "sender": "A"},
        {"sid": 0, "sender": "A", "receiver": "A"},
        {"Sid": 0, "Sender": "A", "Receiver": "B"},
        {"sid": 0, "from": "A", "to": "B"},
        {"session_id": 0, **ends},
        {"sender": 1, "receiver": "B"},
        {"sid": 0, **ends, "more": None},
        {"edges": [{"sid": 0, **ends}]},
        '{"sid":0,"sender":"A","receiver":"B"}',
        "A",
        0,
        None,
    ):
        s.decode_edge_json(value=value)
        s.decode_edge_json(value=value, session_hint=0)
    for hint in (0, 2**53 + 1, 2**63 + 1, 2**64 - 1):
        s.decode_edge_json(value=ends, session_hint=hint)
        s.decode_edge_json(value=[None, "A", "B"], session_hint=hint)
        s.decode_edge_json(value={"sid": hint, **ends}, session_hint=5)
        s.decode_edge_json(value=[hint, " A ", "e\u0301\0"])


def mechanism_sweeps() -> Iterator[tuple[str, Play]]:
    """Yield every sweep by name."""
    for place, program in PLACES.items():
        yield f"look-alike: {place} of 1100 characters", program("p" * 1099 + "a", "p" * 1099 + "b")
    yield "look-alike: pairs that join to one text", joined
    yield "look-alike: scopes that join to one text", joined_scopes
    yield "look-alike: names that a language knows", known_to_the_language
    yield "near values: other bits", other_bits
    yield "near values: witnesses of others", witnesses_of_others
    yield "raw forms: nearly edges", nearly_edges
    yield "sizes: great ids", great_ids
    yield "sizes: values in values", values_in_values
    yield "sizes: a ring that moved", moved_ring
    yield "sizes: buffers that grow later", resized_later
    yield "life after life: asked again", asked_again
    yield "sizes: far ticks", far_ticks
    yield "sizes: 300 edges", wide(300)
    yield "sizes: 257 sessions", many_closed(257, 66)
    yield "sizes: roomy buffers", roomy
