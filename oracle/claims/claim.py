"""What is known of a claim, and of a part of one."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Known = Literal["proved", "refuted", "bounded"]
"""``bounded``: it holds up to a bound that ``prove`` states."""


class Claim(Struct, frozen=True, kw_only=True):
    """A promise of the public types."""

    id: str
    name: str
    sentence: str
    seed: str
    """The words, or else the names, of the public types that the claim comes from."""
    telltale_17: Known
    hardened: Known
    proved_in: tuple[Literal["z3", "Lean"], ...] = ("z3", "Lean")
    """Where its proof under ``hardened`` stands: ``oracle/symbolic/claims``, ``lean_traces/lean/Telltale/Proofs``."""
    occasion: str
    """On which events an implementation could have broken it, and would have been seen to."""

    @property
    def title(self) -> str:
        """Id and name, as ``K13 rejection-audited``."""
        return f"{self.id} {self.name}"

    def known(self, contract: str) -> Known:
        """Return what is known of it under a contract."""
        return self.hardened if contract == "hardened" else self.telltale_17


class Part(Struct, frozen=True, kw_only=True):
    """A part of a claim that ``telltale-17`` breaks in a way of its own; it has its own shortest program."""

    id: str
    claim: str
    name: str
    sentence: str
    apart: bool = False
    """It is watched and reported beside the claim, and does not decide it."""
    occasion: str = ""
    """As of a claim, where it is watched apart."""

    @property
    def watched_as(self) -> str:
        """The monitor that sees it."""
        return self.id if self.apart else self.claim
