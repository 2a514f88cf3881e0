"""Messages, handlers, traces, timeouts and edges from JSON (§4, §8, §9, §10)."""

from .forms import TOP, Refused


class Messages:
    def buffer(self, s, sender, receiver):
        return s["buffers"].get((self.key("role", sender), self.key("role", receiver)))

    def send(self, sid, sender, receiver, val):
        s = self.found(sid)
        buffer = self.buffer(s, sender, receiver)
        if buffer is None:
            raise Refused(f"no buffer for edge {sender} → {receiver}")
        outcome = self.admitted(buffer)
        if outcome == "Ok":
            buffer["values"].append(val)
            ends = (self.key("role", sender), self.key("role", receiver))
            s["leaves"][ends] = s["leaves"].get(ends, 0) + 1
        return outcome

    def admitted(self, buffer):
        """Say what a send gets, and make room for its value where the policy does."""
        if buffer["mode"] == "LatestValue":
            buffer["values"].clear()
            return "Ok"
        if len(buffer["values"]) < buffer["capacity"]:
            return "Ok"
        policy = buffer["policy"]
        if type(policy) is str:
            return {"Block": "WouldBlock", "Drop": "Dropped", "Error": "Full"}[policy]
        most = policy["Resize"]["max_capacity"]
        if buffer["capacity"] >= most:
            return "Full"
        buffer["capacity"] = self.grown(buffer["capacity"], most)
        return "Ok"

    def grown(self, capacity, most):
        return min(2 * capacity, most if self.hardened else TOP)

    def recv(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        return buffer["values"].popleft() if buffer is not None and buffer["values"] else None

    def has_message(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        return buffer is not None and bool(buffer["values"])

    # Handlers and traces

    def place(self, edge):
        return edge["sid"], edge["sender"], edge["receiver"]

    def pair(self, edge):
        return self.key("role", edge["sender"]), self.key("role", edge["receiver"])

    def both_listed(self, s, edge):
        return all(role in s["ids"] for role in self.pair(edge))

    def handler_named(self, name):
        """Return a handler as the store knows it: names are interned, each by all of its text."""
        return self.handlers.setdefault(self.key("handler", name), name)

    def mutate(self, s, name, fields):
        if name == "SetDefaultHandler":
            s["default"] = self.handler_named(fields["handler"])
        elif name == "UpdateEdgeHandler":
            handler = self.handler_named(fields["handler"])
            s["handlers"][self.place(fields["edge"])] = handler
            if self.both_listed(s, fields["edge"]):
                s["bound"][self.pair(fields["edge"])] = handler
        else:
            s["traces"][self.place(fields["edge"])] = fields["trace"]

    def lookup_handler(self, edge):
        s = self.sessions.get(edge["sid"])
        return None if s is None else s["bound"].get(self.pair(edge))

    def default_handler_for_session(self, sid):
        s = self.sessions.get(sid)
        return None if s is None else s["default"] or None

    def lookup_trace(self, edge):
        s = self.sessions.get(edge["sid"])
        return None if s is None else s["traces"].get(self.place(edge))

    # Timeouts

    def timeout(self, witness, event, reason=None):
        record = {"tick": self.clock, "artifact": {"Timeout": witness}, "event": event, "reason": reason}
        self.runtime_log.append(record)

    def issue_timeout_witness(self, site, until_tick):
        place = self.key("site", site)
        if place in self.sites:
            self.timeout(self.sites[place], "Invalidated", "replaced by newer timeout witness")
        number = self.next_timeout
        self.next_timeout = min(number + 1, TOP)
        witness = {"witness_id": number, "site": site, "issued_at_tick": self.clock, "until_tick": until_tick}
        self.sites[place] = witness
        self.timeout(witness, "Issued")
        return witness

    def advance_clock(self, tick):
        if tick < self.clock:
            raise Refused(f"clock cannot go back from {self.clock} to {tick}")
        self.clock = tick
        over = [place for place in sorted(self.sites) if self.expired(self.sites[place])]
        witnesses = [self.sites.pop(place) for place in over]
        for witness in witnesses:
            self.timeout(witness, "Expired", "timeout horizon elapsed")
        return witnesses

    def expired(self, witness):
        return witness["until_tick"] <= self.clock

    def runtime_audit_log(self):
        return self.runtime_log

    # Edges from JSON

    def decode_edge_json(self, value, session_hint):
        if type(value) is list and len(value) == 3:
            value = dict(zip(("sid", "sender", "receiver"), value, strict=True))
        if type(value) is not dict:
            raise Refused("invalid edge json: neither an object nor an array of three")
        sender, receiver, sid = value.get("sender"), value.get("receiver"), value.get("sid")
        if type(sender) is not str or type(receiver) is not str:
            raise Refused("invalid edge json: sender and receiver are texts")
        if sid is not None and not self.is_sid(sid):
            raise Refused("invalid edge json: sid is an integer of 64 bits")
        sid = session_hint if sid is None else sid
        if sid is None:
            raise Refused("missing sid in edge json")
        return {"sid": sid, "sender": sender, "receiver": receiver}

    def is_sid(self, value):
        return type(value) is int and 0 <= value <= TOP
