"""Local types in a live session: look-up, update, unfolding, the typed step (contract §7)."""

from __future__ import annotations

from typing import Any

import pytest

from telltale_conformance.model.contract import TELLTALE_17, Contract
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import LocalType, Recv, Send
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var
from telltale_conformance.model.values import Endpoint
from tests.model.store_world import BOTH, LOOP, PING, branch, do, opened, plain, refusal, run, snapshot, val_type

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
A = Endpoint(role="A", sid=0)
NOWHERE = (Endpoint(role="C", sid=0), Endpoint(role="A", sid=9))


def at(store: Store, ep: Endpoint = A) -> tuple[LocalType, LocalType]:
    """Where an endpoint stands: current and original."""
    return do(store, "lookup_type", ep), do(store, "original_type", ep)


def following(type: LocalType, contract: Contract = TELLTALE_17) -> Store:
    return opened(contract, {"A": type})


@both
def test_looking_types_up(contract: Contract) -> None:
    store = opened(contract, PING)
    assert at(store) == (PING["A"], PING["A"])
    assert at(store, Endpoint(role="B", sid=0)) == (PING["B"], PING["B"])
    for ep in NOWHERE:
        assert run(store, "lookup_type", ep).ok is None
        assert run(store, "original_type", ep).ok is None
        assert run(store, "lookup_branch_resolution", ep, "ping").ok is None


@both
def test_a_role_without_a_type_has_none(contract: Contract) -> None:
    store = opened(contract, {"A": END})
    missing = Endpoint(role="B", sid=0)
    assert run(store, "lookup_type", missing).ok is None
    do(store, "update_type", missing, END)
    assert run(store, "lookup_type", missing).ok is None


@both
def test_updating_stores_as_given(contract: Contract) -> None:
    store = opened(contract, PING)
    folded = Mu("t", Send("B", (branch("m", Var("t")),)))
    before = snapshot(store)
    answer = run(store, "update_type", A, folded)
    assert (answer.ok, answer.err, answer.audit) == (None, None, [])
    before["sessions"][0]["types"]["A"]["current"] = folded
    assert snapshot(store) == before
    answer = run(store, "update_original", A, folded)
    assert (answer.ok, answer.err, answer.audit) == (None, None, [])
    before["sessions"][0]["types"]["A"]["original"] = folded
    assert snapshot(store) == before


@both
def test_a_current_mu_has_no_branches(contract: Contract) -> None:
    store = opened(contract, PING)
    do(store, "update_type", A, Mu("t", Send("B", (branch("m", Var("t")),))))
    assert run(store, "lookup_branch_resolution", A, "m").ok is None
    assert refusal(store, "advance", A, "m") == {"NoBranch": {"ep": plain(A), "label": "m"}}


@both
def test_removing_a_type(contract: Contract) -> None:
    store = opened(contract, PING)
    before = snapshot(store)
    for _ in range(2):
        answer = run(store, "remove_type", A)
        assert (answer.ok, answer.err, answer.audit) == (None, None, [])
    del before["sessions"][0]["types"]["A"]
    before["totals"]["local_types"] = 1
    assert snapshot(store) == before
    assert run(store, "lookup_type", A).ok is run(store, "original_type", A).ok is None
    assert run(store, "memory_usage").ok["live_local_type_entries"] == 1


@both
def test_on_anything_missing_an_update_is_silent(contract: Contract) -> None:
    store = opened(contract, PING)
    before = snapshot(store)
    for ep in NOWHERE:
        for name, *more in (("update_type", END), ("update_original", END), ("remove_type",)):
            answer = run(store, name, ep, *more)
            assert (answer.ok, answer.err, answer.audit) == (None, None, [])
    assert snapshot(store) == before


