"""Global types: the tree of what all roles of a session do together.

A global type is ``END``, ``Mu``, ``Var`` (as in a local type), or ``Comm(sender, receiver, branches)``: the
sender chooses one of the branches and sends its label to the receiver, and the protocol goes on with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self, TypeAlias

from telltale_conformance.model.types.trees import Branch, Branching, SessionType, children

GlobalType: TypeAlias = SessionType


class Comm(Branching):
    """A communication: ``sender`` picks a branch and sends its label to ``receiver``."""

    __slots__ = __match_args__ = ("sender", "receiver", "branches")
    sender: str
    receiver: str
    branches: tuple[Branch, ...]

    def __init__(self, sender: str, receiver: str, branches: tuple[Branch, ...]) -> None:
        self._fill(sender, receiver, tuple(branches))

    def with_branches(self, branches: tuple[Branch, ...]) -> Self:
        """Return the same communication with other branches."""
        return type(self)(self.sender, self.receiver, branches)


def comms(global_type: GlobalType) -> Iterator[Comm]:
    """Every distinct communication of a type, in the order of its text."""
    met: set[int] = set()
    stack: list[SessionType] = [global_type]
    while stack:
        node = stack.pop()
        if id(node) in met:
            continue
        met.add(id(node))
        if isinstance(node, Comm):
            yield node
        stack += reversed(children(node))


def roles_of(global_type: GlobalType) -> tuple[str, ...]:
    """Return the roles that take part, in the order of their first communication, the sender before the receiver."""
    return tuple(dict.fromkeys(role for comm in comms(global_type) for role in (comm.sender, comm.receiver)))


def communications(global_type: GlobalType) -> tuple[tuple[str, str], ...]:
    """Return the pairs of sender and receiver, each once, in the order of the text."""
    return tuple(dict.fromkeys((comm.sender, comm.receiver) for comm in comms(global_type)))
