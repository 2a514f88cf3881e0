"""Which cells of operation × outcome × ownership phase × relation × witness state a step reaches.

``Situation`` is taken before the reference carries the step out, ``cell_of`` puts the outcome to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from telltale_conformance.generators.doubles import alike, alike_scopes
from telltale_conformance.generators.steps import Cell
from telltale_conformance.model.operations import Operation, Outcome, those
from telltale_conformance.model.signatures import verifies
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import Choice
from telltale_conformance.model.values import (
    DomainValue,
    Edge,
    Endpoint,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
)

RECEIVES: Final = those(lambda operation: operation.parameters == ("sid", "from_", "to") and not operation.reads_only)
"""The operations that take a message off an edge."""
_MOST_COMPARED: Final = 20
"""Among more names than that none is searched for that looks alike."""
PHASES: Final = ("absent", "unclaimed", "claimed", "pending", "terminal", "closed")


def phase_of(session: Session | None) -> str:
    """Return the ownership phase of a session; a closed one without terminal reason is ``closed``."""
    if session is None:
        return "absent"
    ownership = session.ownership
    if ownership.terminal is not None:
        return "terminal"
    if session.status == "Closed":
        return "closed"
    if ownership.pending is not None:
        return "pending"
    return "claimed" if ownership.current is not None else "unclaimed"


def situation(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> Cell:
    """Return the cell of a step about to be taken, its outcome still empty."""
    name = operation.name
    parameters = operation.parameters
    if not parameters:
        return Cell(name, "", "-", "-", "-")
    first = arguments[0]
    if name == "lifecycle_state":
        return Cell(f"{name}/{first}", "", "-", "-", "-")
    if operation.sid_of is None:
        relation = _reload_relation(store) if name == "reload" else _names_relation(store, name, arguments)
        return Cell(name, "", "-", relation, "-")
    session = store.sessions.get(operation.sid_of(arguments))
    relation = witness = "-"
    if parameters[0] == "capability":
        relation = _capability_relation(session, first)
        if name == "consume_readiness_witness":
            witness = _witness_state(session, first, arguments[1])
        elif name == "apply_owned_session_mutation":
            name = f"{name}/{type(arguments[1]).__name__}"
    elif parameters[0] == "receipt":
        relation = _receipt_relation(session, first)
    elif name == "mark_owner_died":
        live = session.ownership.current if session is not None else None
        relation = _owner_relation(live, arguments[1])
    elif operation.result == "enqueued":
        if session is not None:
            relation = _buffer_state(session, arguments[1], arguments[2])
            relation += _number_relation(session, arguments, operation.parameters)
        if "signature" in operation.parameters:
            name = f"{name}/{arguments[operation.parameters.index('signature')]}"
    elif name in RECEIVES:
        if session is not None:
            relation = _oldest(store, session, arguments[1], arguments[2])
    elif session is not None:
        relation = _named(session, parameters[0], arguments)
    return Cell(name, "", phase_of(session), relation, witness)


def cell_of(before: Cell, operation: Operation, outcome: Outcome) -> Cell:
    """Return the cell with the outcome put in."""
    return before._replace(outcome=_outcome_variant(operation, outcome))


def _outcome_variant(operation: Operation, outcome: Outcome) -> str:
    if outcome.error is not None:
        return outcome.error.guard.error
    ok = outcome.ok
    if operation.result == "enqueued":
        return str(ok)
    if operation.result == "truth":
        return "true" if ok else "false"
    return "null" if ok is None and operation.nullable else "ok"


def _capability_relation(session: Session | None, given: OwnershipCapability) -> str:
    live = session.ownership.current if session is not None else None
    if live is None:
        return "no owner"
    if given.owner_id != live.owner_id:
        return "other owner, alike" if alike(given.owner_id, live.owner_id) else "other owner"
    if given.generation != live.generation:
        return "older" if given.generation < live.generation else "newer"
    if given.scope == live.scope:
        return "live"
    return "live, other scope, alike" if alike_scopes(given.scope, live.scope) else "live, other scope"


def _owner_relation(live: OwnershipCapability | None, name: str) -> str:
    if live is None:
        return "no owner"
    if live.owner_id == name:
        return "live"
    return "other owner, alike" if alike(live.owner_id, name) else "other owner"


def _receipt_relation(session: Session | None, given: OwnershipReceipt) -> str:
    pending = session.ownership.pending if session is not None else None
    if pending is None:
        return "none pending"
    return "pending's own" if pending == given else _altered(pending, given)


def _altered(known: DomainValue, given: DomainValue) -> str:
    """Say that an artifact differs from the known one, and whether only in names that look alike."""
    for field in known.__struct_fields__:
        one, other = getattr(known, field), getattr(given, field)
        names = isinstance(one, str) and isinstance(other, str) and alike(one, other)
        if one != other and not names and not (field == "scope" and alike_scopes(one, other)):
            return "altered"
    return "altered, alike"


def _witness_state(session: Session | None, capability: OwnershipCapability, given: ReadinessWitness) -> str:
    if session is None:
        return "-"
    ownership = session.ownership
    if given.witness_id in ownership.consumed:
        return "consumed"
    issued = ownership.issued.get(given.witness_id)
    if issued is None:
        return "never issued"
    if issued != given:
        return _altered(issued, given)
    same = (given.session_id, given.owner_id, given.generation, given.scope) == (
        capability.session_id,
        capability.owner_id,
        capability.generation,
        capability.scope,
    )
    return "fresh" if same else "outlived"


def _buffer_state(session: Session, sender: str, receiver: str) -> str:
    buffer = session.buffers.get((sender, receiver))
    if buffer is None:
        taken = len(session.buffers) < _MOST_COMPARED and any(
            _may_be(sender, one) and _may_be(receiver, other) for one, other in session.buffers
        )
        return "no buffer, alike" if taken else "no buffer"
    held = len(buffer.messages)
    full = held >= buffer.capacity or (held == 1 and buffer.config.mode == "LatestValue")
    return f"{buffer.config.mode}, full" if full else buffer.config.mode


def _number_relation(session: Session, arguments: tuple[Any, ...], parameters: tuple[str, ...]) -> str:
    """Say how a sequence number stands to the number of the edge's leaves, which is the next one under H19."""
    if "sequence_no" not in parameters:
        return ""
    given = arguments[parameters.index("sequence_no")]
    following = len(session.auth.get((arguments[1], arguments[2]), ()))
    if given is None:
        return ", no number"
    return ", next number" if given == following else ", number behind" if given < following else ", number ahead"


