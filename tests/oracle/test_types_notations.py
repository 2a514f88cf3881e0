"""Other notations of types: what is read, and how the message rewrites what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.types_world import here, types, written

__all__ = ["here"]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("p!{l(Nat). end}", "p!l(Nat). end"),
        ("p?{l(Nat). end, k. end}", "?p{\n    l(Nat). end,\n    k. end\n  }"),
        ("q⊕{l. end}", "q!l. end"),
        ("q&{l. end}", "q?l. end"),
        ("⊕q{l. end}", "q!l. end"),
        ("&q{l. end}", "q?l. end"),
        ("μ(t) p!l. t", "μt. p!l. t"),
        ("rec t . p!l . t", "μt. p!l. t"),
        ("(p!l. end)", "p!l. end"),
        ("p!l. End", "p!l. end"),
        ("p!l. 0", "p!l. end"),
    ],
)
def test_what_people_write_is_read_and_printed_in_one_form(here: Path, text: str, printed: str) -> None:
    code, out, _ = types(written("t", text))
    assert (code, out) == (0, f"t: well-formed\n\n  {printed}\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("p!{l(S). end}", "p!{l(Nat). end}"),
        ("p!l(Nat); end", "p!l(Nat). end"),
        ("p!l<int>. end", "p!l(Nat). end"),
        ("p!l(string). end", "p!l(String). end"),
        ("&q{l: end, k: end}", "&q{l. end, k. end}"),
        ("+q{l. end, k. end}", "⊕q{l. end, k. end}"),
        ("p!l", "p!l. end"),
        ("p!l(). end", "p!l. end"),
        ("A -> B {m. end}", "A -> B : {m. end}"),
        ("rec t p!l. t", "rec t. p!l. t"),
        ("p!l(S, int). end", "p!l(Prod(Nat, Nat)). end"),
    ],
)
def test_what_is_not_read_is_rewritten_in_the_message(here: Path, text: str, line: str) -> None:
    code, _, err = types(written("t", text))
    assert code == 2
    assert f"; write: {line}\n" in err
    code, out, _ = types(written("u", line))
    assert code == 0, out


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("p!{l(S). end}\np?{l(S). end, k. end}\n", "p!{l(Nat). end}"),
        ("p!l(S).\nq!m(T) end)", "p!l(Nat)."),
        ("roles A, B\nA = B!m(S). end\nB = A?m(S). end }\n", "A = B!m(Nat). end"),
    ],
)
def test_a_line_is_rewritten_where_a_later_one_is_wrong_for_good(here: Path, text: str, line: str) -> None:
    code, _, err = types(written("t", text))
    assert code == 2
    assert f"; write: {line}\n" in err


def test_a_line_that_stays_wrong_is_not_rewritten(here: Path) -> None:
    _, _, err = types(written("t", "p!l(S). end)\n"))
    assert "S is not a payload sort" in err
    assert "write:" not in err


def test_a_single_type_in_a_file_of_a_protocol_is_explained(here: Path) -> None:
    code, _, err = types(written("t.session", "p!l. end"))
    assert code == 2
    assert "t.session: this is a single type, and a .session file is a protocol: begin it with its roles" in err
    assert types(written("t.type", "p!l. end"))[0] == 0


def test_a_second_type_in_a_file_is_explained(here: Path) -> None:
    code, _, err = types(written("t", "p!l. end\nq!k. end\n"))
    assert code == 2
    assert "t:2:1: " in err
    assert "a text holds one type, or a protocol that begins with its roles, `roles A, B`" in err


def test_a_word_of_other_notations_for_the_end_is_rewritten(here: Path) -> None:
    code, out, _ = types(written("t", "p!l. skip"))
    assert code == 1
    assert 't:1:6: unbound variable: the variable "skip" is not bound' in out
    assert "write: p!l. end" in out
