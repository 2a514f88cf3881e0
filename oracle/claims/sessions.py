"""Monitors of sessions, their buffers and their types: K10, K14, K15, K16."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from telltale_conformance.model.buffers import EnqueueResult
from telltale_conformance.model.guard_table import BUFFER, DISTINCT_ROLES, SID_AHEAD
from telltale_conformance.oracle.claims.exchanges import SENDS
from telltale_conformance.oracle.claims.seen import OPENS, Judgement, Monitor, Seen, opened_from, refused_by

_ENQUEUED: Final = get_args(EnqueueResult)


def unique_session(seen: Seen) -> Judgement | None:
    """K10: no id that was used names another session."""
    sid = seen.answer if seen.ok else seen.args.get("sid")
    return Judgement(seen.ok, f"session id {sid} named another session before") if sid in seen.used else None


def buffer_bound(seen: Seen) -> Judgement | None:
    """K14: a buffer that may be resized stays within its bound, in what it holds and in what it has room for."""
    ledger = seen.ledger
    bound = None if ledger is None else ledger.buffer_bound()
    if ledger is None or bound is None:
        return None
    if not seen.ok:
        return None
    if seen.op in SENDS:
        waiting = ledger.waiting((seen.args["from"], seen.args["to"]))
        if waiting is None or waiting < bound:
            return None
        if seen.answer not in _ENQUEUED:
            raise ValueError("a send gives none of its four results")
        return Judgement(seen.answer == "Ok", f"a buffer for {bound} messages takes one more")
    for buffer in seen.answer["buffers"]:
        for what in ("capacity", "len"):
            if buffer[what] > bound:
                return Judgement(True, f"{what} {buffer[what]} above {bound}")
    edges = ((buffer["edge"]["sender"], buffer["edge"]["receiver"]) for buffer in seen.answer["buffers"])
    return Judgement(False, "") if any(edge in ledger.pressed for edge in edges) else None


def blueprint(seen: Seen) -> Judgement | None:
    """K15: the edges are those that the types of the listed roles need."""
    if seen.op in SENDS:
        return _sent_to(seen)
    if seen.op != "observe":
        held = opened_from(seen.args)
        roles, types = held["roles"], held["initial_types"]
        if not seen.ok:
            return Judgement(False, "") if len(set(roles)) < len(roles) else None
        if seen.op != "plan":
            return None
        found = {tuple(entry[0]) for entry in seen.answer["edge_blueprint"]}
        for (sender, receiver), *names in seen.answer["edge_blueprint"]:
            if names != [roles[sender], roles[receiver]]:
                return Judgement(True, f"edge {[sender, receiver]} is called {names}")
        return _edges(found, seen.types.blueprint(roles, types), seen.types.talk(roles, types))
    opened = seen.types.opened_blueprint(seen.args["sid"])
    if opened is None or not seen.ok:
        return None
    return _edges({(edge[0], edge[1]) for edge in seen.answer["edges"]}, *opened)


def _sent_to(seen: Seen) -> Judgement | None:
    """Judge a send: an edge that nobody needs takes no message, and one that is needed has a buffer."""
    ledger, opened = seen.ledger, seen.types.opened_blueprint(seen.args["sid"])
    if ledger is None or opened is None or ledger.closed or len(set(ledger.roles)) < len(ledger.roles):
        return None
    edge = seen.args["from"], seen.args["to"]
    needed = edge in {(ledger.roles[sender], ledger.roles[receiver]) for sender, receiver in opened[0]}
    if seen.ok and not needed:
        return Judgement(True, f"a message is sent on {edge}, which no type needs")
    no_buffer = seen.refusal == BUFFER.error
    return Judgement(True, f"there is no buffer for {edge}, which is needed") if no_buffer and needed else None


def _edges(found: set[Any], needed: set[tuple[int, int]], talk: bool) -> Judgement | None:
    broken = found != needed
    return Judgement(broken, f"edges {sorted(found)}, needed {sorted(needed)}") if broken or talk else None


def unfolding(seen: Seen) -> Judgement | None:
    """K16: following a branch gives the continuation of the substituted type; the role's place moves on with it."""
    followed = seen.types.advance(seen.args, seen.answer if seen.ok else None)
    if followed is None or not (followed.broken or followed.within_recursion):
        return None
    why = "current is not the continuation's unfolding" if seen.ok else "a branch that the type has is refused"
    return Judgement(followed.broken, why)


MONITORS: Final[Mapping[str, Monitor]] = {
    "K10": Monitor(OPENS, unique_session, kept_by=refused_by(SID_AHEAD)),
    "K14": Monitor({"observe", *SENDS}, buffer_bound),
    "K15": Monitor({"plan", "observe", *OPENS, *SENDS}, blueprint, kept_by=refused_by(DISTINCT_ROLES)),
    "K16": Monitor({"advance"}, unfolding),
}