@both
def test_a_branch_is_found_by_its_label_s_name(contract: Contract) -> None:
    two = Send(
        "B",
        (
            Branch(Label("l", "Nat"), val_type("Nat"), END),
            Branch(Label("r", "Bool"), None, Recv("B", (branch("x"),))),
        ),
    )
    store = following(two, contract)
    assert run(store, "lookup_branch_resolution", A, "l").ok == {
        "direction": "Send",
        "partner": "B",
        "expected_type": "Nat",
        "continuation": "End",
    }
    assert run(store, "lookup_branch_resolution", A, "r").ok == {
        "direction": "Send",
        "partner": "B",
        "expected_type": None,
        "continuation": plain(Recv("B", (branch("x"),))),
    }
    for label in ("", "L", "x"):
        assert run(store, "lookup_branch_resolution", A, label).ok is None
    store = following(Recv("X", (branch("m"),)), contract)
    found = run(store, "lookup_branch_resolution", A, "m").ok
    assert (found["direction"], found["partner"]) == ("Recv", "X")


@both
def test_of_a_repeated_label_the_last_branch_counts(contract: Contract) -> None:
    repeated = Recv(
        "B",
        (
            Branch(Label("m", "Nat"), val_type("Nat"), END),
            Branch(Label("m", "Bool"), val_type("Bool"), Send("B", (branch("second"),))),
            branch("n"),
        ),
    )
    store = following(repeated, contract)
    assert run(store, "lookup_branch_resolution", A, "m").ok["expected_type"] == "Bool"
    assert run(store, "advance", A, "m").ok["current"] == plain(Send("B", (branch("second"),)))


@both
@pytest.mark.parametrize("type", [END, Var("t"), Mu("t", Var("t")), Send("B", ())], ids=repr)
def test_a_type_without_branches_takes_no_step(contract: Contract, type: LocalType) -> None:
    store = opened(contract, PING)
    do(store, "update_type", A, type)
    assert run(store, "lookup_branch_resolution", A, "ping").ok is None
    assert refusal(store, "advance", A, "ping") == {"NoBranch": {"ep": plain(A), "label": "ping"}}


@both
@pytest.mark.parametrize("ep", NOWHERE, ids=str)
def test_an_unknown_endpoint_takes_no_step(contract: Contract, ep: Endpoint) -> None:
    store = opened(contract, PING)
    assert refusal(store, "advance", ep, "ping") == {"NoBranch": {"ep": plain(ep), "label": "ping"}}


@both
def test_a_step_moves_the_endpoint_and_nothing_else(contract: Contract) -> None:
    first = Send("B", (Branch(Label("m", "Nat"), val_type("Nat"), Recv("C", (branch("n"),))),))
    store = following(first, contract)
    before = snapshot(store)
    answer = run(store, "advance", A, "m")
    then = Recv("C", (branch("n"),))
    assert answer.ok == {"direction": "Send", "partner": "B", "expected_type": "Nat", "current": plain(then)}
    assert answer.audit == []
    before["sessions"][0]["types"]["A"]["current"] = then
    before["sessions"][0]["labels"].add("n")  # a label that comes with the new current type counts (§18)
    assert snapshot(store) == before
    answer = run(store, "advance", A, "n")
    assert answer.ok == {"direction": "Recv", "partner": "C", "expected_type": None, "current": "End"}
    assert at(store) == (END, first)
    refusal(store, "advance", A, "n")


@both
def test_a_simple_loop_comes_round(contract: Contract) -> None:
    store = opened(contract, LOOP)
    start, original = at(store)
    assert original == LOOP["A"]
    for _ in range(3):
        do(store, "advance", A, "more")
        do(store, "advance", A, "ack")
        assert at(store) == (start, original)
    do(store, "advance", A, "stop")
    assert at(store) == (END, original)


@both
def test_types_move_on_in_a_closed_session(contract: Contract) -> None:
    store = opened(contract, PING)
    do(store, "close", 0)
    do(store, "advance", A, "ping")
    do(store, "update_type", A, PING["A"])
    do(store, "advance", A, "ping")
    do(store, "remove_type", A)
    assert run(store, "lookup_type", A).ok is None


