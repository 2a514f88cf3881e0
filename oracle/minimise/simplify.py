"""Simpler values by tries: everything at once where that works, by halves where it does not, then one by one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lean_traces.codec import encode
from lean_traces.programs import Program
from oracle.minimise.names import names_of, renamed
from oracle.minimise.trying import Trials
from oracle.minimise.values import REMOVED, Path, Simplification, all_names_plain, put, simplifications


def at_once(trials: Trials, program: Program) -> Program:
    """Return the program with all names and values made plain, if the divergence survives that: two tries at most.

    Done early, it saves tries: what is tried on plain values need not be tried again when the values have become so.
    """
    program = _accepted(trials, all_names_plain(program)) or program
    changes = _simplest(trials, program, frozenset())
    return (_accepted(trials, _changed(program, changes)) if changes else None) or program


def simpler_values(trials: Trials, program: Program) -> Program:
    """Return a program with the same divergence of which no single name or value can be made simpler."""
    failed: set[_Known] = set()
    while changes := _simplest(trials, program, failed):
        program = _many(trials, program, changes, failed)
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
    chosen: list[Simplification] = []
    for change in simplifications(program):
        if not change.path or _known(change) in failed or any(_same_or_within(change, other) for other in chosen):
            continue
        if trials.possible(change.candidate):
            chosen.append(change)
    return chosen


def _same_or_within(change: Simplification, other: Simplification) -> bool:
    return change.seq == other.seq and change.path[: len(other.path)] == other.path


def _many(trials: Trials, program: Program, changes: Sequence[Simplification], failed: set[_Known]) -> Program:
    """Make as many of the changes as the divergence survives: all, else as many as possible of each half."""
    simpler = _accepted(trials, _changed(program, changes))
    if simpler is not None:
        return simpler
    if len(changes) == 1:
        failed.add(_known(changes[0]))
        return program
    half = len(changes) // 2
    return _many(trials, _many(trials, program, changes[:half], failed), changes[half:], failed)


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
