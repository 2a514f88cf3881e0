"""Stores that are right as long as everything is small."""

from __future__ import annotations

from typing import Any

from tests.second_store.store import Store
from tests.second_store.types import head
from tests.wrong_stores.free_texts import used
from tests.wrong_stores.steps import A_TO_B, Play, Script, ep, fragments, send
from tests.wrong_stores.wrong import second

# Programs


def many_sessions(number: int) -> Play:
    def play(s: Script) -> None:
        for _ in range(number):
            s.open(roles=["A"], initial_types={})
        s.session_ids()
        s.live_count()
        s.observe(sid=0)
        s.observe(sid=number - 1)

    return play


def many_roles(number: int) -> Play:
    """Open with so many roles, of which the first and the last have an edge."""

    def play(s: Script) -> None:
        roles = [f"r{index}" for index in range(number)]
        types = {"r0": send(roles[-1], ("m", "End")), roles[-1]: send("r1", ("m", "End"))}
        s.plan(roles=roles, initial_types=types)
        s.open(roles=roles, initial_types=types)
        s.send(sid=0, from_="r0", to=roles[-1], val="Unit")
        s.observe(sid=0)

    return play


def many_branches(number: int) -> Play:
    def play(s: Script) -> None:
        branches = [(f"l{index}", "End") for index in range(number)]
        s.start(types={"A": send("B", *branches)})
        s.lookup_branch_resolution(ep=ep(), label=f"l{number - 1}")
        s.advance(ep=ep(), label=f"l{number - 1}")

    return play


def deep_type(levels: int) -> Play:
    """Open with a type that many levels deep, whose bottom names a partner that is nowhere else."""

    def play(s: Script) -> None:
        given: Any = send("C", ("m", "End"))
        for _ in range(levels - 1):
            given = send("B", ("m", given))
        s.plan(roles=["A", "B", "C"], initial_types={"A": given})
        s.open(roles=["A", "B", "C"], initial_types={"A": given})
        s.send(sid=0, from_="A", to="C", val="Unit")
        for _ in range(levels):
            s.advance(ep=ep(), label="m")
        s.lookup_type(ep=ep())

    return play


def resized(most: int) -> Play:
    """Fill a buffer of one that may grow to so many."""

    def play(s: Script) -> None:
        s.buffered(policy={"Resize": {"max_capacity": most}})
        s.sent(1)
        s.sent(2)
        s.sent(3)
        s.observe(sid=0)

    return play


def great_sid(sid: int) -> Play:
    def play(s: Script) -> None:
        s.open_with_sid(sid=sid, roles=["A"], initial_types={})
        s.next_session_id()
        s.session_ids()
        s.claim_ownership(sid=sid, owner_id="a", scope="Session")
        s.decode_edge_json(value={"sid": sid, "sender": "A", "receiver": "B"})

    return play


def great_number(number: int) -> Play:
    def play(s: Script) -> None:
        s.buffered()
        s.sent(number)
        s.received()
        cap = s.claim_ownership(sid=0, owner_id="a", scope="Session")
        s.validate_ownership_capability(capability={**cap, "set": {"generation": number}})
        s.advance_clock(tick=number)
        s.issue_timeout_witness(site="s", until_tick=number)

    return play


def many_fragments(number: int) -> Play:
    return lambda s: s.claimed("a", fragments(*(f"f{index:03}" for index in range(number))))


def long_trace(number: int) -> Play:
    def play(s: Script) -> None:
        cap = s.claimed()
        s.traced(cap, ["Nat"] * number)
        s.observe(sid=0)

    return play


def nested_value(levels: int) -> Play:
    def play(s: Script) -> None:
        value: Any = "Unit"
        for _ in range(levels):
            value = {"Prod": [value, "Unit"]}
        s.start(types=A_TO_B)
        s.send(sid=0, from_="A", to="B", val=value)
        s.received()

    return play


