"""Which operations generated programs draw by themselves; steps beside them ask for the others."""

from __future__ import annotations

from typing import Final

from telltale_conformance.model.operations import APART, OPERATIONS

ALL_OPERATIONS: Final = frozenset(OPERATIONS) - APART
"""Every operation that generated programs draw where it is offered; ``beside`` asks for the others."""
