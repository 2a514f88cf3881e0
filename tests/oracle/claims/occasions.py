"""Programs whose last step is an occasion to break a claim, and programs whose last step is none."""

from __future__ import annotations

from typing import Any

from telltale_conformance.oracle.reference.run import run

Step = tuple[str, dict[str, Any]]


def events(program: list[Step], contract: str = "hardened") -> list[dict[str, Any]]:
    steps = [{"seq": seq, "op": op, "args": args} for seq, (op, args) in enumerate(program)]
    made = run(steps, contract)
    assert len(made) == len(steps), "a step was skipped"
    return made


def ref(step: int, **changed: Any) -> dict[str, Any]:
    return {"$ref": step, "set": changed} if changed else {"$ref": step}


def send_to(partner: str, *labels: str, then: Any = "End") -> dict[str, Any]:
    return {
        "Send": {"partner": partner, "branches": [[{"name": label, "sort": "Unit"}, None, then] for label in labels]}
    }


FRAGMENT, OTHERS = {"Fragments": ["x"]}, {"Fragments": ["x", "y"]}
TALKS = {"A": send_to("B", "m")}
OPEN: Step = ("open", {"roles": ["A", "B"], "initial_types": {}})
OPEN_TALKING: Step = ("open", {"roles": ["A", "B"], "initial_types": TALKS})
RESIZING: Step = (
    "open",
    {
        "roles": ["A", "B"],
        "initial_types": TALKS,
        "buffer_config": {"mode": "Fifo", "initial_capacity": 2, "policy": {"Resize": {"max_capacity": 3}}},
    },
)
CLAIM: Step = ("claim_ownership", {"sid": ref(0), "owner_id": "a", "scope": "Session"})
CLAIM_FRAGMENT: Step = ("claim_ownership", {"sid": ref(0), "owner_id": "a", "scope": FRAGMENT})
VALIDATE: Step = ("validate_ownership_capability", {"capability": ref(1)})
RELEASE: Step = ("release_ownership", {"capability": ref(1)})
BEGIN: Step = ("begin_ownership_transfer", {"capability": ref(1), "new_owner_id": "b", "new_scope": "Session"})
COMMIT: Step = ("commit_ownership_transfer", {"receipt": ref(2)})
ISSUE: Step = ("issue_readiness_witness", {"capability": ref(1), "predicate_ref": "p"})
ROLL_BACK: Step = ("rollback_ownership_transfer", {"receipt": ref(2)})
CONSUME: Step = ("consume_readiness_witness", {"capability": ref(1), "witness": ref(2)})
CONSUME_FORGED: Step = (
    "consume_readiness_witness",
    {"capability": ref(1, owner_id="b"), "witness": ref(2)},
)
CONSUME_NARROWED: Step = ("consume_readiness_witness", {"capability": ref(3), "witness": ref(2)})
DIED: Step = ("mark_owner_died", {"sid": ref(0), "owner_id": "a"})
CLOSE: Step = ("close", {"sid": ref(0)})
OBSERVE: Step = ("observe", {"sid": ref(0)})
SEND: Step = ("send", {"sid": ref(0), "from": "A", "to": "B", "val": {"Nat": 1}})
SEND_OTHER: Step = ("send", {**SEND[1], "val": {"Nat": 2}})
RECEIVE: Step = ("recv", {"sid": ref(0), "from": "A", "to": "B"})
EDGE = {"sid": ref(0), "sender": "A", "receiver": "B"}
UPDATE: Step = ("update_handler", {"edge": EDGE, "handler": "h"})
DEFAULT: Step = ("set_default_handler_for_session", {"sid": ref(0), "handler": "h"})
RELOAD: Step = ("reload", {"form": "binary"})
HAS: Step = ("has_message", RECEIVE[1])
LOOKUP: Step = ("lookup_handler", {"edge": EDGE})
PLAN = {"roles": ["A", "B"], "initial_types": TALKS}
MAKE_PLAN: Step = ("plan", PLAN)


