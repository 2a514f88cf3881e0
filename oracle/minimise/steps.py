"""Fewer steps: slices first, then what the implementation needs beyond the contract, then one step at a time.

The program in hand always reproduces the divergence: a candidate takes its place only after it was seen to.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final, NamedTuple

from lean_traces.programs import Program
from oracle.compare import Divergence
from oracle.minimise.lifting import lift_again
from oracle.minimise.reference_side import ReferenceSide, on_reference
from oracle.minimise.removal import (
    attenuated,
    forged,
    numbers,
    only,
    plainer_endings,
    retargeted,
    scope_from_the_start,
    with_needed,
    written_out,
)
from oracle.minimise.slicing import cascade, core, same_contract_side, slices
from oracle.minimise.trying import Sighting, Trials

PAIRS_UP_TO: Final = 12
"""Pairs of steps are tried together in programs of at most so many steps."""


class Removal(NamedTuple):
    """One way to take steps out of a program."""

    seqs: tuple[int, ...]
    candidate: Program
    how: str


def fewer_steps(trials: Trials, program: Program, sighting: Sighting) -> Program:
    """Return a program with the same divergence from which no single step can be removed.

    Args:
        trials: with the target set.
        program: ends with the diverging step; no step of it is skipped.
        sighting: the divergence as it was seen there.
    """
    assert sighting.divergence is not None
    return one_by_one(trials, referring(trials, by_slices(trials, program, sighting)), sighting.divergence)


def referring(trials: Trials, program: Program) -> Program:
    """Return the program with references where it writes out what earlier steps give, if that changes nothing."""
    lifted = lift_again(program, on_reference(program).results)
    return lifted if trials.attempt(lifted).verdict == "reproduces" else program


def by_slices(trials: Trials, program: Program, sighting: Sighting) -> Program:
    """Return a causal slice that reproduces, cut down to what the divergence needs of it."""
    assert trials.target is not None
    assert sighting.divergence is not None
    reference = on_reference(program)
    holds = same_contract_side(trials.target.allows, sighting.divergence, reference)
    for part in slices(program, reference):
        if holds(on_reference(part)):
            smallest = core(part, holds)
            attempt = trials.attempt(smallest)
            if attempt.verdict == "reproduces":
                return extended(trials, attempt.program, _least(trials, attempt.program))
        whole = len(part.steps) == len(program.steps)
        attempt = trials.attempt(part)
        if attempt.verdict == "reproduces" or whole:
            kept = attempt.program if attempt.verdict == "reproduces" else program
            return extended(trials, kept, _least(trials, kept))
    return program


def _least(trials: Trials, program: Program) -> Program:
    """Return what the contract's side alone needs of a program."""
    assert trials.target is not None
    allows, last = trials.target.allows, program.steps[-1].seq

    def holds(side: ReferenceSide) -> bool:
        steps = side.steps
        return bool(steps) and steps[-1].step.seq == last and allows(steps[-1].step.op, steps[-1].outcome)

    return core(program, holds)


def extended(trials: Trials, program: Program, base: Program) -> Program:
    """Return what the divergence needs of a program beyond a base that may not show it.

    Finds, by halving, the last step without which the divergence is gone, keeps it, drops what lies before it, and
    begins again: so many times the logarithm of the program as the implementation needs steps beyond the base.
    """
    last = program.steps[-1].seq
    kept = with_needed(program, {*numbers(base), last})
    others = [number for number in numbers(program) if number not in kept]
    while others:
        attempt = trials.attempt(only(program, kept))
        if attempt.verdict == "reproduces":
            return attempt.program
        reproduces, fails = 0, len(others)
        while fails - reproduces > 1:
            middle = (reproduces + fails) // 2
            attempt = trials.attempt(only(program, with_needed(program, kept | set(others[middle:]))))
            if attempt.verdict == "reproduces":
                program, reproduces = attempt.program, middle
                if program.steps[-1].seq != last:
                    return extended(trials, program, _least(trials, program))
            else:
                fails = middle
        kept |= with_needed(program, {others[reproduces]})
        there = set(numbers(program))
        others = [number for number in others[reproduces + 1 :] if number in there and number not in kept]
    return program


def removals(program: Program, count: int = 1) -> Iterator[Removal]:
    """Yield every way to take ``count`` steps out, the last steps first.

    What referred to a removed step goes with it, or refers to the last result of that kind before, or has the
    result written out.
    """
    reference = on_reference(program)
    last = program.steps[-1].seq
    for seqs in combinations(reversed(numbers(program)), count):
        smaller = cascade(program, set(seqs))
        if smaller is not None:
            yield Removal(seqs, smaller, "removed")
        if last in seqs:
            continue
        if count == 1:
            for changed, how in (
                (retargeted(program, seqs[0]), "removed, the result before it used in its place"),
                (scope_from_the_start(program, seqs[0]), "removed, its scope granted before"),
                (attenuated(program, seqs[0]), "made an attenuation"),
                *plainer_endings(program, seqs[0], reference.results),
                *((other, "removed, what the last step is given forged") for other in forged(program, seqs[0])),
            ):
                if changed is not None and len(changed.steps) < len(program.steps):
                    yield Removal(seqs, changed, how)
        if smaller is None or len(smaller.steps) < len(program.steps) - count:
            out = written_out(program, set(seqs), reference.results)
            yield Removal(seqs, out, "removed, its result written out where it was used")


def one_by_one(trials: Trials, program: Program, divergence: Divergence) -> Program:
    """Return a program from which no single step can be removed, and no likely two of a short one."""
    program = _halves(trials, program)
    while True:
        before = len(program.steps)
        program = _singles(trials, program)
        if len(program.steps) < before:
            continue
        smaller = _pairs(trials, program, divergence)
        if smaller is None:
            return program
        program = smaller


def _halves(trials: Trials, program: Program) -> Program:
    """Take out runs of steps, from long to short, while a program is long."""
    width = len(program.steps) // 2
    while width > 1:
        at = len(program.steps) - 1
        while at > 0:
            smaller = cascade(program, set(numbers(program)[max(0, at - width) : at]))
            attempt = trials.attempt(smaller) if smaller is not None else None
            if attempt is not None and attempt.verdict == "reproduces":
                program = attempt.program
                at = min(at, len(program.steps) - 1)
            at -= width
        width //= 2
    return program


def _singles(trials: Trials, program: Program) -> Program:
    """Go through the steps once, from the last, and take out what can be taken out."""
    for number in reversed(numbers(program)):
        if number not in numbers(program):
            continue
        for removal in removals(program):
            if removal.seqs == (number,):
                attempt = trials.attempt(removal.candidate)
                if attempt.verdict == "reproduces" and len(attempt.program.steps) < len(program.steps):
                    program = attempt.program
                    break
    return program


def _pairs(trials: Trials, program: Program, divergence: Divergence) -> Program | None:
    """Take out two steps at once, where the contract still demands the same of the fields that differ."""
    assert trials.target is not None
    if len(program.steps) > PAIRS_UP_TO:
        return None
    holds = same_contract_side(trials.target.allows, divergence, on_reference(program))
    for removal in removals(program, 2):
        if not holds(on_reference(removal.candidate)):
            continue
        attempt = trials.attempt(removal.candidate)
        if attempt.verdict == "reproduces":
            return attempt.program
    return None
