"""Protocols: roles, the local type of each, and what does not fit together between them.

What is compared is, for each ordered pair of listed roles A and B, the set of label names that A's type
sends to B anywhere, and the set that B's type receives from A anywhere. That is less than compatibility in
the theory of session types (which compares behaviours): it finds the edges that only one side knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from telltale_conformance.model.types.caret import Position
from telltale_conformance.model.types.global_types import GlobalType
from telltale_conformance.model.types.json_shape import quoted
from telltale_conformance.model.types.local_types import Choice, LocalType, Send
from telltale_conformance.model.types.trees import children

ProtocolProblemKind: TypeAlias = Literal[
    "repeated role",
    "role without type",
    "type without role",
    "unlisted partner",
    "edge to itself",
    "send without receive",
    "receive without send",
    "label never received",
    "label never sent",
]


@dataclass(frozen=True, slots=True, eq=False)
class Protocol:
    """Roles in order (repeats are kept), the type of each role, and where the parts were written.

    ``positions`` is by ``id()`` of the parts of ``types``; it is empty, like the others, for a protocol that no
    text was parsed for.
    """

    roles: tuple[str, ...]
    types: Mapping[str, LocalType]
    source: str = "<protocol>"
    text: str = ""
    positions: Mapping[int, Position] = field(default_factory=dict)
    role_positions: tuple[Position, ...] = ()
    type_positions: Mapping[str, Position] = field(default_factory=dict)
    global_type: GlobalType | None = None
    """What all roles do together, where that was given too."""


@dataclass(frozen=True, slots=True)
class ProtocolProblem:
    """One thing that does not fit: the role it is found at, the partner and label concerned, where."""

    kind: ProtocolProblemKind
    role: str
    partner: str | None = None
    label: str | None = None
    position: Position | None = None

    @property
    def message(self) -> str:
        """The problem as a sentence without place."""
        role, partner, label = (quoted(name or "") for name in (self.role, self.partner, self.label))
        match self.kind:
            case "repeated role":
                return f"the role {role} is listed twice"
            case "role without type":
                return f"the role {role} has no type"
            case "type without role":
                return f"{role} has a type but is not among the roles"
            case "unlisted partner":
                return f"{role} has the partner {partner}, which is not among the roles"
            case "edge to itself":
                return f"{role} is its own partner"
            case "send without receive":
                return f"{role} sends to {partner}, but {partner} never receives from {role}"
            case "receive without send":
                return f"{role} receives from {partner}, but {partner} never sends to {role}"
            case "label never received":
                return f"{role} sends {label} to {partner}, but {partner} never receives {label} from {role}"
            case "label never sent":
                return f"{role} receives {label} from {partner}, but {partner} never sends {label} to {role}"


_Labels: TypeAlias = "dict[str, Position | None]"


@dataclass(slots=True)
class _Traffic:
    """One direction of one pair in one type: where it is first used, and its labels, each where first."""

    position: Position | None
    labels: _Labels = field(default_factory=dict)


def protocol_problems(protocol: Protocol) -> list[ProtocolProblem]:
    """Everything that does not fit between the roles of a protocol; empty when all edges have two sides.

    * a *repeated role*, once for each repeat;
    * a *role without type* and a *type without role* (whose edges are not looked at);
    * an *unlisted partner* and an *edge to itself*, once for each role and partner;
    * a *send without receive*: A sends to the listed role B, and B's type (or none) never receives from A;
      a *receive without send*: the reverse;
    * where both sides exist, a *label never received*: A sends it to B, B receives other labels from A but
      nowhere this one; a *label never sent*: the reverse.

    In that order; within it by role, partner and label in order of appearance. Each is reported once,
    where it was written first. Payloads are not compared.
    """
    return [
        *_listing_problems(protocol),
        *_edge_problems(protocol),
    ]


def _listing_problems(protocol: Protocol) -> Iterator[ProtocolProblem]:
    seen: set[str] = set()
    places = protocol.role_positions or (None,) * len(protocol.roles)
    for role, place in zip(protocol.roles, places, strict=True):
        if role in seen:
            yield ProtocolProblem("repeated role", role, position=place)
        elif role not in protocol.types:
            yield ProtocolProblem("role without type", role, position=place)
        seen.add(role)
    for role in protocol.types:
        if role not in seen:
            yield ProtocolProblem("type without role", role, position=protocol.type_positions.get(role))


def _edge_problems(protocol: Protocol) -> Iterator[ProtocolProblem]:
    roles = tuple(dict.fromkeys(protocol.roles))
    listed = frozenset(roles)
    sides = {role: _traffic(protocol.types[role], protocol.positions) for role in roles if role in protocol.types}
    one_sided: list[ProtocolProblem] = []
    labels: list[ProtocolProblem] = []
    for role, own in sides.items():
        partners: set[str] = set()
        for (partner, sends), traffic in own.items():
            here = traffic.position
            if partner == role or partner not in listed:
                if partner not in partners:
                    partners.add(partner)
                    kind: ProtocolProblemKind = "edge to itself" if partner == role else "unlisted partner"
                    yield ProtocolProblem(kind, role, partner, position=here)
                continue
            other = sides.get(partner, {}).get((role, not sends))
            if other is None:
                kind = "send without receive" if sends else "receive without send"
                one_sided.append(ProtocolProblem(kind, role, partner, position=here))
                continue
            kind = "label never received" if sends else "label never sent"
            labels += (
                ProtocolProblem(kind, role, partner, label, place)
                for label, place in traffic.labels.items()
                if label not in other.labels
            )
    yield from one_sided
    yield from labels


def _traffic(local_type: LocalType, positions: Mapping[int, Position]) -> dict[tuple[str, bool], _Traffic]:
    """By partner and whether it is sending: what the type exchanges, in order of the text."""
    found: dict[tuple[str, bool], _Traffic] = {}
    met: set[int] = set()
    stack = [local_type]
    while stack:
        node = stack.pop()
        if id(node) in met:
            continue
        met.add(id(node))
        if isinstance(node, Choice):
            traffic = found.setdefault((node.partner, isinstance(node, Send)), _Traffic(positions.get(id(node))))
            for branch in node.branches:
                traffic.labels.setdefault(branch.label.name, positions.get(id(branch)))
        stack += reversed(children(node))
    return found
