"""Configurations: where the store may stand after some order of the operations so far (Lowe's memory of them).

A configuration holds only the parts that differ from what is certain, and which of the pending operations it has put
in its order already. Two with the same parts and operations have the same future, so one of them is kept.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, Final, TypeAlias

from telltale_conformance.oracle.histories.parts import PartName
from telltale_conformance.oracle.histories.pending import Pending, Printed
from telltale_conformance.oracle.histories.snapshots import part_key


class Part:
    """A part of a store as it stands in some configurations; equal to another when no operation tells them apart."""

    __slots__ = ("_hash", "key", "value")

    def __init__(self, value: Any, origin: Any) -> None:
        self.value = value
        self.key: Hashable = part_key(value, origin)
        self._hash = hash(self.key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Part) and self._hash == other._hash and self.key == other.key)


class Path:
    """An order of operations: one after another order, or two orders of operations that do not see each other."""

    __slots__ = ("before", "beside", "operation", "stamp")

    def __init__(self, before: Path | None, operation: Pending | None, stamp: int, beside: Path | None = None) -> None:
        self.before = before
        self.operation = operation
        self.stamp = stamp
        self.beside = beside

    def operations(self) -> list[Pending]:
        """Return the operations in their order."""
        found: list[tuple[int, Pending]] = []
        waiting: list[Path | None] = [self]
        while waiting:
            path = waiting.pop()
            while path is not None:
                if path.operation is not None:
                    found.append((path.stamp, path.operation))
                waiting.append(path.beside)
                path = path.before
        found.sort(key=lambda item: item[0])
        return [operation for _, operation in found]


Done: TypeAlias = dict[Pending, Printed | None]
"""The pending operations that are in the order, with the outcome that must turn out to be their answer; None where
the answer is known, or nobody will know it."""


class Configuration:
    """Where the store may stand."""

    __slots__ = ("_key", "done", "parts", "path")

    def __init__(self, parts: dict[PartName, Part], done: Done, path: Path | None) -> None:
        self.parts = parts
        self.done = done
        self.path = path
        self._key: Hashable = None

    @property
    def key(self) -> Hashable:
        """What two configurations with the same future have in common."""
        if self._key is None:
            self._key = frozenset(self.parts.items()), frozenset(self.done.items())
        return self._key

    def without(self, operation: Pending) -> Configuration:
        """Return the configuration once that operation is not pending any more."""
        done = self.done.copy()
        del done[operation]
        return Configuration(self.parts, done, self.path)

    def settled(self, operation: Pending) -> Configuration:
        """Return the configuration once nobody will know the answer of an operation."""
        if operation not in self.done:
            return self
        return Configuration(self.parts, {**self.done, operation: None}, self.path)

    def beside(self, other: Configuration) -> Configuration:
        """Return this configuration and one of other parts as one."""
        if self.path is None or other.path is None:
            path = self.path or other.path
        else:
            path = Path(self.path, None, 0, other.path)
        return Configuration({**self.parts, **other.parts}, {**self.done, **other.done}, path)

    def within(self, names: frozenset[PartName], pending: frozenset[Pending]) -> Configuration:
        """Return what of the configuration is about these parts and operations."""
        return Configuration(
            {name: part for name, part in self.parts.items() if name in names},
            {operation: outcome for operation, outcome in self.done.items() if operation in pending},
            None,
        )


CERTAIN: Final = Configuration({}, {}, None)
"""The configuration that differs in nothing from what is certain."""


def distinct(configurations: Iterator[Configuration]) -> list[Configuration]:
    """Return the configurations without those that have the same future as an earlier one."""
    return list({one.key: one for one in configurations}.values())
