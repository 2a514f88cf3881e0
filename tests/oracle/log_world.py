"""Audit logs that the reference wrote, and a slow judge of logs that shares nothing with the one under test."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from telltale_conformance.generators.programs import Generator
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.telltale.audit_logs import AuditLogReader
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    SESSION,
    U64_MAX,
    AuditRecord,
    Fragments,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
)

REASONS = (
    "ownership released",
    "ownership scope attenuated",
    "ownership transferred",
    "owner died",
    "transfer abandoned",
    "transfer commit failed",
    "session closed",
    "receipt is no longer pending",
    "receipt payload mismatch",
    "witness already consumed",
    "witness was never issued",
    "witness payload mismatch",
    "live ownership no longer matches witness",
    "ownership generation ended",
    "ownership terminated",
    "session unclaimed",
    "stale capability",
    "scope mismatch",
    "scope violation",
)
LEAN_TRACES = Path(__file__).parents[2] / "lean_traces"


class Written(NamedTuple):
    """A log that a store wrote."""

    contract: str
    sid: int
    records: list[AuditRecord]


def printed(records: Iterable[AuditRecord]) -> list[Any]:
    """Return records as JSON."""
    return [msgspec.json.decode(encode(record)) for record in records]


def generated(seed: int, index: int, contract: str, steps: int = 60) -> list[Written]:
    """Return the logs of all sessions of a generated program."""
    generator = Generator(seed, index, contract=contract)
    return logs_of(generator.store, generator.steps(steps), contract)


def logs_of(store: Store, steps: Iterable[Any], contract: str) -> list[Written]:
    """Return the logs of all sessions that a store had while steps were carried out."""
    sessions: dict[int, Session] = {}
    for _ in steps:
        sessions.update((id(session), session) for session in store.sessions.values())
    return [Written(contract, session.sid, list(session.log)) for session in sessions.values()]


def replayed(path: Path) -> list[Written]:
    """Return the logs of all sessions of a recorded trace, as the reference writes them."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        header, *events = [json.loads(line) for line in file][:-1]
    store = Store(header["contract"])
    carried_out = (
        step(store, OPERATIONS[event["op"]], CODECS[event["op"]].from_json(event["args"])) for event in events
    )
    return logs_of(store, carried_out, header["contract"])


class _At(NamedTuple):
    """A session and what its last operation has yet to write."""

    store: Store
    due: tuple[AuditRecord, ...]


def first_impossible(written: Written) -> int | None:
    """Return the first record that no run can write there; the length where the log breaks off; else None.

    Tries every operation with every argument that the values of the log can make, after every record.
    """
    calls = list(_calls(written))
    store = Store(written.contract)
    step(store, OPERATIONS["open_with_sid"], (written.sid, (), {}, None))
    possible = [_At(store, ())]
    for number, record in enumerate(written.records):
        following: dict[str, _At] = {}
        for at in possible:
            if at.due:
                if at.due[0] == record:
                    _add(following, at.store, at.due[1:])
                continue
            for start in _with_silent_close(at.store, written.sid):
                for op, arguments in calls:
                    copy = _copy(start, written.sid)
                    step(copy, OPERATIONS[op], arguments)
                    log = copy.sessions[written.sid].log
                    if log and log[0] == record:
                        _add(following, copy, tuple(log[1:]))
        if not following:
            return number
        possible = list(following.values())
    return None if any(not at.due for at in possible) else len(written.records)


def _with_silent_close(store: Store, sid: int) -> Iterator[Store]:
    yield store
    closed = _copy(store, sid)
    step(closed, OPERATIONS["close"], (sid,))
    if not closed.sessions[sid].log:
        yield closed


def _add(found: dict[str, _At], store: Store, due: tuple[AuditRecord, ...]) -> None:
    (session,) = store.sessions.values()
    key = repr((session.status, session.ownership, due))
    found.setdefault(key, _At(store, due))


def _copy(store: Store, sid: int) -> Store:
    copy = Store(store.contract)
    session = store.sessions[sid]
    own = session.ownership
    copy.insert(
        replace(
            session, ownership=replace(own, issued=dict(own.issued), consumed=set(own.consumed)), log=[], buffers={}
        )
    )
    copy.ended = set(store.ended)
    return copy


