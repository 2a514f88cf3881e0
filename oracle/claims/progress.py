"""Monitor of K24: whoever may do something, by what was seen of the session, is not refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from telltale_conformance.model.guard_table import FEW_HANDLERS
from telltale_conformance.oracle.claims.answers import NEEDS_WHOLE_SESSION
from telltale_conformance.oracle.claims.ledger import OWNERSHIP_OPERATIONS, RECEIPT_OPERATIONS, Ledger
from telltale_conformance.oracle.claims.scopes import fragments, same_artifact, within
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen

_WANTS_IDLE: Final = frozenset({"release_ownership", "begin_ownership_transfer", "attenuate_ownership_scope"})


def progress(seen: Seen) -> Judgement | None:
    """K24: the operation succeeds where the answers before say that it may be asked for."""
    ledger = seen.ledger
    if ledger is None or not _may(seen, ledger):
        return None
    if not seen.ok and isinstance(seen.answer, str) and seen.answer.startswith(FEW_HANDLERS.fixed_parts[0]):
        return None  # a limit of the store (contract §18), which is no refusal
    return Judgement(not seen.ok, f"{seen.op} is refused to one who may ask for it: {seen.answer}")


def _may(seen: Seen, ledger: Ledger) -> bool:
    if seen.op == "close":
        return True
    if ledger.terminal or ledger.closed:
        return False
    if seen.op == "claim_ownership":
        return ledger.live is None
    if seen.op in RECEIPT_OPERATIONS:
        return ledger.pending is not None and same_artifact(seen.args["receipt"], ledger.pending)
    if ledger.live is None:
        return False
    if seen.op == "mark_owner_died":
        return bool(seen.args["owner_id"] == ledger.live["owner_id"])
    return same_artifact(seen.capability, ledger.live) and _owner_may(seen.op, seen.args, ledger)


def _owner_may(op: str, args: Any, ledger: Ledger) -> bool:
    assert ledger.live is not None
    scope = ledger.live["scope"]
    if op in _WANTS_IDLE and ledger.pending is not None:
        return False
    if "new_scope" in args and not within(args["new_scope"], scope):
        return False
    if op in NEEDS_WHOLE_SESSION and fragments(scope) is not None:
        return False
    if op == "consume_readiness_witness":
        witness = args["witness"]
        return same_artifact(witness, ledger.fresh.get(witness["witness_id"]))
    return op != "apply_owned_session_mutation" or _own(args["mutation"], ledger)


def _own(mutation: Any, ledger: Ledger) -> bool:
    ((_, given),) = mutation.items()
    edge = given.get("edge")
    if edge is None:
        return True
    return edge["sid"] == ledger.sid and {edge["sender"], edge["receiver"]} <= set(ledger.roles)


MONITORS: Final[Mapping[str, Monitor]] = {"K24": Monitor({"close", *OWNERSHIP_OPERATIONS}, progress)}
