"""Local types: the tree of what one role does in a session (contract §6 and §7).

A local type is one of

* ``END``: the role is done;
* ``Send(partner, branches)``: choose one of the branches and send its label to ``partner``;
* ``Recv(partner, branches)``: wait for ``partner`` to choose one;
* ``Mu(var, body)``: recursion, ``var`` stands for the whole type inside ``body``;
* ``Var(name)``: go on with the recursion of that name.

The trees are immutable and hashable. Building a node costs the same whatever lies below it; equality, hash
and deallocation work at any depth. A tree may share subtrees (unfolding does): every function of this
package that can avoid it walks a shared subtree once.
"""

from __future__ import annotations

from typing import Final, Self, TypeAlias

from telltale_conformance.model.types.immutable import setter
from telltale_conformance.model.types.trees import (
    Branch,
    Branching,
    SessionType,
)

__all__ = [
    "Choice",
    "LocalType",
    "Recv",
    "Send",
]

LocalType: TypeAlias = SessionType


class Choice(Branching):
    """What Send and Recv share: the partner and the branches, in the order given. May have no branch."""

    __slots__ = __match_args__ = ("partner", "branches")
    partner: str
    branches: tuple[Branch, ...]

    def __init__(self, partner: str, branches: tuple[Branch, ...]) -> None:
        _set_partner(self, partner)
        _set_branches(self, tuple(branches))

    def with_branches(self, branches: tuple[Branch, ...]) -> Self:
        """Return the same choice with other branches."""
        return type(self)(self.partner, branches)


_set_partner: Final = setter(Choice, "partner")
_set_branches: Final = setter(Choice, "branches")


class Send(Choice):
    """Internal choice: this role picks a branch and sends its label to ``partner``."""

    __slots__ = ()


class Recv(Choice):
    """External choice: ``partner`` picks the branch."""

    __slots__ = ()
