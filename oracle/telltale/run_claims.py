"""The claims watched on a run: its operations, as far as the document shows what they answered.

A typed step is watched where the document shows what it led to: by the next step of the role, its end, its fault, or
its printed type. Of the edges of a session a run shows only how many there are: a wrong number breaks K15, the right
one does not show that it is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from typing import Final

from telltale_conformance.oracle.claims.monitors import ClaimVerdict, Monitors, Violation
from telltale_conformance.oracle.telltale.log_events import event_of
from telltale_conformance.oracle.telltale.results import DocumentDivergence, Told

RUN_CLAIMS: Final = ("K15", "K16", "K18")
"""The claims about which a run says something."""


def claims_of(
    told: list[Told], shown: Set[int], first: DocumentDivergence | None, trace_path: str
) -> Mapping[str, ClaimVerdict]:
    """Return what a run says of each claim; violations name the event of its trace.

    Args:
        told: the operations that it tells of.
        shown: which of the typed steps among them it shows the result of.
        first: the divergence that the last operation stands for.
        trace_path: the JSON path of the events.
    """
    monitors = Monitors()
    for number in _watched(told, shown, first):
        monitors.feed(event_of(told[number], number))
    verdicts = {claim: _placed(monitors.verdicts[claim], told, trace_path) for claim in RUN_CLAIMS}
    if not verdicts["K15"].violations:
        verdicts["K15"] = ClaimVerdict("K15")  # so many edges, but nobody says which
    return verdicts


def _watched(told: list[Told], shown: Set[int], first: DocumentDivergence | None) -> Iterator[int]:
    for number, item in enumerate(told):
        last = first is not None and number == len(told) - 1
        if item.op == "advance":
            if number in shown:
                yield number
        elif not last or _says_result(item, first):
            yield number


def _says_result(item: Told, first: DocumentDivergence | None) -> bool:
    """Say whether a run gives the result of the operation at which it diverges."""
    if item.op == "observe":
        said = first.actual if first is not None else None
        return item.answer is not None and isinstance(said, Mapping) and "buffer_edges" in said
    return item.answer is not None


def _placed(verdict: ClaimVerdict, told: list[Told], trace_path: str) -> ClaimVerdict:
    def placed(found: Violation) -> Violation:
        at = told[found.seq].trace
        return found if at is None else replace(found, why=f"{found.why} ({trace_path}[{at}])")

    return replace(verdict, violations=[placed(found) for found in verdict.violations])
