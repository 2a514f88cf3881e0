"""Text for people: one line, nothing in it that acts on a terminal, and never longer than is said."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telltale_conformance.readable import (
    block,
    both_ends,
    counted,
    json_line,
    last_lines,
    markup,
    one_line,
    shortened,
    spelled,
    value_line,
    visible,
)

ODD = "\x00\x07\b\t\n\v\f\r\x1b[2J\x7f\x85\u2028\u2029\u202e\u2066\u200f\ufeff\U000e0041\ud800"
"""Characters of every kind that acts: controls, an escape sequence, line ends, bidi marks, a tag, half a character."""
TEXTS = st.text(st.characters() | st.sampled_from(ODD), max_size=60)
LIMITS = st.integers(0, 80)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def acts(text: str) -> list[str]:
    return [char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


@given(TEXTS, LIMITS)
def test_one_line_is_one_within_its_limit_and_nothing_in_it_acts(text: str, limit: int) -> None:
    shown = one_line(text, limit)
    assert len(shown) <= limit
    assert acts(shown) == []
    assert shown.splitlines() in ([], [shown])


@given(VALUES, LIMITS)
def test_a_value_is_one_line_within_its_limit(value: Any, limit: int) -> None:
    for shown in (value_line(value, limit), json_line(value, limit)):
        assert len(shown) <= limit
        assert acts(shown) == []


@given(TEXTS, LIMITS)
def test_shortened_keeps_the_beginning_and_its_limit(text: str, limit: int) -> None:
    shown = shortened(text, limit)
    assert len(shown) <= limit
    assert shown == text or (text.startswith(shown[:-1]) and (not shown or shown[-1] == "…"))


@given(st.text(max_size=400), st.integers(0, 300))
def test_both_ends_stay_within_their_limit(text: str, limit: int) -> None:
    shown = both_ends(text, limit)
    assert len(shown) <= limit
    assert "left out" not in shown or text in shown or (shown[0] == text[0] and shown[-1] == text[-1])


@given(TEXTS)
def test_what_fits_and_does_not_act_is_shown_as_it_is(text: str) -> None:
    if not acts(text):
        assert one_line(text, len(text)) == spelled(text) == block(text) == visible(text) == text


@given(st.lists(TEXTS, max_size=5).map("\n".join))
def test_a_block_keeps_its_line_ends_and_nothing_else_that_acts(text: str) -> None:
    shown = block(text)
    assert set(acts(shown)) <= {"\n"}
    assert shown.count("\n") == text.count("\n")


@given(TEXTS)
def test_visible_keeps_every_column(text: str) -> None:
    assert len(visible(text)) == len(text)
    assert acts(visible(text)) == []


@given(TEXTS, st.integers(0, 4), st.integers(1, 30))
def test_the_last_lines_are_so_many_within_their_limit(text: str, most: int, limit: int) -> None:
    shown = last_lines(text, most, limit)
    assert len(shown) <= most
    assert all(len(line) <= limit and not acts(line) for line in shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("left\u202egnp", r"left\u202egnp"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("Zoë → 𝄞 日本\u00a0語", "Zoë → 𝄞 日本\u00a0語"),
    ],
)
def test_a_character_that_acts_is_spelled_as_in_a_literal(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_a_cut_text_says_how_long_it_is() -> None:
    assert one_line("x" * 1000, 40) == "x" * 21 + "… (1000 characters)"
    assert len(one_line("x" * 1000, 40)) == 40
    assert one_line("abcdefgh", 4) == "abc…"


def test_one_of_a_kind_is_no_plural() -> None:
    assert [counted(number, "trace") for number in (0, 1, 2, 1000)] == [
        "0 traces",
        "1 trace",
        "2 traces",
        "1000 traces",
    ]


def test_no_escape_is_cut_in_two() -> None:
    assert one_line("\x1b" * 10, 7) == r"\x1b…"


def test_a_text_of_many_megabytes_costs_no_more_than_its_beginning() -> None:
    assert one_line("\x00" * 50_000_000, 50).endswith("… (50000000 characters)")


def test_a_value_that_nests_too_deep_is_shown_all_the_same() -> None:
    deep: Any = "End"
    for _ in range(100_000):
        deep = [deep]
    assert value_line(deep) == "(it nests too deep to be shown)"
    while deep != "End":  # taken apart by hand: letting go of it at once would recurse
        deep = deep.pop()


def test_markup_is_escaped_and_has_nothing_that_xml_forbids() -> None:
    assert markup("<a b='&'>\x00\ufffe") == "&lt;a b='&amp;'&gt;\ufffd\ufffd"


@pytest.mark.parametrize(("limit", "left"), [(0, ""), (1, "…"), (3, "ab…"), (4, "abcd"), (9, "abcd")])
def test_no_more_is_cut_off_than_must_be(limit: int, left: str) -> None:
    assert shortened("abcd", limit) == left
