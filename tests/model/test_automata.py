"""Local types as automata: states, and where two types part."""

from __future__ import annotations

import pytest
from hypothesis import given

from telltale_conformance.generators.local_types import local_types
from telltale_conformance.model.types.automata import Automaton, State, Step, automaton, difference
from telltale_conformance.model.types.local_types import LocalType, Send
from telltale_conformance.model.types.syntax import parse_local_type
from telltale_conformance.model.types.theory import unfold, unfold_fully
from telltale_conformance.model.types.trees import Branch, Label, Mu, Var


def test_the_states_are_the_choices_with_every_variable_resolved() -> None:
    text = "μt. !A{a. μs. ?B{b. s, c. t}, d. end}"
    assert automaton(parse_local_type(text)) == Automaton(
        (
            State("send", "A", (Step(Label("a"), None, 1), Step(Label("d"), None, 2))),
            State("receive", "B", (Step(Label("b"), None, 1), Step(Label("c"), None, 0))),
            State("end"),
        )
    )


@pytest.mark.parametrize("text", ["t", "μt. t", "μt. μs. t"])
def test_what_never_gets_anywhere_is_undefined(text: str) -> None:
    assert automaton(parse_local_type(text)).states == (State("undefined"),)


def test_a_part_shared_by_two_recursions_goes_back_to_each() -> None:
    shared = Send("B", (Branch(Label("m"), None, Var("t")),))
    twice = Mu("t", Send("A", (Branch(Label("x"), None, Mu("t", shared)), Branch(Label("y"), None, shared))))
    written = parse_local_type("μt. !A{x. μt. B!m. t, y. B!m. t}")
    assert automaton(twice) == automaton(written)
    assert len(automaton(twice).states) == 3


@given(local_types())
def test_unfolding_makes_no_difference(tree: LocalType) -> None:
    assert difference(tree, unfold(tree)) is None
    assert difference(unfold_fully(unfold(tree)), tree) is None


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("μt. A!m. t", "μs. A!m. A!m. s"),
        ("!A{m. end, n. end}", "!A{n. end, m. end}"),
        ("μt. end", "end"),
        ("μt. !A{m. t, n. μt. A!x. t}", "μa. !A{n. μb. A!x. A!x. b, m. a}"),
    ],
)
def test_the_same_protocol_written_otherwise(left: str, right: str) -> None:
    assert difference(parse_local_type(left), parse_local_type(right)) is None


@pytest.mark.parametrize(
    ("left", "right", "labels"),
    [
        ("A!m. end", "A?m. end", ()),
        ("A!m. end", "B!m. end", ()),
        ("A!m. end", "!A{m. end, n. end}", ()),
        ("A!m(Nat). end", "A!m. end", ()),
        ("A!m<Nat>. end", "A!m. end", ()),
        ("A!m. B!n. end", "A!m. end", ("m",)),
        ("μt. !A{m. t, n. end}", "!A{m. !A{m. end, n. end}, n. end}", ("m", "m")),
        ("μt. A!m. t", "A!m. A!m. A!m. end", ("m", "m", "m")),
        ("μt. !A{a. μs. ?B{b. s, c. t}}", "μt. !A{a. μs. ?B{b. s, c. s}}", ("a", "c")),
    ],
)
def test_two_types_part_after_the_fewest_labels(left: str, right: str, labels: tuple[str, ...]) -> None:
    found = difference(parse_local_type(left), parse_local_type(right))
    assert found is not None
    assert found.labels == labels


def test_deep_types_need_no_stack() -> None:
    deep = parse_local_type("A!m. " * 20_000 + "end")
    assert len(automaton(deep).states) == 20_001
    assert difference(deep, parse_local_type("A!m. " * 20_000 + "A!m. end")) is not None
