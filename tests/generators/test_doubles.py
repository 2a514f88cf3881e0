"""Doubles: each kind is a pair of different names that one careless comparison takes for one."""

from __future__ import annotations

import pytest

from telltale_conformance.generators.doubles import (
    EMPTY,
    KINDS,
    ORDERS,
    PLAIN,
    Kind,
    alike,
    alike_scopes,
    cast_with_doubles,
)
from telltale_conformance.model.values import SESSION, Fragments

PAIRS = (
    ("a", "A"),
    ("straße", "STRASSE"),
    ("é", "e\u0301"),
    ("ﬁ", "fi"),
    ("Ａ", "A"),
    ("a", "a "),
    ("a", " a"),
    ("a\0x", "a\0y"),
    ("a", "a\u200b"),
    *(("x" * count + "a", "x" * count + "b") for count in (16, 64, 255)),
    ("A", "AB"),
    ("1", "01"),
    ("a/b", "a//b"),
)
"""Pairs that stores took for one another."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_makes_doubles_that_its_key_does_not_tell_apart(kind: Kind) -> None:
    for name in [kind.base] if kind.base else ["a", "A", "m", "ready", "h", "s"]:
        double = kind.double(name)
        assert double != name
        assert kind.key(double) == kind.key(name)
        assert alike(name, double)
        assert alike(double, name)


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=ascii)
def test_names_that_were_taken_for_one_another_look_alike(one: str, other: str) -> None:
    assert alike(one, other)


def test_ordinary_names_do_not_look_alike() -> None:
    for names in PLAIN[:-1]:
        assert not any(alike(one, other) for one in names for other in names if {one, other} != {"ready", ""})
    assert not alike("a", "a")
    assert all(alike("", name) for name in EMPTY)


def test_scopes_look_alike_fragment_by_fragment_or_joined() -> None:
    assert alike_scopes(Fragments(("a", "b")), Fragments(("A", "b")))
    assert alike_scopes(Fragments(("a",)), Fragments(("a", "A")))
    assert alike_scopes(Fragments(("a", "b")), Fragments(("a,b",)))
    assert not alike_scopes(Fragments(("a",)), Fragments(("b",)))
    assert not alike_scopes(Fragments(("a",)), Fragments(("a",)))
    assert not alike_scopes(SESSION, Fragments(("Session",)))


def test_each_pair_of_orders_is_ordered_otherwise_by_some_other_rule() -> None:
    keys = (
        lambda name: name.encode("utf-16-be"),
        str.casefold,
        lambda name: (len(name), name),
        lambda name: name.translate({0x2D: None, 0x20: None, 0: None}),
        lambda name: name.replace("é", "e\u0301"),
        lambda name: [byte - 256 if byte > 127 else byte for byte in name.encode()],
        lambda name: int("".join(filter(str.isdigit, name)) or "0"),
    )
    for one, other in ORDERS:
        assert any((key(one) < key(other)) != (one.encode() < other.encode()) for key in keys), (one, other)


def test_casts_go_through_all_kinds_for_each_sort_of_name() -> None:
    casts = [cast_with_doubles(number) for number in range(len(KINDS))]
    for sort in PLAIN._fields[:-1]:
        pairs = {
            (name, double) for cast in casts for name in getattr(cast, sort) for double in cast.doubles.get(name, ())
        }
        for kind in KINDS:
            assert any(kind.key(one) == kind.key(other) for one, other in pairs), (sort, kind.name)
