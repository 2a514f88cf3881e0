"""Audit logs whose order is not known yet.

Records only ever go to the end of a log, and no operation looks at more of it than its length, save the one that reads
it. So orders that differ in nothing but the order of records are kept as one configuration with a log that is several:
a graph in which every path from its root is a log that may be. Reading the log picks those that are the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.values import AuditRecord

Records = tuple[AuditRecord, ...]


class Tail:
    """Stands for the log of a session while one operation runs: its length is known, and what is added."""

    __slots__ = ("added", "before")

    def __init__(self, before: int) -> None:
        self.before = before
        self.added: list[AuditRecord] = []

    def __len__(self) -> int:
        return self.before + len(self.added)

    def __getitem__(self, place: slice) -> list[AuditRecord]:
        assert place.start >= self.before
        return self.added[place.start - self.before :]

    def append(self, record: AuditRecord) -> None:
        """Add a record."""
        self.added.append(record)

    def extend(self, records: Sequence[AuditRecord]) -> None:
        """Add records."""
        self.added.extend(records)


class Log:
    """Every log that a session may have in a configuration; all are equally long.

    Args:
        ways: shorter logs, each with the records that follow it; none for a log that is certain.
        entries: a certain log, of which ``length`` records count.
        length: of every log.
    """

    __slots__ = ("_either", "_grown", "certain", "entries", "length", "ways")

    def __init__(self, ways: tuple[tuple[Log, Records], ...], entries: list[AuditRecord], length: int) -> None:
        self.ways = ways
        self.entries = entries
        self.length = length
        self.certain: bool = not ways or (len(ways) == 1 and ways[0][0].certain)
        self._grown: dict[Records, Log] = {}
        self._either: dict[Log, Log] = {}

    def grown(self, records: Sequence[AuditRecord]) -> Log:
        """Return these logs with further records; the same object for the same records."""
        added = tuple(records)
        log = self._grown.get(added)
        if log is None:
            log = self._grown[added] = Log(((self, added),), [], self.length + len(added))
        return log

    def either(self, other: Log) -> Log:
        """Return these logs and those of another together."""
        if other is self or any(before is other and not added for before, added in self.ways):
            return self
        log = self._either.get(other)
        if log is None:
            log = self._either[other] = Log(((self, ()), (other, ())), [], self.length)
        return log

    def some(self) -> list[AuditRecord]:
        """Return one of the logs; of a certain one, that."""
        added: list[Records] = []
        log = self
        while log.ways:
            log, records = log.ways[0]
            added.append(records)
        return [*log.entries[: log.length], *(record for records in reversed(added) for record in records)]

    def settled(self) -> list[AuditRecord]:
        """Return a certain log as a list that nobody else adds to: the one that it grew from where that can be."""
        added: list[Records] = []
        log = self
        while log.ways:
            log, records = log.ways[0]
            added.append(records)
        entries = log.entries if len(log.entries) == log.length else log.entries[: log.length]
        for records in reversed(added):
            entries.extend(records)
        return entries

    def matching(self, answer: Any) -> list[AuditRecord] | None:
        """Return the log that is an answer, given as JSON; None when there is none."""
        if type(answer) is not list or len(answer) != self.length:
            return None
        printed = [encode(record) for record in answer]
        seen = {self}
        waiting: list[tuple[Log, tuple[Any, ...] | None]] = [(self, None)]
        while waiting:
            log, after = waiting.pop()
            if not log.ways:
                if _are(log.entries[: log.length], printed[: log.length]):
                    return [*log.entries[: log.length], *_following(after)]
                continue
            for before, records in log.ways:
                if before not in seen and _are(records, printed[before.length : log.length]):
                    seen.add(before)
                    waiting.append((before, (records, after)))
        return None

    def all(self) -> Iterator[list[AuditRecord]]:
        """Yield every log; one may come several times."""
        waiting: list[tuple[Log, tuple[Any, ...] | None]] = [(self, None)]
        while waiting:
            log, after = waiting.pop()
            if not log.ways:
                yield [*log.entries[: log.length], *_following(after)]
            waiting.extend((before, (records, after)) for before, records in log.ways)


def certain_log(entries: list[AuditRecord]) -> Log:
    """Return the log that is these records, as many as there are now."""
    return Log((), entries, len(entries))


def _are(records: Sequence[AuditRecord], printed: Sequence[bytes]) -> bool:
    return len(records) == len(printed) and all(map(_is, records, printed))


def _is(record: AuditRecord, printed: bytes) -> bool:
    return encode(record) == printed


def _following(after: tuple[Any, ...] | None) -> Iterator[AuditRecord]:
    while after is not None:
        records, after = after
        yield from records
