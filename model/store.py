"""The session store: the live sessions, the archive of reaped ones, and what is counted over all of them."""

from __future__ import annotations

from dataclasses import dataclass

from telltale_conformance.model.clock import Timeouts
from telltale_conformance.model.contract import TELLTALE_17, Contract, contract_named
from telltale_conformance.model.state import Session
from telltale_conformance.model.values import ClosedSessionSummary, Status


@dataclass(slots=True)
class Totals:
    """Sums over all live sessions, kept while they change so that reading them costs nothing."""

    local_types: int = 0
    buffers: int = 0
    messages: int = 0
    handlers: int = 0
    traces: int = 0
    leaves: int = 0
    trees: int = 0

    def add(self, session: Session) -> None:
        """Count a session in."""
        self._count(session, 1)

    def forget(self, session: Session) -> None:
        """Take away all that a session adds."""
        self._count(session, -1)

    def _count(self, session: Session, sign: int) -> None:
        self.local_types += sign * len(session.types)
        self.buffers += sign * len(session.buffers)
        self.messages += sign * session.buffered_messages()
        self.handlers += sign * len(session.edge_handlers)
        self.traces += sign * len(session.edge_traces)
        self.leaves += sign * session.auth_leaves
        self.trees += sign * len(session.auth)


class Store:
    """A session store under one contract; the operations of the contract are functions over it."""

    __slots__ = (
        "archive",
        "contract",
        "ended",
        "next_sid",
        "sessions",
        "sids_exhausted",
        "timeouts",
        "totals",
        "unlike_reloaded",
    )

    def __init__(self, contract: Contract | str = TELLTALE_17) -> None:
        """Make an empty store.

        Raises:
            UnknownContract: ``contract`` is a name that the model does not state.
        """
        self.contract = contract_named(contract) if isinstance(contract, str) else contract
        self.sessions: dict[int, Session] = {}
        self.ended: set[int] = set()
        """The live sids whose status is Closed, Cancelled or Faulted."""
        self.next_sid = 0
        self.sids_exhausted = False
        """The highest sid has been used (H7)."""
        self.archive: list[ClosedSessionSummary] = []
        self.totals = Totals()
        self.timeouts = Timeouts()
        self.unlike_reloaded: set[int] = set()
        """The live sids on which a reload may have an effect; on the others it has none."""

    def set_status(self, session: Session, status: Status) -> None:
        """Give a live session a status other than Active."""
        session.status = status
        self.ended.add(session.sid)

    def insert(self, session: Session) -> None:
        """Make a session live, in place of a live one of its sid."""
        self.remove(session.sid)
        self.sessions[session.sid] = session
        self.unlike_reloaded.add(session.sid)
        if session.status != "Active":
            self.ended.add(session.sid)
        self.totals.add(session)

    def remove(self, sid: int) -> None:
        """Forget the live session of that sid, if there is one."""
        session = self.sessions.pop(sid, None)
        if session is not None:
            self.ended.discard(sid)
            self.unlike_reloaded.discard(sid)
            self.totals.forget(session)
