"""What drives the session store as a state machine: an operation carried out on both sides, and what it gives kept.

The rules are in ``generators.machine`` and ``generators.surface_rules``.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from hypothesis import currently_in_test_context, note
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, multiple

from telltale_conformance.generators.coverage import cell_of, situation
from telltale_conformance.generators.steps import Cell, GeneratedStep, encode_arguments
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.operations import OPERATIONS, Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.readable import one_line

Maybe = MultipleResults[Any] | Any


class Counterpart(Protocol):
    """An implementation that is driven beside the reference."""

    @property
    def offered(self) -> frozenset[str]:
        """The operations that it offers; no other is asked of it."""

    def reset(self) -> None:
        """Make its store fresh and empty."""

    def compare(self, step: GeneratedStep, args: bytes) -> None:
        """Carry out a step that the reference has carried out.

        Raises:
            AssertionError: its answer is another.
        """


def taking(*parameters: str, reads_only: bool = False) -> tuple[str, ...]:
    """Return the operations that take exactly these arguments."""
    alike = (operation for operation in OPERATIONS.values() if operation.parameters == parameters)
    return tuple(operation.name for operation in alike if operation.reads_only or not reads_only)


def _sid_of(arguments: tuple[Any, ...]) -> int | None:
    """Return the session that an operation was about; None for none."""
    first = arguments[0] if arguments else None
    if type(first) is int:
        return first
    sid: int | None = getattr(first, "session_id", getattr(first, "sid", None))
    return sid


def _shown(outcome: Outcome) -> str:
    if outcome.error is not None:
        return one_line(f"err {encode(outcome.error.to_json()).decode()}", 160)
    return one_line(f"ok {encode(outcome.ok).decode()}", 160)


class DrivenMachine(RuleBasedStateMachine):
    """A store of the reference and, perhaps, an implementation beside it."""

    counterpart: ClassVar[Counterpart | None] = None
    """What is driven beside the reference; None for nothing."""
    contract: ClassVar[str] = "telltale-17"

    sessions = Bundle("sessions")

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(self.contract)
        self.cells: set[Cell] = set()
        self.steps = 0
        self.touched: int | None = None
        if self.counterpart is not None:
            self.counterpart.reset()

    def carry_out(self, name: str, *arguments: Any) -> Outcome | None:
        """Carry out an operation on both sides; None when the implementation does not offer it."""
        counterpart = self.counterpart
        if counterpart is not None and name not in counterpart.offered:
            return None
        operation = OPERATIONS[name]
        before = situation(self.store, operation, arguments)
        outcome = step(self.store, operation, arguments)
        cell = cell_of(before, operation, outcome)
        self.cells.add(cell)
        if currently_in_test_context():
            note(f"    → {_shown(outcome)}")
        if counterpart is not None:
            written = (None,) * len(arguments)
            args = encode_arguments(operation, arguments)
            generated = GeneratedStep(self.steps, operation, arguments, written, outcome, cell, args)
            counterpart.compare(generated, args)
        self.steps += 1
        return outcome

    def given(self, name: str, *arguments: Any) -> Maybe:
        """Carry out an operation and put what it gives in the rule's bundle, if it gives anything."""
        outcome = self.carry_out(name, *arguments)
        self.touched = _sid_of(arguments)
        return multiple() if outcome is None or outcome.error is not None else outcome.ok

    def done(self, name: str, *arguments: Any) -> None:
        """Carry out an operation whose result no rule takes."""
        self.given(name, *arguments)