INNER = Mu("s", Recv("B", (branch("again", Var("s")), branch("back", Var("t")))))
OUTER = Mu("t", Send("B", (branch("go", INNER), branch("stop"))))


def test_under_telltale_17_a_variable_resolves_to_the_mu_entered_last() -> None:
    """Nested recursion as recorded: inside μs a step to t goes to μs."""
    assert isinstance(OUTER.body, Send)
    assert isinstance(INNER.body, Recv)
    store = following(OUTER)
    assert at(store) == (OUTER.body, OUTER)
    assert run(store, "advance", A, "go").ok["current"] == plain(INNER.body)
    assert at(store) == (INNER.body, INNER)
    do(store, "advance", A, "again")
    assert at(store) == (INNER.body, INNER)
    assert run(store, "advance", A, "back").ok["current"] == plain(INNER.body)
    assert at(store) == (INNER.body, INNER)


def test_under_telltale_17_a_step_into_a_chain_of_mu_remembers_the_outermost() -> None:
    body = Send("B", (branch("on", Var("u")),))
    chain = Mu("t", Mu("u", body))
    store = following(Send("B", (branch("in", chain),)))
    do(store, "advance", A, "in")
    assert at(store) == (body, chain)
    do(store, "advance", A, "on")
    assert at(store) == (body, chain)


def test_under_telltale_17_a_step_to_a_variable_goes_to_the_original_whatever_it_is() -> None:
    loose = Send("B", (branch("m", Var("nobody")),))
    store = following(loose)
    do(store, "advance", A, "m")
    assert at(store) == (loose, loose)
    do(store, "update_original", A, Mu("t", END))
    assert run(store, "advance", A, "m").ok["current"] == "End"
    assert at(store) == (END, Mu("t", END))


def test_under_telltale_17_a_step_into_an_endless_mu() -> None:
    store = following(Send("B", (branch("m", Mu("t", Var("t"))),)))
    assert run(store, "advance", A, "m").ok["current"] == {"Var": "t"}
    assert at(store) == (Var("t"), Mu("t", Var("t")))


BODY = Send("B", (branch("m", Var("t")),))


@both
@pytest.mark.parametrize(
    ("type", "expected"),
    [
        (END, END),
        (Var("t"), Var("t")),
        (BODY, BODY),
        (Mu("t", BODY), BODY),
        (Mu("t", Mu("s", BODY)), BODY),
        (Mu("t", Var("t")), Var("t")),
        (Send("B", (branch("m", Mu("t", END)),)), Send("B", (branch("m", Mu("t", END)),))),
    ],
    ids=repr,
)
def test_unfold_mu_strips_without_substituting(contract: Contract, type: LocalType, expected: LocalType) -> None:
    assert do(Store(contract), "unfold_mu", type) == expected


ORIGINAL = Mu("o", Mu("p", Recv("B", (branch("x", Var("o")),))))
STRIPPED = Recv("B", (branch("x", Var("o")),))


@both
@pytest.mark.parametrize(
    ("cont", "current", "scope"),
    [
        (END, END, None),
        (BODY, BODY, None),
        (Var("o"), STRIPPED, None),
        (Var("anything"), STRIPPED, None),
        (Mu("t", BODY), BODY, Mu("t", BODY)),
        (Mu("s", Mu("t", BODY)), BODY, Mu("s", Mu("t", BODY))),
        (Mu("t", Var("t")), Var("t"), Mu("t", Var("t"))),
    ],
    ids=repr,
)
def test_unfold_if_var(contract: Contract, cont: LocalType, current: LocalType, scope: LocalType | None) -> None:
    store = Store(contract)
    assert run(store, "unfold_if_var", cont, ORIGINAL).ok == plain(current)
    answer: Any = run(store, "unfold_if_var_with_scope", cont, ORIGINAL).ok
    assert answer == [plain(current), None if scope is None else plain(scope)]
    assert do(store, "unfold_if_var", Var("t"), END) == END
