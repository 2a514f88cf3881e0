"""What a document tells of, written as a trace of ours: what goes on from a trace goes on from a document."""

from __future__ import annotations

from pathlib import Path

from telltale_conformance.errors import InconclusiveError
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS, Limits
from telltale_conformance.lean_traces.lines import opened
from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.telltale.audit_logs import AuditLogReader
from telltale_conformance.lean_traces.telltale.documents import Recognised
from telltale_conformance.lean_traces.telltale.json_stream import JsonStream
from telltale_conformance.lean_traces.trace import TRACE_SCHEMA, VERSION, Header, Source
from telltale_conformance.lean_traces.writer import TraceWriter
from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.oracle.telltale.judging import judge_whole_run, read_run
from telltale_conformance.oracle.telltale.log_events import answer_of
from telltale_conformance.oracle.telltale.logs import judge_logs
from telltale_conformance.oracle.telltale.results import DocumentResult, Told
from telltale_conformance.oracle.verdict.compare import Level


class NoTrace(InconclusiveError):
    """Thrown when what diverges in a document cannot be said as the answer to an operation."""


def trace_of(
    path: Path,
    what: Recognised,
    output: Path,
    *,
    contract: str | None = None,
    level: Level = Level.state,
    protocol: Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> DocumentResult:
    """Write the operations that a document tells of, up to its divergence, as a trace; return the verdict on it.

    Of a file with several logs only the operations of the one that diverges are written.

    Args:
        path: the document.
        what: as which it was recognised.
        output: the trace.
        contract: the contract's name; ``telltale-17`` when None.
        level: how strictly it is judged.
        protocol: the input of a run; the one beside it when None.
        limits: what the reader takes.

    Raises:
        MalformedTrace: the document is not in its format.
        NoTrace: its divergence is not an answer to an operation.
    """
    named = contract or TELLTALE_17.name
    if what.kind == "run":
        result, told = judge_whole_run(read_run(path, protocol, limits), named, level)
    else:
        result, told = _of_logs(path, what, named, level, limits)
    if result.verdict == "diverge" and (not told or told[-1].answer is None):
        assert result.first_divergence is not None
        raise NoTrace(f"{result.first_divergence.reason}: no operation of the store answers that", place=path)
    header = Header(
        contract=named,
        meta={"document": path.name},
        observes=["audit"],
        schema=TRACE_SCHEMA,
        source=Source(kind="implementation", name="telltale", version=result.kind),
        version=VERSION,
    )
    with output.open("wb") as file:
        writer = TraceWriter(file, header)
        for item in told:
            answer = answer_of(item)
            member = "ok" if answer.is_ok else "err"
            writer.event(item.op, encode(item.args()), {"audit": answer.audit or [], member: answer.result})
        writer.end()
    return result


def _of_logs(
    path: Path, what: Recognised, contract: str, level: Level, limits: Limits
) -> tuple[DocumentResult, list[Told]]:
    logs: dict[object, list[Told]] = {}
    with opened(path) as file:
        reader = AuditLogReader(JsonStream(file, str(path), limits, packed=path.suffix == ".gz"), what.dialect)
        result = judge_logs(reader, str(path), contract, level, lambda log, told: logs.setdefault(log, []).append(told))
    diverging = [told for told in logs.values() if told[-1].answer is not None]
    return result, (diverging or [*logs.values(), []])[0]
