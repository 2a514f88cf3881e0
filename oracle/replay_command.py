"""The ``replay`` command: recorded traces against the reference store."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from lean_traces.codec import encode
from lean_traces.limits import DEFAULT_LIMITS, Limits
from lean_traces.trace import MalformedTrace
from model.contract import UnknownContract
from oracle.compare import Level
from oracle.exit_codes import USAGE, exit_code
from oracle.live_claims import LiveClaims, claims_text, watch_trace
from oracle.replay import FirstDivergence, TraceResult, replay_file
from oracle.traces import NoTraces, find_traces

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


def judge(
    path: Path, *, contract: str | None = None, level: Level = Level.state, limits: Limits = DEFAULT_LIMITS
) -> TraceResult:
    """Replay one trace; a fault of the harness itself is inconclusive, never a verdict on the trace."""
    try:
        return replay_file(path, contract=contract, level=level, limits=limits)
    except UnknownContract:
        raise
    except Exception as error:
        text = f"{path}: fault of the harness: {type(error).__name__}: {error}"
        return TraceResult(trace=str(path), verdict="inconclusive", events=0, judged=0, error=text)


def summary(results: Iterable[TraceResult]) -> str:
    """Return the closing line: traces by verdict, and what was and was not judged."""
    results = list(results)
    verdicts = Counter(result.verdict for result in results)
    counts = ", ".join(f"{verdicts[name]} {name}" for name in ("agree", "diverge", "malformed", "inconclusive"))
    judged = sum(result.judged for result in results)
    uncovered = sum(result.uncovered for result in results)
    rest = sum(result.not_judged for result in results)
    return (
        f"{len(results)} traces: {counts}; "
        f"{judged} events judged, {uncovered} uncovered, {rest} not judged after a divergence"
    )


def result_text(result: TraceResult) -> str:
    """Return a trace's verdict as text, with the divergence or the error spelled out."""
    if result.error is not None:
        return f"{result.verdict}  {result.error}"
    head = f"{result.verdict}  {result.trace}  {result.events} events"
    if result.first_divergence is None:
        return head
    return "\n".join([head, *_divergence_lines(result.first_divergence, result)])


def _divergence_lines(first: FirstDivergence, result: TraceResult) -> Iterator[str]:
    yield f"  event {first.seq} (line {first.line}): {first.op} diverges in {first.kind}"
    yield f"    args      {_shown(first.args)}"
    for label, document in (("expected", first.expected), ("actual", first.actual)):
        for member, value in document.items():
            places = value if first.kind != "outcome" else {"": value}
            for place, content in places.items():
                yield f"    {label:<9} {member}{place.removeprefix('$')} = {_shown(content)}"
    yield f"    decided   {first.reason}"
    yield f"    state     {_shown(first.state)}"
    if result.not_judged:
        yield f"    {result.not_judged} later events not judged"


def _shown(value: object, length: int = 400) -> str:
    text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False, sort_keys=True)
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters)"
