"""What a lane is given: the implementation under test, and how much of it is tried."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Final, TypeVar

from msgspec import Struct

from telltale_conformance.oracle.adapters import (
    Adapter,
    AdapterFault,
    AdapterLimits,
    Hello,
    ReferenceAdapter,
    SubprocessAdapter,
)
from telltale_conformance.oracle.adapters.clients import ClientProcesses, Clients, ClientsOfOneProcess
from telltale_conformance.oracle.adapters.faults import HelloChanged
from telltale_conformance.oracle.adapters.protocol import DEFAULT_ADAPTER_LIMITS
from telltale_conformance.oracle.adapters.scheduled import LockedClients
from telltale_conformance.oracle.lanes.effort import Amounts, Effort
from telltale_conformance.oracle.lanes.only import Only
from telltale_conformance.oracle.verdict.compare import Level

_Started = TypeVar("_Started", bound=Adapter | Clients)


class Greeted:
    """What was started to be greeted, until the first lane takes it: a first process may answer like no later one."""

    def __init__(self, adapter: Adapter | None = None, clients: Clients | None = None) -> None:
        self._adapter, self._clients = adapter, clients

    def __reduce__(self) -> tuple[type[Greeted], tuple[()]]:
        return Greeted, ()  # another process starts its own

    def take_adapter(self) -> Adapter | None:
        """Return the adapter, which the caller closes; None where it was taken before, or there is none."""
        adapter, self._adapter = self._adapter, None
        return adapter

    def take_clients(self) -> Clients | None:
        """Return the clients, which the caller closes; None where they were taken before, or there are none."""
        clients, self._clients = self._clients, None
        return clients

    def end(self) -> None:
        """End what no lane took; how it ends says nothing of what was judged."""
        for started in (self.take_adapter(), self.take_clients()):
            if started is not None:
                with suppress(AdapterFault):
                    started.close()


class Subject(Struct, frozen=True, kw_only=True):
    """The implementation under test; may be sent to another process, which starts its own."""

    command: str | None = None
    """The command of its adapter; None is the built-in reference in this process."""
    clients: str | None = None
    """The command of one of several clients on one store; None where the adapter itself may offer clients."""
    contract: str = "telltale-17"
    """The contract that it is judged by."""
    limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS
    greetings: Mapping[str, Hello] = {}
    """What commands said when they were greeted: one that says otherwise at a later start is another implementation."""
    greeted: Greeted = Greeted()
    """What the greeting started, for the first lane that starts anything in this process."""

    def start(self) -> Adapter:
        """Return an adapter of it, which the caller closes.

        Raises:
            BadCommand: the text of the command cannot be split.
            AdapterFault: it does not start, or says another hello than when it was greeted.
        """
        if self.command is None:
            return ReferenceAdapter(self.contract)
        if (greeted := self.greeted.take_adapter()) is not None:
            return greeted
        return self._as_greeted(self.command, SubprocessAdapter(self.command, self.limits))

    def start_clients(self) -> Clients | None:
        """Return the clients of it, which the caller closes; None where there is one only.

        Raises:
            BadCommand: the text of a command cannot be split.
            AdapterFault: it does not start, or says another hello than when it was greeted.
        """
        if (greeted := self.greeted.take_clients()) is not None:
            return greeted
        if self.clients is not None:
            return self._as_greeted(self.clients, ClientProcesses(self.clients, self.limits))
        if self.command is None:
            return LockedClients(self.start())
        with closing(self.start()) as adapter:
            several = adapter.hello.clients > 1
        return self._as_greeted(self.command, ClientsOfOneProcess(self.command, self.limits)) if several else None

    def _as_greeted(self, command: str, started: _Started) -> _Started:
        """Return what was started, where its hello is that of the greeting.

        Raises:
            HelloChanged: it is not.
        """
        greeting = self.greetings.get(command)
        if greeting is None or started.hello == greeting:
            return started
        with suppress(AdapterFault):
            started.close()
        raise HelloChanged("the adapter says another hello than at its first start", greeting.differs(started.hello))


NOTHING_OFFERED: Final = "none of the operations that it asks for is offered"
"""Why a lane is not run that has nothing to ask."""


def offered_by(subject: Subject) -> frozenset[str]:
    """Return the operations that the implementation offers; it is started for this only where nobody greeted it yet."""
    greeting = subject.greetings.get(subject.command or "")
    if greeting is not None:
        return greeting.ops
    adapter = subject.start()
    try:
        return adapter.hello.ops
    finally:
        adapter.close()


def hellos(subject: Subject) -> tuple[Hello, Hello | None]:
    """Start an implementation, and return what it says, and what its clients say that have a command of their own.

    Raises:
        AdapterFault: one of them does not start.
    """
    adapter = subject.start()
    adapter.close()
    if subject.clients is None:
        return adapter.hello, None
    clients = subject.start_clients()
    assert clients is not None
    clients.close()
    return adapter.hello, clients.hello


class Settings(Struct, frozen=True, kw_only=True):
    """How a lane is run."""

    seed: int = 0
    effort: Effort = Effort.default
    """How much is tried; with the seed it decides every case."""
    cases: int | None = None
    """How many cases the lane tries, in place of what the effort says."""
    deadline: float | None = None
    """When the lane stops even with cases left, on the clock of ``time.monotonic``; None for never."""
    workers: int = 1
    """Processes that share a lane's cases; they never change what is reported, timings aside."""
    level: Level = Level.state
    divergences: int = 3
    """After how many diverging cases a lane stops."""
    corpus: str | None = None
    """The file that a campaign distilled, for lane ``guided``; None for the corpus of the package."""
    races: str | None = None
    """The file of the races that a campaign distilled, for lane ``concurrent``; None for those of the seed alone."""
    examples: str | None = None
    """Where Hypothesis keeps failing examples: a folder, a Redis URL, or None for nowhere."""

    only: Only | None = None
    """What the check is restricted to."""

    def amount(self, amounts: Amounts) -> int:
        """Return how many cases a lane tries."""
        return amounts[self.effort] if self.cases is None else self.cases

    @property
    def late(self) -> bool:
        """Whether the time limit has passed."""
        return self.deadline is not None and time.monotonic() > self.deadline
