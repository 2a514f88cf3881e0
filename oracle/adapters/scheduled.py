"""Clients within this process: operations that are carried out step by step, in an order that follows from a seed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from random import Random
from typing import TypeAlias

from telltale_conformance.oracle.adapters.clients import Received
from telltale_conformance.oracle.adapters.protocol import CLIENTS, Adapter, Answer, Hello, Request

Steps: TypeAlias = Generator[None, None, Answer]
"""An operation as it is carried out: another client may come in wherever it yields."""


class ClientEnded(Exception):
    """Raised by an operation whose client ends in the middle of it."""


class ScheduledClients:
    """Switches between the operations of several clients; subclasses say how an operation is carried out."""

    can_end_clients = True

    def __init__(self, hello: Hello, count: int = CLIENTS) -> None:
        self.hello = hello
        self.count = count
        self._rng = Random(0)
        self._running: dict[int, Steps] = {}

    def reset(self, seed: int) -> None:
        """Make the store fresh."""
        self._rng = Random(seed)
        for steps in self._running.values():
            steps.close()
        self._running.clear()
        self.fresh()

    def send(self, requests: Sequence[tuple[int, Request]]) -> None:
        """Begin operations."""
        for client, request in requests:
            self._running[client] = self.steps(client, request)

    def receive(self) -> Received:
        """Go on with the operations, one step of one at a time, until one ends."""
        while True:
            client = self._rng.choice(list(self._running))
            try:
                next(self._running[client])
            except StopIteration as end:
                del self._running[client]
                return Received(client, end.value)
            except ClientEnded:
                del self._running[client]
                return Received(client, None)

    def end_client(self, client: int) -> None:
        """Leave an operation where it is."""
        self._running.pop(client).close()

    def answers_until(self, moment: float | None) -> None:
        """Do nothing: an operation within this process is never waited for."""

    def close(self) -> None:
        """End all."""

    def fresh(self) -> None:
        """Make the store fresh and empty."""
        raise NotImplementedError

    def steps(self, client: int, request: Request) -> Steps:
        """Carry out an operation."""
        raise NotImplementedError


class LockedClients(ScheduledClients):
    """Clients of an adapter that does one operation after the other, as behind one lock."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter
        super().__init__(adapter.hello, CLIENTS)

    def fresh(self) -> None:
        """Make the store fresh and empty."""
        self._adapter.reset()

    def steps(self, client: int, request: Request) -> Steps:
        """Wait for a turn, carry the operation out, and answer after another turn."""
        yield
        (answer,) = self._adapter.submit([request])
        yield
        return answer

    def close(self) -> None:
        """End the adapter."""
        self._adapter.close()
