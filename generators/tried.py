"""The operations that generators try."""

from __future__ import annotations

from typing import Final

from telltale_conformance.model.operations import OPERATIONS, UNBUILT

UNTRIED: Final = UNBUILT
"""Operations of the contract for which nothing is generated yet: only recordings judge them."""
ALL_OPERATIONS: Final = frozenset(OPERATIONS) - UNTRIED
"""Every operation that generated programs use where it is offered."""
