"""Causal slices: what the contract alone needs of a program for what it demands of the last step.

Everything here is decided by the reference. A slice is a guess: the implementation is asked whether the divergence is
still there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from telltale_conformance.lean_traces.json_values import DESCEND, rebuilt, same_json
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.minimise.lifting import OPENING, SID_FIELDS
from telltale_conformance.oracle.minimise.removal import numbers, only, with_needed
from telltale_conformance.oracle.reference.run import ReferenceSide, Referred, on_reference
from telltale_conformance.oracle.verdict.compare import Divergence
from telltale_conformance.oracle.verdict.fingerprints import contract_side

Holds = Callable[[ReferenceSide], bool]


def core(program: Program, holds: Holds) -> Program:
    """Return a part of the program for which ``holds`` is still true and from which nothing can be taken away.

    Args:
        program: steps for which it is true; the last one always stays.
        holds: looks at a run on the reference.
    """
    program = _ending(program, holds)
    program = _without_runs(program, holds, lambda step: step.op in OPENING)
    return _without_runs(program, holds, lambda step: True)


def _ending(program: Program, holds: Holds) -> Program:
    """Return the last steps with all that they refer to: few of them, twice as many, and so on, until it is true."""
    before = numbers(program)[:-1]
    count = 0
    while count < len(before):
        wanted = {*before[len(before) - count :], program.steps[-1].seq}
        smaller = only(program, with_needed(program, wanted))
        if holds(on_reference(smaller)):
            return smaller
        count = 2 * count or 1
    return program


def _without_runs(program: Program, holds: Holds, among: Callable[[Step], bool]) -> Program:
    """Take out runs of the steps in question, longer after each success and shorter after each failure."""
    waiting = [step.seq for step in program.steps[:-1] if among(step)]
    width = max(1, len(waiting) // 2)
    while waiting:
        removed = set(waiting[-width:])
        smaller = cascade(program, removed)
        if smaller is not None and holds(on_reference(smaller)):
            program = smaller
            there = set(numbers(program))
            waiting = [seq for seq in waiting if seq in there]
            width *= 2
        elif width > 1:
            width //= 2
        else:
            del waiting[-1]
    return program


def cascade(program: Program, removed: set[int]) -> Program | None:
    """Return the program without these steps and whatever refers to them; None when the last one would go."""
    smaller = only(program, set(numbers(program)) - removed)
    if not smaller.steps or smaller.steps[-1].seq != program.steps[-1].seq:
        return None
    return smaller


def same_contract_side(allows: Callable[[str, Any], bool], divergence: Divergence, reference: ReferenceSide) -> Holds:
    """Return the question whether the contract still demands the same of the last step, where the answers differed.

    Args:
        allows: says of an operation and the contract's answer whether the class is kept.
        divergence: what was seen.
        reference: the run of the program in which it was seen.
    """
    places = [difference.path for difference in divergence.differences] if divergence.kind != "outcome" else []
    wanted = [at_place(reference.steps[-1], place) for place in places if not _names_session(place)]

    def holds(side: ReferenceSide) -> bool:
        if not side.steps or side.steps[-1].step.seq != reference.steps[-1].step.seq:
            return False
        last = side.steps[-1]
        if not allows(last.step.op, last.outcome):
            return False
        found = [at_place(last, place) for place in places if not _names_session(place)]
        return all(same_json(one, other) for one, other in zip(wanted, found, strict=True))

    return holds


def same_presence(allows: Callable[[str, Any], bool], divergence: Divergence, reference: ReferenceSide) -> Holds:
    """Return the question whether the contract keeps the class and has something where the answers first differed.

    Args:
        allows: says of an operation and the contract's answer whether the class is kept.
        divergence: what was seen.
        reference: the run of the program in which it was seen.
    """
    last = reference.steps[-1]
    first = divergence.differences[0].path if divergence.differences and divergence.kind != "outcome" else "$"
    wanted = _presence(last, first)

    def holds(side: ReferenceSide) -> bool:
        if not side.steps or side.steps[-1].step.seq != last.step.seq:
            return False
        found = side.steps[-1]
        return allows(found.step.op, found.outcome) and _presence(found, first) == wanted

    return holds


def same_effect(item: Referred) -> Holds:
    """Return the question whether a run ends with this step and the contract answers and logs there as it did.

    Which numbers and names stand in the answer and in the records does not matter.
    """
    wanted = _effect(item)

    def holds(side: ReferenceSide) -> bool:
        return bool(side.steps) and side.steps[-1].step.seq == item.step.seq and _effect(side.steps[-1]) == wanted

    return holds


def same_effects(reference: ReferenceSide) -> Holds:
    """Return the question whether a run has the same steps as another, each answered and logged as there."""
    wanted = [(item.step.seq, _effect(item)) for item in reference.steps]
    return lambda side: [(item.step.seq, _effect(item)) for item in side.steps] == wanted


def _effect(item: Referred) -> Any:
    outcome = item.outcome
    records = [(record.event, type(record.artifact).__name__) for record in outcome.audit]
    return contract_side(outcome), _shape(outcome.ok), records


def _shape(ok: Any) -> Any:
    """Return of an answer what does not depend on names and numbers: yes or no, how many, whether anything."""
    if isinstance(ok, (list, tuple)):
        return len(ok)
    return ok if isinstance(ok, bool) else ok is None


def _presence(item: Referred, path: str) -> list[bool]:
    return [value is not None and value != NOTHING for value in at_place(item, path)]


NOTHING: Final = "(nothing there)"


def at_place(item: Referred, path: str) -> Any:
    """Return what stands at a place of the contract's answer and of its records, session ids left out."""
    outcome = item.outcome
    result = outcome.ok if outcome.error is None else outcome.error.to_json()
    value: Any = as_json([result, outcome.audit])
    return [sessionless(followed(root, path)) for root in value]


def sessionless(value: Any) -> Any:
    """Return a value without the session ids in it."""
    return rebuilt(value, lambda field, part: None if field in SID_FIELDS else DESCEND)


def followed(value: Any, path: str) -> Any:
    """Return what stands at a place of a value; ``NOTHING`` where nothing does."""
    for name in path.removeprefix("$").replace("[", ".[").split(".")[1:]:
        if name.startswith("[") and isinstance(value, list) and name[1:-1].isdigit() and int(name[1:-1]) < len(value):
            value = value[int(name[1:-1])]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return NOTHING
    return value


def _names_session(path: str) -> bool:
    return path.rpartition(".")[2] in SID_FIELDS


def changes_something(item: Referred) -> bool:
    """Say whether a step changed anything that the contract speaks of."""
    return bool(item.outcome.audit) or (item.outcome.error is None and not OPERATIONS[item.step.op].reads_only)


def sessions_of(item: Referred) -> set[int]:
    """Return the sessions that a step names or opens."""
    found: set[int] = set()
    if item.step.op in OPENING and type(item.outcome.ok) is int:
        found.add(item.outcome.ok)
    found.update(_ids(item.args.get("session_ids", [])))
    waiting: list[Any] = [item.args]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found.update(_ids([member for name, member in value.items() if name in SID_FIELDS]))
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _ids(values: Sequence[Any]) -> Iterator[int]:
    return (value for value in values if type(value) is int)
