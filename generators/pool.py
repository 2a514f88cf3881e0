"""What a program was given so far: sessions, capabilities, receipts and witnesses, with the steps that gave them."""

from __future__ import annotations

from typing import Any, Final, Generic, NamedTuple, TypeVar

from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.values import OwnershipCapability, OwnershipReceipt, ReadinessWitness

T = TypeVar("T")

KEPT: Final = 24
"""How many artifacts of a kind are kept; the oldest go first."""


class Held(NamedTuple, Generic[T]):
    """An artifact and the step whose result it is."""

    value: T
    seq: int

    @property
    def written(self) -> dict[str, Any]:
        """How a program refers to it."""
        return {"$ref": self.seq}


class Pool:
    """The artifacts of one program, by kind, in the order in which they were given."""

    def __init__(self) -> None:
        self.sids: dict[int, int] = {}
        """Opened sids, with the step that last opened each."""
        self.capabilities: list[Held[OwnershipCapability]] = []
        self.receipts: list[Held[OwnershipReceipt]] = []
        self.witnesses: list[Held[ReadinessWitness]] = []
        self.latest_capability: dict[int, Held[OwnershipCapability]] = {}
        """By sid, the one given last: the live one unless the session is unowned."""
        self.latest_receipt: dict[int, Held[OwnershipReceipt]] = {}

    def take(self, seq: int, operation: Operation, outcome: Outcome) -> None:
        """Keep what a step gave."""
        if outcome.error is not None:
            return
        given = outcome.ok
        if isinstance(given, OwnershipCapability):
            if operation.gives:
                capability = Held(given, seq)
                self.latest_capability[given.session_id] = capability
                _keep(self.capabilities, capability)
        elif isinstance(given, OwnershipReceipt):
            receipt = Held(given, seq)
            self.latest_receipt[given.session_id] = receipt
            _keep(self.receipts, receipt)
        elif isinstance(given, ReadinessWitness):
            _keep(self.witnesses, Held(given, seq))
        elif operation.gives == "session":
            self.sids.pop(given, None)
            self.sids[given] = seq

    def holding(self, value: Any) -> Held[Any] | None:
        """Return an artifact with the step that gave it last; None where none of those kept is it."""
        kept: list[Any] = []
        if isinstance(value, OwnershipCapability):
            kept = self.capabilities
        elif isinstance(value, OwnershipReceipt):
            kept = self.receipts
        elif isinstance(value, ReadinessWitness):
            kept = self.witnesses
        return next((held for held in reversed(kept) if held.value == value), None)

    def write_sid(self, sid: int) -> dict[str, Any] | None:
        """Return how a program refers to a sid that some step opened; None for any other."""
        seq = self.sids.get(sid)
        return None if seq is None else {"$ref": seq}


def _keep(kept: list[Held[T]], held: Held[T]) -> None:
    kept.append(held)
    if len(kept) > KEPT:
        del kept[0]
