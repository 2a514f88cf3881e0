"""Stores whose counters and collections end too early."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.second_store.store import Store
from tests.wrong_stores.depth_plays import attenuated, begun, bound, closed, issued, logged, reaped, sent, timeouts
from tests.wrong_stores.steps import SESSION, Script, altered
from tests.wrong_stores.wrong import second


def below(counter: str, end: int) -> Callable[[str, tuple[Any, ...], int], bool]:
    """Return what says that a counter that has not come to its end makes no difference."""
    return lambda method, arguments, result: arguments[1] != counter or result + 1 < end


def wrapping(counter: str, end: int) -> type[Store]:
    """Return a store with a counter that begins again."""

    class Wrapping(Store):
        def taken(self, s, name):
            number = super().taken(s, name)
            if name == counter:
                s[name] %= end
            return number

        answers_alike = staticmethod(below(counter, end))

    return Wrapping


def stopping(counter: str, end: int) -> type[Store]:
    """Return a store with a counter that stands still."""

    class Stopping(Store):
        def taken(self, s, name):
            number = super().taken(s, name)
            if name == counter:
                s[name] = min(s[name], end)
            return number

        answers_alike = staticmethod(below(counter, end))

    return Stopping


def generations(change: Callable[[int], int]) -> type[Store]:
    """Return a store that numbers generations otherwise."""

    class Generations(Store):
        def next_generation(self, s, before):
            return change(super().next_generation(s, before))

        @staticmethod
        def answers_alike(_method: str, _arguments: tuple[Any, ...], result: int) -> bool:
            """Say that a number that stays as it is makes no difference."""
            return change(result) == result

    return Generations


for _end in (16, 64, 256):
    second(
        "depth",
        f"The generation begins again at {_end}, so that a first capability is good once more.",
        attenuated(_end),
        name=f"generation wraps at {_end}",
    )(generations(lambda number, end=_end: number % end))
    second(
        "depth",
        f"The generation stops at {_end - 1}, so that an attenuated capability stays good.",
        attenuated(_end + 1),
        name=f"generation stops at {_end - 1}",
    )(generations(lambda number, end=_end: min(number, end - 1)))
    second(
        "depth",
        f"Claim ids begin again at {_end}.",
        begun(_end),
        name=f"claim id wraps at {_end}",
    )(wrapping("next_claim", _end))
    second(
        "depth",
        f"Witness ids begin again at {_end}.",
        issued(_end, consumed=False),
        name=f"witness id wraps at {_end}",
    )(wrapping("next_witness", _end))
for _end in (17, 65):
    second(
        "depth",
        f"Claim ids stop at {_end}.",
        begun(_end + 1),
        name=f"claim id stops at {_end}",
    )(stopping("next_claim", _end))
    second(
        "depth",
        f"Witness ids stop at {_end}.",
        issued(_end + 2, consumed=False),
        name=f"witness id stops at {_end}",
    )(stopping("next_witness", _end))


def epochs(change: Callable[[int], int]) -> type[Store]:
    class Epochs(Store):
        def close(self, sid):
            super().close(sid)
            self.sessions[sid]["epoch"] = change(self.sessions[sid]["epoch"])

    return Epochs


for _end in (16, 256):
    second("depth", f"The epoch begins again at {_end}.", closed(_end), name=f"epoch wraps at {_end}")(
        epochs(lambda number, end=_end: number % end)
    )
second("depth", "The epoch stops at 63.", closed(64), name="epoch stops at 63")(epochs(lambda number: min(number, 63)))


def forgetful(most: int) -> type[Store]:
    class Forgetful(Store):
        def spend(self, s, witness):
            super().spend(s, witness)
            while len(s["consumed"]) > most:
                s["consumed"].remove(min(s["consumed"]))

    return Forgetful


def capped(most: int) -> type[Store]:
    class Capped(Store):
        def issue_readiness_witness(self, capability, predicate_ref):
            witness = super().issue_readiness_witness(capability, predicate_ref)
            kept = self.sessions[capability["session_id"]]["issued"]
            while len(kept) > most:
                del kept[min(kept)]
            return witness

    return Capped


for _most in (8, 16, 64):
    second(
        "depth",
        f"Only the last {_most} consumed witnesses are remembered; an older one reads as never issued.",
        issued(_most + 1, consumed=True),
        name=f"{_most} consumed witnesses are remembered",
    )(forgetful(_most))
    second(
        "depth",
        f"Only the last {_most} issued witnesses are kept.",
        issued(_most + 1, consumed=False),
        name=f"{_most} issued witnesses are kept",
    )(capped(_most))


def ring(most: int) -> type[Store]:
    class Ring(Store):
        def authority_audit_log(self, sid):
            log = super().authority_audit_log(sid)
            return None if log is None else log[-most:]

    return Ring


for _most in (64, 256, 500):
    second("depth", f"The log shows its last {_most} records.", logged(_most), name=f"log ring of {_most}")(ring(_most))


def archive(most: int) -> type[Store]:
    class Archive(Store):
        def reap_sessions(self, session_ids):
            reaped = super().reap_sessions(session_ids)
            del self.archive[:-most]
            return reaped

    return Archive


for _most in (16, 64):
    second("depth", f"The archive keeps {_most} summaries.", reaped(_most + 1), name=f"archive of {_most}")(
        archive(_most)
    )


def full_at(change: Callable[[int], int]) -> type[Store]:
    class FullAt(Store):
        def fresh_buffer(self, sender, receiver, config):
            buffer = super().fresh_buffer(sender, receiver, config)
            buffer["room"] = change(buffer["capacity"])
            return buffer

        def admitted(self, buffer):
            shown, buffer["capacity"] = buffer["capacity"], buffer["room"]
            try:
                return super().admitted(buffer)
            finally:
                buffer["room"], buffer["capacity"] = buffer["capacity"], shown

    return FullAt


second("depth", "A buffer of 64 takes 63 values.", sent(64), name="default buffer one short")(
    full_at(lambda capacity: 63 if capacity == 64 else capacity)
)
second("depth", "A buffer of 64 takes 65 values.", sent(65), name="default buffer one more")(
    full_at(lambda capacity: 65 if capacity == 64 else capacity)
)


@second("depth", "A resized buffer never grows beyond 64.", sent(65, 1, {"Resize": {"max_capacity": 128}}))
class buffer_grows_to_64_at_most(Store):
    def grown(self, capacity, most):
        return min(super().grown(capacity, most), 64)


@second("depth", "Timeout witnesses are numbered modulo 16.", timeouts(17, sites=False))
class timeout_id_wraps_at_16(Store):
    def issue_timeout_witness(self, site, until_tick):
        self.next_timeout %= 16
        return super().issue_timeout_witness(site, until_tick)


@second("depth", "The registry keeps 16 sites.", timeouts(17, sites=True))
class sixteen_sites_are_kept(Store):
    def issue_timeout_witness(self, site, until_tick):
        witness = super().issue_timeout_witness(site, until_tick)
        if len(self.sites) > 16:
            del self.sites[next(iter(self.sites))]
        return witness


@second("depth", "The runtime's log shows its last 64 records.", timeouts(65, sites=False))
class runtime_log_ring_of_64(Store):
    def runtime_audit_log(self):
        return self.runtime_log[-64:]


@second("depth", "A session stores 64 handler bindings.", bound(65))
class sixty_four_bindings(Store):
    def mutate(self, s, name, fields):
        super().mutate(s, name, fields)
        if len(s["handlers"]) > 64:
            s["handlers"].popitem()


@second("depth", "A session stores 64 traces.", bound(65))
class sixty_four_traces(Store):
    def mutate(self, s, name, fields):
        super().mutate(s, name, fields)
        if len(s["traces"]) > 64:
            del s["traces"][next(iter(s["traces"]))]


@second("depth", "Leaves of an edge are counted in 4 bits.", sent(16))
class sixteen_leaves(Store):
    def summary(self, s):
        summary = super().summary(s)
        return {**summary, "auth_leaf_count": sum(number % 16 for number in s["leaves"].values())}


@second(
    "depth",
    "A stale capability is accepted from generation 16 on.",
    attenuated(16),
)
class stale_accepted_from_generation_16(Store):
    def same_generation(self, given, live):
        return given == live or live >= 16


def _with_owners(s: Script) -> None:
    cap = s.claimed()
    for _ in range(17):
        receipt = s.begin_ownership_transfer(capability=cap, new_owner_id="b", new_scope=SESSION)
        cap = s.commit_ownership_transfer(receipt=receipt)
    s.validate_ownership_capability(capability=altered(cap, owner_id="x"))
    s.validate_ownership_capability(capability=cap)


@second("depth", "After sixteen transfers in a session the owner is not compared.", _with_owners)
class owner_not_compared_after_sixteen_claims(Store):
    def g_live(self, s, cap):
        super().g_live(s, cap if s["next_claim"] <= 16 else {**cap, "owner_id": s["owner"]["owner_id"]})


def _with_sessions(s: Script) -> None:
    for _ in range(17):
        s.open(roles=[], initial_types={})
    s.session_ids()
    s.live_count()


@second("depth", "Session ids are given out modulo 16.", _with_sessions)
class session_id_wraps_at_16(Store):
    def open(self, roles, initial_types, buffer_config):
        self.next_sid %= 16
        return super().open(roles, initial_types, buffer_config)
