"""What is known of each claim under each contract, and the claims decided one after another.

Importing this costs nothing: z3 is loaded when a claim is decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oracle.symbolic.prove import Result

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


def results(contract: str | None, claims: list[str], timeout: float | None = None) -> Iterator[Result]:
    """Decide the claims, contract by contract; all contracts and all claims where none is named."""
    from oracle.symbolic.prove import prove
    from oracle.symbolic.solving import DEFAULT_TIMEOUT
    from oracle.symbolic.state import Contract

    for named in [contract] if contract else CONTRACTS:
        for claim in [key for key in CLAIMS if not claims or key in claims]:
            yield prove(claim, Contract(named), DEFAULT_TIMEOUT if timeout is None else timeout)
