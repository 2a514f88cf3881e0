"""Guards that can never fail: no sequence of operations leads to a state in which they refuse.

The contract states them because an implementation may have code for them. Nothing may ask for them: no floor of a
check, no cell of the coverage map, no program. That the list is right, and complete, is proved with z3 by the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.guard import Guard


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A guard of an operation that cannot fail under a contract."""

    contract: str
    operation: str
    guard: Guard
    why: str
    after_2_64: bool = False
    """It can fail, but only after some 2^64 operations on one session."""


_OWNED: Final = "a pending transfer implies the live owner that it is from"
_BEGUN: Final = "a transfer only begins while there is a next generation, and nothing takes it before the commit"
_COUNTED: Final = "each operation raises a counter by at most one"
_ENDED: Final = "a witness that is issued was issued under the live capability, since it ends with its generation"

UNREACHABLE: Final = (
    Unreachable("telltale-17", "claim_ownership", table.G_IDLE, _OWNED),
    Unreachable("telltale-17", "commit_ownership_transfer", table.G_GIVER, _OWNED),
    Unreachable("hardened", "claim_ownership", table.G_IDLE, _OWNED),
    Unreachable("hardened", "claim_ownership", table.G_COUNTER_GENERATION, _COUNTED, after_2_64=True),
    Unreachable("hardened", "begin_ownership_transfer", table.G_COUNTER_GENERATION, _COUNTED, after_2_64=True),
    Unreachable("hardened", "begin_ownership_transfer", table.G_COUNTER_CLAIM_ID, _COUNTED, after_2_64=True),
    Unreachable("hardened", "commit_ownership_transfer", table.G_GIVER, _OWNED),
    Unreachable("hardened", "commit_ownership_transfer", table.G_COUNTER_GENERATION, _BEGUN),
    Unreachable("hardened", "attenuate_ownership_scope", table.G_COUNTER_GENERATION, _COUNTED, after_2_64=True),
    Unreachable("hardened", "issue_readiness_witness", table.G_COUNTER_WITNESS_ID, _COUNTED, after_2_64=True),
    Unreachable("hardened", "consume_readiness_witness", table.BOUND, _ENDED),
    Unreachable("hardened", "mark_owner_died", table.G_COUNTER_WITNESS_ID, _COUNTED, after_2_64=True),
    Unreachable("hardened", "cancel_abandoned_transfer", table.G_COUNTER_WITNESS_ID, _COUNTED, after_2_64=True),
)
"""Guards that the contract has in a row, and that cannot fail there."""

NEVER_TOGETHER: Final = {"hardened": ((table.G_OPEN, table.G_ACTIVE),)}
"""Guards of which one or the other can fail, and never both: close keeps Cancelled and Faulted (H6)."""
