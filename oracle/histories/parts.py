"""What of a store an operation of a history reaches, and a store that holds these parts alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import Operation
from telltale_conformance.model.store import Store

PartName: TypeAlias = int | str
"""A session by its sid, or one of the parts below."""
NEXT_SID: Final = "next sid"
ARCHIVE: Final = "archive"
RUNTIME: Final = "runtime"
"""The clock, the timeout witnesses and their log."""
_SHARED: Final = (NEXT_SID, ARCHIVE, RUNTIME)


class Footprint:
    """The parts of a store that a call reaches.

    ``names`` is None for every part. ``whole`` means that sessions are looked at, added and removed as wholes.
    """

    __slots__ = ("names", "whole")

    def __init__(self, names: frozenset[PartName] | None, *, whole: bool = False) -> None:
        self.names = names
        self.whole = whole


_NOTHING: Final = Footprint(frozenset())
_ALL_SESSIONS: Final = Footprint(None, whole=True)
_EVERYTHING: Final = Footprint(None)
_FIXED: Final = {
    "nothing": _NOTHING,
    "next sid": Footprint(frozenset({NEXT_SID})),
    "archive": Footprint(frozenset({ARCHIVE})),
    "runtime": Footprint(frozenset({RUNTIME})),
    "sessions": _ALL_SESSIONS,
    "everything": _EVERYTHING,
}


def footprint(operation: Operation, arguments: tuple[Any, ...], answer: Answer | None) -> Footprint:
    """Return the parts that a call reaches; with its answer there may be fewer.

    A part that an operation would reach only if it answered otherwise is left out: then that other answer shows.
    """
    fixed = _FIXED.get(operation.reach)
    if fixed is not None:
        return fixed
    if operation.reach == "listed":
        return Footprint(frozenset({*arguments[0], ARCHIVE}), whole=True)
    if operation.reach == "session":
        assert operation.sid_of is not None
        return Footprint(frozenset({operation.sid_of(arguments)}))
    if operation.sid_of is not None:
        return Footprint(frozenset({operation.sid_of(arguments), NEXT_SID}), whole=True)
    if answer is None:
        return _ALL_SESSIONS
    opened = {answer.result} if answer.is_ok and type(answer.result) is int else set()
    return Footprint(frozenset({*opened, NEXT_SID}), whole=True)


def part_of(store: Store, name: PartName) -> Any:
    """Return a part of a store: a session or None, the next sid, the archive, the runtime."""
    if isinstance(name, int):
        return store.sessions.get(name)
    if name == NEXT_SID:
        return store.next_sid, store.sids_exhausted
    return store.archive if name == ARCHIVE else store.timeouts


def put_part(store: Store, name: PartName, part: Any) -> None:
    """Put a part in its place in a store."""
    if isinstance(name, int):
        if part is None:
            store.remove(name)
        else:
            store.insert(part)
    elif name == NEXT_SID:
        store.next_sid, store.sids_exhausted = part
    elif name == ARCHIVE:
        store.archive = part
    else:
        store.timeouts = part


def store_of(contract: Contract, parts: Iterable[tuple[PartName, Any]]) -> Store:
    """Return a store that holds these parts, and of all others what a fresh store has."""
    store = Store(contract)
    for name, part in parts:
        if part is not None:
            put_part(store, name, part)
    return store


def names_in(store: Store) -> frozenset[PartName]:
    """Return the names of all parts of a store."""
    return frozenset({*store.sessions, *_SHARED})
