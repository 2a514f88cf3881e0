"""The open plan and the edge blueprint (contract §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.model.contract import TELLTALE_17, Contract
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, Var
from tests.model.store_world import BOTH, LOOP, PING, branch, do, opened, plain, refusal, run, snapshot

both = pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)


def plan(roles: tuple[str, ...], types: Mapping[str, LocalType], contract: Contract = TELLTALE_17) -> Any:
    store = Store(contract)
    answer = run(store, "plan", roles, types)
    assert (answer.err, answer.audit) == (None, [])
    assert snapshot(store) == snapshot(Store(contract))
    return answer.ok


def send(partner: str, then: LocalType = END) -> Send:
    return Send(partner, (branch("m", then),))


def recv(partner: str, then: LocalType = END) -> Recv:
    return Recv(partner, (branch("m", then),))


@both
def test_the_plan_of_two_roles(contract: Contract) -> None:
    types = plain(PING)
    assert plan(("A", "B"), PING, contract) == {
        "roles": ["A", "B"],
        "role_ids": {"A": 0, "B": 1},
        "initial_types": [
            {"role": "A", "current": types["A"], "original": types["A"]},
            {"role": "B", "current": types["B"], "original": types["B"]},
        ],
        "edge_blueprint": [[[0, 1], "A", "B"]],
        "active_branch_roles": ["A", "B"],
    }


@both
def test_the_plan_of_nobody(contract: Contract) -> None:
    empty: Any = {"roles": [], "role_ids": {}, "initial_types": [], "edge_blueprint": [], "active_branch_roles": []}
    assert plan((), {}, contract) == plan((), PING, contract) == empty


@both
def test_types_are_listed_by_roles_and_those_of_unlisted_roles_ignored(contract: Contract) -> None:
    types = {"X": send("A"), "C": send("A"), "A": recv("C")}
    got = plan(("C", "B", "A"), types, contract)
    assert [each["role"] for each in got["initial_types"]] == ["C", "A"]
    assert got["edge_blueprint"] == [[[0, 2], "C", "A"]]
    assert got["active_branch_roles"] == ["C", "A"]


def test_under_telltale_17_current_is_the_type_without_its_leading_mu() -> None:
    body = send("B", Mu("u", recv("B", Var("t"))))
    nested = Mu("t", Mu("s", body))
    [entry] = plan(("A", "B"), {"A": nested})["initial_types"]
    assert entry == {"role": "A", "current": plain(body), "original": plain(nested)}


@both
@pytest.mark.parametrize(
    ("type", "active"),
    [
        (END, False),
        (Var("t"), False),
        (Mu("t", Var("t")), False),
        (Mu("t", Mu("s", END)), False),
        (send("B"), True),
        (recv("B"), True),
        (Mu("t", send("B", Var("t"))), True),
        (Mu("t", Mu("s", recv("B"))), True),
        (Send("B", ()), True),
        (Recv("X", ()), True),
        (send("A"), True),
    ],
    ids=repr,
)
def test_active_branch_roles_start_with_a_choice(contract: Contract, type: LocalType, active: bool) -> None:
    assert plan(("A", "B"), {"A": type}, contract)["active_branch_roles"] == (["A"] if active else [])


@both
@pytest.mark.parametrize(
    ("types", "edges"),
    [
        ({"A": send("B")}, [(0, 1)]),
        ({"A": recv("B")}, [(1, 0)]),
        ({"B": recv("A")}, [(0, 1)]),
        ({"A": send("B"), "B": recv("A")}, [(0, 1)]),
        ({"A": send("B", recv("C", send("C")))}, [(0, 1), (0, 2), (2, 0)]),
        ({"A": send("X")}, []),
        ({"A": send("A")}, []),
        ({"A": recv("A", send("B"))}, [(0, 1)]),
        ({"A": send("X", send("B"))}, [(0, 1)]),
        ({"A": Send("B", ())}, [(0, 1)]),
        ({"A": Recv("C", ())}, [(2, 0)]),
        ({"A": Mu("t", send("B", Mu("s", recv("C", Var("s")))))}, [(0, 1), (2, 0)]),
        ({"A": Send("X", (branch("l", send("B")), branch("r", recv("C"))))}, [(0, 1), (2, 0)]),
        ({"C": send("B"), "B": send("A"), "A": send("C")}, [(0, 2), (1, 0), (2, 1)]),
        ({"A": END, "B": Var("t")}, []),
    ],
    ids=str,
)
def test_the_blueprint(contract: Contract, types: Mapping[str, LocalType], edges: list[tuple[int, int]]) -> None:
    roles = ("A", "B", "C")
    expected = [[[a, b], roles[a], roles[b]] for a, b in edges]
    assert plan(roles, types, contract)["edge_blueprint"] == expected
    assert run(opened(contract, types, roles=roles), "observe", 0).ok["edges"] == [
        [a, b, roles[a], roles[b]] for a, b in edges
    ]


def test_under_telltale_17_a_repeated_role_has_its_last_index() -> None:
    got = plan(("A", "B", "A"), {"A": send("B"), "B": recv("A")})
    assert got["roles"] == ["A", "B", "A"]
    assert got["role_ids"] == {"A": 2, "B": 1}
    assert [each["role"] for each in got["initial_types"]] == ["A", "B", "A"]
    assert got["edge_blueprint"] == [[[2, 1], "A", "B"]]
    assert got["active_branch_roles"] == ["A", "B", "A"]
    store = opened(TELLTALE_17, {"A": send("B")}, roles=("A", "B", "A"))
    assert run(store, "memory_usage").ok["live_local_type_entries"] == 1
    assert run(store, "observe", 0).ok["role_ids"] == {"A": 2, "B": 1}


@both
def test_edges_are_ordered_by_ids_not_names(contract: Contract) -> None:
    got = plan(("z", "a", "m"), {"m": send("z", send("a")), "z": send("m", send("a"))}, contract)
    assert [entry[0] for entry in got["edge_blueprint"]] == [[0, 1], [0, 2], [2, 0], [2, 1]]


@both
def test_a_plan_is_what_open_does(contract: Contract) -> None:
    got = plan(("A", "B"), LOOP, contract)
    state = run(opened(contract, LOOP), "observe", 0).ok
    assert state["roles"] == got["roles"]
    assert state["role_ids"] == got["role_ids"]
    assert state["local_types"] == got["initial_types"]
    assert state["edges"] == [[*ids, sender, receiver] for ids, sender, receiver in got["edge_blueprint"]]


ROLES = ("A", "B", "C", "X")
leaves = st.sampled_from([END, Var("t"), Var("s")])


def choices(children: st.SearchStrategy[LocalType]) -> st.SearchStrategy[LocalType]:
    branches = st.lists(st.tuples(st.sampled_from("lmn"), children), max_size=3).map(
        lambda each: tuple(Branch(Label(name), None, then) for name, then in each)
    )
    made: st.SearchStrategy[LocalType] = st.builds(
        lambda form, partner, branches: form(partner, branches),
        st.sampled_from([Send, Recv]),
        st.sampled_from(ROLES),
        branches,
    )
    return made | st.builds(Mu, st.sampled_from("ts"), children)


types = st.recursive(leaves, choices, max_leaves=8)


def naive_edges(role: str, type: LocalType, listed: list[str]) -> set[tuple[str, str]]:
    """The edges of one role's type by plain recursion."""
    if isinstance(type, Mu):
        return naive_edges(role, type.body, listed)
    if not isinstance(type, Choice):
        return set()
    edges = set()
    if type.partner in listed and type.partner != role:
        edges.add((role, type.partner) if isinstance(type, Send) else (type.partner, role))
    return edges.union(*(naive_edges(role, each.continuation, listed) for each in type.branches))


@given(st.permutations(["A", "B", "C"]), st.dictionaries(st.sampled_from(ROLES), types))
def test_the_blueprint_is_that_of_plain_recursion(roles: list[str], given: dict[str, LocalType]) -> None:
    expected: set[tuple[str, str]] = set()
    for role in roles:
        if role in given:
            expected |= naive_edges(role, given[role], roles)
    got = [(sender, receiver) for _, sender, receiver in plan(tuple(roles), given)["edge_blueprint"]]
    assert got == sorted(expected, key=lambda edge: (roles.index(edge[0]), roles.index(edge[1])))


@both
def test_a_failing_open_opens_nothing(contract: Contract) -> None:
    store = opened(contract)
    many = ("A",) * 65_537
    assert refusal(store, "open", many, {}) == "limit exceeded: roles"
    assert refusal(store, "plan", many, {}) == "limit exceeded: roles"
    assert do(store, "next_session_id") == 1
