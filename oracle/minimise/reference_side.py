"""Programs on the reference, again and again: what does not change from candidate to candidate is kept."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from lean_traces.codec import CODECS, ArgumentError, encode, encode_answer
from lean_traces.programs import Program, Step, UnresolvedReference, references, resolve
from model.operations import Outcome, step
from model.store import Store

_KEPT: Final = 20_000
_GIVING: Final = frozenset(
    {
        "open",
        "open_with_sid",
        "claim_ownership",
        "commit_ownership_transfer",
        "attenuate_ownership_scope",
        "begin_ownership_transfer",
        "issue_readiness_witness",
    }
)


class Referred(NamedTuple):
    """One step as the reference carried it out."""

    step: Step
    args: dict[str, Any]
    printed: bytes
    """The arguments as one JSON object."""
    outcome: Outcome


class ReferenceSide(NamedTuple):
    """A program as the reference carries it out: the steps that were not skipped, and results that steps refer to."""

    steps: list[Referred]
    results: dict[int, Any]
    skipped: list[tuple[int, str]]


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
    prepared = _Prepared(step_, refers, arguments, b"" if refers else encode(step_.args))
    _prepared[id(step_)] = prepared
    return prepared


def refers_to(step_: Step) -> frozenset[int]:
    """Return the numbers of the steps that a step refers to."""
    return _prepare(step_).refers


def on_reference(program: Program) -> ReferenceSide:
    """Run a program on the reference under its own contract.

    Raises:
        UnknownContract: the model does not state that contract.
    """
    store = Store(program.contract)
    prepared = [_prepare(step_) for step_ in program.steps]
    wanted = frozenset().union(*(item.refers for item in prepared))
    results: dict[int, Any] = {}
    steps: list[Referred] = []
    skipped: list[tuple[int, str]] = []
    for item in prepared:
        step_, arguments, printed = item.step, item.arguments, item.printed
        args = step_.args
        codec = CODECS[step_.op]
        if arguments is None:
            try:
                args = resolve(args, results)
                arguments = codec.from_json(args)
            except (UnresolvedReference, ArgumentError) as error:
                skipped.append((step_.seq, str(error)))
                continue
            printed = encode(args)
        outcome = step(store, codec.operation, arguments)
        if outcome.error is None and (step_.seq in wanted or step_.op in _GIVING):
            results[step_.seq] = msgspec.json.decode(encode_answer(outcome, audited=False))["ok"]
        steps.append(Referred(step_, args, printed, outcome))
    return ReferenceSide(steps, results, skipped)
