"""Monitors of what the log tells: K12 and K13."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims.ledger import OWNERSHIP_OPERATIONS, RECEIPT_OPERATIONS, Ledger
from telltale_conformance.oracle.claims.scopes import same_artifact
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen


def audit_completeness(seen: Seen) -> Judgement | None:
    """K12: the log gives the live owner, the pending receipt and the witnesses, as they are after the event."""
    ledger = seen.ledger
    if ledger is None or ledger.unaudited:
        return None
    if seen.op == "authority_audit_log":
        return _told(seen, ledger) if seen.ok and ledger.changed else None
    if seen.op == "observe":
        return _observed(seen) if seen.ok and ledger.changed else None
    gap = ledger.log_gap()
    return Judgement(bool(gap), gap) if gap or ledger.just_changed else None


def _told(seen: Seen, ledger: Ledger) -> Judgement:
    """Judge the log itself: it has what was appended to it, and nothing else."""
    told = seen.answer
    same = told is not None and len(told) == len(ledger.records) and all(map(_same_record, told, ledger.records))
    return Judgement(not same, "the log is not what was appended to it")


def _same_record(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if any(one.get(part) != other.get(part) for part in ("event", "reason", "tick")):
        return False
    ((kind, artifact),), ((its_kind, its_artifact),) = one["artifact"].items(), other["artifact"].items()
    return bool(kind == its_kind) and same_artifact(artifact, its_artifact)


def _observed(seen: Seen) -> Judgement:
    ledger = seen.ledger
    assert ledger is not None
    shown = seen.answer["ownership"]
    if not same_artifact(shown["current"], ledger.log_live):
        return Judgement(True, "the live owner is not the one the log gives")
    if not same_artifact(shown["pending_transfer"], ledger.log_pending):
        return Judgement(True, "the pending receipt is not the one the log gives")
    if seen.answer["audit_len"] != len(ledger.records):
        return Judgement(
            True, f"the log has {seen.answer['audit_len']} records, and {len(ledger.records)} were appended"
        )
    issued = {witness["witness_id"]: witness for witness in shown["issued_readiness"]}
    read = ledger.log_witnesses
    same = issued.keys() == read.keys() and all(same_artifact(issued[number], read[number]) for number in read)
    return Judgement(not same, "the issued witnesses are not those the log gives")


def rejection_audited(seen: Seen) -> Judgement | None:
    """K13: a receipt or witness that is refused is logged as Rejected."""
    kind, name = ("OwnershipReceipt", "receipt") if seen.op in RECEIPT_OPERATIONS else ("Readiness", "witness")
    if seen.ok or seen.audit is None or seen.ledger is None:
        return None
    if isinstance(seen.answer, dict) and "SessionNotFound" in seen.answer:
        return None
    logged = any(
        record["event"] == "Rejected"
        and kind in record["artifact"]
        and same_artifact(record["artifact"][kind], seen.args[name])
        for record in seen.audit
    )
    return Judgement(not logged, f"the {name} that {seen.op} refused is not logged as Rejected")


_SHOWS: Final = those(lambda one: one.result in ("state", "records") and "sid" in one.parameters)
MONITORS: Final[Mapping[str, Monitor]] = {
    "K12": Monitor({"close", *_SHOWS, *OWNERSHIP_OPERATIONS}, audit_completeness, after=True),
    "K13": Monitor({"consume_readiness_witness", *RECEIPT_OPERATIONS}, rejection_audited, kept_by=None),
}
