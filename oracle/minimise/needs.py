"""What the implementation needs beyond the contract, the likeliest steps first.

The contract's side of a divergence needs few steps. A wrong store may need more: what it got wrong may lie before
what shows it. The steps that are left are put in the order of how likely they matter, and tried one, two, four, eight
more at a time.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.minimise.removal import numbers, only, with_needed
from telltale_conformance.oracle.minimise.slicing import (
    changes_something,
    core,
    same_effect,
    same_presence,
    sessions_of,
)
from telltale_conformance.oracle.minimise.trying import Attempt, Trials
from telltale_conformance.oracle.reference.run import Referred, on_reference
from telltale_conformance.oracle.verdict.fingerprints import contract_side


def extended(trials: Trials, shown: Attempt) -> Program:
    """Return what the divergence needs of a program beyond what the contract's side of it needs.

    Finds the first step, in the order of likelihood, without which those before it are not enough, keeps it with all
    that it needs to have the effect that it has, drops what is less likely, and begins again.

    Args:
        trials: with the target set.
        shown: a program that reproduces, as it was tried.
    """
    whole = program = shown.program
    last = whole.steps[-1].seq
    kept = with_needed(whole, {*numbers(_least(trials, shown)), last})
    waiting = likely_first(whole, kept)
    needed = _Needed(whole)
    while True:
        attempt = trials.attempt(only(whole, kept))
        if attempt.verdict == "reproduces":
            return attempt.program
        fails, reproduces, width = 0, len(waiting), 1
        while reproduces - fails > 1:
            middle = min(fails + width, (fails + reproduces) // 2)
            attempt = trials.attempt(only(whole, kept | needed.by(waiting[:middle])))
            if attempt.verdict != "reproduces":
                fails, width = middle, 2 * width
                continue
            program, reproduces = attempt.program, middle
            if program.steps[-1].seq != last:
                return extended(trials, attempt)
        if not waiting:
            return program
        kept |= needed.by(waiting[reproduces - 1 : reproduces])
        waiting = [number for number in waiting[: reproduces - 1] if number not in kept]


class _Needed:
    """Steps with those that they need before them to be answered and logged as they are in a program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[int, set[int]] = {}

    def by(self, wanted: Iterable[int]) -> set[int]:
        """Return these steps and what they need."""
        found: set[int] = set()
        for number in wanted:
            if number not in found:
                found |= self._of(number)
        return found

    def _of(self, number: int) -> set[int]:
        if number not in self._found:
            before = self._program.steps[: numbers(self._program).index(number) + 1]
            part = only(self._program, with_needed(self._program, {step.seq for step in before}))
            part = msgspec.structs.replace(part, steps=part.steps[: len(before)])
            alone = core(part, same_effect(on_reference(part).steps[-1]))
            self._found[number] = with_needed(self._program, set(numbers(alone)))
        return self._found[number]


def _least(trials: Trials, shown: Attempt) -> Program:
    """Return what the contract's side alone needs of a program: its answer, with something at the first difference."""
    assert trials.target is not None
    assert shown.sighting is not None
    assert shown.sighting.divergence is not None
    reference = on_reference(shown.program)
    return core(shown.program, same_presence(trials.target.allows, shown.sighting.divergence, reference))


def likely_first(program: Program, kept: set[int]) -> list[int]:
    """Return the other steps of a program, those first on which its last step most likely depends.

    What changed a session of the last step comes before what changed others, and that before what changed nothing;
    of steps of one operation with one kind of answer the last comes before the others.
    """
    steps = on_reference(program).steps
    about = sessions_of(steps[-1])
    seen: set[tuple[str, tuple[str, str]]] = set()
    ranks: dict[int, tuple[bool, bool, bool]] = {}
    for item in reversed(steps):
        far = bool(about) and not about & sessions_of(item)
        kind = _kind(item)
        ranks[item.step.seq] = (not changes_something(item), far, kind in seen)
        if not far:
            seen.add(kind)
    others = [item.step.seq for item in reversed(steps) if item.step.seq not in kept]
    return sorted(others, key=lambda number: ranks[number])


def _kind(item: Referred) -> tuple[str, tuple[str, str]]:
    return item.step.op, contract_side(item.outcome)
