"""Well-formedness of local types: what is wrong, and where."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from telltale_conformance.generators.local_types import NearMiss, any_local_types, local_types, near_misses
from telltale_conformance.model.types.local_types import LocalType, Send
from telltale_conformance.model.types.syntax import parse_local_type as p
from telltale_conformance.model.types.syntax import parse_with_positions
from telltale_conformance.model.types.trees import Branch, Label, Mu, Var
from telltale_conformance.model.types.wellformed import is_guarded, problems
from tests.generators.deep_types import chain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("end", []),
        ("μt. A!m. t", []),
        ("μt. A!m. μt. A!m. t", []),
        ("t", [("unbound variable", "t", "the root", (1, 1))]),
        ("!A{a. μt. A!m. t, b. t}", [("unbound variable", "t", "1", (1, 22))]),
        ("μt. t", [("unguarded variable", "t", "body", (1, 5))]),
        ("A!m. μt. μu. t", [("unguarded variable", "t", "0/body/body", (1, 14))]),
        ("μt. A!m. μu. t", []),
        ("μt. A!m. μt. t", [("unguarded variable", "t", "body/0/body", (1, 14))]),
        ("μt. μu. t", [("unguarded variable", "t", "body/body", (1, 9))]),
        ("!A{}", [("empty choice", "A", "the root", (1, 1))]),
        (
            "!A{a. end, a(Nat). end, b. end, a. end}",
            [("repeated label", "a", "1", (1, 12)), ("repeated label", "a", "3", (1, 33))],
        ),
    ],
)
def test_problems_are_found_where_they_are(text: str, found: list[tuple[str, str, str, tuple[int, int]]]) -> None:
    tree, positions, _ = parse_with_positions(text)
    got = [(one.kind, one.name, str(one.path), positions[id(one.node)]) for one in problems(tree)]
    assert got == found
    assert is_guarded(tree) == all(kind != "unguarded variable" for kind, *_ in found)


@settings(max_examples=30)
@given(local_types())
def test_generated_well_formed_types_have_no_problem(tree: LocalType) -> None:
    assert problems(tree) == []
    assert is_guarded(tree)


@settings(max_examples=30)
@given(near_misses())
def test_exactly_the_planted_fault_is_found(miss: NearMiss) -> None:
    assert [one.kind for one in problems(miss.local_type)] == [miss.fault]
    assert problems(miss.sound) == []


@settings(max_examples=30)
@given(any_local_types())
def test_a_path_leads_to_the_part_with_the_problem(tree: LocalType) -> None:
    for one in problems(tree):
        here: Any = tree
        for step in one.path:
            below = here.body if step == "body" else here.branches[step]
            here = below if step == "body" or below is one.node else below.continuation
        assert here is one.node or here == one.node
        assert one.message
        assert is_guarded(tree) or any(other.kind == "unguarded variable" for other in problems(tree))


def test_a_long_path_is_written_short_and_walked_in_full() -> None:
    (one,) = problems(Mu("u", chain(500, Var("t"))))
    assert list(one.path) == ["body", *[0] * 500]
    assert str(one.path) == "body" + "/0" * 9 + "/… 481 steps …" + "/0" * 10
    (one,) = problems(chain(20, Var("t")))
    assert str(one.path) == "/".join(["0"] * 20)


def test_a_shared_part_is_judged_at_each_place() -> None:
    shared = p("!A{a. t}")
    tree = Send("B", (Branch(Label("x"), None, Mu("t", shared)), Branch(Label("y"), None, shared)))
    assert [(one.kind, str(one.path)) for one in problems(tree)] == [("unbound variable", "1")]
    tree = Send("B", tuple(Branch(Label(name), None, Mu("t", shared)) for name in ("x", "y")))
    assert problems(tree) == []
    loose = Mu("u", Var("t"))
    tree = Send(
        "B",
        (
            Branch(Label("x"), None, Mu("t", Send("A", (Branch(Label("m"), None, loose),)))),
            Branch(Label("y"), None, Mu("t", loose)),
        ),
    )
    assert [(one.kind, str(one.path)) for one in problems(tree)] == [("unguarded variable", "1/body")]
