"""Stores with one rule wrong, small and shallow: at least one for each operation, and orders that come seldom."""

from __future__ import annotations

from tests.second_store.forms import TOP, Refused
from tests.second_store.store import Store
from tests.second_store.types import head
from tests.wrong_stores.steps import (
    A_TO_B,
    SESSION,
    Script,
    altered,
    edge,
    ep,
    fragments,
    mu,
    recv,
    send,
    var,
)
from tests.wrong_stores.wrong import second

# Opening, closing, reaping, counting


def opened_twice(s: Script) -> None:
    s.start()
    s.open_with_sid(sid=5, roles=["A"], initial_types={})
    s.start()
    s.open_with_sid(sid=2, roles=["A"], initial_types={})
    s.next_session_id()
    s.session_ids()


@second("rules", "Opening under a smaller sid sets the next id back.", opened_twice)
class next_id_follows_the_last(Store):
    def opened(self, sid, *rest):
        super().opened(sid, *rest)
        self.next_sid = min(sid + 1, TOP)
        return sid


@second("rules", "Opening under a sid leaves the next id as it was.", opened_twice)
class next_id_ignores_given_sids(Store):
    def open_with_sid(self, sid, *rest):
        kept = self.next_sid
        super().open_with_sid(sid, *rest)
        self.next_sid = kept
        return sid


@second("rules", "Session ids are listed in the order of opening.", opened_twice)
class ids_in_the_order_of_opening(Store):
    def session_ids(self):
        return list(self.sessions)


def closed_full(s: Script) -> None:
    s.buffered()
    s.sent(1)
    s.close(sid=0)
    s.has_message(sid=0, from_="A", to="B")
    s.received()
    s.sent(2)
    s.close(sid=0)
    s.observe(sid=0)


@second("rules", "Closing empties the buffers and keeps them.", closed_full)
class close_keeps_the_buffers(Store):
    def close(self, sid):
        s = self.found(sid)
        kept = {place: {**buffer, "values": type(buffer["values"])()} for place, buffer in s["buffers"].items()}
        super().close(sid)
        s["buffers"].update(kept)


@second("rules", "Closing forgets the table of edges.", closed_full)
class close_forgets_the_edges(Store):
    def close(self, sid):
        super().close(sid)
        self.sessions[sid]["edges"] = []


@second("rules", "Closing a closed session is refused.", closed_full)
class close_is_refused_twice(Store):
    def close(self, sid):
        if self.found(sid)["status"] == "Closed":
            raise Refused(f"session {sid} not found")
        super().close(sid)


@second("rules", "Closing counts only the first time.", closed_full)
class epoch_counts_once(Store):
    def close(self, sid):
        epoch = self.found(sid)["epoch"]
        super().close(sid)
        self.sessions[sid]["epoch"] = max(1, epoch)


def ended_and_closed(s: Script) -> None:
    s.claimed()
    s.start()
    s.mark_owner_died(sid=0, owner_id="a")
    s.closed_session_ids()
    s.active_count()
    s.memory_usage()
    s.close(sid=0)
    s.current_ownership(sid=0)
    s.claim_ownership(sid=0, owner_id="b", scope=SESSION)
    s.observe(sid=0)
    s.reap_closed()


@second("rules", "A faulted session is not among the closed ones.", ended_and_closed)
class faulted_is_not_over(Store):
    def ids_over(self):
        return [sid for sid in super().ids_over() if self.status_name(self.sessions[sid]) != "Faulted"]

    closed_session_ids = ids_over


@second("rules", "Closing a faulted session leaves it faulted.", ended_and_closed)
class close_keeps_faulted(Store):
    def close(self, sid):
        status = self.found(sid)["status"]
        super().close(sid)
        if type(status) is dict:
            self.sessions[sid]["status"] = status


@second("rules", "Closing takes the terminal reason away.", ended_and_closed)
class close_forgets_the_terminal_reason(Store):
    def close(self, sid):
        super().close(sid)
        self.sessions[sid]["terminal"] = None


@second("rules", "Sessions that are over count as active.", ended_and_closed)
class all_live_sessions_are_active(Store):
    def active_count(self):
        return len(self.sessions)


