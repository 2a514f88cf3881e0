"""What adapters that run within this process have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

import msgspec

from oracle.adapters.faults import Closed
from oracle.adapters.protocol import AWAIT_ANSWERS, Answer, Hello, Request


class DirectAdapter(ABC):
    """Answers each request before it draws the next; it has no process, so nothing can hang or be left."""

    def __init__(self, hello: Hello) -> None:
        self._hello = hello
        self._turn = 0
        self._closed = False

    @property
    def hello(self) -> Hello:
        """What is said of the implementation."""
        return self._hello

    def reset(self) -> None:
        """Make the store fresh and empty."""
        if self._closed:
            raise Closed("the adapter was closed")
        self._turn += 1
        self._fresh()

    def submit(self, requests: Iterable[Request | None]) -> Iterator[Answer]:
        """Yield one answer per request, in order; see :class:`oracle.adapters.protocol.Adapter`."""
        if self._closed:
            raise Closed("the adapter was closed")
        self._turn += 1
        return self._answers(iter(requests), self._turn)

    def _answers(self, requests: Iterator[Request | None], turn: int) -> Iterator[Answer]:
        for request in requests:
            if turn != self._turn:
                return
            if request is AWAIT_ANSWERS:
                continue
            if request.op == "reset":
                self._fresh()
            elif request.op not in self._hello.ops:
                yield not_offered(request.op)
            else:
                yield self._answer(request)

    def close(self) -> None:
        """End its use."""
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def _fresh(self) -> None:
        """Make the store fresh and empty."""

    @abstractmethod
    def _answer(self, request: Request) -> Answer:
        """Carry out one operation that the hello offers."""


def not_offered(op: str) -> Answer:
    """Return the answer to an operation that is not sent because the hello does not offer it."""
    return Answer("unsupported", msgspec.json.encode(f"{op} is not among the ops of the hello"), None)
