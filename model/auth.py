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

_LEAF_HASH: Final = blake2b(digest_size=_SIZE, person=_LEAF)
_NODE_HASH: Final = blake2b(digest_size=_SIZE, person=_NODE)


class SigningKey:
    """The key of one session's role; signs, and by signing again verifies."""

    __slots__ = ("_hash", "secret")

    def __init__(self, sid: int, role: str) -> None:
        self.secret = blake2b(sid.to_bytes(8, "big") + role.encode(), digest_size=_SIZE, person=_KEY).digest()
        self._hash = blake2b(digest_size=_SIZE, key=self.secret, person=_SIGNATURE)

    def sign(self, receiver: str, payload: bytes) -> bytes:
        """Return the 32-byte signature of ``payload`` sent to ``receiver``."""
        to = receiver.encode()
        signature = self._hash.copy()
        signature.update(b"%d:%b%b" % (len(to), to, payload))
        return signature.digest()


class AuthTree:
    """A Merkle tree that grows by appending; holds its peaks only, so appending is amortised O(1)."""

    __slots__ = ("_peaks", "leaves")

    def __init__(self) -> None:
        self.leaves = 0
        self._peaks: list[bytes] = []

    def append(self, signature: bytes) -> None:
        """Add the leaf of a signed message."""
        leaf = _LEAF_HASH.copy()
        leaf.update(signature)
        node = leaf.digest()
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
    node = _NODE_HASH.copy()
    node.update(left + right)
    return node.digest()
