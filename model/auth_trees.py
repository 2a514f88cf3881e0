"""Auth trees and the default verification model (contract §17): keys, signatures, leaves, roots and proofs.

The hash can be forged and is stated only so that roots can be compared. All integers are little-endian.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from siphash24 import siphash13

from telltale_conformance.model.types.json_shape import text_bytes
from telltale_conformance.model.types.payloads import (
    Bool,
    EndpointValue,
    Nat,
    ProdValue,
    Str,
    Unit,
    Value,
    encode_pairs,
    encode_value,
)

_SIGNATURE: Final = b"\x02"
_LEAF: Final = b"\x03"
_NODE: Final = b"\x04"
_KEY: Final = b"\x07"
_BLOCKS: Final = [block.to_bytes(8, "little") for block in range(4)]


def _u64(number: int) -> bytes:
    return number.to_bytes(8, "little")


def _sized(text: str) -> bytes:
    encoded = text.encode()
    return _u64(len(encoded)) + encoded


def hashed(tag: bytes, content: bytes) -> bytes:
    """Return H: the 32 bytes of four SipHash-1-3 under zero keys, each of the tag, the block's number and the bytes."""
    rest = _u64(len(content)) + content
    return b"".join([_u64(siphash13(tag + block + rest).intdigest() % 2**64) for block in _BLOCKS])


# Keys and signatures


@lru_cache(maxsize=4096)
def verifying_key(sid: int, role: str) -> bytes:
    """Return V, the verifying key of an endpoint: the hash of its signing key."""
    return hashed(_KEY, hashed(_KEY, _u64(sid) + role.encode()))


def signature_digest(key: bytes, value: Value, bound: tuple[str, int] | None = None) -> bytes:
    """Return the digest of the signature that the owner of ``key`` makes for a value.

    Args:
        key: the verifying key of the sender.
        value: what is signed.
        bound: the receiver and the sequence number, where the signature binds them too (H18).
    """
    before = b"" if bound is None else _u64(bound[1]) + _sized(bound[0])
    return hashed(_SIGNATURE, key + before + encode_pairs(value, _signed_leaf))


def _signed_leaf(value: object) -> bytes:
    if isinstance(value, EndpointValue):
        return b'{"Endpoint":{"sid":%d,"role":%s}}' % (value.sid, text_bytes(value.role))
    return encode_value(value)  # type: ignore[arg-type] # the leaf of a value is a value


# Leaves


def leaf_of(value: Value, key: bytes, digest: bytes, sequence_no: int) -> bytes:
    """Return the leaf of a message with the signature ``(key, digest)`` attached."""
    return hashed(_LEAF, packed(value) + key + digest + _u64(sequence_no))


def packed(value: Value) -> bytes:
    """Return P, the packed value: the number of its variant, then what it carries."""
    parts: list[bytes] = []
    rest: list[Value] = [value]
    while rest:
        match rest.pop():
            case Unit():
                parts.append(b"\0\0\0\0")
            case Nat(number):
                parts.append(b"\1\0\0\0" + _u64(number))
            case Bool(truth):
                parts.append(b"\2\0\0\0\1" if truth else b"\2\0\0\0\0")
            case Str(text):
                parts.append(b"\3\0\0\0" + _sized(text))
            case ProdValue(left, right):
                parts.append(b"\4\0\0\0")
                rest += (right, left)
            case EndpointValue(sid, role):
                parts.append(b"\5\0\0\0" + _u64(sid) + _sized(role))
    return b"".join(parts)


# The tree


def combined(left: bytes, right: bytes) -> bytes:
    """Return the inner node over two nodes."""
    return hashed(_NODE, left + right)


@dataclass(frozen=True, slots=True)
class Proof:
    """That a leaf is at an index: its neighbours from the leaf level upward, and on which side each is."""

    index: int
    siblings: tuple[bytes, ...]
    sibling_on_left: tuple[bool, ...]


class AuthTree:
    """The tree over a growing list of leaves; a new leaf and the root cost a few hashes each, whatever its size."""

    __slots__ = ("_levels",)

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        """Of each level the nodes over full pairs; an odd last node stands in no list above its own."""
        for leaf in leaves:
            self.append(leaf)

    @property
    def leaves(self) -> list[bytes]:
        """The leaves, in the order of the sends."""
        return self._levels[0]

    def append(self, leaf: bytes) -> None:
        """Add a leaf, and the nodes whose pairs it completes."""
        node = leaf
        for level in self._levels:
            level.append(node)
            if len(level) % 2:
                return
            node = combined(*level[-2:])
        self._levels.append([node])

    def _rows(self) -> Iterator[tuple[list[bytes], bytes | None]]:
        """Yield the levels, leaves first: the nodes over full pairs, and the last node where it is over an odd one."""
        last: bytes | None = None
        for level in self._levels:
            yield level, last
            odd = len(level) % 2 == 1
            if last is not None:
                last = combined(level[-1], last) if odd else combined(last, last)
            elif odd:
                last = combined(level[-1], level[-1])
        yield [], last

    def root(self) -> bytes:
        """Return the root; of one leaf it is that leaf.

        Raises:
            IndexError: there is no leaf.
        """
        for level, last in self._rows():
            if len(level) + (last is not None) == 1:
                return level[0] if last is None else last
        raise IndexError("a tree without leaves has no root")

    def proof(self, index: int) -> Proof | None:
        """Return the proof of the leaf at ``index``; None where there is no such leaf."""
        if index >= len(self.leaves):
            return None
        siblings: list[bytes] = []
        on_left: list[bool] = []
        at = index
        for level, last in self._rows():
            row = len(level) + (last is not None)
            if row == 1:
                break
            neighbour = min(at ^ 1, row - 1)  # an odd last node is its own neighbour
            siblings.append(level[neighbour] if last is None or neighbour < len(level) else last)
            on_left.append(at % 2 == 1)
            at //= 2
        return Proof(index, tuple(siblings), tuple(on_left))


def verifies(root: bytes, leaf: bytes, proof: Proof) -> bool:
    """Say whether a proof leads from a leaf to the root; the number of leaves is not asked."""
    if len(proof.siblings) != len(proof.sibling_on_left):
        return False
    node, at = leaf, proof.index
    for sibling, on_left in zip(proof.siblings, proof.sibling_on_left, strict=True):
        if on_left != (at % 2 == 1):
            return False
        node = combined(sibling, node) if on_left else combined(node, sibling)
        at //= 2
    return node == root
