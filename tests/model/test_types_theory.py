"""Theory of local types: free variables, substitution, unfolding, duality, well-formedness."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telltale_conformance.generators.local_types import (
    NearMiss,
    any_local_types,
    dual_pairs,
    local_types,
    names,
    near_misses,
)
from telltale_conformance.model.types import theory, variables, wellformed
from telltale_conformance.model.types import trees as tree_module
from telltale_conformance.model.types.local_types import Choice, LocalType, Recv, Send
from telltale_conformance.model.types.printer import print_local_type
from telltale_conformance.model.types.syntax import parse_local_type as p
from telltale_conformance.model.types.syntax import parse_with_positions
from telltale_conformance.model.types.theory import dual, equal, substitute, tree_size, unfold, unfold_fully
from telltale_conformance.model.types.trees import (
    END,
    Branch,
    Label,
    Mu,
    SessionType,
    Var,
    children,
    postorder,
    strip_mu,
)
from telltale_conformance.model.types.variables import free_variables
from telltale_conformance.model.types.wellformed import is_guarded, problems
from tests.generators.deep_types import alternating, chain, doubled, recursions, recursions_of_one_name, wide


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


# --- well-formedness


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


@FEW
@given(local_types())
def test_generated_well_formed_types_have_no_problem(tree: LocalType) -> None:
    assert problems(tree) == []
    assert is_guarded(tree)


@FEW
@given(near_misses())
def test_exactly_the_planted_fault_is_found(miss: NearMiss) -> None:
    assert [one.kind for one in problems(miss.local_type)] == [miss.fault]
    assert problems(miss.sound) == []


@FEW
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
    loose = Mu("u", Var("t"))
    tree = Send(
        "B",
        (
            Branch(Label("x"), None, Mu("t", Send("A", (Branch(Label("m"), None, loose),)))),
            Branch(Label("y"), None, Mu("t", loose)),
        ),
    )
    assert [(one.kind, str(one.path)) for one in problems(tree)] == [("unguarded variable", "1/body")]


# --- cost: the work is counted, not timed


DEEP = 20_000


class Work:
    """Counts how often the functions of this package look below a node or at its branches."""

    def __init__(self) -> None:
        self.steps = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    counter = Work()
    real_children: Callable[[SessionType], tuple[SessionType, ...]] = tree_module.children

    def counted_children(node: SessionType) -> tuple[SessionType, ...]:
        counter.steps += 1
        return real_children(node)

    for module in (tree_module, variables, wellformed, theory):
        if hasattr(module, "children"):
            monkeypatch.setattr(module, "children", counted_children)
    for form in (Choice, Mu, Var):
        monkeypatch.setattr(form, "__init__", _counted(form.__init__, counter))
    return counter


def _counted(build: Callable[..., None], counter: Work) -> Callable[..., None]:
    """Count the nodes that a constructor builds."""

    def counted(self: SessionType, *fields: Any) -> None:
        counter.steps += 1
        build(self, *fields)

    return counted


def uses(name: str) -> LocalType:
    """A send after which a variable is used."""
    return Send("B", (Branch(Label("m"), None, Var(name)),))


SHAPES: dict[str, Callable[[int], LocalType]] = {
    "sends": lambda n: Mu("t", chain(n, Var("t"))),
    "recursions": lambda n: recursions(n, uses("t0")),
    "recursions of one name": lambda n: recursions_of_one_name("t", n),
    "recursions, outermost used": lambda n: Mu("t", recursions(n, uses("t"))),
    "recursions between sends": alternating,
    "recursions between sends, all used": lambda n: alternating(n, used=True),
    "wide": wide,
    "unguarded": lambda n: recursions(n, Var("t0")),
}

FUNCTIONS: dict[str, Callable[[LocalType], object]] = {
    "free_variables": free_variables,
    "substitute": lambda tree: substitute(tree.body, tree.var, tree) if isinstance(tree, Mu) else None,
    "substitute open": lambda tree: substitute(tree, "absent", Var("t0")),
    "unfold": unfold,
    "unfold_fully": unfold_fully,
    "dual": dual,
    "is_guarded": is_guarded,
    "problems": problems,
    "tree_size": tree_size,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_work_grows_linearly_with_depth(work: Work, function: str, shape: str) -> None:
    steps = []
    for levels in (125, 250, 500):
        tree = SHAPES[shape](levels)
        work.steps = 0
        FUNCTIONS[function](tree)
        steps.append(work.steps)
    first, second = steps[1] - steps[0], steps[2] - steps[1]
    assert second <= 2.1 * first + 20, steps
    assert steps[2] <= 40 * 500


@pytest.mark.parametrize(
    ("shape", "levels"),
    [
        *((shape, DEEP // 8) for shape in SHAPES),
        *(pytest.param(shape, DEEP, marks=pytest.mark.nightly) for shape in SHAPES),
    ],
)
def test_everything_works_however_deep(shape: str, levels: int) -> None:
    """Every shape lies more than twice as deep as Python's stack by default."""
    tree = SHAPES[shape](levels)
    for function in FUNCTIONS.values():
        function(tree)
    parsed = p(print_local_type(tree))
    assert parsed == tree
    assert equal(unfold(tree), unfold(parsed))


def test_capture_is_avoided_at_any_depth() -> None:
    levels = DEEP // 8
    tree = substitute(recursions_of_one_name("u", levels), "u", END)
    assert tree == recursions_of_one_name("u", levels)
    deep: LocalType = Send("B", (Branch(Label("m"), None, Var("t")),))
    for _ in range(levels):
        deep = Mu("u", deep)
    renamed = substitute(deep, "t", Var("u"))
    assert free_variables(renamed) == {"u"}
    assert re.match(r"(μu_1\. )+B!m\. u$", print_local_type(renamed))


def test_repeated_unfolding_of_nested_recursion_stays_small_in_memory() -> None:
    tree = p("μa. A!m. μb. A!m. μc. A!m. μd. !A{a. a, b. b, c. c, d. d}")
    for _ in range(60):
        tree = unfold_fully(tree)
        assert isinstance(tree, Choice)
        tree = tree.branches[-1].continuation
    assert len(postorder(tree)) < 200


def test_shared_types_of_enormous_size_are_walked_once() -> None:
    tree: LocalType = Mu("t", doubled(300, Var("t")))
    assert tree_size(tree) > 2**300
    assert free_variables(tree) == frozenset()
    assert is_guarded(tree)
    assert problems(tree) == []
    assert dual(dual(tree)) == tree
    assert isinstance(unfold_fully(tree), Send)


@FEW
@given(names())
def test_a_renamed_binder_is_fresh(name: str) -> None:
    tree = Mu(name, Send("B", (Branch(Label("m"), None, Var("hole")), Branch(Label("n"), None, Var(name)))))
    if name != "hole":
        result = substitute(tree, "hole", Var(name))
        assert isinstance(result, Mu)
        assert result.var == f"{name}_1"
        assert free_variables(result) == {name}
