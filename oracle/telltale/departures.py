"""Where a run departs from the contract, or cannot be followed; and what every event of a kind must have."""

from __future__ import annotations

from typing import Any, Literal

from telltale_conformance.lean_traces.telltale.runs import TraceEvent

Class = Literal["outcome", "payload", "audit", "state"]


class Diverged(Exception):
    """Thrown at the first thing that a run says and the contract does not."""

    def __init__(self, kind: Class, op: str, expected: Any, actual: Any, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.op, self.expected, self.actual, self.reason = kind, op, expected, actual, reason
        self.arguments: dict[str, Any] = {}


class NotFollowed(Exception):
    """Thrown where a run cannot be followed any further, though no part of it contradicts the contract at its level."""


def needed(value: int | None, name: str) -> int:
    """Return what an event must have.

    Raises:
        Diverged: it has it not.
    """
    if value is None:
        raise Diverged("payload", "observe", name, None, f"the event has no `{name}`")
    return value


def exchange(event: TraceEvent) -> tuple[int, str, str, str]:
    """Return session, sender, receiver and label of a message.

    Raises:
        Diverged: the event lacks one of them.
    """
    if event.sender is None or event.receiver is None or event.label is None:
        raise Diverged("payload", event.kind, "sender, receiver, label", None, "the event lacks one of them")
    return needed(event.session, "session"), event.sender, event.receiver, event.label
