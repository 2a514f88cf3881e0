"""Signed messages and the six ways in which a message is signed (contract §14).

The model keeps what a signature was made of: whose key, for which edge, sequence number and value, and whether a bit of
it was changed since. What verifies follows from that; the bytes are a matter of the verification model (§17).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from telltale_conformance.model.contract import Contract
from telltale_conformance.model.types.payloads import UNIT, ProdValue, Value
from telltale_conformance.model.values import U64, DomainValue, successor

SignatureKind: TypeAlias = Literal["valid", "corrupt", "wrong_edge", "wrong_value", "other_receiver", "other_sequence"]


class Signature(NamedTuple):
    """What was signed, by whom, and whether the signature is still as it was made."""

    sid: int
    signer: str
    receiver: str
    sequence_no: int
    value: Value
    intact: bool = True


class SignedValue(NamedTuple):
    """A message: its payload, the signature that it came with, and its sequence number."""

    value: Value
    signature: Signature
    sequence_no: int = 0


class SignedMessage(DomainValue, frozen=True):
    """A message as it is handed out; ``valid`` says whether its signature verified then."""

    payload: Value
    sequence_no: U64
    valid: bool


def sign(kind: SignatureKind, sid: int, sender: str, receiver: str, value: Value, number: int) -> Signature:
    """Make the signature that a signed send names."""
    right = Signature(sid, sender, receiver, number, value)
    match kind:
        case "valid":
            return right
        case "corrupt":
            return right._replace(intact=False)
        case "wrong_edge":
            return right._replace(signer=receiver, receiver=sender)
        case "wrong_value":
            return right._replace(value=ProdValue(value, UNIT))
        case "other_receiver":
            return right._replace(receiver=f"{receiver}'")
        case "other_sequence":
            return right._replace(sequence_no=successor(number))


def verifies(message: SignedValue, sid: int, sender: str, receiver: str, contract: Contract) -> bool:
    """Say whether a message's signature is its sender's over what the contract has it bind."""
    made = message.signature
    return (
        made.intact
        and (made.sid, made.signer) == (sid, sender)
        and made.value == message.value
        and contract.binds((made.receiver, made.sequence_no), (receiver, message.sequence_no))
    )
