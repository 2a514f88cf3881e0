"""Components: operations that may see each other's effects, with the configurations of the parts that they reach.

Operations of different components reach different parts of the store, so each component is searched alone: all
configurations together are every combination of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import prod
from typing import TypeVar

from telltale_conformance.oracle.histories.configurations import CERTAIN, Configuration, Part
from telltale_conformance.oracle.histories.ground import Ground
from telltale_conformance.oracle.histories.logs import Log
from telltale_conformance.oracle.histories.parts import PartName
from telltale_conformance.oracle.histories.pending import Pending

Kept = TypeVar("Kept")


class Component:
    """Pending operations and the configurations that they may be in."""

    __slots__ = ("configurations", "logs", "names", "origins", "pending")

    def __init__(
        self,
        names: frozenset[PartName] | None,
        pending: dict[Pending, None],
        configurations: list[Configuration],
        origins: dict[PartName, Part],
        logs: dict[PartName, Log],
    ) -> None:
        self.names = names
        """The parts that it is about; None for all."""
        self.pending = pending
        """In the order of their calls."""
        self.configurations = configurations
        self.origins = origins
        """Parts as they are certain, as far as they were needed."""
        self.logs = logs
        """The same of the logs of sessions."""

    @property
    def untouched(self) -> bool:
        """Whether its one configuration is what is certain."""
        (first, *rest) = self.configurations
        return not (rest or first.parts or first.logs or first.done)

    def origin(self, name: PartName, ground: Ground) -> Part:
        """Return a part as it is certain."""
        part = self.origins.get(name)
        if part is None:
            value = ground.part(name)
            part = self.origins[name] = Part(value, value)
        return part

    def log(self, name: PartName, ground: Ground) -> Log:
        """Return the logs that a session has where a configuration holds no others."""
        log = self.logs.get(name)
        if log is None:
            log = self.logs[name] = ground.log(name)
        return log

    def absorb(self, ground: Ground) -> None:
        """Make certain every part, and every log, on which all configurations agree."""
        first, *others = self.configurations
        for name in {name for one in self.configurations for name in one.parts}:
            agreed = first.parts.get(name)
            if agreed is not None and all(one.parts.get(name) == agreed for one in others):
                for one in self.configurations:
                    if isinstance(name, int):  # it may be another session, so its log is noted before
                        one.logs = {**one.logs, name: one.logs.get(name) or self.log(name, ground)}
                    one.parts = {other: part for other, part in one.parts.items() if other != name}
                ground.put(name, agreed.value)
                self.origins.pop(name, None)
        held = {name for one in self.configurations for name in one.parts}
        for name in {name for one in self.configurations for name in one.logs} - held:
            log = first.logs.get(name) or self.log(name, ground)
            if all((one.logs.get(name) or self.log(name, ground)) is log for one in others):
                ground.put_log(name, log)
                self.origins.pop(name, None)
                self.logs.pop(name, None)
                for one in self.configurations:
                    one.logs = {other: log for other, log in one.logs.items() if other != name}
        self.configurations = [Configuration(one.parts, one.logs, one.done, one.path) for one in self.configurations]

    def forget_crashed(self) -> None:
        """Forget the crashed operations that happened in every configuration."""
        configurations = self.configurations
        for operation in [one for one in self.pending if one.crashed]:
            if all(operation in one.done for one in configurations):
                configurations = [one.without(operation) for one in configurations]
                del self.pending[operation]
        self.configurations = configurations

    def parted(self) -> list[Component]:
        """Return the independent components that this one falls into; where it does not, itself with its names anew."""
        footprints = [operation.footprint.names for operation in self.pending]
        touched = frozenset(name for one in self.configurations for name in (*one.parts, *one.logs))
        if any(names is None for names in footprints):
            self.names = None
            return [self]
        groups = _connected([names for names in footprints if names is not None], touched)
        names = self.names = frozenset().union(*groups)
        self.origins = _within(self.origins, names)
        self.logs = _within(self.logs, names)
        if len(groups) <= 1 or not all(footprints):
            return [self]
        cuts = [
            (group, {one: None for one in self.pending if one.footprint.names and one.footprint.names & group})
            for group in groups
        ]
        apart = [self._within(group, frozenset(pending)) for group, pending in cuts]
        if prod(map(len, apart)) != len(self.configurations):
            return [self]
        return [
            Component(group, pending, configurations, _within(self.origins, group), _within(self.logs, group))
            for (group, pending), configurations in zip(cuts, apart, strict=True)
        ]

    def _within(self, names: frozenset[PartName], pending: frozenset[Pending]) -> list[Configuration]:
        parts = (one.within(names, pending) for one in self.configurations)
        return list({part.whole_key: part for part in parts}.values())


def _within(held: dict[PartName, Kept], names: frozenset[PartName]) -> dict[PartName, Kept]:
    return {name: kept for name, kept in held.items() if name in names}


def _connected(footprints: Iterable[frozenset[PartName]], touched: frozenset[PartName]) -> list[frozenset[PartName]]:
    """Return the parts in groups that no footprint joins."""
    groups: list[frozenset[PartName]] = []
    for names in [*footprints, *(frozenset({name}) for name in touched)]:
        if names:
            joined = [group for group in groups if group & names]
            groups = [group for group in groups if not group & names]
            groups.append(names.union(*joined))
    return groups


def combined(components: Iterable[Component], names: frozenset[PartName] | None) -> Component:
    """Return one component for several, and for further parts."""
    given = list(components)
    configurations = [CERTAIN]
    pending: dict[Pending, None] = {}
    origins: dict[PartName, Part] = {}
    logs: dict[PartName, Log] = {}
    for component in given:
        configurations = [one.beside(other) for one, other in product(configurations, component.configurations)]
        pending |= component.pending
        origins |= component.origins
        logs |= component.logs
        names = None if names is None or component.names is None else names | component.names
    return Component(names, pending, configurations, origins, logs)
