"""The ``trends`` command: how the results of checks and campaigns change over the versions of an implementation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from telltale_conformance.errors import UsageError
from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.oracle.cli.terminal import say, told, warn
from telltale_conformance.oracle.reports.trends.file import read_records
from telltale_conformance.oracle.reports.trends.page import trends_page
from telltale_conformance.oracle.reports.trends.record import Record
from telltale_conformance.oracle.reports.trends.series import series_of
from telltale_conformance.oracle.reports.trends.text import trends_lines


@told
def run(paths: Sequence[Path], *, output: Path | None = None) -> int:
    """Tell the trends of what is recorded in these files and return the exit code: 0, whatever they are.

    Args:
        paths: files that ``check`` and ``campaign report`` wrote with ``--history``.
        output: where to write the page; None for no page.
    """
    records: list[Record] = []
    for path in paths:
        found = read_records(path)
        records += found.records
        if found.torn:
            warn(f"{path}: its last line is torn ({found.torn} bytes) and is left out; the next record moves it away")
    if not records:
        raise UsageError(
            f"neither a check nor a campaign is recorded in {', '.join(map(str, paths))}",
            remedy="run check or campaign report with --history FILE first",
        )
    series = series_of(records)
    if output is not None:
        write_whole(output, trends_page(series).encode())
    for line in trends_lines(series):
        say(line)
    if output is not None:
        say(f"page: {output}")
    return 0
