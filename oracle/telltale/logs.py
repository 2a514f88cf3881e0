"""Audit logs compared with the contract: every log of a file is taken back to its operations and replayed."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable
from operator import attrgetter
from typing import Any, Final

import msgspec

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.lean_traces.telltale.audit_logs import AuditLogReader, Log, LogRecord
from telltale_conformance.model.operations import Outcome
from telltale_conformance.model.values import (
    AuditRecord,
    CancellationArtifact,
    CapabilityArtifact,
    ReadinessArtifact,
    ReceiptArtifact,
    TimeoutArtifact,
)
from telltale_conformance.oracle.telltale.log_events import told_by
from telltale_conformance.oracle.telltale.log_order import find_order
from telltale_conformance.oracle.telltale.log_replay import LogReplay
from telltale_conformance.oracle.telltale.nearest import nearest_record, possible_record
from telltale_conformance.oracle.telltale.results import AFTER, DocumentDivergence, DocumentResult, Told
from telltale_conformance.oracle.verdict.compare import Level

RUNTIME: Final = "runtime"
"""Stands for the log of the runtime, which has the timeout witnesses (contract §9)."""

Watch = Callable[[Hashable, Told], None]
"""Is shown every operation that a log tells of, and something that stands for the log."""


class SessionLog:
    """One session's log on its way through the reference."""

    def __init__(self, contract: str, log: Log, sid: int, watch: Watch | None) -> None:
        self.log = log
        self.records = 0
        self.judged = 0
        self.given_up = False
        """The records are sorted, and no order in which they were written was found in time."""
        self._contract = contract
        self._watch = watch
        self._sure = log.session is not None
        """A record that cannot name another session has been seen."""
        self._surely: tuple[int, AuditRecord] | None = None
        """That record, with the number of records before it."""
        self._numbers: deque[int] = deque()
        """The places in the array of the records of the operation under way, where others come between."""
        self._kept: list[tuple[int, AuditRecord]] = []
        """The records of a sorted log."""
        self.replay = self._begun(sid)

    @property
    def sid(self) -> int:
        """The session whose log it is."""
        return self.replay.sid

    @property
    def number(self) -> int:
        """The place in the array of the record at which the log departs."""
        departure = self.replay.departure
        assert departure is not None
        if not self._numbers:
            return departure.number
        before_last = self.replay.records - 1 - departure.number
        return self._numbers[-1 - before_last] if before_last >= 0 else self._numbers[-1] + 1

    def _begun(self, sid: int) -> LogReplay:
        def seen(op: str, arguments: tuple[Any, ...], outcome: Outcome) -> None:
            assert self._watch is not None
            self._watch(self, Told(op, arguments, outcome))

        return LogReplay(self._contract, sid, None if self._watch is None else seen)

    def take(self, number: int, record: AuditRecord, scopes_as_printed: bool = True) -> None:
        """Take the next record; what comes after a departure is counted only."""
        self.records += 1
        replay = self.replay
        if replay.departure is not None:
            return
        if not self._sure:
            self._make_sure(record)
            replay = self.replay
        if self.log.mixed:
            if replay.between:
                self._numbers.clear()
            self._numbers.append(number)
        if not replay.feed(record, scopes_as_printed=scopes_as_printed):
            self._departed()

    def keep(self, number: int, record: AuditRecord) -> None:
        """Take a record of a sorted log."""
        self._kept.append((number, record))

    def end(self) -> None:
        """Take the end of the log."""
        if self._kept:
            self._put_in_order()
        if self.given_up:
            return
        told = self.log.session
        if not self.log.mixed and told is not None and told != self.sid and self._surely is not None:
            self.replay = self._begun(told)  # the session was named after its records
            self.replay.records, record = self._surely
            self.replay.feed(record)
            self._departed()
            return
        if self.replay.departure is None and not self.replay.end():
            self._departed()
        if self.replay.departure is None:
            self.judged = self.records

    def _put_in_order(self) -> None:
        """Take the records of a sorted log in an order in which they can have been written, as far as there is one."""
        places: dict[AuditRecord, list[int]] = {}
        for number, record in self._kept:
            places.setdefault(record, []).append(number)
        order = find_order(self._contract, self.sid, [record for _, record in self._kept])
        self.given_up = order.given_up
        for record in order.records:
            self.take(places[record].pop(0), record)
        self.records = len(self._kept)
        if not order.whole and not order.given_up and self.replay.departure is None:
            self.take(*min((numbers[0], record) for record, numbers in places.items() if numbers))

    def _departed(self) -> None:
        departure = self.replay.departure
        assert departure is not None
        self.judged = min(departure.number + 1, self.replay.records)
        told = told_by(departure)
        if told is not None and self._watch is not None:
            self._watch(self, told)

    def _make_sure(self, record: AuditRecord) -> None:
        """Begin anew under the session that a record names, as long as only refused witnesses came: they may lie."""
        if isinstance(record.artifact, ReadinessArtifact) and record.event == "Rejected":
            return
        self._sure = True
        self._surely = (self.replay.records, record)
        sid = named_session(record)
        if sid is not None and sid != self.sid:
            taken = self.replay.records
            self.replay = self._begun(sid)
            self.replay.records = taken

    def admits(self, record: AuditRecord) -> bool:
        """Say whether a record could come next."""
        replay = self.replay
        return replay.departure is None and replay.between and possible_record(replay.store, replay.sid, record)


