"""Stores with one rule wrong, of sessions, plans and types: at least one for each operation."""

from __future__ import annotations

from tests.second_store.forms import TOP, Refused
from tests.second_store.store import Store
from tests.second_store.types import head
from tests.wrong_stores.steps import (
    A_TO_B,
    SESSION,
    Script,
    ep,
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
