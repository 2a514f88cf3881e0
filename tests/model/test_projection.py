"""Projection of global types: what each role does, plain and full merging, and why there is none."""

from __future__ import annotations

import pytest

from telltale_conformance.model.types.printer import print_local_type
from telltale_conformance.model.types.projection import NoMerge, NotProjectable, merge, project, project_all
from telltale_conformance.model.types.syntax import parse_global_type, parse_local_type

TWO_BUYER = (
    "B1 -> S : title(String). S -> B1 : quote(Nat). S -> B2 : quote(Nat). B1 -> B2 : share(Nat). "
    "B2 -> S : {ok(String). S -> B2 : date(String). end, quit. end}"
)


def projected(text: str, role: str, merging: str = "full") -> str:
    return print_local_type(project(parse_global_type(text), role, merging))


@pytest.mark.parametrize("merging", ["plain", "full"])
def test_each_role_of_the_two_buyer_protocol_has_its_part(merging: str) -> None:
    assert projected(TWO_BUYER, "B1", merging) == "S!title(String). S?quote(Nat). B2!share(Nat). end"
    assert (
        projected(TWO_BUYER, "S", merging)
        == "B1?title(String). B1!quote(Nat). B2!quote(Nat). ?B2{ok(String). B2!date(String). end, quit. end}"
    )
    assert (
        projected(TWO_BUYER, "B2", merging)
        == "S?quote(Nat). B1?share(Nat). !S{ok(String). S?date(String). end, quit. end}"
    )


@pytest.mark.parametrize(
    ("text", "role", "local"),
    [
        ("end", "A", "end"),
        ("μt. A -> B : m. t", "A", "μt. B!m. t"),
        ("μt. A -> B : m. t", "C", "end"),
        ("μt. μs. A -> B : {m. s, n. t}", "C", "end"),
        ("μt. A -> B : {m. t, n. end}", "B", "μt. ?A{m. t, n. end}"),
        ("μt. A -> B : {m. t, n. end}", "C", "end"),
        ("μt. A -> B : {n. end, m. t}", "C", "end"),
        ("μt. C -> A : x. μs. A -> B : {m. s, n. end}", "C", "μt. A!x. end"),
        ("C -> A : x. μs. A -> B : {m. s, n. end}", "C", "A!x. end"),
        ("A -> B : m<Nat>. end", "B", "A?m<Nat>. end"),
        ("A -> B : {}", "A", "!B{}"),
        ("A -> B : {}", "C", "end"),
    ],
)
def test_recursion_ends_for_a_role_that_takes_no_part(text: str, role: str, local: str) -> None:
    assert projected(text, role) == local


def test_full_merging_unites_receives_and_plain_merging_refuses_them() -> None:
    text = "A -> B : {l. B -> C : x. end, r. B -> C : y. end}"
    assert projected(text, "C") == "?B{x. end, y. end}"
    with pytest.raises(NotProjectable) as caught:
        project(parse_global_type(text), "C", "plain")
    assert caught.value.message == (
        "C does not see which branch of A -> B was chosen, and l and r disagree on what it does then "
        "(plain merging): B?x. end against B?y. end"
    )
    assert (caught.value.role, caught.value.first.label.name, caught.value.second.label.name) == ("C", "l", "r")


@pytest.mark.parametrize(
    ("left", "right", "merged"),
    [
        ("?A{x. end}", "?A{y. end}", "?A{x. end, y. end}"),
        ("?A{x. ?A{u. end}, y. end}", "?A{x. ?A{v. end}}", "?A{x. ?A{u. end, v. end}, y. end}"),
        ("!A{x. B?u. end}", "!A{x. B?v. end}", "A!x. ?B{u. end, v. end}"),
        ("!A{x. end, y. end}", "!A{y. end, x. end}", "!A{x. end, y. end}"),
        ("μt. ?A{x. t}", "μt. ?A{y. end}", "μt. ?A{x. t, y. end}"),
        ("t", "t", "t"),
    ],
)
def test_the_full_merge_of_two_types(left: str, right: str, merged: str) -> None:
    assert print_local_type(merge(parse_local_type(left), parse_local_type(right))) == merged


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        ("end", "A?x. end", "end against A?x. end"),
        ("A!x. end", "A?x. end", "A!x. end against A?x. end"),
        ("A?x. end", "B?x. end", "A?x. end against B?x. end"),
        ("!A{x. end}", "!A{x. end, y. end}", "sends to A with different labels: y only on one side"),
        ("A?x(Nat). end", "A?x(Bool). end", "the label x with two payload sorts"),
        ("A?x<Nat>. end", "A?x<Bool>. end", "the label x with two value types"),
        ("μt. A?x. t", "μs. A?x. s", "recursions with the variables t and s"),
        ("t", "s", "t against s"),
        ("C!a. A?x. end", "C!a. A!x. end", "A?x. end against A!x. end"),
    ],
)
def test_what_has_no_full_merge_says_why(left: str, right: str, why: str) -> None:
    with pytest.raises(NoMerge) as caught:
        merge(parse_local_type(left), parse_local_type(right))
    assert str(caught.value) == why


@pytest.mark.parametrize(
    ("text", "role", "why"),
    [
        (
            "μt. C -> A : x. A -> B : {m. t, n. end}",
            "C",
            "m and n disagree on what it does then (full merging): t against end",
        ),
        ("μt. C -> A : x. μs. A -> B : {m. s, n. t}", "C", "s against t"),
        ("A -> B : {l. C -> A : x. end, r. end}", "C", "A!x. end against end"),
    ],
)
def test_a_role_that_would_have_to_know_a_choice_it_does_not_see_has_no_projection(
    text: str, role: str, why: str
) -> None:
    with pytest.raises(NotProjectable) as caught:
        project(parse_global_type(text), role)
    assert caught.value.message.endswith(why)


def test_all_roles_are_told_and_a_role_without_projection_keeps_its_reason() -> None:
    told = project_all(parse_global_type("A -> B : {l. C -> A : x. end, r. end}"), "ABC")
    assert [role for role, local in told.items() if isinstance(local, NotProjectable)] == ["C"]


def test_deep_types_are_projected_and_merged_without_a_stack() -> None:
    deep = "B -> C : m. " * 20_000
    text = f"A -> B : {{l. {deep}B -> C : x. end, r. {deep}B -> C : y. end}}"
    assert projected(text, "C") == "B?m. " * 20_000 + "?B{x. end, y. end}"
