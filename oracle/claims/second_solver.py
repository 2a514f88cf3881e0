"""What the second solver said of the claims: kept in ``cross_check.json``, which ``tools.regenerate`` writes.

The page and docs/claims.md show it.  Asking anew takes a minute: ``prove --cross-check cvc5``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from telltale_conformance.files import content

KEPT: Final = Path(str(resources.files("telltale_conformance.oracle"))) / "claims" / "cross_check.json"


class Agreement(Struct, frozen=True):
    """How many questions that z3 decided were decided in the same way, otherwise, or not at all."""

    agree: int
    disagree: int = 0
    unknown: int = 0

    @property
    def asked(self) -> int:
        """All of them."""
        return self.agree + self.disagree + self.unknown

    def words(self, solver: str) -> str:
        """Say it."""
        if not self.asked:
            return f"{solver} was asked nothing: decided by a fixed point, which SMT-LIB cannot say"
        said = f"{solver} agrees on {self.agree} of {self.asked} queries"
        others = ((self.disagree, "disagrees on"), (self.unknown, "cannot decide"))
        return ", ".join([said, *(f"{verb} {number}" for number, verb in others if number)])


class Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """What was found the last time."""

    solver: str
    """Name and version."""
    asked_by: str
    """Digest of the modules that ask (``tools.symbolic_digest``): with other ones it has to be asked anew."""
    agreements: Mapping[str, Mapping[str, Agreement]]
    """By contract and claim."""

    def of(self, contract: str, claim: str) -> str:
        """Say what is known of a claim under a contract; empty where it was not asked."""
        found = self.agreements.get(contract, {}).get(claim)
        return "" if found is None else found.words(self.solver)


@cache
def kept() -> Kept:
    """Return what was found the last time."""
    return msgspec.json.decode(content(KEPT), type=Kept)
