"""The ``compare`` command: several reports side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.oracle.cli.terminal import say, say_json, told
from telltale_conformance.oracle.reports.comparison.comparison import comparison_document, comparison_of
from telltale_conformance.oracle.reports.comparison.text import comparison_lines


@told
def run(paths: Sequence[Path], *, output: Path | None = None, as_json: bool = False) -> int:
    """Compare reports and return the exit code: 0 when the comparison was made, whatever it shows.

    Args:
        paths: the reports, or the folders in which they are.
        output: where to write the page; None for no page.
        as_json: print one JSON object instead of the text.
    """
    comparison = comparison_of(paths)
    if output is not None:
        from telltale_conformance.oracle.reports.comparison.page import comparison_page

        write_whole(output, comparison_page(comparison).encode())
    if as_json:
        say_json(comparison_document(comparison))
        return 0
    for line in comparison_lines(comparison):
        say(line)
    if output is not None:
        say(f"page: {output}")
    return 0
