"""Local types: the tree of what one role does in a session (contract §6 and §7).

A local type is one of

* ``END``: the role is done;
* ``Send(partner, branches)``: choose one of the branches and send its label to `partner`;
* ``Recv(partner, branches)``: wait for `partner` to choose one;
* ``Mu(var, body)``: recursion, `var` stands for the whole type inside `body`;
* ``Var(name)``: go on with the recursion of that name.

The trees are immutable and hashable. Building a node costs the same whatever lies below it; equality, hash
and deallocation work at any depth. A tree may share subtrees (unfolding does): every function of this
package that can avoid it walks a shared subtree once.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self

from telltale_conformance.model.types.immutable import Node, _set
from telltale_conformance.model.types.payloads import PayloadSort, ValType


class Label(Node):
    """The name of a message and the sort of its payload (Unit when not given)."""

    __slots__ = __match_args__ = ("name", "sort")
    name: str
    sort: PayloadSort

    def __init__(self, name: str, sort: PayloadSort = "Unit") -> None:
        self._fill(name, sort)

    def __repr__(self) -> str:
        return f"Label({self.name!r}, {self.sort!r})"


class Branch(Node):
    """One alternative of a choice: its label, the value type (or None) and how the role goes on."""

    __slots__ = __match_args__ = ("label", "value_type", "continuation")
    label: Label
    value_type: ValType | None
    continuation: LocalType

    def __init__(self, label: Label, value_type: ValType | None, continuation: LocalType) -> None:
        self._fill(label, value_type, continuation)

    def __repr__(self) -> str:
        return f"Branch({self.label!r}, {self.value_type!r}, {self.continuation!r})"


class LocalType(Node):
    """Base of the five forms; never built itself."""

    __slots__ = ("_encoded",)
    _encoded: bytes | None

    def _fill(self, *fields: object) -> None:
        super()._fill(*fields)
        _set(self, "_encoded", None)

    def __repr__(self) -> str:
        from telltale_conformance.model.types.printer import shown

        return f"<{type(self).__name__} {shown(self)}>"


class End(LocalType):
    """Nothing more to do. There is one instance, ``END``; ``End()`` gives it."""

    __slots__ = ()
    _only: ClassVar[Self | None] = None

    def __new__(cls) -> Self:
        """Give the one instance."""
        if cls._only is None:
            only = super().__new__(cls)
            only._fill()
            cls._only = only
        return cls._only

    def __repr__(self) -> str:
        return "END"


END: Final = End()


class Choice(LocalType):
    """What Send and Recv share: the partner and the branches, in the order given. May have no branch."""

    __slots__ = __match_args__ = ("partner", "branches")
    partner: str
    branches: tuple[Branch, ...]

    def __init__(self, partner: str, branches: tuple[Branch, ...]) -> None:
        self._fill(partner, tuple(branches))


class Send(Choice):
    """Internal choice: this role picks a branch and sends its label to `partner`."""

    __slots__ = ()


class Recv(Choice):
    """External choice: `partner` picks the branch."""

    __slots__ = ()


class Mu(LocalType):
    """Recursion: in `body` the variable `var` stands for this whole type."""

    __slots__ = __match_args__ = ("var", "body")
    var: str
    body: LocalType

    def __init__(self, var: str, body: LocalType) -> None:
        self._fill(var, body)


class Var(LocalType):
    """A recursion variable."""

    __slots__ = __match_args__ = ("name",)
    name: str

    def __init__(self, name: str) -> None:
        self._fill(name)


def remember_encoding(local_type: LocalType, encoded: bytes) -> None:
    """Keep the canonical JSON of a type on its root; only ``model.types.type_json`` calls this."""
    _set(local_type, "_encoded", encoded)


def children(local_type: LocalType) -> tuple[LocalType, ...]:
    """The types directly below a node, in order: every branch's continuation, or the body of a Mu."""
    if isinstance(local_type, Choice):
        return tuple(branch.continuation for branch in local_type.branches)
    if isinstance(local_type, Mu):
        return (local_type.body,)
    return ()


def strip_mu(local_type: LocalType) -> LocalType:
    """The type without its leading Mu, nothing substituted: the contract's ``unfold_mu`` (§6, §7)."""
    while isinstance(local_type, Mu):
        local_type = local_type.body
    return local_type


def postorder(local_type: LocalType) -> list[LocalType]:
    """Every distinct node (by identity) once, children before parents; linear also in shared trees."""
    order: list[LocalType] = []
    met: set[int] = set()
    stack: list[Any] = [local_type]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif id(node) not in met:
            met.add(id(node))
            below = children(node)
            if below:
                stack += (node, None)
                stack += reversed(below)
            else:
                order.append(node)
    return order
