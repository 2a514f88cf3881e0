"""What is known of each claim under each contract."""

from __future__ import annotations

from collections.abc import Iterable

CONTRACTS = ("telltale-17", "hardened")
CLAIMS = tuple(f"K{number}" for number in range(1, 19))

EXPECTED = {
    "telltale-17": {
        **dict.fromkeys(CLAIMS, "refuted"),
        "K3": "bounded",
        "K7": "proved",
        "K8": "bounded",
        "K9": "proved",
    },
    "hardened": {**dict.fromkeys(CLAIMS, "proved"), "K15": "bounded", "K16": "bounded"},
}
"""What is known of each claim (docs/claims.md); any other status is a finding about the harness or its rules."""


def unknown(contract: str | None, claims: Iterable[str]) -> str | None:
    """The sentence for an unknown contract or claim, with the list of those there are."""
    if contract is not None and contract not in CONTRACTS:
        return f"unknown contract {contract!r}: this harness states {', '.join(CONTRACTS)}"
    for claim in claims:
        if claim not in CLAIMS:
            return f"unknown claim {claim!r}: there are {', '.join(CLAIMS)}"
    return None
