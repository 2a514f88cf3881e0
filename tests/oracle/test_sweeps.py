"""The sweeps of the fixed list tell stores that are in no catalogue: one mistake of a mechanism each."""

from __future__ import annotations

from functools import partial, reduce
from typing import Any

import pytest

from telltale_conformance.generators.fixed_programs import FixedProgram
from telltale_conformance.oracle.lanes.asked import asked_of
from telltale_conformance.oracle.reference.judging import judge_cases
from telltale_conformance.oracle.verdict.compare import Level
from tests.second_store.in_process import InThisProcess
from tests.second_store.store import Store
from tests.wrong_stores.collisions import HASHES, PAIRS, found
from tests.wrong_stores.steps import played
from tests.wrong_stores.sweeps import sweeps

SWEEPS = dict(sweeps())


class Cached(Store):
    """A store that keeps what it answered of a handler until one is bound, whatever else happens."""

    def __init__(self, contract: str = "telltale-17") -> None:
        super().__init__(contract)
        self.known: dict[Any, Any] = {}

    def bind(self, s: Any, edge: Any, handler: str) -> None:
        super().bind(s, edge, handler)
        self.known.clear()

    def lookup_handler(self, edge: Any) -> Any:
        place = self.place(edge)
        if place not in self.known:
            self.known[place] = super().lookup_handler(edge)
        return self.known[place]


class Rounded(Store):
    """A store whose sessions are in the order of signed ids."""

    def session_ids(self) -> Any:
        return sorted(self.sessions, key=lambda sid: (sid + 2**63) % 2**64)


class Ring(Store):
    """A store whose buffers begin again at the first slot when they grow, and lose the order there."""

    def admitted(self, buffer: Any) -> Any:
        before, taken = buffer["capacity"], buffer.get("taken", 0)
        outcome = super().admitted(buffer)
        if buffer["capacity"] != before:
            buffer["values"].rotate(taken % before)
        return outcome

    def taken_message(self, sid: int, sender: str, receiver: str, checked: bool) -> Any:
        buffer = self.buffer(self.found(sid), sender, receiver)
        if buffer is not None:
            buffer["taken"] = buffer.get("taken", 0) + bool(buffer["values"])
        return super().taken_message(sid, sender, receiver, checked)


def change(**methods: Any) -> type[Store]:
    return type("Changed", (Store,), methods)


def of_right(name: str, made: Any) -> type[Store]:
    """Return a store with another result of a method."""

    def method(self: Store, *arguments: Any) -> Any:
        return made(getattr(Store, name)(self, *arguments))

    return change(**{name: method})


TELLS: dict[str, list[type[Store]]] = {
    "look-alike: pairs that join to one text": [
        change(
            lookup_trace=lambda self, edge: next(
                (
                    trace
                    for at, trace in self.sessions[edge["sid"]]["traces"].items()
                    if "|".join(at[1:]) == f"{edge['sender']}|{edge['receiver']}"
                ),
                None,
            )
        )
    ],
    "look-alike: names that a language knows": [
        change(branch=lambda self, lt, label: None if label == "constructor" else Store.branch(self, lt, label))
    ],
    "near values: other bits": [
        change(
            same_receipt=lambda self, given, pending: Store.same_receipt(
                self, {**given, "from_generation": given["from_generation"] % 2**32}, pending
            )
        )
    ],
    "near values: witnesses of others": [
        change(witness_of=lambda self, witness, cap: witness["scope"] == cap["scope"]),
        change(witness_of=lambda self, witness, cap: witness["owner_id"] == cap["owner_id"]),
    ],
    "sizes: great ids": [Rounded],
    "sizes: a ring that moved": [Ring],
    "sizes: buffers that grow later": [change(grown=lambda self, capacity, most: min(2 * capacity, most % 2**32))],
    "sizes: far ticks": [change(expired=lambda self, witness: float(witness["until_tick"]) <= float(self.clock))],
    "sizes: 300 edges": [
        of_right("blueprint", lambda edges: edges[:256]),
        of_right("summary", lambda summary: {**summary, "role_count": summary["role_count"] % 2**8}),
    ],
    "sizes: 257 sessions": [of_right("active_count", lambda count: min(count, 255))],
    "life after life: asked again": [Cached],
    "types: resolved again": [
        change(update_original=lambda self, ep, new_original: self.update_type(ep, new_original)),
        change(remove_type=lambda self, ep: self.update_type(ep, "End")),
    ],
    "types: every form": [
        of_right("lookup_branch_resolution", lambda found: found and {**found, "expected_type": None}),
    ],
    "sizes: 80 Mu": [
        change(unfold_mu=lambda self, lt: reduce(lambda lt, _: lt["Mu"]["body"] if "Mu" in lt else lt, range(64), lt))
    ],
    "plans: alike": [
        change(plan_key=lambda self, roles, types: str((roles, types))[:4096]),
        change(plan_key=lambda self, roles, types: str((roles[:8], types))),
    ],
    "raw forms: nearly edges": [
        change(decode_edge_json=lambda self, value, hint: Store.decode_edge_json(self, value, hint or None))
    ],
}


