"""The command ``prove`` with its options."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from telltale_conformance.oracle.cli.options import Json, in_a_folder_that_is_there


class SecondSolver(StrEnum):
    """The solvers that can decide again what z3 has decided."""

    CVC5 = "cvc5"


def prove(
    contract: Annotated[
        str | None, typer.Option(metavar="CONTRACT", help="One contract, telltale-17 or hardened; both without it.")
    ] = None,
    claim: Annotated[list[str] | None, typer.Option(metavar="K…", help="One claim; may be repeated.")] = None,
    as_json: Json = False,
    work: Annotated[
        int | None,
        typer.Option(min=1, metavar="UNITS", help="Of the solver's work, for each claim; 200,000,000 without it."),
    ] = None,
    programs: Annotated[
        Path | None,
        typer.Option(
            callback=in_a_folder_that_is_there,
            metavar="DIR",
            help="Keep each counterexample as a program, for minimise or record.",
        ),
    ] = None,
    cross_check: Annotated[
        SecondSolver | None, typer.Option(help="Let a second solver decide again whatever z3 decides.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            callback=in_a_folder_that_is_there,
            metavar="DIR",
            help="Keep all that z3 decides as SMT-LIB, with index.json.",
        ),
    ] = None,
    proofs: Annotated[
        Path | None,
        typer.Option(
            callback=in_a_folder_that_is_there, metavar="DIR", help="Keep cvc5's proofs (CPC); with --cross-check cvc5."
        ),
    ] = None,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="Show instead that the proofs are about something.")
    ] = False,
) -> None:
    """Prove or refute the claims of a contract."""
    from telltale_conformance.oracle.cli.prove import run, run_self_test

    if self_test:
        if claim or programs or cross_check or export or proofs:
            raise typer.BadParameter("--self-test takes --contract, --json and --work only", param_hint="--self-test")
        raise typer.Exit(run_self_test(contract, as_json, work))
    raise typer.Exit(
        run(
            contract,
            claim,
            as_json,
            work,
            programs,
            cross_check=cross_check is not None,
            export=export,
            proofs=proofs,
        )
    )
