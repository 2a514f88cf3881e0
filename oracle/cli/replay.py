"""The ``replay`` command: recorded traces against the reference store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.telltale.documents import find_subjects
from telltale_conformance.oracle.claims.catalogue import title_of
from telltale_conformance.oracle.claims.monitors import ClaimVerdict, Violation
from telltale_conformance.oracle.cli.replayed_file import Asked, judged_as
from telltale_conformance.oracle.cli.terminal import say, say_json, told
from telltale_conformance.oracle.histories.budget import CONFIGURATIONS
from telltale_conformance.oracle.histories.judging import HistoryResult
from telltale_conformance.oracle.lanes.stands import stand_of
from telltale_conformance.oracle.process.sharing import Lost, in_order
from telltale_conformance.oracle.reference.replay import TraceResult
from telltale_conformance.oracle.reports.document_text import document_text
from telltale_conformance.oracle.reports.history_text import history_text
from telltale_conformance.oracle.reports.text import claims_lines, result_text, summary
from telltale_conformance.oracle.telltale.results import AFTER, DocumentResult
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.exit_codes import exit_code

_JSON_FIELDS = ("trace", "verdict", "events", "judged", "uncovered", "first_divergence", "error")
_DOCUMENT_FIELDS = (*_JSON_FIELDS, "kind", "not_judged", "not_explained", "notes")

_Result = TraceResult | DocumentResult | HistoryResult
_Claims = Mapping[str, ClaimVerdict]


@told
def run(
    paths: list[Path],
    *,
    contract: str | None = None,
    level: Level = Level.state,
    as_json: bool = False,
    claims: bool = False,
    protocol: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    configurations: int = CONFIGURATIONS,
    workers: int = 1,
) -> int:
    """Replay traces and documents of telltale's, print a verdict on each, and return the exit code.

    With ``claims`` the claims are watched too, apart from conformance: they never change the exit code. A trace of a
    contract that the model does not state is then inconclusive, and its claims are watched all the same. On histories
    no claims are watched: which event comes first is what is searched.

    The files are shared by that many ``workers``, processes of their own where there is more than one; what is printed
    does not depend on how many there are.
    """
    results: list[_Result] = []
    asked = Asked(contract, level, claims, protocol, limits, configurations)
    for (path, _), judged in in_order(partial(judged_as, asked), find_subjects(paths, limits), workers):
        result, watched = (_lost(path, judged), None) if isinstance(judged, Lost) else judged
        results.append(result)
        if as_json:
            row = row_of(result)
            say_json(row if watched is None else {**row, "claims": _claims_document(watched)})
        else:
            say(_text(result))
            if watched is not None:
                say("\n".join(_claims_text(watched)))
    if not as_json:
        say(summary(results))
    return exit_code(result.verdict for result in results)


def _lost(path: Path, lost: Lost) -> TraceResult:
    """Return what is known of a file whose worker ended by itself."""
    error = f"{path}: fault of the harness: the process that judged it {lost.how}"
    return TraceResult(trace=str(path), verdict="inconclusive", events=0, judged=0, error=error)


def _text(result: _Result) -> str:
    if isinstance(result, HistoryResult):
        return history_text(result)
    return result_text(result) if isinstance(result, TraceResult) else document_text(result)


def row_of(result: _Result) -> dict[str, Any]:
    """Return what ``--json`` prints for a result."""
    if isinstance(result, HistoryResult):
        return _row_of_history(result)
    if isinstance(result, DocumentResult):
        return {name: getattr(result, name) for name in _DOCUMENT_FIELDS}
    row = {name: getattr(result, name) for name in (*_JSON_FIELDS, "log_compared")}
    not_judged = {f"events {AFTER}": result.not_judged} if result.not_judged else {}
    return {**row, "kind": "trace", "not_judged": not_judged, "not_explained": 0}


def _row_of_history(result: HistoryResult) -> dict[str, Any]:
    row = {name: getattr(result, name, None) for name in (*_JSON_FIELDS, "log_compared")}
    not_judged = {"events after the last that was judged": result.not_judged} if result.not_judged else {}
    figures = {"clients": result.clients, "configurations": result.configurations}
    return {
        **row,
        **figures,
        "refusal": result.refusal,
        "kind": "history",
        "not_judged": not_judged,
        "not_explained": 0,
    }


def _stands(watched: _Claims) -> dict[str, ClaimStand]:
    return {claim: stand_of(verdict) for claim, verdict in watched.items()}


def _first_violations(watched: _Claims) -> list[Violation]:
    return [verdict.violations[0] for verdict in watched.values() if verdict.violations]


def _claims_document(watched: _Claims) -> dict[str, Any]:
    return {"verdicts": _stands(watched), "violations": _first_violations(watched)}


def _claims_text(watched: _Claims) -> Iterator[str]:
    yield from claims_lines(_stands(watched))
    for found in _first_violations(watched):
        yield f"  claim {title_of(found.claim)} broken at event {found.seq}: {found.why}"
