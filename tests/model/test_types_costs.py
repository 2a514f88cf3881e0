"""Costs of the theory of local types: the work is counted, not timed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from telltale_conformance.model.types import theory, variables, wellformed
from telltale_conformance.model.types import trees as tree_module
from telltale_conformance.model.types.local_types import Choice, LocalType, Send
from telltale_conformance.model.types.printer import print_local_type
from telltale_conformance.model.types.syntax import parse_local_type as p
from telltale_conformance.model.types.theory import dual, equal, substitute, tree_size, unfold, unfold_fully
from telltale_conformance.model.types.trees import END, Branch, Label, Mu, SessionType, Var, postorder
from telltale_conformance.model.types.variables import free_variables
from telltale_conformance.model.types.wellformed import is_guarded, problems
from tests.generators.deep_types import alternating, chain, doubled, recursions, recursions_of_one_name, wide

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