def signed(signature: str, **more: Any) -> Step:
    return "send_signed", {**SEND[1], "signature": signature, **more}


def receive(op: str) -> Step:
    return op, RECEIVE[1]


def planned(sid: int) -> Step:
    return "open_with_sid_from_plan", {"sid": sid, "plan": PLAN}


def verify(**proof: Any) -> Step:
    given = {"index": 0, "siblings": [], "sibling_on_left": [], **proof}
    return "auth_verify", {"root": ref(2), "leaf": ref(2), "proof": given}


UNKNOWN_ROOT: Step = ("auth_verify", {**verify(index=1)[1], "root": [0] * 32, "leaf": [0] * 32})
ROOT: Step = ("auth_root", {"sid": ref(0), "edge": EDGE})


def look(sid: int) -> Step:
    return "observe", {"sid": sid}


FORGED = {
    "session_id": 0,
    "claim_id": 7,
    "from_owner_id": "a",
    "from_generation": 0,
    "to_owner_id": "b",
    "to_generation": 1,
    "scope": "Session",
}
VALIDATE_UNKNOWN: Step = (
    "validate_ownership_capability",
    {"capability": {"session_id": ref(0), "owner_id": "a", "generation": 0, "scope": "Session"}},
)


def attenuate(scope: Any) -> Step:
    return "attenuate_ownership_scope", {"capability": ref(1), "new_scope": scope}


def grant(scope: Any) -> Step:
    return "begin_ownership_transfer", {"capability": ref(1), "new_owner_id": "b", "new_scope": scope}


def mutate(**edge: Any) -> Step:
    full = {"sid": ref(0), "sender": "A", "receiver": "B", **edge}
    mutation = {"UpdateEdgeHandler": {"edge": full, "handler": "h"}}
    return "apply_owned_session_mutation", {"capability": ref(1), "mutation": mutation}


VALIDATE_NOWHERE: Step = (
    "validate_ownership_capability",
    {"capability": {"session_id": 7, "owner_id": "a", "generation": 0, "scope": "Session"}},
)


def advance(label: str) -> Step:
    return "advance", {"ep": {"sid": ref(0), "role": "A"}, "label": label}


def open_typed(local_type: Any) -> Step:
    return "open", {"roles": ["A", "B"], "initial_types": {"A": local_type}}


def edge(**changed: Any) -> dict[str, Any]:
    return {"sid": ref(0), "sender": "A", "receiver": "B", **changed}


LOOP = {"Mu": {"var": "t", "body": send_to("B", "m", then={"Var": "t"})}}

