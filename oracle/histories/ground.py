"""What is certain of a store while a history is checked: what every order of the operations has in common."""

from __future__ import annotations

from typing import Any

from telltale_conformance.model.contract import Contract
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.histories.logs import Log, Tail, certain_log
from telltale_conformance.oracle.histories.parts import PartName, part_of, put_part


class Ground:
    """A store whose parts are certain, save the order of some logs, and those that components hold."""

    __slots__ = ("logs", "store")

    def __init__(self, contract: Contract) -> None:
        self.store = Store(contract)
        self.logs: dict[PartName, Log] = {}
        """The logs whose order is not known, by sid; the session then has a ``Tail`` in place of its log."""

    def part(self, name: PartName) -> Any:
        """Return a part."""
        return part_of(self.store, name)

    def log(self, sid: PartName) -> Log:
        """Return the logs that a session may have; of no session the empty one."""
        session = self.part(sid)
        return self.logs.get(sid) or certain_log([] if session is None else session.log)

    def holds_logs_of(self, names: frozenset[PartName] | None) -> bool:
        """Say whether the logs of all these sessions are in their places; None stands for all sessions."""
        return not self.logs or (names is not None and names.isdisjoint(self.logs))

    def put(self, name: PartName, part: Any) -> None:
        """Make a part certain; a session's log is put apart, with ``put_log``."""
        put_part(self.store, name, part)
        if part is None:
            self.logs.pop(name, None)

    def put_log(self, sid: PartName, log: Log) -> None:
        """Make the logs of a session those that it may have, whatever the order of operations."""
        session = self.part(sid)
        if session is None:
            return
        if log.certain:
            session.log = log.settled()
            self.logs.pop(sid, None)
        else:
            session.log = Tail(log.length)
            self.logs[sid] = log