def many_listed(number: int) -> Play:
    """Reap a list of so many ids in one call."""

    def play(s: Script) -> None:
        s.start()
        s.close(sid=0)
        s.reap_sessions(session_ids=[*range(1, number), 0])

    return play


def wide_types(number: int) -> Play:
    """Open with so many edges: every role sends to the first."""

    def play(s: Script) -> None:
        roles = [f"r{index}" for index in range(number + 1)]
        s.open(roles=roles, initial_types={role: send("r0", ("m", "End")) for role in roles[1:]})
        s.memory_usage()
        s.observe(sid=0)

    return play


# Stores


@second("sizes", "A session table with ids of one byte: session 256 takes the place of session 0.", many_sessions(257))
class session_ids_of_one_byte(Store):
    def opened(self, sid, *rest):
        self.sessions.pop(sid - 256, None)
        return super().opened(sid, *rest)


@second("sizes", "At most 128 sessions are counted as live.", many_sessions(129))
class one_hundred_and_twenty_eight_live_sessions(Store):
    def live_count(self):
        return min(super().live_count(), 128)


@second("sizes", "Role ids of one byte: role 256 has the id of role 0.", many_roles(257))
class role_ids_of_one_byte(Store):
    def plan(self, roles, initial_types):
        plan = super().plan(roles, initial_types)
        return {**plan, "role_ids": {role: index % 256 for role, index in plan["role_ids"].items()}}


@second("sizes", "Edges of roles beyond 128 are left out.", many_roles(130))
class edges_of_the_first_128_roles(Store):
    def blueprint(self, ids, originals):
        return [entry for entry in super().blueprint(ids, originals) if max(entry[0]) < 128]


@second("sizes", "A choice has eight branches; later ones are lost.", many_branches(10))
class eight_branches(Store):
    def branch(self, lt, label):
        if head(lt) in ("Send", "Recv"):
            kind = head(lt)
            lt = {kind: {**lt[kind], "branches": lt[kind]["branches"][:8]}}
        return super().branch(lt, label)


@second("sizes", "Types are walked sixteen levels deep for the blueprint.", deep_type(20))
class blueprint_of_sixteen_levels(Store):
    def blueprint(self, ids, originals):
        return super().blueprint(ids, [(role, cut(lt, 16)) for role, lt in originals])


def cut(lt: Any, levels: int) -> Any:
    """Return the first levels of a type."""
    kind = head(lt)
    if kind not in ("Send", "Recv"):
        return lt
    if not levels:
        return "End"
    branches = [[label, carried, cut(rest, levels - 1)] for label, carried, rest in lt[kind]["branches"]]
    return {kind: {**lt[kind], "branches": branches}}


@second("sizes", "A maximum capacity is kept in 32 bits.", resized(2**32))
class maximum_capacity_of_32_bits(Store):
    def grown(self, capacity, most):
        return super().grown(capacity, most)

    def read_policy(self, value):
        policy = super().read_policy(value)
        return policy if type(policy) is str else {"Resize": {"max_capacity": policy["Resize"]["max_capacity"] % 2**32}}


@second("sizes", "A maximum capacity from 2^63 on is negative, so the buffer never grows.", resized(2**63))
class maximum_capacity_is_signed(Store):
    def read_policy(self, value):
        policy = super().read_policy(value)
        return policy if type(policy) is str or policy["Resize"]["max_capacity"] < 2**63 else "Error"


def shortened(kind: str, length: int) -> type[Store]:
    """Return a store that cuts texts read as one kind of argument."""

    class Shortened(Store):
        def arguments(self, op, given):
            return {
                name: value[:length] if name in kind.split() and type(value) is str else value
                for name, value in super().arguments(op, given).items()
            }

    return Shortened


