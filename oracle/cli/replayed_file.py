"""One file of ``replay`` judged, whatever kind it is: what each of the workers does.

A worker imports this module and little else, so that it starts quickly; what only some kinds of files need is imported
when the first such file comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from telltale_conformance.lean_traces.histories import is_history
from telltale_conformance.lean_traces.limits import Limits
from telltale_conformance.lean_traces.telltale.documents import Recognised
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.oracle.reference.replay import TraceResult, judge
from telltale_conformance.oracle.verdict.compare import Level

if TYPE_CHECKING:
    from telltale_conformance.oracle.claims.monitors import ClaimVerdict
    from telltale_conformance.oracle.histories.judging import HistoryResult
    from telltale_conformance.oracle.telltale.results import DocumentResult

    Result = TraceResult | DocumentResult | HistoryResult
    Claims = Mapping[str, ClaimVerdict]


class Asked(NamedTuple):
    """How each file is to be judged."""

    contract: str | None
    level: Level
    claims: bool
    protocol: Path | None
    limits: Limits
    configurations: int


def judged_as(asked: Asked, subject: tuple[Path, Recognised]) -> tuple[Result, Claims | None]:
    """Judge a file as it was recognised; return the result, and of a trace the claims where they are asked for."""
    path, what = subject
    contract, level, claims, protocol, limits, configurations = asked
    if what.kind != "ours":
        from telltale_conformance.oracle.telltale.judging import judge_document

        return judge_document(
            path, what, contract=contract, level=level, limits=limits, claims=claims, protocol=protocol
        )
    if is_history(path, limits):
        from telltale_conformance.oracle.histories.judging import judge_file

        return judge_file(path, contract=contract, level=level, limits=limits, budget=configurations), None
    result = judge(path, contract=contract, level=level, limits=limits)
    return _with_claims(path, result, limits) if claims else (result, None)


def _with_claims(path: Path, result: TraceResult, limits: Limits) -> tuple[TraceResult, Claims | None]:
    from telltale_conformance.oracle.claims.judging import watch_trace

    try:
        watched = watch_trace(path, limits)
    except MalformedTrace:
        return result, None
    if result.verdict == "malformed":  # only its contract is unknown
        result = msgspec.structs.replace(result, verdict="inconclusive")
    return result, watched
