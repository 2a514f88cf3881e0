"""Making names and values simpler: all at once where the divergence survives that, else as many as it survives.

What may be tried is in ``values``; here it is tried, first on the reference and then on the implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from operator import is_
from typing import Final

import msgspec

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.minimise.lifting import lift_again
from telltale_conformance.oracle.minimise.names import names_of, renamed
from telltale_conformance.oracle.minimise.slicing import Holds, same_effects
from telltale_conformance.oracle.minimise.trying import Trials
from telltale_conformance.oracle.minimise.values import (
    REMOVED,
    Path,
    Simplification,
    all_names_plain,
    all_plain,
    put,
    simplifications,
)
from telltale_conformance.oracle.reference.run import on_reference


def at_once(trials: Trials, program: Program) -> Program:
    """Return the program with names and values as plain as they can be, if the divergence survives that.

    All of them in one try; where it does not, as many places of each half as possible. Done early, it saves tries:
    what is tried on plain values need not be tried again when the values have become so.
    """
    places = _differing(program, plainest(trials, program))
    last = [place for place in places if place[0] == program.steps[-1].seq]
    if not last or _accepted(trials, plainest(trials, program)) is not None:
        return _plain_at(trials, program, places)
    simpler = _accepted(trials, plainest(trials, program, numbers=False))
    if simpler is not None:
        return simpler
    others = [place for place in places if place not in last]
    return _plain_at(trials, _plain_at(trials, program, others), last)


Place = tuple[int, str]
"""A step and one of its arguments; ``NAMES`` for all names."""
_MESSAGES: Final = frozenset({"value", "signed message"})
NAMES: Final[Place] = (-1, "")


def _differing(program: Program, other: Program) -> list[Place]:
    """Return the places at which two programs of the same steps differ."""
    places = [
        (step.seq, name)
        for step, changed in zip(program.steps, other.steps, strict=True)
        for name in step.args
        if step.op != changed.op or step.args[name] != changed.args.get(name, REMOVED)
    ]
    return [NAMES, *places] if places else []


def places_of(steps: Iterable[Step]) -> list[Place]:
    """Return all places of some steps that may become plainer, and the names."""
    return [NAMES, *((step.seq, name) for step in steps for name in step.args)]


def _plain_at(trials: Trials, program: Program, places: Sequence[Place]) -> Program:
    plain = _accepted(trials, plainest(trials, program, places)) if places else program
    if plain is not None:
        return plain
    if len(places) == 1:
        return program
    half = len(places) // 2
    return _plain_at(trials, _plain_at(trials, program, places[:half]), places[half:])


def plainest(
    trials: Trials,
    program: Program,
    places: Collection[Place] | None = None,
    holds: Holds | None = None,
    *,
    numbers: bool = True,
) -> Program:
    """Return the program with the plainest names and values with which each step has the effect that it has.

    The contract's side decides that alone: nothing is run. Where the implementation refuses what the contract grants,
    types begin with the recursions that they begin with: it may have lost its way in one.

    Args:
        trials: says what the contract's side allows.
        program: what is to become simpler.
        places: where that may change it; anywhere by default.
        holds: what more must stay true of its run on the reference.
        numbers: whether numbers of the last step become smaller, too.
    """
    assert trials.target is not None
    last = program.steps[-1].seq
    granted = trials.target.kind == "outcome" and trials.target.expected == "ok"
    reference = on_reference(program)
    alike, told_apart = same_effects(reference), _told_apart(program)
    program = lift_again(program, reference.results)

    def allowed(candidate: Program) -> Program | None:
        side = on_reference(candidate)
        same = _told_apart(candidate) == told_apart and alike(side) and (holds is None or holds(side))
        return candidate if same and trials.possible(candidate) else None

    failed: set[_Known] = set()

    def asked(change: Simplification) -> bool:
        if not numbers and change.seq == last and type(change.value) is int:
            return False
        if granted and change.unrolls:
            return False
        return places is None or _within(change, places)

    while changes := _first_ones(program, failed, asked):
        program = _many(allowed, program, changes, failed)
    if places is not None and NAMES not in places:
        return program
    names = names_of(program)
    for sort in dict.fromkeys(sort for sort, _ in names):
        same = [name for other, name in names if other == sort]
        if len(same) > 1:
            program = allowed(_merged(program, sort, same)) or _merged_apart(allowed, program, sort, same)
    return allowed(all_names_plain(program)) or program


def _merged(program: Program, sort: str, names: Sequence[str]) -> Program:
    return renamed(program, {(sort, name): names[0] for name in names[1:]})


def _merged_apart(allowed: _Accept, program: Program, sort: str, names: Sequence[str]) -> Program:
    """Return the program with one name for what its last step names and one for the rest, where that is allowed."""
    last = {
        name for other, name in names_of(msgspec.structs.replace(program, steps=program.steps[-1:])) if other == sort
    }
    for part in (last, {*names} - last):
        same = [name for name in names if name in part]
        if len(same) > 1:
            program = allowed(_merged(program, sort, same)) or program
    return program


def _told_apart(program: Program) -> list[int]:
    """Return for each message which one was the first like it: of two that are alike none sees which is received."""
    if OPERATIONS[program.steps[-1].op].result not in _MESSAGES:
        return []
    messages = [encode(step.args["val"]) for step in program.steps if "val" in step.args]
    return [messages.index(message) for message in messages]


def _within(change: Simplification, places: Collection[Place]) -> bool:
    return (change.seq, str(change.path[0])) in places


def plainly_written(trials: Trials, program: Program) -> Program:
    """Return the program with arguments written as we print them, as far as the divergence survives that."""
    for but in (-1, program.steps[-1].seq):
        plain = all_plain(program, but)
        if all(map(is_, plain.steps, program.steps)):
            return program
        accepted = _accepted(trials, plain)
        if accepted is not None:
            return accepted
    return program


def simpler_values(trials: Trials, program: Program) -> Program:
    """Return a program with the same divergence of which no single name or value can be made simpler."""
    failed: set[_Known] = set()
    while changes := _simplest(trials, program, failed):
        program = _many(partial(_accepted, trials), program, changes, failed)
    program = _fewer_names(trials, program)
    while True:
        simpler = _round(trials, program)
        if simpler is None:
            return program
        program = simpler


_Known = tuple[int, Path, bytes]
"""A change of a value that failed: where, and what would have stood there."""


def _known(change: Simplification) -> _Known:
    return change.seq, change.path, b"" if change.value is REMOVED else encode(change.value)


def _accepted(trials: Trials, candidate: Program) -> Program | None:
    attempt = trials.attempt(candidate)
    return attempt.program if attempt.verdict == "reproduces" else None


def _fewer_names(trials: Trials, program: Program) -> Program:
    """Return the program with one name for all things of a sort where that works, and with plain names."""
    names = names_of(program)
    for sort in dict.fromkeys(sort for sort, _ in names):
        same = [name for other, name in names if other == sort]
        if len(same) > 1:
            program = _accepted(trials, renamed(program, {(sort, name): same[0] for name in same[1:]})) or program
    return _accepted(trials, all_names_plain(program)) or program


def _simplest(trials: Trials, program: Program, failed: Collection[_Known]) -> list[Simplification]:
    """Return for each place the first simplification that may work, none within another.

    Args:
        trials: says what the contract's side allows.
        program: what is to become simpler.
        failed: what was tried in vain.
    """
    return _first_ones(program, failed, lambda change: trials.possible(change.candidate))


def _first_ones(
    program: Program, failed: Collection[_Known], likely: Callable[[Simplification], bool]
) -> list[Simplification]:
    """Return for each place the first likely simplification that has not failed, none within another; numbers last.

    A number most often must stay; that it may not be 0 when all else is plain was seen when all was made plain at once.
    """
    chosen: list[Simplification] = []
    for change in simplifications(program):
        if not change.path or _known(change) in failed:
            continue
        if not any(_same_or_within(change, other) for other in chosen) and likely(change):
            chosen.append(change)
    return sorted(chosen, key=lambda change: type(change.value) is int)


def _same_or_within(change: Simplification, other: Simplification) -> bool:
    return change.seq == other.seq and change.path[: len(other.path)] == other.path


_Accept = Callable[[Program], Program | None]
"""Returns the candidate, or less of it, where it may take the place of the program; None where it may not."""


def _many(accepted: _Accept, program: Program, changes: Sequence[Simplification], failed: set[_Known]) -> Program:
    """Make as many of the changes as are accepted: all, else as many as possible of each half."""
    simpler = accepted(_changed(program, changes))
    if simpler is not None:
        return simpler
    if len(changes) == 1:
        failed.add(_known(changes[0]))
        return program
    half = len(changes) // 2
    return _many(accepted, _many(accepted, program, changes[:half], failed), changes[half:], failed)


def _changed(program: Program, changes: Sequence[Simplification]) -> Program:
    """Make several changes; what is taken out of a list is taken from its end, so that places stay what they are."""
    there = {step.seq for step in program.steps}
    kept = [change for change in changes if change.value is not REMOVED]
    gone = sorted((change for change in changes if change.value is REMOVED), key=_positions, reverse=True)
    for change in [*kept, *gone]:
        if change.seq in there:
            program = put(program, change.seq, change.path, change.value)
    return program


def _positions(change: Simplification) -> tuple[int, tuple[tuple[bool, int, str], ...]]:
    return change.seq, tuple(
        (isinstance(part, int), part if isinstance(part, int) else 0, str(part)) for part in change.path
    )


def _round(trials: Trials, program: Program) -> Program | None:
    """Go through all simplifications once, taking each that works; None when none does."""
    found = None
    begin = 0
    while True:
        changes = list(simplifications(program))
        for place, change in enumerate(changes[begin:], begin):
            simpler = _accepted(trials, change.candidate)
            if simpler is not None:
                program = found = simpler
                begin = place
                break
        else:
            return found
