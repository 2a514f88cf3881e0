"""Lane ``guided``: programs drawn towards goals, a small corpus that reaches much, and what is made of it."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Final

import msgspec

from telltale_conformance.errors import UsageError
from telltale_conformance.files import content
from telltale_conformance.generators.guided_programs import Steps, cases_of, guided_case, guided_corpus, read_corpus
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, collect, run_chunks
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.only import chosen_cases
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject, offered_by
from telltale_conformance.oracle.reference.judging import CaseResult, described
from telltale_conformance.oracle.verdict.evidence import Items, Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult, not_run

LANE: Final = "guided"
CHUNK: Final = 20
"""Programs per chunk."""
PROGRAMS: Final = {Effort.quick: 240, Effort.default: 300, Effort.thorough: 3000}
"""The corpus of the package is played whole at every effort."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Judge the cases of the seed, so many at least that the whole corpus is among them."""
    corpus = corpus_of(settings.corpus, subject.contract)
    if not offered_by(subject) & {step.op for steps in corpus for step in steps}:
        return not_run(LANE, NOTHING_OFFERED)
    amount = (
        settings.amount(PROGRAMS) if settings.cases is not None else max(settings.amount(PROGRAMS), cases_of(corpus))
    )
    plan = Plan("programs", amount, CHUNK)
    task = partial(_chunk, plan=plan, contract=subject.contract, settings=settings)
    return run_chunks(LANE, subject, settings, task, plan)


@cache
def corpus_of(place: str | None, contract: str) -> tuple[Steps, ...]:
    """Return the corpus of a contract, or the one that a campaign distilled into a file.

    Raises:
        UsageError: the file cannot be read, or is not a distilled corpus.
    """
    if place is None:
        return guided_corpus(contract)
    try:
        return read_corpus(content(Path(place)))
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else None
        raise UsageError(
            told or str(error), place=place, remedy="name the folder of a campaign that has ended"
        ) from None


def _chunk(adapter: Adapter, number: int, *, plan: Plan, contract: str, settings: Settings) -> Chunk:
    indexes, corpus = plan.of(number), corpus_of(settings.corpus, contract)
    programs = [
        Program(
            contract=contract,
            meta={"guided": index, "seed": settings.seed},
            steps=guided_case(settings.seed, index, contract, corpus, adapter.hello.ops),
        )
        for index in indexes
    ]
    cases, left_out, skipped, steps = [], 0, 0, 0
    for program in programs:
        asked, not_offered, without = asked_of(program, contract, adapter.hello.ops)
        left_out += not_offered
        skipped += without
        steps += len(program.steps)
        cases.append(partial(iter, asked))

    def describe(position: int, result: CaseResult) -> LaneDivergence:
        program = programs[position]
        assert result.diverged_at is not None
        upto = program.steps[: result.diverged_at.seq + 1]
        return described(f"guided {indexes[position]}", result, msgspec.structs.replace(program, steps=upto))

    judged = chosen_cases(adapter, cases, [f"guided {index}" for index in indexes], settings.level, settings.only)
    chunk = collect(plan.kind, judged, len(cases), describe)
    tally = chunk.tally + Tally(uncovered=left_out, skipped=skipped)
    against = len(chunk.divergences)
    answers = Items("steps", steps - tally.uncovered - tally.skipped, tally.judged - against, against)
    return msgspec.structs.replace(chunk, tally=tally, evidence=chunk.evidence.with_items(answers))
