"""Stores with one defect each, for trying the minimiser: the reference with one operation replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from telltale_conformance.lean_traces.printing import encode_answer
from telltale_conformance.model import advance as typed
from telltale_conformance.model import messages, mutations, ownership, witnesses
from telltale_conformance.model import sessions as lifecycle
from telltale_conformance.model.contract import contract_named
from telltale_conformance.model.errors import OwnershipError, Refused
from telltale_conformance.model.guard_table import G_IDLE, G_LIVE
from telltale_conformance.model.operations import OPERATIONS, step
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import SESSION, AuditRecord, OwnershipCapability
from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.protocol import Answer, Request
from telltale_conformance.oracle.adapters.reference import _cut, read_arguments, reference_hello

Replaced = dict[str, Callable[..., Any]]


class CountedReference(DirectAdapter):
    """A reference store that counts the programs that it was given; what it answers is the subclass's."""

    def __init__(self, contract: str = "telltale-17") -> None:
        super().__init__(reference_hello(contract_named(contract)))
        self._contract = contract
        self._store = Store(contract)
        self.programs = 0

    def _fresh(self) -> None:
        self._store = Store(self._contract)
        self.programs += 1


class WrongReference(CountedReference):
    """The reference store with some operations replaced."""

    def __init__(self, replaced: Replaced, contract: str = "telltale-17") -> None:
        super().__init__(contract)
        self._operations = {
            **OPERATIONS,
            **{name: OPERATIONS[name]._replace(function=function) for name, function in replaced.items()},
        }

    def _answer(self, request: Request) -> Answer:
        try:
            outcome = step(self._store, self._operations[request.op], read_arguments(request.op, request.args))
        except Exception as error:
            return Answer("panic", msgspec.json.encode(f"{type(error).__name__}: {error}"), None)
        return _cut(encode_answer(outcome, audited=True))


def _session(store: Store, given: Any) -> Any:
    return store.sessions.get(given.session_id)


def release_keeps_owner(store: Store, capability: Any) -> None:
    ownership.release_ownership(store, capability)
    session = _session(store, capability)
    session.ownership.current = capability


def validate_ignores_generation(store: Store, capability: Any) -> None:
    session = _session(store, capability)
    if session is not None and session.ownership.current is not None:
        capability = msgspec.structs.replace(capability, generation=session.ownership.current.generation)
    ownership.validate_ownership_capability(store, capability)


def validate_accepts_older(store: Store, capability: Any) -> None:
    session = _session(store, capability)
    live = session.ownership.current if session else None
    if live is not None and capability.generation < live.generation:
        capability = msgspec.structs.replace(capability, generation=live.generation)
    ownership.validate_ownership_capability(store, capability)


def validate_ignores_owner(store: Store, capability: Any) -> None:
    session = _session(store, capability)
    if session is not None and session.ownership.current is not None:
        capability = msgspec.structs.replace(capability, owner_id=session.ownership.current.owner_id)
    ownership.validate_ownership_capability(store, capability)


def begin_allows_second(store: Store, capability: Any, new_owner_id: str, new_scope: Any) -> Any:
    session = _session(store, capability)
    pending = None if session is None else session.ownership.pending
    if session is not None:
        session.ownership.pending = None
    try:
        return ownership.begin_ownership_transfer(store, capability, new_owner_id, new_scope)
    except Refused:
        if session is not None:
            session.ownership.pending = pending
        raise


def rollback_resets_claim_id(store: Store, receipt: Any) -> None:
    ownership.rollback_ownership_transfer(store, receipt)
    _session(store, receipt).ownership.next_claim_id -= 1


def commit_keeps_generation(store: Store, receipt: Any) -> Any:
    capability = ownership.commit_ownership_transfer(store, receipt)
    kept = msgspec.structs.replace(capability, generation=receipt.from_generation)
    _session(store, receipt).ownership.current = kept
    return kept


