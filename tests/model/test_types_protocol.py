"""Protocols: what does not fit between the roles."""

from __future__ import annotations

import pytest
from hypothesis import given

from telltale_conformance.generators.local_types import dual_pairs, protocols
from telltale_conformance.model.types.local_types import LocalType
from telltale_conformance.model.types.protocol import Protocol, protocol_problems
from telltale_conformance.model.types.syntax import parse_protocol


def found(text: str) -> list[tuple[object, ...]]:
    """The problems of a protocol file: kind, role, partner, label, line, column."""
    return [
        (one.kind, one.role, one.partner, one.label, *(one.position or ()))
        for one in protocol_problems(parse_protocol(text))
    ]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("roles A, B\nA = B!m. end\nB = A?m. end", []),
        ("roles A, B\nA = μt. !B{a. t, b. end}\nB = μt. ?A{b. end, a. t}", []),
        ("roles A, B\nA = end\nB = end", []),
        ("roles A, B, A\nA = end\nB = end", [("repeated role", "A", None, None, 1, 13)]),
        ("roles A, B\nA = end", [("role without type", "B", None, None, 1, 10)]),
        ("roles A\nA = end\nB = A!m. end", [("type without role", "B", None, None, 3, 1)]),
        (
            "roles A\nA = !Z{a. Z!b. end, c. Y?d. end}",
            [("unlisted partner", "A", "Z", None, 2, 5), ("unlisted partner", "A", "Y", None, 2, 24)],
        ),
        ("roles A\nA = A!m. A?m. end", [("edge to itself", "A", "A", None, 2, 5)]),
        ("roles A, B\nA = B!m. end\nB = end", [("send without receive", "A", "B", None, 2, 5)]),
        (
            "roles A, B\nA = B!m. end",
            [("role without type", "B", None, None, 1, 10), ("send without receive", "A", "B", None, 2, 5)],
        ),
        ("roles A, B\nA = end\nB = A?m. end", [("receive without send", "B", "A", None, 3, 5)]),
        (
            "roles A, B\nA = B!m. end\nB = A!m. end",
            [("send without receive", "A", "B", None, 2, 5), ("send without receive", "B", "A", None, 3, 5)],
        ),
        (
            "roles A, B\nA = !B{a. end, b. end}\nB = ?A{a. end, c. end}",
            [("label never received", "A", "B", "b", 2, 16), ("label never sent", "B", "A", "c", 3, 16)],
        ),
        ("roles A, B\nA = !B{}\nB = end", [("send without receive", "A", "B", None, 2, 5)]),
        ("roles A, B\nA = !B{}\nB = ?A{}", []),
        ("roles A, B\nA = B!m(Nat). end\nB = A?m(Bool)<Nat>. end", []),
    ],
)
def test_what_does_not_fit_is_reported_once_and_where(text: str, problems: list[tuple[object, ...]]) -> None:
    assert found(text) == problems


@given(dual_pairs())
def test_dual_types_fit(pair: tuple[LocalType, LocalType]) -> None:
    mine, theirs = pair
    assert protocol_problems(Protocol(("A", "B"), {"A": mine, "B": theirs})) == []


@given(protocols())
def test_every_problem_is_a_sentence_and_is_reported_once(
    protocol: tuple[tuple[str, ...], dict[str, LocalType]],
) -> None:
    roles, types = protocol
    problems = protocol_problems(Protocol(roles, types))
    assert len({(one.kind, one.role, one.partner, one.label) for one in problems}) == len(problems)
    assert all(one.message and one.position is None for one in problems)


def test_deep_protocols_need_no_stack() -> None:
    text = f"roles A, B\nA = {'B!m. ' * 20_000}end\nB = {'A?m. ' * 19_999}A?n. end"
    kinds = [(one.kind, one.label) for one in protocol_problems(parse_protocol(text))]
    assert kinds == [("label never sent", "n")]
