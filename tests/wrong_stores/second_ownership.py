"""Stores with one rule wrong, of ownership and timeouts: at least one for each operation."""

from __future__ import annotations

from tests.second_store.store import Store
from tests.wrong_stores.steps import (
    SESSION,
    Script,
    altered,
    fragments,
)
from tests.wrong_stores.wrong import second

# Ownership


def granted(s: Script) -> None:
    cap = s.claimed("a", fragments("x"))
    receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.validate_ownership_capability(capability=cap)
    s.commit_ownership_transfer(receipt=receipt)
    s.commit_ownership_transfer(receipt=receipt)
    s.rollback_ownership_transfer(receipt=receipt)
    s.validate_ownership_capability(capability=cap)
    s.authority_audit_log(sid=0)


@second("rules", "Committing adds one to the generation that is live, and one more.", granted)
class commit_counts_twice(Store):
    def committed_generation(self, s, receipt):
        return super().committed_generation(s, receipt) + 1


@second("records", "The old capability gets no record at a commit.", granted)
class commit_without_invalidation(Store):
    def commit_ownership_transfer(self, receipt):
        done = super().commit_ownership_transfer(receipt)
        del self.sessions[receipt["session_id"]]["log"][-3]
        return done


@second("records", "The records of a commit come in another order.", granted)
class commit_logs_the_receipt_first(Store):
    def commit_ownership_transfer(self, receipt):
        done = super().commit_ownership_transfer(receipt)
        log = self.sessions[receipt["session_id"]]["log"]
        log[-3], log[-2] = log[-2], log[-3]
        return done


@second("records", "A rejected rollback is logged as one without a reason.", granted)
class rejections_without_reason(Store):
    def log(self, s, artifact, value, event, reason=None):
        super().log(s, artifact, value, event, None if event == "Rejected" else reason)


@second("records", "Records carry the clock's tick.", lambda s: s.advance_clock(tick=3), lambda s: s.claimed())
class records_carry_ticks(Store):
    def log(self, s, *record):
        super().log(s, *record)
        s["log"][-1]["tick"] = self.clock or None


def rolled_back(s: Script) -> None:
    cap, receipt = s.begun()
    s.rollback_ownership_transfer(receipt=receipt)
    s.validate_ownership_capability(capability=cap)
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)


@second("rules", "Rolling back counts a generation.", rolled_back)
class rollback_counts(Store):
    def rollback_ownership_transfer(self, receipt):
        super().rollback_ownership_transfer(receipt)
        owner = self.sessions[receipt["session_id"]]["owner"]
        self.sessions[receipt["session_id"]]["owner"] = {**owner, "generation": owner["generation"] + 1}


def begun_twice(s: Script) -> None:
    cap, receipt = s.begun()
    s.begin_ownership_transfer(capability=cap, new_owner_id="c", new_scope=SESSION)
    s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
    s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.commit_ownership_transfer(receipt=receipt)


@second("rules", "No witness is issued while a transfer is pending.", begun_twice)
class no_witness_while_pending(Store):
    def issue_readiness_witness(self, capability, predicate_ref):
        s = self.holder(capability)
        self.g_idle(s)
        return super().issue_readiness_witness(capability, predicate_ref)


@second("rules", "A pending transfer is refused with the next claim id.", begun_twice)
class pending_names_the_next_claim(Store):
    def g_idle(self, s):
        if s["pending"] is not None:
            self.refuse("idle", "TransferPending", session_id=s["sid"], claim_id=s["next_claim"])


def staged(ending):
    def play(s: Script) -> None:
        cap, receipt = s.begun(fragments("x"))
        witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
        for name in ("to_owner_id", "from_owner_id"):
            getattr(s, ending)(receipt=altered(receipt, **{name: "z"}), **_REASON.get(ending, {}))
        for name in ("claim_id", "from_generation", "to_generation"):
            getattr(s, ending)(receipt=altered(receipt, **{name: 7}), **_REASON.get(ending, {}))
        getattr(s, ending)(receipt=altered(receipt, scope=SESSION), **_REASON.get(ending, {}))
        getattr(s, ending)(receipt=receipt, **_REASON.get(ending, {}))
        s.consume_readiness_witness(capability=cap, witness=witness)
        s.observe(sid=0)
        s.authority_audit_log(sid=0)

    return play


_REASON = {"fault_failed_transfer_commit": {"reason": "why"}}


def matching_all_but(field: str) -> type[Store]:
    """Return a store that does not compare one field of a receipt."""

    class Matching(Store):
        def same_receipt(self, given, pending):
            return super().same_receipt({**given, field: pending[field]}, pending)

    return Matching


