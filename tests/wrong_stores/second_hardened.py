"""Stores made from the second one that break a rule which only ``hardened`` has."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

from tests.second_store.forms import TOP, Refused
from tests.second_store.store import Store
from tests.second_store.types import free
from tests.wrong_stores.steps import A_TO_B, SESSION, Play, Script, altered, ep, fragments, mu, recv, send, var
from tests.wrong_stores.wrong import second

hardened = partial(second, "hardened", contract="hardened")


def renaming(last: str) -> Play:
    """Plan the type whose unfolding must rename a binder and finds the usual name taken."""

    def play(s: Script) -> None:
        branches = [("m", var("t")), ("n", mu("t", recv("A", ("m", var("u")), (last, var("t_1")), ("p", var("t")))))]
        s.plan(roles=["A"], initial_types={"A": mu("u", recv("A", *branches))})
        s.open(roles=["A"], initial_types={"A": mu("u", recv("A", *branches))})
        s.advance(ep=ep(), label="n")
        s.advance(ep=ep(), label="m")
        s.lookup_type(ep=ep())

    return play


@hardened("A renamed binder gets a name that a free variable of the body has.", renaming("o"))
class renames_to_a_name_taken(Store):
    def fresh_name(self, var, taken):
        return f"{var}_1"


@hardened("A binder that would capture is not renamed.", renaming("o"))
class substitution_captures(Store):
    def fresh_name(self, var, taken):
        return var


def shadowing(s: Script) -> None:
    given = mu("t", send("B", ("m", mu("t", send("B", ("n", var("t"))))), ("o", var("t"))))
    s.open(roles=["A", "B"], initial_types={"A": given})
    s.advance(ep=ep(), label="m")
    s.advance(ep=ep(), label="n")
    s.lookup_type(ep=ep())


@hardened("A substitution goes on below a binder of the same name.", shadowing)
class substitution_forgets_a_binder(Store):
    def substituted(self, lt, name, by):
        if type(lt) is dict and "Mu" in lt and lt["Mu"]["var"] == name:
            return {"Mu": {"var": name, "body": super().substituted(lt["Mu"]["body"], name, by)}}
        return super().substituted(lt, name, by)


def chained(s: Script) -> None:
    s.plan(roles=["A"], initial_types={"A": mu("t", mu("u", send("B", ("m", var("t")), ("n", var("u")))))})
    s.plan(roles=["A"], initial_types={"A": mu("t", mu("u", var("t")))})


@hardened("A chain of Mu is unfolded once.", chained)
class unfolds_once(Store):
    def fully_unfolded(self, lt):
        if type(lt) is dict and "Mu" in lt and lt["Mu"]["var"] in free(lt["Mu"]["body"]) | {lt["Mu"]["var"]}:
            return self.substituted(lt["Mu"]["body"], lt["Mu"]["var"], lt)
        return lt


@hardened("Leading Mu are taken away without substitution.", chained)
class strips_as_before(Store):
    def fully_unfolded(self, lt):
        return self.unfold_mu(lt)


def repeated(*roles: str) -> Play:
    return lambda s: s.plan(roles=list(roles), initial_types={})


def repeats_by(fold: Any) -> type[Store]:
    """Return a store that takes two roles for one name."""

    class Repeats(Store):
        def plan(self, roles, initial_types):
            seen = set()
            for role in roles:
                if fold(role) in seen:
                    raise Refused(f"repeated role: {role}")
                seen.add(fold(role))
            return super().plan(roles, initial_types)

    return Repeats


hardened("Roles `A` and ` A` are taken for repeats.", repeated("A", " A"), name="roles repeat by blanks")(
    repeats_by(str.strip)
)
hardened("Roles `A` and `a` are taken for repeats.", repeated("A", "a"), name="roles repeat by case")(
    repeats_by(str.casefold)
)


@hardened("A repeated role is noticed only when it follows at once.", repeated("A", "B", "A"))
class repeats_side_by_side_alone(Store):
    def plan(self, roles, initial_types):
        self.hardened = any(a == b for a, b in pairwise(roles))
        try:
            return super().plan(roles, initial_types)
        finally:
            self.hardened = True


def noticed_among(first: int) -> type[Store]:
    """Return a store that looks for repeats among the first roles of a list only."""

    class Noticed(Store):
        def plan(self, roles, initial_types):
            some = roles[:first]
            self.hardened = len(set(some)) < len(some) or len(set(roles)) == len(roles)
            try:
                return super().plan(roles, initial_types)
            finally:
                self.hardened = True

    return Noticed


for _first in (3, 16):
    _roles = [f"r{number}" for number in range(_first)]
    hardened(
        f"A repeated role is noticed among the first {_first} only.",
        repeated(*_roles, _roles[-1]),
        name=f"repeats among the first {_first} roles",
    )(noticed_among(_first))


def honest(s: Script) -> None:
    cap = s.claimed("a", fragments("a", "b"))
    s.validate_ownership_capability(capability=altered(cap, scope=fragments("b", "a", "b")))
    s.validate_ownership_capability(capability=altered(cap, scope=fragments("a")))
    s.validate_ownership_capability(capability=altered(cap, scope=SESSION))


class _ListsAsGiven(Store):
    def read_capability(self, value):
        return {**super().read_capability(value), "scope": value["scope"]}


hardened("The given scope is compared as a list.", honest, name="honest scope is a list")(_ListsAsGiven)


@hardened("A given scope within the live one counts as honest.", honest)
class smaller_scopes_are_honest(Store):
    def g_honest(self, s, cap):
        if not self.within(cap["scope"], s["owner"]["scope"]):
            super().g_honest(s, cap)


def narrowed(s: Script) -> None:
    cap = s.claimed("a", fragments("a", "b"))
    s.attenuate_ownership_scope(capability=cap, new_scope=SESSION)
    s.attenuate_ownership_scope(capability=cap, new_scope=fragments("a", "c"))
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("a", "c"))
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("a", "b"))


@hardened("Scopes that overlap lie within each other.", narrowed)
class overlapping_is_within(Store):
    def within(self, new, live):
        if SESSION in (new, live):
            return super().within(new, live)
        return not new["Fragments"] or bool(set(new["Fragments"]) & set(live["Fragments"]))


@hardened("An equal scope does not lie within.", narrowed)
class equal_is_not_within(Store):
    def within(self, new, live):
        return super().within(new, live) and (new != live or live == SESSION)


def transferred_in_capitals(s: Script) -> None:
    cap = s.claimed("a", fragments("a", "b"))
    s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=fragments("A"))


@hardened("A transfer may grant what its owner has but for the case.", transferred_in_capitals)
class grants_in_any_case(Store):
    def within(self, new, live):
        if SESSION in (new, live):
            return super().within(new, live)
        return {name.casefold() for name in new["Fragments"]} <= {name.casefold() for name in live["Fragments"]}


def released_and_claimed(s: Script) -> None:
    cap = s.claimed()
    witness = s.issue_readiness_witness(capability=cap, predicate_ref="p")
    s.issue_readiness_witness(capability=cap, predicate_ref="q")
    s.release_ownership(capability=cap)
    again = s.claim_ownership(sid=0, owner_id="a", scope=SESSION)
    s.validate_ownership_capability(capability=cap)
    s.consume_readiness_witness(capability=again, witness=witness)
    s.authority_audit_log(sid=0)


@hardened("Every claim begins with generation 0.", released_and_claimed)
class claims_begin_at_0(Store):
    def first_generation(self, s):
        super().first_generation(s)
        return 0


@hardened("Witnesses that end get their records in falling order.", released_and_claimed)
class ended_witnesses_fall(Store):
    def end_owner(self, s, reason, given=None):
        before = len(s["log"])
        super().end_owner(s, reason, given)
        s["log"][before + 1 :] = reversed(s["log"][before + 1 :])


def closed_while_pending(s: Script) -> None:
    cap, receipt = s.begun()
    s.close(sid=0)
    s.commit_ownership_transfer(receipt=receipt)
    s.validate_ownership_capability(capability=cap)
    s.claim_ownership(sid=0, owner_id="b", scope=SESSION)
    s.authority_audit_log(sid=0)


@hardened("Closing leaves a pending transfer without a record.", closed_while_pending)
class close_drops_the_transfer(Store):
    def close(self, sid):
        s = self.found(sid)
        s["pending"] = None
        super().close(sid)


@hardened("A closed session can be claimed.", closed_while_pending)
class closed_can_be_claimed(Store):
    def claim_ownership(self, sid, owner_id, scope):
        s = self.live_session(sid)
        kept, s["status"] = s["status"], "Active"
        try:
            return super().claim_ownership(sid, owner_id, scope)
        finally:
            s["status"] = kept


@hardened("Commit refused in a closed session is not logged.", closed_while_pending)
class closed_commit_is_not_logged(Store):
    def logged_refusals(self, operation):
        return super().logged_refusals(operation) - {"active"}


def died_while_pending(s: Script) -> None:
    s.begun()
    s.mark_owner_died(sid=0, owner_id="a")
    s.close(sid=0)
    s.observe(sid=0)
    s.claim_ownership(sid=0, owner_id="b", scope=SESSION)


@hardened("The owner's death drops a pending transfer without a record.", died_while_pending)
class death_drops_the_transfer(Store):
    def mark_owner_died(self, sid, owner_id):
        done = super().mark_owner_died(sid, owner_id)
        log = self.sessions[sid]["log"]
        log[:] = [record for record in log if record["event"] != "RolledBack"]
        return done


@hardened("Closing overwrites Faulted.", died_while_pending)
class close_overwrites(Store):
    def close(self, sid):
        super().close(sid)
        self.sessions[sid]["status"] = "Closed"


def used_again(s: Script) -> None:
    s.start()
    s.close(sid=0)
    s.reap_closed()
    s.open_with_sid(sid=0, roles=["A"], initial_types={})
    s.open_with_sid(sid=TOP, roles=["A"], initial_types={})
    s.open_with_sid(sid=TOP, roles=["A"], initial_types={})
    s.open(roles=["A"], initial_types={})


@hardened("A reaped id may be used again.", used_again)
class reaped_ids_are_free(Store):
    def open_with_sid(self, sid, *rest):
        return (
            self.opened(sid, *rest)
            if sid < self.next_sid and sid not in self.sessions
            else super().open_with_sid(sid, *rest)
        )


@hardened("The greatest id may be used twice.", used_again)
class the_greatest_id_is_used_twice(Store):
    def opened(self, sid, *rest):
        super().opened(sid, *rest)
        self.last_id_used = False
        return sid


def foreign(s: Script) -> None:
    cap = s.claimed()
    s.rebound(cap, "h", sid=1)
    s.rebound(cap, "h", sender="Z")
    s.traced(cap, ["Nat"], receiver="Z")
    s.traced(cap, ["Nat"], sid=1)
    s.observe(sid=0)


@hardened("A foreign edge is refused for handlers and not for traces.", foreign)
class foreign_traces_are_stored(Store):
    def apply_owned_session_mutation(self, capability, mutation):
        if mutation[0] != "UpdateTrace":
            return super().apply_owned_session_mutation(capability, mutation)
        s = self.holder(capability)
        self.g_scope(s)
        return self.mutate(s, *mutation)


@hardened("A mutation may name one role that is not listed.", foreign)
class one_listed_role_suffices(Store):
    def both_listed(self, s, edge):
        return any(role in s["ids"] for role in self.pair(edge))


def grown(s: Script) -> None:
    s.start(types=A_TO_B, config={"mode": "Fifo", "initial_capacity": 2, "policy": {"Resize": {"max_capacity": 3}}})
    for number in range(4):
        s.sent(number)
    s.observe(sid=0)


@hardened("A buffer doubles past its maximum.", grown)
class buffers_double_past_the_maximum(Store):
    def grown(self, capacity, most):
        return 2 * capacity


@hardened(
    "A buffer grows to its maximum at once.",
    lambda s: s.buffered(policy={"Resize": {"max_capacity": 8}}),
    lambda s: s.sent(1),
    lambda s: s.sent(2),
    lambda s: s.observe(sid=0),
)
class buffers_grow_at_once(Store):
    def grown(self, capacity, most):
        return most
