"""One audit log compared with the contract: taken back to its operations, which the reference carries out.

Every operation that a log tells is carried out on the reference store; what the reference then writes is what must
follow in the log. So a log is accepted exactly when the reference can write it, and the first record that no run of
the contract can write is named.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from telltale_conformance.model.operations import OPERATIONS, Outcome, step
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import AuditRecord, TimeoutArtifact
from telltale_conformance.oracle.telltale.nearest import copied
from telltale_conformance.oracle.telltale.writing import Context, Written, written_by
from telltale_conformance.oracle.verdict.decision import decided_by


class Departure(NamedTuple):
    """The first record of a log that no run of the contract can write."""

    number: int
    """Which record of the session's log, counted from 0; its length where the log ends too early."""
    op: str | None
    """The operation that the record tells of; None where no operation writes such a record first."""
    arguments: tuple[Any, ...]
    expected: AuditRecord | None
    """What the operation under way writes there; None where none is under way and none can be."""
    given: AuditRecord | None
    """None where the log ends."""
    outcome: Outcome | None
    """What the reference answered to the operation."""
    reason: str
    """The guard or rule of the contract that decided."""
    told: int = 0
    """How many records of the same operation came before, as they must."""


Watch = Callable[[str, tuple[Any, ...], Outcome], None]
"""Is shown every operation with what the reference answered."""

NO_SUCH_RECORD: Final = "contract §2, §3: no operation writes such a record first"
SORTED_SCOPES: Final = "contract §1: a scope is printed sorted and without repeats"


