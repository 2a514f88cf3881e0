"""The command ``types`` with its options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from telltale_conformance.oracle.cli.options import Json, MergeName, from_standard_input, in_a_folder_that_is_there


def types(
    files: Annotated[
        list[Path],
        typer.Argument(
            callback=from_standard_input,
            help="Protocol files (.session), types in text or JSON, folders with one protocol; - is standard input.",
        ),
    ],
    as_json: Json = False,
    lean_json: Annotated[bool, typer.Option("--lean-json", help="Print types in the Lean side's JSON form.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Print the open plan as JSON.")] = False,
    draw: Annotated[
        Path | None,
        typer.Option(callback=in_a_folder_that_is_there, metavar="OUT.svg", help="Draw the edge blueprint."),
    ] = None,
    compatible: Annotated[
        bool, typer.Option("--compatible", help="Report only whether the roles fit, with a run where they do not.")
    ] = False,
    buffer: Annotated[
        str | None, typer.Option(metavar="Fifo:N:POLICY", help="The session's buffers; Fifo:64:Block without it.")
    ] = None,
    states: Annotated[int, typer.Option(min=1, metavar="N", help="How many states the search sees at most.")] = 100_000,
    program: Annotated[
        Path | None,
        typer.Option(
            callback=in_a_folder_that_is_there,
            metavar="FILE",
            help="Write the run that shows the problem as a program.",
        ),
    ] = None,
    merge: Annotated[
        MergeName,
        typer.Option(
            help="How branches that a role does not see are made one: plain as telltale's Lean does, full as its Rust."
        ),
    ] = MergeName.full,
) -> None:
    """Check local and global types and protocols, and print them in every form."""
    from telltale_conformance.oracle.cli.types import Options, run

    options = Options(
        as_json=as_json,
        lean_json=lean_json,
        plan=plan,
        draw=draw,
        compatible=compatible,
        buffer=buffer,
        states=states,
        program=program,
        merging="plain" if merge is MergeName.plain else "full",
    )
    raise typer.Exit(run(files, options))
