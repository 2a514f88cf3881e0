"""The ``replay`` command: recorded traces against the reference store."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from telltale_conformance.lean_traces.codec import encode
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.lines import NoTraces, find_traces
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.contract import UnknownContract
from telltale_conformance.oracle.claims.judging import LiveClaims, claims_text, watch_trace
from telltale_conformance.oracle.reference.replay import TraceResult, judge
from telltale_conformance.oracle.reports.text import result_text, summary
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
                print(encode(document if watched is None else {**document, "claims": watched}).decode(), flush=True)
            else:
                print(result_text(result), flush=True)
                if watched is not None:
                    print(claims_text(watched), flush=True)
    except (NoTraces, UnknownContract) as error:
        print(f"telltale-conformance: {error}", file=sys.stderr)
        return USAGE
    if not as_json:
        print(summary(results))
    return exit_code(result.verdict for result in results)


def _with_claims(path: Path, result: TraceResult, limits: Limits) -> tuple[TraceResult, LiveClaims | None]:
    try:
        watched = watch_trace(path, limits)
    except MalformedTrace:
        return result, None
    if result.verdict == "malformed":  # only its contract is unknown
        result = msgspec.structs.replace(result, verdict="inconclusive")
    return result, watched
