"""The ``trends`` command: how the results of checks and campaigns change over the versions of an implementation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from telltale_conformance.errors import UsageError
from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.oracle.cli.terminal import say, told, warn
from telltale_conformance.oracle.reports.trends.database import write_database
from telltale_conformance.oracle.reports.trends.file import read_records
from telltale_conformance.oracle.reports.trends.page import trends_page
from telltale_conformance.oracle.reports.trends.record import Record
from telltale_conformance.oracle.reports.trends.series import series_of
from telltale_conformance.oracle.reports.trends.text import trends_lines


@told
def run(paths: Sequence[Path], *, output: Path | None = None, database: Path | None = None) -> int:
    """Tell the trends of what is recorded in these files and return the exit code: 0, whatever they are.

    Args:
        paths: files that ``check`` and ``campaign report`` wrote with ``--history``.
        output: where to write the page; None for no page.
        database: where to write the records as a DuckDB database; None for none.
    """
    for written in (output, database):
        if written is not None and any(written.exists() and written.samefile(path) for path in paths if path.exists()):
            raise UsageError("it is one of the files that are read", place=written, remedy="name another file")
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
    if database is not None:
        write_database(database, records, [record for one in series for record in one.records])
    if output is not None:
        write_whole(output, trends_page(series).encode())
    for line in trends_lines(series):
        say(line)
    if output is not None:
        say(f"page: {output}")
    if database is not None:
        say(f"database: {database}")
    return 0
