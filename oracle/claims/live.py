"""The claims of a recorded trace, watched on its events alone: no reference, and no contract need be known."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from lean_traces.limits import DEFAULT_LIMITS, Limits
from lean_traces.reader import read_trace
from oracle.claims.monitors import Monitors, Violation


class LiveClaims(Struct, frozen=True, kw_only=True):
    """What a trace says of each claim."""

    verdicts: dict[str, str]
    """kept, broken or not judged, by claim."""
    violations: tuple[Violation, ...]
    """The first violation of each broken claim."""


def watch_trace(path: Path, limits: Limits = DEFAULT_LIMITS) -> LiveClaims:
    """Watch all events of a trace file.

    Raises:
        MalformedTrace: the trace is not well-formed.
    """
    monitors = Monitors()
    for _, event in read_trace(path, limits):
        answer = event.answer()
        monitors.feed(
            {
                "seq": event.seq,
                "op": event.operation.name,
                "args": event.arguments_document(),
                "ok" if answer.is_ok else "err": answer.result,
                "audit": answer.audit,
            }
        )
    verdicts: dict[str, str] = {claim: verdict.verdict for claim, verdict in monitors.verdicts.items()}
    first = tuple(verdict.violations[0] for verdict in monitors.verdicts.values() if verdict.violations)
    return LiveClaims(verdicts=verdicts, violations=first)


def claims_text(claims: LiveClaims) -> str:
    """Return the claims as text: those kept, those not judged, and each broken one with its event."""
    lines = []
    for verdict in ("kept", "not judged"):
        names = [claim for claim, given in claims.verdicts.items() if given == verdict]
        if names:
            lines.append(f"  claims {verdict}: {', '.join(names)}")
    lines += [f"  claim {found.claim} broken at event {found.seq}: {found.why}" for found in claims.violations]
    return "\n".join(lines)
