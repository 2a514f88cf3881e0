"""The text that goes with a minimal program: each step with why it is needed, the guard, what is left to take away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lean_traces.codec import encode
from lean_traces.programs import Program
from oracle.minimise.deciding import Decision
from oracle.minimise.minimality import Remaining
from oracle.minimise.minimiser import Minimised
from oracle.minimise.reference_side import on_reference


def explanation(result: Minimised, decision: Decision | None) -> str:
    """Return the whole text: what diverges, step by step why, what decided, and the proof of 1-minimality."""
    return "\n".join(_lines(result, decision))


def why_needed(result: Minimised) -> dict[int, str]:
    """Return for each step of the minimal program why it is needed."""
    last = result.program.steps[-1].seq
    reasons: dict[int, str] = {last: "this is where the answers differ"}
    for left in result.remaining:
        if left.step >= 0 and left.step not in reasons:
            reasons[left.step] = f"needed: without it {_then(left)}"
    return reasons


def _lines(result: Minimised, decision: Decision | None) -> Iterator[str]:
    assert result.fingerprint is not None
    yield f"divergence  {result.fingerprint.text()}"
    yield f"fingerprint {result.fingerprint.digest}"
    yield f"steps       {result.given_steps} given, {len(result.program.steps)} left"
    if result.rate is not None:
        yield f"repeats     {result.rate.text()}"
    yield ""
    reasons = why_needed(result)
    for seq, text in _steps(result.program).items():
        yield f"{seq:>3}  {text}"
        yield f"     {reasons.get(seq, 'not proven to be needed')}"
    if decision is not None:
        yield ""
        yield f"decided by  {decision.guard}"
        for name, value in decision.saw["before"].items():
            yield f"it saw      {name} = {_shown(value)}"
        yield f"given       {_shown(decision.saw['arguments'])}"
        yield f"expected    {_shown(decision.expected)}"
        yield f"actual      {_shown(decision.actual)}"
        yield f"nearest     {decision.nearest}"
    yield ""
    yield from _proof(result)


_UNPROVEN: Final = {"deadline": "the deadline came first", "interrupted": "it was interrupted"}


def _proof(result: Minimised) -> Iterator[str]:
    if result.minimal:
        count = len(result.remaining)
        yield f"1-minimal: each of the {count} single removals and simplifications left was tried:"
        for left in result.remaining:
            yield f"  - {left.change}: {_then(left)}"
    else:
        why = _UNPROVEN.get(result.ending, f"it ended as: {result.ending}")
        yield f"not proven 1-minimal: {why}"
    runs = result.runs
    yield (
        f"{runs.implementation} runs of the implementation, {runs.reference} of the reference, "
        f"{runs.repeated} answered from what was known, {runs.seconds:.2f} s"
    )


def _then(left: Remaining) -> str:
    return left.then


def _steps(program: Program) -> Mapping[int, str]:
    came = {item.step.seq: item.outcome for item in on_reference(program).steps}
    texts = {}
    for step in program.steps:
        outcome = came.get(step.seq)
        answer = ""
        if outcome is not None:
            shown: Any = outcome.ok if outcome.error is None else outcome.error.to_json()
            answer = f" → {_shown(shown, 100)}"
        texts[step.seq] = f"{step.op} {_shown(step.args)}{answer}"
    return texts


def _shown(value: Any, length: int = 300) -> str:
    text = encode(value).decode()
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters)"
