"""A document of telltale compared with the contract, from its file to its row."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Raw

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
from telltale_conformance.oracle.claims.catalogue import title_of
from telltale_conformance.oracle.claims.monitors import ClaimVerdict
from telltale_conformance.oracle.telltale.judging_runs import judge_run, watch_run
from telltale_conformance.oracle.telltale.log_events import LogClaims
from telltale_conformance.oracle.telltale.logs import judge_logs
from telltale_conformance.oracle.telltale.results import DocumentResult, Kind, Told
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.readable import counted

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
            return judge_whole_run(run, named, level)[0], watch_run(run, level) if claims else None
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
    if watched is None:
        return result, None
    notes = tuple(
        f"claim {title_of(claim)} is implied on {counted(count, 'operation')}, not shown: "
        "the state beside the log is inferred from the log"
        for claim, count in watched.implied().items()
    )
    return msgspec.structs.replace(result, notes=result.notes + notes), watched.claims()


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
        return Run(str(path), "raw", raw.output, protocols or raw.protocol, raw.unknown, raw.trace_path, raw.logs)
    output, unknown = read_output(document)
    return Run(str(path), dialect_of(output), output, protocols, unknown)


def judge_whole_run(run: Run, contract: str, level: Level) -> tuple[DocumentResult, list[Told]]:
    """Judge a run, and the audit logs beside its events; return the row and the operations up to a divergence."""
    result, told = judge_run(run, contract, level)
    for name, text in run.logs.items():
        if result.verdict == "diverge" or level < Level.audit:
            kinds = Counter(result.not_judged) + Counter({name: len(msgspec.json.decode(text, type=list[Raw]))})
            result = msgspec.structs.replace(result, not_judged=dict(kinds))
        else:
            result, told = _with_log(result, told, name, text, contract, level)
    return result, told


def _with_log(
    result: DocumentResult, told: list[Told], name: str, text: bytes, contract: str, level: Level
) -> tuple[DocumentResult, list[Told]]:
    """Judge one log of a run that has agreed so far."""
    logs: dict[object, list[Told]] = {}
    stream = JsonStream(io.BytesIO(b'{"%b":%b}' % (name.encode(), text)), result.trace, DEFAULT_LIMITS)
    reader = AuditLogReader(stream, None)
    log = judge_logs(reader, result.trace, contract, level, lambda of, item: logs.setdefault(of, []).append(item))
    whole = msgspec.structs.replace(
        result,
        events=result.events + log.events,
        judged=result.judged + log.judged,
        not_judged=dict(Counter(result.not_judged) + Counter(log.not_judged)),
    )
    if log.verdict == "diverge":
        told = next((items for items in logs.values() if items[-1].answer is not None), [])
        diverging = {"verdict": "diverge", "first_divergence": log.first_divergence, "error": None}
        return msgspec.structs.replace(whole, **diverging), told
    if log.events and log.verdict == "inconclusive":
        return msgspec.structs.replace(whole, verdict="inconclusive", error=log.error), told
    return whole, told
