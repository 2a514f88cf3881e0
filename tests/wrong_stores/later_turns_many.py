"""Stores that are wrong once there are many of something: sessions, witnesses, roles, branches, messages."""

from __future__ import annotations

from itertools import pairwise

from tests.second_store.forms import TOP, Refused
from tests.second_store.store import Store
from tests.second_store.types import head
from tests.wrong_stores.depth import issued
from tests.wrong_stores.later_turns import hardened, sizes
from tests.wrong_stores.steps import Play, Script, edge, ep, mu, send, var


def traced_by_the_host(length: int) -> Play:
    def play(s: Script) -> None:
        s.start()
        s.update_trace(edge=edge(), trace=["Nat", "Unit"] * (length // 2))
        s.reload(form="binary")
        s.lookup_trace(edge=edge())

    return play


@sizes("A trace of the host has 64 entries at most.", traced_by_the_host(300))
class host_traces_of_64(Store):
    def update_trace(self, edge, trace):
        super().update_trace(edge, trace[:64])


def refused_again_and_again(s: Script) -> None:
    """Try each opening three times with a role that is listed twice; see which id is next."""
    roles = ["A", "B", "A"]
    for _ in range(3):
        s.start(*roles)
        s.open_with_sid(sid=5, roles=roles, initial_types={})
        s.open_with_sid_from_plan(sid=5, plan={"roles": roles, "initial_types": {}})
        s.next_session_id()


@hardened("The second opening from a plan that is refused uses its id.", refused_again_and_again)
class refused_plans_use_ids(Store):
    refused = 0

    def plan_key(self, roles, initial_types):
        self.refused += len(set(roles)) < len(roles)
        return super().plan_key(roles, initial_types)

    def open_with_sid_from_plan(self, sid, plan, buffer_config):
        try:
            return super().open_with_sid_from_plan(sid, plan, buffer_config)
        except Refused:
            if self.refused > 1:
                self.next_sid = max(self.next_sid, min(sid + 1, TOP))
            raise


def ended(times: int) -> Play:
    """End the generation under which so many witnesses were issued."""

    def play(s: Script) -> None:
        issued(times, consumed=False)(s)
        s.release_ownership(capability=s.current_ownership(sid=0))

    return play


@hardened("Witnesses end in the order of their ids as texts.", ended(11))
class witnesses_end_in_the_order_of_texts(Store):
    def end_owner(self, s, reason, given=None):
        before = len(s["log"])
        super().end_owner(s, reason, given)
        s["log"][before + 1 :] = sorted(
            s["log"][before + 1 :], key=lambda record: str(record["artifact"]["Readiness"]["witness_id"])
        )


@hardened("The ends of sixteen witnesses are logged.", ended(18))
class sixteen_ends_are_logged(Store):
    def end_owner(self, s, reason, given=None):
        before = len(s["log"])
        super().end_owner(s, reason, given)
        del s["log"][before + 17 :]


def listed_twice(*places: int) -> Play:
    """Open with 20 roles, of which those at these places are one."""

    def play(s: Script) -> None:
        roles = [f"R{0 if index in places else index}" for index in range(20)]
        s.plan(roles=roles, initial_types={})
        s.start(*roles)

    return play


@hardened("Of more than eight roles only neighbours may not be the same.", listed_twice(3, 17))
class far_repeats_among_many_roles(Store):
    def plan(self, roles, initial_types):
        far = len(roles) > 8 and all(one != other for one, other in pairwise(roles))
        if not far:
            return super().plan(roles, initial_types)
        self.hardened = False
        try:
            return super().plan(roles, initial_types)
        finally:
            self.hardened = True


def around_with(branches: int, kind: str = "Recv") -> Play:
    """Step along the last branch of a wide recursion, twice."""

    def play(s: Script) -> None:
        names = [f"l{number}" for number in range(branches)]
        s.start(types={"A": mu("t", send("B", *((name, var("t")) for name in names), kind=kind))})
        for _ in range(2):
            s.lookup_branch_resolution(ep=ep(), label=names[-1])
            s.advance(ep=ep(), label=names[-1])

    return play


@hardened("Unfolding reaches the first four branches of a Recv.", around_with(5))
class four_branches_are_unfolded(Store):
    def substituted(self, lt, name, by):
        unfolded, kind = super().substituted(lt, name, by), head(lt)
        if kind == "Recv":
            unfolded[kind]["branches"][4:] = lt[kind]["branches"][4:]
        return unfolded


def numbered_by_sending(times: int) -> Play:
    """Send and take so many times; look at the number of the last."""

    def play(s: Script) -> None:
        s.buffered()
        for number in range(times):
            s.sent(number)
            s.recv_signed(sid=0, from_="A", to="B")

    return play


def numbered_twice(times: int) -> Play:
    """Send with each of so many numbers, then with the same, the one before and the one after the next."""

    def play(s: Script) -> None:
        s.buffered(capacity=64)
        for number in range(times):
            for given in (number, number, max(number - 1, 0), number + 2):
                s.send_with_sequence(sid=0, from_="A", to="B", val="Unit", sequence_no=given)

    return play


@hardened("From ten messages on the number of the last is taken again.", numbered_twice(18))
class last_numbers_are_taken_again(Store):
    def accepted_number(self, s, ends, number, edge):
        following = s["leaves"].get(ends, 0)
        if following > 9 and number == following - 1:
            return following
        return super().accepted_number(s, ends, number, edge)


@hardened("The numbers that send gives begin anew behind 255.", numbered_by_sending(257))
class sent_numbers_begin_anew(Store):
    def accepted_number(self, s, ends, number, edge):
        accepted = super().accepted_number(s, ends, number, edge)
        return accepted % 256 if number is None else accepted
