"""What the events of one session tell about its ownership, and what its log tells: the monitors' two accounts."""

from __future__ import annotations

from collections import Counter, deque
from typing import Any, NamedTuple

from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims.looks import Everywhere, Look
from telltale_conformance.oracle.claims.scopes import same_artifact
from telltale_conformance.oracle.claims.tables import Tables

ACCEPTS_CAPABILITY = those(lambda operation: "capability" in operation.parameters)
RECEIPT_OPERATIONS = those(lambda operation: "receipt" in operation.parameters)
OWNERSHIP_OPERATIONS = ACCEPTS_CAPABILITY | those(lambda one: one.errors == "ownership" and one.log is not None)
TERMINATES = those(lambda operation: operation.terminal)
_GRANTS = those(lambda operation: operation.gives == "capability")
_LAST = 2**64 - 1
_CHANGES_NOTHING = ACCEPTS_CAPABILITY & those(lambda operation: operation.log is None)


class Message(NamedTuple):
    """A message under way, as far as its send tells."""

    value: Any
    signature: str
    """How its signature was made (contract §14)."""
    number: int | None
    """Its sequence number, where the send chose one."""

    @property
    def signed_for_its_place(self) -> bool:
        """Whether its signature is for its edge, its number and its value."""
        after_the_last = self.signature == "other_sequence" and self.number == _LAST  # there is no other one
        return self.signature == "valid" or after_the_last


