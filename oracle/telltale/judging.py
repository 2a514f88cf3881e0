"""A document of telltale compared with the contract, from its file to its row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.lines import opened
from telltale_conformance.lean_traces.telltale.audit_logs import AuditLogReader
from telltale_conformance.lean_traces.telltale.documents import Recognised
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.lean_traces.telltale.malformed import MalformedDocument
from telltale_conformance.lean_traces.telltale.raw_events import is_raw, read_raw
from telltale_conformance.lean_traces.telltale.run_protocols import input_beside, read_run_protocols
from telltale_conformance.lean_traces.telltale.runs import Run, dialect_of, read_output
from telltale_conformance.lean_traces.telltale.whole_document import read_document
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.oracle.claims.monitors import ClaimVerdict
from telltale_conformance.oracle.telltale.judging_runs import judge_run, watch_run
from telltale_conformance.oracle.telltale.log_events import LogClaims
from telltale_conformance.oracle.telltale.logs import judge_logs
from telltale_conformance.oracle.telltale.results import DocumentResult, Kind
from telltale_conformance.oracle.verdict.compare import Level

NOT_JUDGED: Final = {
    "input": (
        "this is what a run is made from, not a run",
        "replay the output that was made from it: the input is found beside it",
    ),
    "other": ("this is no trace, no run output and no audit log", "see docs/telltale-files.md for what is read"),
}
"""What is wrong with a file that cannot be judged, and what to do."""


def judge_document(
    path: Path,
    what: Recognised,
    *,
    contract: str | None = None,
    level: Level = Level.state,
    limits: Limits = DEFAULT_LIMITS,
    claims: bool = False,
    protocol: Path | None = None,
) -> tuple[DocumentResult, Mapping[str, ClaimVerdict] | None]:
    """Judge one document, and watch the claims on it when asked to.

    A fault of the harness itself is inconclusive, never a verdict on the document.

    Args:
        path: the file.
        what: as which it was recognised.
        contract: the contract's name; documents name none, and are taken for ``telltale-17`` when None.
        level: how strictly it is judged.
        limits: what the reader takes.
        claims: watch the claims too.
        protocol: the input of a run; the one beside it when None.
    """
    kind: Kind = "bridge-run" if what.kind == "run" else "audit-log"
    named = contract or TELLTALE_17.name
    try:
        if what.kind == "run":
            run = read_run(path, protocol, limits)
            return judge_run(run, named, level)[0], watch_run(run, level) if claims else None
        if what.kind != "logs":
            problem = what.problem or MalformedDocument(str(path), "", *NOT_JUDGED.get(what.kind, NOT_JUDGED["other"]))
            return DocumentResult(trace=str(path), kind=kind, verdict="malformed", error=str(problem)), None
        return _judge_logs(path, what, named, level, limits, claims)
    except MalformedTrace as error:
        return DocumentResult(trace=str(path), kind=kind, verdict="malformed", error=str(error)), None
    except Exception as error:
        text = f"{path}: fault of the harness: {type(error).__name__}: {error}"
        return DocumentResult(trace=str(path), kind=kind, verdict="inconclusive", error=text), None


def _judge_logs(
    path: Path, what: Recognised, contract: str, level: Level, limits: Limits, claims: bool
) -> tuple[DocumentResult, Mapping[str, ClaimVerdict] | None]:
    watched = LogClaims() if claims else None
    with opened(path) as file:
        reader = AuditLogReader(JsonStream(file, str(path), limits, packed=path.suffix == ".gz"), what.dialect)
        result = judge_logs(reader, str(path), contract, level, watched.see if watched is not None else None)
    return result, watched.claims() if watched is not None else None


def read_run(path: Path, protocol: Path | None, limits: Limits) -> Run:
    """Read a run with its protocol: the input named, or the one beside it, or the local types in a raw recording.

    Raises:
        MalformedTrace: one of the files cannot be read or is not in its format.
    """
    document = read_document(path, limits)
    place = protocol or input_beside(path)
    protocols = None if place is None else read_run_protocols(place, limits)
    if is_raw(document.data):
        raw = read_raw(document)
        return Run(str(path), "raw", raw.output, protocols or raw.protocol, raw.unknown, raw.trace_path)
    output, unknown = read_output(document)
    return Run(str(path), dialect_of(output), output, protocols, unknown)
