"""The commands for an adapter's author, ``init``, ``adapter-kit`` and ``schema``, with their options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from telltale_conformance.oracle.cli.options import Json


class LanguageName(StrEnum):
    """The languages that ``init`` has templates for."""

    python = "python"
    rust = "rust"
    typescript = "typescript"
    go = "go"
    java = "java"


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The project's folder; it may be new.", show_default=False)
    ] = Path(),
    language: Annotated[
        LanguageName | None, typer.Option(help="Of the adapter; read off the project's files without it.")
    ] = None,
) -> None:
    """Start a project of your own: an adapter, a toy store, a test, a baseline and a CI workflow."""
    from telltale_conformance.oracle.cli.init import run

    raise typer.Exit(run(folder, language.value if language else None))


def adapter_kit(
    cmd: Annotated[str, typer.Argument(metavar="CMD", help="The adapter's command.")],
    as_json: Json = False,
    deadline: Annotated[float, typer.Option(metavar="SECONDS", help="For one answer.")] = 5.0,
) -> None:
    """Tell an adapter's author, check by check, whether it speaks the protocol."""
    from telltale_conformance.oracle.cli.adapter_kit import run

    raise typer.Exit(run(cmd, as_json=as_json, deadline=deadline))


def schema(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Which schema; all are listed without it.")
    ] = None,
) -> None:
    """Print a JSON Schema of the formats."""
    from telltale_conformance.oracle.cli.schema import run

    raise typer.Exit(run(name))
