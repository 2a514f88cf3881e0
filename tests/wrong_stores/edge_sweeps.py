"""Programs of the fixed list over what is at an edge when it is read back, over two rules at a time, over weak hashes.

They tell stores that nobody thought of, as ``sweeps`` does for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_letters

from tests.wrong_stores.collisions import PAIRS
from tests.wrong_stores.reloads import again, looked_at
from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, altered, edge, ep, fragments, mu, send, var

ENDS = {"from_": "A", "to": "B"}
FAVOURITES = (
    *ascii_letters,
    *(f"t{mark}{last}" for mark in ("", "_", "'", "-", "#", "$", "%", ".", "@", "~") for last in ("0", "1", "2")),
    *("t'", "t''", "t_", "t*", "tt", "t$", "_t", "__t", "'t", "$t", "t_new", "t_fresh", "t_renamed", "t′", "t₀", "t₁"),
    *("_", "__", "_0", "_1", "$0", "$1", "#0", "#1", "%0", "%1", "?0", "?1", "v0", "v1", "x0", "x1", "a0", "a1"),
    *("fresh", "fresh0", "fresh1", "fresh_0", "fresh_1", "tmp", "tmp0", "tmp1", "var", "var0", "var1", "gensym", "X0"),
    *("new", "renamed", "bound", "rec", "loop", "mu", "α", "β", "τ", "X1", "T0", "T1", "T_1", "", "t_0_0", "t_1_1"),
)
"""Names that a renaming may always give a binder called ``t``, whatever is free below it."""


def favourites(s: Script) -> None:
    """Unfold a type below whose binder ``t`` every favourite name is free, so that each is taken."""
    taken = [(f"m{number}", var(name)) for number, name in enumerate(dict.fromkeys(FAVOURITES))]
    body = send("B", ("again", mu("t", send("B", ("out", var("u")), ("in", var("t")), *taken))), *taken)
    given = mu("u", send("B", ("first", body), ("free", var("t"))))
    s.start(types={"A": given})
    s.advance(ep=ep(), label="first")
    s.advance(ep=ep(), label="again")
    s.advance(ep=ep(), label="out")


# Read back


def buffers_at_their_edges(s: Script) -> None:
    """Read back buffers that are empty, were grown and emptied, and have no room of their own."""
    grows = {"Resize": {"max_capacity": 300}}
    modes = (("LatestValue", 3, "Block"), ("Fifo", 1, grows), ("Fifo", 0, "Error"))
    for sid, (mode, capacity, policy) in enumerate(modes):
        s.start(types=A_TO_B, config={"mode": mode, "initial_capacity": capacity, "policy": policy})
        for number in (1, 2):
            s.send(sid=sid, **ENDS, val={"Nat": number})
        for _ in range(2):
            s.recv(sid=sid, **ENDS)
    again(s)
    for sid in range(len(modes)):
        s.observe(sid=sid)
        for number in (3, 4, 5):
            s.send(sid=sid, **ENDS, val={"Nat": number})
        s.observe(sid=sid)
        s.recv(sid=sid, **ENDS)


def messages_at_their_edges(s: Script) -> None:
    """Read back messages with great numbers, and good ones among bad ones of each kind."""
    s.start(types=A_TO_B)
    for number in (2**64 - 1, 2**63, 2**32 + 1):
        s.send_with_sequence(sid=0, **ENDS, val="Unit", sequence_no=number)
    for signature in ("wrong_value", "valid", "wrong_edge", "corrupt", "other_receiver", "other_sequence", "corrupt"):
        s.send_signed(sid=0, **ENDS, val={"Nat": 7}, signature=signature)
    again(s)
    for _ in range(10):
        s.recv_signed(sid=0, **ENDS)


def ownership_at_its_edges(s: Script) -> None:
    """Read back scopes without fragments, empty texts, and a transfer that was not the first."""
    none = fragments()
    cap = s.claimed("", none)
    again(s)
    s.current_ownership(sid=0)
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="", new_scope=none)
    again(s)
    s.rollback_ownership_transfer(receipt=receipt)
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=none)
    s.cancel_abandoned_transfer(receipt=receipt)
    again(s)
    s.claim_ownership(sid=0, owner_id="c", scope=none)
    looked_at(s)
    s.start()
    cap = s.claim_ownership(sid=1, owner_id="a", scope=SESSION)
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="")
    again(s)
    s.consume_readiness_witness(capability=cap, witness=witness)
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="a", new_scope=SESSION)
    s.fault_failed_transfer_commit(receipt=receipt, reason="")
    again(s)
    s.validate_ownership_capability(capability=cap)
    s.update_handler(edge=edge(sid=1), handler="h")
    looked_at(s, 1)
    s.close(sid=1)
    again(s)
    s.observe(sid=1)


def handlers_at_their_edges(s: Script) -> None:
    """Read back bindings that are foreign or of no role, without a default, and traces that came after a close."""
    cap = s.claimed()
    s.defaulted(cap, "")
    s.rebound(cap, "h", sid=9)
    again(s)
    s.has_bound_handler(sid=0)
    s.start()
    s.set_default_handler_for_session(sid=1, handler="")
    s.update_handler(edge=edge("A", "X", 1), handler="")
    s.update_trace(edge=edge("A", "X", 1), trace=["Nat"])
    again(s)
    s.has_bound_handler(sid=1)
    s.update_trace(edge=edge("A", "X", 1), trace=["Bool"])
    s.lookup_trace(edge=edge("A", "X", 1))
    s.observe(sid=1)
    for sid in (0, 1):
        s.close(sid=sid)
        s.lookup_trace(edge=edge(sid=sid))
        s.update_trace(edge=edge(sid=sid), trace=["Nat"])
        s.lookup_trace(edge=edge(sid=sid))
    again(s)
    for sid in (0, 1):
        s.lookup_trace(edge=edge(sid=sid))
    s.reap_sessions(session_ids=[1, 0])
    for sid in (0, 1):
        s.lookup_trace(edge=edge(sid=sid))
    s.archived_closed()


def types_at_their_edges(s: Script) -> None:
    """Read back types that are changed afterwards, a session of which every type was removed, and plans in use."""
    plan = {"roles": ["A", "B"], "initial_types": A_TO_B}
    for sid in (0, 1):
        s.open_with_sid_from_plan(sid=sid, plan=plan)
    s.remove_type(ep=ep(sid=1))
    s.close(sid=1)
    again(s)
    s.observe(sid=1)
    s.update_type(ep=ep(), new_type=send("B", ("n", "End")))
    for label in "mn":
        s.lookup_branch_resolution(ep=ep(), label=label)
    s.advance(ep=ep(), label="n")
    for sid in (2, 3):
        s.open_with_sid_from_plan(sid=sid, plan=plan)
    s.advance(ep=ep(sid=2), label="m")
    s.lookup_type(ep=ep(sid=3))
    s.remove_type(ep=ep(sid=3))
    s.lookup_type(ep=ep(sid=3))
    s.close(sid=3)
    again(s)
    s.reap_sessions(session_ids=[3, 1])


def timeouts_at_their_edges(s: Script) -> None:
    """Read a store back between timeouts that are over and others that wait."""
    for site in "ab":
        s.issue_timeout_witness(site=site, until_tick=ord(site))
    s.advance_clock(tick=ord("a"))
    again(s)
    s.issue_timeout_witness(site="c", until_tick=0)
    s.advance_clock(tick=ord("b"))
    s.runtime_audit_log()


# Two rules at a time


def numbers_that_are_not_used(s: Script) -> None:
    """Send what finds no room, and take a bad message off; the next number is that of the leaves all the same."""
    s.buffered(capacity=2, policy="Error")
    for signature in ("valid", "corrupt", "valid"):
        s.send_signed(sid=0, **ENDS, val="Unit", signature=signature)
    for _ in range(2):
        s.recv_signed(sid=0, **ENDS)
    for number in (1, 3, 2):
        s.send_with_sequence(sid=0, **ENDS, val="Unit", sequence_no=number)
    for _ in range(2):
        s.send_signed(sid=0, **ENDS, val="Unit", signature="other_sequence")
        s.recv_verified_signed(sid=0, **ENDS)
        s.recv_signed(sid=0, **ENDS)
        s.recv_signed(sid=0, **ENDS)


def ids_before_roles(s: Script) -> None:
    """Open under ids that are used or passed over, with roles that repeat; read back between."""
    twice = {"roles": ["A", "B", "A"], "initial_types": {}}
    once = {"roles": ["A"], "initial_types": {}}
    s.open_with_sid(sid=5, **once)
    again(s)
    for given in (twice, once):
        s.open_with_sid(sid=3, **given)
        s.open_with_sid_from_plan(sid=5, plan=given)
    s.session_ids()


def edges_behind_other_guards(s: Script) -> None:
    """Change by edges of others what cannot be changed: the scope is too small, the session is closed."""
    cap = s.claimed("a", fragments("f"))
    for place in ({"sid": 9}, {"sender": "X"}):
        s.rebound(cap, "h", **place)
    s.close(sid=0)
    s.rebound(cap, "h", sid=9)
    s.start()
    s.update_handler(edge=edge("X", "A", 1), handler="h")
    again(s)
    s.observe(sid=1)


def scopes_of_refused(s: Script) -> None:
    """Give receipts and witnesses with other scopes, unsorted and with repeats; the log has them as sets."""
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="a", new_scope=fragments("f"))
    for names in (("b", "a", "b"), ()):
        s.rollback_ownership_transfer(receipt=altered(receipt, scope=fragments(*names)))
    cap = s.commit_ownership_transfer(receipt=receipt)
    s.consume_readiness_witness(capability=cap, witness=witness)
    s.consume_readiness_witness(
        capability=altered(cap, scope=SESSION), witness=altered(witness, scope=fragments("b", "a"))
    )
    later = s.attenuate_ownership_scope(capability=cap, new_scope=fragments())
    last = s.attenuate_ownership_scope(capability=later, new_scope=fragments())
    second = s.begin_ownership_transfer(capability=last, new_owner_id="a", new_scope=fragments())
    s.rollback_ownership_transfer(receipt=second)
    s.rollback_ownership_transfer(receipt=second)
    s.begin_ownership_transfer(capability=last, new_owner_id="b", new_scope=fragments())
    s.mark_owner_died(sid=0, owner_id="a")
    looked_at(s)


def tenures_read_back(s: Script) -> None:
    """Claim and release often, spend witnesses before; read back unowned, and claim again."""
    s.start()
    for _ in range(6):
        cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
        witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
        s.consume_readiness_witness(capability=cap, witness=witness)
        s.release_ownership(capability=cap)
    s.set_default_handler_for_session(sid=0, handler="h")
    again(s)
    cap = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.consume_readiness_witness(capability=cap, witness=witness)
    looked_at(s)


# Weak hashes


def names_of_one_hash(s: Script) -> None:
    """Use the names of every pair wherever names are compared."""
    names = [name for pair in PAIRS.values() for name in pair]
    types = {name: send("B", ("m", "End")) for name in names}
    types["B"] = send(names[0], *((name, var(name)) for name in names))
    s.open(roles=[*names, "B"], initial_types=types)
    s.open(roles=[*(x for x, _ in PAIRS.values()), "B"], initial_types={})
    s.observe(sid=0)
    for name in names:
        s.update_handler(edge=edge(name), handler=name)
        s.issue_timeout_witness(site=name, until_tick=1)
    s.observe(sid=0)
    s.advance_clock(tick=1)
    s.claim_ownership(sid=0, owner_id="a", scope=fragments(*names))
    for x, y in PAIRS.values():
        s.lookup_branch_resolution(ep=ep("B"), label=x)
        s.lookup_handler(edge=edge(x))
        s.lookup_trace(edge=edge(x))
        s.update_handler(edge=edge(y, sid=1), handler="h")
        s.lookup_handler(edge=edge(x, sid=1))
        cap = s.claim_ownership(sid=1, owner_id=x, scope=SESSION)
        s.validate_ownership_capability(capability=altered(cap, owner_id=y))
        witness = s.issue_readiness_witness(capability=cap, predicate_ref=x)
        s.consume_readiness_witness(capability=cap, witness=altered(witness, predicate_ref=y))
        s.release_ownership(capability=cap)


def edge_sweeps() -> Iterator[tuple[str, Play]]:
    """Yield every sweep by name."""
    for name, play in (
        ("buffers", buffers_at_their_edges),
        ("messages", messages_at_their_edges),
        ("ownership", ownership_at_its_edges),
        ("handlers", handlers_at_their_edges),
        ("types", types_at_their_edges),
        ("timeouts", timeouts_at_their_edges),
    ):
        yield f"reload: {name} at their edges", play
    for name, play in (
        ("numbers that are not used", numbers_that_are_not_used),
        ("ids before roles", ids_before_roles),
        ("edges behind other guards", edges_behind_other_guards),
        ("scopes of what is refused", scopes_of_refused),
        ("tenures read back", tenures_read_back),
        ("favourite names are taken", favourites),
    ):
        yield f"hardened: {name}", play
    yield "look-alike: names of one hash", names_of_one_hash
