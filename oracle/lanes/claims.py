"""The body of lane ``claims``: the programs of the claims and of the coverage map, run on the implementation.

Two things are said.  Which claims it keeps and which it breaks: monitors watch its own answers.  And, as in every
lane, whether it answers as the reference does under its contract; a store that conforms to ``telltale-17`` breaks the
claims that are refuted there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import Final

import msgspec

from telltale_conformance.generators.claim_programs import claim_programs, coverage_program
from telltale_conformance.generators.corpus_programs import buffers_program
from telltale_conformance.generators.looked_at import looked_at
from telltale_conformance.generators.neighbours_program import neighbours_program
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.generators.scopes_program import scopes_program
from telltale_conformance.generators.surface_program import surface_program
from telltale_conformance.generators.tenure_program import tenure_program
from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.adapters import Adapter, AdapterFault
from telltale_conformance.oracle.claims.catalogue import CLAIMS, EXPECTED, PARTS, title_of
from telltale_conformance.oracle.claims.judging import ProgramReport, judge_claims
from telltale_conformance.oracle.claims.monitors import WATCHED
from telltale_conformance.oracle.claims.persistence import RELOAD_CLAIM
from telltale_conformance.oracle.lanes.asked import judge_programs
from telltale_conformance.oracle.lanes.chunks import Chunk, Plan, run_chunks
from telltale_conformance.oracle.lanes.stands import stand_of
from telltale_conformance.oracle.lanes.subject import NOTHING_OFFERED, Settings, Subject, offered_by
from telltale_conformance.oracle.process.progress import tell
from telltale_conformance.oracle.verdict.claim_stand import NOT_JUDGED, ClaimStand
from telltale_conformance.oracle.verdict.evidence import Evidence, Items, Tally
from telltale_conformance.oracle.verdict.results import LaneResult, not_run
from telltale_conformance.readable import counted

LANE: Final = "claims"
GENERATED: Final = 40
"""How many seeded programs are watched beside those that break claims."""


def run(subject: Subject, settings: Settings) -> LaneResult:
    """Judge the programs, then say which claims the implementation keeps."""
    started = time.monotonic()
    programs = programs_for(subject.contract)
    if not offered_by(subject) & {item.op for _, program in programs for item in program.steps}:
        return not_run(LANE, NOTHING_OFFERED)
    plan = Plan("programs", len(programs), len(programs))
    result = run_chunks(LANE, subject, settings, partial(_chunk, subject=subject, settings=settings), plan)
    if settings.only is not None and settings.only.claim is None:
        return result
    reports: list[ProgramReport] = []
    faults: list[str] = []
    try:
        with closing(subject.start()) as adapter:
            watched = list(watched_programs(subject.contract, settings.seed))
            for report in judge_claims(adapter, watched):
                reports.append(report)
                tell(len(reports), len(watched))
    except AdapterFault as fault:
        faults.append(str(fault.diagnostic()))
    faults += [f"{report.program}, to watch claims: {report.stopped}" for report in reports if report.faulty]
    claims = claims_of(reports)
    only = settings.only
    if only is not None and only.claim is not None:
        claims = {only.claim: claims[only.claim]}
        result = msgspec.structs.replace(result, evidence=occasions(only.claim, claims, result, subject.contract))
    return msgspec.structs.replace(
        result,
        tally=result.tally + Tally(faults=len(faults)),
        claims=claims,
        notes=(*result.notes, *faults[:1], *_unsteady(reports), *_broken(reports, subject.contract)),
        seconds=time.monotonic() - started,
    )


def occasions(claim: str, claims: Mapping[str, ClaimStand], result: LaneResult, contract: str) -> Evidence:
    """Return the evidence of a check of one claim: its occasions, and its own programs where it has any.

    A claim that the contract itself breaks is as the contract says where it is broken.
    """
    stand = claims[claim]
    seen = stand.occasions or 0
    against = int(stand.status == "broken" and CLAIMS[claim].known(contract) != "refuted")
    watched = Items(f"occasions of {CLAIMS[claim].title}", max(1, seen), seen - against, against)
    programs = result.evidence.cases
    return Evidence(watched, (programs,) if programs.planned else ())


def watched_programs(contract: str, seed: int) -> Iterator[tuple[str, Program]]:
    """Yield the programs on which claims are watched: together they have occasions of every claim."""
    yield from claim_programs()
    yield "coverage", coverage_program(contract)
    yield "coverage, looked at", looked_at(coverage_program(contract))
    yield "buffers", buffers_program(contract)
    yield "surface", surface_program(contract)
    yield "tenures", tenure_program(contract)
    yield "scopes", looked_at(scopes_program(contract))
    yield "neighbours", neighbours_program(contract)
    for index in range(GENERATED):
        yield f"seeded {index}", generate_program(seed, index, contract=contract)


def claims_of(reports: Iterable[ProgramReport]) -> dict[str, ClaimStand]:
    """Return how each claim stands by all that was seen; what is watched beside the claims is left out."""
    found = dict.fromkeys(CLAIMS, NOT_JUDGED)
    for report in reports:
        for claim in CLAIMS:
            found[claim] += stand_of(report.verdicts[claim])
    return found


def _unsteady(reports: Iterable[ProgramReport]) -> list[str]:
    """Say of which programs it could not be judged what their reloads change."""
    found = [report for report in reports if report.unsteady]
    if not found:
        return []
    what = f"no second run of {counted(len(found), 'program')} with reloads could be compared"
    return [f"{title_of(RELOAD_CLAIM)}: {what} ({found[0].program}: {found[0].stopped})"]


def _broken(reports: Iterable[ProgramReport], contract: str) -> Iterator[str]:
    """Say where each claim is broken first that the contract keeps; what it breaks itself is no news."""
    first: dict[str, str] = {}
    for report in reports:
        for claim, verdict in report.verdicts.items():
            if verdict.violations:
                violation = verdict.violations[0]
                first.setdefault(
                    claim, f"{title_of(claim)}: {violation.why} (program {report.program}, step {violation.seq})"
                )
    inherent = {claim for claim, known in EXPECTED[contract].items() if known == "refuted"}
    inherent |= {part.id for part in PARTS.values() if contract == "telltale-17"}
    return (first[claim] for claim in WATCHED if claim in first and claim not in inherent)


def programs_for(contract: str) -> list[tuple[str, Program]]:
    """Return the programs of the lane by name: one for each claim, and the one of the coverage map."""
    return [
        *claim_programs(),
        (f"coverage-{contract}", coverage_program(contract)),
        ("surface", surface_program(contract)),
    ]


def _chunk(adapter: Adapter, number: int, *, subject: Subject, settings: Settings) -> Chunk:
    return judge_programs(adapter, "programs", programs_for(subject.contract), subject.contract, settings)
