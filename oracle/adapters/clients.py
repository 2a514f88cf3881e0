"""Implementations that several clients ask at once: in one process, or in one process for each client."""

from __future__ import annotations

import math
import select
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from telltale_conformance.oracle.adapters.faults import AdapterFault, DeadlinePassed, HelloChanged
from telltale_conformance.oracle.adapters.in_flight import Sent
from telltale_conformance.oracle.adapters.process import split_command
from telltale_conformance.oracle.adapters.protocol import (
    CLIENTS,
    DEFAULT_ADAPTER_LIMITS,
    AdapterLimits,
    Answer,
    Hello,
    Request,
    request_line,
)
from telltale_conformance.oracle.adapters.resident import SubprocessAdapter

SHARED: Final = "{shared}"
CLIENT: Final = "{client}"
"""What in the command of a client stands for the shared folder, and for the client's number."""


class Received(NamedTuple):
    """What came back for a client."""

    client: int
    answer: Answer | None
    """None when the client ended before it answered."""


class Clients(Protocol):
    """An implementation that several clients ask at once; each has at most one request under way.

    Every method may raise ``AdapterFault``: then nothing is known of the implementation, and the next ``reset`` starts
    afresh where that is possible.
    """

    @property
    def hello(self) -> Hello:
        """What the implementation says of itself."""

    @property
    def count(self) -> int:
        """How many clients there are."""

    @property
    def can_end_clients(self) -> bool:
        """Whether one client can be ended while the store goes on."""

    def reset(self, seed: int) -> None:
        """Make the store fresh, with all clients running; the seed decides what the harness itself may decide."""

    def send(self, requests: Sequence[tuple[int, Request]]) -> None:
        """Send requests of different clients that have none under way."""

    def receive(self) -> Received:
        """Wait for the next answer to any request under way."""

    def end_client(self, client: int) -> None:
        """End a client at once; what it has under way is never answered."""

    def answers_until(self, moment: float | None) -> None:
        """Wait for no answer after a moment (``time.monotonic``), whatever the limits; None takes that back."""

    def close(self) -> None:
        """End all clients in order."""


class OverlappingAdapter(SubprocessAdapter):
    """A resident process that may have one request of each of its clients under way, and answers in any order.

    Args:
        command: what to run.
        limits: how long, how much and how often.
        named: whether there are several clients, which requests name. The process of one client may be started when
            the store that it shares is in use, so a look at its start tells nothing of what is fresh.
    """

    def __init__(self, command: str | Sequence[str], limits: AdapterLimits, *, named: bool) -> None:
        self._clients: dict[int, int] = {}
        self._arrived: deque[Received] = deque()
        self._named = named
        super().__init__(command, limits, probe_resets=named)

    def send(self, requests: Sequence[tuple[int, Request]]) -> None:
        """Send requests of different clients; the client is named in each where there are several."""
        if self._process is None:
            raise self._down()
        lines = []
        for client, request in requests:
            lines.append(request_line(self._number, request, client if self._named else None))
            self._in_flight.append(Sent(self._number, request.op, self._turn))
            self._clients[self._number] = client
            self._number += 1
        self._process.send(b"".join(lines))

    def receive(self) -> Received:
        """Wait for an answer."""
        if self._process is None:
            raise self._down()
        until = time.monotonic() + self._deadline
        try:
            while not self._arrived:
                self._hear(self._process, until)
        except AdapterFault as fault:
            self._failure = self._fail(fault)
            raise self._failure from None
        except BaseException:
            self._kill()
            raise
        return self._arrived.popleft()

    def reset(self) -> None:
        """Make the store fresh, and wait until it is."""
        self._clients.clear()
        self._arrived.clear()
        super().reset()
        while self._in_flight and self._failure is None:
            self._receive()
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """End the process at once; the next reset starts it again, and that is not counted as a failure."""
        self._kill()
        self._in_flight.clear()
        self.restarts -= 1

    @property
    def stdout(self) -> int:
        """The file descriptor on which answers come; -1 when the process is not running."""
        return -1 if self._process is None else self._process.stdout

    def _take(self, line: bytes) -> None:
        number = self._reader.read(line).number
        place = next((place for place, sent in enumerate(self._in_flight) if sent.number == number), 0)
        if place:
            sent = self._in_flight[place]
            del self._in_flight[place]
            self._in_flight.appendleft(sent)
        super()._take(line)
        client = self._clients.pop(number, None)
        if client is not None and self._ready:
            self._arrived.append(Received(client, self._ready.pop()))