@second("rules", "Live closed sessions are counted by the status Closed alone.", ended_and_closed)
class memory_counts_closed_alone(Store):
    def memory_usage(self):
        closed = sum(s["status"] == "Closed" for s in self.sessions.values())
        return {**super().memory_usage(), "live_closed_sessions": closed}


def reaped_in_order(s: Script) -> None:
    for _ in range(3):
        s.close(sid=s.start(types=A_TO_B))
    s.reap_sessions(session_ids=[2, 0, 2, 7, 1])
    s.archived_closed()


@second("rules", "A list with a repeated id reaps nothing more from there on.", reaped_in_order)
class reaping_stops_at_a_repeat(Store):
    def reap_sessions(self, session_ids):
        first = []
        for sid in session_ids:
            if sid in first:
                break
            first.append(sid)
        return super().reap_sessions(first)


@second("rules", "The archive is ordered by id.", reaped_in_order)
class archive_by_id(Store):
    def archived_closed(self):
        return sorted(self.archive, key=lambda summary: summary["sid"])


@second("rules", "A summary counts the edges that the session had.", reaped_in_order)
class summary_counts_all_edges(Store):
    def summary(self, s):
        return {**super().summary(s), "edge_count": len(s["edges"])}


@second(
    "rules", "The estimate of memory leaves the archive out of its total.", reaped_in_order, lambda s: s.memory_usage()
)
class total_without_the_archive(Store):
    def memory_usage(self):
        usage = super().memory_usage()
        bytes_ = usage["retained_bytes"]
        return {**usage, "retained_bytes": {**bytes_, "total": bytes_["total"] - bytes_["archived_closed"]}}


# Plans and types


def planned(s: Script) -> None:
    types = {
        "A": mu("t", send("B", ("m", recv("C", ("n", var("t")))), ("o", send("C", ("p", "End"))))),
        "B": recv("A", ("m", "End")),
        "C": {"Send": {"partner": "B", "branches": []}},
    }
    s.plan(roles=["C", "A", "B"], initial_types=types)
    s.plan(roles=["A", "B", "A"], initial_types={"A": send("B", ("m", "End")), "B": send("A", ("m", "End"))})


@second("rules", "A Recv gives the edge from its own role.", planned)
class recv_gives_the_wrong_edge(Store):
    def blueprint(self, ids, originals):
        return super().blueprint(ids, [(role, turned(lt)) for role, lt in originals])


def turned(lt):
    """Return a type with every Recv as a Send."""
    kind = head(lt)
    if kind == "Mu":
        return {"Mu": {**lt["Mu"], "body": turned(lt["Mu"]["body"])}}
    if kind not in ("Send", "Recv"):
        return lt
    branches = [[label, carried, turned(rest)] for label, carried, rest in lt[kind]["branches"]]
    return {"Send": {**lt[kind], "branches": branches}}


@second("rules", "Of a choice the first branch alone is walked for the blueprint.", planned)
class blueprint_of_first_branches(Store):
    def blueprint(self, ids, originals):
        return super().blueprint(ids, [(role, first_branches(lt)) for role, lt in originals])


def first_branches(lt):
    """Return a type with the first branch of each choice."""
    kind = head(lt)
    if kind == "Mu":
        return {"Mu": {**lt["Mu"], "body": first_branches(lt["Mu"]["body"])}}
    if kind not in ("Send", "Recv"):
        return lt
    branches = [[label, carried, first_branches(rest)] for label, carried, rest in lt[kind]["branches"][:1]]
    return {kind: {**lt[kind], "branches": branches}}


@second("rules", "A choice without branches has no edge.", planned)
class empty_choice_has_no_edge(Store):
    def blueprint(self, ids, originals):
        return super().blueprint(ids, [(role, lt) for role, lt in originals if "[]" not in str(lt)])


@second("rules", "The blueprint is ordered by names.", planned)
class blueprint_by_names(Store):
    def blueprint(self, ids, originals):
        return sorted(super().blueprint(ids, originals), key=lambda entry: entry[1:])


