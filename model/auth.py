"""Authentication of messages: endpoint keys, signatures, and one append-only tree of leaves per edge (§8).

The contract fixes when a leaf is added and that a changed message does not verify; the hash is ours:
BLAKE2b, with another personalisation for every use, so that no hash of one kind passes for another.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

_KEY: Final = b"tc/endpoint-key"
_SIGNATURE: Final = b"tc/signature"
_LEAF: Final = b"tc/tree-leaf"
_NODE: Final = b"tc/tree-node"
_SIZE: Final = 32


def endpoint_key(sid: int, role: str) -> bytes:
    """Return the 32-byte signing key of a session's role."""
    return blake2b(sid.to_bytes(8, "big") + role.encode(), digest_size=_SIZE, person=_KEY).digest()


def sign(key: bytes, receiver: str, payload: bytes) -> bytes:
    """Return the 32-byte signature of ``payload`` sent to ``receiver`` under the sender's key."""
    to = receiver.encode()
    framed = len(to).to_bytes(8, "big") + to + payload
    return blake2b(framed, digest_size=_SIZE, key=key, person=_SIGNATURE).digest()


class AuthTree:
    """A Merkle tree that grows by appending; holds its peaks only, so appending is amortised O(1)."""

    __slots__ = ("_peaks", "leaves")

    def __init__(self) -> None:
        self.leaves = 0
        self._peaks: list[bytes] = []

    def append(self, signature: bytes) -> None:
        """Add the leaf of a signed message."""
        node = blake2b(signature, digest_size=_SIZE, person=_LEAF).digest()
        size = self.leaves
        while size & 1:
            node = _join(self._peaks.pop(), node)
            size >>= 1
        self._peaks.append(node)
        self.leaves += 1

    def root(self) -> bytes | None:
        """Return the 32-byte root over all leaves, or None while there is none."""
        if not self._peaks:
            return None
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = _join(peak, node)
        return node


def _join(left: bytes, right: bytes) -> bytes:
    return blake2b(left + right, digest_size=_SIZE, person=_NODE).digest()
