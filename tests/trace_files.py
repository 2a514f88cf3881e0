"""Building trace files for tests, well-formed or with one thing wrong."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from telltale_conformance.lean_traces import shipped

RECORDINGS = shipped.RECORDINGS / "telltale-machine-17.0.0"

HEADER: dict[str, Any] = {
    "contract": "telltale-17",
    "meta": {},
    "observes": ["audit"],
    "schema": "telltale-conformance/trace",
    "source": {"kind": "implementation", "name": "test", "version": "1"},
    "version": 1,
}
CAP = {"generation": 0, "owner_id": "a", "scope": "Session", "session_id": 0}
OPEN = {"args": {"initial_types": {}, "roles": ["A"]}, "audit": [], "ok": 0, "op": "open"}
CLAIM = {
    "args": {"owner_id": "a", "scope": "Session", "sid": 0},
    "audit": [{"artifact": {"OwnershipCapability": CAP}, "event": "Issued", "reason": None, "tick": None}],
    "ok": CAP,
    "op": "claim_ownership",
}
CLOSE = {"args": {"sid": 0}, "audit": [], "ok": None, "op": "close"}


def printed(document: Any) -> bytes:
    """One line in the writer's own form."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def end_line(lines: Iterable[bytes], events: int) -> bytes:
    """The end line that fits these lines."""
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    return printed({"digest": f"sha256:{digest}", "end": True, "events": events})


def trace_bytes(events: Sequence[dict[str, Any] | bytes], header: Any = None) -> bytes:
    """A whole trace; events get their numbers unless they are lines already."""
    lines = [header if isinstance(header, bytes) else printed(HEADER if header is None else header)]
    for seq, event in enumerate(events):
        lines.append(event if isinstance(event, bytes) else printed({"seq": seq, **event}))
    return b"".join([*lines, end_line(lines, len(events))])


def recording(name: str) -> list[dict[str, Any]]:
    """The events of a recording, without their numbers."""
    return recorded_events(RECORDINGS / f"{name}.jsonl.gz")


def recorded_events(path: Path) -> list[dict[str, Any]]:
    """The events of a packed trace, without their numbers."""
    with gzip.open(path) as file:
        events = [json.loads(line) for line in file][1:-1]
    for event in events:
        del event["seq"]
    return events
