"""Lane ``stateful``: the Hypothesis state machine, reference and implementation side by side.

Cases run in processes of their own: what Hypothesis draws depends on the constants of the modules that are imported,
and so it is the same for any number of workers.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.chunks import Chunk, run_chunks
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.reference.judging import described
from telltale_conformance.oracle.verdict.results import LaneResult

EXAMPLES: Final = 12
"""Sequences of steps in a chunk."""
STEPS: Final = 25
"""Rules of a sequence, at most."""
CHUNKS_PER_SECOND: Final = 1 / 15
"""Chunks planned per second of the whole budget."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Run as many sequences as the budget stands for."""
    count = max(2, round(settings.budget * CHUNKS_PER_SECOND))
    task = partial(_chunk, settings=settings, contract=subject.contract)
    return run_chunks("stateful", subject, settings, task, count, isolated=True)


def _chunk(adapter: Adapter, number: int, *, settings: Settings, contract: str) -> Chunk:
    from hypothesis import Verbosity, seed
    from hypothesis.stateful import run_state_machine_as_test

    from telltale_conformance.generators.hypothesis_profiles import settings_of
    from telltale_conformance.generators.machine import SessionStoreMachine
    from telltale_conformance.oracle.lanes.machines import AdapterCounterpart

    counterpart = AdapterCounterpart(adapter, contract, settings.level)
    machine = type("Machine", (SessionStoreMachine,), {"counterpart": counterpart, "contract": contract})
    amount = settings_of(
        place=settings.examples,
        shrink=False,
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
    try:
        run_state_machine_as_test(seed(settings.seed * 100_003 + number)(machine), settings=amount)
    except Exception:
        if counterpart.first is None:
            raise
    totals = counterpart.totals
    first = counterpart.first
    return Chunk(
        planned=counterpart.cases,
        cases=counterpart.cases,
        judged=totals.judged,
        uncovered=totals.uncovered,
        divergences=()
        if first is None
        else (described(f"sequence of chunk {number}", first, counterpart.first_program),),
        faults=() if counterpart.fault is None else (counterpart.fault,),
        unsupported=frozenset(totals.unsupported),
        coverage=frozenset(totals.cells),
        ended=counterpart.fault is not None,
    )
