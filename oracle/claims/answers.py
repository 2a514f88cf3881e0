"""Monitors of what answers say: K20, K22, K23."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.model.guard_table import G_NAMED, G_SCOPE
from telltale_conformance.oracle.claims.ledger import OWNERSHIP_OPERATIONS, Ledger
from telltale_conformance.oracle.claims.scopes import fragments, same_artifact
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen, refused_by
from telltale_conformance.oracle.claims.tables import edge_of

NEEDS_WHOLE_SESSION: Final = frozenset(
    {"apply_owned_session_mutation", "issue_readiness_witness", "consume_readiness_witness"}
)
_LOOKUPS: Final = frozenset({"current_ownership", "lookup_handler", "lookup_trace", "default_handler_for_session"})


def scope_enforced(seen: Seen) -> Judgement | None:
    """K20: without the scope of the whole session nothing is mutated, issued or consumed."""
    ledger = seen.ledger
    if ledger is None or ledger.unsure:
        return None
    if ledger.live is None:
        return Judgement(True, f"{seen.op} succeeds where nobody is the owner") if seen.ok else None
    scope = ledger.live["scope"]
    if fragments(scope) is None or not (seen.ok or seen.by_live_owner):
        return None
    return Judgement(seen.ok, f"{seen.op} succeeds under the live scope {scope}")


def death_by_name(seen: Seen) -> Judgement | None:
    """K22: a death that is not the live owner's ends nothing."""
    ledger, name = seen.ledger, seen.args["owner_id"]
    if ledger is None or ledger.unsure:
        return None
    owner = None if ledger.live is None else ledger.live["owner_id"]
    return None if name == owner else Judgement(seen.ok, f"the death of {name!r} ends a session owned by {owner!r}")


def answers_are_true(seen: Seen) -> Judgement | None:
    """K23: what is given was asked for, what a refusal says is so, what is looked up was bound last."""
    ledger = seen.ledger
    if ledger is None or ledger.unsure:
        return None
    if seen.op in _LOOKUPS:
        return _found(seen, ledger)
    if not seen.ok:
        return _refused(seen, ledger)
    shown, live = seen.capability, ledger.live
    if shown is not None and (live is None or any(shown[part] != live[part] for part in ("owner_id", "generation"))):
        return Judgement(True, f"{seen.op} accepts a capability that is not the live one: {shown}, where {live} is")
    if seen.op == "consume_readiness_witness":
        witness = seen.args["witness"]
        right = same_artifact(witness, ledger.witnesses.get(witness["witness_id"]))
        return Judgement(not right, f"witness {witness} is consumed, which was not given out so")
    if seen.op not in _ASKED_FOR:
        return None
    wanted = _ASKED_FOR[seen.op](seen.args, ledger)
    given = {key: seen.answer[key] for key in wanted}
    return Judgement(not same_artifact(given, wanted), f"{seen.op} gives {given} where {wanted} was asked for")


def _capability(args: Any, ledger: Ledger) -> dict[str, Any]:
    return {"session_id": ledger.sid, "owner_id": args["owner_id"], "scope": args["scope"]}


def _narrowed(args: Any, ledger: Ledger) -> dict[str, Any]:
    return {"session_id": ledger.sid, "owner_id": args["capability"]["owner_id"], "scope": args["new_scope"]}


def _receipt(args: Any, ledger: Ledger) -> dict[str, Any]:
    giver = args["capability"]
    return {
        "session_id": ledger.sid,
        "from_owner_id": giver["owner_id"],
        "from_generation": giver["generation"],
        "to_owner_id": args["new_owner_id"],
        "scope": args["new_scope"],
    }


def _witness(args: Any, ledger: Ledger) -> dict[str, Any]:
    cap = args["capability"]
    return {
        "session_id": ledger.sid,
        "owner_id": cap["owner_id"],
        "generation": cap["generation"],
        "scope": cap["scope"],
        "predicate_ref": args["predicate_ref"],
    }


def _dead(args: Any, ledger: Ledger) -> dict[str, Any]:
    generation = {} if ledger.live is None else {"generation": ledger.live["generation"]}
    name = args["owner_id"]
    return {"session_id": ledger.sid, "owner_id": name, **generation, "reason": {"OwnerDied": {"owner_id": name}}}


def _abandoned(args: Any, ledger: Ledger) -> dict[str, Any]:
    receipt = args["receipt"]
    giver = receipt["from_owner_id"]
    return {
        "session_id": ledger.sid,
        "owner_id": giver,
        "generation": receipt["from_generation"],
        "reason": {"TransferAbandoned": {"owner_id": giver, "claim_id": receipt["claim_id"]}},
    }


_ASKED_FOR: Final[Mapping[str, Callable[[Any, Ledger], dict[str, Any]]]] = {
    "claim_ownership": _capability,
    "attenuate_ownership_scope": _narrowed,
    "begin_ownership_transfer": _receipt,
    "issue_readiness_witness": _witness,
    "mark_owner_died": _dead,
    "cancel_abandoned_transfer": _abandoned,
}
"""What an operation gives, apart from the numbers that the store chooses."""