_SESSION: Final[dict[type, Callable[[Any], int]]] = {
    CapabilityArtifact: attrgetter("OwnershipCapability.session_id"),
    ReceiptArtifact: attrgetter("OwnershipReceipt.session_id"),
    ReadinessArtifact: attrgetter("Readiness.session_id"),
    CancellationArtifact: attrgetter("Cancellation.session_id"),
}


def named_session(record: AuditRecord) -> int | None:
    """Return the session that a record's artifact names; None for a timeout, which has none."""
    session_of = _SESSION.get(type(record.artifact))
    return None if session_of is None else session_of(record.artifact)


class FileOfLogs:
    """All logs of one file, by session."""

    def __init__(self, contract: str, watch: Watch | None = None) -> None:
        self._contract = contract
        self._watch = watch
        self.sessions: dict[tuple[int, int | str | None], SessionLog] = {}
        self._there: dict[int, list[SessionLog]] = {}
        self.records = 0

    def read(self, reader: AuditLogReader) -> None:
        """Take all records of a file.

        Raises:
            MalformedDocument: the file is not in its format.
        """
        current: SessionLog | None = None
        for entry in reader:
            self.records += 1
            if current is None or current.log is not entry.log or entry.log.mixed:
                current = self._home(entry, current)
            if entry.log.in_order:
                current.take(entry.number, entry.record, entry.scopes_as_printed)
            else:
                current.keep(entry.number, entry.record)
        for session in self.sessions.values():
            session.end()

    def _home(self, entry: LogRecord, current: SessionLog | None) -> SessionLog:
        """Return the log that a record belongs to."""
        record, log = entry.record, entry.log
        if isinstance(record.artifact, TimeoutArtifact):
            return self._of(log, RUNTIME, 0)
        named = named_session(record) or 0
        if not log.mixed:
            return self._of(log, None, named if log.session is None else log.session)
        if entry.session is not None or log.session is not None:
            sid = entry.session if entry.session is not None else log.session
            return self._of(log, sid, sid or 0)
        if isinstance(record.artifact, ReadinessArtifact) and record.event == "Rejected":
            return self._home_of_refused(log, record, named, current)
        return self._of(log, named, named)

    def _home_of_refused(self, log: Log, record: AuditRecord, named: int, current: SessionLog | None) -> SessionLog:
        """Return a session that can have refused a witness: its own field may name another one (contract §3)."""
        there = self._there.get(id(log), [])
        if len(there) < 2:
            return there[0] if there else self._of(log, named, named)
        known = [session for session in there if session.sid == named]
        latest = [current] if current is not None and current.log is log else []
        candidates = [*known, *latest, *there]
        return next((session for session in candidates if session.admits(record)), candidates[0])

    def _of(self, log: Log, key: int | str | None, sid: int) -> SessionLog:
        found = self.sessions.get((id(log), key))
        if found is None:
            found = SessionLog(self._contract, log, sid, self._watch)
            self.sessions[id(log), key] = found
            if key != RUNTIME:
                self._there.setdefault(id(log), []).append(found)
        return found


def judge_logs(
    reader: AuditLogReader, path: str, contract: str, level: Level, watch: Watch | None = None
) -> DocumentResult:
    """Hold every log of a file against the contract.

    Args:
        reader: at the beginning of the file.
        path: how the result names it.
        contract: the contract's name.
        level: logs are judged from level ``audit`` on.
        watch: sees the operations that the logs tell of.

    Raises:
        MalformedDocument: the file is not in its format.
    """
    logs = FileOfLogs(contract, watch)
    logs.read(reader)
    sessions = list(logs.sessions.values())
    not_judged = Counter(reader.not_judged)
    judged = sum(session.judged for session in sessions)
    departed = [session for session in sessions if session.replay.departure is not None]
    given_up = sum(session.records for session in sessions if session.given_up)
    if given_up:
        not_judged["records whose order was not found"] = given_up
    if logs.records - judged - given_up:
        not_judged[f"records {AFTER}"] = logs.records - judged - given_up
    first = min(departed, key=lambda session: (reader.logs.index(session.log), session.number), default=None)
    error = None
    if logs.records == 0:
        others = "has no records of ownership or timeouts" if reader.not_judged else "is empty"
        error = f"{path}: the log {others}, so nothing was judged"
    elif level < Level.audit:
        judged, first, error = 0, None, f"{path}: logs are judged at levels audit and state only"
        not_judged["records"] = logs.records
    elif given_up and first is None:
        error = f"{path}: these records are sorted, and no order in which they can have been written was found in time"
    return DocumentResult(
        trace=path,
        kind="audit-log",
        verdict="diverge" if first is not None else "agree" if error is None else "inconclusive",
        events=logs.records,
        judged=judged,
        not_judged=dict(not_judged),
        first_divergence=None if first is None else _divergence(first),
        error=error,
    )


def _divergence(session: SessionLog) -> DocumentDivergence:
    departure = session.replay.departure
    assert departure is not None
    expected = departure.expected
    if expected is None and departure.given is not None:
        expected = nearest_record(session.replay.store, session.sid, departure.given)
    args = {} if departure.outcome is None else Told(departure.op or "", departure.arguments, departure.outcome).args()
    runtime = departure.given is not None and isinstance(departure.given.artifact, TimeoutArtifact)
    place = {"path": f"{session.log.place}[{session.number}]", "record": session.number}
    return DocumentDivergence(
        seq=session.replay.operations,
        op=departure.op or "no operation",
        kind="audit",
        expected=None if expected is None else msgspec.json.decode(encode(expected)),
        actual=None if departure.given is None else msgspec.json.decode(encode(departure.given)),
        reason=departure.reason,
        place=place if runtime else {**place, "session": session.sid},
        args=args,
    )