for _field, _ending in {
    "claim_id": "commit_ownership_transfer",
    "from_owner_id": "rollback_ownership_transfer",
    "from_generation": "commit_ownership_transfer",
    "to_owner_id": "cancel_abandoned_transfer",
    "to_generation": "fault_failed_transfer_commit",
    "scope": "cancel_abandoned_transfer",
}.items():
    second(
        "rules",
        f"The {_field} of a receipt is not compared with the pending one's.",
        staged(_ending),
        name=f"receipt matches with another {_field}",
    )(matching_all_but(_field))


@second("records", "A refused cancellation is logged.", staged("cancel_abandoned_transfer"))
class refused_cancel_is_logged(Store):
    def logged_refusals(self, operation):
        return super().logged_refusals("commit" if operation == "cancel" else operation)


@second("rules", "A failed commit uses a witness id.", staged("fault_failed_transfer_commit"))
class failed_commit_uses_an_id(Store):
    def fault_failed_transfer_commit(self, receipt, reason):
        super().fault_failed_transfer_commit(receipt, reason)
        self.taken(self.sessions[receipt["session_id"]], "next_witness")


@second("rules", "The terminal reason of a cancellation names the receiver.", staged("cancel_abandoned_transfer"))
class cancellation_names_the_receiver(Store):
    def cancel_abandoned_transfer(self, receipt):
        return super().cancel_abandoned_transfer(receipt) | {"owner_id": receipt["to_owner_id"]}


def witnessed(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    for name, value in (("owner_id", "z"), ("predicate_ref", "q"), ("generation", 9), ("session_id", 9)):
        s.consume_readiness_witness(capability=cap, witness=altered(witness, **{name: value}))
    s.consume_readiness_witness(capability=cap, witness=altered(witness, scope=fragments()))
    s.consume_readiness_witness(capability=cap, witness=altered(witness, witness_id=9))
    s.consume_readiness_witness(capability=cap, witness=witness)
    s.consume_readiness_witness(capability=cap, witness=altered(witness, session_id=9, predicate_ref="q"))
    s.consume_readiness_witness(capability=cap, witness=witness)


def witnesses_but(field: str) -> type[Store]:
    """Return a store that does not compare one field of a witness with the issued one's."""

    class Witnesses(Store):
        def same_witness(self, given, issued):
            return super().same_witness({**given, field: issued[field]}, issued)

    return Witnesses


for _field in ("session_id", "owner_id", "generation", "scope", "predicate_ref"):
    second(
        "rules",
        f"The {_field} of a witness is not compared with the issued one's.",
        witnessed,
        name=f"witness matches with another {_field}",
    )(witnesses_but(_field))


@second("rules", "A witness that was consumed reads as never issued.", witnessed)
class consumed_reads_as_never_issued(Store):
    def spend(self, s, witness):
        del s["issued"][witness["witness_id"]]


@second("rules", "A consumed witness is refused in the name of the capability's session.", witnessed)
class consumed_names_the_capability(Store):
    def g_witness(self, s, cap, witness):
        super().g_witness(s, cap, {**witness, "session_id": s["sid"]})


@second("records", "A refused witness is not logged.", witnessed)
class refused_witness_is_not_logged(Store):
    def logged_refusals(self, operation):
        return set() if operation == "consume" else super().logged_refusals(operation)


# Timeouts


def timed(s: Script) -> None:
    s.issue_timeout_witness(site="b", until_tick=2)
    s.issue_timeout_witness(site="a", until_tick=3)
    s.issue_timeout_witness(site="b", until_tick=1)
    s.advance_clock(tick=1)
    s.issue_timeout_witness(site="c", until_tick=0)
    s.advance_clock(tick=3)
    s.advance_clock(tick=2)
    s.advance_clock(tick=3)
    s.runtime_audit_log()


@second("rules", "A witness expires when the clock has passed its tick.", timed)
class timeouts_expire_late(Store):
    def expired(self, witness):
        return witness["until_tick"] < self.clock


@second("rules", "The clock may be set back.", timed)
class clock_goes_back(Store):
    def advance_clock(self, tick):
        self.clock = min(self.clock, tick)
        return super().advance_clock(tick)


@second("records", "A replaced witness gets no record.", timed)
class replaced_timeouts_get_no_record(Store):
    def timeout(self, witness, event, reason=None):
        if event != "Invalidated":
            super().timeout(witness, event, reason)


@second("records", "An expired witness is logged at the tick before.", timed)
class expiry_is_logged_at_its_horizon(Store):
    def timeout(self, witness, event, reason=None):
        super().timeout(witness, event, reason)
        if event == "Expired":
            self.runtime_log[-1]["tick"] = witness["until_tick"]