def _found(seen: Seen, ledger: Ledger) -> Judgement | None:
    tables = ledger.tables
    if seen.op == "current_ownership":
        right = same_artifact(seen.answer, ledger.live)
        return Judgement(not right, f"the owner found is {seen.answer}, and {ledger.live} is live")
    wanted: Any = tables.default_handler or None
    if seen.op == "lookup_handler":
        wanted = tables.handlers.get(edge_of(seen.args["edge"]))
    elif seen.op == "lookup_trace":
        wanted = tables.traces.get(edge_of(seen.args["edge"]))
    return Judgement(not same_json(seen.answer, wanted), f"{seen.op} finds {seen.answer}, and {wanted} was bound last")


def _refused(seen: Seen, ledger: Ledger) -> Judgement | None:
    """Judge what a refusal says of the session; a text, or an error that cannot be read, says nothing."""
    if not isinstance(seen.answer, Mapping):
        return None
    try:
        ((variant, said),) = seen.answer.items()
        named = seen.args["witness"]["session_id"] if variant == "WitnessConsumed" else ledger.sid
        so = said["session_id"] == named and _IS_SO[variant](seen, ledger, said)
    except (KeyError, TypeError, ValueError):
        return None
    return Judgement(not so, f"{seen.op} is refused with {variant} {said}, which is not so")


def _already_claimed(_: Seen, ledger: Ledger, said: Any) -> bool:
    return ledger.live is not None and bool(said["current_owner_id"] == ledger.live["owner_id"])


def _stale(seen: Seen, ledger: Ledger, said: Any) -> bool:
    live = ledger.live
    if live is None or said["actual_generation"] != live["generation"]:
        return False
    given = (said["owner_id"], said["expected_generation"])
    if seen.op == "mark_owner_died":
        name = seen.args["owner_id"]
        return name != live["owner_id"] and given == (name, live["generation"])
    shown = seen.capability
    if shown is not None and given != (shown["owner_id"], shown["generation"]):
        return False
    return given != (live["owner_id"], live["generation"])


def _violated(seen: Seen, ledger: Ledger, said: Any) -> bool:
    live = ledger.live
    if live is None or said["owner_id"] != live["owner_id"]:
        return False
    actual, required = fragments(said["actual"]), fragments(said["required"])
    asked = [] if seen.capability is None else [fragments(seen.capability["scope"])]
    if seen.op in NEEDS_WHOLE_SESSION:
        asked.append(None)
    if "new_scope" in seen.args:
        asked.append(fragments(seen.args["new_scope"]))
    return actual == fragments(live["scope"]) and required != actual and required in asked


def _pending(_: Seen, ledger: Ledger, said: Any) -> bool:
    return ledger.pending is not None and bool(said["claim_id"] == ledger.pending["claim_id"])


def _mismatch(seen: Seen, ledger: Ledger, said: Any) -> bool:
    given = seen.args["receipt"]
    differs = ledger.pending is not None and not same_artifact(given, ledger.pending)
    return differs and bool(said["claim_id"] == given["claim_id"])


def _consumed(seen: Seen, ledger: Ledger, said: Any) -> bool:
    return said["witness_id"] == seen.args["witness"]["witness_id"] and said["witness_id"] in ledger.consumed


def _invalid(seen: Seen, ledger: Ledger, said: Any) -> bool:
    given = seen.args["witness"]
    good = same_artifact(given, ledger.fresh.get(given["witness_id"])) and same_artifact(seen.capability, ledger.live)
    return said["witness_id"] == given["witness_id"] and not good


def _foreign(seen: Seen, ledger: Ledger, said: Any) -> bool:
    ((_, given),) = seen.args["mutation"].items()
    edge = given.get("edge")
    if edge is None or not same_json(edge, said["edge"]):
        return False
    return edge["sid"] != ledger.sid or not {edge["sender"], edge["receiver"]} <= set(ledger.roles)


_IS_SO: Final[Mapping[str, Callable[[Seen, Ledger, Any], bool]]] = {
    "SessionNotFound": lambda seen, ledger, said: False,
    "Terminal": lambda seen, ledger, said: same_json(said["reason"], ledger.reason),
    "SessionClosed": lambda seen, ledger, said: ledger.closed,
    "Unclaimed": lambda seen, ledger, said: ledger.live is None,
    "AlreadyClaimed": _already_claimed,
    "StaleCapability": _stale,
    "ScopeViolation": _violated,
    "TransferPending": _pending,
    "TransferNotPending": lambda seen, ledger, said: ledger.pending is None,
    "ReceiptMismatch": _mismatch,
    "WitnessConsumed": _consumed,
    "InvalidWitness": _invalid,
    "ForeignEdge": _foreign,
}
"""What each error says of the session, by what was seen of it."""


MONITORS: Final[Mapping[str, Monitor]] = {
    "K20": Monitor(NEEDS_WHOLE_SESSION, scope_enforced, kept_by=refused_by(G_SCOPE)),
    "K22": Monitor({"mark_owner_died"}, death_by_name, kept_by=refused_by(G_NAMED)),
    "K23": Monitor({*OWNERSHIP_OPERATIONS, *_LOOKUPS}, answers_are_true, kept_by=None),
}