def _oldest(store: Store, session: Session, sender: str, receiver: str) -> str:
    """Say what there is to receive: the signature of the oldest message, and whether others wait behind it."""
    buffer = session.buffers.get((sender, receiver))
    if buffer is None:
        return "no buffer"
    if not buffer.messages:
        return "empty"
    good = verifies(buffer.messages[0], session.sid, sender, receiver, store.contract)
    behind = "more behind" if len(buffer.messages) > 1 else "alone"
    return f"{'good' if good else 'bad'}, {behind}"


def _reload_relation(store: Store) -> str:
    """Say what a reload may get wrong, the rarest first."""
    sessions = [*store.sessions.values()][-_MOST_COMPARED:]
    if any(len(session.edge_handlers) > len(session.pair_handlers) for session in sessions):
        return "pair bound twice"
    if any(session.status == "Closed" and session.blueprint for session in sessions):
        return "edges of a closed session"
    if any(session.buffered_messages() for session in sessions):
        return "messages wait"
    return "sessions" if sessions else "empty store"


def _may_be(one: str, other: str) -> bool:
    return one == other or alike(one, other)


def _named(session: Session, parameter: str, arguments: tuple[Any, ...]) -> str:
    """Say whether what is named is not there, while something is whose name looks alike."""
    match arguments:
        case Edge(sender=sender, receiver=receiver), *_:
            return _edge_relation(session, sender, receiver)
        case Endpoint(role=role), *rest:
            if role not in session.types:
                few = len(session.types) < _MOST_COMPARED
                return "role alike" if few and any(alike(role, other) for other in session.types) else "-"
            label = rest[0] if rest and isinstance(rest[0], str) else None
            current = session.types[role].current
            names = {branch.label.name for branch in current.branches} if isinstance(current, Choice) else ()
            known = label is None or label in names
            few = len(names) < _MOST_COMPARED
            return "label alike" if not known and few and any(alike(str(label), other) for other in names) else "-"
    return "-"


def _edge_relation(session: Session, sender: str, receiver: str) -> str:
    edge = Edge(receiver=receiver, sender=sender, sid=session.sid)
    handlers, traces = session.edge_handlers, session.edge_traces
    if edge in handlers or edge in traces or len(handlers) + len(traces) > _MOST_COMPARED:
        return "-"
    bound = [(edge.sender, edge.receiver) for edge in (*handlers, *traces)]
    taken = any(_may_be(sender, one) and _may_be(receiver, other) for one, other in bound)
    return "edge alike" if taken else "-"


def _names_relation(store: Store, name: str, arguments: tuple[Any, ...]) -> str:
    """Say the same of what is named outside of sessions: roles that are listed, sites that wait."""
    if name in ("open", "plan"):
        roles = dict.fromkeys(arguments[0])
        return "roles alike" if len(roles) < _MOST_COMPARED and _any_alike(tuple(roles)) else "-"
    if name == "issue_timeout_witness":
        sites = store.timeouts.live
        site = arguments[0]
        new = site not in sites and len(sites) < _MOST_COMPARED
        return "site alike" if new and any(alike(site, other) for other in sites) else "-"
    return "-"


def _any_alike(names: Sequence[str]) -> bool:
    return any(alike(one, other) for place, one in enumerate(names) for other in names[:place])


def by_operation(cells: Iterable[Cell]) -> dict[str, dict[str, int]]:
    """Return, per operation, how many cells each outcome was reached in."""
    table: dict[str, dict[str, int]] = {}
    for cell in sorted(cells):
        outcomes = table.setdefault(cell.operation, {})
        outcomes[cell.outcome] = outcomes.get(cell.outcome, 0) + 1
    return table
