"""Opening, closing, reaping, counting, and what ``observe`` shows (§5)."""

import json
from collections import deque

from .forms import TOP, Refused
from .limits import within

OVER = ("Closed", "Cancelled", "Faulted")


def edge_of(place):
    return dict(zip(("sid", "sender", "receiver"), place, strict=True))


class Sessions:
    def found(self, sid):
        """Return a session, or refuse with a text."""
        if sid not in self.sessions:
            raise Refused(f"session {sid} not found")
        return self.sessions[sid]

    def open(self, roles, initial_types, buffer_config):
        if self.hardened and self.last_id_used:
            raise Refused("session ids exhausted")
        return self.opened(self.next_sid, roles, initial_types, buffer_config)

    def open_with_sid(self, sid, roles, initial_types, buffer_config):
        self.sid_is_free(sid)
        return self.opened(sid, roles, initial_types, buffer_config)

    def open_with_sid_from_plan(self, sid, plan, buffer_config):
        """Open from the plan that was built for these roles and types, whenever that was (§13)."""
        self.sid_is_free(sid)
        place = self.plan_key(plan["roles"], plan["initial_types"])
        if place not in self.plans:
            self.plans[place] = self.plan(plan["roles"], plan["initial_types"])
        return self.opened_from(sid, self.plans[place], buffer_config)

    def plan_key(self, roles, initial_types):
        return json.dumps([roles, initial_types], sort_keys=True)

    def sid_is_free(self, sid):
        if self.hardened and (sid < self.next_sid or (sid == TOP and self.last_id_used)):
            raise Refused(f"session {sid} already used")

    def opened(self, sid, roles, initial_types, config):
        return self.opened_from(sid, self.plan(roles, initial_types), config)

    def opened_from(self, sid, plan, config):
        if plan["edge_blueprint"]:
            within("capacity", config["initial_capacity"])
        self.sessions[sid] = self.fresh_session(sid, plan, config)
        self.next_sid = max(self.next_sid, min(sid + 1, TOP))
        self.last_id_used |= sid == TOP
        return sid

    def fresh_session(self, sid, plan, config):
        def role(name):
            return self.key("role", name)

        pairs = [(sender, receiver) for _, sender, receiver in plan["edge_blueprint"]]
        labels = set().union(*(self.first_labels(each["current"]) for each in plan["initial_types"]))
        within("labels", len(labels))
        return {
            "sid": sid,
            "status": "Active",
            "epoch": 0,
            "roles": plan["roles"],
            "ids": plan["role_ids"],
            "edges": [[*ids, sender, receiver] for ids, sender, receiver in plan["edge_blueprint"]],
            "types": {role(each["role"]): {**each} for each in plan["initial_types"]},
            "buffers": {(role(a), role(b)): self.fresh_buffer(a, b, config) for a, b in pairs},
            "handlers": {},
            "bound": {},
            "default": "default_handler",
            "handler names": {"default_handler"},
            "labels": labels,
            "traces": {},
            "leaves": {},
            "owner": None,
            "pending": None,
            "terminal": None,
            "next_claim": 1,
            "next_witness": 1,
            "next_generation": 0,
            "issued": {},
            "consumed": set(),
            "log": [],
        }

    def fresh_buffer(self, sender, receiver, config):
        capacity = max(1, config["initial_capacity"])
        return {"ends": (sender, receiver), "values": deque(), "capacity": capacity, **config}

    def close(self, sid):
        s = self.found(sid)
        if not self.hardened or self.status_name(s) not in ("Cancelled", "Faulted"):
            s["status"] = "Closed"
        s["buffers"].clear()
        s["traces"].clear()
        s["epoch"] = min(s["epoch"] + 1, TOP)
        if self.hardened:
            pending = s["pending"]
            self.end_owner(s, "session closed")
            if pending is not None:
                self.log(s, "OwnershipReceipt", pending, "RolledBack", "session closed")
            s["pending"] = None

    def status_name(self, s):
        return s["status"] if type(s["status"]) is str else "Faulted"

    def ids_over(self):
        return sorted(sid for sid, s in self.sessions.items() if self.status_name(s) in OVER)

    closed_session_ids = ids_over

    def reap_closed(self):
        return self.reap_sessions(self.ids_over())

    def reap_sessions(self, session_ids):
        reaped = []
        for sid in session_ids:
            if sid in self.sessions and self.status_name(self.sessions[sid]) in OVER:
                reaped.append(self.summary(self.sessions.pop(sid)))
        self.archive.extend(reaped)
        return reaped

    def summary(self, s):
        return {
            "sid": s["sid"],
            "status": s["status"],
            "role_count": len(s["roles"]),
            "local_type_entries": len(s["types"]),
            "edge_count": len(s["buffers"]),
            "edge_handler_count": len(s["handlers"]),
            "auth_leaf_count": sum(s["leaves"].values()),
            "auth_tree_count": len(s["leaves"]),
            "auth_root_count": len(s["leaves"]),
            "epoch": s["epoch"],
        }

    def archived_closed(self):
        return self.archive

    def active_count(self):
        return sum(s["status"] == "Active" for s in self.sessions.values())

    def live_count(self):
        return len(self.sessions)

    def session_ids(self):
        return sorted(self.sessions)

    def next_session_id(self):
        return self.next_sid

    def memory_usage(self):
        live = [self.summary(s) for s in self.sessions.values()]

        def total(field):
            return sum(each[field] for each in live)

        waiting = sum(len(b["values"]) for s in self.sessions.values() for b in s["buffers"].values())
        counts = {
            "live_sessions": len(live),
            "live_closed_sessions": len(self.ids_over()),
            "archived_closed_sessions": len(self.archive),
            "live_local_type_entries": total("local_type_entries"),
            "live_buffer_count": total("edge_count"),
            "live_buffered_messages": waiting,
            "live_edge_handler_count": total("edge_handler_count"),
            "live_auth_leaf_count": total("auth_leaf_count"),
            "live_auth_tree_count": total("auth_tree_count"),
            "live_auth_root_count": total("auth_root_count"),
        }
        parts = {
            "live_sessions": 100 * len(live),
            "archived_closed": 80 * len(self.archive),
            "local_types": 30 * counts["live_local_type_entries"],
            "buffers": 20 * counts["live_buffer_count"] + 10 * waiting,
            "traces": sum(len(s["traces"]) for s in self.sessions.values()),
            "auth": 32 * counts["live_auth_leaf_count"],
            "handlers": 9 * counts["live_edge_handler_count"],
        }
        return {**counts, "retained_bytes": {**parts, "total": sum(parts.values())}}

    def observe(self, sid):
        s = self.found(sid)
        places = sorted(s["buffers"].values(), key=lambda buffer: buffer["ends"])
        summary = self.summary(s)
        return {
            "sid": sid,
            "status": s["status"],
            "epoch": s["epoch"],
            "roles": s["roles"],
            "role_ids": s["ids"],
            "edges": s["edges"],
            "local_types": [s["types"][role] for role in sorted(s["types"])],
            "buffers": [
                {"edge": edge_of((sid, *b["ends"])), "len": len(b["values"]), "capacity": b["capacity"]} for b in places
            ],
            "edge_handlers": [{"edge": edge_of(at), "handler": s["handlers"][at]} for at in sorted(s["handlers"])],
            "default_handler": s["default"],
            "edge_traces": [{"edge": edge_of(at), "trace": s["traces"][at]} for at in sorted(s["traces"])],
            "auth": {
                "leaves": summary["auth_leaf_count"],
                "trees": summary["auth_tree_count"],
                "roots": summary["auth_root_count"],
            },
            "ownership": {
                "current": s["owner"],
                "pending_transfer": s["pending"],
                "terminal_reason": s["terminal"],
                "next_claim_id": min(s["next_claim"], TOP),
                "next_witness_id": min(s["next_witness"], TOP),
                "issued_readiness": [s["issued"][number] for number in sorted(s["issued"])],
                "consumed_witnesses": sorted(s["consumed"]),
            },
            "audit_len": len(s["log"]),
        }
