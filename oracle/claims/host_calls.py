"""Monitor of what the host changes without a capability: K28."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from telltale_conformance.model.guard_table import G_ACTIVE, G_OPEN, G_UNOWNED
from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims.ledger import Ledger
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen, refused_by
from telltale_conformance.oracle.claims.tables import Change, edge_of

HOST_CALLS: Final = those(lambda operation: operation.section == "§16" and not operation.reads_only)
OWNED_MUTATIONS: Final = those(lambda operation: "mutation" in operation.parameters)
_SHOWS: Final = those(lambda operation: operation.reads_only and operation.result in ("handler", "trace", "state"))


def guarded_mutation(seen: Seen) -> Judgement | None:
    """K28: what a host call asks of an owned or ended session is refused, or at least not done."""
    ledger = seen.ledger
    if ledger is None or ledger.unsure:
        return None
    if seen.op in OWNED_MUTATIONS:
        return _by_another(seen, ledger)
    if seen.op in HOST_CALLS:
        return Judgement(False, "") if ledger.guarded and not seen.ok else None
    if not seen.ok:
        return None
    shown = [(change, now) for change in ledger.tables.unasked if (now := _shown(seen, ledger, change)) is not None]
    for change, now in shown:
        if now == (change.value,):
            return Judgement(True, f"a host call changed {change.what} of a session that it may not change")
    return Judgement(False, "") if shown else None


def _by_another(seen: Seen, ledger: Ledger) -> Judgement | None:
    """Judge a mutation: of a session that has an owner only the owner's capability may change anything."""
    shown, live = seen.capability, ledger.live
    if not seen.ok or not ledger.guarded or shown is None:
        return None
    if live is not None and (shown["owner_id"], shown["generation"]) == (live["owner_id"], live["generation"]):
        return None
    return Judgement(True, f"{shown} mutates a session where {live} is live")


def _shown(seen: Seen, ledger: Ledger, change: Change) -> tuple[Any] | None:
    """Return what an answer shows in the place of a change; None where it does not show that place."""
    if seen.op == "default_handler_for_session":
        return (seen.answer or "",) if change.what == "default_handler" else None
    if seen.op != "observe":
        wanted = "handlers" if seen.op == "lookup_handler" else "traces"
        mine = change.what == wanted and change.edge == edge_of(seen.args["edge"])
        return (seen.answer,) if mine and (wanted == "traces" or ledger.tables.finds(change.edge)) else None
    if change.what == "default_handler":
        return (seen.answer["default_handler"],)
    entries = seen.answer["edge_handlers" if change.what == "handlers" else "edge_traces"]
    held = [
        entry["handler" if change.what == "handlers" else "trace"]
        for entry in entries
        if edge_of(entry["edge"]) == change.edge
    ]
    return (held[0] if held else None,)


MONITORS: Final[Mapping[str, Monitor]] = {
    "K28": Monitor(
        HOST_CALLS | OWNED_MUTATIONS | _SHOWS, guarded_mutation, kept_by=refused_by(G_OPEN, G_ACTIVE, G_UNOWNED)
    )
}
