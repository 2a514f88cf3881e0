"""Why an operation is refused: one exception per variant of contract §1–§4 and §7, and its JSON form.

Each carries the guard whose check raised it: one variant may stand for several guards.
"""

from __future__ import annotations

from typing import Any, Literal

from telltale_conformance.model.guard_table import Guard
from telltale_conformance.model.values import Edge, Endpoint, Scope, TerminalReason


class Refused(Exception):
    """An operation was refused; the store is as before but for the log records of its row."""

    def __init__(self, guard: Guard) -> None:
        super().__init__(guard)
        self.guard = guard

    def to_json(self) -> object:
        """Return the error as the wire prints it."""
        raise NotImplementedError


class StringError(Refused):
    """Thrown where the contract answers with an error text (contract §5, §8, §9, §10)."""

    def __init__(self, guard: Guard, *values: object) -> None:
        assert guard.text is not None, f"{guard.name} does not answer with a text"
        super().__init__(guard)
        self.text = guard.text.format(*values)

    def to_json(self) -> str:
        """Return the text itself."""
        return self.text


class VariantError(Refused):
    """A refusal that names its variant and carries fields, printed as ``{"Variant": {...}}``."""

    def __init__(self, guard: Guard, **fields: Any) -> None:
        super().__init__(guard)
        self.fields = fields

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Return the variant's name with its fields."""
        return {type(self).__name__: self.fields}


class OwnershipError(VariantError):
    """A refusal by an ownership operation."""


class SessionNotFound(OwnershipError):
    """Thrown when no live session has this sid."""

    def __init__(self, guard: Guard, session_id: int) -> None:
        super().__init__(guard, session_id=session_id)


class Terminal(OwnershipError):
    """Thrown when a terminal reason is recorded."""

    def __init__(self, guard: Guard, session_id: int, reason: TerminalReason) -> None:
        super().__init__(guard, reason=reason, session_id=session_id)


class SessionClosed(OwnershipError):
    """Thrown under ``hardened`` when the session is closed (H8)."""

    def __init__(self, guard: Guard, session_id: int) -> None:
        super().__init__(guard, session_id=session_id)


class Unclaimed(OwnershipError):
    """Thrown when the session has no live owner."""

    def __init__(self, guard: Guard, session_id: int) -> None:
        super().__init__(guard, session_id=session_id)


class AlreadyClaimed(OwnershipError):
    """Thrown when a session is claimed that has a live owner."""

    def __init__(self, guard: Guard, session_id: int, current_owner_id: str) -> None:
        super().__init__(guard, current_owner_id=current_owner_id, session_id=session_id)


class StaleCapability(OwnershipError):
    """Thrown when owner or generation are not the live ones."""

    def __init__(
        self, guard: Guard, session_id: int, owner_id: str, expected_generation: int, actual_generation: int
    ) -> None:
        super().__init__(
            guard,
            actual_generation=actual_generation,
            expected_generation=expected_generation,
            owner_id=owner_id,
            session_id=session_id,
        )


class ScopeViolation(OwnershipError):
    """Thrown when an operation needs another scope than the live one."""

    def __init__(self, guard: Guard, session_id: int, owner_id: str, required: Scope, actual: Scope) -> None:
        super().__init__(guard, actual=actual, owner_id=owner_id, required=required, session_id=session_id)


class TransferPending(OwnershipError):
    """Thrown when a transfer is pending that must not be."""

    def __init__(self, guard: Guard, session_id: int, claim_id: int) -> None:
        super().__init__(guard, claim_id=claim_id, session_id=session_id)


class TransferNotPending(OwnershipError):
    """Thrown when no transfer is pending."""

    def __init__(self, guard: Guard, session_id: int) -> None:
        super().__init__(guard, session_id=session_id)


class ReceiptMismatch(OwnershipError):
    """Thrown when the pending receipt differs from the given one in any field."""

    def __init__(self, guard: Guard, session_id: int, claim_id: int) -> None:
        super().__init__(guard, claim_id=claim_id, session_id=session_id)


class WitnessConsumed(OwnershipError):
    """Thrown when a witness id was consumed before."""

    def __init__(self, guard: Guard, session_id: int, witness_id: int) -> None:
        super().__init__(guard, session_id=session_id, witness_id=witness_id)


class InvalidWitness(OwnershipError):
    """Thrown when a witness was never issued, differs from the issued one, or is of another generation."""

    def __init__(self, guard: Guard, session_id: int, witness_id: int) -> None:
        super().__init__(guard, reason=guard.logged, session_id=session_id, witness_id=witness_id)


class CounterExhausted(OwnershipError):
    """Thrown under ``hardened`` when a counter would pass 2^64-1 (H2)."""

    def __init__(self, guard: Guard, session_id: int, counter: Literal["generation", "claim_id", "witness_id"]) -> None:
        super().__init__(guard, counter=counter, session_id=session_id)


class ForeignEdge(OwnershipError):
    """Thrown under ``hardened`` when a mutation's edge is not of its own session (H15)."""

    def __init__(self, guard: Guard, session_id: int, edge: Edge) -> None:
        super().__init__(guard, edge=edge, session_id=session_id)


class NoBranch(VariantError):
    """Thrown when the current type of an endpoint has no branch of that label (contract §7)."""

    def __init__(self, guard: Guard, ep: Endpoint, label: str) -> None:
        super().__init__(guard, ep=ep, label=label)
