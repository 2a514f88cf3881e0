"""Self-test ``lean``: the Lean model, run live, against the reference on fresh programs.

It compares two statements of the contract with each other, not the implementation with either; an implementation meets
the Lean model through the traces of lane ``corpus``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.lean_answer import LeanRun, LeanStep
from telltale_conformance.lean_traces.lean_errors import LeanError
from telltale_conformance.lean_traces.lean_identity import toolchain_identity
from telltale_conformance.lean_traces.lean_process import LeanModel
from telltale_conformance.lean_traces.lean_program import in_lean
from telltale_conformance.lean_traces.lean_toolchain import find_toolchain
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.lean_traces.reader import Answer
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.reference.run import ReferenceRun, ReferenceStep
from telltale_conformance.oracle.verdict.compare import Divergence, Level, compare
from telltale_conformance.oracle.verdict.decision import NOT_ANSWERED, Decision, decided_by
from telltale_conformance.oracle.verdict.evidence import NAMED, Evidence, Items, Tally
from telltale_conformance.oracle.verdict.relevant import relevant_state
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult

SEED: Final = 0
PROGRAMS: Final = 1200
STEPS: Final = 40
"""Steps of a program before its last look."""


def run(contract: str) -> LaneResult:
    """Compare the Lean model with the reference under a contract.

    A departure is no divergence of an implementation, so it counts as a program that was not shown.
    """
    programs = list(diff_programs(SEED, PROGRAMS, STEPS, contract))
    started = time.monotonic()
    done: list[ProgramComparison] = []
    failed: tuple[str, ...] = ()
    try:
        with LeanModel.start() as model:
            done.extend(compare_runs(model, programs, Level.state))
    except LeanError as error:
        failed = (str(error),)
    departures = [compared.divergence for compared in done if compared.divergence is not None]
    named = tuple(f"{one.case}, step {one.seq}: {one.op} departs in {one.kind}" for one in departures[:NAMED])
    return LaneResult(
        lane="lean",
        evidence=Evidence(Items("programs", len(programs), len(done) - len(departures), 0, named)),
        tally=sum((compared.tally for compared in done), Tally(faults=len(failed))),
        notes=(*failed, *(("telltale-conformance lean diff shows each departure",) if departures else ())),
        seconds=time.monotonic() - started,
    )


def toolchain() -> str:
    """Return which Lean would be run; empty where there is none."""
    try:
        return toolchain_identity(find_toolchain())
    except LeanError:
        return ""


BATCH: Final = 250
"""Programs in one request to the model."""


class ProgramComparison(msgspec.Struct, frozen=True, kw_only=True):
    """What comparing one program on both sides came to."""

    tally: Tally
    divergence: LaneDivergence | None


def diff_programs(seed: int, count: int, steps: int, contract: str) -> Iterator[Program]:
    """Yield the generated programs of a seed, each closed by an observation of every session it may have opened."""
    for index in range(count):
        yield observed_at_the_end(in_lean(generate_program(seed, index, steps=steps, contract=contract)))


def observed_at_the_end(program: Program) -> Program:
    """Return the program with an ``observe`` of each of its opened sessions as last steps."""
    last = program.steps[-1].seq if program.steps else -1
    opened = [step.seq for step in program.steps if OPERATIONS[step.op].gives == "session"]
    observes = tuple(
        Step(args={"sid": {"$ref": seq}}, op="observe", seq=last + 1 + number) for number, seq in enumerate(opened)
    )
    return msgspec.structs.replace(program, steps=(*program.steps, *observes))


def compare_runs(
    model: LeanModel,
    programs: Sequence[Program],
    level: Level,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[ProgramComparison]:
    """Run the programs on the model, in batches, and compare each with the reference.

    Args:
        model: the resident model.
        programs: any number.
        level: how strictly answers are compared.
        progress: Gets the number of programs that the model has answered.

    Raises:
        LeanError: Lean failed; LeanProgramRefused: the model cannot read a program.
    """
    for start in range(0, len(programs), BATCH):
        runs = model.run(programs[start : start + BATCH])
        progress(start + len(runs))
        for number, run in enumerate(runs, start):
            yield compare_run(run, f"program {number}", level)


def compare_run(run: LeanRun, case: str, level: Level, reference: ReferenceRun | None = None) -> ProgramComparison:
    """Compare one program's answers of the model with those of the reference, up to the first divergence.

    Args:
        run: the model's answers.
        case: what the program is called in a divergence.
        level: how strictly answers are compared.
        reference: where the program is carried out; an empty reference store of the program's contract when None.
    """
    reference = reference or ReferenceRun(run.program.contract)
    judged = skipped = 0
    for step, answered in zip(run.program.steps, run.steps, strict=True):
        expected = reference.step(step)
        if expected.outcome is None and answered.kind == "skipped":
            skipped += 1
            continue
        judged += 1
        divergence = _difference(expected, answered, level)
        if divergence is not None:
            rest = len(run.program.steps) - judged - skipped
            return ProgramComparison(
                tally=Tally(cases=1, judged=judged, skipped=skipped, not_judged=rest),
                divergence=_described(case, run.program, reference, expected, divergence),
            )
    return ProgramComparison(tally=Tally(cases=1, judged=judged, skipped=skipped), divergence=None)


def _difference(expected: ReferenceStep, answered: LeanStep, level: Level) -> Divergence | None:
    if expected.outcome is None or answered.kind == "skipped":
        sides = (_side(expected.outcome is None), _side(answered.kind == "skipped"))
        return Divergence("outcome", {"step": sides[0]}, {"step": sides[1]}, ())
    actual = Answer(answered.kind == "ok", answered.value, answered.audit)
    return compare(answered.op, expected.outcome, actual, level)


def _side(is_skipped: bool) -> str:
    return "skipped" if is_skipped else "carried out"


def _described(
    case: str, program: Program, reference: ReferenceRun, expected: ReferenceStep, divergence: Divergence
) -> LaneDivergence:
    step = expected.step
    upto = tuple(earlier for earlier in program.steps if earlier.seq <= step.seq)
    state = None
    if expected.args is not None:
        codec = CODECS[step.op]
        state = relevant_state(reference.store, codec.operation, codec.from_json(expected.args))
    skipped = Decision(NOT_ANSWERED, str(expected.skipped))
    decision = decided_by(expected.outcome) if expected.outcome is not None else skipped
    return LaneDivergence(
        case=case,
        seq=step.seq,
        op=step.op,
        kind=divergence.kind,
        args=expected.args if expected.args is not None else step.args,
        expected=divergence.expected,
        actual=divergence.actual,
        guard=decision.guard,
        reason=decision.reason,
        program=msgspec.structs.replace(program, steps=upto),
        state=as_json(state),
    )
