"""The commands about one divergence, ``minimise`` and ``verify``, with their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from telltale_conformance.oracle.cli.configured import ConfigOption, NoConfigOption
from telltale_conformance.oracle.cli.options import (
    ContractOption,
    Expected,
    Json,
    LevelName,
    LevelOption,
    ProtocolOption,
    from_standard_input,
    in_a_folder_that_is_there,
)


def minimise(
    path: Annotated[
        Path,
        typer.Argument(
            callback=from_standard_input, metavar="TRACE|PROGRAM|DOCUMENT", help="What diverges; - is standard input."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", callback=in_a_folder_that_is_there, metavar="FILE", help="The smallest program."
        ),
    ],
    sut: Annotated[str | None, typer.Option(metavar="CMD", help="The adapter's command.")] = None,
    protocol: ProtocolOption = None,
    level: LevelOption = LevelName.state,
    contract: ContractOption = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="How long to look for smaller programs.")
    ] = 60.0,
    dossier: Annotated[
        Path | None,
        typer.Option(
            callback=in_a_folder_that_is_there,
            metavar="DIR",
            help="Keep all that is needed to run the divergence again.",
        ),
    ] = None,
    as_json: Json = False,
    no_config: NoConfigOption = False,
    config: ConfigOption = None,
) -> None:
    """Find the smallest program with the same divergence, and say why each step is needed."""
    from telltale_conformance.oracle.cli.minimise import run
    from telltale_conformance.oracle.verdict.compare import Level

    code = run(
        path,
        output=output,
        sut=sut,
        level=Level[level.value],
        contract=contract.value if contract else None,
        seconds=seconds,
        as_json=as_json,
        protocol=protocol,
        dossier=dossier,
    )
    raise typer.Exit(code)


def verify(
    dossiers: Annotated[list[Path], typer.Argument(metavar="DOSSIER…", help="The folders of divergences.")],
    sut: Annotated[
        str | None, typer.Option(metavar="CMD", help="The adapter's command, in place of the kept one.")
    ] = None,
    kept: Annotated[
        bool, typer.Option("--run", help="Run the command that the dossier names; it is shown and asked for without.")
    ] = False,
    expect: Annotated[
        Expected | None, typer.Option(help="The only verdict that ends with 0; either of them without it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run dossiers again, each in turn: the divergence is still there, is fixed, or has become another."""
    from telltale_conformance.oracle.cli.verify import run
    from telltale_conformance.oracle.verdict.exit_codes import gravest

    codes = [run(folder, sut=sut, kept=kept, expect=expect, as_json=as_json) for folder in dossiers]
    raise typer.Exit(gravest(codes))