@second("rules", "A current type that still has its Mu is not active.", planned)
class recursive_roles_are_not_active(Store):
    def plan(self, roles, initial_types):
        plan = super().plan(roles, initial_types)
        active = [role for role in plan["active_branch_roles"] if head(initial_types[role]) != "Mu"]
        return {**plan, "active_branch_roles": active}


def typed(s: Script) -> None:
    loop = mu("t", send("B", ("m", var("t")), ("n", mu("u", send("B", ("o", var("u")), ("p", "End"))))))
    s.start(types={"A": loop})
    s.advance(ep=ep(), label="m")
    s.advance(ep=ep(), label="n")
    s.original_type(ep=ep())
    s.advance(ep=ep(), label="o")
    s.advance(ep=ep(), label="x")
    s.lookup_branch_resolution(ep=ep(), label="p")
    s.update_original(ep=ep(), new_original="End")
    s.original_type(ep=ep())
    s.lookup_type(ep=ep())
    s.update_type(ep=ep(), new_type=loop)
    s.lookup_branch_resolution(ep=ep(), label="m")
    s.remove_type(ep=ep())
    s.lookup_type(ep=ep())
    s.update_type(ep=ep(), new_type="End")
    s.lookup_type(ep=ep())


@second("rules", "A variable goes back to the first original for ever.", typed)
class variable_goes_to_the_first_original(Store):
    def advance(self, ep, label):
        entry = self.entry(ep)
        original = None if entry is None else entry["original"]
        done = super().advance(ep, label)
        entry["original"] = original
        return done


@second("rules", "Updating a type takes its leading Mu away.", typed)
class update_strips(Store):
    def update_type(self, ep, new_type):
        super().update_type(ep, self.unfold_mu(new_type))


@second("rules", "Updating a type creates an entry that was not there.", typed)
class update_creates(Store):
    def update_type(self, ep, new_type):
        if self.entry(ep) is None and ep["sid"] in self.sessions:
            entry = {"role": ep["role"], "current": new_type, "original": new_type}
            self.sessions[ep["sid"]]["types"][ep["role"]] = entry
        super().update_type(ep, new_type)


@second("rules", "Updating the original changes the current type too.", typed)
class original_is_current(Store):
    def update_original(self, ep, new_original):
        super().update_original(ep, new_original)
        super().update_type(ep, new_original)


@second("rules", "Removing a type leaves its original.", typed)
class remove_leaves_end(Store):
    def remove_type(self, ep):
        self.update_type(ep, "End")


def unfolded(s: Script) -> None:
    chain = mu("t", mu("u", send("B", ("m", var("t")))))
    s.unfold_mu(lt=chain)
    s.unfold_if_var(cont=var("x"), original=chain)
    s.unfold_if_var(cont=chain, original="End")
    s.unfold_if_var_with_scope(cont=chain, original="End")
    s.unfold_if_var_with_scope(cont=var("x"), original=chain)
    s.unfold_if_var_with_scope(cont="End", original=chain)


@second("rules", "One leading Mu is taken away, not all.", unfolded)
class unfold_mu_takes_one(Store):
    def unfold_mu(self, lt):
        return lt["Mu"]["body"] if head(lt) == "Mu" else lt


@second("rules", "The new scope is the innermost Mu of the chain.", unfolded)
class scope_is_the_innermost(Store):
    def unfold_if_var_with_scope(self, cont, original):
        current, scope = super().unfold_if_var_with_scope(cont, original)
        while scope is not None and head(scope["Mu"]["body"]) == "Mu":
            scope = scope["Mu"]["body"]
        return [current, scope]


@second("rules", "A variable brings its original as the new scope.", unfolded)
class variable_has_a_scope(Store):
    def unfold_if_var_with_scope(self, cont, original):
        current, scope = super().unfold_if_var_with_scope(cont, original)
        return [current, original if head(cont) == "Var" else scope]


# Messages


def ordered(s: Script) -> None:
    s.buffered(capacity=2)
    s.sent(1)
    s.sent(2)
    s.sent(3)
    s.received()
    s.received()
    s.received()


