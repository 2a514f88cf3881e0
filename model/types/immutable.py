"""Immutable tree nodes: hash and equality without recursion.

Local types, labels, sorts, value types and values are all trees of small immutable nodes, and a type may
be tens of thousands of levels deep. Python's own ``==`` and ``hash`` on nested dataclasses recurse once per
level; the nodes here do not: the hash of a node is made from its children's hashes when somebody asks for it, and
kept, and equality walks both trees with an explicit stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, NoReturn, Self


class Node:
    """One immutable node; equal to another exactly when class, fields and children are equal.

    A subclass lists its fields in ``__match_args__`` in constructor order, sets them with ``_fill`` and
    holds in them only text, integers, booleans, None, nodes, and tuples of these.
    """

    __slots__ = ("_hash",)
    __match_args__: ClassVar[tuple[str, ...]] = ()
    _setters: ClassVar[tuple[Callable[[Any, object], None], ...]] = ()
    """Set the fields, each in its slot, past ``__setattr__``."""
    _hash: int

    def __init_subclass__(cls) -> None:
        cls._setters = tuple(getattr(cls, name).__set__ for name in cls.__match_args__)

    def _fill(self, *fields: object) -> None:
        """Set the fields named by ``__match_args__``."""
        for set_field, value in zip(self._setters, fields, strict=True):
            set_field(self, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable: cannot delete {name!r}")

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            return _hashed(self)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Node):
            return NotImplemented
        return _equal(self, other)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), tuple(getattr(self, name) for name in self.__match_args__))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {hash(self) & 0xFFFFFFFF:08x}>"


_set_hash: Final = vars(Node)["_hash"].__set__


def _hashed(root: Node) -> int:
    """Make the hashes of a tree from its leaves up; return the root's."""
    stack: list[Node] = [root]
    while stack:
        node = stack[-1]
        if getattr(node, "_hash", None) is not None:
            stack.pop()
            continue
        fields = [getattr(node, name) for name in node.__match_args__]
        waiting = [below for field in fields for below in _nodes_in(field) if getattr(below, "_hash", None) is None]
        if waiting:
            stack += waiting
        else:
            _set_hash(stack.pop(), hash((type(node), *fields)))
    return root._hash


def setter(cls: type[Node], name: str) -> Callable[[Any, object], None]:
    """Return what sets a slot past ``__setattr__``; for constructors that run too often for ``_fill``."""
    set_slot: Callable[[Any, object], None] = vars(cls)[name].__set__
    return set_slot


def _nodes_in(field: object) -> tuple[Node, ...]:
    if isinstance(field, Node):
        return (field,)
    return tuple(one for one in field if isinstance(one, Node)) if isinstance(field, tuple) else ()


def _equal(left: Node, right: Node) -> bool:
    """Compare two trees with an explicit stack; a pair of nodes that was met before is not walked again."""
    stack: list[tuple[object, object]] = [(left, right)]
    met: set[tuple[int, int]] = set()
    while stack:
        a, b = stack.pop()
        if a is b:
            continue
        if type(a) is not type(b):
            return False
        if isinstance(a, Node) and isinstance(b, Node):
            if hash(a) != hash(b):
                return False
            pair = (id(a), id(b))
            if pair in met:
                continue
            met.add(pair)
            for name in a.__match_args__:
                stack.append((getattr(a, name), getattr(b, name)))
        elif isinstance(a, tuple) and isinstance(b, tuple):
            if len(a) != len(b):
                return False
            stack.extend(zip(a, b, strict=True))
        elif a != b:
            return False
    return True
