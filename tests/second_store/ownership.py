"""Ownership: guards, operations and witnesses (§1, §2, §3, H1 to H15)."""

from .forms import TOP, Refused

REASONS = {
    "open": "ownership terminated",
    "active": "session closed",
    "owned": "session unclaimed",
    "live": "stale capability",
    "giver": "stale capability",
    "honest": "scope mismatch",
    "scope": "scope violation",
    "counter": "counter exhausted",
    "staged": "receipt is no longer pending",
    "match": "receipt payload mismatch",
}


class Ownership:
    # Guards

    def refuse(self, guard, variant, logged="", /, **fields):
        raise Refused({variant: fields}, guard, logged or REASONS.get(guard, ""))

    def live_session(self, sid):
        if sid not in self.sessions:
            self.refuse("found", "SessionNotFound", session_id=sid)
        return self.sessions[sid]

    def g_open(self, s):
        if s["terminal"] is not None:
            self.refuse("open", "Terminal", session_id=s["sid"], reason=s["terminal"])

    def g_active(self, s):
        if self.hardened and s["status"] == "Closed":
            self.refuse("active", "SessionClosed", session_id=s["sid"])

    def g_owned(self, s):
        if s["owner"] is None:
            self.refuse("owned", "Unclaimed", session_id=s["sid"])

    def g_unowned(self, s):
        if s["owner"] is not None:
            self.refuse("unowned", "AlreadyClaimed", session_id=s["sid"], current_owner_id=s["owner"]["owner_id"])

    def same_owner(self, given, live):
        return self.key("owner", given) == self.key("owner", live)

    def same_generation(self, given, live):
        return given == live

    def same_scope(self, given, live):
        def folded(scope):
            return [self.key("fragment", name) for name in scope["Fragments"]]

        return given == live or ("Session" not in (given, live) and folded(given) == folded(live))

    def g_live(self, s, cap):
        live = s["owner"]
        owner, generation = cap["owner_id"], cap["generation"]
        if not self.same_owner(owner, live["owner_id"]) or not self.same_generation(generation, live["generation"]):
            self.stale("live", s, owner, generation)

    def stale(self, guard, s, owner, expected):
        actual = s["owner"]["generation"]
        fields = {"owner_id": owner, "expected_generation": expected, "actual_generation": actual}
        self.refuse(guard, "StaleCapability", session_id=s["sid"], **fields)

    def g_named(self, s, owner):
        if not self.same_owner(owner, s["owner"]["owner_id"]):
            self.stale("named", s, owner, s["owner"]["generation"])

    def scope_violation(self, guard, s, required):
        live = s["owner"]
        fields = {"owner_id": live["owner_id"], "required": required, "actual": live["scope"]}
        self.refuse(guard, "ScopeViolation", session_id=s["sid"], **fields)

    def g_honest(self, s, cap):
        if self.hardened and not self.same_scope(cap["scope"], s["owner"]["scope"]):
            self.scope_violation("honest", s, cap["scope"])

    def g_scope(self, s):
        if s["owner"]["scope"] != "Session":
            self.scope_violation("scope", s, "Session")

    def within(self, new, live):
        if live == "Session":
            return True

        def keys(scope):
            return {self.key("fragment", name) for name in scope["Fragments"]}

        return new != "Session" and keys(new) <= keys(live)

    def g_within(self, s, new):
        if self.hardened and not self.within(new, s["owner"]["scope"]):
            self.scope_violation("within", s, new)

    def g_idle(self, s):
        if s["pending"] is not None:
            self.refuse("idle", "TransferPending", session_id=s["sid"], claim_id=s["pending"]["claim_id"])

    def g_staged(self, s):
        if s["pending"] is None:
            self.refuse("staged", "TransferNotPending", session_id=s["sid"])

    def same_receipt(self, given, pending):
        names = ("from_owner_id", "to_owner_id")
        plain = ("session_id", "claim_id", "from_generation", "to_generation")
        return (
            all(self.same_owner(given[name], pending[name]) for name in names)
            and all(given[name] == pending[name] for name in plain)
            and self.same_scope(given["scope"], pending["scope"])
        )

    def g_match(self, s, receipt):
        if not self.same_receipt(receipt, s["pending"]):
            self.refuse("match", "ReceiptMismatch", session_id=s["sid"], claim_id=receipt["claim_id"])

    def g_giver(self, s, receipt):
        owner, generation = receipt["from_owner_id"], receipt["from_generation"]
        if not self.same_owner(owner, s["owner"]["owner_id"]) or generation != s["owner"]["generation"]:
            self.stale("giver", s, owner, generation)

    def g_counter(self, s, counter, wanted):
        if self.hardened and wanted > TOP:
            self.refuse("counter", "CounterExhausted", session_id=s["sid"], counter=counter)

    def holder(self, cap):
        """Pass the guards that every operation with a capability begins with."""
        s = self.live_session(cap["session_id"])
        self.g_holder(s, cap)
        return s

    def g_holder(self, s, cap):
        self.g_open(s)
        self.g_active(s)
        self.g_owned(s)
        self.g_live(s, cap)
        self.g_honest(s, cap)

    # Records and counters

    def log(self, s, artifact, value, event, reason=None):
        s["log"].append({"tick": None, "artifact": {artifact: value}, "event": event, "reason": reason})

    def taken(self, s, counter):
        """Use up the next number of a counter."""
        number = s[counter]
        s[counter] = number + 1 if self.hardened else min(number + 1, TOP)
        return number

    def next_generation(self, s, before):
        """Return the generation of a new capability."""
        if self.hardened:
            return self.taken(s, "next_generation")
        return min(before + 1, TOP)

    def end_owner(self, s, reason, given=None):
        """Invalidate the live capability, if there is one; with it end its witnesses (H9)."""
        ended, s["owner"] = s["owner"] if given is None else given, None
        if ended is None:
            return
        self.log(s, "OwnershipCapability", ended, "Invalidated", reason)
        if self.hardened:
            for number in sorted(s["issued"]):
                self.log(s, "Readiness", s["issued"][number], "Invalidated", "ownership generation ended")
            s["issued"].clear()

    def own(self, s, owner, generation, scope):
        s["owner"] = {"session_id": s["sid"], "owner_id": owner, "generation": generation, "scope": scope}
        self.log(s, "OwnershipCapability", s["owner"], "Issued")
        return s["owner"]

    # Operations

    def claim_ownership(self, sid, owner_id, scope):
        s = self.live_session(sid)
        self.g_open(s)
        self.g_active(s)
        self.g_unowned(s)
        self.g_idle(s)
        self.g_counter(s, "generation", s["next_generation"])
        return self.own(s, owner_id, self.first_generation(s), scope)

    def first_generation(self, s):
        return self.taken(s, "next_generation") if self.hardened else 0

    def release_ownership(self, capability):
        s = self.holder(capability)
        self.g_idle(s)
        self.end_owner(s, "ownership released", capability)

    def begin_ownership_transfer(self, capability, new_owner_id, new_scope):
        s = self.holder(capability)
        self.g_idle(s)
        self.g_within(s, new_scope)
        self.g_counter(s, "generation", capability["generation"] + 1)
        self.g_counter(s, "claim_id", s["next_claim"])
        s["pending"] = {
            "session_id": s["sid"],
            "claim_id": self.taken(s, "next_claim"),
            "from_owner_id": capability["owner_id"],
            "from_generation": capability["generation"],
            "to_owner_id": new_owner_id,
            "to_generation": min(capability["generation"] + 1, TOP),
            "scope": new_scope,
        }
        self.log(s, "OwnershipReceipt", s["pending"], "Issued")
        return s["pending"]

    def logged_refusals(self, operation):
        """Return the guards whose refusals an operation logs."""
        if self.hardened:
            return set(REASONS) | {"§3"}
        return {"commit": {"staged", "match"}, "rollback": {"staged", "match"}, "consume": {"§3"}}.get(operation, set())

    def with_refusals(self, operation, s, artifact, value, walk):
        """Walk guards; where one refuses, log the receipt or witness as the row says."""
        try:
            walk()
        except Refused as refused:
            if refused.guard in self.logged_refusals(operation):
                self.log(s, artifact, value, "Rejected", refused.reason)
            raise

    def pending_session(self, operation, receipt, *, owned=False):
        """Pass the guards of an operation on the pending receipt."""
        s = self.live_session(receipt["session_id"])

        def walk():
            self.g_open(s)
            self.g_active(s)
            if owned:
                self.g_owned(s)
            self.g_staged(s)
            self.g_match(s, receipt)
            if owned:
                self.g_giver(s, receipt)
                self.g_counter(s, "generation", s["next_generation"])
            if operation == "cancel":
                self.g_counter(s, "witness_id", s["next_witness"])

        self.with_refusals(operation, s, "OwnershipReceipt", receipt, walk)
        return s

    def commit_ownership_transfer(self, receipt):
        s = self.pending_session("commit", receipt, owned=True)
        self.end_owner(s, "ownership transferred")
        self.log(s, "OwnershipReceipt", receipt, "Committed")
        s["pending"] = None
        generation = self.committed_generation(s, receipt)
        return self.own(s, receipt["to_owner_id"], generation, receipt["scope"])

    def committed_generation(self, s, receipt):
        return self.taken(s, "next_generation") if self.hardened else receipt["to_generation"]

    def rollback_ownership_transfer(self, receipt):
        s = self.pending_session("rollback", receipt)
        s["pending"] = None
        self.log(s, "OwnershipReceipt", receipt, "RolledBack")

    def attenuate_ownership_scope(self, capability, new_scope):
        s = self.holder(capability)
        self.g_idle(s)
        self.g_within(s, new_scope)
        self.g_counter(s, "generation", s["next_generation"])
        self.end_owner(s, "ownership scope attenuated", capability)
        generation = self.next_generation(s, capability["generation"])
        return self.own(s, capability["owner_id"], generation, new_scope)

    def validate_ownership_capability(self, capability):
        self.holder(capability)

    def apply_owned_session_mutation(self, capability, mutation):
        s = self.holder(capability)
        self.g_scope(s)
        name, fields = mutation
        edge = fields.get("edge")
        if self.hardened and edge is not None and (edge["sid"] != s["sid"] or not self.both_listed(s, edge)):
            self.refuse("edge", "ForeignEdge", session_id=s["sid"], edge=edge)
        self.mutate(s, name, fields)

    def issue_readiness_witness(self, capability, predicate_ref):
        s = self.holder(capability)
        self.g_scope(s)
        self.g_counter(s, "witness_id", s["next_witness"])
        number = self.taken(s, "next_witness")
        witness = {"witness_id": number, **capability, "predicate_ref": predicate_ref}
        s["issued"][number] = witness
        self.log(s, "Readiness", witness, "Issued")
        return witness

    def consume_readiness_witness(self, capability, witness):
        s = self.live_session(capability["session_id"])

        def walk():
            self.g_holder(s, capability)
            self.g_scope(s)
            self.g_witness(s, capability, witness)

        self.with_refusals("consume", s, "Readiness", witness, walk)
        self.spend(s, witness)
        self.log(s, "Readiness", witness, "Consumed")

    def spend(self, s, witness):
        del s["issued"][witness["witness_id"]]
        s["consumed"].add(witness["witness_id"])

    def same_witness(self, given, issued):
        return (
            all(given[name] == issued[name] for name in ("witness_id", "session_id", "generation"))
            and self.same_owner(given["owner_id"], issued["owner_id"])
            and self.same_scope(given["scope"], issued["scope"])
            and self.key("predicate", given["predicate_ref"]) == self.key("predicate", issued["predicate_ref"])
        )

    def g_witness(self, s, cap, witness):
        number = witness["witness_id"]
        if number in s["consumed"]:
            reason = "witness already consumed"
            self.refuse("§3", "WitnessConsumed", reason, session_id=witness["session_id"], witness_id=number)
        if number not in s["issued"]:
            self.invalid_witness(s, number, "witness was never issued")
        if not self.same_witness(witness, s["issued"][number]):
            self.invalid_witness(s, number, "witness payload mismatch")
        if not self.witness_of(witness, cap):
            self.invalid_witness(s, number, "live ownership no longer matches witness")

    def invalid_witness(self, s, number, reason):
        error = {"InvalidWitness": {"session_id": s["sid"], "witness_id": number, "reason": reason}}
        raise Refused(error, "§3", reason)

    def witness_of(self, witness, cap):
        return (
            witness["session_id"] == cap["session_id"]
            and self.same_owner(witness["owner_id"], cap["owner_id"])
            and witness["generation"] == cap["generation"]
            and self.same_scope(witness["scope"], cap["scope"])
        )

    def end_session(self, s, status, terminal):
        s["status"], s["terminal"], s["pending"] = status, terminal, None

    def cancellation(self, s, owner, generation):
        number = self.taken(s, "next_witness")
        fields = {"session_id": s["sid"], "owner_id": owner, "generation": generation}
        witness = {"witness_id": number, **fields, "reason": s["terminal"]}
        self.log(s, "Cancellation", witness, "Issued")
        return witness

    def mark_owner_died(self, sid, owner_id):
        s = self.live_session(sid)
        self.g_open(s)
        self.g_active(s)
        self.g_owned(s)
        self.g_named(s, owner_id)
        self.g_counter(s, "witness_id", s["next_witness"])
        pending, generation = s["pending"], s["owner"]["generation"]
        self.end_owner(s, "owner died")
        if self.hardened and pending is not None:
            self.log(s, "OwnershipReceipt", pending, "RolledBack", "owner died")
        status = {"Faulted": {"reason": f"ownership owner `{owner_id}` died"}}
        self.end_session(s, status, {"OwnerDied": {"owner_id": owner_id}})
        return self.cancellation(s, owner_id, generation)

    def cancel_abandoned_transfer(self, receipt):
        s = self.pending_session("cancel", receipt)
        self.end_owner(s, "transfer abandoned")
        self.log(s, "OwnershipReceipt", receipt, "RolledBack", "transfer abandoned")
        owner, claim = receipt["from_owner_id"], receipt["claim_id"]
        self.end_session(s, "Cancelled", {"TransferAbandoned": {"owner_id": owner, "claim_id": claim}})
        return self.cancellation(s, owner, receipt["from_generation"])

    def fault_failed_transfer_commit(self, receipt, reason):
        s = self.pending_session("fault", receipt)
        self.end_owner(s, "transfer commit failed")
        self.log(s, "OwnershipReceipt", receipt, "RolledBack", reason)
        fields = {"owner_id": receipt["from_owner_id"], "claim_id": receipt["claim_id"], "reason": reason}
        status = {"Faulted": {"reason": f"ownership transfer commit failed: {reason}"}}
        self.end_session(s, status, {"TransferCommitFailed": fields})

    def current_ownership(self, sid):
        s = self.sessions.get(sid)
        return None if s is None else s["owner"]

    def authority_audit_log(self, sid):
        s = self.sessions.get(sid)
        return None if s is None else s["log"]
