"""Running a program on the reference store: the expected side of every comparison."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from lean_traces.codec import CODECS, ArgumentError, encode_answer
from lean_traces.programs import Program, Step, UnresolvedReference, resolve
from model.contract import Contract
from model.operations import Outcome, step
from model.store import Store


class ReferenceStep(NamedTuple):
    """What one step of a program came to on the reference."""

    step: Step
    args: dict[str, Any] | None
    """The arguments with references resolved; None when the step was skipped."""
    outcome: Outcome | None
    skipped: str | None
    """Why the step was skipped: a reference has no result, or resolved to arguments of a wrong shape."""


class ReferenceRun:
    """A reference store with the results of the steps so far."""

    def __init__(self, contract: Contract | str) -> None:
        self.store = Store(contract)
        self.results: dict[int, Any] = {}

    def step(self, step_: Step) -> ReferenceStep:
        """Resolve a step's references, carry it out, and keep its result for later references."""
        codec = CODECS[step_.op]
        try:
            args = resolve(step_.args, self.results)
            arguments = codec.from_json(args)
        except (UnresolvedReference, ArgumentError) as error:
            return ReferenceStep(step_, None, None, str(error))
        outcome = step(self.store, codec.operation, arguments)
        if outcome.error is None:
            self.results[step_.seq] = msgspec.json.decode(encode_answer(outcome, audited=False))["ok"]
        return ReferenceStep(step_, args, outcome, None)


def run_on_reference(program: Program, contract: Contract | str | None = None) -> Iterator[ReferenceStep]:
    """Yield what each step of a program comes to on an empty reference store.

    Args:
        program: the steps to run.
        contract: the contract to run under; the program's own when None.
    """
    run = ReferenceRun(contract or program.contract)
    for step_ in program.steps:
        yield run.step(step_)