class Ledger:
    """One session's life from ``open`` until it is reaped or its id is opened again."""

    def __init__(self, sid: int, roles: tuple[str, ...], buffer_config: Any, everywhere: Everywhere) -> None:
        self.sid, self.roles, self.buffer_config = sid, roles, buffer_config
        self.live: dict[str, Any] | None = None
        self.pending: dict[str, Any] | None = None
        self.closed = self.unaudited = False
        self.reason: dict[str, Any] | None = None
        """Why ownership has ended for good, if it has."""
        self.told_reason: dict[str, Any] | None = None
        """The reason that an answer gave for it, once one did."""
        self.dead: set[tuple[str, int]] = set()
        self.tenure = 0
        self.tenure_of: dict[int, int] = {}
        self.issued_in: dict[int, int] = {}
        """Which tenure issued each witness that waits to be consumed, and each at all."""
        self.given: set[int] = set()
        self.consumed: set[int] = set()
        self.witnesses: dict[int, dict[str, Any]] = {}
        """The readiness witnesses that were given out, by id."""
        self.fresh: dict[int, dict[str, Any]] = {}
        """The witnesses that the live owner got for its very capability and has not consumed, by id."""
        self.receipts: dict[int, dict[str, Any]] = {}
        self.spent: set[int] = set()
        """The receipts that were given out, by claim id, and the ids of those that were used or have ended."""
        self.tables = Tables(sid, roles)
        self.look = Look(everywhere)
        self.records: list[Any] = []
        """All records that were appended to the log."""
        self.log_live: dict[str, Any] | None = None
        self.log_pending: dict[str, Any] | None = None
        self.log_witnesses: dict[int, dict[str, Any]] = {}
        self.log_missed = ""
        """What the records of the last event leave without a record of its end."""
        self.just_changed = self.changed = False
        """Whether the last event changed the ownership, and whether any did."""
        self.pressed: set[tuple[str, str]] = set()
        """The edges whose buffer was sent to when it held all that it was opened for."""
        self.refused: set[tuple[str, str]] = set()
        """The edges whose oldest message a receive refused to hand out."""
        self.leaves: dict[tuple[str, str], int] = {}
        """How many messages each edge took."""
        self.heard: dict[tuple[str, str], int] = {}
        """The sequence number of the message that verified last, by edge."""
        self._accepted: Counter[tuple[tuple[str, str], bytes]] = Counter()
        self._signed: set[tuple[tuple[str, str], bytes]] = set()
        self._verified: Counter[tuple[tuple[str, str], bytes]] = Counter()
        """Of each edge and value: how many messages it took, whether one was signed for it, how many verified."""
        self._unseen: set[tuple[str, str]] = set()
        """The edges whose messages may have been moved by an operation that is not followed."""
        self._queues: dict[tuple[str, str], deque[Message] | None] = {}
        """The messages under way; None once that is not known."""

    @property
    def terminal(self) -> bool:
        """Whether ownership has ended for good."""
        return self.reason is not None

    @property
    def guarded(self) -> bool:
        """Whether there is a live owner, or ownership has ended for good."""
        return self.live is not None or self.terminal

    def owned_by(self, name: str) -> bool:
        """Whether an owner of that name has ever been live, as far as the answers tell."""
        live = self.live is not None and self.live["owner_id"] == name
        return live or any(owner == name for owner, _ in self.dead)

    @property
    def unsure(self) -> bool:
        """Whether it is not known if closing ended the ownership: only the log says so."""
        return self.closed and self.unaudited

    def apply(self, op: str, args: Any, result: Any) -> None:
        """Take in a successful ownership operation."""
        honest = op == "issue_readiness_witness" and same_artifact(args["capability"], self.live)
        if op in _GRANTS:
            self._end_tenure()
            self.live = result
        elif op == "release_ownership" or op in TERMINATES:
            self._end_tenure()
        if op == "begin_ownership_transfer":
            self.pending = self.receipts[result["claim_id"]] = result
        elif op in RECEIPT_OPERATIONS or op in TERMINATES:
            self._end_transfer(args.get("receipt"))
        if op == "issue_readiness_witness":
            number = result["witness_id"]
            self.tenure_of[number] = self.issued_in[number] = self.tenure
            self.witnesses[number] = result
            if honest and number not in self.given:
                self.fresh[number] = result
            else:
                self.fresh.pop(number, None)
        elif op == "consume_readiness_witness":
            number = args["witness"]["witness_id"]
            self.consumed.add(number)
            self.tenure_of.pop(number, None)
            self.fresh.pop(number, None)
        elif op == "apply_owned_session_mutation":
            self.tables.mutated(args["mutation"])
        if isinstance(result, dict) and "witness_id" in result:
            self.given.add(result["witness_id"])
        if op in TERMINATES:
            self.reason = _reason(op, args)
            self.told_reason = result["reason"] if isinstance(result, dict) else None
        self.just_changed = op not in _CHANGES_NOTHING
        self.changed = self.changed or self.just_changed

    def close(self, audit: Any) -> None:
        """Take in ``close``; ownership ends with it when the log says so."""
        self.closed = True
        self.tables.traces.clear()
        self.tables.unasked.clear()
        self._queues.clear()
        self.refused.clear()
        self.pressed.clear()
        if audit and any("OwnershipCapability" in record["artifact"] for record in audit):
            self._end_tenure()
            self.just_changed = True
        if audit and any("OwnershipReceipt" in record["artifact"] for record in audit):
            self._end_transfer(None)
            self.just_changed = True

    def _end_transfer(self, used: Any) -> None:
        for receipt in (used, self.pending):
            if receipt is not None:
                self.spent.add(receipt["claim_id"])
        self.pending = None

    def _end_tenure(self) -> None:
        if self.live is not None:
            self.dead.add((self.live["owner_id"], self.live["generation"]))
        self.live = None
        self.tenure += 1
        self.fresh.clear()

    def log(self, audit: list[Any] | None) -> None:
        """Replay the records that an event appended; without them the log is not known from then on."""
        self.unaudited = self.unaudited or audit is None
        self.log_missed = ""
        self.records += audit or ()
        for record in audit or ():
            ((kind, artifact),) = record["artifact"].items()
            event = record["event"]
            if event == "Rejected":
                continue
            if kind == "OwnershipCapability":
                self._read_capability(event, artifact)
            elif kind == "OwnershipReceipt":
                if event == "Issued":
                    self._missing(self.log_pending)
                    self.log_pending = artifact
                elif same_artifact(artifact, self.log_pending):
                    self.log_pending = None
            elif kind == "Readiness" and event == "Issued":
                self._missing(self.log_witnesses.get(artifact["witness_id"]))
                self.log_witnesses[artifact["witness_id"]] = artifact
            elif kind == "Readiness" and same_artifact(artifact, self.log_witnesses.get(artifact["witness_id"])):
                del self.log_witnesses[artifact["witness_id"]]

    def _read_capability(self, event: str, artifact: dict[str, Any]) -> None:
        if event == "Issued":
            self._missing(self.log_live)
            self.log_live = artifact
        elif same_artifact(artifact, self.log_live):
            self.log_live = None

    def _missing(self, before: Any) -> None:
        """Note what a new artifact takes the place of: the log has no record that it stopped being valid."""
        if before is not None:
            self.log_missed = f"{before} stopped being valid without a record"

    def log_gap(self) -> str:
        """How the log's account differs from the operations' account; empty when it does not."""
        if self.log_missed:
            return self.log_missed
        if not same_artifact(self.log_live, self.live):
            return f"the log leaves {self.log_live} live, the operations {self.live}"
        if not same_artifact(self.log_pending, self.pending):
            return f"the log leaves {self.log_pending} pending, the operations {self.pending}"
        ended = sorted(key for key in self.log_witnesses if self.tenure_of.get(key, self.tenure) != self.tenure)
        return f"witnesses {ended} ended with their generation without a record" if ended else ""

    def buffer_bound(self) -> int | None:
        """Return the most that a buffer may hold: max_capacity, or what it was opened with."""
        config = self.buffer_config
        if not config or config["mode"] != "Fifo" or not isinstance(config["policy"], dict):
            return None
        return max(1, int(config["policy"]["Resize"]["max_capacity"]), int(config["initial_capacity"]))

    def waiting(self, edge: tuple[str, str]) -> int | None:
        """How many messages are under way on an edge; None where that is not known."""
        queue = self._queues.get(edge, _EMPTY)
        return None if queue is None else len(queue)

    def oldest(self, edge: tuple[str, str]) -> Message:
        """Return the message that is received next; there must be one."""
        queue = self._queues[edge]
        assert queue
        return queue[0]

    def handed_out(self, edge: tuple[str, str], payload: Any) -> Message | None:
        """Return which message a receive takes that hands out a payload, or nothing; None where that is not known.

        It is the oldest one. But behind a refusal nobody has seen whether the refused message is still there.
        """
        queue = self._queues.get(edge)
        if not queue:
            return None
        if payload is None:
            return None if edge in self.refused else queue[0]
        if edge not in self.refused and same_json(queue[0].value, payload):
            return queue[0]
        alike = [message for message in queue if same_json(message.value, payload)]
        return alike[0] if len(alike) == 1 else None

    def sending(self, edge: tuple[str, str]) -> None:
        """Note that a message is to be sent, whatever the result."""
        opened_for = (self.buffer_config or {}).get("initial_capacity", 64)
        waiting = self.waiting(edge)
        if waiting is not None and waiting >= max(1, opened_for):
            self.pressed.add(edge)

    def sent(self, edge: tuple[str, str], message: Message) -> None:
        """Note that a message was accepted; a LatestValue buffer keeps only it."""
        self.leaves[edge] = self.leaves.get(edge, 0) + 1
        self._accepted[edge, encode(message.value)] += 1
        if message.signed_for_its_place:
            self._signed.add((edge, encode(message.value)))
        queue = self._queues.setdefault(edge, deque())
        if queue is None:
            return
        if self.buffer_config and self.buffer_config["mode"] == "LatestValue":
            queue.clear()
        queue.append(message)

    def received(self, edge: tuple[str, str], payload: Any) -> None:
        """Note what was taken out, None for nothing; what waited before it is lost."""
        self.refused.discard(edge)
        queue = self._queues.get(edge)
        if not queue:
            return
        first = queue.popleft()
        while payload is not None and queue and not same_json(first.value, payload):
            first = queue.popleft()

    def refuses(self, edge: tuple[str, str]) -> None:
        """Note that a receive refused to hand out the oldest message, if there is one."""
        if self.waiting(edge):
            self.refused.add(edge)

    def lose_sight(self, edge: tuple[str, str]) -> None:
        """Note that an operation that is not followed may have changed the messages in transit."""
        self._queues[edge] = None
        self._unseen.add(edge)
        self.refused.discard(edge)

    def verifies(self, edge: tuple[str, str], payload: Any) -> None:
        """Note that a message with this payload was handed out as one that verifies."""
        self._verified[edge, encode(payload)] += 1

    def all_verified(self, edge: tuple[str, str], payload: Any) -> bool:
        """Whether as many messages of an edge with this payload verified as it ever took."""
        key = edge, encode(payload)
        return edge not in self._unseen and self._verified[key] >= self._accepted[key]

    def never_signed(self, edge: tuple[str, str], payload: Any) -> bool:
        """Whether nobody signed this payload for this edge."""
        return edge not in self._unseen and (edge, encode(payload)) not in self._signed


def _reason(op: str, args: Any) -> dict[str, Any]:
    """Return the terminal reason that a successful operation leaves."""
    if op == "mark_owner_died":
        return {"OwnerDied": {"owner_id": args["owner_id"]}}
    receipt = args["receipt"]
    giver = {"owner_id": receipt["from_owner_id"], "claim_id": receipt["claim_id"]}
    if op == "cancel_abandoned_transfer":
        return {"TransferAbandoned": giver}
    return {"TransferCommitFailed": {**giver, "reason": args["reason"]}}


_EMPTY: deque[Message] = deque()
