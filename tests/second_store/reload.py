"""The store written in a form of its own and read back (§15, H17)."""

import pickle

from .forms import TOP


class Reload:
    def reload(self, form):
        text = pickle.dumps({"next": self.next_sid, "archive": self.archive, "live": self.written_sessions()})
        read = pickle.loads(text)
        self.next_sid, self.archive = read["next"], read["archive"]
        self.sessions = {s["sid"]: self.read_back(s) for s in read["live"]}
        self.last_id_used = self.is_last_id_used()

    def is_last_id_used(self):
        """Say whether 2^64-1 is used up: it is live or archived (H7)."""
        return any(s["sid"] == TOP for s in (*self.sessions.values(), *self.archive))

    def written_sessions(self):
        return [self.written(s) for s in self.sessions.values()]

    def written(self, s):
        """Return what is stored of a session: all but the tables that follow from the rest."""
        derived = {"bound", "handler names", "labels", *(() if self.hardened else ("edges",))}
        return {name: part for name, part in s.items() if name not in derived}

    def read_back(self, s):
        """Return a session as it was stored, with the tables that follow from the rest."""
        s["bound"] = self.bound_again(s)
        if not self.hardened:
            s["edges"] = self.edges_again(s)
        s["labels"] = set()
        for entry in s["types"].values():
            s["labels"] |= self.first_labels(entry["current"])
        s["handler names"] = {*s["bound"].values(), *([s["default"]] if s["default"] else [])}
        return s

    def bound_again(self, s):
        """Return the handlers by role pair: of the stored bindings of a pair, the one of the greatest edge."""
        places = [dict(zip(("sid", "sender", "receiver"), place, strict=True)) for place in sorted(s["handlers"])]
        return {self.pair(edge): s["handlers"][self.place(edge)] for edge in places if self.both_listed(s, edge)}

    def edges_again(self, s):
        """Return the table of edges that the buffers give."""
        pairs = [
            (self.key("role", a), self.key("role", b), a, b) for a, b in (x["ends"] for x in s["buffers"].values())
        ]
        return sorted([s["ids"][a], s["ids"][b], sender, receiver] for a, b, sender, receiver in pairs)