class ClientsOfOneProcess:
    """The clients that one adapter offers in its hello."""

    can_end_clients = False

    def __init__(self, command: str, limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS) -> None:
        self._adapter = OverlappingAdapter(command, limits, named=True)

    @property
    def hello(self) -> Hello:
        """What the implementation says of itself."""
        return self._adapter.hello

    @property
    def count(self) -> int:
        """How many clients there are."""
        return self.hello.clients

    def reset(self, seed: int) -> None:
        """Make the store fresh."""
        self._adapter.reset()

    def send(self, requests: Sequence[tuple[int, Request]]) -> None:
        """Send requests of different clients, together."""
        self._adapter.send(requests)

    def receive(self) -> Received:
        """Wait for the next answer."""
        return self._adapter.receive()

    def end_client(self, client: int) -> None:
        """Refuse: the clients are one process."""
        raise NotImplementedError("the clients of one process end together")

    def answers_until(self, moment: float | None) -> None:
        """Wait for no answer after a moment."""
        self._adapter.until = moment

    def close(self) -> None:
        """End the process in order."""
        self._adapter.close()


class ClientProcesses:
    """One process for each client, all on one store.

    Args:
        command: of one client; ``{shared}`` in it is a folder that all share, ``{client}`` the client's number.
        limits: for each process.
    """

    can_end_clients = True

    def __init__(self, command: str, limits: AdapterLimits = DEFAULT_ADAPTER_LIMITS) -> None:
        self._limits = limits
        self.count = CLIENTS
        self._stack = ExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="telltale-conformance-"))
        self.folder = Path(folder)
        self._adapters: list[OverlappingAdapter] = []
        self._waiting: set[int] = set()
        self._until = math.inf
        words = split_command(command)
        try:
            for client in range(CLIENTS):
                given = [word.replace(SHARED, folder).replace(CLIENT, str(client)) for word in words]
                self._adapters.append(OverlappingAdapter(given, limits, named=False))
                if other := self.hello.differs(self._adapters[-1].hello):
                    raise HelloChanged(f"client {client} says another hello than client 0", other)
        except BaseException:
            self._kill()
            raise

    @property
    def hello(self) -> Hello:
        """What the first client says of the implementation."""
        return self._adapters[0].hello

    def reset(self, seed: int) -> None:
        """Make the store fresh: clients that have ended are started again, and each one resets."""
        self._waiting.clear()
        for adapter in self._adapters:
            adapter.reset()

    def send(self, requests: Sequence[tuple[int, Request]]) -> None:
        """Send each client its request, one right after the other."""
        for client, request in requests:
            self._waiting.add(client)
            self._adapters[client].send([(client, request)])

    def receive(self) -> Received:
        """Wait for the next answer of any client."""
        poll = select.poll()
        by_fd = {self._adapters[client].stdout: client for client in self._waiting}
        for fd in by_fd:
            if fd >= 0:
                poll.register(fd, select.POLLIN)
        ready = poll.poll(max(0.0, min(self._limits.deadline, self._until - time.monotonic())) * 1000)
        if not ready:
            raise DeadlinePassed(f"no client answered within {self._limits.deadline:g} s")
        client = by_fd[ready[0][0]]
        self._waiting.discard(client)
        return self._adapters[client].receive()

    def end_client(self, client: int) -> None:
        """Kill a client's process."""
        self._waiting.discard(client)
        self._adapters[client].end()

    def answers_until(self, moment: float | None) -> None:
        """Wait for no answer after a moment."""
        self._until = math.inf if moment is None else moment
        for adapter in self._adapters:
            adapter.until = moment

    def close(self) -> None:
        """End all processes in order, and remove the shared folder."""
        faults = []
        for adapter in self._adapters:
            try:
                adapter.close()
            except AdapterFault as fault:
                faults.append(fault)
        self._stack.close()
        if faults:
            raise faults[0]

    def _kill(self) -> None:
        for adapter in self._adapters:
            adapter.end()
        self._stack.close()
