"""Running a program on the reference store: the expected side of every comparison, and the one way to do it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import answer_document, as_json, decode, encode_answer, encode_as_written
from telltale_conformance.lean_traces.programs import Program, Step, UnresolvedReference, references, resolve
from telltale_conformance.model.contract import Contract
from telltale_conformance.model.operations import OPERATIONS, Operation, Outcome, step
from telltale_conformance.model.store import Store

Event = dict[str, Any]
Look = Callable[[Store, Operation, tuple[Any, ...]], Any]


class ReferenceStep(NamedTuple):
    """What one step of a program came to on the reference."""

    step: Step
    args: dict[str, Any] | None
    """The arguments with references resolved; None when the step was skipped."""
    outcome: Outcome | None
    skipped: str | None
    """Why the step was skipped: a reference has no result, or resolved to arguments of a wrong shape."""


class Referred(NamedTuple):
    """One step as the reference carried it out."""

    step: Step
    args: dict[str, Any]
    printed: bytes
    """The arguments as one JSON object, as it is written."""
    outcome: Outcome


class ReferenceSide(NamedTuple):
    """A program as the reference carries it out: the steps that were not skipped, and results that steps refer to."""

    steps: list[Referred]
    results: dict[int, Any]
    skipped: list[tuple[int, str]]


class ReferenceRun:
    """A reference store with the results of the steps so far.

    Args:
        contract: that it follows.
        store: to go on with; an empty one when None.
        look: is shown store, operation and arguments before each step is carried out; ``seen`` is what it gave last.
    """

    def __init__(self, contract: Contract | str, store: Store | None = None, look: Look | None = None) -> None:
        self.store = Store(contract) if store is None else store
        self.results: dict[int, Any] = {}
        """The results that later steps may refer to, as JSON, by step number."""
        self.events: list[Event] = []
        """What was performed, as events of a trace."""
        self.seen: Any = None
        self._look = look

    def carry_out(self, step_: Step, wanted: frozenset[int] | None = None) -> Referred | str:
        """Resolve a step's references and carry it out; where it is skipped, say why.

        Args:
            step_: the step.
            wanted: the steps whose results are referred to; of the others only what they newly give is kept. All
                results are kept when None.
        """
        known = _prepare(step_)
        args, arguments, printed = step_.args, known.arguments, known.printed
        codec = CODECS[step_.op]
        if arguments is None:
            try:
                args = resolve(args, self.results)
                arguments = codec.from_json(args)
            except (UnresolvedReference, ArgumentError) as error:
                return str(error)
            printed = encode_as_written(args)
        if self._look is not None:
            self.seen = self._look(self.store, codec.operation, arguments)
        outcome = step(self.store, codec.operation, arguments)
        if outcome.error is None and (wanted is None or step_.seq in wanted or codec.operation.gives):
            self.results[step_.seq] = decode(encode_answer(outcome, audited=False))["ok"]
        return Referred(step_, args, printed, outcome)

    def step(self, step_: Step) -> ReferenceStep:
        """Carry a step out, and keep its result for later references."""
        done = self.carry_out(step_)
        if isinstance(done, str):
            return ReferenceStep(step_, None, None, done)
        return ReferenceStep(step_, done.args, done.outcome, None)

    def perform(self, seq: int, op: str, args: Mapping[str, Any]) -> Event:
        """Carry out one operation, its arguments as they are, and keep its event."""
        event: Event = {"seq": seq, "op": op, "args": dict(args)}
        outcome = step(self.store, OPERATIONS[op], CODECS[op].from_json(dict(args)))
        event.update(as_json(answer_document(outcome, audited=True)))
        self.events.append(event)
        return event


def run_on_reference(program: Program, contract: Contract | str | None = None) -> Iterator[ReferenceStep]:
    """Yield what each step of a program comes to on an empty reference store.

    Args:
        program: the steps to run.
        contract: the contract to run under; the program's own when None.
    """
    run = ReferenceRun(contract or program.contract)
    for step_ in program.steps:
        yield run.step(step_)


def on_reference(program: Program) -> ReferenceSide:
    """Run a program on the reference under its own contract.

    Raises:
        UnknownContract: the model does not state that contract.
    """
    run = ReferenceRun(program.contract)
    wanted = frozenset().union(*(_prepare(step_).refers for step_ in program.steps))
    side = ReferenceSide([], run.results, [])
    for step_ in program.steps:
        done = run.carry_out(step_, wanted)
        if isinstance(done, str):
            side.skipped.append((step_.seq, done))
        else:
            side.steps.append(done)
    return side


def run(steps: Iterable[Mapping[str, Any]], contract: str) -> list[Event]:
    """Return the events of a program on the reference; steps whose references have no result are skipped."""
    reference = ReferenceRun(contract)
    for item in steps:
        try:
            args = resolve(item["args"], reference.results)
        except UnresolvedReference:
            continue
        event = reference.perform(item["seq"], item["op"], args)
        if "ok" in event:
            reference.results[item["seq"]] = event["ok"]
    return reference.events


_KEPT: Final = 20_000
"""Of how many steps what is the same in every program is kept."""


class _Prepared(NamedTuple):
    step: Step
    refers: frozenset[int]
    arguments: tuple[Any, ...] | None
    """The model's arguments where no reference is among them."""
    printed: bytes


_prepared: dict[int, _Prepared] = {}


def _prepare(step_: Step) -> _Prepared:
    """Return what of a step is the same in every program; kept by identity, for candidates share their steps."""
    known = _prepared.get(id(step_))
    if known is not None:
        return known
    refers = frozenset(references(step_.args))
    arguments = None
    if not refers:
        try:
            arguments = CODECS[step_.op].from_json(step_.args)
        except ArgumentError:
            arguments = None
    if len(_prepared) >= _KEPT:
        _prepared.clear()
    prepared = _Prepared(step_, refers, arguments, b"" if refers else encode_as_written(step_.args))
    _prepared[id(step_)] = prepared
    return prepared


def refers_to(step_: Step) -> frozenset[int]:
    """Return the numbers of the steps that a step refers to."""
    return _prepare(step_).refers