def commit_forgets_record(store: Store, receipt: Any) -> Any:
    capability = ownership.commit_ownership_transfer(store, receipt)
    log = _session(store, receipt).log
    del log[-2]
    return capability


def commit_scope_of_giver(store: Store, receipt: Any) -> Any:
    before = _session(store, receipt).ownership.current if _session(store, receipt) else None
    capability = ownership.commit_ownership_transfer(store, receipt)
    wrong = msgspec.structs.replace(capability, scope=before.scope)
    _session(store, receipt).ownership.current = wrong
    return wrong


def attenuate_keeps_generation(store: Store, capability: Any, new_scope: Any) -> Any:
    ownership.attenuate_ownership_scope(store, capability, new_scope)
    session = _session(store, capability)
    session.ownership.current = msgspec.structs.replace(capability, scope=new_scope)
    return session.ownership.current


def attenuate_counts_silently(store: Store, capability: Any, new_scope: Any) -> Any:
    given = ownership.attenuate_ownership_scope(store, capability, new_scope)
    session = _session(store, capability)
    session.ownership.current = msgspec.structs.replace(given, generation=given.generation + 1)
    return given


def consume_twice(store: Store, capability: Any, witness: Any) -> None:
    witnesses.consume_readiness_witness(store, capability, witness)
    session = _session(store, capability)
    session.ownership.consumed.discard(witness.witness_id)
    session.ownership.issued[witness.witness_id] = witness


def consume_ignores_scope(store: Store, capability: Any, witness: Any) -> None:
    session = _session(store, capability)
    issued = session.ownership.issued.get(witness.witness_id) if session else None
    if issued is not None and session.ownership.current is not None:
        live = session.ownership.current
        fixed = msgspec.structs.replace(
            issued, owner_id=live.owner_id, generation=live.generation, scope=capability.scope
        )
        session.ownership.issued[witness.witness_id] = fixed
        witness = fixed
    witnesses.consume_readiness_witness(store, capability, witness)


def issue_repeats_id_after_consume(store: Store, capability: Any, predicate_ref: str) -> Any:
    session = _session(store, capability)
    if session is not None and session.ownership.consumed:
        session.ownership.next_witness_id = max(session.ownership.consumed)
    return witnesses.issue_readiness_witness(store, capability, predicate_ref)


def issue_ignores_scope(store: Store, capability: Any, predicate_ref: str) -> Any:
    session = _session(store, capability)
    if session is not None and session.ownership.current is not None:
        current = session.ownership.current
        session.ownership.current = msgspec.structs.replace(current, scope=SESSION)
        try:
            return witnesses.issue_readiness_witness(store, capability, predicate_ref)
        finally:
            session.ownership.current = current
    return witnesses.issue_readiness_witness(store, capability, predicate_ref)


def release_ignores_pending(store: Store, capability: Any) -> None:
    session = _session(store, capability)
    pending = session.ownership.pending if session else None
    if pending is not None:
        session.ownership.pending = None
    ownership.release_ownership(store, capability)


def died_forgets_pending(store: Store, sid: int, owner_id: str) -> Any:
    session = store.sessions.get(sid)
    pending = session.ownership.pending if session else None
    given = ownership.mark_owner_died(store, sid, owner_id)
    if session is not None:
        session.ownership.pending = pending
    return given


def died_any_owner(store: Store, sid: int, owner_id: str) -> Any:
    session = store.sessions.get(sid)
    if session is not None and session.ownership.current is not None and session.ownership.current.generation > 0:
        owner_id = session.ownership.current.owner_id
    return ownership.mark_owner_died(store, sid, owner_id)


def cancel_logs_nothing(store: Store, receipt: Any) -> Any:
    session = _session(store, receipt)
    before = len(session.log) if session else 0
    given = ownership.cancel_abandoned_transfer(store, receipt)
    del session.log[before:]
    return given


