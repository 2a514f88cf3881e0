"""Monitors of what a receipt is good for: K19 and K21."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from telltale_conformance.model.guard_table import G_MATCH, G_STAGED, G_UNOWNED
from telltale_conformance.oracle.claims.ledger import RECEIPT_OPERATIONS
from telltale_conformance.oracle.claims.scopes import same_artifact
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen, refused_by


def receipt_single_use(seen: Seen) -> Judgement | None:
    """K19: a claim id is given out once, and only the receipt given out with it is accepted, once."""
    ledger = seen.ledger
    if ledger is None or ledger.unsure:
        return None
    if seen.op == "begin_ownership_transfer":
        if not seen.ok or not ledger.receipts:
            return None
        number = seen.answer["claim_id"]
        return Judgement(number in ledger.receipts, f"claim id {number} is given out again")
    receipt = seen.args["receipt"]
    number = receipt["claim_id"]
    if number in ledger.spent:
        return Judgement(seen.ok, f"{seen.op} accepts receipt {number}, which was used or has ended")
    if same_artifact(receipt, ledger.receipts.get(number)) or not (seen.ok or ledger.pending):
        return None
    return Judgement(seen.ok, f"{seen.op} accepts receipt {number} as it was never given out")


def transfer_reaches(seen: Seen) -> Judgement | None:
    """K21: a commit gives the capability that the pending receipt promises, and no claim replaces an owner."""
    ledger = seen.ledger
    if ledger is None or ledger.unsure:
        return None
    if seen.op == "claim_ownership":
        owner = ledger.live
        return None if owner is None else Judgement(seen.ok, f"a claim replaces {owner['owner_id']!r}, the live owner")
    if not seen.ok:
        return None
    receipt = ledger.pending
    if receipt is None:
        return Judgement(True, "a commit succeeds where nothing is pending")
    promised = {
        "session_id": ledger.sid,
        "owner_id": receipt["to_owner_id"],
        "generation": receipt["to_generation"],
        "scope": receipt["scope"],
    }
    reached = same_artifact(seen.answer, promised) and same_artifact(seen.args["receipt"], receipt)
    return Judgement(not reached, f"the commit gives {seen.answer}, and the transfer is to {promised}")


MONITORS: Final[Mapping[str, Monitor]] = {
    "K19": Monitor(
        {"begin_ownership_transfer", *RECEIPT_OPERATIONS}, receipt_single_use, kept_by=refused_by(G_STAGED, G_MATCH)
    ),
    "K21": Monitor({"claim_ownership", "commit_ownership_transfer"}, transfer_reaches, kept_by=refused_by(G_UNOWNED)),
}
