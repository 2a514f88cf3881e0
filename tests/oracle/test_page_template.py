"""What a template makes of texts: code in backticks, and nothing of what a stranger wrote acts."""

import pytest

from telltale_conformance.oracle.reports.page.template import coded


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at `ownership.current`, missing", "at <code>ownership.current</code>, missing"),
        ("a ` alone", "a ` alone"),
        ("`<b>` & `\u202e`", "<code>&lt;b&gt;</code> &amp; <code>\ufffd</code>"),
    ],
)
def test_what_stands_in_backticks_is_code_and_nothing_acts(text: str, shown: str) -> None:
    assert coded(text) == shown
