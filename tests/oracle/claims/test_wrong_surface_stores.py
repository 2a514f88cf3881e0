"""Wrong stores of signed messages, plans, reload and host calls: the claim's monitor alone notices each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from telltale_conformance.generators.claim_programs import claim_programs
from telltale_conformance.generators.surface_program import surface_program
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model import auth, host_calls, messages, mutations, ownership, reload, sessions
from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.model.plan import PlanInput
from telltale_conformance.model.signatures import SignedMessage
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.claims.judging import judge_claims
from telltale_conformance.oracle.claims.monitors import watch
from telltale_conformance.oracle.lanes.claims import claims_of
from telltale_conformance.oracle.reference.run import run
from tests.oracle import wrong_references as wrong

Replaced = dict[str, Callable[..., Any]]
CLAIMS = ("K18", "K25", "K26", "K27", "K28", "K29")


def as_recorded(operation: Callable[..., Any]) -> Callable[..., Any]:
    """An operation that follows ``telltale-17``."""

    def follows(store: Store, *args: Any) -> Any:
        mine = store.contract
        store.contract = TELLTALE_17
        try:
            return operation(store, *args)
        finally:
            store.contract = mine

    return follows


def recv_says_nothing(store: Store, sid: int, from_: str, to: str) -> Any:
    message = messages.recv_signed(store, sid, from_, to)
    return message.payload if message is not None and message.valid else None


def recv_verified_takes_the_bad_one_off(store: Store, sid: int, from_: str, to: str) -> Any:
    session = store.sessions.get(sid)
    buffer = None if session is None else session.buffers.get((from_, to))
    try:
        return messages.recv_verified(store, sid, from_, to)
    except Exception:
        if buffer is not None and buffer.messages:
            messages.recv_signed(store, sid, from_, to)
        raise


def recv_signed_newest(store: Store, sid: int, from_: str, to: str) -> Any:
    session = store.sessions.get(sid)
    buffer = None if session is None else session.buffers.get((from_, to))
    if buffer is not None and buffer.messages:
        buffer.messages.rotate(1)
    return messages.recv_signed(store, sid, from_, to)


def signs_as(kind: str, instead: str) -> Callable[..., Any]:
    """A send that makes a valid signature where another one was asked for."""

    def sends(store: Store, sid: int, from_: str, to: str, val: Any, signature: Any, sequence_no: Any = None) -> Any:
        made: Any = instead if signature == kind else signature
        return messages.send_signed(store, sid, from_, to, val, made, sequence_no)

    return sends


def says_all_is_valid(store: Store, sid: int, from_: str, to: str) -> Any:
    message = messages.recv_signed(store, sid, from_, to)
    return message and SignedMessage(message.payload, message.sequence_no, valid=True)


def forgets_numbers(store: Store, sid: int, from_: str, to: str) -> Any:
    message = messages.recv_verified_signed(store, sid, from_, to)
    return message and SignedMessage(message.payload, 0, message.valid)


def handed_out_twice(store: Store, sid: int, from_: str, to: str) -> Any:
    """Hand out the oldest message and keep it, every other time."""
    buffer = sessions.found(store, sid).buffers.get((from_, to))
    oldest = buffer.messages[0] if buffer is not None and buffer.messages else None
    message = messages.recv_verified_signed(store, sid, from_, to)
    if message is not None and buffer is not None and oldest is not None and id(oldest) not in HANDED_OUT:
        HANDED_OUT[id(oldest)] = oldest
        buffer.messages.appendleft(oldest)
        store.totals.messages += 1
    return message


HANDED_OUT: dict[int, Any] = {}
"""Messages by their place in memory; they are kept, so that no other one gets that place."""


def reload_without(change: Callable[[Any], Any]) -> Callable[..., Any]:
    """A reload that loses something of every session."""

    def loses(store: Store, form: Any) -> None:
        reload.reload(store, form)
        for session in store.sessions.values():
            change(session)

    return loses


def forget_last_message(session: Any) -> None:
    for buffer in session.buffers.values():
        if buffer.messages:
            buffer.messages.pop()


def forget_claim_ids(session: Any) -> None:
    session.ownership.next_claim_id = 1


def handler_by_anybody(store: Store, edge: Any, handler: str) -> None:
    session = store.sessions.get(edge.sid)
    if session is not None:
        mutations.bind_handler(store, session, edge, handler)


def default_after_the_end(store: Store, sid: int, handler: str) -> None:
    session = store.sessions.get(sid)
    if session is not None and session.ownership.terminal is not None:
        session.default_handler = handler
        return
    host_calls.set_default_handler_for_session(store, sid, handler)


def plans_that_share(what: str) -> Replaced:
    """Openings whose sessions have a table in common with the first one of their plan."""
    first: dict[Any, Any] = {}

    def opens(store: Store, sid: int, plan: PlanInput, buffer_config: Any = None) -> int:
        opened = sessions.open_with_sid_from_plan(store, sid, plan, buffer_config)
        session = store.sessions[opened]
        key = (id(store), tuple(plan.roles), tuple(sorted(plan.initial_types)))
        setattr(session, what, first.setdefault(key, getattr(session, what)))
        return opened

    return {"open_with_sid_from_plan": opens}


def plans_by_roles() -> Replaced:
    """Openings that keep plans by their roles alone."""
    kept: dict[Any, PlanInput] = {}

    def opens(store: Store, sid: int, plan: PlanInput, buffer_config: Any = None) -> int:
        mine = kept.setdefault((id(store), tuple(plan.roles)), plan)
        return sessions.open_with_sid_from_plan(store, sid, mine, buffer_config)

    return {"open_with_sid_from_plan": opens}


def plan_again_keeps_owner() -> Replaced:
    """Openings that claim for the owner that a former session of the plan had."""

    def opens(store: Store, sid: int, plan: PlanInput, buffer_config: Any = None) -> int:
        opened = sessions.open_with_sid_from_plan(store, sid, plan, buffer_config)
        if sid != 10:
            ownership.claim_ownership(store, opened, "former", "Session")
        return opened

    return {"open_with_sid_from_plan": opens}


STORES: dict[str, tuple[str, Replaced]] = {
    "a bad message is lost without a word": ("K18", {"recv": recv_says_nothing}),
    "a refused message is gone": ("K18", {"recv_verified": recv_verified_takes_the_bad_one_off}),
    "the newest message is handed out": ("K18", {"recv_signed": recv_signed_newest}),
    "the receiver is not bound": ("K25", {"send_signed": signs_as("other_receiver", "valid")}),
    "the number is not bound": ("K25", {"send_signed": signs_as("other_sequence", "valid")}),
    "the receiver's key is taken": ("K25", {"send_signed": signs_as("wrong_edge", "valid")}),
    "every signature is valid": ("K25", {"recv_signed": says_all_is_valid}),
    "any number is taken": ("K26", {"send_with_sequence": as_recorded(messages.send_with_sequence)}),
    "numbers are not handed out": ("K26", {"recv_verified_signed": forgets_numbers}),
    "a message is handed out twice": ("K26", {"recv_verified_signed": handed_out_twice}),
    "edges follow the buffers": ("K27", {"reload": as_recorded(reload.reload)}),
    "the last message is not written": ("K27", {"reload": reload_without(forget_last_message)}),
    "claim ids begin anew": ("K27", {"reload": reload_without(forget_claim_ids)}),
    "a handler of an owned session": ("K28", {"update_handler": handler_by_anybody}),
    "a trace of an owned session": ("K28", {"update_trace": as_recorded(host_calls.update_trace)}),
    "a default handler after the end": ("K28", {"set_default_handler_for_session": default_after_the_end}),
    "types in common": ("K29", plans_that_share("types")),
    "buffers in common": ("K29", plans_that_share("buffers")),
    "plans by roles": ("K29", plans_by_roles()),
    "a former owner": ("K29", plan_again_keeps_owner()),
}


def again(*steps: tuple[str, dict[str, Any]]) -> Program:
    numbered = tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(steps))
    return Program(contract="hardened", meta={}, steps=numbered)


TRANSFERRED = again(
    ("open", {"roles": ["A", "B"], "initial_types": {}}),
    ("claim_ownership", {"sid": 0, "owner_id": "a", "scope": "Session"}),
    ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "b", "new_scope": "Session"}),
    ("observe", {"sid": 0}),
    ("reload", {"form": "binary"}),
    ("observe", {"sid": 0}),
)


def broken_by(replaced: Replaced) -> set[str]:
    """Return the claims that a store is seen to break, but K30, which the contract leaves open."""

    def programs() -> Iterator[tuple[str, Program]]:
        yield from ((name, program) for name, program in claim_programs() if name[:3] in CLAIMS)
        yield "surface", surface_program("hardened")
        yield "transferred", TRANSFERRED

    stands = claims_of(judge_claims(wrong.WrongReference(replaced, "hardened"), programs()))
    return {claim for claim, stand in stands.items() if stand.status == "broken"} - {"K30"}


def test_a_right_store_breaks_nothing() -> None:
    assert broken_by({}) == set()


@pytest.mark.parametrize("mistake", STORES)
def test_the_monitor_alone_notices_the_store(mistake: str) -> None:
    claim, replaced = STORES[mistake]
    assert claim in broken_by(replaced)


def test_each_claim_has_two_wrong_stores() -> None:
    claims = [claim for claim, _ in STORES.values()]
    assert all(claims.count(claim) >= 2 for claim in CLAIMS)


EDGE = {"sid": 0, "sender": "A", "receiver": "B"}
OPENED = ("open", {"roles": ["A", "B"], "initial_types": {}})
CLAIMED = ("claim_ownership", {"sid": 0, "owner_id": "a", "scope": "Session"})


def seen(*steps: tuple[str, dict[str, Any]], contract: str = "telltale-17") -> list[dict[str, Any]]:
    return run([{"seq": seq, "op": op, "args": args} for seq, (op, args) in enumerate(steps)], contract)


def test_a_host_call_that_is_not_followed_keeps_the_claim() -> None:
    asked = ("update_handler", {"edge": EDGE, "handler": "h"})
    events = seen(OPENED, CLAIMED, ("lookup_handler", {"edge": EDGE}))
    ignored = {"seq": 2, "op": asked[0], "args": asked[1], "ok": None, "audit": []}
    assert watch([*events[:2], ignored, {**events[2], "seq": 3}])["K28"].verdict == "kept"
    followed = seen(OPENED, CLAIMED, asked, ("lookup_handler", {"edge": EDGE}))
    assert watch(followed)["K28"].verdict == "broken"
    assert watch(followed[:3])["K28"].verdict == "not judged"


def test_what_the_owner_asks_for_later_is_the_owners() -> None:
    mutation = {"SetDefaultHandler": {"handler": "mine"}}
    events = seen(
        OPENED,
        CLAIMED,
        ("set_default_handler_for_session", {"sid": 0, "handler": "mine"}),
        ("apply_owned_session_mutation", {"capability": {"$ref": 1}, "mutation": mutation}),
        ("observe", {"sid": 0}),
    )
    assert watch(events)["K28"].verdict == "not judged"


def test_a_message_that_stays_after_a_refusal_is_not_lost() -> None:
    sends = {"A": {"Send": {"partner": "B", "branches": []}}}
    edge = {"sid": 0, "from": "A", "to": "B"}
    steps = (
        ("open", {"roles": ["A", "B"], "initial_types": sends}),
        ("send_signed", {**edge, "val": {"Nat": 1}, "signature": "corrupt"}),
        ("recv_verified", edge),
        ("has_message", edge),
        ("observe", {"sid": 0}),
    )
    assert watch(seen(*steps, contract="hardened"))["K18"].verdict == "kept"
    recorded = watch(seen(*steps))["K18"]
    assert [violation.seq for violation in recorded.violations] == [3, 4]


def with_size(operation: Callable[..., Any]) -> Callable[..., Any]:
    """A store that verifies no index beyond the levels of its proof, which is all that K30 asks of one leaf."""

    def verifies(store: Store, root: Any, leaf: Any, proof: Any) -> bool:
        return proof.index < 2 ** len(proof.siblings) and operation(store, root, leaf, proof)

    return verifies


def test_a_store_that_bounds_the_index_keeps_what_the_program_breaks() -> None:
    (program,) = [program for name, program in claim_programs() if name == "K30"]
    for replaced, verdict in (({}, "broken"), ({"auth_verify": with_size(auth.auth_verify)}, "kept")):
        stands = claims_of(judge_claims(wrong.WrongReference(replaced, "hardened"), [("K30", program)]))
        assert stands["K30"].status == verdict


def test_an_inner_node_that_passes_for_a_leaf_is_noticed() -> None:
    sends = {"A": {"Send": {"partner": "B", "branches": []}}}
    message, edge = {"sid": 0, "from": "A", "to": "B", "val": "Unit"}, {"sid": 0, "edge": EDGE}
    proof = {"index": 0, "siblings": [], "sibling_on_left": []}
    given = ("auth_verify", {"root": {"$ref": 4}, "leaf": {"$ref": 4}, "proof": proof})
    opened = ("open", {"roles": ["A", "B"], "initial_types": sends})
    known = seen(opened, ("send", message), ("send", message), ("auth_leaves", edge), ("auth_root", edge), given)
    assert watch(known)["K30"].verdict == "broken"
    untold = [event for event in known if event["op"] != "auth_leaves"]
    assert watch(untold)["K30"].verdict == "not judged"


def test_the_estimates_of_memory_may_change_with_a_reload() -> None:
    events = seen(OPENED, ("memory_usage", {}), ("reload", {"form": "binary"}), ("memory_usage", {}))
    other = {**events[3], "ok": {**events[3]["ok"], "retained_bytes": {}}}
    assert watch([*events[:3], other])["K27"].verdict == "kept"
    fewer = {**events[3], "ok": {**events[3]["ok"], "live_sessions": 0}}
    assert watch([*events[:3], fewer])["K27"].verdict == "broken"
