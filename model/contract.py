"""The two contracts: ``telltale-17`` as recorded, and ``hardened`` with one rule changed for each broken claim.

Every place where they differ is a method here, named after what it decides; its docstring names the rule. The other
modules ask these methods and never which contract it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Final, TypeVar

from telltale_conformance.errors import HarnessError
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.theory import unfold_fully, unfolded_with_scope
from telltale_conformance.model.types.trees import strip_mu
from telltale_conformance.model.values import (
    U64_MAX,
    AuditRecord,
    Edge,
    Faulted,
    OwnershipReceipt,
    ReadinessArtifact,
    ReadinessWitness,
    ReceiptArtifact,
    Scope,
    Status,
    successor,
    within,
)

_Artifact = TypeVar("_Artifact", ReceiptArtifact, ReadinessArtifact)


class UnknownContract(HarnessError, ValueError):
    """Thrown when a contract is asked for that the model does not state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract: which of the rules H1–H20 hold beside those of ``telltale-17``, and what each changes."""

    name: str
    h1: bool
    h2: bool
    h3: bool
    h4: bool
    h5: bool
    h6: bool
    h7: bool
    h8: bool
    h9: bool
    h10: bool
    h11: bool
    h12: bool
    h13: bool
    h14: bool
    h15: bool
    h16: bool
    h17: bool
    h18: bool
    h19: bool
    h20: bool

    def claim_generation(self, next_generation: int) -> int:
        """H1 (K1, K2, K8): the generation that a claim gives; 0, or the session's next one."""
        return next_generation if self.h1 else 0

    def attenuated_generation(self, next_generation: int, given: int) -> int:
        """H1: the generation that attenuating gives; one above the given one, or the session's next one."""
        return next_generation if self.h1 else successor(given)

    def committed_generation(self, next_generation: int, promised: int) -> int:
        """H1: the generation that a commit gives; the receipt's, or the session's next one."""
        return next_generation if self.h1 else promised

    def spend_generation(self, next_generation: int) -> int:
        """H1: the session's next generation after one was given; counted over releases too."""
        return self.spend(next_generation) if self.h1 else next_generation

    def may_give(self, number: int) -> bool:
        """H2 (K1, K3, K8; G-counter): whether a counter may give this number."""
        return not self.h2 or number <= U64_MAX

    def spend(self, number: int) -> int:
        """H2: a counter after it gave this number; it saturates, or passes the bound and gives none any more."""
        return min(number + 1, U64_MAX + 1) if self.h2 else successor(number)

    def may_attenuate(self, new: Scope, live: Scope) -> bool:
        """H3 (K4; G-within): whether an owner of the live scope may attenuate it to the new one."""
        return not self.h3 or within(new, live)

    def may_transfer(self, new: Scope, live: Scope) -> bool:
        """H4 (K5; G-within): whether an owner of the live scope may transfer the new one."""
        return not self.h4 or within(new, live)

    def honest(self, given: Scope, live: Scope) -> bool:
        """H5 (K6; G-honest): whether a capability of the given scope stands for the live one."""
        return not self.h5 or given == live

    def closed_status(self, status: Status) -> Status:
        """H6 (K9, K11, K12): the status after a close; Cancelled and Faulted stay, or not."""
        return status if self.h6 and (status == "Cancelled" or isinstance(status, Faulted)) else "Closed"

    def closing_ends_ownership(self) -> bool:
        """H6: whether a close ends ownership, with its records."""
        return self.h6

    def may_open(self, *, exhausted: bool) -> bool:
        """H7 (K10): whether a session may be opened, given whether the last id was used."""
        return not (self.h7 and exhausted)

    def may_open_with(self, sid: int, next_sid: int) -> bool:
        """H7: whether a session may be opened under this id, given the next one."""
        return not self.h7 or sid >= next_sid

    def serves(self, status: Status) -> bool:
        """H8 (K11; G-active): whether ownership operations work in that status."""
        return not self.h8 or status != "Closed"

    def endings(self, issued: dict[int, ReadinessWitness]) -> Sequence[AuditRecord]:
        """H9 (K2, K12): the records that end the issued witnesses of a capability that is invalidated."""
        if not self.h9:
            return ()
        ended = (ReadinessArtifact(issued[witness_id]) for witness_id in sorted(issued))
        return [AuditRecord(artifact, "Invalidated", "ownership generation ended") for artifact in ended]

    def surviving(self, issued: dict[int, ReadinessWitness]) -> dict[int, ReadinessWitness]:
        """H9: the witnesses that are still issued after a capability was invalidated."""
        return {} if self.h9 else issued

    def orphaned(self, pending: OwnershipReceipt | None) -> Sequence[AuditRecord]:
        """H10 (K12): the records that end the pending transfer of an owner who died."""
        if not self.h10 or pending is None:
            return ()
        return [AuditRecord(ReceiptArtifact(pending), "RolledBack", "owner died")]

    def refusal(self, given: _Artifact) -> _Artifact | None:
        """H11 (K13): the receipt or witness to log as Rejected where ``telltale-17`` refuses it without a record."""
        return given if self.h11 else None

    def grown(self, capacity: int, maximum: int) -> int:
        """H12 (K14): the capacity of a full buffer after it grew; it may pass the maximum, or not."""
        doubled = min(2 * capacity, U64_MAX)
        return min(doubled, maximum) if self.h12 else doubled

    def repeated_role(self, roles: Sequence[str]) -> str | None:
        """H13 (K15): the first role for whose repetition a list of roles is refused."""
        if not self.h13 or len(set(roles)) == len(roles):
            return None
        return next(role for index, role in enumerate(roles) if role in roles[:index])

    def opened_type(self, original: LocalType) -> LocalType:
        """H14 (K16): the type that a role starts from; without leading Mu, or fully unfolded."""
        return unfold_fully(original) if self.h14 else strip_mu(original)

    def advanced_type(self, continuation: LocalType, original: LocalType) -> tuple[LocalType, LocalType | None]:
        """H14: the current type after a branch, and the original where it changes."""
        return (unfold_fully(continuation), None) if self.h14 else unfolded_with_scope(continuation, original)

    def fixes_no_bound_names(self) -> bool:
        """H14 (K16): whether types are the same whatever their bound variables are called; a binder may be renamed."""
        return self.h14

    def may_touch(self, edge: Edge, sid: int, roles: Collection[str]) -> bool:
        """H15 (K17): whether a mutation of this session, with these roles, may name that edge."""
        return not self.h15 or (edge.sid == sid and edge.sender in roles and edge.receiver in roles)

    def keeps_unverified(self) -> bool:
        """H16 (K18): whether a message with a bad signature stays where it is."""
        return self.h16

    def reload_is_seen(self) -> bool:
        """H17 (K27): whether reading the store back changes what look-ups and observations answer."""
        return not self.h17

    def binds(self, signed: tuple[str, int], sent: tuple[str, int]) -> bool:
        """H18 (K25): whether a signature for one receiver and sequence number verifies for the other ones."""
        return not self.h18 or signed == sent

    def next_number(self, leaves: int) -> int:
        """H19 (K26): the sequence number of a send that names none, on an edge with so many leaves."""
        return leaves if self.h19 else 0

    def may_number(self, number: int, following: int) -> bool:
        """H19: whether a send may have this sequence number, given the one that follows."""
        return not self.h19 or number == following

    def guards_host_calls(self) -> bool:
        """H20 (K28): whether host calls are refused for a session that is owned or over."""
        return self.h20


def _contract(name: str, *, hardened: bool) -> Contract:
    rules = {field.name: hardened for field in fields(Contract) if field.name != "name"}
    return Contract(name=name, **rules)


TELLTALE_17: Final = _contract("telltale-17", hardened=False)
HARDENED: Final = _contract("hardened", hardened=True)
CONTRACTS: Final = {contract.name: contract for contract in (TELLTALE_17, HARDENED)}


def contract_named(name: str) -> Contract:
    """Return the contract of that name.

    Raises:
        UnknownContract: there is none; the message lists those there are.
    """
    try:
        return CONTRACTS[name]
    except KeyError:
        known = ", ".join(CONTRACTS)
        raise UnknownContract(f"unknown contract {name!r}: this harness states {known}") from None
