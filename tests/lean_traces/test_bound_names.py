"""Types are compared up to the names of their bound variables, and of nothing else (H14)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.lean_traces.bound_names import differences_in_types
from telltale_conformance.lean_traces.json_values import ABSENT, Difference, same_json


def mu(var: str, body: Any) -> Any:
    return {"Mu": {"body": body, "var": var}}


def var(name: str) -> Any:
    return {"Var": name}


def send(*continuations: Any, partner: str = "B") -> Any:
    branches = [[{"name": f"m{n}", "sort": "Unit"}, None, one] for n, one in enumerate(continuations)]
    return {"Send": {"branches": branches, "partner": partner}}


def found(left: Any, right: Any) -> list[Difference]:
    return list(differences_in_types(left, right))


SAME = [
    (mu("t", send(var("t"))), mu("u", send(var("t".replace("t", "u"))))),
    (mu("t", mu("t", send(var("t")))), mu("t", mu("u", send(var("u"))))),
    (mu("t", mu("u", send(var("t"), var("u")))), mu("u", mu("t", send(var("u"), var("t"))))),
    (send(mu("u_1", var("t")), var("u")), send(mu("u'", var("t")), var("u"))),
    (mu("a", "End"), mu("b", "End")),
    ({"x": [mu("t", var("t"))], "t": 1}, {"x": [mu("s", var("s"))], "t": 1}),
]
"""The same types under other names."""

OTHER = [
    (var("t"), var("u")),
    (mu("t", var("t")), mu("t", var("u"))),
    (mu("t", var("u")), mu("u", var("u"))),
    (mu("t", mu("u", var("t"))), mu("t", mu("u", var("u")))),
    (mu("t", mu("t", var("t"))), mu("t", mu("u", var("t")))),
    (send(mu("t", var("t")), var("t")), send(mu("u", var("u")), var("u"))),
    (mu("t", send(var("t"))), mu("t", send(var("t"), partner="C"))),
    ({"Mu": {"body": var("t"), "var": "t", "more": 0}}, {"Mu": {"body": var("u"), "var": "u", "more": 0}}),
    ({"Mu": {"body": var("t"), "var": 7}}, {"Mu": {"body": var("t"), "var": 8}}),
    ({"Var": "t", "x": 0}, {"Var": "u", "x": 0}),
    (mu("t", "End"), "End"),
    (mu("t", "End"), {"Mu": {"body": "End"}}),
]
"""Types, and what only looks like them, that are not the same under any names."""


@pytest.mark.parametrize(("left", "right"), SAME)
def test_other_bound_names_are_no_difference(left: Any, right: Any) -> None:
    assert (found(left, right), found(right, left)) == ([], [])
    assert not same_json(left, right)


@pytest.mark.parametrize(("left", "right"), OTHER)
def test_whatever_else_differs_is_found_both_ways(left: Any, right: Any) -> None:
    assert found(left, right)
    assert found(right, left)


def test_a_difference_is_shown_with_the_names_as_they_are_written() -> None:
    left, right = mu("t", send(mu("x", var("t")))), mu("s", send(var("s")))
    place = "$.Mu.body.Send.branches[0][2]"
    assert found(left, right) == [
        Difference(f"{place}.Mu", {"body": {"Var": "t"}, "var": "x"}, ABSENT),
        Difference(f"{place}.Var", ABSENT, "s"),
    ]


def test_binders_nested_beyond_the_depth_of_recursion() -> None:
    left: Any = var("t0")
    right: Any = var("s0")
    for level in reversed(range(5_000)):
        left, right = mu(f"t{level}", left), mu(f"s{level}", right)
    assert found(left, right) == []


TYPES = st.recursive(
    st.just("End") | st.sampled_from("tuv").map(var),
    lambda inner: (
        st.tuples(st.sampled_from("tuv"), inner).map(lambda pair: mu(*pair))
        | st.tuples(inner, inner).map(lambda pair: send(*pair))
    ),
    max_leaves=8,
)


def bruijn(value: Any, scope: tuple[str, ...] = ()) -> Any:
    """The type with how many binders lie between a variable and its own: written by recursion, from the definition."""
    if value == "End":
        return value
    if "Var" in value:
        name = value["Var"]
        return ("bound", scope[::-1].index(name)) if name in scope else ("free", name)
    if "Mu" in value:
        return ("mu", bruijn(value["Mu"]["body"], (*scope, value["Mu"]["var"])))
    return tuple(bruijn(branch[2], scope) for branch in value["Send"]["branches"])


@given(TYPES, TYPES)
def test_two_types_are_the_same_exactly_if_their_nameless_forms_are(left: Any, right: Any) -> None:
    assert (not found(left, right)) == (bruijn(left) == bruijn(right))


@given(TYPES)
def test_a_type_is_the_same_as_itself_with_every_binder_renamed(local_type: Any) -> None:
    def renamed(value: Any, names: dict[str, str], level: int) -> Any:
        if value == "End":
            return value
        if "Var" in value:
            return var(names.get(value["Var"], value["Var"]))
        if "Mu" in value:
            inner = {**names, value["Mu"]["var"]: f"fresh{level}"}
            return mu(f"fresh{level}", renamed(value["Mu"]["body"], inner, level + 1))
        return send(*(renamed(branch[2], names, level) for branch in value["Send"]["branches"]))

    assert found(local_type, renamed(local_type, {}, 0)) == []
