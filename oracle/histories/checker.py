"""Linearizability of a history: whether every answer is the answer of some order of the operations.

The search is that of Wing and Gong with Lowe's memory of configurations, run while the events come (just in time): an
operation is put in the order at the latest when it returns. What several orders have in common is kept once, and
operations that reach different parts of the store are searched apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from telltale_conformance.errors import HarnessError
from telltale_conformance.lean_traces.history import Call, Crash, HistoryEvent
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.contract import Contract, contract_named
from telltale_conformance.model.operations import Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.histories.components import Component, combined
from telltale_conformance.oracle.histories.configurations import (
    CERTAIN,
    Configuration,
    Done,
    Part,
    Path,
    distinct,
)
from telltale_conformance.oracle.histories.parts import PartName, names_in, part_of, store_of
from telltale_conformance.oracle.histories.pending import Pending, printed_outcome
from telltale_conformance.oracle.histories.snapshots import copy
from telltale_conformance.oracle.verdict.compare import Level

CONFIGURATIONS: Final = 100_000
"""How many configurations are visited for a history before it is left inconclusive, beside those per answer."""
PER_ANSWER: Final = 20
"""How many more may be visited for each answer of the history."""


class Refused(Exception):
    """Thrown when no order of the operations gives the answers so far."""

    def __init__(self, operation: Pending, component: Component, before: list[Configuration]) -> None:
        super().__init__(operation.call.number)
        self.operation = operation
        """The operation at whose return no order is left."""
        self.component = component
        self.before = before
        """The configurations before that return."""


class OverBudget(HarnessError):
    """Thrown when more configurations are needed than the budget allows: nothing is concluded."""


class Checker:
    """Takes the events of one history in their order.

    Args:
        contract: by which answers are judged, itself or by name.
        level: how strictly answers are compared.
        budget: how many configurations may be visited, beside ``PER_ANSWER`` for each answer.
        keep_order: remember the order of all operations; components are then never parted.

    Raises:
        UnknownContract: the model states no such contract.
    """

    def __init__(
        self,
        contract: Contract | str,
        *,
        level: Level = Level.state,
        budget: int = CONFIGURATIONS,
        keep_order: bool = False,
    ) -> None:
        self.contract = contract_named(contract) if isinstance(contract, str) else contract
        self.visited = 0
        """How many configurations were visited."""
        self.answers = 0
        self._level = level
        self._budget = budget
        self._store = Store(self.contract)
        """The parts that are certain; those of a component stand as they did before its operations."""
        self._pending: dict[int, Pending] = {}
        self._home: dict[Pending, Component] = {}
        self._components: dict[Component, None] = {}
        self._of: dict[PartName, Component] = {}
        self._keep_order = keep_order
        self._order: list[Path] = []
        self._stamp = 0

    def call(self, call: Call, answer: Answer | None = None) -> None:
        """Take a call, with its answer where that is known already.

        Raises:
            OverBudget: too many configurations.
        """
        operation = Pending(call, answer, self._level)
        self._pending[call.number] = operation
        names = operation.footprint.names
        touching = self._touching(names)
        if len(touching) == 1 and (touching[0].names is None or (names is not None and names <= touching[0].names)):
            component = touching[0]
        else:
            self._afford(touching)
            component = combined(touching, names)
            self._forget(touching)
            self._remember(component)
        component.pending[operation] = None
        self._home[operation] = component

    def returned(self, number: int, answer: Answer) -> None:
        """Take the return of an open call.

        Raises:
            Refused: no order of the operations gives the answers so far.
            OverBudget: too many configurations.
        """
        operation = self._pending.pop(number)
        component = self._home.pop(operation)
        self.answers += 1
        if operation.answer is None:
            operation.know(answer)
        if len(component.pending) == 1 and component.untouched:
            outcome = step(self._store, operation.call.operation, operation.call.arguments)
            if not operation.agrees(outcome):
                raise Refused(operation, component, component.configurations)
            self._note(self._path(component.configurations[0], operation))
            self._forget([component])
            return
        found = self._ordered(component, operation)
        if not found:
            raise Refused(operation, component, component.configurations)
        del component.pending[operation]
        component.configurations = found
        self._settle(component)

    def crashed(self, number: int) -> None:
        """Take the end of an open call whose answer nobody will know."""
        operation = self._pending.pop(number)
        component = self._home.pop(operation)
        operation.crashed = True
        if operation.call.operation.reads_only:
            del component.pending[operation]
            component.configurations = distinct(
                one.without(operation) if operation in one.done else one for one in component.configurations
            )
            self._settle(component)
        else:
            component.configurations = distinct(one.settled(operation) for one in component.configurations)

    def order(self) -> list[Pending]:
        """Return an order of the operations that gives the answers so far; only with ``keep_order``."""
        paths = [*self._order, *(one.configurations[0].path for one in self._components)]
        whole: Path | None = None
        for path in paths:
            whole = Path(whole, None, 0, path)
        return [] if whole is None else whole.operations()

    # The search

    def _ordered(self, component: Component, operation: Pending) -> list[Configuration]:
        """Return the configurations in which an operation is in the order, once it has returned."""
        found: dict[Any, Configuration] = {}
        seen = set()
        waiting: list[Configuration] = []
        for one in component.configurations:
            if operation not in one.done:
                waiting.append(one)
                seen.add(one.key)
                continue
            predicted = one.done[operation]
            if predicted is None or operation.agrees(operation.predicted[predicted]):
                after = one.without(operation)
                found.setdefault(after.key, after)
        candidates = [operation, *(one for one in component.pending if one is not operation)]
        while waiting:
            one = waiting.pop()
            for added, after in self.continued(component, one, candidates):
                self._visit(1)
                if added is operation:
                    ended = after.without(operation)
                    found.setdefault(ended.key, ended)
                elif after.key not in seen:
                    seen.add(after.key)
                    waiting.append(after)
        return list(found.values())

    def continued(
        self, component: Component, configuration: Configuration, candidates: Iterable[Pending]
    ) -> Iterator[tuple[Pending, Configuration]]:
        """Yield the pending operations that may come next in an order, each with the configuration after it.

        An operation whose answer is known and that changes nothing is put in the order as soon as its answer is right:
        whatever order has it later has an equal one with it here. Then nothing else is tried.
        """
        following: list[tuple[Pending, Configuration]] = []
        for operation in candidates:
            if operation in configuration.done:
                continue
            after, changes = self.after(component, configuration, operation)
            if after is None:
                continue
            if operation.answer is not None and not changes and _never_changes(operation):
                yield operation, after
                return
            following.append((operation, after))
        yield from following

    def after(
        self, component: Component, configuration: Configuration, operation: Pending
    ) -> tuple[Configuration | None, bool]:
        """Return the configuration after one more operation, and whether it changes a part.

        It is None when the operation's answer would be wrong, or it crashed and changes nothing: then an order without
        it has every future that one with it has.
        """
        view, names = self.view(component, configuration, operation)
        outcome = step(view, operation.call.operation, operation.call.arguments)
        if operation.answer is not None and not operation.agrees(outcome):
            return None, False
        parts, changes = configuration.parts, False
        if not operation.call.operation.reads_only:
            parts, changes = self._parts_after(component, configuration, operation, view, names)
        if operation.crashed and not changes:
            return None, False
        done: Done = {**configuration.done, operation: self._predicted(operation, outcome)}
        return Configuration(parts, done, self._path(configuration, operation)), changes

    def view(
        self, component: Component, configuration: Configuration, operation: Pending
    ) -> tuple[Store, Iterable[PartName]]:
        """Return a store with the parts that an operation reaches, to be changed freely, and the parts' names."""
        footprint = operation.footprint
        names: Iterable[PartName] = (
            names_in(self._store) | configuration.parts.keys() if footprint.names is None else footprint.names
        )
        given = []
        reads_only = operation.call.operation.reads_only
        for name in names:
            part = configuration.parts.get(name) or component.origin(name, self._store)
            shared = reads_only or (footprint.whole and isinstance(name, int))
            given.append((name, part.value if shared else copy(part.value)))
        return store_of(self.contract, given), names

    def _parts_after(
        self,
        component: Component,
        configuration: Configuration,
        operation: Pending,
        view: Store,
        names: Iterable[PartName],
    ) -> tuple[dict[PartName, Part], bool]:
        parts = configuration.parts.copy()
        changes = False
        for name in names_in(view).union(names) if operation.footprint.names is None else names:
            before = configuration.parts.get(name) or component.origin(name, self._store)
            value = part_of(view, name)
            if value is before.value:
                continue
            origin = component.origin(name, self._store)
            part = Part(value, origin.value)
            changes = changes or part != before
            if part == origin:
                parts.pop(name, None)
            else:
                parts[name] = part
        return parts, changes

    @staticmethod
    def _predicted(operation: Pending, outcome: Outcome) -> Any:
        if operation.answer is not None or operation.crashed:
            return None
        printed = printed_outcome(outcome)
        operation.predicted.setdefault(printed, outcome)
        return printed

    # Components

    def _touching(self, names: frozenset[PartName] | None) -> list[Component]:
        if names is None or (len(self._components) == 1 and next(iter(self._components)).names is None):
            return list(self._components)
        return list({self._of[name]: None for name in names if name in self._of})

    def _remember(self, component: Component) -> None:
        self._components[component] = None
        for name in component.names or ():
            self._of[name] = component
        for operation in component.pending:
            if not operation.crashed:
                self._home[operation] = component

    def _forget(self, components: Iterable[Component]) -> None:
        for component in components:
            del self._components[component]
            for name in component.names or ():
                del self._of[name]

    def _settle(self, component: Component) -> None:
        """Make certain what all configurations agree on, and let a component fall into what is independent."""
        self._forget([component])
        component.absorb(self._store)
        component.forget_crashed()
        if len(component.configurations) == 1 and not component.configurations[0].done:
            self._note(component.configurations[0].path)
            component.configurations = [CERTAIN]
            if not component.pending:
                return
        for part in [component] if self._keep_order else component.parted():
            self._remember(part)

    def _afford(self, components: list[Component]) -> None:
        needed = 1
        for component in components:
            needed *= len(component.configurations)
            if needed > 1:
                self._visit(needed, keep=False)
        self._visit(needed if len(components) > 1 and needed > 1 else 0)

    def _visit(self, more: int, *, keep: bool = True) -> None:
        visited = self.visited + more
        allowed = self._budget + PER_ANSWER * self.answers
        if visited > allowed:
            raise OverBudget(
                f"more than {allowed} configurations",
                remedy="allow more with --configurations, or record fewer operations that overlap",
            )
        if keep:
            self.visited = visited

    def _path(self, configuration: Configuration, operation: Pending) -> Path | None:
        if not self._keep_order:
            return None
        self._stamp += 1
        return Path(configuration.path, operation, self._stamp)

    def _note(self, path: Path | None) -> None:
        if path is not None:
            self._order.append(path)


def _never_changes(operation: Pending) -> bool:
    """Say whether an operation with this answer changes nothing, wherever it stands in an order.

    Of a refusal that changed nothing here this is so: which guard refused is in the answer, and decides the records.
    """
    assert operation.answer is not None
    return operation.call.operation.reads_only or not operation.answer.is_ok


def check(events: Iterable[tuple[HistoryEvent, Answer | None]], checker: Checker) -> Iterator[HistoryEvent]:
    """Give a checker the events one by one, and yield each once it is taken.

    Raises:
        Refused: no order of the operations gives the answers so far.
        OverBudget: too many configurations.
    """
    for event, answer in events:
        if isinstance(event, Call):
            checker.call(event, answer)
        elif isinstance(event, Crash):
            checker.crashed(event.number)
        else:
            checker.returned(event.number, event.answer)
        yield event
