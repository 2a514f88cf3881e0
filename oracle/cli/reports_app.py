"""The commands that show what checks have left behind, their options, and where their bodies are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from telltale_conformance.oracle.cli.options import Json, Page, in_a_folder_that_is_there


def compare(
    reports: Annotated[
        list[Path], typer.Argument(metavar="REPORT…", help="Each a report.json, or the folder that --report wrote.")
    ],
    output: Page = None,
    as_json: Json = False,
) -> None:
    """Show several implementations or versions side by side: lanes, claims, rows of the contract."""
    from telltale_conformance.oracle.cli.compare import run

    raise typer.Exit(run(reports, output=output, as_json=as_json))


def trends(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Files that check --history or campaign report --history wrote."),
    ],
    output: Page = None,
    database: Annotated[
        Path | None,
        typer.Option(
            "--duckdb",
            callback=in_a_folder_that_is_there,
            metavar="FILE",
            help="Write all records as a DuckDB database, for questions in SQL.",
        ),
    ] = None,
) -> None:
    """Show how divergences, power, coverage and speed change over versions."""
    from telltale_conformance.oracle.cli.trends import run

    raise typer.Exit(run(files, output=output, database=database))
