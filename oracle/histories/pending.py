"""One operation of a history between its call and its return: what it reaches, and whether an outcome is its answer."""

from __future__ import annotations

from typing import Any, TypeAlias

from telltale_conformance.lean_traces.history import Call
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.histories.parts import Footprint, footprint
from telltale_conformance.oracle.verdict.compare import Level, compare

Printed: TypeAlias = tuple[bool, bytes, bytes]
"""An outcome as it is printed: ok or not, result, records."""


class Pending:
    """An operation that was called; compared by identity."""

    __slots__ = ("_printed", "_same", "answer", "call", "crashed", "footprint", "level", "predicted")

    def __init__(self, call: Call, answer: Answer | None, level: Level) -> None:
        self.call = call
        self.answer: Answer | None = None
        """None while it is not known."""
        self.crashed = False
        self.level = level
        self.footprint: Footprint = footprint(call.operation, call.arguments, answer)
        self.predicted: dict[Printed, Outcome] = {}
        """The outcomes that it has in orders that put it somewhere, while its answer is not known."""
        self._same: dict[Printed, bool] = {}
        self._printed: tuple[bytes, bytes | None] = b"", None
        if answer is not None:
            self.know(answer)

    @property
    def never_changes(self) -> bool:
        """Whether an operation with its answer changes nothing, wherever it stands in an order.

        Of a refusal that changed nothing here this is so: which guard refused is in the answer, and decides the
        records.
        """
        assert self.answer is not None
        return self.call.operation.reads_only or not self.answer.is_ok

    def know(self, answer: Answer) -> None:
        """Take in the answer."""
        self.answer = answer
        self._printed = _encoded(answer.result), None if answer.audit is None else _encoded(answer.audit)

    def agrees(self, outcome: Outcome) -> bool:
        """Say whether an outcome of the contract is the answer, which is known."""
        answer = self.answer
        assert answer is not None
        if (outcome.error is None) != answer.is_ok:
            return False
        printed = printed_outcome(outcome)
        result, audit = self._printed
        if printed[1] == result and (audit is None or printed[2] == audit):
            return True
        same = self._same.get(printed)
        if same is None:
            same = compare(self.call.operation.name, outcome, answer, self.level) is None
            self._same[printed] = same
        return same


def printed_outcome(outcome: Outcome) -> Printed:
    """Return an outcome as it is printed."""
    is_ok = outcome.error is None
    result: Any = outcome.ok if outcome.error is None else outcome.error.to_json()
    return is_ok, encode(result), encode(outcome.audit) if outcome.audit else b"[]"


def _encoded(value: Any) -> bytes:
    """Print JSON in our form; what has no such form (a number beyond 64 bits, say) is compared value by value."""
    try:
        return encode(value)
    except (OverflowError, ValueError):
        return b""
