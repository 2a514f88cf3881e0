"""Lane ``lean``: the Lean model, run live, against the reference on fresh programs.

It compares two statements of the contract with each other, not the implementation with either; an implementation meets
the Lean model through the traces of lane ``corpus``.
"""

from __future__ import annotations

import time
from typing import Final

from lean_traces.lean_errors import LeanError
from lean_traces.lean_process import LeanModel
from oracle.lanes import LaneDivergence, LaneResult, Settings, Subject, not_run
from oracle.lean_diff import compare_runs, diff_programs, reference_cells

PROGRAMS_PER_SECOND: Final = 20
"""Programs planned per second of the whole budget."""
STEPS: Final = 40
"""Steps of a program before its last look."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Compare the Lean model with the reference under the subject's contract; only where it was asked for by name."""
    if not settings.named:
        return not_run("lean", "starting Lean takes 3.5 GB and half a minute: ask for it with --lanes lean")
    programs = list(
        diff_programs(settings.seed, max(1, round(settings.budget * PROGRAMS_PER_SECOND)), STEPS, subject.contract)
    )
    started = time.monotonic()
    judged = skipped = not_judged = cases = 0
    divergences: list[LaneDivergence] = []
    try:
        with LeanModel.start() as model:
            for compared in compare_runs(model, programs, settings.level):
                cases += 1
                judged += compared.judged
                skipped += compared.skipped
                not_judged += compared.not_judged
                if compared.divergence is not None:
                    divergences.append(compared.divergence)
                    if len(divergences) >= settings.divergences:
                        break
    except LeanError as error:
        return LaneResult(lane="lean", verdict="inconclusive", notes=(str(error),), seconds=time.monotonic() - started)
    return LaneResult(
        lane="lean",
        verdict="diverge" if divergences else "agree",
        cases=cases,
        judged=judged,
        not_judged=not_judged,
        skipped=skipped,
        divergences=tuple(divergences),
        notes=("the Lean model against the reference",),
        coverage=frozenset(reference_cells(programs[:cases])),
        complete=cases == len(programs),
        seconds=time.monotonic() - started,
    )
