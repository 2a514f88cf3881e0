"""Copies of parts of a reference store, and keys by which two parts are known to be the same.

Which classes of the model are mutable is read off their values: containers and classes with slots are copied, frozen
values are shared, and anything else is refused, so that no state can be shared by mistake.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, Final

from msgspec import Struct

from telltale_conformance.model.clock import Timeouts
from telltale_conformance.model.state import ComputedTrees, Session
from telltale_conformance.model.types.immutable import Node
from telltale_conformance.oracle.histories.logs import Tail

_LOG: Final = "log"
"""The slot that only grows."""

Reader = Callable[[Any], Any]


def _itself(value: Any) -> Any:
    return value


def _is_frozen(kind: type) -> bool:
    if issubclass(kind, Struct):
        return kind.__struct_config__.frozen
    return issubclass(kind, str | int | bytes | type(None) | tuple | Node)


def _copier(kind: type) -> Reader:
    if _is_frozen(kind):
        return _itself
    if kind is ComputedTrees:
        return lambda value: ComputedTrees()
    if kind is dict:
        return _copied_dict
    if kind in (list, set):
        return kind.copy
    if kind is deque:
        return deque.copy
    slots = _slots(kind)

    def copied(value: Any) -> Any:
        other: Any = object.__new__(kind)
        for name in slots:
            part = getattr(value, name)
            setattr(other, name, copy(part))
        return other

    return copied


def _slots(kind: type) -> tuple[str, ...]:
    slots = getattr(kind, "__slots__", None)
    if not isinstance(slots, tuple) or not kind.__module__.startswith("telltale_conformance.model."):
        raise TypeError(f"it is not known how to copy a {kind.__qualname__}")
    return slots


def _copied_dict(value: dict[Any, Any]) -> dict[Any, Any]:
    other = value.copy()
    for name, part in value.items():
        copier = _copiers.get(type(part)) or _new_copier(type(part))
        if copier is _itself:
            break  # the values of a table are of one kind
        other[name] = copier(part)
    return other


_copiers: Final[dict[type, Reader]] = {}


def _new_copier(kind: type) -> Reader:
    copier = _copiers[kind] = _copier(kind)
    return copier


def copy(value: Any) -> Any:
    """Return a value of the model that shares nothing mutable with the given one.

    Raises:
        TypeError: it is of a kind that is not known to be frozen, a container, or a class of the model with slots.
    """
    kind = type(value)
    return (_copiers.get(kind) or _new_copier(kind))(value)


def copied_session(session: Session) -> Session:
    """Return a copy of a session with a ``Tail`` in place of its log, which is kept elsewhere."""
    other = Session.__new__(Session)
    for name in _slots(Session):
        setattr(other, name, Tail(len(session.log)) if name == _LOG else copy(getattr(session, name)))
    return other


def _keyer(kind: type) -> Reader:
    if _is_frozen(kind):
        return _itself
    if kind is ComputedTrees:
        return lambda value: None
    if kind is dict:
        return lambda value: frozenset((name, key(part)) for name, part in value.items())
    if kind is set:
        return frozenset
    if kind in (list, deque):
        return lambda value: tuple(key(part) for part in value)
    slots = tuple(name for name in _slots(kind))
    return lambda value: tuple(key(getattr(value, name)) for name in slots)


_keyers: Final[dict[type, Reader]] = {}


def key(value: Any) -> Hashable:
    """Return what is equal for two values of the model exactly when no operation can tell them apart."""
    kind = type(value)
    keyer = _keyers.get(kind)
    if keyer is None:
        keyer = _keyers[kind] = _keyer(kind)
    made: Hashable = keyer(value)
    return made


def part_key(part: Any, origin: Any) -> Hashable:
    """Return the key of a part of a store among those that come from the same origin.

    Of a session's log only the length is in it. The archive and the runtime's log grow only, so of those that continue
    their origin's the entries since then are enough.

    Args:
        part: a session, the clock with its witnesses, the archive, or what is frozen.
        origin: the part as it stood when it was last certain; None where there was none.
    """
    if type(part) is list:
        return _grown(part, origin)
    if not isinstance(part, Session | Timeouts):
        return key(part)
    log = len(part.log) if isinstance(part, Session) else _grown(part.log, origin.log)
    return log, *[key(getattr(part, name)) for name in _slots(type(part)) if name != _LOG]


def _grown(entries: list[Any], origin: list[Any]) -> Hashable:
    known = len(origin)
    assert len(entries) >= known, "what only grows has shrunk"
    assert not known or entries[known - 1] is origin[-1], "what only grows was changed"
    return tuple(entries[known:])
