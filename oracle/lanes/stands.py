"""How claims stand by what their monitors saw."""

from __future__ import annotations

from telltale_conformance.oracle.claims.monitors import ClaimVerdict
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand


def stand_of(verdict: ClaimVerdict) -> ClaimStand:
    """Return how a claim stands by what its monitor saw."""
    return ClaimStand(verdict.verdict, verdict.occasions)