@second("rules", "The newest message is received first.", ordered)
class messages_are_a_stack(Store):
    def recv(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        return buffer["values"].pop() if buffer is not None and buffer["values"] else None


@second("rules", "Receiving looks and takes nothing.", ordered)
class recv_takes_nothing(Store):
    def recv(self, sid, sender, receiver):
        buffer = self.buffer(self.found(sid), sender, receiver)
        return buffer["values"][0] if buffer is not None and buffer["values"] else None


@second("rules", "A full buffer that blocks says Full.", ordered)
class block_says_full(Store):
    def admitted(self, buffer):
        outcome = super().admitted(buffer)
        return "Full" if outcome == "WouldBlock" else outcome


@second(
    "rules",
    "A message goes both ways of its edge.",
    lambda s: (s.buffered(), s.send(sid=0, from_="B", to="A", val="Unit")),
)
class edges_have_no_direction(Store):
    def buffer(self, s, sender, receiver):
        return super().buffer(s, sender, receiver) or super().buffer(s, receiver, sender)


def latest(s: Script) -> None:
    s.buffered("LatestValue", 3, "Error")
    s.sent(1)
    s.sent(2)
    s.observe(sid=0)
    s.received()
    s.received()


@second("rules", "LatestValue keeps the first value.", latest)
class latest_keeps_the_first(Store):
    def send(self, sid, sender, receiver, val):
        buffer = self.buffer(self.found(sid), sender, receiver)
        if buffer is not None and buffer["mode"] == "LatestValue" and buffer["values"]:
            val = buffer["values"][0]
        return super().send(sid, sender, receiver, val)


@second("rules", "LatestValue shows the capacity 1.", latest)
class latest_has_capacity_1(Store):
    def fresh_buffer(self, sender, receiver, config):
        buffer = super().fresh_buffer(sender, receiver, config)
        return {**buffer, "capacity": 1} if config["mode"] == "LatestValue" else buffer


@second("rules", "Overwriting adds no leaf.", latest)
class overwriting_adds_no_leaf(Store):
    def send(self, sid, sender, receiver, val):
        s = self.found(sid)
        buffer = self.buffer(s, sender, receiver)
        overwrites = buffer is not None and buffer["mode"] == "LatestValue" and buffer["values"]
        outcome = super().send(sid, sender, receiver, val)
        if overwrites:
            s["leaves"][sender, receiver] -= 1
        return outcome


@second("rules", "A capacity of 0 takes nothing.", lambda s: (s.buffered(capacity=0), s.sent(1)))
class capacity_0_takes_nothing(Store):
    def fresh_buffer(self, sender, receiver, config):
        return {**super().fresh_buffer(sender, receiver, config), "capacity": config["initial_capacity"]}


# Handlers and traces


def handled(s: Script) -> None:
    cap = s.claimed()
    s.rebound(cap, "h", sender="A", receiver="A")
    s.lookup_handler(edge=edge("A", "A"))
    s.rebound(cap, "i", sender="A", receiver="Z")
    s.lookup_handler(edge=edge("A", "Z"))
    s.rebound(cap, "j", sid=9)
    s.lookup_handler(edge=edge())
    s.lookup_handler(edge=edge(sid=9))
    s.observe(sid=0)
    s.defaulted(cap, "")
    s.default_handler_for_session(sid=0)
    s.observe(sid=0)
    s.traced(cap, ["Nat"], sid=9)
    s.traced(cap, [], sender="Z")
    s.lookup_trace(edge=edge("Z"))
    s.lookup_trace(edge=edge(sid=9))
    s.observe(sid=0)


@second("rules", "A role has no handler for itself.", handled)
class no_handler_for_oneself(Store):
    def both_listed(self, s, edge):
        return super().both_listed(s, edge) and edge["sender"] != edge["receiver"]


@second("rules", "A binding under a foreign edge does not count here.", handled)
class foreign_bindings_do_not_count(Store):
    def both_listed(self, s, edge):
        return super().both_listed(s, edge) and edge["sid"] == s["sid"]


@second("rules", "The empty default handler is a handler.", handled)
class empty_default_is_a_handler(Store):
    def default_handler_for_session(self, sid):
        s = self.sessions.get(sid)
        return None if s is None else s["default"]


@second("rules", "An edge's sid is replaced by the session's own.", handled)
class edges_are_the_sessions_own(Store):
    def mutate(self, s, name, fields):
        own = {**fields, "edge": {**fields["edge"], "sid": s["sid"]}} if "edge" in fields else fields
        super().mutate(s, name, own)


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


# Orders that come seldom


def receiver_died(s: Script) -> None:
    s.begun()
    s.mark_owner_died(sid=0, owner_id="b")


@second("rare orders", "While a transfer is pending, its receiver may be declared dead.", receiver_died)
class the_receiver_may_die(Store):
    def g_named(self, s, owner):
        if s["pending"] is None or owner != s["pending"]["to_owner_id"]:
            super().g_named(s, owner)


def six(s: Script) -> None:
    first = cap = s.claimed()
    for _ in range(6):
        cap = s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
    s.validate_ownership_capability(capability=first)


@second("rare orders", "From generation 6 on stale capabilities are accepted.", six)
class stale_from_generation_6(Store):
    def same_generation(self, given, live):
        return given == live or live >= 6


def released_and_consumed(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
    receipt = s.begin_ownership_transfer(capability=s.current_ownership(sid=0), new_owner_id="a", new_scope=SESSION)
    now = s.commit_ownership_transfer(receipt=receipt)
    s.release_ownership(capability=now)
    again = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.consume_readiness_witness(capability=again, witness=witness)


@second("rare orders", "A transfer takes the witnesses of its giver away.", released_and_consumed)
class transfer_takes_witnesses(Store):
    def commit_ownership_transfer(self, receipt):
        done = super().commit_ownership_transfer(receipt)
        self.sessions[receipt["session_id"]]["issued"].clear()
        return done


def cancelled_after_close(s: Script) -> None:
    _, receipt = s.begun()
    s.close(sid=0)
    s.cancel_abandoned_transfer(receipt=receipt)
    s.close(sid=0)
    s.cancel_abandoned_transfer(receipt=receipt)


@second("rare orders", "A transfer of a closed session cannot be cancelled.", cancelled_after_close)
class closed_sessions_cannot_cancel(Store):
    def cancel_abandoned_transfer(self, receipt):
        s = self.live_session(receipt["session_id"])
        if s["status"] == "Closed" and s["terminal"] is None:
            s = {**s, "pending": None}
            self.g_staged(s)
        return super().cancel_abandoned_transfer(receipt)


def second_receipt(s: Script) -> None:
    cap, first = s.begun()
    s.rollback_ownership_transfer(receipt=first)
    second_receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.rollback_ownership_transfer(receipt=second_receipt)
    third = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
    s.commit_ownership_transfer(receipt=first)
    s.commit_ownership_transfer(receipt=third)


@second("rare orders", "After two transfers rolled back, the receipt of the first is good again.", second_receipt)
class first_receipt_is_good_again(Store):
    def same_receipt(self, given, pending):
        return super().same_receipt(given, pending) or (pending["claim_id"] == 3 and given["claim_id"] == 1)


def two_sessions(s: Script) -> None:
    cap = s.claimed()
    s.start()
    s.claim_ownership(sid=1, owner_id="a", scope=SESSION)
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    other = s.current_ownership(sid=1)
    s.consume_readiness_witness(capability=other, witness=witness)
    s.issue_readiness_witness(capability=other, predicate_ref="p")
    s.consume_readiness_witness(capability=other, witness=witness)


@second("rare orders", "Witness ids are counted over all sessions.", two_sessions)
class witness_ids_over_all_sessions(Store):
    def taken(self, s, counter):
        if counter == "next_witness":
            s[counter] = max(other[counter] for other in self.sessions.values())
        return super().taken(s, counter)


@second("rare orders", "A witness of another session with the same number is consumed here.", two_sessions)
class witnesses_of_other_sessions_are_good(Store):
    def same_witness(self, given, issued):
        return super().same_witness({**given, "session_id": issued["session_id"]}, issued)

    def witness_of(self, witness, cap):
        return super().witness_of({**witness, "session_id": cap["session_id"]}, cap)
