"""One session's state in plain values: the common ground on which the reference and the symbolic rules meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.contract import contract_named
from telltale_conformance.model.state import Ownership, Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    Edge,
    OwnerDied,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Status,
    TerminalReason,
    TransferAbandoned,
    TransferCommitFailed,
)

Json = Any
EdgeKey = tuple[int, str, str]


@dataclass
class Snapshot:
    """A session as the rules see it; capabilities, receipts and witnesses in wire form."""

    sid: int = 0
    exists: bool = True
    status: Json = "Active"
    epoch: int = 0
    current: Json = None
    pending: Json = None
    terminal: Json = None
    next_generation: int = 0
    next_claim_id: int = 1
    next_witness_id: int = 1
    issued: dict[int, Json] = field(default_factory=dict)
    consumed: set[int] = field(default_factory=set)
    roles: tuple[str, ...] = ("A", "B")
    default_handler: str = "default_handler"
    edge_handlers: dict[EdgeKey, str] = field(default_factory=dict)
    pair_handlers: dict[tuple[str, str], str] = field(default_factory=dict)
    edge_traces: dict[EdgeKey, tuple[str, ...]] = field(default_factory=dict)

    def key(self) -> str:
        """Equal for equal states."""
        return repr(
            [
                self.sid,
                self.exists,
                self.status,
                self.epoch,
                _sorted(self.current),
                _sorted(self.pending),
                _sorted(self.terminal),
                self.next_generation,
                self.next_claim_id,
                self.next_witness_id,
                sorted((key, _sorted(value)) for key, value in self.issued.items()),
                sorted(self.consumed),
                self.default_handler,
                sorted(self.edge_handlers.items()),
                sorted(self.pair_handlers.items()),
                sorted(self.edge_traces.items()),
            ]
        )


def _sorted(value: Json) -> Json:
    return sorted((key, _sorted(inner)) for key, inner in value.items()) if isinstance(value, dict) else value


def plain(value: object) -> Json:
    """Return a model value in wire form."""
    return msgspec.json.decode(encode(value))


def read(store: Store, sid: int, roles: tuple[str, ...] = ("A", "B")) -> Snapshot:
    """Return the state of a session of the reference."""
    session = store.sessions.get(sid)
    if session is None:
        return Snapshot(sid=sid, exists=False, roles=roles)
    own = session.ownership
    return Snapshot(
        sid=sid,
        status=plain(session.status),
        epoch=session.epoch,
        current=plain(own.current),
        pending=plain(own.pending),
        terminal=plain(own.terminal),
        next_generation=own.next_generation,
        next_claim_id=own.next_claim_id,
        next_witness_id=own.next_witness_id,
        issued={key: plain(witness) for key, witness in own.issued.items()},
        consumed=set(own.consumed),
        roles=session.roles,
        default_handler=session.default_handler,
        edge_handlers={(e.sid, e.sender, e.receiver): h for e, h in session.edge_handlers.items()},
        pair_handlers=dict(session.pair_handlers),
        edge_traces={(e.sid, e.sender, e.receiver): tuple(plain(t)) for e, t in session.edge_traces.items()},
    )


def install(state: Snapshot, contract: str) -> Store:
    """Return a reference store whose only session is in this state, reachable or not."""
    store = Store(contract_named(contract))
    if not state.exists:
        return store
    ownership = Ownership(
        current=_value(state.current, OwnershipCapability),
        pending=_value(state.pending, OwnershipReceipt),
        terminal=_terminal(state.terminal),
        next_generation=state.next_generation,
        next_claim_id=state.next_claim_id,
        next_witness_id=state.next_witness_id,
        issued={key: _value(witness, ReadinessWitness) for key, witness in state.issued.items()},
        consumed=set(state.consumed),
    )
    roles = {role: index for index, role in enumerate(state.roles)}
    session = Session(
        sid=state.sid,
        roles=state.roles,
        role_ids=roles,
        blueprint=(),
        types={},
        buffers={},
        status=_value(state.status, Status),
        epoch=state.epoch,
        default_handler=state.default_handler,
        edge_handlers={_edge(key): value for key, value in state.edge_handlers.items()},
        pair_handlers=dict(state.pair_handlers),
        edge_traces={_edge(key): _trace(key, value) for key, value in state.edge_traces.items()},
        ownership=ownership,
    )
    store.insert(session)
    if state.status != "Active":
        store.set_status(session, session.status)
    return store


def _value(document: Json, kind: Any) -> Any:
    return None if document is None else msgspec.convert(document, kind)


def _terminal(document: Json) -> TerminalReason | None:
    """Return a terminal reason: the variant that its one field names."""
    if document is None:
        return None
    variants = {kind.__name__: kind for kind in (OwnerDied, TransferAbandoned, TransferCommitFailed)}
    return _value(document, variants[next(iter(document))])  # type: ignore[no-any-return]  # by the variant


def _edge(key: EdgeKey) -> Edge:
    return Edge(sid=key[0], sender=key[1], receiver=key[2])


def _trace(key: EdgeKey, trace: tuple[str, ...]) -> Any:
    """Value types by way of the arguments that would store them."""
    edge = {"sid": key[0], "sender": key[1], "receiver": key[2]}
    capability = {"session_id": 0, "owner_id": "", "generation": 0, "scope": "Session"}
    mutation = {"UpdateTrace": {"edge": edge, "trace": list(trace)}}
    arguments = {"capability": capability, "mutation": mutation}
    return CODECS["apply_owned_session_mutation"].from_json(arguments)[1].trace
