"""Tries: a candidate program is first run on the reference, which costs nothing, then on the implementation.

The contract's side of a divergence is known without the implementation: where the reference no longer gives the
expected answer by the same guard, the class cannot be kept, and the implementation is not asked.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from msgspec import Struct

from telltale_conformance.lean_traces.printing import encode_as_written
from telltale_conformance.lean_traces.programs import Program, references
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import Outcome
from telltale_conformance.oracle.adapters import Adapter, AdapterFault, Answer, SubprocessAdapter
from telltale_conformance.oracle.minimise.known import Known, Request
from telltale_conformance.oracle.reference.judging import Asked, CaseResult, judge_cases
from telltale_conformance.oracle.reference.run import ReferenceSide, Referred, on_reference
from telltale_conformance.oracle.verdict.compare import Divergence, Level
from telltale_conformance.oracle.verdict.fingerprints import Fingerprint, contract_side, fingerprint

Verdict = Literal["reproduces", "impossible", "agrees", "differs", "not covered", "inconclusive"]
"""``impossible``: the contract's own answer is another one, so the implementation was not asked. ``differs``: it
departs from the contract, but in another class."""


class AdapterGone(Exception):
    """Thrown when the adapter failed and cannot be started again."""


class OutOfTime(Exception):
    """Thrown when a try is asked for after the deadline."""


class Sighting(NamedTuple):
    """The first divergence of a run on the implementation, if there was one."""

    fingerprint: Fingerprint | None = None
    at: int = -1
    """The number of the diverging step."""
    expected: Outcome | None = None
    divergence: Divergence | None = None
    fault: str | None = None
    """What went wrong with the adapter."""
    uncovered: str | None = None
    """The operation that the implementation did not carry out, when that ended the run."""
    answers: tuple[Answer, ...] = ()
    all_judged: bool = True
    """Whether every answer was judged, where there was no divergence."""


class Attempt(NamedTuple):
    """The result for one candidate."""

    verdict: Verdict
    program: Program
    """The candidate; where it reproduces, without what follows the diverging step."""
    then: str
    """What happens, in words."""
    sighting: Sighting | None = None


class Trials:
    """Runs candidates, each in a fresh store of the one resident adapter; the same candidate never twice.

    Args:
        adapter: the implementation.
        level: how strictly answers are compared.
        deadline: on the clock of ``time.monotonic``; None for none. The answers of a process are not waited for longer.
    """

    def __init__(self, adapter: Adapter, level: Level, deadline: float | None = None) -> None:
        self.adapter = adapter
        self._level = level
        self._deadline = deadline
        if isinstance(adapter, SubprocessAdapter):
            adapter.until = deadline
        self._known: Known[Sighting] = Known()
        self._fruitless: dict[tuple[Request, ...], Attempt] = {}
        """Candidates that showed neither agreement nor a divergence."""
        self._agreeing: str = getattr(adapter, "agreeing", "the implementation answers as the contract demands")
        self.target: Fingerprint | None = None
        self.best: Program | None = None
        """The smallest program so far that reproduces the divergence."""
        self.runs = 0
        """How many programs were run on the implementation."""
        self.reference_runs = 0
        self.faults: list[str] = []
        self.died = 0
        """How many candidates the adapter failed at; it was started again, and they count as not the same."""
        self._gone = False
        self.repeated = 0
        """How many tries were answered from what was known."""
        self.doubt: Callable[[], None] | None = None
        """Called once if none of the first candidates that are run shows the divergence."""
        self.believed = False
        """Whether a candidate showed the divergence for the second time."""
        self._in_vain = 0.0

    def look(self, program: Program, reference: ReferenceSide | None = None, *, keep: bool = False) -> Sighting:
        """Run a program on the implementation, whatever is known of it; return its first divergence.

        Args:
            program: the steps.
            reference: what the reference made of it, where that is known.
            keep: keep the answers.

        Raises:
            OutOfTime: the deadline passed before the answers came.
        """
        reference = reference or self._refer(program)
        asked = [
            Asked(referred.step.seq, referred.step.op, referred.printed, referred.outcome)
            for referred in reference.steps
        ]
        answers: list[Answer] = []
        self.runs += 1
        watch = (lambda _, answer: answers.append(answer)) if keep else None
        result = next(judge_cases(self.adapter, [lambda: asked], self._level, watch), None)
        sighting = self._sighted(result, tuple(answers))
        self._note(reference.steps, sighting)
        return sighting

    def _sighted(self, result: CaseResult | None, kept: tuple[Answer, ...]) -> Sighting:
        if result is None or result.fault is not None:
            if self.late():
                raise OutOfTime
            self._gone = not self._started_again()
            fault = "the adapter cannot be started again" if result is None else result.fault
            self.faults.append(str(fault))
            return Sighting(fault=fault)
        if result.diverged_at is None or result.divergence is None:
            unsupported = next(iter(sorted(result.unsupported)), None) if result.over else None
            left = result.uncovered + result.not_judged
            return Sighting(uncovered=unsupported, answers=kept, all_judged=result.shown and not left)
        at = result.diverged_at
        seen = fingerprint(at.op, at.expected, result.divergence)
        return Sighting(seen, at.seq, at.expected, result.divergence, answers=kept)

    def _note(self, steps: Sequence[Referred], sighting: Sighting) -> None:
        """Keep what a run showed, and with it what every program shows that it begins with."""
        if sighting.fingerprint is not None:
            place = next(place for place, item in enumerate(steps) if item.step.seq == sighting.at)
            self._known.note(_requests(steps[: place + 1]), sighting)
        elif sighting.fault is None and sighting.uncovered is None:
            self._known.note(_requests(steps))

    def _started_again(self) -> bool:
        try:
            self.adapter.reset()
        except AdapterFault:
            return False
        return True

    def attempt(self, program: Program) -> Attempt:
        """Find out whether a candidate shows the target divergence.

        Raises:
            OutOfTime: the deadline has passed.
            AdapterGone: the adapter failed and cannot be started again.
        """
        self.in_time()
        assert self.target is not None
        reference = self._refer(program)
        steps = reference.steps
        while steps and not self.target.allows(steps[-1].step.op, steps[-1].outcome):
            steps.pop()
        if not steps:
            return Attempt("impossible", program, self._instead(program))
        candidate = _of(program, steps)
        requests = _requests(steps)
        found = self._known.find(requests)
        fruitless = self._fruitless.get(requests) if found is None else None
        if fruitless is not None:
            self.repeated += 1
            return fruitless._replace(program=candidate)
        if found is not None:
            self.repeated += 1
            sighting = Sighting() if found.sight is None else found.sight._replace(at=steps[found.place].step.seq)
        else:
            sighting = self.look(candidate, reference)
        attempt = self._concluded(candidate, steps, sighting)
        if found is None:
            self._believe_or_doubt(attempt)
        if attempt.verdict in ("inconclusive", "not covered"):
            self._fruitless[requests] = attempt
        if attempt.verdict == "reproduces" and (self.best is None or size(attempt.program) < size(self.best)):
            self.best = attempt.program
        return attempt

    def _believe_or_doubt(self, attempt: Attempt) -> None:
        """See the divergence a second time in one of the first candidates, or else doubt it.

        A candidate at which the adapter fails, or which departs in another way, says less, so it counts half.
        """
        if attempt.verdict == "reproduces":
            self.believed = True
            return
        self._in_vain += 0.5 if attempt.verdict in ("inconclusive", "differs") else 1
        if self._in_vain >= BEFORE_DOUBT and not self.believed and self.doubt is not None:
            doubt, self.doubt = self.doubt, None
            doubt()

    def _concluded(self, candidate: Program, steps: list[Referred], sighting: Sighting) -> Attempt:
        """Return what a run, or what is known of it, says of a candidate."""
        if sighting.fault is not None:
            if self._gone:
                raise AdapterGone
            self.died += 1
            first = sighting.fault.partition("\n")[0]
            return Attempt("inconclusive", candidate, f"the adapter fails at it: {first}", sighting)
        if sighting.uncovered is not None:
            why = f"the implementation does not offer {sighting.uncovered}"
            return Attempt("not covered", candidate, why, sighting)
        seen = sighting.fingerprint
        if seen is None:
            return Attempt("agrees", candidate, self._agreeing, sighting)
        if seen != self.target:
            return Attempt("differs", candidate, f"it departs in another way: {seen.text()}", sighting)
        place = next(index for index, item in enumerate(steps) if item.step.seq == sighting.at)
        shown = _of(candidate, steps[: place + 1])
        return Attempt("reproduces", shown, "the divergence is still there", sighting)

    def forget_deadline(self) -> None:
        """Let the adapter answer as late as its own limits allow, for whoever asks it next."""
        self._deadline = None
        if isinstance(self.adapter, SubprocessAdapter):
            self.adapter.until = None

    def in_time(self) -> None:
        """Go on only before the deadline.

        Raises:
            OutOfTime: it has passed.
        """
        if self.late():
            raise OutOfTime

    def late(self) -> bool:
        """Say whether the deadline has passed."""
        return self._deadline is not None and time.monotonic() > self._deadline

    def possible(self, program: Program) -> bool:
        """Say whether the contract's side leaves the target divergence possible, without asking the implementation.

        Raises:
            OutOfTime: the deadline has passed.
        """
        self.in_time()
        assert self.target is not None
        return any(self.target.allows(item.step.op, item.outcome) for item in self._refer(program).steps)

    def _refer(self, program: Program) -> ReferenceSide:
        self.reference_runs += 1
        return on_reference(program)

    def _instead(self, program: Program) -> str:
        """Say what the contract demands of a program in which the divergence is impossible."""
        assert self.target is not None
        reference = on_reference(program)
        if program.steps and reference.skipped and reference.skipped[-1][0] == program.steps[-1].seq:
            return self._unformed(program, reference)
        for item in reversed(reference.steps):
            if item.step.op == self.target.op:
                return instead_text(item.outcome, self.target)
        return f"no {self.target.op} is left that could diverge"

    def _unformed(self, program: Program, reference: ReferenceSide) -> str:
        """Say why the last step's arguments are not there: what it refers to was refused or is gone."""
        outcomes = {item.step.seq: item.outcome for item in reference.steps}
        by_number = {step.seq: step for step in program.steps}
        waiting = sorted(references(program.steps[-1].args), reverse=True)
        while waiting:
            seq = waiting.pop()
            if seq in outcomes and outcomes[seq].error is not None:
                return f"step {seq} is refused: {instead_text(outcomes[seq], None)}"
            if seq in by_number and seq not in outcomes:
                waiting.extend(sorted(references(by_number[seq].args), reverse=True))
        return f"the last step cannot be formed: {reference.skipped[-1][1]}"


