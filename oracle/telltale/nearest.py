"""The record nearest to a given one that a log could have had in its place.

Every operation is tried on a copy of the session, with what the given record says for its arguments; what it writes
first is a record that could stand there.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

import msgspec

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    SESSION,
    AuditRecord,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Scope,
)
from telltale_conformance.oracle.telltale.writing import Call, Context, written_by

_WEIGHTS: Final = {"event": 4, "reason": 2}
_OTHER_KIND: Final = 16


def nearest_record(store: Store, sid: int, given: AuditRecord) -> AuditRecord | None:
    """Return the record that differs least from the given one, of those that an operation can write next.

    Args:
        store: after the operations so far; not changed.
        sid: the session whose log it is.
        given: the record that cannot stand there.
    """
    document = _document(given)
    candidates = list(possible_records(store, sid, given))
    return min(candidates, key=lambda record: _distance(document, _document(record)), default=None)


def possible_records(store: Store, sid: int, given: AuditRecord) -> Iterator[AuditRecord]:
    """Yield first records of the operations that are possible now, made as like the given one as they can be."""
    for op, arguments in _calls(store, sid, given):
        copy = copied(store, sid)
        log, runtime = copy.sessions[sid].log, copy.timeouts.log
        step(copy, OPERATIONS[op], arguments)
        yield from (log or runtime)[:1]


def possible_record(store: Store, sid: int, record: AuditRecord) -> bool:
    """Say whether the reference can write a record next, an operation of one record only."""
    written = written_by(record, Context(sid, store.sessions[sid], store))
    if written is None or written.last is not None:
        return False
    copy = copied(store, sid)
    for op, arguments in filter(None, (written.before, (written.op, written.arguments))):
        step(copy, OPERATIONS[op], arguments)
    return copy.sessions[sid].log == [record]


def copied(store: Store, sid: int) -> Store:
    """Return a store with a copy of one session and of the clock, their logs empty."""
    copy = Store(store.contract)
    session = store.sessions[sid]
    ownership = session.ownership
    kept = replace(ownership, issued=dict(ownership.issued), consumed=set(ownership.consumed))
    copy.sessions[sid] = replace(session, ownership=kept, log=[], buffers={}, edge_traces={})
    copy.timeouts = deepcopy(store.timeouts)
    copy.timeouts.log.clear()
    copy.ended = set(store.ended)
    copy.next_sid, copy.sids_exhausted = store.next_sid, store.sids_exhausted
    return copy


def _calls(store: Store, sid: int, given: AuditRecord) -> Iterator[Call]:
    ownership = store.sessions[sid].ownership
    fields = next(iter(msgspec.structs.asdict(given.artifact).values()))
    names = msgspec.structs.asdict(fields)
    owner = str(names.get("owner_id", names.get("from_owner_id", "")))
    scope: Scope = names.get("scope", SESSION)
    predicate = str(names.get("predicate_ref", ""))
    to_owner = str(names.get("to_owner_id", owner))
    live, pending = ownership.current, ownership.pending
    if "site" in names:
        yield from _timeout_calls(store, names)
        return
    yield "claim_ownership", (sid, owner, scope)
    if live is not None:
        as_given = msgspec.structs.replace(live, scope=scope)
        for capability in (live, as_given):
            yield "release_ownership", (capability,)
            yield "attenuate_ownership_scope", (capability, live.scope)
            yield "issue_readiness_witness", (capability, predicate)
        yield "begin_ownership_transfer", (live, to_owner, scope)
        yield "begin_ownership_transfer", (live, to_owner, live.scope)
        yield "mark_owner_died", (sid, live.owner_id)
    if pending is not None:
        yield "commit_ownership_transfer", (pending,)
        yield "rollback_ownership_transfer", (pending,)
        yield "cancel_abandoned_transfer", (pending,)
        yield "fault_failed_transfer_commit", (pending, "")
    yield "close", (sid,)
    for receipt in _receipts(fields, pending, sid, owner, to_owner, scope):
        yield "rollback_ownership_transfer", (receipt,)
        yield "commit_ownership_transfer", (receipt,)
    for witness in _witnesses(fields, ownership.issued.get(names.get("witness_id", -1)), sid, owner, scope):
        holder = OwnershipCapability(
            generation=witness.generation, owner_id=witness.owner_id, scope=witness.scope, session_id=sid
        )
        for capability in (holder, live or holder):
            yield "consume_readiness_witness", (capability, witness)


def _receipts(
    fields: Any, pending: OwnershipReceipt | None, sid: int, owner: str, to_owner: str, scope: Scope
) -> Iterator[OwnershipReceipt]:
    """Yield receipts that could be refused: the given one, else one like it."""
    if isinstance(fields, OwnershipReceipt):
        yield msgspec.structs.replace(fields, session_id=sid)
    elif pending is None:
        yield OwnershipReceipt(
            claim_id=1,
            from_generation=0,
            from_owner_id=owner,
            scope=scope,
            session_id=sid,
            to_generation=1,
            to_owner_id=to_owner,
        )


def _witnesses(
    fields: Any, issued: ReadinessWitness | None, sid: int, owner: str, scope: Scope
) -> Iterator[ReadinessWitness]:
    """Yield witnesses that could be consumed or refused: the given one, and the issued one of its number."""
    if issued is not None:
        yield issued
    if isinstance(fields, ReadinessWitness):
        yield fields
    elif issued is None:
        yield ReadinessWitness(
            generation=0, owner_id=owner, predicate_ref="", scope=scope, session_id=sid, witness_id=1
        )


def _timeout_calls(store: Store, names: dict[str, Any]) -> Iterator[Call]:
    yield "issue_timeout_witness", (names["site"], names["until_tick"])
    for witness in store.timeouts.live.values():
        yield "issue_timeout_witness", (witness.site, names["until_tick"])
        yield "advance_clock", (max(witness.until_tick, store.timeouts.clock),)


def _document(record: AuditRecord) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.json.decode(encode(record))
    return document


def _distance(left: Any, right: Any, name: str = "") -> int:
    """Count the fields that differ; another kind of artifact or event weighs more."""
    if isinstance(left, dict) and isinstance(right, dict):
        if name == "artifact" and left.keys() != right.keys():
            return _OTHER_KIND
        return sum(_distance(left.get(field), right.get(field), field) for field in left.keys() | right.keys())
    return 0 if left == right else _WEIGHTS.get(name, 1)
