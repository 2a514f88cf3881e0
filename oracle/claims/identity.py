"""Monitors of what may never come back: K1, K2, K3, K8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from telltale_conformance.model.guard_table import BOUND, G_LIVE, ISSUED, UNCHANGED, UNCONSUMED
from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims.ledger import ACCEPTS_CAPABILITY
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen, refused_by

_ISSUER: Final = ("session_id", "owner_id", "generation")
"""The fields of a witness that tell under which claim it was issued."""
_GIVES_WITNESS: Final = those(lambda operation: operation.result in ("witness", "cancellation"))


def generation_freshness(seen: Seen) -> Judgement | None:
    """K1: a capability that was invalidated is refused."""
    capability, ledger = seen.capability, seen.ledger
    if capability is None or ledger is None or (capability["owner_id"], capability["generation"]) not in ledger.dead:
        return None
    generation, owner = capability["generation"], capability["owner_id"]
    return Judgement(seen.ok, f"{seen.op} accepts generation {generation} of {owner!r}, once invalidated")


def witness_binding(seen: Seen) -> Judgement | None:
    """K2: only a witness that the present tenure issued is consumed; one of an earlier tenure is refused."""
    ledger = seen.ledger
    if ledger is None:
        return None
    witness = seen.args["witness"]
    number = witness["witness_id"]
    issued = ledger.witnesses.get(number)
    if seen.ok and (issued is None or any(witness[part] != issued[part] for part in _ISSUER)):
        return Judgement(True, f"witness {witness} was not issued under this claim, nor in this session")
    tenure = ledger.issued_in.get(number) if seen.ok else ledger.tenure_of.get(number)
    if tenure is None or tenure == ledger.tenure:
        return None
    return Judgement(seen.ok, f"witness {number} was issued under an earlier claim")


def witness_single_use(seen: Seen) -> Judgement | None:
    """K3: a witness id is given out once and consumed once."""
    ledger = seen.ledger
    if ledger is None:
        return None
    if seen.op == "consume_readiness_witness":
        number = seen.args["witness"]["witness_id"]
        return Judgement(seen.ok, f"witness {number} is consumed again") if number in ledger.consumed else None
    if not seen.ok or not ledger.given:
        return None
    number = seen.answer["witness_id"]
    return Judgement(number in ledger.given, f"witness id {number} is given out again")


def commit_generation(seen: Seen) -> Judgement | None:
    """K8: a commit makes the receipt's to_generation live, which is one above its from_generation."""
    if not seen.ok or seen.ledger is None:
        return None
    receipt, given = seen.args["receipt"], seen.answer["generation"]
    right = given == receipt["to_generation"] == receipt["from_generation"] + 1
    return Judgement(not right, f"generation {given} after {receipt['from_generation']}")


MONITORS: Final[Mapping[str, Monitor]] = {
    "K1": Monitor(ACCEPTS_CAPABILITY, generation_freshness, kept_by=refused_by(G_LIVE)),
    "K2": Monitor({"consume_readiness_witness"}, witness_binding, kept_by=refused_by(ISSUED, UNCHANGED, BOUND)),
    "K3": Monitor(
        {"consume_readiness_witness", *_GIVES_WITNESS}, witness_single_use, kept_by=refused_by(UNCONSUMED, ISSUED)
    ),
    "K8": Monitor({"commit_ownership_transfer"}, commit_generation),
}
