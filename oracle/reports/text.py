"""What ``check`` prints: a line per lane, a divergence, the coverage, the closing lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from telltale_conformance.generators.coverage import by_operation
from telltale_conformance.generators.steps import Cell
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.reference.replay import FirstDivergence, TraceResult
from telltale_conformance.oracle.telltale.results import DocumentResult
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE
from telltale_conformance.oracle.verdict.results import LaneDivergence, LaneResult
from telltale_conformance.readable import one_line, spelled, value_line

_COLUMNS: Final = ("cases", "judged", "uncovered", "not_judged", "skipped")
_NOTE: Final = 1000
"""How long a line of a note or of an error is."""


def table_head() -> str:
    """Return the head of the table of lanes."""
    heads = "".join(f"{name.replace('_', ' '):>12}" for name in _COLUMNS)
    return f"{'lane':<11}{'verdict':<14}{heads}{'seconds':>10}"


def lane_line(result: LaneResult) -> str:
    """Return a lane's line of the table, with its figures and notes below."""
    counts = "".join(f"{getattr(result.tally, name):>12}" for name in _COLUMNS)
    lines = [f"{result.lane:<11}{result.verdict:<14}{counts}{result.seconds:>10.1f}"]
    if result.why_not_run is not None:
        lines.append(f"  {result.why_not_run}")
    lines.extend(f"  {sentence}" for sentence in result.missing if result.verdict == "inconclusive")
    if result.figures:
        lines.append("  " + ", ".join(f"{count} {name}" for name, count in result.figures.items()))
    lines.extend(claims_lines(result.claims))
    lines.extend(f"  {one_line(line, _NOTE)}" for note in result.notes for line in note.splitlines())
    return "\n".join(lines)


def claims_lines(claims: Mapping[str, ClaimStand]) -> Iterator[str]:
    """Yield what was seen of the claims: those kept and broken with their occasions, and those not judged."""
    for status in ("kept", "broken", "not judged"):
        told = [f"{claim} ({stand.occasions})" for claim, stand in claims.items() if stand.status == status]
        if status == "not judged":
            told = [one.partition(" ")[0] for one in told]
        if told:
            yield f"  claims {status}{'' if status == 'not judged' else ' (on so many occasions)'}: {', '.join(told)}"


def divergence_text(divergence: LaneDivergence) -> str:
    """Return a divergence spelled out."""
    lines = [f"  {one_line(divergence.case)}, step {divergence.seq}: {divergence.op} diverges in {divergence.kind}"]
    for label, value in (
        ("args", divergence.args),
        ("expected", divergence.expected),
        ("actual", divergence.actual),
        ("decision", divergence.reason),
        ("state", divergence.state),
    ):
        lines.append(f"    {label:<9} {value_line(value)}")
    return "\n".join(lines)


def coverage_text(results: Iterable[LaneResult], offered: frozenset[str], *, every_cell: bool) -> str:
    """Return which operations and outcomes were judged, and in how many cells of the coverage."""
    cells: set[Cell] = set().union(*(result.coverage for result in results))
    table = by_operation(cells)
    judged = {name.split("/")[0] for name in table}
    lines = [f"coverage: {len(judged)} of {len(OPERATIONS)} operations, {len(cells)} cells"]
    if every_cell:
        lines.extend(f"  {cell}" for cell in sorted(cells))
    else:
        lines.extend(_by_outcome(table))
    for title, names in (
        ("not offered by the implementation", OPERATIONS.keys() - offered),
        ("offered and not judged", offered & OPERATIONS.keys() - judged),
    ):
        if names and cells:
            lines.append(f"  {title}: {', '.join(sorted(names))}")
    return "\n".join(lines)


def _by_outcome(table: dict[str, dict[str, int]]) -> Iterator[str]:
    for operation, outcomes in table.items():
        yield f"  {operation:<48}" + ", ".join(f"{outcome} {count}" for outcome, count in outcomes.items())


def closing_text(results: Sequence[LaneResult], code: int, seconds: float) -> str:
    """Return the verdict with the sums over all lanes."""
    verdict = {AGREE: "agree", DIVERGE: "diverge"}.get(code, "inconclusive")
    tally = sum((result.tally for result in results), Tally())
    left_out = [result.lane for result in results if result.verdict == "not run"]
    also = f"; lanes not run: {', '.join(left_out)}" if left_out else ""
    return (
        f"{verdict}: {tally.judged} answers judged, {tally.uncovered} uncovered, {tally.not_judged} not judged{also}; "
        f"{seconds:.1f} s, exit code {code}"
    )


def summary(results: Iterable[TraceResult | DocumentResult]) -> str:
    """Return the closing line: traces by verdict, and what was and was not judged."""
    results = list(results)
    verdicts = Counter(result.verdict for result in results)
    counts = ", ".join(f"{verdicts[name]} {name}" for name in ("agree", "diverge", "malformed", "inconclusive"))
    tally = sum((result.tally for result in results), Tally())
    return (
        f"{len(results)} traces: {counts}; "
        f"{tally.judged} events judged, {tally.uncovered} uncovered, {tally.not_judged} not judged after a divergence"
    )


def result_text(result: TraceResult) -> str:
    """Return a trace's verdict as text, with the divergence or the error spelled out."""
    if result.error is not None:
        return f"{result.verdict}  {one_line(result.error, _NOTE)}"
    head = f"{result.verdict}  {spelled(result.trace)}  {result.events} events"
    if result.first_divergence is None:
        return head
    return "\n".join([head, *_divergence_lines(result.first_divergence, result)])


def _divergence_lines(first: FirstDivergence, result: TraceResult) -> Iterator[str]:
    yield f"  event {first.seq} (line {first.line}): {first.op} diverges in {first.kind}"
    yield f"    args      {value_line(msgspec.to_builtins(first.args))}"
    for label, document in (("expected", first.expected), ("actual", first.actual)):
        for member, value in document.items():
            places = value if first.kind != "outcome" else {"": value}
            for place, content in places.items():
                where = one_line(member + place.removeprefix("$"))
                yield f"    {label:<9} {where} = {value_line(msgspec.to_builtins(content))}"
    yield f"    decision  {first.reason}"
    yield f"    state     {value_line(msgspec.to_builtins(first.state))}"
    if result.not_judged:
        yield f"    {result.not_judged} later events not judged"
