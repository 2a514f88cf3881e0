"""Messages: signed on send, verified on receive (contract §8)."""

from __future__ import annotations

from hmac import compare_digest

from telltale_conformance.model import guard_table as table
from telltale_conformance.model.auth import AuthTree, SigningKey
from telltale_conformance.model.buffers import EnqueueResult, SignedValue
from telltale_conformance.model.errors import StringError
from telltale_conformance.model.sessions import found
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.payloads import Value, encode_value


def send(store: Store, sid: int, from_: str, to: str, val: Value) -> EnqueueResult:
    """Put a signed message on an edge; each one taken adds a leaf to the edge's tree."""
    session = found(store, sid)
    buffer = session.buffers.get((from_, to))
    if buffer is None:
        raise StringError(table.BUFFER, from_, to)

    result = buffer.admit(store.contract)
    if result != "Ok":
        return result
    signature = _signature(session, from_, to, val)
    before = len(buffer.messages)
    buffer.put(SignedValue(val, signature))
    store.totals.messages += len(buffer.messages) - before
    _add_leaf(store, session, (from_, to), signature)
    return result


def recv(store: Store, sid: int, from_: str, to: str) -> Value | None:
    """Take the oldest message off an edge, or None: there is none, or its signature is bad.

    A message with a bad signature is lost; under H16 it stays and the error says so.
    """
    session = found(store, sid)
    buffer = session.buffers.get((from_, to))
    if buffer is None or not buffer.messages:
        return None

    message = buffer.messages[0]
    verified = compare_digest(message.signature, _signature(session, from_, to, message.value))
    if not verified and store.contract.keeps_unverified():
        raise StringError(table.VERIFIED, from_, to)
    buffer.messages.popleft()
    store.totals.messages -= 1
    return message.value if verified else None


def has_message(store: Store, sid: int, from_: str, to: str) -> bool:
    """Say whether a message is under way on an edge; False without a buffer."""
    buffer = found(store, sid).buffers.get((from_, to))
    return buffer is not None and bool(buffer.messages)


def _signature(session: Session, sender: str, receiver: str, value: Value) -> bytes:
    key = session.keys.get(sender)
    if key is None:
        key = session.keys[sender] = SigningKey(session.sid, sender)
    return key.sign(receiver, encode_value(value))


def _add_leaf(store: Store, session: Session, pair: tuple[str, str], signature: bytes) -> None:
    tree = session.auth.get(pair)
    if tree is None:
        tree = session.auth[pair] = AuthTree()
        store.totals.trees += 1
    tree.append(signature)
    session.auth_leaves += 1
    store.totals.leaves += 1