@pytest.mark.parametrize(
    ("name", "store"), [pytest.param(name, store, id=name) for name, stores in TELLS.items() for store in stores]
)
def test_a_sweep_tells_a_store_of_no_catalogue(name: str, store: type[Store]) -> None:
    program = FixedProgram((name,), played(SWEEPS[name])).program("telltale-17")
    wrong = InThisProcess("telltale-17", store)
    (result,) = judge_cases(wrong, [partial(iter, asked_of(program, "telltale-17", wrong.hello.ops)[0])], Level.state)
    assert result.divergence is not None
    assert result.fault is None


@pytest.mark.parametrize("kind", ["owner", "fragment", "role", "label", "predicate", "handler", "site"])
def test_the_sweep_of_weak_hashes_tells_each_kind_of_name(kind: str) -> None:
    """Each kind by two hashes, so that all hashes have their turn."""
    at = ["owner", "fragment", "role", "label", "predicate", "handler", "site"].index(kind)
    program = FixedProgram(("hashes",), played(SWEEPS["look-alike: names of one hash"])).program("telltale-17")
    for hashed in list(HASHES.values())[2 * at : 2 * at + 2]:

        class Hashed(Store):
            def key(self, given: str, name: str, hashed: Any = hashed) -> Any:
                return hashed(name.encode()) & 0xFFFF if given == kind else name

        wrong = InThisProcess("telltale-17", Hashed)
        asked = asked_of(program, "telltale-17", wrong.hello.ops)[0]
        (result,) = judge_cases(wrong, [partial(iter, asked)], Level.state)
        assert result.divergence is not None, hashed


@pytest.mark.parametrize("favourite", ["t'", "t0", "t_1", "x", "fresh", "_t", "α", ""])
def test_no_favourite_name_is_free_to_be_given_to_a_binder(favourite: str) -> None:
    class Renames(Store):
        def fresh_name(self, var: str, taken: set[str]) -> str:
            return favourite

    name = "hardened: favourite names are taken"
    program = FixedProgram((name,), played(SWEEPS[name])).program("hardened")
    wrong = InThisProcess("hardened", Renames)
    (result,) = judge_cases(wrong, [partial(iter, asked_of(program, "hardened", wrong.hello.ops)[0])], Level.state)
    assert result.divergence is not None
    assert result.divergence.kind != "panic"


def test_every_sweep_has_a_name_of_its_own() -> None:
    assert len(SWEEPS) == len(list(sweeps()))


def test_the_names_of_every_pair_have_one_hash() -> None:
    assert PAIRS.keys() == HASHES.keys()
    for name, (first, second) in PAIRS.items():
        assert first != second
        assert HASHES[name](first.encode()) == HASHES[name](second.encode())


@pytest.mark.nightly
@pytest.mark.parametrize("name", HASHES)
def test_the_pairs_are_what_the_search_finds(name: str) -> None:
    assert found(HASHES[name]) == PAIRS[name]
