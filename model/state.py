"""The state of one session (contract §2, a fresh session; §4–§8)."""

from __future__ import annotations

from dataclasses import dataclass, field

from telltale_conformance.model.auth_trees import AuthTree
from telltale_conformance.model.buffers import Buffer
from telltale_conformance.model.plan import BlueprintEntry
from telltale_conformance.model.signatures import SignedValue
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.payloads import ValType
from telltale_conformance.model.values import (
    AuditRecord,
    Edge,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Status,
    TerminalReason,
)

RolePair = tuple[str, str]
"""(sender, receiver)"""


class ComputedTrees(dict[RolePair, AuthTree]):
    """Trees that are no state, since they follow from the messages: a copy of a session computes its own."""

    __slots__ = ()


@dataclass(slots=True, eq=False)
class TypeEntry:
    """Where a role stands in its protocol, and the type that it follows."""

    current: LocalType
    original: LocalType


@dataclass(slots=True, eq=False)
class Ownership:
    """Who owns a session, what is pending, and what has been issued and consumed."""

    current: OwnershipCapability | None = None
    pending: OwnershipReceipt | None = None
    terminal: TerminalReason | None = None
    next_generation: int = 0
    """Used under H1 only: the generation that the next capability gets."""
    next_claim_id: int = 1
    next_witness_id: int = 1
    issued: dict[int, ReadinessWitness] = field(default_factory=dict)
    consumed: set[int] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Session:
    """One live session of the store."""

    sid: int
    roles: tuple[str, ...]
    role_ids: dict[str, int]
    blueprint: tuple[BlueprintEntry, ...]
    types: dict[str, TypeEntry]
    buffers: dict[RolePair, Buffer]
    status: Status = "Active"
    epoch: int = 0
    default_handler: str = "default_handler"
    edge_handlers: dict[Edge, str] = field(default_factory=dict)
    """The bindings as given, foreign edges and unknown roles included."""
    pair_handlers: dict[RolePair, str] = field(default_factory=dict)
    """The bindings by role pair, which look-ups read."""
    edge_traces: dict[Edge, tuple[ValType, ...]] = field(default_factory=dict)
    auth: dict[RolePair, list[SignedValue]] = field(default_factory=dict)
    """Of each edge the messages that it took, in order: what the leaves of its tree are made of (§17)."""
    auth_leaves: int = 0
    handler_names: set[str] = field(default_factory=lambda: {"default_handler"})
    """The names of handlers so far, which are limited in number (§18)."""
    labels: set[str] = field(default_factory=set)
    """The same of the labels of current types."""
    auth_trees: ComputedTrees = field(default_factory=ComputedTrees)
    """The trees over those messages, as far as somebody has asked for them."""
    ownership: Ownership = field(default_factory=Ownership)
    log: list[AuditRecord] = field(default_factory=list)

    def buffered_messages(self) -> int:
        """Return how many messages are under way on all edges."""
        return sum([len(buffer.messages) for buffer in self.buffers.values()])
