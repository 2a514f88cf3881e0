"""Monitor of the proofs of auth trees: K30."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from telltale_conformance.oracle.claims.seen import Judgement, Monitor, Seen
from telltale_conformance.oracle.claims.tables import Edge, edge_of

_Hash = tuple[int, ...]


class Tree(NamedTuple):
    """A tree of which a root was given."""

    size: int
    leaves: tuple[_Hash, ...] | None
    """Its leaves, where they were given too."""

    def has(self, leaf: _Hash, index: int) -> bool | None:
        """Whether that leaf is at that index; None where it is not known."""
        if index >= self.size:
            return False
        return None if self.leaves is None else self.leaves[index] == leaf


class Trees:
    """The trees by their roots: the sends tell how many leaves each has, or the leaves do."""

    def __init__(self) -> None:
        self._leaves: dict[tuple[Edge, int], tuple[_Hash, ...]] = {}
        self._known: dict[_Hash, set[Tree]] = {}

    def of(self, root: Any) -> set[Tree]:
        """Return the trees that are known to have this root."""
        return self._known.get(tuple(root), set())

    def follow(self, seen: Seen) -> None:
        """Take in what an answer tells of a tree."""
        ledger = seen.ledger
        if ledger is None or not seen.ok or seen.answer is None or seen.args["edge"]["sid"] != ledger.sid:
            return
        edge = edge_of(seen.args["edge"])
        size = ledger.leaves.get(edge[1:])
        if size is None:
            return
        if seen.op == "auth_leaves" and len(seen.answer) == size:
            self._leaves[edge, size] = tuple(tuple(leaf) for leaf in seen.answer)
        elif seen.op == "auth_root":
            self._known.setdefault(tuple(seen.answer), set()).add(Tree(size, self._leaves.get((edge, size))))


def proof_soundness(seen: Seen) -> Judgement | None:
    """K30: a proof that verifies shows that its leaf is at its index."""
    trees = seen.trees.of(seen.args["root"])
    if not trees or not seen.ok:
        return None
    leaf, index = tuple(seen.args["leaf"]), seen.args["proof"]["index"]
    shown = {tree.has(leaf, index) for tree in trees}
    if shown != {False}:
        return None
    if not isinstance(seen.answer, bool):
        raise TypeError("a proof verifies or does not")
    return Judgement(seen.answer, f"a proof verifies for a leaf that is not at index {index}")


MONITORS: Final[Mapping[str, Monitor]] = {"K30": Monitor({"auth_verify"}, proof_soundness)}
GIVES_TREES: Final = frozenset({"auth_root", "auth_leaves"})
"""What tells of a tree."""
