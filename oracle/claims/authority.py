"""Monitors of who may do what, and when nobody may: K4, K5, K6, K7, K9, K11, K17."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.model.guard_table import G_ACTIVE, G_HONEST, G_IDLE, G_OPEN, G_WITHIN, OWN_EDGE
from telltale_conformance.oracle.claims.ledger import ACCEPTS_CAPABILITY, OWNERSHIP_OPERATIONS
from telltale_conformance.oracle.claims.scopes import fragments, within
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen, refused_by


def attenuation(seen: Seen) -> Judgement | None:
    """K4: the live scope contains what attenuating gives."""
    return _granting(seen)


def transfer_authority(seen: Seen) -> Judgement | None:
    """K5: the giver's scope contains what a receipt, or a commit, grants."""
    if seen.op == "begin_ownership_transfer":
        return _granting(seen)
    live = None if seen.ledger is None else seen.ledger.live
    if not seen.ok or live is None:
        return None
    granted = seen.answer["scope"]
    if within(granted, live["scope"]):
        return None
    return Judgement(True, f"the commit grants {granted} where the giver has {live['scope']}")


def _granting(seen: Seen) -> Judgement | None:
    """Judge whether a wider scope than the live one was asked for or was given."""
    ledger = seen.ledger
    if ledger is None or ledger.live is None:
        return None
    live = ledger.live["scope"]
    if seen.ok and not within(seen.answer["scope"], live):
        return Judgement(True, f"{seen.op} grants {seen.answer['scope']} where {live} is live")
    asked = seen.by_live_owner and ledger.pending is None and not within(seen.args["new_scope"], live)
    return Judgement(False, "") if asked else None


def scope_honesty(seen: Seen) -> Judgement | None:
    """K6: a capability with another scope than the live one is refused."""
    capability, ledger = seen.capability, seen.ledger
    if capability is None or ledger is None or ledger.live is None:
        return None
    if fragments(capability["scope"]) == fragments(ledger.live["scope"]) or not (seen.ok or seen.by_live_owner):
        return None
    return Judgement(seen.ok, f"{seen.op} accepts scope {capability['scope']} where {ledger.live['scope']} is live")


def one_pending(seen: Seen) -> Judgement | None:
    """K7: no transfer begins while a receipt is outstanding."""
    ledger = seen.ledger
    if ledger is None or ledger.pending is None or not (seen.ok or seen.by_live_owner):
        return None
    return Judgement(seen.ok, "a transfer begins while a receipt is outstanding")


def terminal_absorbing(seen: Seen) -> Judgement | None:
    """K9: no ownership operation succeeds once ownership has ended for good."""
    ledger = seen.ledger
    if ledger is None or not ledger.terminal:
        return None
    if seen.refusal == G_OPEN.error:
        said, told = seen.answer[G_OPEN.error]["reason"], ledger.told_reason
        return Judgement(told is not None and not same_json(said, told), f"the reason {told} has become {said}")
    return Judgement(seen.ok, f"{seen.op} succeeds after a terminal reason was recorded")


def terminal_status(seen: Seen) -> Judgement | None:
    """K9-status: the status Faulted or Cancelled is not overwritten."""
    ledger = seen.ledger
    if not seen.ok or ledger is None or not ledger.terminal:
        return None
    broken = seen.answer["status"] == "Closed"
    return Judgement(broken, "a terminal status was overwritten by Closed") if broken or ledger.closed else None


def closed_means_closed(seen: Seen) -> Judgement | None:
    """K11: no ownership operation succeeds on a closed session."""
    if seen.ledger is None or not seen.ledger.closed:
        return None
    return Judgement(seen.ok, f"{seen.op} succeeds on a closed session")


def foreign_edge(seen: Seen) -> Judgement | None:
    """K17: a mutation of an edge of another session, or of an unlisted role, is refused."""
    ledger = seen.ledger
    if ledger is None:
        return None
    ((kind, mutation),) = seen.args["mutation"].items()
    if kind == "SetDefaultHandler":
        return None
    edge = mutation["edge"]
    if edge["sid"] == ledger.sid and {edge["sender"], edge["receiver"]} <= set(ledger.roles):
        return None
    whole = seen.by_live_owner and ledger.live is not None and fragments(ledger.live["scope"]) is None
    return Judgement(seen.ok, f"{kind} under {edge} in session {ledger.sid}") if seen.ok or whole else None


MONITORS: Final[Mapping[str, Monitor]] = {
    "K4": Monitor({"attenuate_ownership_scope"}, attenuation, kept_by=refused_by(G_WITHIN)),
    "K5": Monitor(
        {"begin_ownership_transfer", "commit_ownership_transfer"}, transfer_authority, kept_by=refused_by(G_WITHIN)
    ),
    "K6": Monitor(ACCEPTS_CAPABILITY, scope_honesty, kept_by=refused_by(G_HONEST)),
    "K7": Monitor({"begin_ownership_transfer"}, one_pending, kept_by=refused_by(G_IDLE)),
    "K9": Monitor(OWNERSHIP_OPERATIONS, terminal_absorbing, kept_by=refused_by(G_OPEN)),
    "K9-status": Monitor({"observe"}, terminal_status),
    "K11": Monitor(OWNERSHIP_OPERATIONS, closed_means_closed, kept_by=refused_by(G_ACTIVE)),
    "K17": Monitor({"apply_owned_session_mutation"}, foreign_edge, kept_by=refused_by(OWN_EDGE)),
}
