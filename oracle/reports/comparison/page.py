"""A comparison as one page: in what the reports are not alike, then all rows, those that differ first."""

from __future__ import annotations

from typing import Final

from telltale_conformance.oracle.reports.comparison.comparison import Comparison
from telltale_conformance.oracle.reports.comparison.rows import State
from telltale_conformance.oracle.reports.comparison.text import last_line
from telltale_conformance.oracle.reports.page.template import filled

_TONES: Final[dict[State, str]] = {
    "agrees": "good",
    "kept": "good",
    "diverges": "bad",
    "broken": "bad",
    "broken too": "warn",
    "not judged": "off",
}


def comparison_page(comparison: Comparison) -> str:
    """Return the page; it needs no script."""
    return filled(
        "comparison.html.j2",
        styles=("page.css", "plain.css"),
        title="Comparison of " + ", ".join(side.name for side in comparison.sides),
        parts=[(section.name.replace(" ", "-"), section.name.capitalize()) for section in comparison.sections],
        comparison=comparison,
        summary=last_line(comparison),
        tones=_TONES,
    )
