"""What was bound in one session, by the events alone: handlers, the default handler, and traces."""

from __future__ import annotations

from typing import Any, NamedTuple

Edge = tuple[int, str, str]


class Change(NamedTuple):
    """What a host call asked to change of a session that it may not change, and nobody else asked since."""

    what: str
    """``handlers``, ``traces`` or ``default_handler``."""
    edge: Edge | None
    value: Any


def edge_of(given: Any) -> Edge:
    """Return an edge as a key."""
    return given["sid"], given["sender"], given["receiver"]


class Tables:
    """The bindings of a session's own edges; what is bound under an edge of another session is not its own."""

    def __init__(self, sid: int, roles: tuple[str, ...]) -> None:
        self._sid, self._roles = sid, frozenset(roles)
        self.handlers: dict[Edge, str] = {}
        self.traces: dict[Edge, Any] = {}
        self.default_handler = "default_handler"
        self.unasked: list[Change] = []
        """What host calls asked for that are not to be followed, as far as it differs from what was bound."""

    def mutated(self, mutation: Any) -> None:
        """Take in a mutation that succeeded."""
        ((kind, given),) = mutation.items()
        self.unasked.clear()
        if kind == "SetDefaultHandler":
            self.default_handler = given["handler"]
        elif kind == "UpdateEdgeHandler":
            self.bind(given["edge"], given["handler"])
        else:
            self.trace(given["edge"], given["trace"])

    def bind(self, edge: Any, handler: str) -> None:
        """Note the handler of an edge: it is found where both roles are listed."""
        key = edge_of(edge)
        if self.finds(key):
            self.handlers[key] = handler

    def trace(self, edge: Any, trace: Any) -> None:
        """Note the trace of an edge, whatever its roles are."""
        key = edge_of(edge)
        if key[0] == self._sid:
            self.traces[key] = trace

    def finds(self, edge: Edge | None) -> bool:
        """Whether a handler bound under an edge is found: it is the session's own, between listed roles."""
        return edge is not None and edge[0] == self._sid and {edge[1], edge[2]} <= self._roles

    def host_call(self, op: str, args: Any, *, guarded: bool, ok: bool) -> None:
        """Take in a host call; of a guarded session it is noted that nobody with authority asked."""
        if guarded:
            change = self._change(op, args)
            if self._held(change) != change.value:
                self.unasked.append(change)
        elif ok:
            self.unasked.clear()
        if not ok:
            return
        if op == "update_handler":
            self.bind(args["edge"], args["handler"])
        elif op == "update_trace":
            self.trace(args["edge"], args["trace"])
        else:
            self.default_handler = args["handler"]

    def _change(self, op: str, args: Any) -> Change:
        if op == "set_default_handler_for_session":
            return Change("default_handler", None, args["handler"])
        if op == "update_handler":
            return Change("handlers", edge_of(args["edge"]), args["handler"])
        return Change("traces", edge_of(args["edge"]), args["trace"])

    def _held(self, change: Change) -> Any:
        if change.edge is None:
            return self.default_handler
        return self.handlers.get(change.edge) if change.what == "handlers" else self.traces.get(change.edge)
