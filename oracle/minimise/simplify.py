"""Simpler values by tries: everything at once where that works, by halves where it does not, then one by one."""

from __future__ import annotations

from collections.abc import Sequence

from lean_traces.programs import Program
from oracle.minimise.trying import Trials
from oracle.minimise.values import REMOVED, Simplification, all_names_plain, put, simplifications


def simpler_values(trials: Trials, program: Program) -> Program:
    """Return a program with the same divergence of which no single name or value can be made simpler."""
    program = _accepted(trials, all_names_plain(program)) or program
    program = _many(trials, program, _simplest(trials, program))
    program = _accepted(trials, all_names_plain(program)) or program
    while True:
        simpler = _round(trials, program)
        if simpler is None:
            return program
        program = simpler


def _accepted(trials: Trials, candidate: Program) -> Program | None:
    attempt = trials.attempt(candidate)
    return attempt.program if attempt.verdict == "reproduces" else None


def _simplest(trials: Trials, program: Program) -> list[Simplification]:
    """Return for each place the first simplification that the contract's side allows, none within another."""
    chosen: list[Simplification] = []
    for change in simplifications(program):
        if not change.path or any(_same_or_within(change, other) for other in chosen):
            continue
        if trials.possible(change.candidate):
            chosen.append(change)
    return chosen


def _same_or_within(change: Simplification, other: Simplification) -> bool:
    return change.seq == other.seq and change.path[: len(other.path)] == other.path


def _many(trials: Trials, program: Program, changes: Sequence[Simplification]) -> Program:
    """Make as many of the changes as the divergence survives: all, else as many as possible of each half."""
    if not changes:
        return program
    simpler = _accepted(trials, _changed(program, changes))
    if simpler is not None:
        return simpler
    if len(changes) == 1:
        return program
    half = len(changes) // 2
    return _many(trials, _many(trials, program, changes[:half]), changes[half:])


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
