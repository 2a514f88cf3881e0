"""Stores whose answers are right and whose sessions are not: what is wrong in each, and which claim it breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telltale_conformance.model import advance, messages, mutations, ownership, sessions
from telltale_conformance.model.errors import OwnershipError, Refused
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.model.signatures import SignedMessage
from telltale_conformance.model.state import Ownership, Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import SESSION, Edge, OwnerDied, OwnerDiedFields, UpdateEdgeHandler
from tests.oracle.claims.replaced import Operation, Replaced, after, owned, refused_after, set_in, twice


def lives(**changed: Any) -> Operation:
    """Make something else live than what was given."""

    def change(store: Store, result: Any, given: Any, *_: Any) -> None:
        owned(store, given).current = set_in(result, **changed)

    return change


def next_generation_lives(store: Store, result: Any, receipt: Any) -> None:
    owned(store, receipt).current = set_in(result, generation=result.generation + 1)
    owned(store, receipt).next_generation += 1


def pending_grants_all(store: Store, result: Any, *given: Any) -> None:
    owned(store, result).pending = set_in(result, scope=SESSION)


def widens(store: Store, capability: Any, new_scope: Any) -> None:
    live = owned(store, capability).current
    if live is not None and live == capability:
        owned(store, capability).current = set_in(live, scope=new_scope)


def pends_anew(store: Store, capability: Any, new_owner_id: str, _: Any) -> None:
    held = owned(store, capability)
    if held.pending is not None and held.current == capability:
        held.pending = set_in(held.pending, to_owner_id=new_owner_id, claim_id=held.pending.claim_id + 1)


def keeps_scope(store: Store, capability: Any, new_scope: Any) -> Any:
    live = owned(store, capability).current
    given = ownership.attenuate_ownership_scope(store, capability, new_scope)
    owned(store, capability).current = set_in(given, scope=live.scope if live else SESSION)
    return given


def another_reason(store: Store, _: Any, sid: int) -> None:
    if owned(store, sid).terminal is not None:
        owned(store, sid).terminal = OwnerDied(OwnerDiedFields("somebody"))


def begins_anew(store: Store, sid: int, *_: Any) -> None:
    if sid in store.sessions:
        store.sessions[sid].ownership = Ownership()
        store.sessions[sid].log = []


def each_session(change: Callable[[Session], None]) -> Operation:
    def changes(store: Store, *_: Any) -> None:
        for session in store.sessions.values():
            change(session)

    return changes


def generations_begin_anew(session: Session) -> None:
    if session.ownership.current is None:
        session.ownership.next_generation = 0


def messages_turn_round(session: Session) -> None:
    for buffer in session.buffers.values():
        buffer.messages.reverse()


def last_records(store: Store, sid: int) -> Any:
    log = ownership.authority_audit_log(store, sid)
    return log if log is None else log[-3:]


def sends_anywhere(store: Store, sid: int, from_: str, to: str, val: Any) -> Any:
    try:
        return messages.send(store, sid, from_, to, val)
    except Refused:
        if sid in store.sessions and {from_, to} <= set(store.sessions[sid].roles):
            return "Ok"
        raise


def binds_in_all(store: Store, _: Any, capability: Any, mutation: Any) -> None:
    for session in store.sessions.values():
        if isinstance(mutation, UpdateEdgeHandler) and {mutation.edge.sender, mutation.edge.receiver} <= {
            *session.roles
        }:
            mutations.bind_handler(store, session, set_in(mutation.edge, sid=session.sid), mutation.handler)


def stores_foreign(store: Store, capability: Any, mutation: Any) -> None:
    session = store.sessions.get(capability.session_id)
    if session is not None and isinstance(mutation, UpdateEdgeHandler):
        session.edge_handlers[mutation.edge] = mutation.handler


def receives_from_behind(store: Store, sid: int, from_: str, to: str) -> Any:
    message = messages.recv(store, sid, from_, to)
    return messages.recv(store, sid, to, from_) if message is None else message


def other_numbers(store: Store, sid: int, from_: str, to: str) -> Any:
    message = messages.recv_verified_signed(store, sid, from_, to)
    return message and SignedMessage(message.payload, message.sequence_no + 7, message.valid)


def receiver_owns(store: Store, _: Any, receipt: Any) -> None:
    live = owned(store, receipt).current
    if live is not None:
        owned(store, receipt).current = set_in(live, owner_id=receipt.to_owner_id)


def dies_all_the_same(store: Store, sid: int, owner_id: str) -> None:
    held = owned(store, sid)
    if held.current is not None and held.terminal is None:
        held.current, held.terminal = None, OwnerDied(OwnerDiedFields(owner_id))


def consumes(strange: Callable[[Ownership, Any, Any], bool]) -> Replaced:
    """Consume witnesses that are strange to the session as well."""
    right = OPERATIONS["consume_readiness_witness"].function

    def consumes_strange(store: Store, capability: Any, witness: Any) -> None:
        try:
            right(store, capability, witness)
        except OwnershipError:
            held = owned(store, capability)
            if held.current != capability or capability.scope != SESSION or not strange(held, capability, witness):
                raise

    return {"consume_readiness_witness": consumes_strange}


def any_owner(op: str) -> Replaced:
    """Look at the generation alone of a capability."""
    right = OPERATIONS[op].function

    def accepts(store: Store, capability: Any, *given: Any) -> Any:
        live = owned(store, capability).current
        if live is not None and live.generation == capability.generation:
            capability = set_in(capability, owner_id=live.owner_id)
        return right(store, capability, *given)

    return {op: accepts}


def traces_what_is_sent(store: Store, _: Any, sid: int, from_: str, to: str, val: Any) -> None:
    mutations.store_trace(store, store.sessions[sid], Edge(sid=sid, sender=from_, receiver=to), ())


def default_of_the_step(store: Store, _: Any, ep: Any, label: str) -> None:
    store.sessions[ep.sid].default_handler = label


def first_configuration() -> Replaced:
    first: dict[Any, Any] = {}

    def opens(store: Store, sid: int, plan: Any, buffer_config: Any = None) -> int:
        kept = first.setdefault((store, *plan.roles), buffer_config)
        return sessions.open_with_sid_from_plan(store, sid, plan, kept)

    return {"open_with_sid_from_plan": opens}


def handlers_in_common() -> Replaced:
    first: dict[Any, Any] = {}

    def opens(store: Store, sid: int, plan: Any, buffer_config: Any = None) -> int:
        session = store.sessions[sessions.open_with_sid_from_plan(store, sid, plan, buffer_config)]
        session.pair_handlers = first.setdefault((store, *plan.roles), session.pair_handlers)
        return sid

    return {"open_with_sid_from_plan": opens}


def plans_by_roles() -> Replaced:
    kept: dict[Any, Any] = {}

    def plan(store: Store, roles: Any, types: Any) -> Any:
        return kept.setdefault((store, *roles), sessions.plan(store, roles, types))

    return {"plan": plan}


def by_size(op: str) -> Replaced:
    """Compare scopes by how many fragments they have."""
    right = OPERATIONS[op].function

    def accepts(store: Store, capability: Any, *given: Any) -> Any:
        held = owned(store, capability)
        live, new = held.current, given[-1]
        if live is None or live != capability or SESSION in (live.scope, new):
            return right(store, capability, *given)
        if len(new.Fragments) > len(live.scope.Fragments):
            return right(store, capability, *given)
        held.current = set_in(live, scope=SESSION)
        try:
            return right(store, held.current, *given)
        finally:
            held.current = live if held.current.generation == live.generation else held.current

    return {op: accepts}


def honest_by_size(op: str) -> Replaced:
    """Take a capability whose scope is as large as the live one."""
    right = OPERATIONS[op].function

    def accepts(store: Store, capability: Any, *given: Any) -> Any:
        live = owned(store, capability).current
        parts = live is not None and SESSION not in (live.scope, capability.scope)
        if parts and len(live.scope.Fragments) == len(capability.scope.Fragments):
            capability = set_in(capability, scope=live.scope)
        return right(store, capability, *given)

    return {op: accepts}


def dies_as(alike: Callable[[str, str], bool]) -> Replaced:
    """Take a name that is like the owner's for the owner's."""

    def dies(store: Store, sid: int, owner_id: str) -> Any:
        live = owned(store, sid).current
        name = live.owner_id if live is not None and alike(owner_id, live.owner_id) else owner_id
        return ownership.mark_owner_died(store, sid, name)

    return {"mark_owner_died": dies}


def former_owner_dies() -> Replaced:
    """Take the death of whoever claimed the session for the owner's."""
    claimed: set[tuple[Store, int, str]] = set()

    def claims(store: Store, sid: int, owner_id: str, scope: Any) -> Any:
        given = ownership.claim_ownership(store, sid, owner_id, scope)
        claimed.add((store, sid, owner_id))
        return given

    def dies(store: Store, sid: int, owner_id: str) -> Any:
        live = owned(store, sid).current
        name = live.owner_id if live is not None and (store, sid, owner_id) in claimed else owner_id
        return ownership.mark_owner_died(store, sid, name)

    return {"claim_ownership": claims, "mark_owner_died": dies}


