"""The commands that read and write traces, ``replay`` and ``record``, with their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from telltale_conformance.oracle.cli.configured import ConfigOption, NoConfigOption
from telltale_conformance.oracle.cli.options import (
    ContractOption,
    Json,
    LevelName,
    LevelOption,
    ProtocolOption,
    from_standard_input,
    in_a_folder_that_is_there,
)


def replay(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            callback=from_standard_input,
            help="Traces, histories, runs and audit logs of telltale's, or folders; - is standard input.",
        ),
    ] = None,
    protocol: ProtocolOption = None,
    recordings: Annotated[
        bool, typer.Option("--recordings", help="Replay the recordings that are part of this package.")
    ] = False,
    contract: ContractOption = None,
    level: LevelOption = LevelName.state,
    as_json: Json = False,
    claims: Annotated[bool, typer.Option("--claims", help="Watch the claims on the events too.")] = False,
    configurations: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many orders of a history are tried, 20 for each answer apart.")
    ] = 100_000,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Processes that share the files.")] = 1,
    max_line_bytes: Annotated[int, typer.Option(min=64, metavar="BYTES", help="The longest line of a trace.")] = 2**24,
    max_nesting: Annotated[int, typer.Option(min=8, metavar="N", help="The deepest nesting within a line.")] = 2000,
    max_unpacked_bytes: Annotated[
        int, typer.Option(min=64, metavar="BYTES", help="The most a .gz trace unpacks to.")
    ] = 2**33,
    no_config: NoConfigOption = False,
    config: ConfigOption = None,
) -> None:
    """Replay recorded traces and histories against the reference store."""
    from telltale_conformance.lean_traces.limits import Limits
    from telltale_conformance.lean_traces.shipped import RECORDINGS
    from telltale_conformance.oracle.cli.replay import run
    from telltale_conformance.oracle.verdict.compare import Level

    limits = Limits(line_bytes=max_line_bytes, nesting=max_nesting, unpacked_bytes=max_unpacked_bytes)
    named = contract.value if contract else None
    chosen = [*(paths or []), *([RECORDINGS] if recordings else [])]
    if not chosen:
        raise typer.BadParameter("name a trace or a folder of traces, or give --recordings")
    code = run(
        chosen,
        contract=named,
        level=Level[level.value],
        as_json=as_json,
        claims=claims,
        protocol=protocol,
        limits=limits,
        configurations=configurations,
        workers=workers,
    )
    raise typer.Exit(code)


def record(
    sut: Annotated[str, typer.Option(metavar="CMD", help="The adapter's command.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            callback=in_a_folder_that_is_there,
            metavar="TRACE",
            help="The trace to write; - is standard output.",
        ),
    ],
    program: Annotated[
        Path | None, typer.Option(callback=from_standard_input, metavar="FILE", help="What to do; - is standard input.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Do a generated program of this seed instead.")
    ] = None,
    steps: Annotated[
        int, typer.Option(min=1, metavar="N", help="Of the generated program, before its last look.")
    ] = 200,
    deadline: Annotated[float, typer.Option(metavar="SECONDS", help="For one answer.")] = 10.0,
    no_config: NoConfigOption = False,
    config: ConfigOption = None,
) -> None:
    """Drive an implementation and write what it answered as a trace."""
    from telltale_conformance.oracle.cli.record import run_chosen

    if (program is None) == (seed is None):
        raise typer.BadParameter("give either --program or --seed")
    raise typer.Exit(run_chosen(sut, program, seed, steps, output, deadline=deadline))
