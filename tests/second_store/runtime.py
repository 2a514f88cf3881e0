"""Timeouts, edges from JSON, and the lifecycle states of artifacts (§9, §10, §11, §19)."""

from .forms import TOP, Refused


class Runtime:
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

    # Lifecycle states

    def lifecycle_state(self, event):
        return "rolled_back" if event == "RolledBack" else event.lower()
