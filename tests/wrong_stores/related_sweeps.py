"""Programs of the fixed list over things that are alike: sessions that ended alike, refusals that come again, and names
whose order is easily wrong.

They tell stores that are right with one of a kind and wrong with several, as ``sweeps`` does for single inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, altered, edge, ep, fragments, send

NAMES = ("b", "B", "a", "A", "a1", "a10", "a2", "", "_", "é", "\uffff", "\U00010000")
"""Names that another order than that of their bytes would put elsewhere."""
SIDS = (2, 100, 9, 11, 10)
ROLES = ("A", "B")


def busy(s: Script, sid: int, owner: str = "a") -> tuple[Any, Any]:
    """Give a session something of everything; return the capability of its owner and its pending transfer."""
    s.open_with_sid(sid=sid, roles=[*ROLES], initial_types=A_TO_B)
    s.update_handler(edge=edge(sid=sid), handler=f"h{sid}")
    s.update_trace(edge=edge(sid=sid), trace=["Nat"])
    s.set_default_handler_for_session(sid=sid, handler="d")
    s.send(sid=sid, from_="A", to="B", val={"Nat": sid})
    s.send(sid=sid, from_="A", to="B", val={"Endpoint": {"sid": sid, "role": "A"}})
    for site in (*ROLES, owner, f"h{sid}"):
        s.issue_timeout_witness(site=site, until_tick=sid + 1)
    cap = s.claim_ownership(sid=sid, owner_id=owner, scope=SESSION)
    for _ in range(2):
        witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.consume_readiness_witness(capability=cap, witness=witness)
    return cap, s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)


def looked_at(s: Script, sid: int) -> None:
    """Read all of a session."""
    s.observe(sid=sid)
    s.authority_audit_log(sid=sid)
    s.lookup_handler(edge=edge(sid=sid))
    s.lookup_trace(edge=edge(sid=sid))
    s.default_handler_for_session(sid=sid)
    s.lookup_type(ep=ep(sid=sid))
    s.lookup_branch_resolution(ep=ep(sid=sid), label="m")
    s.has_message(sid=sid, from_="A", to="B")


def listed(s: Script) -> None:
    """Read all that the store says of its sessions together."""
    for ask in (s.session_ids, s.closed_session_ids, s.active_count, s.live_count, s.memory_usage, s.next_session_id):
        ask()


End = Callable[[Script, int, Any, Any], Any]
ENDS: dict[str, End] = {
    "closed": lambda s, sid, cap, receipt: s.close(sid=sid),
    "died": lambda s, sid, cap, receipt: s.mark_owner_died(sid=sid, owner_id="a"),
    "cancelled": lambda s, sid, cap, receipt: s.cancel_abandoned_transfer(receipt=receipt),
    "failed": lambda s, sid, cap, receipt: s.fault_failed_transfer_commit(receipt=receipt, reason="r"),
}
CHANGES: dict[str, End] = {
    **ENDS,
    "rolled back": lambda s, sid, cap, receipt: s.rollback_ownership_transfer(receipt=receipt),
    "committed": lambda s, sid, cap, receipt: s.commit_ownership_transfer(receipt=receipt),
}
"""What may happen to a session with a pending transfer."""
STEPS: dict[str, End] = {
    "advanced": lambda s, sid, cap, receipt: s.advance(ep=ep(sid=sid), label="m"),
    "without a type": lambda s, sid, cap, receipt: s.remove_type(ep=ep(sid=sid)),
    "without a message": lambda s, sid, cap, receipt: s.recv(sid=sid, from_="A", to="B"),
    "without a default": lambda s, sid, cap, receipt: s.defaulted(cap, ""),
    "bound again": lambda s, sid, cap, receipt: s.rebound(cap, "g", sid=sid),
    "traced again": lambda s, sid, cap, receipt: s.traced(cap, [], sid=sid),
    "refused a release": lambda s, sid, cap, receipt: s.release_ownership(capability=cap),
    "refused a commit": lambda s, sid, cap, receipt: s.commit_ownership_transfer(receipt=altered(receipt, claim_id=9)),
}
"""What else may be done with it."""


def one_of_three(change: End) -> Play:
    """Change the second of three equal sessions, reap what has ended, and read the others, then once more read back."""

    def play(s: Script) -> None:
        held = [busy(s, sid) for sid in range(3)]
        change(s, 1, *held[1])
        s.reap_sessions(session_ids=[2, 1, 0])
        for sid in (0, 2):
            looked_at(s, sid)
        s.reload(form="binary")
        for sid in (0, 2):
            looked_at(s, sid)
            s.rollback_ownership_transfer(receipt=held[sid][1])
            for from_ in ROLES:
                s.recv(sid=sid, from_=from_, to="B")
        s.advance_clock(tick=9)
        s.runtime_audit_log()

    return play


def read_twice(change: End) -> Play:
    """Change a session that has something of everything; read all twice, read it back, read all twice, and go on."""

    def play(s: Script) -> None:
        change(s, 0, *busy(s, 0))
        for _ in range(2):
            for _ in range(2):
                looked_at(s, 0)
                listed(s)
            s.reload(form="binary")
        for take in (s.recv, s.recv_signed):
            s.send(sid=0, from_="A", to="B", val={"Bool": True})
            take(sid=0, from_="A", to="B")
        s.advance(ep=ep(), label="m")
        looked_at(s, 0)

    return play


def ended_alike(s: Script) -> None:
    """End three sessions in each way, in turn, and read the lists after each; reap some by a list, then the rest."""
    for sid in range(3 * len(ENDS)):
        s.open(roles=[*ROLES], initial_types=A_TO_B)
        cap = s.claim_ownership(sid=sid, owner_id="a", scope=SESSION)
        receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
        list(ENDS.values())[sid % len(ENDS)](s, sid, cap, receipt)
        s.closed_session_ids()
    listed(s)
    s.reap_sessions(session_ids=[11, 4, 4, 99, 0, 7])
    s.archived_closed()
    s.reload(form="binary")
    listed(s)
    s.reap_closed()
    s.archived_closed()
    listed(s)


def reaped_in_every_order(s: Script) -> None:
    """Reap the sessions of a store so that neither the last that lives nor the last that was reaped has the last id."""
    for sid in range(5):
        s.start("A")
        s.close(sid=sid)
    for sids in ([4, 1], [3], [2]):
        s.reap_sessions(session_ids=sids)
        s.reload(form="binary")
        listed(s)
        s.archived_closed()
    s.open(roles=["A"], initial_types={})


def refused_again(s: Script) -> None:
    """Let each refusal that is logged come twice, and once more after the store was read back; read the log."""
    cap = s.claimed()
    spent, other = (s.issue_readiness_witness(capability=cap, predicate_ref=name) for name in ("p", "q"))
    s.consume_readiness_witness(capability=cap, witness=spent)
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("y", "x"))
    ends = (s.commit_ownership_transfer, s.rollback_ownership_transfer, s.cancel_abandoned_transfer)

    def twice(receipts: tuple[Any, ...]) -> None:
        for witness in (spent, altered(spent, witness_id=9), altered(other, predicate_ref="r")):
            for _ in range(2):
                s.consume_readiness_witness(capability=cap, witness=witness)
        for given in receipts:
            for end in ends:
                for _ in range(2):
                    end(receipt=given)
        s.authority_audit_log(sid=0)
        s.reload(form="binary")
        s.authority_audit_log(sid=0)

    twice((altered(receipt, scope=fragments("x")), altered(receipt, claim_id=2), altered(receipt, to_owner_id="c")))
    s.rollback_ownership_transfer(receipt=receipt)
    twice((receipt,))
    s.consume_readiness_witness(capability=cap, witness=other)
    s.observe(sid=0)


def deaths_during_a_transfer(s: Script) -> None:
    """Report the death of everyone but the owner while a transfer is pending, at the first generations."""
    cap = s.claimed()
    for owner, receiver in (("a", "b"), ("b", "c"), ("c", "c"), ("c", "a")):
        receipt = s.begin_ownership_transfer(capability=cap, new_owner_id=receiver, new_scope=SESSION)
        for name in ("a", "b", "c", "d", ""):
            if name != owner:
                s.mark_owner_died(sid=0, owner_id=name)
        s.validate_ownership_capability(capability=cap)
        cap = s.commit_ownership_transfer(receipt=receipt)
        s.validate_ownership_capability(capability=cap)
    s.observe(sid=0)
    s.authority_audit_log(sid=0)


def in_order(s: Script) -> None:
    """Give names and ids whose order is easily wrong to all that is listed in order."""
    for site in NAMES:
        s.issue_timeout_witness(site=site, until_tick=1)
    s.advance_clock(tick=1)
    s.runtime_audit_log()
    roles = [name for name in NAMES if name]
    s.open(roles=roles, initial_types={role: send("b", ("m", "End")) for role in roles})
    for name in NAMES:
        s.update_handler(edge=edge(name, "a"), handler="h")
        s.update_trace(edge=edge("a", name), trace=[])
        s.send(sid=0, from_=name, to="b", val="Unit")
    cap = s.claim_ownership(sid=0, owner_id="a", scope=fragments(*NAMES))
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments(*NAMES[:7]))
    s.observe(sid=0)
    s.authority_audit_log(sid=0)
    for sid in sorted(SIDS):
        s.open_with_sid(sid=sid, roles=["A"], initial_types={})
    for sid in SIDS:
        s.close(sid=sid)
    s.session_ids()
    s.closed_session_ids()
    s.reap_closed()


def foreign_in_order(s: Script) -> None:
    """Mutate edges of other sessions, whose ids are easily put elsewhere, and give out more than ten witnesses."""
    cap = s.claimed()
    for sid in SIDS:
        s.rebound(cap, f"h{sid}", sid=sid)
        s.traced(cap, [], sid=sid)
    witnesses = [s.issue_readiness_witness(capability=cap, predicate_ref="p") for _ in range(14)]
    for witness in witnesses[:11]:
        s.consume_readiness_witness(capability=cap, witness=witness)
    s.observe(sid=0)
    s.reload(form="binary")
    s.observe(sid=0)
    s.release_ownership(capability=cap)
    s.authority_audit_log(sid=0)


def without_names(s: Script) -> None:
    """Use the empty text for every name that there is."""
    s.start("", "B", types={"": send("B", ("", send("B", ("m", "End"))))})
    s.update_handler(edge=edge("", "B"), handler="")
    s.update_trace(edge=edge("B", ""), trace=[])
    s.send(sid=0, from_="", to="B", val={"Str": ""})
    s.issue_timeout_witness(site="", until_tick=0)
    cap = s.claim_ownership(sid=0, owner_id="", scope=fragments(""))
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="", new_scope=fragments(""))
    s.reload(form="binary")
    s.observe(sid=0)
    cap = s.commit_ownership_transfer(receipt=receipt)
    s.validate_ownership_capability(capability=cap)
    s.lookup_type(ep=ep(""))
    s.lookup_branch_resolution(ep=ep(""), label="")
    for label in ("", "m"):
        s.advance(ep=ep(""), label=label)
    s.original_type(ep=ep(""))
    s.recv(sid=0, from_="", to="B")
    s.lookup_handler(edge=edge("", "B"))
    s.advance_clock(tick=0)
    s.mark_owner_died(sid=0, owner_id="")
    s.observe(sid=0)
    s.authority_audit_log(sid=0)


def bad_in_a_row(s: Script) -> None:
    """Receive four bad messages and two good ones in each way, where a refused one stays by taking it out (H16)."""
    for receive in ("recv", "recv_verified", "recv_verified_signed"):
        sid = s.start(types=A_TO_B)
        for signature in ("corrupt", "wrong_edge", "wrong_value", "corrupt", "valid", "valid"):
            s.send_signed(sid=sid, from_="A", to="B", val="Unit", signature=signature)
        for _ in range(5):
            getattr(s, receive)(sid=sid, from_="A", to="B")
        for _ in range(4):
            s.recv_signed(sid=sid, from_="A", to="B")
        s.observe(sid=sid)


def capacities(s: Script) -> None:
    """Open with the greatest capacities that every store has (contract §18), and around those of fewer bits."""
    for capacity in (2**8 - 1, 2**8, 2**16 - 1, 2**16):
        config = {"mode": "Fifo", "initial_capacity": capacity, "policy": "Block"}
        sid = s.start(types=A_TO_B, config=config)
        s.observe(sid=sid)
        s.close(sid=sid)


def related_sweeps() -> Iterator[tuple[str, Play]]:
    """Yield every sweep by name."""
    for name, change in CHANGES.items():
        yield f"related: one of three is {name}", one_of_three(change)
    for name, change in {**CHANGES, **STEPS}.items():
        yield f"related: {name}, read twice", read_twice(change)
    yield "related: ended alike", ended_alike
    yield "related: reaped in every order", reaped_in_every_order
    yield "related: refused again", refused_again
    yield "related: deaths during a transfer", deaths_during_a_transfer
    yield "related: in order", in_order
    yield "related: foreign edges in order", foreign_in_order
    yield "related: bad in a row", bad_in_a_row
    yield "free texts: none", without_names
    yield "sizes: capacities", capacities
