"""Wrong stores beside the right one in one process: a fault changes what a store is given, or is left with.

Unlike the rules of ``rules``, which change the model of their whole process, a fault lies on one store alone. So a test
or a benchmark can take both stores through the same steps and see the first answer that tells them apart.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from telltale_conformance.generators.steps import GeneratedStep
from telltale_conformance.lean_traces.printing import encode_answer
from telltale_conformance.model.operations import OPERATIONS, Operation, Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.adapters import Answer, Request
from telltale_conformance.oracle.adapters.direct import DirectAdapter
from telltale_conformance.oracle.adapters.reference import _cut, read_arguments, reference_hello

Arguments = tuple[Any, ...]
Given = Callable[[Store, Operation, Arguments], Arguments]
Left = Callable[[Store, Operation, Arguments, Outcome], Outcome]


class Fault(NamedTuple):
    """What is wrong with a store."""

    given: Given = lambda store, operation, arguments: arguments
    """Changes the arguments before the step is carried out."""
    left: Left = lambda store, operation, arguments, outcome: outcome
    """Changes the store, or the outcome, after the step."""


class WrongStore:
    """A store of a contract with a fault."""

    def __init__(self, fault: Fault, contract: str = "telltale-17") -> None:
        self.store = Store(contract)
        self._fault = fault

    def carry_out(self, operation: Operation, arguments: Arguments) -> Outcome:
        """Carry out one operation, wrongly perhaps."""
        arguments = self._fault.given(self.store, operation, arguments)
        outcome = step(self.store, operation, arguments)
        return self._fault.left(self.store, operation, arguments, outcome)


def told_after(wrong: WrongStore, steps: Iterable[GeneratedStep]) -> int | None:
    """Return after how many answers a wrong store differs from the right one; None where it does not."""
    for count, made in enumerate(steps, 1):
        if differs(made.outcome, wrong.carry_out(made.operation, made.arguments)):
            return count
    return None


def differs(right: Outcome, wrong: Outcome) -> bool:
    """Say whether two answers are different, their log records included."""
    if right.ok == wrong.ok and right.error is None and wrong.error is None and not right.audit and not wrong.audit:
        return False
    return encode_answer(right, audited=True) != encode_answer(wrong, audited=True)


class WrongAdapter(DirectAdapter):
    """A wrong store as an implementation under test."""

    def __init__(self, fault: Fault, contract: str = "telltale-17") -> None:
        self._wrong = WrongStore(fault, contract)
        self._made = lambda: WrongStore(fault, contract)
        super().__init__(reference_hello(self._wrong.store.contract))

    def _fresh(self) -> None:
        self._wrong = self._made()

    def _answer(self, request: Request) -> Answer:
        operation = OPERATIONS[request.op]
        outcome = self._wrong.carry_out(operation, read_arguments(request.op, request.args))
        return _cut(encode_answer(outcome, audited=True))


def with_ok(outcome: Outcome, **fields: Any) -> Outcome:
    """Return the outcome with fields of its result replaced."""
    return msgspec.structs.replace(outcome, ok=msgspec.structs.replace(outcome.ok, **fields))
