"""Monitors of the messages of an edge: K18, K25, K26."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims.ledger import Ledger, Message
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen

SENDS: Final = those(lambda operation: operation.result == "enqueued")
PLAIN_RECEIVES: Final = those(lambda operation: operation.result == "value")
"""They hand out the payload alone, and only of a message that verifies."""
RECEIVES: Final = PLAIN_RECEIVES | those(lambda operation: operation.result == "signed message")
_LAST: Final = 2**64 - 1


def edge_of_message(args: Mapping[str, Any]) -> tuple[str, str]:
    """Return the edge that a send or receive names."""
    return args["from"], args["to"]


def message_of(args: Mapping[str, Any]) -> Message:
    """Return the message that a send puts on its edge, as far as the send tells."""
    return Message(args["val"], args.get("signature", "valid"), args.get("sequence_no"))


def payload_of(seen: Seen) -> Any:
    """Return the payload that a receive hands out; None where it hands out nothing."""
    if not seen.ok or seen.answer is None or seen.op in PLAIN_RECEIVES:
        return seen.answer if seen.ok else None
    return seen.answer["payload"]


def verified(seen: Seen) -> bool:
    """Whether a receive says of what it hands out that it verifies."""
    if not seen.ok or seen.answer is None:
        return False
    return seen.op in PLAIN_RECEIVES or seen.answer["valid"] is True


def exactly_once_delivery(seen: Seen) -> Judgement | None:
    """K18: a receive gives the oldest message that is under way, or leaves it there."""
    ledger = seen.ledger
    if ledger is None:
        return None
    if seen.op == "observe":
        return _still_there(seen, ledger)
    edge = edge_of_message(seen.args)
    if not ledger.waiting(edge):
        return None
    if seen.op == "has_message":
        left = edge in ledger.refused and seen.ok
        return Judgement(seen.answer is False, f"a message that {edge} refused to hand out is gone") if left else None
    if not seen.ok:
        return Judgement(False, "")
    lost = not same_json(ledger.oldest(edge).value, payload_of(seen))
    return Judgement(lost, f"{seen.op} {edge}: a message was lost")


def _still_there(seen: Seen, ledger: Ledger) -> Judgement | None:
    if not ledger.refused or not seen.ok:
        return None
    lengths = {
        (buffer["edge"]["sender"], buffer["edge"]["receiver"]): buffer["len"] for buffer in seen.answer["buffers"]
    }
    for edge in sorted(ledger.refused):
        if lengths.get(edge, 0) < (ledger.waiting(edge) or 0):
            return Judgement(True, f"a message that {edge} refused to hand out is gone")
    return Judgement(False, "")


def signature_binding(seen: Seen) -> Judgement | None:
    """K25: what verifies was signed by its sender for this edge, this sequence number and this value."""
    edge = edge_of_message(seen.args)
    if seen.ledger is None or not seen.ledger.waiting(edge):
        return None
    message = seen.ledger.oldest(edge)
    after_the_last = message.signature == "other_sequence" and message.number == _LAST  # there is no other one
    if message.signature == "valid" or after_the_last:
        return None
    bound = verified(seen) and same_json(message.value, payload_of(seen))
    return Judgement(bound, f"{seen.op} {edge}: a message signed as {message.signature} verifies")


def sequence(seen: Seen) -> Judgement | None:
    """K26: what verifies has a greater sequence number than what verified before on the edge."""
    number = number_of(seen)
    if seen.ledger is None or number is None or not verified(seen):
        return None
    before = seen.ledger.heard.get(edge_of_message(seen.args))
    if before is None:
        return None
    return Judgement(number <= before, f"{seen.op}: sequence number {number} after {before}")


def number_of(seen: Seen) -> int | None:
    """Return the sequence number of the message that a receive hands out; None where nobody tells it."""
    if not seen.ok or seen.answer is None:
        return None
    if seen.op not in PLAIN_RECEIVES:
        number: int = seen.answer["sequence_no"]
        return number
    edge = edge_of_message(seen.args)
    return seen.ledger.oldest(edge).number if seen.ledger is not None and seen.ledger.waiting(edge) else None


MONITORS: Final[Mapping[str, Monitor]] = {
    "K18": Monitor({"has_message", "observe", *RECEIVES}, exactly_once_delivery),
    "K25": Monitor(RECEIVES, signature_binding),
    "K26": Monitor(RECEIVES, sequence),
}
