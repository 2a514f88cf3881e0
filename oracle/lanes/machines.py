"""Adapters as counterparts of the state machine: ``machine_for(adapter)`` is a test case for an implementation."""

from __future__ import annotations

from functools import wraps
from pathlib import Path
from typing import Any

from hypothesis.errors import Flaky

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.generators.machine import machine_for as machine_for_counterpart
from telltale_conformance.generators.steps import GeneratedStep, as_program
from telltale_conformance.lean_traces.programs import Program, write_program
from telltale_conformance.oracle.adapters import Adapter, AdapterFault, Request, ask
from telltale_conformance.oracle.reference.judging import Asked, CaseResult, fault_of_harness, judge_one
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.readable import value_line


class Disagreement(AssertionError):
    """Thrown when the implementation answers otherwise than the reference; the message says how."""


class Unusable(InconclusiveError):
    """Thrown when the adapter fails or cannot carry a step out: nothing is concluded."""


class AdapterCounterpart:
    """An adapter beside the reference, with what was judged so far.

    Args:
        adapter: drives the implementation; the caller closes it.
        contract: what the reference follows.
        level: how strictly answers are compared.
        keep: where the program of a case that diverges is written, over the one before it.
        remember: keep the steps of every case.
    """

    def __init__(
        self,
        adapter: Adapter,
        contract: str = "telltale-17",
        level: Level = Level.state,
        keep: Path | None = None,
        *,
        remember: bool = False,
    ) -> None:
        self._adapter = adapter
        self._remember = remember
        self._keep = keep
        self._contract = contract
        self._level = level
        self._steps: list[GeneratedStep] = []
        self.results: list[CaseResult] = []
        """The cases so far, the one under way included; none after a fault."""
        self.played: list[list[GeneratedStep]] = []
        """The steps of each of these cases, where they are to be remembered."""
        self.first: CaseResult | None = None
        """The first case that diverged."""
        self.first_program: Program | None = None
        self.fault: str | None = None
        """The first fault of the adapter; after it nothing more is asked."""

    @property
    def offered(self) -> frozenset[str]:
        """The operations that it offers; they stay the same, so that Hypothesis draws the same whatever is answered."""
        return self._adapter.hello.ops

    def reset(self) -> None:
        """Begin a case in a fresh store."""
        self._steps = []
        if self.fault is not None:
            return
        self.results.append(CaseResult())
        if self._remember:
            self.played.append(self._steps)
        try:
            self._adapter.reset()
        except AdapterFault as fault:
            self._failed(str(fault.diagnostic()))

    def compare(self, step: GeneratedStep, args: bytes) -> None:
        """Put a step to the implementation and compare; nothing once the case is over.

        Raises:
            Disagreement: it answers otherwise.
        """
        result = self.results[-1]
        if result.over or self.fault is not None:
            return
        self._steps.append(step)
        result.asked += 1
        try:
            answer = ask(self._adapter, Request(step.operation.name, args))
        except AdapterFault as fault:
            self._failed(str(fault.diagnostic()))
            return
        asked = Asked(step.seq, step.operation.name, args, step.outcome, step.cell)
        try:
            judge_one(result, asked, answer, self._level)
        except AdapterFault as fault:
            self._failed(str(fault.diagnostic()))
            return
        except Exception as error:  # it costs this sequence
            self._failed(fault_of_harness(error, f"while the answer to {asked.op} was judged"))
            return
        if result.fault is not None:
            self.fault = result.fault
        if result.divergence is not None:
            if self.first is None:
                self.first, self.first_program = result, self._program()
            told = f"expected {value_line(result.divergence.expected)}, got {value_line(result.divergence.actual)}"
            raise Disagreement(f"{step.operation.name} diverges in {result.divergence.kind}: {told}{self._kept()}")

    def _failed(self, problem: str) -> None:
        self.fault = self.results[-1].fault = problem
        self.results[-1].not_judged += 1

    def _kept(self) -> str:
        """Write the case's program; Hypothesis runs its smallest failing case last, so that this is the one left."""
        if self._keep is None:
            return ""
        write_program(self._keep, self._program())
        return f" (its program: {self._keep}, for telltale-conformance minimise)"

    def _program(self) -> Program:
        return as_program(self._steps, self._contract, {"source": "state machine"})


def machine_for(
    adapter: Adapter, contract: str | None = None, level: Level = Level.state, keep: str | Path | None = None
) -> Any:
    """Return a ``unittest`` test case that drives an implementation and the reference side by side.

    Assign it to a name in a test module, and pytest or unittest will run it::

        TestMyStore = machine_for(SubprocessAdapter("my-adapter"))

    Args:
        adapter: drives the implementation.
        contract: what it is judged by; by default the one that its hello names.
        level: how strictly answers are compared.
        keep: a file into which the program of the failing case is written, to be minimised or recorded.
    """
    followed = contract or adapter.hello.contract
    counterpart = _Strict(adapter, followed, level, None if keep is None else Path(keep))
    case = machine_for_counterpart(counterpart, followed)

    class JudgedCase(case):  # type: ignore[misc, valid-type] # made by Hypothesis
        @wraps(case.runTest)
        def runTest(self) -> None:  # noqa: N802 # the name is unittest's
            counterpart.begin()
            try:
                super().runTest()
            except (_Ended, Flaky):  # Flaky where it ends a case that Hypothesis knows to be longer
                if counterpart.fault is None:
                    raise
                raise counterpart.concluded(counterpart.fault) from None

    return JudgedCase


class _Ended(BaseException):
    """Thrown through Hypothesis, which would try an exception again and again to find a smaller case for it."""


class _Strict(AdapterCounterpart):
    """As a test of its own, the first fault of the adapter ends the run, and is shown.

    What the adapter answers after a fault does not follow from the steps alone, so there is nothing to make smaller.
    """

    def begin(self) -> None:
        """Begin a run."""
        self.fault = None
        self._shown: Disagreement | None = None

    def reset(self) -> None:
        super().reset()
        self._insist()

    def compare(self, step: GeneratedStep, args: bytes) -> None:
        try:
            super().compare(step, args)
        except Disagreement as shown:
            self._shown = shown
            raise
        self._insist()

    def concluded(self, fault: str) -> Disagreement | Unusable:
        """Return what a run that a fault has ended shows: the divergence before it, or nothing."""
        if self._shown is None:
            return Unusable(fault)
        return Disagreement(f"{self._shown}; then the adapter failed, so the case is not the smallest: {fault}")

    def _insist(self) -> None:
        if self.fault is not None:
            raise _Ended