class LogReplay:
    """The log of one session on its way through the reference; feed it record by record.

    Args:
        contract: the contract's name.
        sid: the session whose log it is.
        watch: sees the operations.
    """

    def __init__(self, contract: str, sid: int, watch: Watch | None = None) -> None:
        self.store = Store(contract)
        self.sid = sid
        self._watch = watch
        self.records = 0
        """How many records were taken in."""
        self.operations = 0
        """How many operations they tell of, the opening apart."""
        self.departure: Departure | None = None
        self._due: deque[AuditRecord] = deque()
        self._held: list[AuditRecord] = []
        self._under_way: tuple[Written, int] | None = None
        """An operation whose arguments its last record tells, and how many records it writes."""
        self._last: tuple[str, tuple[Any, ...], Outcome] | None = None
        self._perform("open_with_sid", (sid, (), {}, None))
        self.session = self.store.sessions[sid]
        self._context = Context(sid, self.session, self.store)
        self._done()
        self.operations = 0

    @property
    def due(self) -> AuditRecord | None:
        """What must come next; None where nothing must, or where an operation's last record will tell."""
        return self._due[0] if self._due else None

    @property
    def between(self) -> bool:
        """Whether no operation is under way."""
        return not self._due and self._under_way is None

    def standing(self) -> str:
        """Return all on which depends what can come next, as text."""
        session, clock = self.session, self.store.timeouts
        return repr((session.status, session.ownership, list(self._due), self._held, clock.clock, clock.live))

    def fork(self) -> LogReplay:
        """Return a copy that goes on from here, unwatched."""
        fork: LogReplay = object.__new__(LogReplay)
        fork.__dict__.update(self.__dict__)
        fork.store = copied(self.store, self.sid)
        fork.session = fork.store.sessions[self.sid]
        fork._context = Context(self.sid, fork.session, fork.store)
        fork._watch = None
        fork._due, fork._held = deque(self._due), list(self._held)
        return fork

    def feed(self, record: AuditRecord, *, scopes_as_printed: bool = True) -> bool:
        """Take the next record; say whether a run of the contract can write it there."""
        due = self._due
        number = self.records
        self.records = number + 1
        if not scopes_as_printed:
            return self._depart(number, record, None, SORTED_SCOPES)
        if due:
            expected = due.popleft()
            if expected != record:
                return self._depart(number, record, expected, None, self._told())
            return bool(due) or self._done()
        if self._under_way is not None:
            self._held.append(record)
            return len(self._held) < self._under_way[1] or self._complete()
        written = written_by(record, self._context)
        if written is None:
            self._last = None
            return self._depart(number, record, None, NO_SUCH_RECORD)
        if written.before is not None and not self._silently(*written.before, record):
            return False
        if written.last is not None:
            self._held = [record]
            self._under_way = (written, self._length(record))
            return True
        return self._carry_out(written.op, written.arguments, [record], number)

    def end(self) -> bool:
        """Take the end of the log; say whether no operation is left under way."""
        if self.departure is not None:
            return False
        if self._under_way is not None and not self._complete():
            return False
        if self._due:
            return self._depart(self.records, None, self._due.popleft(), None, self._told())
        return True

    def _told(self) -> int:
        """Return how many records of the last operation came before the one that is due."""
        assert self._last is not None
        return max(0, len(self._last[2].audit) - len(self._due) - 1)

    def _length(self, record: AuditRecord) -> int:
        """Return how many records an operation writes whose last one tells its arguments."""
        if isinstance(record.artifact, TimeoutArtifact):
            return 2
        return 2 + len(self.store.contract.endings(self.session.ownership.issued))

    def _complete(self) -> bool:
        """Carry out the operation under way, now that its last record is there, or the log has ended."""
        assert self._under_way is not None
        (written, length), held = self._under_way, self._held
        self._under_way, self._held = None, []
        assert written.last is not None
        first = self.records - len(held)
        arguments = written.last(written.arguments, held[-1]) if len(held) == length else written.arguments
        outcome = self._perform(written.op, arguments)
        if outcome.error is None or arguments == written.arguments:
            return self._compare(held, first)
        # Refused for what the last record says, or from the first on: the first record alone decides that.
        refused = self._last
        self._records()
        if self._carry_out(written.op, written.arguments, held[:-1], first):
            self._last = refused
            return self._depart(self.records - 1, held[-1], self._due[0], decided_by(outcome).reason, len(held) - 1)
        return False

    def _silently(self, op: str, arguments: tuple[Any, ...], record: AuditRecord) -> bool:
        """Carry out an operation that must have come before and of which no record tells."""
        outcome = self._perform(op, arguments)
        if outcome.error is not None:
            return self._depart(self.records - 1, record, None, decided_by(outcome).reason)
        written = self._records()
        return self._depart(self.records - 1, record, written[0], None) if written else self._done()

    def _carry_out(self, op: str, arguments: tuple[Any, ...], given: list[AuditRecord], first: int) -> bool:
        self._perform(op, arguments)
        return self._compare(given, first)

    def _perform(self, op: str, arguments: tuple[Any, ...]) -> Outcome:
        outcome = step(self.store, OPERATIONS[op], arguments)
        self._last = (op, arguments, outcome)
        return outcome

    def _compare(self, given: list[AuditRecord], first: int) -> bool:
        """Hold the records given so far, from number ``first`` on, against those just written; the rest is due."""
        assert self._last is not None
        outcome = self._last[2]
        written = self._records()
        for place, record in enumerate(given):
            if place >= len(written):
                return self._depart(first + place, record, None, decided_by(outcome).reason)
            if written[place] != record:
                refused = outcome.error is not None
                expected, reason = (None, decided_by(outcome).reason) if refused else (written[place], None)
                return self._depart(first + place, record, expected, reason, place)
        if len(written) == len(given):
            return self._done()
        self._due.extend(written[len(given) :])
        return True

    def _done(self) -> bool:
        """Note that the records of the last operation are complete."""
        self.operations += 1
        if self._watch is not None and self._last is not None:
            self._watch(*self._last)
        return True

    def _records(self) -> list[AuditRecord]:
        """Take the records that were just written out of the store, which need not keep them."""
        log, runtime = self.session.log, self.store.timeouts.log
        written = [*log, *runtime] if runtime else log[:]
        log.clear()
        if runtime:
            runtime.clear()
        return written

    def _depart(
        self, number: int, given: AuditRecord | None, expected: AuditRecord | None, reason: str | None, told: int = 0
    ) -> bool:
        op, arguments, outcome = self._last if self._last is not None else (None, (), None)
        if reason is None:
            reason = f"{op} writes another record here" if given is not None else f"{op} is not complete"
        self.departure = Departure(number, op, arguments, expected, given, outcome, reason, told)
        return False
