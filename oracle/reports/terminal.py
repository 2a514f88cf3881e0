"""What ``check`` prints: what diverges first, then the lanes, the claims and the coverage; the last line tells all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from telltale_conformance.generators.coverage import by_operation
from telltale_conformance.generators.steps import Cell
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.claims.catalogue import EXPECTED, title_of
from telltale_conformance.oracle.lanes.self_tests import SelfTest
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.wording import against_text, occasions_text, program_text, verify_command
from telltale_conformance.oracle.verdict.baseline import Standing
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.results import LaneResult
from telltale_conformance.readable import counted, one_line, value_line

_COLUMNS: Final = ("cases", "judged", "uncovered", "not_judged", "skipped")
SPELLED_OUT: Final = 2
"""Divergences that are shown with their answers; more would not fit a screen."""
NAMED: Final = 6
"""Divergences that are shown at all; the report has the rest. So a red run fits a screen of 40 lines of 100 columns."""
_SHOWN: Final = 88
"""How long a value of a divergence is, so that it fits a line of 100 columns."""
BROKEN: Final = "CLAIM BROKEN"
_HEAD: Final = 178
"""How long the first line of a divergence is: two lines of 100 columns at most."""
_NOTE: Final = 1000
"""How long a line of a note is."""


def check_lines(report: Report, folder: Path | None, *, every_cell: bool = False, brief: bool = False) -> Iterator[str]:
    """Yield what is printed of a check, all but the last line.

    Args:
        report: what was concluded.
        folder: of the written reports; None where none are.
        every_cell: tell every cell of the coverage.
        brief: only what fails the gate, and the report.
    """
    yield from _divergence_lines(report, folder)
    yield from (f"lane {lane.lane} diverges: {against_text(lane)}" for lane in report.lanes if lane.unexplained)
    if report.standing is not None:
        yield from _baseline_lines(report.standing)
    if report.lacking:
        by = "" if report.required is None else f" (required by {report.required.by})"
        yield f"required operations that are not offered{by}: {', '.join(report.lacking)}"
    if not brief:
        yield table_head()
        for lane in report.lanes:
            yield from lane_lines(lane, notes=not report.failing)
        if report.failing and not every_cell:
            yield from _briefly(report, folder)
        else:
            yield from _at_length(report, every_cell=every_cell)
    if folder is not None:
        yield f"report: {folder / 'index.html'}"


def _briefly(report: Report, folder: Path | None) -> Iterator[str]:
    """Yield what a red run has to say besides: what is broken beyond the contract, what the harness does not show."""
    yield from (line for line in _self_test_lines(report.self_tests) if "NOT SHOWN" in line)
    broken = {claim: stand for claim, stand in report.claims.items() if stand.status == "broken"}
    told = [line for line in claims_told(broken, report.contract) if line.startswith(BROKEN)]
    yield from told[:SPELLED_OUT]
    if len(told) > SPELLED_OUT:
        yield f"and {len(told) - SPELLED_OUT} more broken claims"
    where = "in the report" if folder is not None else "with --report DIR or --coverage"
    yield f"all claims and the coverage: {where}"


def _at_length(report: Report, *, every_cell: bool) -> Iterator[str]:
    """Yield the self-tests, the claims and the coverage."""
    yield from _self_test_lines(report.self_tests)
    restricted = bool(report.not_covered.restricted_to)
    claims = report.claims
    if restricted:
        claims = {claim: stand for claim, stand in claims.items() if stand.status != "not judged"}
    yield from claims_told(claims, report.contract)
    if every_cell or not restricted:
        yield from coverage_lines(report.lanes, report.implementation.ops, every_cell=every_cell)


def last_line(report: Report) -> str:
    """Return the last line: the verdict, what was judged, what it does not cover, the exit code."""
    tally = report.tally
    parts = [
        f"{report.verdict}: {counted(tally.judged, 'answer')} judged, "
        f"{tally.uncovered} uncovered, {tally.not_judged} not judged",
        *report.apart,
    ]
    if report.cut_short is not None:
        parts.append(one_line(report.cut_short))
    if report.lacking:
        parts.append(f"{counted(len(report.lacking), 'required operation')} not offered")
    failing = [one.name for one in report.self_tests if one.fails]
    if failing:
        parts.append(f"the harness does not pass its self-test {', '.join(failing)}")
    left_out = report.left_out
    parts += (
        [f"not covered: {left_out[0]}", *left_out[1:]]
        if left_out
        else [f"all lanes, operations and claims covered at level {report.level.name}"]
    )
    return f"{'; '.join(parts)}; {report.seconds:.1f} s, exit code {report.exit_code}"


def table_head() -> str:
    """Return the head of the table of lanes."""
    heads = "".join(f"{name.replace('_', ' '):>12}" for name in _COLUMNS)
    return f"{'lane':<11}{'verdict':<14}{heads}{'seconds':>10}"


def lane_lines(result: LaneResult, *, notes: bool = True) -> Iterator[str]:
    """Yield a lane's line of the table; below it why it is open and, with ``notes``, all that it has to say."""
    counts = "".join(f"{getattr(result.tally, name):>12}" for name in _COLUMNS)
    yield f"{result.lane:<11}{result.verdict:<14}{counts}{result.seconds:>10.1f}"
    if result.why_not_run is not None:
        yield f"  {result.why_not_run}"
    if result.open or notes:
        yield from (f"  {one_line(sentence, _NOTE)}" for sentence in result.missing)
    if notes and result.figures:
        yield "  " + ", ".join(f"{count} {name}" for name, count in result.figures.items())
    if result.open or notes:
        yield from (f"  {one_line(line, _NOTE)}" for note in result.notes for line in note.splitlines())