def buffers_grow(session: Session) -> None:
    for buffer in session.buffers.values():
        if len(buffer.messages) > 2:
            buffer.capacity += 1


def id_of_another_owner(held: Ownership, capability: Any, witness: Any) -> bool:
    return bool(witness.session_id != capability.session_id)


def id_to_come(held: Ownership, _: Any, witness: Any) -> bool:
    return bool(witness.witness_id >= held.next_witness_id)


def ends_all_by_death(store: Store, _: Any, sid: int, owner_id: str) -> None:
    for session in store.sessions.values():
        if session.ownership.current is not None:
            session.ownership.current, session.ownership.terminal = None, OwnerDied(OwnerDiedFields(owner_id))


def exchanges_the_last(store: Store, *_: Any) -> None:
    (one, first), *_, (other, last) = sorted(store.sessions.items())
    first.sid, last.sid = other, one
    store.sessions[one], store.sessions[other] = last, first


def places_in_common() -> Replaced:
    first: dict[Any, Any] = {}

    def opens(store: Store, sid: int, plan: Any, buffer_config: Any = None) -> int:
        session = store.sessions[sessions.open_with_sid_from_plan(store, sid, plan, buffer_config)]
        session.types = first.setdefault((store, *plan.roles), session.types)
        return sid

    return {"open_with_sid_from_plan": opens}