def instead_text(outcome: Outcome, target: Fingerprint | None) -> str:
    """Say in words what the contract answers in place of what the target needs."""
    if target is not None and contract_side(outcome) == (target.expected, target.guard):
        return f"the contract's answer has nothing at {target.place.partition(':')[0]}"
    if outcome.error is not None:
        guard = outcome.error.guard
        return f"{guard.failed} ({guard.name})"
    return GUARDS[target.guard].holds if target is not None and target.guard in GUARDS else "nothing refuses it"


def size(program: Program) -> tuple[int, int]:
    """Return how large a program is: its steps, then the bytes of their arguments."""
    return len(program.steps), sum(len(encode_as_written(step.args)) for step in program.steps)


def _requests(steps: Sequence[Referred]) -> tuple[Request, ...]:
    return tuple((item.step.op, item.printed) for item in steps)


def _of(program: Program, steps: list[Referred]) -> Program:
    return Program(contract=program.contract, meta=program.meta, steps=tuple(item.step for item in steps))


RESTARTS: Final = 50
"""How often an adapter may be started again while a program is made smaller: candidates that it fails at are many."""
BEFORE_DOUBT: Final = 4
"""How many candidates may not show a divergence that was seen once before the given program is run again; those that
the adapter fails at or that depart in another way count half."""
TO_BELIEVE: Final = 2
"""How many runs in a row must show the same divergence before it is minimised."""
IN_DOUBT: Final = 3
"""The same where no smaller program was seen to show it."""
TO_RATE: Final = 20
"""How many runs give the rate of one that does not repeat."""
NO_DIVERGENCE: Final = "no divergence"
NOT_ALL_JUDGED: Final = "no divergence in the answers that could be judged"
"""What a run shows that is no sighting."""


