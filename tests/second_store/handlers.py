"""Handlers and traces: mutations, the host calls without a capability, and what looks at them (§4, §16, H20)."""

from .limits import within


class Handlers:
    def place(self, edge):
        return edge["sid"], edge["sender"], edge["receiver"]

    def pair(self, edge):
        return self.key("role", edge["sender"]), self.key("role", edge["receiver"])

    def both_listed(self, s, edge):
        return all(role in s["ids"] for role in self.pair(edge))

    def handler_named(self, name):
        """Return a handler as the store knows it: names are interned, each by all of its text."""
        return self.handlers.setdefault(self.key("handler", name), name)

    def counted(self, s, handler):
        """Count a handler name of a session (§18)."""
        if handler not in s["handler names"]:
            within("handlers", len(s["handler names"]) + 1)
            s["handler names"].add(handler)

    def mutate(self, s, name, fields):
        if name == "SetDefaultHandler":
            self.set_default(s, fields["handler"])
        elif name == "UpdateEdgeHandler":
            self.bind(s, fields["edge"], fields["handler"])
        else:
            s["traces"][self.place(fields["edge"])] = fields["trace"]

    def set_default(self, s, handler):
        if handler:
            self.counted(s, handler)
        s["default"] = self.handler_named(handler)

    def bind(self, s, edge, handler):
        """Store a binding as given, and for the role pair where both roles are listed."""
        if self.both_listed(s, edge):
            self.counted(s, handler)
            s["bound"][self.pair(edge)] = self.handler_named(handler)
        s["handlers"][self.place(edge)] = self.handler_named(handler)

    # Host calls

    def host_session(self, sid):
        """Return the session that a host call changes, or None; ``hardened`` wants it unowned and going on (H20)."""
        s = self.sessions.get(sid)
        if s is not None and self.hardened:
            self.g_open(s)
            self.g_active(s)
            self.g_unowned(s)
        return s

    def update_handler(self, edge, handler):
        s = self.host_session(edge["sid"])
        if s is not None:
            self.bind(s, edge, handler)

    def set_default_handler_for_session(self, sid, handler):
        s = self.host_session(sid)
        if s is not None:
            self.set_default(s, handler)

    def update_trace(self, edge, trace):
        s = self.host_session(edge["sid"])
        if s is not None:
            s["traces"][self.place(edge)] = trace

    def has_bound_handler(self, sid):
        s = self.found(sid)
        return s["default"] != "" or bool(s["handlers"])

    # Looking up

    def lookup_handler(self, edge):
        s = self.sessions.get(edge["sid"])
        return None if s is None else s["bound"].get(self.pair(edge))

    def default_handler_for_session(self, sid):
        s = self.sessions.get(sid)
        return None if s is None else s["default"] or None

    def lookup_trace(self, edge):
        s = self.sessions.get(edge["sid"])
        return None if s is None else s["traces"].get(self.place(edge))