def stays_in_its_place(store: Store, ep: Any, label: str) -> Any:
    entry = store.sessions[ep.sid].types[ep.role]
    before = entry.current, entry.original
    given = advance.advance(store, ep, label)
    entry.current, entry.original = before
    return given


def binds_all_the_same(store: Store, edge: Any, handler: str) -> None:
    session = store.sessions.get(edge.sid)
    if session is not None and {edge.sender, edge.receiver} <= set(session.roles):
        mutations.bind_handler(store, session, edge, handler)


LOOKED_AT = "coverage, looked at"
STORES: dict[str, tuple[str, str, Replaced]] = {
    "generations begin anew with a reload": ("K1", "tenures", after("reload", each_session(generations_begin_anew))),
    "the witness of another session": ("K2", "neighbours", consumes(id_of_another_owner)),
    "a witness that was never issued": ("K2", "coverage", consumes(id_to_come)),
    "more is live than attenuating gave": ("K4", "scopes", after("attenuate_ownership_scope", lives(scope=SESSION))),
    "attenuating changes nothing": ("K4", "scopes", {"attenuate_ownership_scope": keeps_scope}),
    "refused, and yet widened": ("K4", "scopes", refused_after("attenuate_ownership_scope", widens)),
    "narrower by size": ("K4", "scopes", by_size("attenuate_ownership_scope")),
    "granted by size": ("K5", "scopes", by_size("begin_ownership_transfer")),
    "honest by size": ("K6", "scopes", honest_by_size("validate_ownership_capability")),
    "a reload makes room": ("K14", "neighbours", after("reload", each_session(buffers_grow))),
    "a name in other letters dies": ("K22", "tenures", dies_as(lambda name, owner: name.lower() == owner.lower())),
    "the beginning of a name dies": ("K22", "tenures", dies_as(lambda name, owner: owner.startswith(name))),
    "a former owner dies": ("K22", "tenures", former_owner_dies()),
    "more is live than the commit gave": ("K5", "scopes", after("commit_ownership_transfer", lives(scope=SESSION))),
    "more is pending than was granted": ("K5", "scopes", after("begin_ownership_transfer", pending_grants_all)),
    "refused, and yet begun": ("K7", LOOKED_AT, refused_after("begin_ownership_transfer", pends_anew)),
    "another generation is live": ("K8", LOOKED_AT, after("commit_ownership_transfer", next_generation_lives)),
    "closing changes the reason": ("K9", LOOKED_AT, after("close", another_reason)),
    "refused, and yet opened": ("K10", "neighbours", refused_after("open_with_sid", begins_anew)),
    "a reload exchanges two": ("K10", "neighbours", after("reload", exchanges_the_last)),
    "the log forgets its beginning": ("K12", "tenures", {"authority_audit_log": last_records}),
    "messages where no type sends": ("K15", "neighbours", {"send": sends_anywhere}),
    "a step that is not taken": ("K16", "neighbours", {"advance": stays_in_its_place}),
    "a handler for all sessions": ("K17", "neighbours", after("apply_owned_session_mutation", binds_in_all)),
    "refused, and yet bound": ("K17", LOOKED_AT, refused_after("apply_owned_session_mutation", stores_foreign)),
    "the last message once more": ("K18", "neighbours", twice("recv")),
    "what the other side sent": ("K18", "neighbours", {"recv": receives_from_behind}),
    "a stranger owns what was rolled back": ("K21", LOOKED_AT, after("rollback_ownership_transfer", receiver_owns)),
    "the commit gave another owner": ("K21", LOOKED_AT, after("commit_ownership_transfer", lives(owner_id="x"))),
    "refused, and yet dead": ("K22", LOOKED_AT, refused_after("mark_owner_died", dies_all_the_same)),
    "a death ends all": ("K22", "neighbours", after("mark_owner_died", ends_all_by_death)),
    "anybody releases": ("K23", "coverage", any_owner("release_ownership")),
    "anybody is the owner": ("K23", "coverage", any_owner("validate_ownership_capability")),
    "signed for the other side": ("K25", "neighbours", {"recv": receives_from_behind}),
    "signed for another number": ("K25", "surface", {"recv_verified_signed": other_numbers}),
    "a value verifies once more": ("K26", "neighbours", twice("recv")),
    "a message verifies once more": ("K26", "surface", twice("recv_verified_signed")),
    "messages turn round with a reload": ("K27", "neighbours", after("reload", each_session(messages_turn_round))),
    "anybody mutates": ("K28", "coverage", any_owner("apply_owned_session_mutation")),
    "refused to the host, and yet bound": ("K28", "neighbours", refused_after("update_handler", binds_all_the_same)),
    "sending leaves a trace": ("K28", "neighbours", after("send", traces_what_is_sent)),
    "a step sets the default": ("K28", "neighbours", after("advance", default_of_the_step)),
    "buffers as the first ones": ("K29", "neighbours", first_configuration()),
    "handlers of the first one": ("K29", "neighbours", handlers_in_common()),
    "places of the first one": ("K29", "neighbours", places_in_common()),
    "plans of the same roles": ("K29", "neighbours", plans_by_roles()),
}