def claims_told(claims: Mapping[str, ClaimStand], contract: str) -> Iterator[str]:
    """Yield what was seen of the claims: what the contract itself breaks in one line, all else that is broken apart."""
    known = EXPECTED.get(contract, {})
    by_status: dict[str, list[str]] = {}
    for claim, stand in claims.items():
        by_status.setdefault(stand.status, []).append(claim)
    kept = [f"{title_of(claim)} ({claims[claim].occasions})" for claim in by_status.get("kept", ())]
    inherent = [claim for claim in by_status.get("broken", ()) if known.get(claim) == "refuted"]
    beyond = [claim for claim in by_status.get("broken", ()) if known.get(claim) != "refuted"]
    if kept:
        yield f"claims kept (on so many occasions): {', '.join(kept)}"
    for claim in beyond:
        yield f"{BROKEN}: {title_of(claim)}, which the contract keeps ({occasions_text(claims[claim])})"
    if inherent:
        yield f"{counted(len(inherent), 'claim')} that {contract} itself breaks: {', '.join(map(title_of, inherent))}"
    if by_status.get("not judged"):
        yield f"claims not judged: {', '.join(map(title_of, by_status['not judged']))}"


def coverage_lines(results: Iterable[LaneResult], offered: frozenset[str], *, every_cell: bool) -> Iterator[str]:
    """Yield in how many cells of the coverage answers were judged, each cell if wanted, and what was not judged."""
    cells: set[Cell] = set().union(*(result.coverage for result in results))
    judged = {name.partition("/")[0] for name in by_operation(cells)}
    yield f"coverage: {len(judged)} of {len(OPERATIONS)} operations, {len(cells)} cells"
    if every_cell:
        yield from (f"  {cell}" for cell in sorted(cells))
    for title, names in (
        ("not offered by the implementation", OPERATIONS.keys() - offered),
        ("offered and not judged", offered & OPERATIONS.keys() - judged),
        ("offered and unknown to this version, so never sent", offered - OPERATIONS.keys()),
    ):
        if names:
            yield f"  {title}: {one_line(', '.join(sorted(names)), _NOTE)}"


def _self_test_lines(tests: Iterable[SelfTest]) -> Iterator[str]:
    """Yield how the harness passed its own tests: those shown in one line, any other with what is missing."""
    shown = [
        f"{one.name} on {one.shown_on}{' (remembered)' if one.remembered else ''}"
        for one in tests
        if one.shown_on is not None
    ]
    if shown:
        yield f"self-tests shown by this version: {', '.join(shown)}"
    for one in tests:
        if one.fails:
            why = "; ".join((*one.result.missing, *one.result.notes))
            yield f"self-test {one.name} NOT SHOWN: {one_line(why, _NOTE)}"
        elif one.shown_on is None:
            yield f"self-test {one.name} not run: {one.result.why_not_run}"


def _divergence_lines(report: Report, folder: Path | None) -> Iterator[str]:
    """Yield the divergences that fail the gate: the first in full, the others in a line each."""
    for number, finding in enumerate(report.failing[:NAMED]):
        limit = _HEAD if number < SPELLED_OUT else _SHOWN - 10
        yield f"{finding.stand:<8} {finding.short} {one_line(finding.key.text(), limit)}"
        if number < SPELLED_OUT:
            yield from _spelled_out(finding)
        if folder is not None and number < SPELLED_OUT:
            yield f"  program  {program_text(finding)}"
            verify = verify_command(finding, folder)
            if verify is not None:
                yield f"  again    {verify}"
    if len(report.failing) > NAMED:
        where = "in the report" if folder is not None else "which --report DIR tells"
        yield f"and {len(report.failing) - NAMED} more kinds of divergence, {where}"


def _spelled_out(finding: Finding) -> Iterator[str]:
    divergence = finding.divergence
    more = f", and {len(finding.cases) - 1} more cases" if len(finding.cases) > 1 else ""
    for label, value in (
        ("seen", finding.cases[0] + more),
        ("args", divergence.args),
        ("expected", divergence.expected),
        ("answered", divergence.actual),
        ("decided", divergence.reason),
    ):
        yield f"  {label:<8} {value_line(value, _SHOWN)}"


def _baseline_lines(standing: Standing) -> Iterator[str]:
    yield (
        f"baseline: {len(standing.known)} known, {len(standing.new)} new, {len(standing.stale)} stale, "
        f"{len(standing.expired)} expired, {len(standing.unobserved)} unobserved"
    )
    for mark, entries in (("stale", standing.stale), ("expired", standing.expired)):
        for entry in entries:
            yield f"  {mark:<8} {entry.fingerprint[:12]} {entry.text} (owner {entry.owner}, until {entry.expires})"
