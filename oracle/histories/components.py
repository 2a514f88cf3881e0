"""Components: operations that may see each other's effects, with the configurations of the parts that they reach.

Operations of different components reach different parts of the store, so each component is searched alone: all
configurations together are every combination of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import prod

from telltale_conformance.model.store import Store
from telltale_conformance.oracle.histories.configurations import CERTAIN, Configuration, Part, distinct
from telltale_conformance.oracle.histories.parts import PartName, part_of, put_part
from telltale_conformance.oracle.histories.pending import Pending


class Component:
    """Pending operations and the configurations that they may be in."""

    __slots__ = ("configurations", "names", "origins", "pending")

    def __init__(
        self,
        names: frozenset[PartName] | None,
        pending: dict[Pending, None],
        configurations: list[Configuration],
        origins: dict[PartName, Part],
    ) -> None:
        self.names = names
        """The parts that it is about; None for all."""
        self.pending = pending
        """In the order of their calls."""
        self.configurations = configurations
        self.origins = origins
        """Parts as they are certain, as far as they were needed."""

    @property
    def untouched(self) -> bool:
        """Whether its one configuration is what is certain."""
        (first, *rest) = self.configurations
        return not (rest or first.parts or first.done)

    def origin(self, name: PartName, store: Store) -> Part:
        """Return a part as it is certain."""
        part = self.origins.get(name)
        if part is None:
            value = part_of(store, name)
            part = self.origins[name] = Part(value, value)
        return part

    def absorb(self, store: Store) -> None:
        """Make certain every part on which all configurations agree."""
        configurations = self.configurations
        first = configurations[0]
        names = {name for one in configurations for name in one.parts}
        agreed = [
            name
            for name in names
            if len(configurations) == 1
            or all(one.parts.get(name) == first.parts.get(name) for one in configurations[1:])
        ]
        for name in agreed:
            put_part(store, name, first.parts[name].value)
            self.origins.pop(name, None)
        if agreed:
            gone = frozenset(agreed)
            self.configurations = [
                Configuration({name: part for name, part in one.parts.items() if name not in gone}, one.done, one.path)
                for one in configurations
            ]

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
        touched = frozenset(name for one in self.configurations for name in one.parts)
        if any(names is None for names in footprints):
            self.names = None
            return [self]
        groups = _connected([names for names in footprints if names is not None], touched)
        names = self.names = frozenset().union(*groups)
        self.origins = {name: part for name, part in self.origins.items() if name in names}
        if len(groups) <= 1 and all(footprints):
            return [self]
        cuts = [
            (names, {one: None for one in self.pending if names & (one.footprint.names or frozenset())})
            for names in groups
        ]
        apart = [
            distinct(one.within(names, frozenset(pending)) for one in self.configurations) for names, pending in cuts
        ]
        lone = [operation for operation in self.pending if not operation.footprint.names]
        if lone or prod(map(len, apart)) != len(self.configurations):
            return [self]
        return [
            Component(
                names, pending, configurations, {name: part for name, part in self.origins.items() if name in names}
            )
            for (names, pending), configurations in zip(cuts, apart, strict=True)
        ]


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
    for component in given:
        configurations = [one.beside(other) for one, other in product(configurations, component.configurations)]
        pending |= component.pending
        origins |= component.origins
        names = None if names is None or component.names is None else names | component.names
    return Component(names, pending, configurations, origins)
