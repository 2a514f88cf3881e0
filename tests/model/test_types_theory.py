"""Theory of local types: free variables, substitution, unfolding, duality."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale_conformance.generators.local_types import any_local_types, dual_pairs, local_types, names
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.printer import print_local_type
from telltale_conformance.model.types.syntax import parse_local_type as p
from telltale_conformance.model.types.theory import dual, equal, substitute, tree_size, unfold, unfold_fully
from telltale_conformance.model.types.trees import Branch, Label, Mu, Var, children, postorder, strip_mu
from telltale_conformance.model.types.variables import free_variables


def free_by_definition(tree: LocalType) -> set[str]:
    """Free variables as a textbook defines them."""
    if isinstance(tree, Var):
        return {tree.name}
    below = set().union(*(free_by_definition(child) for child in children(tree)))
    return below - {tree.var} if isinstance(tree, Mu) else below


def normal(tree: LocalType, bound: tuple[str, ...] = ()) -> Any:
    """The type with each bound variable named by the distance to its binder: equal up to renaming."""
    if isinstance(tree, Var):
        return ("var", bound.index(tree.name) if tree.name in bound else tree.name)
    if isinstance(tree, Mu):
        return ("mu", normal(tree.body, (tree.var, *bound)))
    if isinstance(tree, Choice):
        return (
            type(tree),
            tree.partner,
            [(b.label, b.value_type, normal(b.continuation, bound)) for b in tree.branches],
        )
    return "end"


def substituted_by_definition(tree: Any, var: str, replacement: LocalType) -> Any:
    """Substitution on the nameless form, where capture cannot happen (replacement nameless as well)."""
    if isinstance(tree, tuple) and tree[0] == "var":
        return normal(replacement) if tree[1] == var else tree
    if isinstance(tree, tuple) and tree[0] == "mu":
        return ("mu", substituted_by_definition(tree[1], var, replacement))
    if isinstance(tree, tuple):
        form, partner, branches = tree
        return (form, partner, [(a, b, substituted_by_definition(c, var, replacement)) for a, b, c in branches])
    return tree


FEW = settings(max_examples=30)
"""The properties hold of every node of a type, and a drawn type has many."""
variable_names = st.sampled_from(["t", "u", "A", "B", "m", "msg_1", ""])


@FEW
@given(any_local_types())
def test_free_variables_are_those_of_the_definition(tree: LocalType) -> None:
    assert free_variables(tree) == free_by_definition(tree)


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("!A{a. t, b. μt. A!m. t}", {"t"}),
        ("!A{a. μt. A!m. t, b. t}", {"t"}),
        ("μt. !A{a. μt. t, b. t, c. u}", {"u"}),
        ("μt. !A{a. u, b. μu. t}", {"u"}),
    ],
)
def test_a_binder_ends_with_its_body(text: str, free: set[str]) -> None:
    assert free_variables(p(text)) == free


@FEW
@given(any_local_types(), variable_names, any_local_types(max_depth=3))
def test_substitution_is_that_of_the_nameless_form(tree: LocalType, var: str, replacement: LocalType) -> None:
    result = substitute(tree, var, replacement)
    assert normal(result) == substituted_by_definition(normal(tree), var, replacement)


@FEW
@given(any_local_types(), variable_names)
def test_substituting_a_variable_that_is_not_free_changes_nothing(tree: LocalType, var: str) -> None:
    if var not in free_variables(tree):
        assert substitute(tree, var, Var("somewhere")) is tree


@pytest.mark.parametrize(
    ("tree", "var", "replacement", "result"),
    [
        ("t", "t", "end", "end"),
        ("u", "t", "end", "u"),
        ("μt. t", "t", "end", "μt. t"),
        ("μu. A!m. t", "t", "u", "μu_1. A!m. u"),
        ("μu. !A{a. t, b. u}", "t", "B!x. u", "μu_1. !A{a. B!x. u, b. u_1}"),
        ("μu. A!m. u", "t", "u", "μu. A!m. u"),
        ("!A{a. μu. A!m. u, b. t}", "t", "u", "!A{a. μu. A!m. u, b. u}"),
        ("μu. !A{a. μu. A!m. t, b. t, c. u}", "t", "u", "μu_1. !A{a. μu_1. A!m. u, b. u, c. u_1}"),
        ("μu. μu_1. A!m. t", "t", "u", "μu_2. μu_1. A!m. u"),
        ("μu. μt. !A{a. t, b. u}", "t", "u", "μu. μt. !A{a. t, b. u}"),
        ("μu. μv. !A{a. t, b. u, c. v}", "t", "!B{x. u, y. v}", "μu_1. μv_1. !A{a. !B{x. u, y. v}, b. u_1, c. v_1}"),
    ],
)
def test_substitution_avoids_capture_and_renames_no_more_than_it_must(
    tree: str, var: str, replacement: str, result: str
) -> None:
    assert print_local_type(substitute(p(tree), var, p(replacement))) == result


@pytest.mark.parametrize(
    ("tree", "once", "fully"),
    [
        ("end", "end", "end"),
        ("t", "t", "t"),
        ("A!m. μt. t", "A!m. μt. t", "A!m. μt. t"),
        ("μt. A!m. t", "A!m. μt. A!m. t", "A!m. μt. A!m. t"),
        ("μt. end", "end", "end"),
        ("μt. μu. A!m. t", "μu. A!m. μt. μu. A!m. t", "A!m. μt. μu. A!m. t"),
        ("μt. μu. A!m. u", "μu. A!m. u", "A!m. μu. A!m. u"),
        ("μt. μt. A!m. t", "μt. A!m. t", "A!m. μt. A!m. t"),
        ("μt. t", "μt. t", "μt. t"),
        ("μt. μu. t", "μu. μt. μu. t", "μt. μu. t"),
        ("μt. μu. s", "μu. s", "s"),
        (
            "μt. !A{a. u, b. μu. B!m. t}",
            "!A{a. u, b. μu_1. B!m. μt. !A{a. u, b. μu. B!m. t}}",
            "!A{a. u, b. μu_1. B!m. μt. !A{a. u, b. μu. B!m. t}}",
        ),
        ("μt. μu. !A{a. t, b. u, c. s}", None, None),
    ],
)
def test_unfolding_is_as_recorded(tree: str, once: str | None, fully: str | None) -> None:
    if once is None or fully is None:
        inner = "μu. !A{a. μt. μu. !A{a. t, b. u, c. s}, b. u, c. s}"
        once = inner
        fully = f"!A{{a. μt. μu. !A{{a. t, b. u, c. s}}, b. {inner}, c. s}}"
    assert print_local_type(unfold(p(tree))) == once
    assert print_local_type(unfold_fully(p(tree))) == fully


@FEW
@given(any_local_types())
def test_full_unfolding_is_repeated_unfolding(tree: LocalType) -> None:
    stepped = tree
    for _ in range(8):  # deeper than the strategy nests, so what is still a Mu never ends
        stepped = unfold(stepped)
    if isinstance(stepped, Mu):
        assert unfold_fully(tree) is tree
    else:
        assert unfold_fully(tree) == stepped


@FEW
@given(local_types())
def test_a_well_formed_type_unfolds_to_a_closed_head(tree: LocalType) -> None:
    head = unfold_fully(tree)
    assert not isinstance(head, Mu | Var)
    assert not free_variables(head)
    assert strip_mu(tree) == tree or isinstance(tree, Mu)


@FEW
@given(dual_pairs())
def test_dual_turns_round_and_back(pair: tuple[LocalType, LocalType]) -> None:
    mine, theirs = pair
    assert dual(theirs, partner="B") == mine
    assert dual(dual(mine)) == mine
    for one, other in zip(postorder(mine), postorder(theirs), strict=True):
        if isinstance(one, Choice):
            assert isinstance(other, Choice)
            assert {type(one), type(other)} == {Send, Recv}
            assert (one.partner, other.partner) == ("B", "A")


def test_dual_keeps_partners_unless_told() -> None:
    assert print_local_type(dual(p("μt. !B{a(Nat). t, b. ?C{}}"))) == "μt. ?B{a(Nat). t, b. !C{}}"


@FEW
@given(any_local_types())
def test_size_counts_the_nodes_written_out(tree: LocalType) -> None:
    def count(node: LocalType) -> int:
        return 1 + sum(map(count, children(node)))

    assert tree_size(tree) == count(tree)
    assert equal(tree, tree)


@FEW
@given(names())
def test_a_renamed_binder_is_fresh(name: str) -> None:
    tree = Mu(name, Send("B", (Branch(Label("m"), None, Var("hole")), Branch(Label("n"), None, Var(name)))))
    if name != "hole":
        result = substitute(tree, "hole", Var(name))
        assert isinstance(result, Mu)
        assert result.var == f"{name}_1"
        assert free_variables(result) == {name}
