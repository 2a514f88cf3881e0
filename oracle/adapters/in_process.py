"""A Python object as an implementation under test: one method per operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from lean_traces.codec import encode
from lean_traces.limits import DEFAULT_LIMITS
from lean_traces.strict_json import StrictJsonError, parse
from model.operations import OPERATIONS
from oracle.adapters.direct import DirectAdapter
from oracle.adapters.protocol import Answer, Hello, Request

_KEYWORDS: Final = {"from": "from_"}


class InProcessAdapter(DirectAdapter):
    """Drives objects made by a factory; every reset makes a new one.

    The object has a method for each operation that it offers, named as the operation is. A method takes the
    arguments by their names as plain JSON values (``from`` as ``from_``) and returns the result as a JSON value,
    a model value, or anything that prints as JSON. It refuses by raising an exception that has ``to_json()``,
    as those of :mod:`model.errors` have. ``NotImplementedError`` means that the operation is not supported;
    any other exception counts as a panic.

    An object that observes the log has a method ``audit_of_last_step()``, which returns the records that the
    last operation appended, also when it was refused.

    Args:
        factory: makes a fresh, empty store.
        name, version: what is under test; the object's class and ``0`` by default.
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
