"""The ``replay`` command: recorded traces against the reference store."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from telltale_conformance.lean_traces.codec import encode
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.lines import NoTraces, find_traces
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.contract import UnknownContract
from telltale_conformance.oracle.claims.judging import watch_trace
from telltale_conformance.oracle.claims.monitors import ClaimVerdict, Violation
from telltale_conformance.oracle.lanes.claims import stand_of
from telltale_conformance.oracle.reference.replay import TraceResult, judge
from telltale_conformance.oracle.reports.text import claims_lines, result_text, summary
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.exit_codes import USAGE, exit_code

_JSON_FIELDS = ("trace", "verdict", "events", "judged", "uncovered", "first_divergence", "error")


def run(
    paths: list[Path],
    *,
    contract: str | None = None,
    level: Level = Level.state,
    as_json: bool = False,
    claims: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> int:
    """Replay the traces, print a verdict on each, and return the exit code.

    With ``claims`` the claims are watched too, apart from conformance: they never change the exit code. A trace of a
    contract that the model does not state is then inconclusive, and its claims are watched all the same.
    """
    results: list[TraceResult] = []
    try:
        for path in find_traces(paths):
            result = judge(path, contract=contract, level=level, limits=limits)
            watched = None
            if claims:
                result, watched = _with_claims(path, result, limits)
            results.append(result)
            if as_json:
                document = {name: getattr(result, name) for name in _JSON_FIELDS}
                if watched is not None:
                    document["claims"] = _claims_document(watched)
                print(encode(document).decode(), flush=True)
            else:
                print(result_text(result), flush=True)
                if watched is not None:
                    print("\n".join(_claims_text(watched)), flush=True)
    except (NoTraces, UnknownContract) as error:
        print(f"telltale-conformance: {error}", file=sys.stderr)
        return USAGE
    if not as_json:
        print(summary(results))
    return exit_code(result.verdict for result in results)


def _with_claims(
    path: Path, result: TraceResult, limits: Limits
) -> tuple[TraceResult, Mapping[str, ClaimVerdict] | None]:
    try:
        watched = watch_trace(path, limits)
    except MalformedTrace:
        return result, None
    if result.verdict == "malformed":  # only its contract is unknown
        result = msgspec.structs.replace(result, verdict="inconclusive")
    return result, watched


def _stands(watched: Mapping[str, ClaimVerdict]) -> dict[str, ClaimStand]:
    return {claim: stand_of(verdict) for claim, verdict in watched.items()}


def _first_violations(watched: Mapping[str, ClaimVerdict]) -> list[Violation]:
    return [verdict.violations[0] for verdict in watched.values() if verdict.violations]


def _claims_document(watched: Mapping[str, ClaimVerdict]) -> dict[str, Any]:
    return {"verdicts": _stands(watched), "violations": _first_violations(watched)}


def _claims_text(watched: Mapping[str, ClaimVerdict]) -> Iterator[str]:
    yield from claims_lines(_stands(watched))
    for found in _first_violations(watched):
        yield f"  claim {found.claim} broken at event {found.seq}: {found.why}"
