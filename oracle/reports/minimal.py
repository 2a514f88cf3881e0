"""What a divergence gives when it is run again: its smallest program, or how often it repeats, or why neither.

All divergences of a report share one adapter and one time. A recorded one, where no implementation is at hand, is made
smaller with its answer carried along.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.lean_traces.races import Race, race_of
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.contract import UnknownContract
from telltale_conformance.oracle.adapters import Adapter, AdapterFault, Answer
from telltale_conformance.oracle.dossier.dossier import NOT_CONFIRMED
from telltale_conformance.oracle.lanes.concurrent import of_history
from telltale_conformance.oracle.lanes.subject import Subject
from telltale_conformance.oracle.reference.judging import Asked, CaseResult, described
from telltale_conformance.oracle.reports.findings import as_found
from telltale_conformance.oracle.reports.history_text import refusal_lines
from telltale_conformance.oracle.reports.report import Minimiser, Reduction
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint, fingerprint_of
from telltale_conformance.oracle.verdict.results import LaneDivergence
from telltale_conformance.readable import counted

if TYPE_CHECKING:
    from telltale_conformance.oracle.minimise.minimiser import Minimised
    from telltale_conformance.oracle.minimise.trying import Rate, Sighting, Trials

SHARE: Final = 0.4
"""The part of the time left that one divergence may take, so that something is left for those after it."""
AFTER_OTHERS: Final = 5
"""How often a divergence must show after other programs, and each time, to be laid to a store that is not fresh."""
PROCESSES: Final = 2
"""In how many processes it must."""
PERSISTENCE: Final = "a persistence fault: with reload it diverges, and the same steps without reload agree"
"""The remark on a divergence that only reading the store back brings about."""
NO_TIME: Final = "no time was left for it"
OTHERS_FIRST: Final = 20
"""How many other programs are run in each of them before it is looked at a second time."""


@contextmanager
def minimising(subject: Subject, level: Level, seconds: float, *, interrupted: bool = False) -> Iterator[Minimiser]:
    """Give a minimiser of the divergences of an implementation.

    Args:
        subject: the implementation; it is started once the first divergence is run again.
        level: how strictly answers are compared.
        seconds: for all divergences together; one that comes when they are over is left as it was found.
        interrupted: that is why no seconds are left.
    """
    again = _Again(subject, level, time.monotonic() + seconds, interrupted)
    try:
        yield again.reduce
    finally:
        again.close()


class _Again:
    def __init__(self, subject: Subject, level: Level, until: float, interrupted: bool) -> None:
        self._subject = subject
        self._level = level
        self._until = until
        self._interrupted = interrupted
        self._adapter: Adapter | None = None

    def reduce(self, divergence: LaneDivergence) -> Reduction:
        """Run a divergence again and make its program smaller, within its share of the time."""
        share = (self._until - time.monotonic()) * SHARE
        if share <= 0:
            why = "the run was interrupted" if self._interrupted else NO_TIME
            return _not_run_again(divergence, why)
        try:
            if divergence.race is not None:
                return self._race(divergence, race_of(divergence.race), share)
            if divergence.program is not None:
                return self._on_implementation(divergence, divergence.program, share)
            if divergence.path is not None:
                return self._recorded(divergence, Path(divergence.path), share)
        except AdapterFault as fault:
            return _inconclusive(divergence, f"fault of the adapter: {fault.diagnostic()}")
        except Exception as error:  # the report must come, whatever is wrong with one program
            return _inconclusive(divergence, f"fault of the harness: {type(error).__name__}: {error}")
        return as_found(divergence, "not made smaller: there is no program of it")

    def close(self) -> None:
        """End the adapter."""
        if self._adapter is not None:
            with suppress(AdapterFault):
                self._adapter.close()

    def _on_implementation(self, divergence: LaneDivergence, program: Program, seconds: float) -> Reduction:
        from telltale_conformance.oracle.minimise.minimiser import minimise

        if self._adapter is None:
            self._adapter = self._lasting().start()
        adapter, target = self._adapter, fingerprint_of(divergence)

        def afresh(left: float) -> Adapter:
            lasting = self._lasting()
            return msgspec.structs.replace(lasting, limits=lasting.limits.starting_within(left)).start()

        result = minimise(adapter, program, level=self._level, target=target, seconds=seconds, afresh=afresh)
        if result.ending in ("minimal", "deadline"):
            smaller = self._smaller(adapter, divergence, result)
            return (
                self._unsteady(divergence, program, result) if smaller is None else self._persistent(adapter, smaller)
            )
        if result.ending == "not run":
            return _not_run_again(divergence, NO_TIME)
        if result.ending == "inconclusive":
            why = result.faults[0] if result.faults else "it failed"
            whose = "" if why.startswith("fault of the harness") else "fault of the adapter: "
            return _inconclusive(divergence, whose + why)
        return self._unsteady(divergence, program, result)

    def _persistent(self, adapter: Adapter, found: Reduction) -> Reduction:
        """Name a persistence fault: the program diverges, and does not without its reloads."""
        program = found.program
        if program is None or all(step.op != "reload" for step in program.steps):
            return found
        kept = tuple(step for step in program.steps if step.op != "reload")
        trials = self._trials(adapter, fingerprint_of(found.divergence))
        seen = trials.look(msgspec.structs.replace(program, steps=kept))
        if seen.fingerprint is not None or seen.fault is not None or seen.uncovered is not None:
            return found
        remark = f"{found.remark}; {PERSISTENCE}" if found.remark else PERSISTENCE
        explanation = f"{found.explanation.rstrip()}\n\n{PERSISTENCE[0].upper()}{PERSISTENCE[1:]}.\n"
        return msgspec.structs.replace(found, remark=remark, explanation=explanation)

    def _race(self, divergence: LaneDivergence, race: Race, seconds: float) -> Reduction:
        from telltale_conformance.oracle.histories.minimising import FAILURES, TooSeldom, minimise_race
        from telltale_conformance.oracle.minimise.trying import Rate as Rated

        clients = self._lasting().start_clients()
        assert clients is not None, "a race of one client"
        try:
            smaller = minimise_race(race, clients, self._level, seconds)
        finally:
            with suppress(AdapterFault):
                clients.close()
        if isinstance(smaller, TooSeldom):
            rated = Rated(times=smaller.times, runs=smaller.runs)
            cut = ", and then the time was over" if smaller.late else ""
            seen = f"the race was lost again in {rated.text()}{cut}"
            remark = f"{seen}; it takes {FAILURES} to make it smaller, so it is shown as it was found"
            return Reduction(ending="flaky", remark=remark, divergence=divergence, program=None, rate=rated)
        refusal = smaller.result.refusal
        assert refusal is not None
        steps = len(list(smaller.race.steps()))
        rated = Rated(times=smaller.times, runs=smaller.runs)
        failed = f"; the adapter failed {counted(smaller.faults, 'time')}" if smaller.faults else ""
        return Reduction(
            ending="minimal" if smaller.minimal else "deadline",
            remark=f"{counted(steps, 'step')} of {counted(max(1, smaller.race.clients), 'client')}, "
            f"refused in {rated.text()}{failed}",
            divergence=of_history(divergence.case, smaller.result, smaller.race, smaller.events),
            program=None,
            explanation="\n".join(refusal_lines(refusal)),
            rate=rated,
        )

    def _lasting(self) -> Subject:
        """Return the implementation with an adapter that may be started again after many candidates."""
        from telltale_conformance.oracle.minimise.trying import RESTARTS

        limits = replace(self._subject.limits, restarts=max(self._subject.limits.restarts, RESTARTS))
        return msgspec.structs.replace(self._subject, limits=limits)

    def _recorded(self, divergence: LaneDivergence, path: Path, seconds: float) -> Reduction:
        from telltale_conformance.oracle.minimise.lifting import NotLiftable
        from telltale_conformance.oracle.minimise.minimiser import minimise
        from telltale_conformance.oracle.minimise.recorded import read_recording

        try:
            recording = read_recording(path, level=self._level)
        except (MalformedTrace, NotLiftable, UnknownContract, OSError) as error:
            return as_found(divergence, f"not made smaller: {error}")
        if recording is None:
            return as_found(divergence, f"not made smaller: {path.name} agrees when it is read again")
        target = fingerprint_of(divergence)
        result = minimise(recording.adapter, recording.program, level=self._level, target=target, seconds=seconds)
        if result.ending == "not run":
            return _not_run_again(divergence, NO_TIME)
        smaller = None
        if result.ending in ("minimal", "deadline"):
            smaller = self._smaller(recording.adapter, divergence, result)
        if smaller is None:
            return as_found(divergence, f"not made smaller: {result.ending}")
        remark = f"{smaller.remark}; {NOT_CONFIRMED}" if smaller.remark else NOT_CONFIRMED
        return msgspec.structs.replace(smaller, recorded=True, remark=remark, hello=recording.adapter.hello)

    def _smaller(self, adapter: Adapter, divergence: LaneDivergence, result: Minimised) -> Reduction | None:
        """Return what the minimiser came to, with all answers; None where it does not show once more."""
        from telltale_conformance.oracle.minimise.explaining import decision, explanation, why_needed

        trials = self._trials(adapter, fingerprint_of(divergence))
        seen = trials.look(result.program, keep=True)
        if seen.fingerprint != trials.target:
            return None
        remark = "" if result.minimal else "the time was up before it was shown that nothing more can go"
        if result.confirmed is False:
            remark = "; ".join(part for part in (remark, "not confirmed on a newly started adapter") if part)
        return Reduction(
            ending="minimal" if result.minimal else "deadline",
            remark=remark,
            divergence=_told(divergence, seen, result.program),
            program=result.program,
            notes=why_needed(result) if result.minimal else {},
            explanation=explanation(result, decision(trials, result.program, seen)),
            rate=result.rate,
            answers=seen.answers,
        )

    def _unsteady(self, divergence: LaneDivergence, program: Program, result: Minimised) -> Reduction:
        """Say how often a divergence shows that does not always, or not in a fresh process."""
        assert result.rate is not None
        found = as_found(divergence, "")
        target = fingerprint_of(divergence)
        after = self._after_others(program, target)
        if after is not None or result.ending == "stale store":
            seen = "" if after is None else f", in {after.times} of {after.times} runs"
            remark = (
                f"stale store: seen only after other programs in the same process{seen}, never as the first one; "
                "a reset of this implementation does not give a fresh store"
            )
            rate = after or msgspec.structs.replace(result.rate, runs=result.rate.runs + 1)
            return msgspec.structs.replace(found, ending="stale store", remark=remark, rate=rate)
        rate = result.rate
        if rate.steady:  # the minimiser saw it each time, and it was gone once its program was small
            rate = msgspec.structs.replace(rate, runs=rate.runs + 1)
        if not rate.times:
            remark = (
                f"not seen again: in none of {rate.runs} runs; it comes and goes, or needs what ran before it in the "
                "same process"
            )
            return msgspec.structs.replace(found, ending="not seen again", remark=remark, rate=rate)
        remark = f"flaky: seen in {rate.times} of {rate.runs} runs; what does not repeat is not made smaller"
        answers = self._answers(program, target, rate.runs)
        return msgspec.structs.replace(found, ending="flaky", remark=remark, rate=rate, answers=answers)

    def _after_others(self, program: Program, target: Fingerprint) -> Rate | None:
        """Return how often a divergence was seen if it shows after other programs only, but then always."""
        from telltale_conformance.oracle.minimise.trying import Rate

        for _ in range(PROCESSES):
            with closing(self._subject.start()) as adapter:
                trials = self._trials(adapter, target)
                if trials.look(program).fingerprint == target:
                    return None
                for index in range(OTHERS_FIRST + AFTER_OTHERS):
                    trials.look(_offered(generate_program(0, index, contract=program.contract), adapter))
                    if time.monotonic() > self._until:
                        return None
                    if index >= OTHERS_FIRST and trials.look(program).fingerprint != target:
                        return None
        times = PROCESSES * AFTER_OTHERS
        return Rate(times=times, runs=times + PROCESSES)

    def _answers(self, program: Program, target: Fingerprint, runs: int) -> tuple[Answer, ...]:
        """Return the answers of a run that shows the divergence; none where none of so many does."""
        assert self._adapter is not None
        trials = self._trials(self._adapter, target)
        looks = (trials.look(program, keep=True) for _ in range(runs))
        return next((seen.answers for seen in looks if seen.fingerprint == target), ())

    def _trials(self, adapter: Adapter, target: Fingerprint) -> Trials:
        from telltale_conformance.oracle.minimise.trying import Trials

        trials = Trials(adapter, self._level)
        trials.target = target
        return trials


def _offered(program: Program, adapter: Adapter) -> Program:
    steps = tuple(step for step in program.steps if step.op in adapter.hello.ops)
    return msgspec.structs.replace(program, steps=steps)


def _not_run_again(divergence: LaneDivergence, why: str) -> Reduction:
    return as_found(divergence, f"not run again, so not made smaller: {why}")


def _inconclusive(divergence: LaneDivergence, why: str) -> Reduction:
    found = as_found(divergence, f"not made smaller: {why}")
    return msgspec.structs.replace(found, ending="inconclusive")


def _told(former: LaneDivergence, seen: Sighting, program: Program) -> LaneDivergence:
    """Describe a divergence as a run of its smaller program showed it."""
    from telltale_conformance.oracle.reference.run import on_reference

    assert seen.expected is not None
    last = on_reference(program).steps[-1]
    asked = Asked(seen.at, last.step.op, last.printed, seen.expected)
    return described(former.case, CaseResult(diverged_at=asked, divergence=seen.divergence), program)