OCCASIONS: dict[str, list[list[Step]]] = {
    "K1": [[OPEN, CLAIM, RELEASE, CLAIM, VALIDATE], [OPEN, CLAIM, attenuate("Session"), VALIDATE]],
    "K2": [
        [OPEN, CLAIM, ISSUE, RELEASE, CLAIM, ("consume_readiness_witness", {"capability": ref(4), "witness": ref(2)})]
    ],
    "K3": [[OPEN, CLAIM, ISSUE, CONSUME, CONSUME], [OPEN, CLAIM, ISSUE, ISSUE], [OPEN, CLAIM, ISSUE, DIED]],
    "K4": [[OPEN, CLAIM_FRAGMENT, attenuate("Session")], [OPEN, CLAIM_FRAGMENT, attenuate(OTHERS)]],
    "K5": [[OPEN, CLAIM_FRAGMENT, grant("Session")], [OPEN, CLAIM_FRAGMENT, grant({"Fragments": ["y"]})]],
    "K6": [[OPEN, CLAIM, ("validate_ownership_capability", {"capability": ref(1, scope=FRAGMENT)})]],
    "K7": [[OPEN, CLAIM, BEGIN, BEGIN]],
    "K8": [[OPEN, CLAIM, BEGIN, COMMIT]],
    "K9": [[OPEN, CLAIM, DIED, CLAIM]],
    "K9-status": [[OPEN, CLAIM, DIED, CLOSE, OBSERVE]],
    "K10": [[OPEN, ("open_with_sid", {**OPEN[1], "sid": ref(0)})]],
    "K11": [[OPEN, CLOSE, CLAIM]],
    "K12": [
        [OPEN, CLAIM],
        [OPEN, CLAIM, RELEASE],
        [OPEN, CLAIM, OBSERVE],
        [OPEN, CLAIM, CLOSE],
        [OPEN, CLAIM, ISSUE, CONSUME_FORGED, OBSERVE],
    ],
    "K13": [
        [OPEN, ("rollback_ownership_transfer", {"receipt": FORGED})],
        [OPEN, CLAIM, ISSUE, CONSUME, CONSUME],
        [OPEN, CLAIM, BEGIN, ("cancel_abandoned_transfer", {"receipt": ref(2, claim_id=9)})],
    ],
    "K14": [[RESIZING, SEND, SEND, SEND, SEND], [RESIZING, SEND, SEND, SEND, OBSERVE]],
    "K15": [
        [("plan", {"roles": ["A", "B"], "initial_types": TALKS})],
        [OPEN_TALKING, OBSERVE],
        [open_typed(LOOP), OBSERVE],
        [("plan", {"roles": ["A", "A"], "initial_types": {}})],
        [("open", {"roles": ["A", "A"], "initial_types": {}})],
    ],
    "K16": [[open_typed(LOOP), advance("m")], [open_typed(send_to("B", "m", then=LOOP)), advance("m")]],
    "K17": [[OPEN, CLAIM, mutate(sid=7)], [OPEN, CLAIM, mutate(receiver="C")]],
    "K18": [
        [OPEN_TALKING, SEND, RECEIVE],
        [OPEN_TALKING, SEND, receive("recv_signed")],
        [OPEN_TALKING, signed("corrupt"), receive("recv_verified"), HAS],
        [OPEN_TALKING, signed("corrupt"), receive("recv_verified"), OBSERVE],
        [OPEN_TALKING, signed("corrupt"), SEND_OTHER, receive("recv_verified"), receive("recv_signed")],
    ],
    "K19": [
        [OPEN, CLAIM, BEGIN, ROLL_BACK, BEGIN],
        [OPEN, CLAIM, BEGIN, COMMIT, COMMIT],
        [OPEN, CLAIM, BEGIN, ("commit_ownership_transfer", {"receipt": ref(2, to_owner_id="c")})],
    ],
    "K20": [
        [OPEN, CLAIM_FRAGMENT, ISSUE],
        [OPEN, CLAIM_FRAGMENT, mutate()],
        [OPEN, CLAIM, ISSUE, attenuate(FRAGMENT), CONSUME_NARROWED],
    ],
    "K21": [[OPEN, CLAIM, BEGIN, COMMIT], [OPEN, CLAIM, CLAIM]],
    "K22": [
        [OPEN, CLAIM, ("mark_owner_died", {"sid": ref(0), "owner_id": "b"})],
        [OPEN, CLAIM, BEGIN, COMMIT, DIED],
    ],
    "K23": [
        [OPEN, CLAIM],
        [OPEN, VALIDATE_UNKNOWN],
        [OPEN, ("current_ownership", {"sid": ref(0)})],
        [OPEN, ("lookup_handler", {"edge": edge()})],
        [OPEN, ("lookup_trace", {"edge": edge()})],
        [OPEN, ("default_handler_for_session", {"sid": ref(0)})],
    ],
    "K24": [
        [OPEN, CLAIM],
        [OPEN, CLOSE],
    ],
    "K25": [
        *(
            [OPEN_TALKING, signed(kind), receive(op)]
            for kind in ("corrupt", "wrong_edge", "wrong_value", "other_receiver", "other_sequence")
            for op in ("recv", "recv_signed", "recv_verified", "recv_verified_signed")
        )
    ],
    "K26": [
        [OPEN_TALKING, SEND, SEND, *[receive("recv_verified_signed")] * 2],
        [OPEN_TALKING, SEND, signed("valid", sequence_no=1), *[receive("recv_signed"), RECEIVE]],
    ],
    "K27": [
        [OPEN_TALKING, CLOSE, OBSERVE, RELOAD, OBSERVE],
        [OPEN, UPDATE, LOOKUP, RELOAD, RELOAD, LOOKUP],
        [OPEN, ("next_session_id", {}), RELOAD, ("next_session_id", {})],
    ],
    "K28": [[OPEN, CLAIM, UPDATE], [OPEN, CLAIM, DEFAULT], [OPEN, CLAIM, DIED, DEFAULT]],
    "K29": [
        [planned(5), planned(6), look(6)],
        [planned(5), look(5), planned(6), look(5)],
        [MAKE_PLAN, planned(5), MAKE_PLAN],
    ],
    "K30": [[OPEN_TALKING, SEND, ROOT, verify(index=1, siblings=[[0] * 32], sibling_on_left=[True])]],
}
"""Programs whose last step is an occasion; under ``hardened`` it keeps the claim."""

