"""What adapters that run within this process have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters.faults import Closed
from telltale_conformance.oracle.adapters.protocol import AWAIT_ANSWERS, Answer, Hello, Request


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
        """Yield one answer per request, in order; see ``oracle.adapters.protocol.Adapter``."""
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


_KEYWORDS: Final = {"from": "from_"}


class InProcessAdapter(DirectAdapter):
    """Drives objects made by a factory; every reset makes a new one.

    The object has a method for each operation that it offers, named as the operation is. A method takes the
    arguments by their names as plain JSON values (``from`` as ``from_``) and returns the result as a JSON value,
    a model value, or anything that prints as JSON. It refuses by raising an exception that has ``to_json()``,
    as those of ``model.errors`` have. ``NotImplementedError`` means that the operation is not supported;
    any other exception counts as a panic.

    An object that observes the log has a method ``audit_of_last_step()``, which returns the records that the
    last operation appended, also when it was refused.

    Args:
        factory: makes a fresh, empty store.
        name: what is under test; the object's class by default.
        version: its version; ``0`` by default.
        contract: the contract that it means to follow.
    """

    def __init__(
        self,
        factory: Callable[[], Any],
        *,
        name: str = "",
        version: str = "0",
        contract: str = "telltale-17",
    ) -> None:
        self._factory = factory
        self._object = factory()
        offered = (op for op in OPERATIONS if callable(getattr(self._object, op, None)))
        self._audited = callable(getattr(self._object, "audit_of_last_step", None))
        super().__init__(
            Hello(
                name=name or type(self._object).__name__,
                version=version,
                language="python",
                contract=contract,
                ops=frozenset(offered),
                observes=frozenset({"audit"}) if self._audited else frozenset(),
            )
        )

    def _fresh(self) -> None:
        self._object = self._factory()

    def _answer(self, request: Request) -> Answer:
        try:
            arguments = parse(request.args, DEFAULT_LIMITS.nesting)
        except StrictJsonError as error:
            return _said("bad_request", f"args: {error}")
        named = {_KEYWORDS.get(name, name): value for name, value in arguments.items()}
        try:
            kind, payload = self._outcome(request.op, named)
            audit = encode(self._object.audit_of_last_step()) if self._audited else None
        except NotImplementedError as error:
            return _said("unsupported", str(error) or f"{request.op} is not implemented")
        except Exception as error:  # whatever an implementation raises is its own, and the harness goes on
            return _said("panic", f"{type(error).__name__}: {error}")
        return Answer("ok" if kind else "err", payload, audit)

    def _outcome(self, op: str, arguments: dict[str, Any]) -> tuple[bool, bytes]:
        try:
            return True, encode(getattr(self._object, op)(**arguments))
        except Exception as error:
            refusal = getattr(error, "to_json", None)
            if refusal is None:
                raise
            return False, encode(refusal())


def _said(kind: Any, text: str) -> Answer:
    return Answer(kind, msgspec.json.encode(text), None)
