"""The minimiser: from anything that diverges to the smallest program with the same class of divergence."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from operator import is_not
from typing import Final, Literal

import msgspec
from msgspec import Struct

from telltale_conformance.errors import HarnessError
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.adapters import Adapter, AdapterFault
from telltale_conformance.oracle.minimise.lifting import lift_again, without_references_in_data
from telltale_conformance.oracle.minimise.minimality import Remaining, remaining
from telltale_conformance.oracle.minimise.removal import numbers, renumbered
from telltale_conformance.oracle.minimise.simplifying import at_once, plainly_written, simpler_values
from telltale_conformance.oracle.minimise.steps import one_by_one, referring, sliced
from telltale_conformance.oracle.minimise.trying import (
    IN_DOUBT,
    TO_BELIEVE,
    AdapterGone,
    OutOfTime,
    Rate,
    Sighting,
    Trials,
    rate,
)
from telltale_conformance.oracle.minimise.values import all_plain
from telltale_conformance.oracle.process.interrupts import Interrupted
from telltale_conformance.oracle.reference.run import on_reference
from telltale_conformance.oracle.verdict.compare import Divergence, Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint

Ending = Literal[
    "minimal", "deadline", "interrupted", "not run", "does not diverge", "flaky", "stale store", "inconclusive"
]
"""``deadline``, ``interrupted``: smaller than before, but not proven 1-minimal. ``not run``: the time was over before
the given program was run once. ``stale store``: the divergence shows only after other programs in the same process, so
a reset does not give a fresh store."""


class Runs(Struct, frozen=True, kw_only=True):
    """What it took."""

    implementation: int
    """Programs run on the implementation, including those that confirm the divergence."""
    reference: int
    repeated: int
    """Candidates answered from what was known."""
    seconds: float


class Minimised(Struct, frozen=True, kw_only=True):
    """What the minimiser came to."""

    ending: Ending
    program: Program
    """The smallest program found; the given one where nothing was minimised."""
    fingerprint: Fingerprint | None = None
    rate: Rate | None = None
    """How often the divergence showed: in the result where it is minimal, in the given program where it is flaky."""
    remaining: tuple[Remaining, ...] = ()
    """Every single removal or simplification left, with what then happens; whole only where ``minimal``."""
    runs: Runs
    given_steps: int
    """How many steps the given program had."""
    faults: tuple[str, ...] = ()
    confirmed: bool | None = None
    """Whether a newly started adapter showed the divergence, too; None where none was to be asked, or where the result
    is no program to ask it for. ``False``: the time was over before it answered."""
    died: int = 0
    """How many candidates the adapter failed at. It was started again, and they count as not the same."""

    @property
    def minimal(self) -> bool:
        """Whether it is proven that no single removal or simplification keeps the divergence."""
        return self.ending == "minimal"


def minimise(
    adapter: Adapter,
    program: Program,
    *,
    level: Level = Level.state,
    target: Fingerprint | None = None,
    seconds: float | None = None,
    afresh: Callable[[float], Adapter] | None = None,
    keep_on_interrupt: bool = False,
) -> Minimised:
    """Make a diverging program as small as it can be while it shows the same class of divergence.

    Args:
        adapter: the implementation; it is reset between tries and left open.
        program: judged by its own contract.
        level: how strictly answers are compared.
        target: the class to keep; by default that of the first divergence.
        seconds: how long it may take, with the answers of an adapter that is a process and with the result confirmed;
            None for as long as it needs.
        afresh: starts another adapter of the same implementation within the seconds given to it, on which the result is
            confirmed. A part of the time is kept for that.
        keep_on_interrupt: end with the best program so far when a signal comes, instead of with it. The adapter may
            then be in the midst of a run, and is good for nothing more.

    Raises:
        UnknownContract: the model does not state the program's contract.
        Interrupted: a signal came (``oracle.process.interrupts``).
    """
    started = time.monotonic()
    until = None if seconds is None else started + seconds
    kept = 0.0 if seconds is None or afresh is None else min(seconds * TO_CONFIRM, TO_CONFIRM_AT_MOST)
    trials = Trials(adapter, level, None if until is None else until - kept)
    trials.target = target
    search = _Search(trials, program, started)
    try:
        result = search.run()
        if afresh is None or result.ending not in ("minimal", "deadline"):
            return result
        return _confirmed(result, afresh, level, until)
    except Interrupted:
        if not keep_on_interrupt:
            raise
        return search.interrupted()
    finally:
        trials.forget_deadline()


TO_CONFIRM: Final = 0.2
"""The part of the time that is kept for starting another adapter and running the result on it."""
TO_CONFIRM_AT_MOST: Final = 10.0
"""The same in seconds, at most."""


def _confirmed(result: Minimised, afresh: Callable[[float], Adapter], level: Level, until: float | None) -> Minimised:
    """Run the result on another adapter; what shows only on the one that has run others is no result."""
    assert result.fingerprint is not None
    left = math.inf if until is None else until - time.monotonic()
    not_confirmed = msgspec.structs.replace(result, confirmed=False)
    if left <= 0:
        return not_confirmed
    try:
        adapter = afresh(left)
    except AdapterFault as fault:
        if until is not None and time.monotonic() >= until:
            return not_confirmed
        return msgspec.structs.replace(result, ending="inconclusive", faults=(str(fault.diagnostic()),))
    try:
        seen = Trials(adapter, level, until).look(result.program)
    except OutOfTime:
        return not_confirmed
    finally:
        adapter.close()
    if seen.fault is not None:
        return msgspec.structs.replace(result, ending="inconclusive", faults=(seen.fault,))
    if seen.fingerprint != result.fingerprint:
        return msgspec.structs.replace(result, ending="stale store")
    return msgspec.structs.replace(result, confirmed=True)


class _NotBelieved(HarnessError):
    """Thrown when the divergence does not show a second time."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending


