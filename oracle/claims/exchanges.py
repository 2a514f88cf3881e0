"""Monitors of the messages of an edge: K18, K25, K26."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from telltale_conformance.lean_traces.json_values import same_json
from telltale_conformance.model.guard_table import VERIFIED
from telltale_conformance.model.operations import those
from telltale_conformance.oracle.claims.ledger import Ledger, Message
from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen, refused_by

SENDS: Final = those(lambda operation: operation.result == "enqueued")
PLAIN_RECEIVES: Final = those(lambda operation: operation.result == "value")
"""They hand out the payload alone, and only of a message that verifies."""
RECEIVES: Final = PLAIN_RECEIVES | those(lambda operation: operation.result == "signed message")


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
    """K18: a receive gives the oldest message that is under way, or leaves it there.

    That a receive is refused shows neither; what is looked for on its edge afterwards does.
    """
    ledger = seen.ledger
    if ledger is None:
        return None
    if seen.op == "observe":
        return _still_there(seen, ledger)
    edge = edge_of_message(seen.args)
    waiting = ledger.waiting(edge)
    if waiting == 0 and seen.op in RECEIVES and payload_of(seen) is not None:
        return Judgement(True, f"{seen.op} {edge}: a message is handed out where none is under way")
    if not waiting or not seen.ok:
        return None
    if seen.op == "has_message":
        gone = seen.answer is False
        there = seen.answer is True and waiting == 1  # of several it may have another one
        looked_for = edge in ledger.refused and (gone or there)
        return Judgement(gone, f"a message that {edge} refused to hand out is gone") if looked_for else None
    payload = payload_of(seen)
    if payload is None or not same_json(ledger.oldest(edge).value, payload):
        return Judgement(True, f"{seen.op} {edge}: a message was lost")
    return Judgement(False, "") if ledger.handed_out(edge, payload) is not None else None


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
    edge, ledger = edge_of_message(seen.args), seen.ledger
    if ledger is None:
        return None
    if verified(seen) and ledger.never_signed(edge, payload_of(seen)):
        return Judgement(True, f"{seen.op} {edge}: what verifies was never signed for this edge")
    message = ledger.handed_out(edge, payload_of(seen))
    if message is None:
        return None
    if message.signed_for_its_place:
        number = message.number if number_of(seen) is None else number_of(seen)
        if message.number is None or number == message.number or not verified(seen):
            return None
        return Judgement(True, f"{seen.op} {edge}: signed for number {message.number}, it verifies for {number}")
    return Judgement(verified(seen), f"{seen.op} {edge}: a message signed as {message.signature} verifies")


def sequence(seen: Seen) -> Judgement | None:
    """K26: what verifies has a greater sequence number than what verified before on the edge."""
    number = number_of(seen)
    if seen.ledger is None or not verified(seen):
        return None
    if seen.ledger.all_verified(edge_of_message(seen.args), payload_of(seen)):
        return Judgement(True, f"{seen.op}: a message verifies more often than it was sent")
    if number is None:
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
    ledger, edge = seen.ledger, edge_of_message(seen.args)
    message = None if ledger is None else ledger.handed_out(edge, payload_of(seen))
    return None if message is None else message.number


MONITORS: Final[Mapping[str, Monitor]] = {
    "K18": Monitor({"has_message", "observe", *RECEIVES}, exactly_once_delivery),
    "K25": Monitor(RECEIVES, signature_binding, kept_by=refused_by(VERIFIED)),
    "K26": Monitor(RECEIVES, sequence),
}
