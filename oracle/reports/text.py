"""Divergences, and the verdicts of ``replay``, as text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from telltale_conformance.oracle.claims.catalogue import title_of
from telltale_conformance.oracle.histories.judging import HistoryResult
from telltale_conformance.oracle.reference.replay import FirstDivergence, TraceResult
from telltale_conformance.oracle.telltale.results import DocumentResult
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.evidence import Tally
from telltale_conformance.oracle.verdict.results import LaneDivergence
from telltale_conformance.readable import counted, one_line, spelled, value_line

_NOTE: Final = 1000
"""How long a line of a note or of an error is."""


def claims_lines(claims: Mapping[str, ClaimStand]) -> Iterator[str]:
    """Yield what was seen of the claims: those kept and broken with their occasions, and those not judged."""
    for status in ("kept", "broken", "not judged"):
        told = [
            title_of(claim) + ("" if status == "not judged" else f" ({stand.occasions})")
            for claim, stand in claims.items()
            if stand.status == status
        ]
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


def summary(results: Iterable[TraceResult | DocumentResult | HistoryResult]) -> str:
    """Return the closing line: traces by verdict, and what was and was not judged."""
    results = list(results)
    verdicts = Counter(result.verdict for result in results)
    counts = ", ".join(f"{verdicts[name]} {name}" for name in ("agree", "diverge", "malformed", "inconclusive"))
    tally = sum((result.tally for result in results), Tally())
    return (
        f"{counted(len(results), 'trace')}: {counts}; "
        f"{counted(tally.judged, 'event')} judged, {tally.uncovered} uncovered, {tally.not_judged} not judged"
    )


def result_text(result: TraceResult) -> str:
    """Return a trace's verdict as text, with the divergence or the error spelled out."""
    if result.error is not None:
        return f"{result.verdict}  {one_line(result.error, _NOTE)}"
    head = f"{result.verdict}  {spelled(result.trace)}  {counted(result.events, 'event')}"
    if result.first_divergence is None:
        return head if result.log_compared else f"{head}, log not compared: the trace has no records of it"
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
        yield f"    {counted(result.not_judged, 'later event')} not judged"
