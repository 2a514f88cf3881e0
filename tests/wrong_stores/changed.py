"""The reference with a change, in this process and without touching the reference that judges it.

A change sets attributes of modules and classes of the model and of its adapter. What it set is found once, taken back,
and put in place only while the changed store answers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from telltale_conformance.lean_traces.printing import encode_answer
from telltale_conformance.model.operations import OPERATIONS, Outcome, step
from telltale_conformance.oracle.adapters import reference
from telltale_conformance.oracle.adapters.protocol import Answer, Request
from telltale_conformance.oracle.adapters.reference import ReferenceAdapter, _cut

Change = Callable[[], None]
_ROOMS = ("telltale_conformance.model", "telltale_conformance.oracle.adapters.reference")
_ABSENT = object()


def _holders() -> Iterator[Any]:
    """Yield the modules and classes whose attributes a change may set."""
    for name, module in list(sys.modules.items()):
        if name.startswith(_ROOMS):
            yield module
            yield from (each for each in vars(module).values() if isinstance(each, type) and each.__module__ == name)


def _put(holder: Any, name: str, value: Any) -> None:
    if isinstance(holder, dict):
        holder[name] = value
    elif value is _ABSENT:
        delattr(holder, name)
    else:
        setattr(holder, name, value)


class _Place(NamedTuple):
    """Something that a change sets."""

    holder: Any
    """A module, a class, or the operations by name."""
    name: str
    before: Any


@cache
def _places(change: Change) -> list[_Place]:
    """Return what a change sets, and leave all as it was."""
    before = [(holder, dict(vars(holder))) for holder in _holders()]
    operations = dict(OPERATIONS)
    change()
    found = [
        _Place(holder, name, known.get(name, _ABSENT))
        for holder, known in before
        for name, value in dict(vars(holder)).items()
        if value is not known.get(name, _ABSENT)
    ]
    found += [
        _Place(OPERATIONS, name, operations[name]) for name, value in OPERATIONS.items() if value != operations[name]
    ]
    _take_back(found)
    assert found, "the change changes nothing"
    return found


def _take_back(places: list[_Place]) -> None:
    for holder, name, before in places:
        _put(holder, name, before)


def _set_by(change: Change) -> list[tuple[_Place, Any]]:
    """Return what a change sets and the values; made anew each time, since a change may remember what it was asked."""
    places = _places(change)
    change()
    values = [holder[name] if isinstance(holder, dict) else vars(holder)[name] for holder, name, _ in places]
    _take_back(places)
    return list(zip(places, values, strict=True))


class ChangedReference(ReferenceAdapter):
    """The reference with a change, as an implementation in this process."""

    def __init__(self, contract: str, change: Change) -> None:
        self._set = _set_by(change)
        self._places = [place for place, _ in self._set]
        apart = {place.name for place in self._places if place.holder is OPERATIONS}
        self.changed_operations = frozenset(apart if len(apart) == len(self._set) else ())
        """The operations that it changes, where it changes nothing else."""
        self._reads_as_usual = all(place.holder is not reference for place in self._places)
        super().__init__(contract)

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        for place, value in self._set:
            _put(place.holder, place.name, value)
        try:
            yield
        finally:
            _take_back(self._places)

    def agrees(self, request: Request, arguments: tuple[Any, ...], expected: Outcome) -> Answer | None:
        """Carry out an operation; return None when all is as expected, else the answer.

        Args:
            request: the operation.
            arguments: as the right store reads them; not looked at by a store that reads otherwise.
            expected: what the right store gives.
        """
        if not self._reads_as_usual:
            return self._answer(request)
        with self._in_place():
            try:
                outcome = step(self._reference._store, OPERATIONS[request.op], arguments)
            except Exception as error:
                return _panic(error)
        if outcome == expected:
            return None
        return _cut(encode_answer(outcome, audited=True))

    def _fresh(self) -> None:
        with self._in_place():
            super()._fresh()

    def _answer(self, request: Request) -> Answer:
        with self._in_place():
            try:
                return super()._answer(request)
            except Exception as error:
                return _panic(error)


def _panic(error: Exception) -> Answer:
    return Answer("panic", f'"{type(error).__name__}"'.encode(), None)
