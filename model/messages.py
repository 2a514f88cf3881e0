"""Messages: signed when sent, verified when received (contract §8, §14).

Every operation refuses an unknown session, and every send an edge without a buffer, with the text of a StringError. H19
refuses a send whose sequence number does not follow; a receive that verifies refuses a bad signature.
"""

from __future__ import annotations

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.buffers import Buffer, EnqueueResult
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.sessions import found
from telltale_conformance.model.signatures import SignatureKind, SignedMessage, SignedValue, sign, verifies
from telltale_conformance.model.state import RolePair, Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.payloads import Value


def send(store: Store, sid: int, from_: str, to: str, val: Value) -> EnqueueResult:
    """Put a signed message on an edge; each one taken adds a leaf to the edge's tree."""
    return _send(store, sid, (from_, to), val, "valid", None)


def send_with_sequence(store: Store, sid: int, from_: str, to: str, val: Value, sequence_no: int) -> EnqueueResult:
    """Put a signed message with this sequence number on an edge."""
    return _send(store, sid, (from_, to), val, "valid", sequence_no)


def send_signed(
    store: Store,
    sid: int,
    from_: str,
    to: str,
    val: Value,
    signature: SignatureKind,
    sequence_no: int | None = None,
) -> EnqueueResult:
    """Put a message on an edge with a signature made as named; no send verifies."""
    return _send(store, sid, (from_, to), val, signature, sequence_no)


def recv(store: Store, sid: int, from_: str, to: str) -> Value | None:
    """Take the oldest message off an edge, or None: there is none, or its signature is bad.

    A message with a bad signature is lost; under H16 it stays and the error says so.
    """
    session = found(store, sid)
    message = _oldest(session, (from_, to))
    if message is None:
        return None

    verified = _verifies(store, session, (from_, to), message)
    if not verified and store.contract.keeps_unverified():
        raise StringError(table.VERIFIED_HERE, from_, to)
    _take(store, session, (from_, to))
    return message.value if verified else None


def recv_signed(store: Store, sid: int, from_: str, to: str) -> SignedMessage | None:
    """Take the oldest message off an edge, whatever its signature; say whether it verifies."""
    session = found(store, sid)
    message = _oldest(session, (from_, to))
    if message is None:
        return None
    _take(store, session, (from_, to))
    return SignedMessage(message.value, message.sequence_no, _verifies(store, session, (from_, to), message))


def recv_verified(store: Store, sid: int, from_: str, to: str) -> Value | None:
    """Take the oldest message off an edge; say that its signature is bad where it is, and lose it (H16: it stays)."""
    message = recv_verified_signed(store, sid, from_, to)
    return None if message is None else message.payload


def recv_verified_signed(store: Store, sid: int, from_: str, to: str) -> SignedMessage | None:
    """Take the oldest message off an edge as it was signed; refuse a bad signature as ``recv_verified`` does."""
    session = found(store, sid)
    message = _oldest(session, (from_, to))
    if message is None:
        return None

    verified = _verifies(store, session, (from_, to), message)
    if verified or not store.contract.keeps_unverified():
        _take(store, session, (from_, to))
    if not verified:
        raise StringError(table.VERIFIED, from_, to)
    return SignedMessage(message.value, message.sequence_no, valid=True)


def has_message(store: Store, sid: int, from_: str, to: str) -> bool:
    """Say whether a message is under way on an edge; False without a buffer."""
    return _oldest(found(store, sid), (from_, to)) is not None


def _send(
    store: Store, sid: int, pair: RolePair, value: Value, kind: SignatureKind, given: int | None
) -> EnqueueResult:
    """Put a message on an edge; ``given`` is its sequence number where the sender chose one."""
    session = found(store, sid)
    buffer = session.buffers.get(pair)
    if buffer is None:
        raise StringError(table.BUFFER, *pair)
    number = store.contract.next_number(len(session.auth.get(pair, ())))
    if given is not None and not store.contract.may_number(given, number):
        raise StringError(table.IN_SEQUENCE, given, *pair)

    result = buffer.admit(store.contract)
    if result != "Ok":
        return result
    number = number if given is None else given
    message = SignedValue(value, sign(kind, sid, *pair, value, number), number)
    _put(store, session, pair, buffer, message)
    return result


def _put(store: Store, session: Session, pair: RolePair, buffer: Buffer, message: SignedValue) -> None:
    """Store an admitted message, and add its leaf to the edge's tree."""
    before = len(buffer.messages)
    buffer.put(message)
    store.totals.messages += len(buffer.messages) - before
    leaves = session.auth.get(pair)
    if leaves is None:
        leaves = session.auth[pair] = []
        store.totals.trees += 1
    leaves.append(message)
    session.auth_leaves += 1
    store.totals.leaves += 1


def _oldest(session: Session, pair: RolePair) -> SignedValue | None:
    """Return the message that a receive takes next; None without one, and without a buffer."""
    buffer = session.buffers.get(pair)
    return buffer.messages[0] if buffer is not None and buffer.messages else None


def _take(store: Store, session: Session, pair: RolePair) -> None:
    """Take the oldest message off an edge that has one."""
    session.buffers[pair].messages.popleft()
    store.totals.messages -= 1


def _verifies(store: Store, session: Session, pair: RolePair, message: SignedValue) -> bool:
    return verifies(message, session.sid, *pair, store.contract)
