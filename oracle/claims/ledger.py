"""What the events of one session tell about its ownership, and what its log tells: the monitors' two accounts."""

from __future__ import annotations

from collections import deque
from typing import Any

from telltale_conformance.model.operations import those

ACCEPTS_CAPABILITY = those(lambda operation: "capability" in operation.parameters)
RECEIPT_OPERATIONS = those(lambda operation: "receipt" in operation.parameters)
OWNERSHIP_OPERATIONS = those(lambda operation: operation.errors == "ownership")
_TERMINATES = those(lambda operation: operation.terminal)
_GRANTS = those(lambda operation: operation.gives == "capability")


def frozen(scope: Any) -> frozenset[str] | None:
    """A scope as a set of fragments; None is ``Session``, which contains all."""
    return None if scope == "Session" else frozenset(scope["Fragments"])


def within(part: Any, whole: Any) -> bool:
    """Scope inclusion."""
    inner, outer = frozen(part), frozen(whole)
    return outer is None or (inner is not None and inner <= outer)


class Ledger:
    """One session's life from ``open`` until it is reaped or its id is opened again."""

    def __init__(self, sid: int, roles: tuple[str, ...], buffer_config: Any) -> None:
        self.sid, self.roles, self.buffer_config = sid, roles, buffer_config
        self.live: dict[str, Any] | None = None
        self.pending: dict[str, Any] | None = None
        self.terminal = self.closed = self.unaudited = False
        self.dead: set[tuple[str, int]] = set()
        self.tenure = 0
        self.tenure_of: dict[int, int] = {}
        self.given: set[int] = set()
        self.consumed: set[int] = set()
        self.log_live: dict[str, Any] | None = None
        self.log_pending: dict[str, Any] | None = None
        self.log_witnesses: set[int] = set()
        self._queues: dict[tuple[str, str], deque[Any]] = {}

    def exceeds(self, scope: Any) -> bool | None:
        """The scope is not contained in the live one; None while no owner is known."""
        return None if self.live is None else not within(scope, self.live["scope"])

    def apply(self, op: str, args: Any, result: Any) -> None:
        """Take in a successful ownership operation."""
        if op in _GRANTS:
            self._end_tenure()
            self.live = result
        elif op == "release_ownership" or op in _TERMINATES:
            self._end_tenure()
        if op == "begin_ownership_transfer":
            self.pending = result
        elif op in RECEIPT_OPERATIONS or op in _TERMINATES:
            self.pending = None
        if op == "issue_readiness_witness":
            self.tenure_of[result["witness_id"]] = self.tenure
        elif op == "consume_readiness_witness":
            self.consumed.add(args["witness"]["witness_id"])
            self.tenure_of.pop(args["witness"]["witness_id"], None)
        if isinstance(result, dict) and "witness_id" in result:
            self.given.add(result["witness_id"])
        self.terminal = self.terminal or op in _TERMINATES

    def close(self, audit: Any) -> None:
        """Take in ``close``; ownership ends with it when the log says so."""
        self.closed = True
        self._queues.clear()
        if audit and any("OwnershipCapability" in record["artifact"] for record in audit):
            self._end_tenure()
        if audit and any("OwnershipReceipt" in record["artifact"] for record in audit):
            self.pending = None

    def _end_tenure(self) -> None:
        if self.live is not None:
            self.dead.add((self.live["owner_id"], self.live["generation"]))
        self.live = None
        self.tenure += 1

    def read(self, audit: list[Any]) -> None:
        """Replay log records."""
        for record in audit:
            ((kind, artifact),) = record["artifact"].items()
            event = record["event"]
            if event == "Rejected":
                continue
            if kind == "OwnershipCapability":
                self._read_capability(event, artifact)
            elif kind == "OwnershipReceipt":
                if event == "Issued":
                    self.log_pending = artifact
                elif artifact == self.log_pending:
                    self.log_pending = None
            elif kind == "Readiness" and event == "Issued":
                self.log_witnesses.add(artifact["witness_id"])
            elif kind == "Readiness":
                self.log_witnesses.discard(artifact["witness_id"])

    def _read_capability(self, event: str, artifact: dict[str, Any]) -> None:
        if event == "Issued":
            self.log_live = artifact
        elif artifact == self.log_live:
            self.log_live = None

    def log_gap(self) -> str:
        """How the log's account differs from the operations' account; empty when it does not."""
        if self.log_live != self.live:
            return f"the log leaves {self.log_live} live, the operations {self.live}"
        if self.log_pending != self.pending:
            return f"the log leaves {self.log_pending} pending, the operations {self.pending}"
        ended = sorted(key for key in self.log_witnesses if self.tenure_of.get(key, self.tenure) != self.tenure)
        return f"witnesses {ended} ended with their generation without a record" if ended else ""

    def buffer_bound(self) -> int | None:
        """The most that a buffer may hold: max_capacity, or what it was opened with."""
        config = self.buffer_config
        if not config or config["mode"] != "Fifo" or not isinstance(config["policy"], dict):
            return None
        return max(1, int(config["policy"]["Resize"]["max_capacity"]), int(config["initial_capacity"]))

    def sent(self, edge: tuple[str, str], value: Any) -> None:
        """A message was accepted; a LatestValue buffer keeps only it."""
        queue = self._queues.setdefault(edge, deque())
        if self.buffer_config and self.buffer_config["mode"] == "LatestValue":
            queue.clear()
        queue.append(value)

    def received(self, edge: tuple[str, str], value: Any) -> bool | None:
        """Whether a receive lost a message: null, or another value, while one is under way."""
        queue = self._queues.get(edge)
        if not queue:
            return None
        return bool(queue.popleft() != value)
