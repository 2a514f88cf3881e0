"""Fewer steps: slices first, then what the implementation needs beyond the contract, then one step at a time.

The program in hand always reproduces the divergence: a candidate takes its place only after it was seen to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import combinations
from typing import Any, Final, NamedTuple

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.minimise.climbing import climbed
from telltale_conformance.oracle.minimise.lifting import lift_again
from telltale_conformance.oracle.minimise.needs import PLAIN_UP_TO, extended
from telltale_conformance.oracle.minimise.removal import (
    attenuated,
    forged,
    host_call,
    last_written_out,
    numbers,
    only,
    plainer_endings,
    retargeted,
    scope_from_the_start,
    written_out,
)
from telltale_conformance.oracle.minimise.simplifying import places_of, plainest
from telltale_conformance.oracle.minimise.slicing import (
    cascade,
    core,
    same_contract_side,
)
from telltale_conformance.oracle.minimise.standing import as_before
from telltale_conformance.oracle.minimise.trying import Trials, Verdict
from telltale_conformance.oracle.minimise.visible import still_visible
from telltale_conformance.oracle.reference.run import ReferenceSide, on_reference
from telltale_conformance.oracle.verdict.compare import Divergence

SHORT: Final = 8
"""Of a program of at most so many steps no runs of steps are taken out at once: that would seldom work."""
LONG: Final = 64
"""Of a program of more steps single ones are first only taken out as they are."""
PAIRS_UP_TO: Final = 12
"""Pairs of steps are tried together, and what is given to others changed, in programs of at most so many steps."""
REMOVED: Final = "removed"
"""How a step goes with all that refers to it, and nothing else changes."""


class Removal(NamedTuple):
    """One way to take steps out of a program."""

    seqs: tuple[int, ...]
    candidate: Program
    how: str


def referring(trials: Trials, program: Program) -> Program:
    """Return the program with references where it writes out what earlier steps give, if that changes nothing."""
    lifted = lift_again(program, on_reference(program).results)
    return lifted if trials.attempt(lifted).verdict == "reproduces" else program


def sliced(trials: Trials, program: Program, divergence: Divergence) -> Program | None:
    """Return what a divergence needs: what the contract's side needs, made plain, if that shows it, or else more.

    The last step keeps its values at first, for they are what the divergence most often depends on. Where the contract
    refuses it with another error than was answered, or with one where none was, it keeps at most its numbers.
    """
    assert trials.target is not None
    reference = on_reference(program)
    holds = same_contract_side(trials.target.allows, divergence, reference)
    if not holds(reference):
        return None

    def holds_in_time(side: ReferenceSide) -> bool:
        trials.in_time()
        return holds(side)

    part = core(program, holds_in_time)
    tried: Verdict | None = None
    if len(part.steps) <= PLAIN_UP_TO:
        visible = still_visible(divergence, on_reference(part))
        but_last = partial(plainest, trials, part, places_of(part.steps[:-1]), visible)
        refuses = divergence.kind == "outcome" and on_reference(part).steps[-1].outcome.error is not None
        attempt = None
        if refuses:
            plain = plainest(trials, part, holds=visible, numbers=False)
            attempt = climbed(trials, core(plain, holds_in_time))
        if attempt is None or attempt.verdict != "reproduces":
            attempt = trials.attempt(but_last())
        if attempt.verdict == "reproduces":
            assert attempt.sighting is not None
            return extended(trials, attempt.program, attempt.sighting.divergence or divergence)
        tried = attempt.verdict
    return extended(trials, program, divergence, tried)


def removals(program: Program, count: int = 1) -> Iterator[Removal]:
    """Yield every way to take ``count`` steps out, the last steps first; none that asks the same as one before it.

    What referred to a removed step goes with it, or refers to the last result of that kind before, or has the
    result written out; or all steps are given what stands to their sessions as before.
    """
    results = on_reference(program).results
    for seqs in combinations(reversed(numbers(program)), count):
        yield from _removals_of(program, seqs, results)


def _removals_of(program: Program, seqs: tuple[int, ...], results: Mapping[int, Any]) -> Iterator[Removal]:
    """Yield every way to take these steps out; none that asks the same as one before it."""
    asked: set[bytes] = set()
    for candidate, how in _ways_without(program, seqs, results, alone=program.steps[-1].seq in seqs):
        what = b"\n".join(item.step.op.encode() + item.printed for item in on_reference(candidate).steps)
        if what not in asked:
            asked.add(what)
            yield Removal(seqs, candidate, how)


def _ways_without(
    program: Program, seqs: tuple[int, ...], results: Mapping[int, Any], *, alone: bool
) -> Iterator[tuple[Program, str]]:
    """Yield the program without some steps; ``alone``: in no other way than without them."""
    smaller = cascade(program, set(seqs))
    if smaller is not None:
        yield smaller, REMOVED
    if alone:
        return
    if len(seqs) == 1:
        for other, how in _in_its_place(program, seqs[0], results):
            if other is not None and len(other.steps) < len(program.steps):
                yield other, how
    if smaller is None or len(smaller.steps) < len(program.steps) - len(seqs):
        yield written_out(program, set(seqs), results), "removed, its result written out where it was used"
    if len(program.steps) <= PAIRS_UP_TO:
        plain = last_written_out(program, results)
        for other, how in _before_the_last(plain, seqs):
            standing = as_before(plain, other)
            if standing is not None and len(standing.steps) < len(program.steps):
                yield standing, f"{how}, what is given standing to the session as before"


def _before_the_last(plain: Program, seqs: tuple[int, ...]) -> Iterator[tuple[Program, str]]:
    """Yield the program changed before its last step, which holds no other."""
    yield only(plain, set(numbers(plain)) - {*seqs, plain.steps[-1].seq}), REMOVED
    if len(seqs) == 1:
        for other, how in _in_its_place(plain, seqs[0], on_reference(plain).results):
            if other is not None:
                yield other, how


def _in_its_place(program: Program, seq: int, results: Mapping[int, Any]) -> Iterator[tuple[Program | None, str]]:
    """Yield the program without a step, with something else in its place."""
    yield retargeted(program, seq), "removed, the result before it used in its place"
    yield scope_from_the_start(program, seq), "removed, its scope granted before"
    yield attenuated(program, seq), "made an attenuation"
    yield host_call(program, seq), "made a call of the host"
    yield from plainer_endings(program, seq, results)
    for other in forged(program, seq):
        yield other, "removed, what the last step is given forged"


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
    width = len(program.steps) // 2 if len(program.steps) > SHORT else 1
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
    """Take out single steps, the last ones first: as they are, and only then with a change in their place.

    Changes in the place of a step are seldom what a long program lacks, and are tried at its end all the same.
    """
    at_first = _likely if len(program.steps) <= PAIRS_UP_TO else _plainly
    for ways in (at_first, _removals_of) if len(program.steps) <= LONG else (at_first,):
        results = on_reference(program).results
        for number in reversed(numbers(program)):
            if number not in numbers(program):
                continue
            for removal in ways(program, (number,), results):
                attempt = trials.attempt(removal.candidate)
                if attempt.verdict == "reproduces" and len(attempt.program.steps) < len(program.steps):
                    program = attempt.program
                    results = on_reference(program).results
                    break
    return program


def _plainly(program: Program, seqs: tuple[int, ...], results: Mapping[int, Any]) -> Iterator[Removal]:
    """Yield how steps go with all that refers to them, where that can be."""
    smaller = cascade(program, set(seqs))
    if smaller is not None:
        yield Removal(seqs, smaller, REMOVED)


def _likely(program: Program, seqs: tuple[int, ...], results: Mapping[int, Any]) -> Iterator[Removal]:
    """Yield how a step goes with something else in its place: of what a slice has left such go most often."""
    for other, how in _in_its_place(program, seqs[0], results):
        if other is not None and len(other.steps) < len(program.steps) and seqs[0] != program.steps[-1].seq:
            yield Removal(seqs, other, how)


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