NEITHER: dict[str, list[list[Step]]] = {
    "K1": [
        [OPEN, CLAIM, VALIDATE],
        [OPEN, CLAIM, RELEASE, VALIDATE],
        [OPEN, CLAIM, ("validate_ownership_capability", {"capability": ref(1, generation=5)})],
        [OPEN, CLAIM, DIED, VALIDATE],
        [OPEN, CLAIM, CLOSE, VALIDATE],
    ],
    "K2": [[OPEN, CLAIM, ISSUE, CONSUME], [OPEN, CLAIM, ISSUE, RELEASE, CONSUME]],
    "K3": [
        [OPEN, CLAIM, ISSUE, CONSUME],
        [OPEN, CLAIM, ISSUE, CONSUME, RELEASE, CONSUME],
        [OPEN, CLAIM, ISSUE, CONSUME, DIED, CONSUME],
    ],
    "K4": [
        [OPEN, CLAIM, attenuate(FRAGMENT)],
        [OPEN, CLAIM_FRAGMENT, attenuate(FRAGMENT)],
        [OPEN, CLAIM_FRAGMENT, grant(FRAGMENT), attenuate("Session")],
        [
            OPEN,
            CLAIM_FRAGMENT,
            ("attenuate_ownership_scope", {"capability": ref(1, generation=9), "new_scope": "Session"}),
        ],
    ],
    "K5": [[OPEN, CLAIM, BEGIN, COMMIT], [OPEN, CLAIM_FRAGMENT, grant(FRAGMENT)], [OPEN, CLAIM, CLOSE, BEGIN]],
    "K6": [
        [OPEN, CLAIM, VALIDATE],
        [OPEN, CLAIM, ("validate_ownership_capability", {"capability": ref(1, scope=FRAGMENT, owner_id="b")})],
    ],
    "K7": [[OPEN, CLAIM, BEGIN], [OPEN, CLAIM, BEGIN, COMMIT, BEGIN]],
    "K8": [[OPEN, CLAIM, BEGIN, ("commit_ownership_transfer", {"receipt": ref(2, claim_id=9)})]],
    "K9": [[OPEN, CLAIM, DIED, OBSERVE]],
    "K9-status": [[OPEN, CLAIM, DIED, OBSERVE], [OPEN, CLOSE, OBSERVE]],
    "K10": [[OPEN, OPEN], [("open_with_sid", {**OPEN[1], "sid": 5})]],
    "K11": [[OPEN, CLAIM, CLOSE, OBSERVE], [OPEN, CLAIM, DIED, CLOSE, CLAIM]],
    "K12": [[OPEN, OBSERVE], [OPEN, ("rollback_ownership_transfer", {"receipt": FORGED})], [OPEN, CLAIM, VALIDATE]],
    "K13": [[("rollback_ownership_transfer", {"receipt": FORGED})], [OPEN, CLAIM, ISSUE, CONSUME]],
    "K14": [[RESIZING, SEND, SEND, OBSERVE], [OPEN_TALKING, *[SEND] * 65, OBSERVE]],
    "K15": [[OPEN, OBSERVE], [("plan", {"roles": ["A", "B"], "initial_types": {"A": "End"}})]],
    "K16": [[open_typed(send_to("B", "m")), advance("m")], [open_typed(LOOP), advance("n")]],
    "K17": [[OPEN, CLAIM, mutate()], [OPEN, CLAIM_FRAGMENT, mutate(sid=7)]],
    "K18": [
        [OPEN_TALKING, RECEIVE],
        [OPEN_TALKING, SEND, RECEIVE, RECEIVE],
        [OPEN_TALKING, SEND, HAS],
        [OPEN_TALKING, SEND, OBSERVE],
        [OPEN_TALKING, signed("corrupt"), receive("recv_verified")],
        [OPEN_TALKING, signed("corrupt"), receive("recv_verified"), receive("recv_verified")],
        [OPEN_TALKING, signed("corrupt"), SEND, receive("recv_verified"), HAS],
        [OPEN_TALKING, signed("corrupt"), SEND, receive("recv_verified"), receive("recv_signed")],
    ],
    "K19": [
        [OPEN, CLAIM, BEGIN, COMMIT],
        [OPEN, CLAIM, BEGIN],
        [OPEN, ("rollback_ownership_transfer", {"receipt": FORGED})],
        [OPEN, CLAIM, BEGIN, CLOSE, COMMIT],
        [OPEN, CLAIM, BEGIN, DIED, COMMIT],
    ],
    "K20": [[OPEN, CLAIM, ISSUE], [OPEN, CLAIM, mutate()], [OPEN, VALIDATE_UNKNOWN]],
    "K21": [[OPEN, CLAIM, BEGIN, ("commit_ownership_transfer", {"receipt": ref(2, claim_id=9)})]],
    "K22": [[OPEN, CLAIM, DIED], [OPEN, CLAIM, RELEASE, DIED]],
    "K23": [[VALIDATE_NOWHERE], [OPEN, ("session_ids", {})]],
    "K24": [
        [OPEN, VALIDATE_UNKNOWN],
        [OPEN, OBSERVE],
        [OPEN, ("rollback_ownership_transfer", {"receipt": FORGED})],
    ],
    "K25": [[OPEN_TALKING, SEND, RECEIVE], [OPEN_TALKING, signed("valid"), RECEIVE], [OPEN_TALKING, RECEIVE]],
    "K26": [
        [OPEN_TALKING, SEND, receive("recv_verified_signed")],
        [OPEN_TALKING, SEND, SEND, RECEIVE, RECEIVE],
        [OPEN_TALKING, signed("corrupt"), SEND, receive("recv_signed"), receive("recv_signed")],
    ],
    "K27": [
        [OPEN, OBSERVE, OBSERVE, RELOAD],
        [OPEN, OBSERVE, RELOAD, UPDATE, OBSERVE],
        [OPEN, OBSERVE, CLAIM, RELOAD, OBSERVE],
        [OPEN, RELOAD, OBSERVE, OBSERVE],
    ],
    "K28": [[OPEN, UPDATE, OBSERVE], [OPEN, CLAIM, RELEASE, DEFAULT, OBSERVE], [OPEN, CLAIM, mutate(), OBSERVE]],
    "K29": [
        [planned(5), look(5), look(5)],
        [MAKE_PLAN, MAKE_PLAN],
        [OPEN, planned(5), OBSERVE, look(5)],
        [planned(5), planned(6), ("close", {"sid": 6}), look(6)],
    ],
    "K30": [[OPEN_TALKING, SEND, ROOT, verify()], [OPEN_TALKING, SEND, UNKNOWN_ROOT]],
}
"""Programs of which no step is an occasion, though the operation is the one that the claim is about."""
