"""Configurations: where the store may stand after some order of the operations so far (Lowe's memory of them).

A configuration holds only the parts that differ from what is certain, and which of the pending operations it has put
in its order already. Two with the same parts and operations have the same future, so one of them is kept; where they
differ in the order of records in a log, the one that is kept has both logs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, Final, TypeAlias

from telltale_conformance.oracle.histories.logs import Log
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

    __slots__ = ("_key", "done", "logs", "parts", "path")

    def __init__(
        self, parts: dict[PartName, Part], logs: dict[PartName, Log], done: Done, path: Path | None = None
    ) -> None:
        self.parts = parts
        self.logs = logs
        """The logs of the sessions whose logs are others than is certain."""
        self.done = done
        self.path = path
        self._key: Hashable = None

    @property
    def key(self) -> Hashable:
        """What two configurations have in common that differ in nothing but the order of logs."""
        if self._key is None:
            self._key = frozenset(self.parts.items()), frozenset(self.done.items())
        return self._key

    @property
    def whole_key(self) -> Hashable:
        """What the same configurations have in common, logs and all."""
        return self.key, frozenset(self.logs.items())

    def without(self, operation: Pending) -> Configuration:
        """Return the configuration once that operation is not pending any more."""
        done = self.done.copy()
        del done[operation]
        return Configuration(self.parts, self.logs, done, self.path)

    def settled(self, operation: Pending) -> Configuration:
        """Return the configuration once nobody will know the answer of an operation."""
        if operation not in self.done:
            return self
        return Configuration(self.parts, self.logs, {**self.done, operation: None}, self.path)

    def beside(self, other: Configuration) -> Configuration:
        """Return this configuration and one of other parts as one."""
        if self.path is None or other.path is None:
            path = self.path or other.path
        else:
            path = Path(self.path, None, 0, other.path)
        done = {**self.done, **other.done}
        return Configuration({**self.parts, **other.parts}, {**self.logs, **other.logs}, done, path)

    def within(self, names: frozenset[PartName], pending: frozenset[Pending]) -> Configuration:
        """Return what of the configuration is about these parts and operations."""
        return Configuration(
            {name: part for name, part in self.parts.items() if name in names},
            {name: log for name, log in self.logs.items() if name in names},
            {operation: outcome for operation, outcome in self.done.items() if operation in pending},
        )


CERTAIN: Final = Configuration({}, {}, {})
"""The configuration that differs in nothing from what is certain."""


class Memory:
    """Configurations, each once: those that differ in the order of one log only are kept as one.

    Args:
        log: gives the log of a session that a configuration does not hold.
        apart: keep those that differ in a log apart too.
    """

    def __init__(self, log: Callable[[PartName], Log], *, apart: bool = False) -> None:
        self._log = log
        self._most = 0 if apart else 1
        self._known: dict[Hashable, list[Configuration]] = {}

    def add(self, one: Configuration) -> None:
        """Add a configuration."""
        known = self._known.setdefault(one.key, [])
        for other in known:
            held = one.logs.keys() | other.logs.keys()
            names = [name for name in held if self._of(one, name) is not self._of(other, name)]
            if len(names) > self._most:
                continue
            for name in names:
                other.logs = {**other.logs, name: self._of(other, name).either(self._of(one, name))}
            return
        known.append(one)

    def _of(self, one: Configuration, name: PartName) -> Log:
        return one.logs.get(name) or self._log(name)

    def __iter__(self) -> Iterator[Configuration]:
        for known in self._known.values():
            yield from known
