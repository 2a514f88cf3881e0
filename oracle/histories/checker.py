"""Linearizability of a history: whether every answer is the answer of some order of the operations.

The search is that of Wing and Gong with Lowe's memory of configurations, run while the events come (just in time): an
operation is put in the order at the latest when it returns. What several orders have in common is kept once, and
operations that reach different parts of the store are searched apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from telltale_conformance.lean_traces.history import Call, Crash, HistoryEvent
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.contract import Contract, contract_named
from telltale_conformance.model.operations import Outcome, step
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import AuditRecord
from telltale_conformance.oracle.histories.budget import CONFIGURATIONS, Budget
from telltale_conformance.oracle.histories.components import Component, combined
from telltale_conformance.oracle.histories.configurations import (
    CERTAIN,
    Configuration,
    Memory,
    Part,
    Path,
)
from telltale_conformance.oracle.histories.ground import Ground
from telltale_conformance.oracle.histories.logs import Log, Tail, certain_log
from telltale_conformance.oracle.histories.parts import PartName, names_in, part_of, store_of
from telltale_conformance.oracle.histories.pending import Pending, printed_outcome
from telltale_conformance.oracle.histories.snapshots import copied_session, copy
from telltale_conformance.oracle.verdict.compare import Level


class Refused(Exception):
    """Thrown when no order of the operations gives the answers so far."""

    def __init__(
        self,
        operation: Pending,
        component: Component,
        before: list[Configuration],
        outcome: Outcome | None = None,
    ) -> None:
        super().__init__(operation.call.number)
        self.operation = operation
        """The operation at whose return no order is left."""
        self.component = component
        self.before = before
        """The configurations before that return."""
        self.outcome = outcome
        """What the contract answers where there is only one order; else None."""


class Checker:
    """Takes the events of one history in their order.

    Args:
        contract: by which answers are judged, itself or by name.
        level: how strictly answers are compared.
        budget: how many configurations may be visited, beside those for each answer.
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
        self.budget = Budget(budget)
        self._level = level
        self._ground = Ground(self.contract)
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
            self.budget.combine(len(one.configurations) for one in touching)
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
        names = operation.footprint.names
        self.budget.answers += 1
        if operation.answer is None:
            operation.know(answer)
        if len(component.pending) == 1 and component.untouched and self._ground.holds_logs_of(names):
            outcome = step(self._ground.store, operation.call.operation, operation.call.arguments)
            if not operation.agrees(outcome):
                raise Refused(operation, component, component.configurations, outcome)
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
            after = [one.without(operation) if operation in one.done else one for one in component.configurations]
            component.configurations = self._each_once(component, after)
            self._settle(component)
        else:
            after = [one.settled(operation) for one in component.configurations]
            component.configurations = self._each_once(component, after)

    def component_of(self, number: int) -> Component:
        """Return the component of an open call."""
        return self._home[self._pending[number]]

    def order(self) -> list[Pending]:
        """Return an order of the operations that gives the answers so far; only with ``keep_order``."""
        paths = [*self._order, *(one.configurations[0].path for one in self._components)]
        whole: Path | None = None
        for path in paths:
            whole = Path(whole, None, 0, path)
        return [] if whole is None else whole.operations()

    # The search

    def _ordered(self, component: Component, operation: Pending) -> list[Configuration]:
        """Return the configurations in which an operation is in the order, once it has returned.

        Those with few operations in their order come first, so that all ways to a configuration, and so all its logs,
        are known when it is continued.
        """
        found = self._memory(component)
        waiting = [self._memory(component) for _ in range(len(component.pending) + 1)]
        for one in component.configurations:
            if operation not in one.done:
                waiting[len(one.done)].add(one)
                continue
            predicted = one.done[operation]
            if predicted is None or operation.agrees(operation.predicted[predicted]):
                found.add(one.without(operation))
        candidates = [operation, *(one for one in component.pending if one is not operation)]
        for place, memory in enumerate(waiting):
            for one in memory:
                for added, after in self.continued(component, one, candidates):
                    self.budget.visit(1)
                    if added is operation:
                        found.add(after.without(operation))
                    else:
                        waiting[place + 1].add(after)
        return list(found)

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
            for after, _ in self.after(component, configuration, operation):
                if after is None:
                    continue
                changes = after.parts != configuration.parts or after.logs != configuration.logs
                if operation.crashed and not changes:
                    continue  # an order without it has every future that one with it has
                if operation.answer is not None and not changes and operation.never_changes:
                    yield operation, after
                    return
                following.append((operation, after))
        yield from following

    def after(
        self, component: Component, configuration: Configuration, operation: Pending
    ) -> Iterator[tuple[Configuration | None, Outcome]]:
        """Yield the configuration after one more operation, with its outcome; None where that is not the answer.

        There are several where the operation reads a log whose order is not known: one for each log.
        """
        known, path = operation.answer is not None, self._path(configuration, operation)
        read = self._log_read(component, configuration, operation)
        if read is not None:
            sid, log = read
            for entries in _logs_to_try(log, operation):
                outcome = Outcome(tuple(entries), None, ())
                if known and not operation.agrees(outcome):
                    yield None, outcome
                    continue
                self.budget.visit(1)
                logs = configuration.logs if log.certain else {**configuration.logs, sid: certain_log(entries)}
                done = {**configuration.done, operation: self._predicted(operation, outcome)}
                yield Configuration(configuration.parts, logs, done, path), outcome
            return
        view, names = self._view(component, configuration, operation)
        outcome = step(view, operation.call.operation, operation.call.arguments)
        if known and not operation.agrees(outcome):
            yield None, outcome
            return
        parts, logs = configuration.parts, configuration.logs
        if not operation.call.operation.reads_only:
            parts, logs = self._parts_after(component, configuration, view, names)
        done = {**configuration.done, operation: self._predicted(operation, outcome)}
        yield Configuration(parts, logs, done, path), outcome

    def _log_read(
        self, component: Component, configuration: Configuration, operation: Pending
    ) -> tuple[PartName, Log] | None:
        """Return the session and the log that an operation reads, where there is one that is not in its place."""
        row = operation.call.operation
        if row.result != "records" or row.reach != "session":
            return None
        assert row.sid_of is not None
        sid = row.sid_of(operation.call.arguments)
        part = configuration.parts.get(sid) or component.origin(sid, self._ground)
        if part.value is None or (part.value.log.__class__ is list and sid not in configuration.logs):
            return None
        return sid, configuration.logs.get(sid) or component.log(sid, self._ground)

    def _view(
        self, component: Component, configuration: Configuration, operation: Pending
    ) -> tuple[Store, Iterable[PartName]]:
        """Return a store with the parts that an operation reaches, to be changed freely, and the parts' names."""
        footprint = operation.footprint
        names: Iterable[PartName] = (
            names_in(self._ground.store) | configuration.parts.keys() if footprint.names is None else footprint.names
        )
        given = []
        reads_only = operation.call.operation.reads_only
        for name in names:
            part = configuration.parts.get(name) or component.origin(name, self._ground)
            value = part.value
            if not reads_only and not (footprint.whole and isinstance(name, int)):
                value = copied_session(value) if isinstance(value, Session) else copy(value)
            given.append((name, value))
        return store_of(self.contract, given), names

    def _parts_after(
        self, component: Component, configuration: Configuration, view: Store, names: Iterable[PartName]
    ) -> tuple[dict[PartName, Part], dict[PartName, Log]]:
        parts, logs = configuration.parts.copy(), configuration.logs
        for name in {*names, *view.sessions}:
            before = configuration.parts.get(name) or component.origin(name, self._ground)
            value = part_of(view, name)
            if value is before.value:
                continue
            if isinstance(value, Session):
                log = self._log_after(component, configuration, value)
                if log is not None:
                    logs = {**logs, name: log}
            origin = component.origin(name, self._ground)
            part = Part(value, origin.value)
            if part == origin:
                parts.pop(name, None)
            else:
                parts[name] = part
        return parts, logs

    def _log_after(self, component: Component, configuration: Configuration, session: Session) -> Log | None:
        """Take what was added to the log of a session away from it; return its logs where there are others now."""
        sid, tail = session.sid, session.log
        if not isinstance(tail, Tail):  # it was opened anew
            session.log = Tail(len(tail))  # type: ignore[assignment] # stands for a log
            return certain_log(tail)
        if not tail.added:
            return None
        log = configuration.logs.get(sid) or component.log(sid, self._ground)
        session.log = Tail(len(tail))
        return log.grown(tail.added)

    def _memory(self, component: Component) -> Memory:
        return Memory(lambda sid: component.log(sid, self._ground), apart=self._keep_order)

    def _each_once(self, component: Component, configurations: Iterable[Configuration]) -> list[Configuration]:
        memory = self._memory(component)
        for one in configurations:
            memory.add(one)
        return list(memory)

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
        component.absorb(self._ground)
        component.forget_crashed()
        if component.untouched:
            self._note(component.configurations[0].path)
            component.configurations = [CERTAIN]
            if not component.pending:
                return
        for part in [component] if self._keep_order else component.parted():
            self._remember(part)

    def _path(self, configuration: Configuration, operation: Pending) -> Path | None:
        if not self._keep_order:
            return None
        self._stamp += 1
        return Path(configuration.path, operation, self._stamp)

    def _note(self, path: Path | None) -> None:
        if path is not None:
            self._order.append(path)


def _logs_to_try(log: Log, operation: Pending) -> Iterable[list[AuditRecord]]:
    """Return the logs that a reading of one that is not certain may see; of a known answer, that which it is."""
    if operation.answer is None:
        return log.all()
    match = log.matching(operation.answer.result) if operation.answer.is_ok else None
    return [log.some() if match is None else match]


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