def _calls(written: Written) -> Iterator[tuple[str, tuple[Any, ...]]]:
    sid = written.sid
    owners, generations, scopes, predicates, reasons = {"\0nobody"}, {0}, {SESSION, Fragments(("\0",))}, {"p"}, {"r"}
    receipts: set[OwnershipReceipt] = set()
    witnesses: set[ReadinessWitness] = set()
    for record in written.records:
        (artifact,) = msgspec.structs.asdict(record.artifact).values()
        names = msgspec.structs.asdict(artifact)
        owners.update(names[key] for key in ("owner_id", "from_owner_id", "to_owner_id") if key in names)
        numbers = [names[key] for key in ("generation", "from_generation") if key in names]
        generations.update(number + more for number in numbers for more in (0, 1))
        scopes.update([names["scope"]] if "scope" in names else [])
        predicates.update([names["predicate_ref"]] if "predicate_ref" in names else [])
        reasons.update([record.reason] if record.reason is not None else [])
        if isinstance(artifact, OwnershipReceipt):
            receipts.add(artifact)
        elif isinstance(artifact, ReadinessWitness):
            witnesses.add(artifact)
    capabilities = [
        OwnershipCapability(generation=generation, owner_id=owner, scope=scope, session_id=sid)
        for owner, generation, scope in product(owners, generations, scopes)
    ]
    for owner in owners:
        yield "mark_owner_died", (sid, owner)
        yield from (("claim_ownership", (sid, owner, scope)) for scope in scopes)
    for capability in capabilities:
        yield "release_ownership", (capability,)
        yield from (("attenuate_ownership_scope", (capability, scope)) for scope in scopes)
        yield from (("begin_ownership_transfer", (capability, *to)) for to in product(owners, scopes))
        yield from (("issue_readiness_witness", (capability, predicate)) for predicate in predicates)
        yield from (("consume_readiness_witness", (capability, witness)) for witness in witnesses)
    for receipt in receipts:
        yield "commit_ownership_transfer", (receipt,)
        yield "rollback_ownership_transfer", (receipt,)
        yield "cancel_abandoned_transfer", (receipt,)
        yield from (("fault_failed_transfer_commit", (receipt, reason)) for reason in reasons)
    yield "close", (sid,)


def edits(records: list[AuditRecord], rng: Random) -> Iterator[tuple[str, list[AuditRecord]]]:
    """Yield logs with one record changed, dropped, repeated or swapped with the next; changed ones at random places."""
    for number in range(len(records)):
        yield f"drop {number}", records[:number] + records[number + 1 :]
        yield f"repeat {number}", records[: number + 1] + records[number:]
        if number + 1 < len(records) and records[number] != records[number + 1]:
            swapped = records[number + 1], records[number]
            yield f"swap {number}", [*records[:number], *swapped, *records[number + 2 :]]
        for what, changed in _changes(records[number], rng):
            yield f"{what} {number}", [*records[:number], changed, *records[number + 1 :]]


def _changes(record: AuditRecord, rng: Random) -> Iterator[tuple[str, AuditRecord]]:
    document = msgspec.json.decode(encode(record))
    ((kind, fields),) = document["artifact"].items()
    events = ["Issued", "Consumed", "Rejected", "Invalidated", "Committed", "RolledBack"]
    yield "event", _record({**document, "event": rng.choice([name for name in events if name != record.event])})
    reasons = [None, *REASONS]
    yield "reason", _record({**document, "reason": rng.choice([text for text in reasons if text != record.reason])})
    for name, value in fields.items():
        if isinstance(value, dict) and name == "reason":
            continue
        other: Any = f"{value}'" if isinstance(value, str) else {"Fragments": ["\0"]}
        if name == "scope":
            other = {"Fragments": ["\0"]} if value == "Session" else "Session"
        elif type(value) is int:
            other = min(value + rng.choice([1, -1]), U64_MAX - 1) if value else 1
        yield name, _record({**document, "artifact": {kind: {**fields, name: other}}})


def _record(document: Any) -> AuditRecord:
    stream = JsonStream(io.BytesIO(json.dumps([document]).encode()), "", DEFAULT_LIMITS)
    (found,) = AuditLogReader(stream, "authority_audit_log")
    return found.record