class Rate(Struct, frozen=True, kw_only=True):
    """How often a program showed a divergence."""

    times: int
    runs: int
    others: tuple[tuple[str, int], ...] = ()
    """What the other runs showed, with how often."""

    @property
    def steady(self) -> bool:
        """Whether every run showed it."""
        return self.times == self.runs

    def text(self) -> str:
        """Return the rate for people, as ``3 of 20 runs``."""
        rest = ", ".join(f"{count} × {what}" for what, count in self.others)
        return f"{self.times} of {self.runs} runs" + (f" (the others: {rest})" if rest else "")


def rate(
    trials: Trials, program: Program, first: Sighting | None = None, *, runs: int = TO_BELIEVE, more: int = TO_RATE
) -> tuple[Rate, Sighting]:
    """Run a program again and again; return how often it showed its divergence, and one sighting of it.

    Args:
        trials: its target, where set, is the divergence asked for; otherwise the first one seen is.
        program: the steps.
        first: a run that was made already.
        runs: how many to make as long as all are alike.
        more: how many to make once they are not.

    Raises:
        OutOfTime: the deadline passed before one run was made.
    """
    seen = [first if first is not None else trials.look(program)]
    while len(seen) < runs or (len(seen) < more and not _alike(seen, trials.target)):
        if seen[-1].fault is not None or (len(seen) >= TO_BELIEVE and trials.late()):
            break
        try:
            seen.append(trials.look(program))
        except OutOfTime:
            break
    wanted = trials.target or next((sighting.fingerprint for sighting in seen if sighting.fingerprint), None)
    shown = [sighting for sighting in seen if _shows(sighting, wanted)]
    others = Counter(_other(sighting) for sighting in seen if not _shows(sighting, wanted))
    result = Rate(times=len(shown), runs=len(seen), others=tuple(sorted(others.items())))
    return result, shown[0] if shown else seen[-1]


def _shows(sighting: Sighting, wanted: Fingerprint | None) -> bool:
    return wanted is not None and sighting.fingerprint == wanted


def _alike(seen: list[Sighting], target: Fingerprint | None) -> bool:
    wanted = target or seen[0].fingerprint
    if wanted is None:
        return all(sighting.fingerprint is None for sighting in seen)
    return all(_shows(sighting, wanted) and sighting.at == seen[0].at for sighting in seen)


def _other(sighting: Sighting) -> str:
    if sighting.fault is not None:
        return f"fault of the adapter: {sighting.fault}"
    if sighting.fingerprint is None:
        return NO_DIVERGENCE if sighting.all_judged else NOT_ALL_JUDGED
    return sighting.fingerprint.text()
