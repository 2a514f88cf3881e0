"""The open plan: role ids, current types and the edge blueprint of a session to be (contract §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.contract import TELLTALE_17, Contract
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.types.local_types import Choice, LocalType, Send
from telltale_conformance.model.types.trees import Mu, document_of, noted, strip_mu
from telltale_conformance.model.values import DomainValue

MOST_ROLES: Final = 65_536
"""The greatest number of roles of a session (contract §18)."""

BlueprintEntry: TypeAlias = tuple[tuple[int, int], str, str]
"""((from_id, to_id), sender's name, receiver's name)"""


class InitialType(DomainValue, frozen=True):
    """The type that a listed role starts with."""

    current: LocalType
    original: LocalType
    role: str


class PlanInput(DomainValue, frozen=True):
    """What a plan is made from: the roles as listed, and their types."""

    initial_types: Mapping[str, LocalType]
    roles: Sequence[str]


class OpenPlan(DomainValue, frozen=True):
    """What opening a session with these roles and types sets up."""

    active_branch_roles: tuple[str, ...]
    edge_blueprint: tuple[BlueprintEntry, ...]
    initial_types: tuple[InitialType, ...]
    role_ids: dict[str, int]
    roles: tuple[str, ...]


def open_plan(
    roles: Sequence[str],
    initial_types: Mapping[str, LocalType],
    contract: Contract = TELLTALE_17,
) -> OpenPlan:
    """Derive the open plan of ``roles`` and ``initial_types``; types of unlisted roles are ignored.

    Raises:
        StringError: there are more than 65,536 roles, or (H13) a name is repeated.
    """
    if len(roles) > MOST_ROLES:
        raise StringError(table.FEW_ROLES, "roles")
    repeated = contract.repeated_role(roles)
    if repeated is not None:
        raise StringError(table.DISTINCT_ROLES, repeated)
    role_ids = {role: index for index, role in enumerate(roles)}
    entries = tuple(
        [
            InitialType(contract.opened_type(original), original, role)
            for role in roles
            if (original := initial_types.get(role)) is not None
        ]
    )
    edges: set[tuple[int, int]] = set()
    for role, own in role_ids.items():
        if role in initial_types:
            for sends, partner in _exchanges(initial_types[role]):
                other = role_ids.get(partner, own)
                if other != own:
                    edges.add((own, other) if sends else (other, own))
    return OpenPlan(
        active_branch_roles=tuple([entry.role for entry in entries if isinstance(strip_mu(entry.original), Choice)]),
        edge_blueprint=tuple([((a, b), roles[a], roles[b]) for a, b in sorted(edges)]),
        initial_types=entries,
        role_ids=role_ids,
        roles=tuple(roles),
    )


@noted
def _exchanges(local_type: LocalType) -> frozenset[tuple[bool, str]]:
    """Return whom the type's choices name, through all branches: (it sends, partner)."""
    document = document_of(local_type)
    if document is not None:
        return document.exchanges()
    found: set[tuple[bool, str]] = set()
    seen: set[int] = set()
    waiting = [local_type]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mu):
            waiting.append(node.body)
        elif isinstance(node, Choice) and id(node) not in seen:
            seen.add(id(node))
            found.add((isinstance(node, Send), node.partner))
            for branch in node.branches:
                waiting.append(branch.continuation)
    return frozenset(found)
