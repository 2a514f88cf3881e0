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
from telltale_conformance.lean_traces.trace import MalformedTrace
from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.oracle.claims.monitors import ClaimVerdict
from telltale_conformance.oracle.telltale.log_events import LogClaims
from telltale_conformance.oracle.telltale.logs import judge_logs
from telltale_conformance.oracle.telltale.results import DocumentResult
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
    """
    watched = LogClaims() if claims else None
    if what.kind != "logs":
        error = what.problem or MalformedDocument(str(path), "", *NOT_JUDGED.get(what.kind, NOT_JUDGED["other"]))
        return DocumentResult(trace=str(path), kind="audit-log", verdict="malformed", error=str(error)), None
    try:
        with opened(path) as file:
            stream = JsonStream(file, str(path), limits, packed=path.suffix == ".gz")
            reader = AuditLogReader(stream, what.dialect)
            named = contract or TELLTALE_17.name
            result = judge_logs(reader, str(path), named, level, watched.see if watched is not None else None)
    except MalformedTrace as error:
        return DocumentResult(trace=str(path), kind="audit-log", verdict="malformed", error=str(error)), None
    except Exception as error:
        text = f"{path}: fault of the harness: {type(error).__name__}: {error}"
        return DocumentResult(trace=str(path), kind="audit-log", verdict="inconclusive", error=text), None
    return result, watched.claims() if watched is not None else None
