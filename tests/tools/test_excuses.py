"""What makes a check pass over something says why: the lint finds where nothing is said, and finds none in the tree."""

from __future__ import annotations

import pytest

from tools.lint.__main__ import ROOT
from tools.lint.excuses import problems, problems_of


def test_the_tree_has_none() -> None:
    assert list(problems(ROOT)) == []


@pytest.mark.parametrize(
    "excuse", ["# type: ignore[misc]", "# noqa: F401", "# noqa: B015, PLR0124", "# pragma: no cover"]
)
def test_an_excuse_without_a_reason_is_found(excuse: str) -> None:
    (problem,) = problems_of("oracle/x.py", f"first = 1\nx = 1  {excuse}\n")
    assert problem == f"oracle/x.py:2: {excuse} does not say why; write the reason after it, as a comment"
    assert list(problems_of("oracle/x.py", f"x = 1  {excuse} # the stubs say otherwise\n")) == []


def test_two_excuses_have_one_reason() -> None:
    both = "# type: ignore[attr-defined] # noqa: B018"
    assert len(list(problems_of("oracle/x.py", f"x = 1  {both}\n"))) == 1
    assert list(problems_of("oracle/x.py", f"x = 1  {both} # that is the point\n")) == []


def test_tests_have_nothing_to_tell_a_type_checker() -> None:
    (problem,) = problems_of("tests/test_x.py", "x = 1  # type: ignore[misc] # a reason\n")
    assert problem == "tests/test_x.py:1: no type checker reads the tests; take away # type: ignore[misc]"


def test_a_text_that_speaks_of_one_is_none() -> None:
    assert list(problems_of("oracle/x.py", 'x = "write # noqa: F401"\n')) == []