def fault_uses_witness_id(store: Store, receipt: Any, reason: str) -> None:
    ownership.fault_failed_transfer_commit(store, receipt, reason)
    _session(store, receipt).ownership.next_witness_id += 1


def claim_remembers_generation(store: Store, sid: int, owner_id: str, scope: Any) -> Any:
    given = ownership.claim_ownership(store, sid, owner_id, scope)
    session = store.sessions[sid]
    earlier = [
        record.artifact.OwnershipCapability.generation
        for record in session.log[:-1]
        if hasattr(record.artifact, "OwnershipCapability")
    ]
    if earlier and max(earlier) > 0:
        given = msgspec.structs.replace(given, generation=max(earlier) + 1)
        session.ownership.current = given
    return given


def close_keeps_messages_count(store: Store, sid: int) -> None:
    session = store.sessions.get(sid)
    epoch = session.epoch if session else 0
    lifecycle.close(store, sid)
    if session is not None and session.ownership.current is not None:
        session.epoch = epoch


def close_releases(store: Store, sid: int) -> None:
    lifecycle.close(store, sid)
    store.sessions[sid].ownership.current = None


def reap_forgets_order(store: Store, session_ids: Any) -> Any:
    return lifecycle.reap_sessions(store, sorted(session_ids))


def reap_closed_one(store: Store) -> Any:
    return lifecycle.reap_sessions(store, lifecycle.closed_session_ids(store)[:1])


def ids_forget_reaped(store: Store, roles: Any, initial_types: Any, buffer_config: Any = None) -> int:
    if store.archive and not store.sessions:
        store.next_sid = 0
    return lifecycle.open(store, roles, initial_types, buffer_config)


def send_drops_third(store: Store, sid: int, from_: str, to: str, val: Any) -> Any:
    session = store.sessions.get(sid)
    buffer = session.buffers.get((from_, to)) if session else None
    if buffer is not None and len(buffer.messages) == 2:
        return "Dropped"
    return messages.send(store, sid, from_, to, val)


def recv_newest(store: Store, sid: int, from_: str, to: str) -> Any:
    session = store.sessions.get(sid)
    buffer = session.buffers.get((from_, to)) if session else None
    if buffer is not None and len(buffer.messages) > 1:
        buffer.messages.rotate(1)
    return messages.recv(store, sid, from_, to)


def has_message_after_close(store: Store, sid: int, from_: str, to: str) -> Any:
    found = messages.has_message(store, sid, from_, to)
    return True if store.sessions[sid].status == "Closed" else found


def advance_by_first_branch(store: Store, ep: Any, label: str) -> Any:
    given = typed.advance(store, ep, label)
    entry = store.sessions[ep.sid].types[ep.role]
    entry.current = entry.original
    return given


def handler_default_fallback(store: Store, edge: Any) -> Any:
    found = mutations.lookup_handler(store, edge)
    session = store.sessions.get(edge.sid)
    if found is None and session is not None and session.default_handler != "default_handler":
        return session.default_handler
    return found


def mutation_on_closed_panics(store: Store, capability: Any, mutation: Any) -> None:
    session = _session(store, capability)
    if session is not None and session.status == "Closed":
        raise IndexError(f"index {len(session.buffers)} out of bounds")
    mutations.apply_owned_session_mutation(store, capability, mutation)


def validate_logs(store: Store, capability: Any) -> None:
    ownership.validate_ownership_capability(store, capability)
    session = _session(store, capability)
    if session.ownership.pending is not None:
        session.log.append(AuditRecord(session.log[-1].artifact, "Issued"))


def attenuate_while_pending(store: Store, capability: Any, new_scope: Any) -> Any:
    try:
        return ownership.attenuate_ownership_scope(store, capability, new_scope)
    except OwnershipError as refused:
        if refused.guard is not G_IDLE:
            raise
        session = _session(store, capability)
        pending, session.ownership.pending = session.ownership.pending, None
        try:
            return ownership.attenuate_ownership_scope(store, capability, new_scope)
        finally:
            session.ownership.pending = pending