second("sizes", "Owners are cut to 255 characters.", used("x" * 4096), name="owners of 255 characters")(
    shortened("owner_id new_owner_id", 255)
)
second("sizes", "Predicates are cut to 4,095 characters.", used("x" * 4096), name="predicates of 4095 characters")(
    shortened("predicate_ref", 4095)
)
second("sizes", "Sites are cut to 1,024 characters.", used("x" * 4096), name="sites of 1024 characters")(
    shortened("site", 1024)
)
second("sizes", "Reasons are cut to 255 characters.", used("x" * 4096), name="reasons of 255 characters")(
    shortened("reason", 255)
)


@second("sizes", "Texts of messages are cut to 4,095 characters.", used("x" * 4096))
class messages_of_4095_characters(Store):
    def read_val(self, value):
        value = super().read_val(value)
        return {"Str": value["Str"][:4095]} if head(value) == "Str" else value


@second("sizes", "A sid is kept as a double.", great_sid(2**53 + 1))
class sid_is_a_double(Store):
    def read_n(self, value):
        return int(float(super().read_n(value))) if value < 2**63 else super().read_n(value)


@second("sizes", "A sid is kept in 32 bits.", great_sid(2**32 + 1))
class sid_of_32_bits(Store):
    def open_with_sid(self, sid, *rest):
        return super().open_with_sid(sid % 2**32, *rest)


@second("sizes", "The next id after 2^64-1 is 0.", great_sid(2**64 - 1))
class next_id_wraps(Store):
    def next_session_id(self):
        return (super().next_session_id() + (self.last_id_used)) % 2**64


@second("sizes", "Numbers in messages are kept as doubles.", great_number(2**53 + 1))
class messages_carry_doubles(Store):
    def read_val(self, value):
        value = super().read_val(value)
        return {"Nat": int(float(value["Nat"]))} if head(value) == "Nat" and value["Nat"] < 2**63 else value


@second("sizes", "Numbers in messages are signed.", great_number(2**63))
class messages_carry_signed_numbers(Store):
    def read_val(self, value):
        value = super().read_val(value)
        return {"Nat": value["Nat"] - 2**64} if head(value) == "Nat" and value["Nat"] >= 2**63 else value


@second("sizes", "The clock is a double.", great_number(2**53 + 1))
class clock_is_a_double(Store):
    def advance_clock(self, tick):
        return super().advance_clock(int(float(tick)) if tick < 2**63 else tick)


@second("sizes", "A generation given with a capability is read in 32 bits.", great_number(2**32))
class generation_of_32_bits(Store):
    def same_generation(self, given, live):
        return given % 2**32 == live % 2**32


@second("sizes", "A scope has 64 fragments, one bit each.", many_fragments(65))
class sixty_four_fragments(Store):
    def fragments(self, names):
        return super().fragments(names)[:64]


@second("sizes", "A trace has 100 entries.", long_trace(101))
class traces_of_a_hundred(Store):
    def read_valtypes(self, value):
        return super().read_valtypes(value)[:100]


@second("sizes", "A value that nests deeper than 32 is flattened.", nested_value(40))
class values_of_32_levels(Store):
    def send(self, sid, sender, receiver, val):
        return super().send(sid, sender, receiver, flattened(val, 32))


def flattened(value: Any, levels: int) -> Any:
    """Return a value with what is deeper than so many levels taken out."""
    if head(value) != "Prod":
        return value
    left, right = value["Prod"]
    return {"Prod": [flattened(left, levels - 1), flattened(right, levels - 1)]} if levels else "Unit"


@second("sizes", "A call reaps the first 64 ids of its list.", many_listed(65))
class reaps_sixty_four_at_once(Store):
    def reap_sessions(self, session_ids):
        return super().reap_sessions(session_ids[:64])


@second("sizes", "A session has at most 32 buffers.", wide_types(33))
class thirty_two_buffers(Store):
    def fresh_session(self, sid, plan, config):
        return super().fresh_session(sid, {**plan, "edge_blueprint": plan["edge_blueprint"][:32]}, config)