class _Search:
    def __init__(self, trials: Trials, program: Program, started: float) -> None:
        self._trials = trials
        self._given = program
        self._started = started
        self._rate: Rate | None = None

    def run(self) -> Minimised:
        try:
            return self._searched()
        except OutOfTime:
            return self._ended("not run", self._given)

    def _searched(self) -> Minimised:
        trials = self._trials
        offered = self._offered(self._given)
        sighting = trials.look(offered)
        if sighting.fingerprint is None or sighting.fingerprint != (trials.target or sighting.fingerprint):
            self._rate, sighting = rate(trials, offered, sighting)
            if trials.faults:
                return self._ended("inconclusive", self._given)
            trials.target = trials.target or sighting.fingerprint
            return self._ended("flaky" if self._rate.times else "does not diverge", self._given)
        trials.target = trials.target or sighting.fingerprint
        if sighting.expected is None or not trials.target.allows(trials.target.op, sighting.expected):
            # Else every candidate would count as impossible, and the given program as minimal.
            trials.faults.append(f"fault of the harness: its own class does not allow {trials.target.text()}")
            return self._ended("inconclusive", self._given)
        cut = program = _up_to(offered, sighting)
        self._rate = Rate(times=1, runs=1)
        trials.doubt = partial(self._doubted, offered, sighting)
        try:
            program, left = self._smallest(program, sighting)
            found_in = self._seen_already(program)
        except _NotBelieved as reason:
            return self._ended(reason.ending, self._given)
        except OutOfTime:
            return self._ended("deadline", self._best(cut))
        except AdapterGone:
            return self._ended("inconclusive", self._best())
        faults = len(trials.faults)
        self._rate, _ = rate(trials, program, found_in)
        if len(trials.faults) > faults:
            return self._ended("inconclusive", program, left)
        if self._rate.runs < TO_BELIEVE:
            return self._ended("deadline", program)
        if not self._rate.steady:
            return self._ended("flaky", self._given)
        return self._ended("minimal", program, left)

    def interrupted(self) -> Minimised:
        """Return the best program that was seen to diverge; the given one where none was yet."""
        return self._ended("interrupted", self._best())

    def _best(self, otherwise: Program | None = None) -> Program:
        best = self._trials.best or otherwise
        return self._given if best is None else renumbered(best)

    def _offered(self, program: Program) -> Program:
        """Return the program without what is skipped or not offered, its types and messages written out."""
        ops = self._trials.adapter.hello.ops
        kept = tuple(step for step in program.steps if step.op in ops)
        program = msgspec.structs.replace(program, steps=kept)
        reference = on_reference(program)
        carried_out = {item.step.seq for item in reference.steps}
        program = msgspec.structs.replace(program, steps=tuple(step for step in kept if step.seq in carried_out))
        return without_references_in_data(program, reference.results)

    def _smallest(self, program: Program, sighting: Sighting) -> tuple[Program, list[Remaining]]:
        trials = self._trials
        assert sighting.divergence is not None
        program = at_once(trials, referring(trials, self._sliced(program, sighting.divergence)))
        program = one_by_one(trials, program, sighting.divergence)
        while True:
            program = referring(trials, simpler_values(trials, program))
            program = one_by_one(trials, program, sighting.divergence)
            program = self._tidy(program)
            left, smaller = remaining(trials, program)
            if smaller is None:
                return program, left
            program = smaller

    def _seen_already(self, program: Program) -> Sighting | None:
        """Return the run in which the result was found; its steps may have had other numbers then."""
        attempt = self._trials.attempt(program)
        if attempt.verdict != "reproduces" or attempt.sighting is None:
            return None
        return attempt.sighting._replace(at=program.steps[-1].seq)

    def _sliced(self, program: Program, divergence: Divergence) -> Program:
        """Return a causal slice with arguments written as we print them, as far as the divergence survives that."""
        trials = self._trials
        plain = all_plain(program)
        if any(map(is_not, plain.steps, program.steps)):
            found = sliced(trials, lift_again(plain, on_reference(plain).results), divergence)
            if found is not None:
                return found
            plain = plainly_written(trials, program)
            program = program if plain is program else referring(trials, plain)
        return sliced(trials, program, divergence) or program

    def _doubted(self, given: Program, first: Sighting) -> None:
        """Run the given program again, until it is believed to diverge or rated as flaky."""
        faults = len(self._trials.faults)
        self._rate = rate(self._trials, given, first, runs=IN_DOUBT)[0]
        if len(self._trials.faults) > faults:
            raise _NotBelieved("inconclusive")
        if not self._rate.steady:
            raise _NotBelieved("flaky")

    def _tidy(self, program: Program) -> Program:
        """Renumber the steps from 0, and refer to earlier results where their values are written out."""
        return renumbered(referring(self._trials, program))

    def _ended(self, ending: Ending, program: Program, left: list[Remaining] | None = None) -> Minimised:
        trials = self._trials
        if ending == "deadline" and trials.believed:
            self._rate = Rate(times=TO_BELIEVE, runs=TO_BELIEVE)
        runs = Runs(
            implementation=trials.runs,
            reference=trials.reference_runs,
            repeated=trials.repeated,
            seconds=time.monotonic() - self._started,
        )
        return Minimised(
            ending=ending,
            program=program,
            fingerprint=trials.target,
            rate=self._rate,
            remaining=tuple(left or ()),
            runs=runs,
            given_steps=len(self._given.steps),
            faults=tuple(trials.faults),
            died=trials.died,
        )


def _up_to(program: Program, sighting: Sighting) -> Program:
    place = numbers(program).index(sighting.at)
    return msgspec.structs.replace(program, steps=program.steps[: place + 1])
