"""The text that goes with a minimal program: each step with why it is needed, the guard, what is left to take away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import as_json, encode
from telltale_conformance.lean_traces.programs import Program, is_reference, resolve
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.minimise.minimality import Remaining
from telltale_conformance.oracle.minimise.minimiser import Minimised
from telltale_conformance.oracle.minimise.names import CANONICAL, FIELDS
from telltale_conformance.oracle.minimise.removal import numbers
from telltale_conformance.oracle.minimise.slicing import cascade
from telltale_conformance.oracle.minimise.trying import Sighting, Trials
from telltale_conformance.oracle.minimise.values import put
from telltale_conformance.oracle.reference.judging import expected_result
from telltale_conformance.oracle.reference.run import ReferenceRun, on_reference
from telltale_conformance.oracle.verdict.compare import outcome_variant
from telltale_conformance.oracle.verdict.decision import decided_by
from telltale_conformance.oracle.verdict.relevant import relevant_state
from telltale_conformance.readable import one_line, spelled


def explanation(result: Minimised, decision: Decision | None) -> str:
    """Return the whole text: what diverges, step by step why, what decided, and the proof of 1-minimality."""
    return "\n".join(map(spelled, _lines(result, decision)))


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
        yield f"decision    {decision.reason}"
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
    if result.confirmed is False:
        yield "not confirmed on a newly started adapter: the time was over"
    if result.died:
        yield f"{result.died} candidates made the adapter fail; it was started again, and they count as not the same"
    runs = result.runs
    yield (
        f"{runs.implementation} runs of the implementation, {runs.reference} of the reference, "
        f"{runs.repeated} answered from what was known"
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


def _shown(value: Any, limit: int = 300) -> str:
    return one_line(encode(value).decode(), limit)


ASKED_AT_MOST: Final = 6
"""How many changed programs are run on the implementation in search of a value that agrees."""
_SCOPES: Final[tuple[Any, ...]] = ("Session", {"Fragments": []}, {"Fragments": ["x"]})


class Decision(Struct, frozen=True, kw_only=True):
    """Why the contract demands what it demands of the diverging step."""

    guard: str
    """The name of the guard that refuses, as ``G-live``; ``passes`` where none does."""
    reason: str
    """The same for people, worded as what failed."""
    saw: dict[str, Any]
    """The arguments, and what of the session the guards look at, before the step."""
    expected: Any
    actual: Any
    nearest: str
    """The nearest value with which the two sides agree, in words."""


def decision(trials: Trials, program: Program, sighting: Sighting) -> Decision:
    """Explain the last step of a minimal program.

    Args:
        trials: asks the implementation a few more times.
        program: ends with the diverging step.
        sighting: its divergence.
    """
    assert sighting.expected is not None
    assert sighting.divergence is not None
    decided = decided_by(sighting.expected, sighting.divergence.kind)
    return Decision(
        guard=decided.guard,
        reason=decided.reason,
        saw=_seen(program),
        expected=sighting.divergence.expected,
        actual=sighting.divergence.actual,
        nearest=_nearest(trials, program, sighting),
    )


def _seen(program: Program) -> dict[str, Any]:
    run = ReferenceRun(program.contract)
    for step in program.steps[:-1]:
        run.step(step)
    last = program.steps[-1]
    codec = CODECS[last.op]
    args = resolve(last.args, run.results)
    state = relevant_state(run.store, codec.operation, codec.from_json(args))
    seen: dict[str, Any] = {"arguments": args, "before": as_json(state)}
    return seen


def _nearest(trials: Trials, program: Program, sighting: Sighting) -> str:
    divergence = sighting.divergence
    assert divergence is not None
    if divergence.kind not in ("outcome", "panic"):
        fields = [
            f"{difference.path.removeprefix('$').removeprefix('.') or 'the value'}:"
            f" {_shown(difference.expected, 80)} in place of {_shown(difference.actual, 80)}"
            for difference in divergence.differences[:4]
        ]
        return "the answer would have agreed with " + "; ".join(fields)
    if sighting.expected is not None and divergence.kind == "outcome":
        wanted = outcome_variant(is_ok="ok" in divergence.actual, result=next(iter(divergence.actual.values())))
    else:
        wanted = None
    asked = 0
    for what, candidate in [*sorted(_changed(program), key=lambda item: item[0]), *_without_a_step(program)]:
        came = on_reference(candidate).steps
        if not came or came[-1].step.seq != program.steps[-1].seq:
            continue
        if wanted is not None and _variant(came[-1].outcome) != wanted:
            continue
        if asked == ASKED_AT_MOST:
            break
        asked += 1
        if _agrees(trials.look(candidate)):
            return f"{what[2]} both answer {_variant(came[-1].outcome)}"
    return "no other value of one argument of the last step, and no step left out, makes the two agree"


def _agrees(seen: Sighting) -> bool:
    return seen.fingerprint is None and seen.fault is None and seen.uncovered is None


def _variant(outcome: Outcome) -> str:
    result = expected_result(outcome)
    return outcome_variant(is_ok="ok" in result, result=next(iter(result.values())))


_Rank = tuple[int, int, str]


def _changed(program: Program) -> Iterator[tuple[_Rank, Program]]:
    """Yield the program with one value of its last step's arguments changed, with how far the change goes."""
    last = program.steps[-1]
    args = next(item.args for item in reversed(on_reference(program).steps) if item.step.seq == last.seq)
    for name, value in args.items():
        fields = value.items() if isinstance(value, dict) and name in _ARTIFACTS else [(None, value)]
        for field, current in fields:
            label = str(field or name)
            for distance, other in _neighbours(label, current):
                words = f"{name}.{field}" if field else name
                rank = (
                    distance,
                    0 if field else 1,
                    f"with {words} {_shown(other, 80)} in place of {_shown(current, 80)}",
                )
                yield rank, _with(program, name, field, other)


_ARTIFACTS: Final = frozenset({"capability", "receipt", "witness", "ep", "edge"})


def _without_a_step(program: Program) -> Iterator[tuple[_Rank, Program]]:
    """Yield the program without one of its steps, the last ones first: what the session is like then is the value."""
    for seq in reversed(numbers(program)[:-1]):
        smaller = cascade(program, {seq})
        if smaller is not None:
            yield (3, 0, f"without step {seq}"), smaller


def _with(program: Program, name: str, field: str | None, value: Any) -> Program:
    last = program.steps[-1]
    if field is None:
        return put(program, last.seq, (name,), value)
    given = last.args[name]
    changed = {"set": {**given.get("set", {}), field: value}} if is_reference(given) else {field: value}
    return put(program, last.seq, (name,), {**given, **changed})


def _neighbours(field: str, value: Any) -> Iterator[tuple[int, Any]]:
    if type(value) is int:
        for distance in (1, 2):
            yield distance, value + distance
            if value >= distance:
                yield distance, value - distance
    elif field in ("scope", "new_scope"):
        yield from ((1, scope) for scope in _SCOPES if scope != value)
    elif isinstance(value, str) and field in FIELDS:
        yield from ((1, name) for name in CANONICAL[FIELDS[field]][:3] if name != value)
