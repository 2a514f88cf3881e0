"""Lane ``guided``: programs drawn towards goals, a small corpus that reaches much, and what is made of it."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Final

from telltale_conformance.errors import UsageError
from telltale_conformance.files import content
from telltale_conformance.generators.guided_programs import Steps, cases_of, guided_case, guided_corpus, read_corpus
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.adapters import Adapter
from telltale_conformance.oracle.lanes.asked import judge_programs
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, run_chunks
from telltale_conformance.oracle.lanes.effort import Effort
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject, offered_by
from telltale_conformance.oracle.verdict.results import LaneResult, not_run

LANE: Final = "guided"
CHUNK: Final = 20
"""Programs per chunk."""
PROGRAMS: Final = {Effort.quick: 160, Effort.default: 220, Effort.thorough: 2000}
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
    corpus, offered = corpus_of(settings.corpus, contract), adapter.hello.ops
    programs = []
    for index in plan.of(number):
        steps = guided_case(settings.seed, index, contract, corpus, offered)
        meta = {"guided": index, "seed": settings.seed}
        programs.append((f"guided {index}", Program(contract=contract, meta=meta, steps=steps)))
    return judge_programs(adapter, plan.kind, programs, contract, settings)
