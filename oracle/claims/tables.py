"""What was bound in one session, by the events alone: handlers, the default handler, and traces."""

from __future__ import annotations

from typing import Any

Edge = tuple[int, str, str]


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

    def mutated(self, mutation: Any) -> None:
        """Take in a mutation that succeeded."""
        ((kind, given),) = mutation.items()
        if kind == "SetDefaultHandler":
            self.default_handler = given["handler"]
        elif kind == "UpdateEdgeHandler":
            self.bind(given["edge"], given["handler"])
        else:
            self.trace(given["edge"], given["trace"])

    def bind(self, edge: Any, handler: str) -> None:
        """Note the handler of an edge: it is found where both roles are listed."""
        key = edge_of(edge)
        if key[0] == self._sid and {key[1], key[2]} <= self._roles:
            self.handlers[key] = handler

    def trace(self, edge: Any, trace: Any) -> None:
        """Note the trace of an edge, whatever its roles are."""
        key = edge_of(edge)
        if key[0] == self._sid:
            self.traces[key] = trace

    def host_call(self, op: str, args: Any) -> None:
        """Take in a host call that succeeded."""
        if op == "update_handler":
            self.bind(args["edge"], args["handler"])
        elif op == "update_trace":
            self.trace(args["edge"], args["trace"])
        else:
            self.default_handler = args["handler"]
