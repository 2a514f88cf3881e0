"""The two contracts: ``telltale-17`` as recorded, and ``hardened`` with one rule changed per broken claim.

Every difference between them is one field here; the operations read the field where the rule applies.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from telltale_conformance.model.values import U64_MAX, successor


class UnknownContract(ValueError):
    """Thrown when a contract is asked for that the model does not state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Which of the rules H1–H16 hold beside those of ``telltale-17``."""

    name: str
    fresh_generations: bool
    """H1: generations go on counting over a release (K1, K2, K8)."""
    bounded_counters: bool
    """H2: a counter that would pass 2^64-1 is refused (K1, K3, K8)."""
    attenuation_shrinks: bool
    """H3: attenuating never adds authority (K4)."""
    transfer_shrinks: bool
    """H4: a transfer grants no more than the giver has (K5)."""
    honest_scope: bool
    """H5: a capability with another scope than the live one is refused (K6)."""
    close_ends_ownership: bool
    """H6: close ends ownership and keeps Cancelled and Faulted (K9, K11, K12)."""
    unique_sids: bool
    """H7: a session id is never used twice (K10)."""
    closed_refuses: bool
    """H8: a closed session refuses every ownership operation (K11)."""
    witnesses_end: bool
    """H9: issued witnesses end with their generation (K2, K12)."""
    death_rolls_back: bool
    """H10: an owner's death rolls the pending transfer back on record (K12)."""
    refusals_logged: bool
    """H11: every refused receipt or witness is logged (K13)."""
    capped_resize: bool
    """H12: a buffer never grows past its maximum (K14)."""
    distinct_roles: bool
    """H13: a repeated role name is refused (K15)."""
    substituting_unfold: bool
    """H14: recursion unfolds by capture-avoiding substitution (K16)."""
    own_edges: bool
    """H15: a mutation names an edge of its own session (K17)."""
    lossless_recv: bool
    """H16: a message with a bad signature stays (K18)."""

    def count(self, number: int) -> int:
        """Return a session counter's next value: it saturates, or (H2) passes the bound once and for all."""
        return min(number + 1, U64_MAX + 1) if self.bounded_counters else successor(number)


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
