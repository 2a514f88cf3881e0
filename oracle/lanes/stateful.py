"""Lane ``stateful``: the Hypothesis state machine, reference and implementation side by side."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import platformdirs

from telltale_conformance.generators.floor import able_to_succeed, succeeded
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, collect, run_chunks
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject, offered_by
from telltale_conformance.oracle.reference.judging import CaseResult, described
from telltale_conformance.oracle.verdict.evidence import NAMED, Evidence, Items
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult, not_run

if TYPE_CHECKING:
    from telltale_conformance.oracle.lanes.machines import AdapterCounterpart

KIND: Final = "sequences"
EXAMPLES: Final = 12
"""Sequences of steps in a chunk."""
STEPS: Final = 25
"""Rules of a sequence, at most."""
SEQUENCES: Final = {Effort.quick: 48, Effort.default: 48, Effort.thorough: 480}
"""By 48 sequences every operation nearly always succeeds. What these find, lane ``programs`` finds."""
TIMES: Final = (1, 2, 4)
"""How often so many are tried while an operation has not succeeded: of one seed in ten or so it takes twice as many."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Run the sequences of the seed; in them every operation must succeed."""
    # Hypothesis would leave its table of characters in the current folder; processes that share the lane inherit this
    kept = platformdirs.user_cache_path("telltale-conformance") / "hypothesis"
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(kept))
    offered = offered_by(subject)
    if not offered & OPERATIONS.keys():
        return not_run("stateful", NOTHING_OFFERED)
    for times in (1,) if settings.cases is not None else TIMES:
        plan = Plan(KIND, times * settings.amount(SEQUENCES), EXAMPLES)
        task = partial(_chunk, plan=plan, settings=settings, contract=subject.contract)
        result = run_chunks("stateful", subject, settings, task, plan)
        if settings.only is not None:
            break
        result = with_successes(result, offered)
        asked_in_vain = result.divergences or result.tally.faults or result.tally.uncovered
        if asked_in_vain or not result.missing:
            break
    return result


def with_successes(result: LaneResult, offered: frozenset[str]) -> LaneResult:
    """Return the result with its floor: each offered operation that can succeed has succeeded."""
    wanted = able_to_succeed(offered)
    missing = sorted(wanted - succeeded(result.coverage))
    items = Items("operations that succeed", len(wanted), len(wanted) - len(missing), 0, tuple(missing[:NAMED]))
    return msgspec.structs.replace(result, evidence=result.evidence.with_items(items))


def _chunk(adapter: Adapter, number: int, *, plan: Plan, settings: Settings, contract: str) -> Chunk:
    from telltale_conformance.oracle.lanes.machines import AdapterCounterpart

    if settings.only is not None and not settings.only.takes(_name(number)):
        return Chunk(evidence=Evidence(Items(KIND)))
    counterpart = AdapterCounterpart(adapter, contract, settings.level)
    return judged_by_machine(counterpart, number, examples=len(plan.of(number)), settings=settings, contract=contract)


def _name(number: int) -> str:
    """Return how reports call the sequences of a chunk."""
    return f"sequence of chunk {number}"


def judged_by_machine(
    counterpart: AdapterCounterpart, number: int, *, examples: int, settings: Settings, contract: str
) -> Chunk:
    """Judge the sequences of a chunk; the number of the chunk and the seed decide them.

    Args:
        counterpart: the implementation; it has the cases afterwards.
        number: of the chunk.
        examples: how many sequences are drawn.
        settings: seed, level, and where Hypothesis keeps examples.
        contract: what the reference follows.
    """
    from hypothesis import Verbosity, seed
    from hypothesis.stateful import run_state_machine_as_test

    from telltale_conformance.generators.hypothesis_profiles import drawing_by_seed_alone, settings_of
    from telltale_conformance.generators.machine import SessionStoreMachine

    machine = type("Machine", (SessionStoreMachine,), {"counterpart": counterpart, "contract": contract})
    amount = settings_of(
        place=settings.examples,
        shrink=False,
        max_examples=examples,
        stateful_step_count=STEPS,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
    )
    try:
        with drawing_by_seed_alone():
            run_state_machine_as_test(seed(settings.seed * 100_003 + number)(machine), settings=amount)
    except Exception:
        if counterpart.first is None:
            raise
    first, fault = counterpart.first, counterpart.fault
    results = counterpart.results if first is None else counterpart.results[: counterpart.results.index(first) + 1]

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        return described(_name(number), result, counterpart.first_program)

    chunk = collect(KIND, results, max(examples, len(results)), describe)
    return msgspec.structs.replace(chunk, ended=fault is not None)