def begin_refuses_fragments(store: Store, capability: Any, new_owner_id: str, new_scope: Any) -> Any:
    if capability.generation > 1:
        generation = capability.generation
        stale = {"expected_generation": generation, "owner_id": capability.owner_id}
        raise OwnershipError(G_LIVE, {"actual_generation": generation, "session_id": capability.session_id, **stale})
    return ownership.begin_ownership_transfer(store, capability, new_owner_id, new_scope)


def current_after_death(store: Store, sid: int) -> Any:
    session = store.sessions.get(sid)
    found = ownership.current_ownership(store, sid)
    if found is None and session is not None and session.ownership.terminal is not None:
        return OwnershipCapability(generation=0, owner_id="nobody", scope=SESSION, session_id=sid)
    return found


WRONG: dict[str, Replaced] = {
    "release keeps the owner": {"release_ownership": release_keeps_owner},
    "validate ignores the generation": {"validate_ownership_capability": validate_ignores_generation},
    "validate accepts older generations": {"validate_ownership_capability": validate_accepts_older},
    "validate ignores the owner": {"validate_ownership_capability": validate_ignores_owner},
    "begin allows a second transfer": {"begin_ownership_transfer": begin_allows_second},
    "rollback gives the claim id back": {"rollback_ownership_transfer": rollback_resets_claim_id},
    "commit keeps the generation": {"commit_ownership_transfer": commit_keeps_generation},
    "commit logs one record less": {"commit_ownership_transfer": commit_forgets_record},
    "commit grants the giver's scope": {"commit_ownership_transfer": commit_scope_of_giver},
    "attenuate keeps the generation": {"attenuate_ownership_scope": attenuate_keeps_generation},
    "attenuate counts once more in silence": {"attenuate_ownership_scope": attenuate_counts_silently},
    "a witness is consumed twice": {"consume_readiness_witness": consume_twice},
    "a witness outlives its generation": {"consume_readiness_witness": consume_ignores_scope},
    "witness ids repeat after a consume": {"issue_readiness_witness": issue_repeats_id_after_consume},
    "issue ignores the scope": {"issue_readiness_witness": issue_ignores_scope},
    "release ignores a pending transfer": {"release_ownership": release_ignores_pending},
    "owner death keeps the pending transfer": {"mark_owner_died": died_forgets_pending},
    "anybody may die after a transfer": {"mark_owner_died": died_any_owner},
    "cancel logs nothing": {"cancel_abandoned_transfer": cancel_logs_nothing},
    "fault uses a witness id": {"fault_failed_transfer_commit": fault_uses_witness_id},
    "claim goes on counting after a transfer": {"claim_ownership": claim_remembers_generation},
    "close of an owned session keeps the epoch": {"close": close_keeps_messages_count},
    "close releases": {"close": close_releases},
    "reap sorts": {"reap_sessions": reap_forgets_order},
    "reap takes one": {"reap_closed": reap_closed_one},
    "ids begin again in an empty store": {"open": ids_forget_reaped},
    "send drops the third message": {"send": send_drops_third},
    "recv gives the newest": {"recv": recv_newest},
    "a closed session has messages": {"has_message": has_message_after_close},
    "advance goes back": {"advance": advance_by_first_branch},
    "look-up falls back to the default": {"lookup_handler": handler_default_fallback},
    "mutation of a closed session panics": {"apply_owned_session_mutation": mutation_on_closed_panics},
    "validate logs while a transfer is pending": {"validate_ownership_capability": validate_logs},
    "attenuate while a transfer is pending": {"attenuate_ownership_scope": attenuate_while_pending},
    "begin refuses the third generation": {"begin_ownership_transfer": begin_refuses_fragments},
    "an owner after death": {"current_ownership": current_after_death},
}
"""Thirty-six defects by name."""
