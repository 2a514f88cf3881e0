"""The command ``check`` with its options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telltale_conformance.oracle.cli.configured import ConfigOption, NoConfigOption, is_from_file, options_taken
from telltale_conformance.oracle.cli.options import (
    BadgeFile,
    ContractName,
    EffortName,
    History,
    Json,
    LevelName,
    LevelOption,
    in_a_folder_that_is_there,
    place_of_examples,
    seed_or_random,
)

if TYPE_CHECKING:
    from telltale_conformance.oracle.lanes.effort import Effort


def check(
    context: typer.Context,
    sut: Annotated[
        str | None, typer.Option(metavar="CMD", help="The adapter's command; without it, the built-in reference.")
    ] = None,
    sut_clients: Annotated[
        str | None,
        typer.Option(
            metavar="CMD",
            help="The command of one of several clients on one store: {shared} in it is a folder, {client} its number.",
        ),
    ] = None,
    lanes: Annotated[
        str | None,
        typer.Option(
            metavar="L,L…", help="Lanes and self-tests to run, separated by commas; all lanes but limits without it."
        ),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Check one thing: an operation, a claim, a guard or section of the contract, or a case that a report "
            "names. This is no whole check, and the verdict says so.",
        ),
    ] = None,
    effort: Annotated[EffortName, typer.Option(help="How much is tried, on any machine.")] = EffortName.default,
    cases: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Cases of the one lane that is named, in place of an effort.")
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="End early after so long; ten times the usual without it.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="Deprecated: picks an effort.", show_default=False)
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            parser=seed_or_random,
            metavar="N|random",
            help="What the generated cases follow from; random draws another each time, and names it.",
        ),
    ] = 0,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Processes that share the cases.")] = 1,
    level: LevelOption = LevelName.state,
    baseline: Annotated[
        Path | None,
        typer.Option(callback=in_a_folder_that_is_there, metavar="FILE", help="The file of known divergences."),
    ] = None,
    require: Annotated[
        str | None,
        typer.Option(
            metavar="all|core|FILE",
            help="Operations that must be offered: a file of names or a baseline; the baseline's without it.",
        ),
    ] = None,
    update: Annotated[bool, typer.Option("--update", help="Write the baseline anew instead of failing.")] = False,
    report: Annotated[
        Path | None, typer.Option(callback=in_a_folder_that_is_there, metavar="DIR", help="Where to write the reports.")
    ] = None,
    artifact: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The repository's file beside which code scanning shows results; the adapter's own without it.",
        ),
    ] = None,
    minimise_seconds: Annotated[
        float,
        typer.Option(min=0, metavar="SECONDS", help="A guard: when to stop making the reports' programs smaller."),
    ] = 100.0,
    history: History = None,
    badge: BadgeFile = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast/--no-fail-fast", help="Stop at the first unknown divergence.")
    ] = False,
    deadline: Annotated[float, typer.Option(min=0.001, metavar="SECONDS", help="For one answer.")] = 10.0,
    self_test: Annotated[
        bool, typer.Option("--self-test", help="Run the harness's own tests anew, whatever is remembered.")
    ] = False,
    beyond_limits: Annotated[
        bool, typer.Option("--limits", help="Go up to the limits of the contract too, and beyond: lane limits.")
    ] = False,
    corpus: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A campaign: lane guided plays its programs, lane concurrent its races."),
    ] = None,
    examples: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            callback=place_of_examples,
            help="Where Hypothesis keeps failing examples: folder or Redis URL.",
        ),
    ] = None,
    bridge_runner: Annotated[
        str | None,
        typer.Option(metavar="CMD", help="A runner of telltale's: reads a run input, prints the run; judged instead."),
    ] = None,
    bridge_inputs: Annotated[
        Path | None, typer.Option(metavar="PLACE", help="Run inputs or protocols for --bridge-runner.")
    ] = None,
    bridge_outputs: Annotated[
        Path | None,
        typer.Option(
            callback=in_a_folder_that_is_there,
            metavar="DIR",
            help="Where to leave inputs and outputs of --bridge-runner.",
        ),
    ] = None,
    contract: Annotated[
        ContractName | None,
        typer.Option(help="What the built-in reference follows; an adapter must say that it follows this one."),
    ] = None,
    as_json: Json = False,
    coverage: Annotated[bool, typer.Option("--coverage", help="Print every cell that was reached.")] = False,
    no_config: NoConfigOption = False,
    config: ConfigOption = None,
) -> None:
    """Judge an implementation by every lane: the gate."""
    from telltale_conformance.oracle.adapters import AdapterLimits
    from telltale_conformance.oracle.cli.check import run
    from telltale_conformance.oracle.cli.rerun import command_again
    from telltale_conformance.oracle.gate import Gate
    from telltale_conformance.oracle.lanes.effort import Effort
    from telltale_conformance.oracle.verdict.compare import Level

    if bridge_runner is None and (bridge_inputs or bridge_outputs):
        raise typer.BadParameter("--bridge-inputs and --bridge-outputs are for --bridge-runner CMD")
    if bridge_runner is not None:
        from telltale_conformance.oracle.cli import bridge_runner as runner

        if bridge_inputs is None:
            raise typer.BadParameter("--bridge-runner needs --bridge-inputs PLACE, with run inputs or protocols")
        if any(context.params[name] is not None and not is_from_file(context, name) for name in ("history", "badge")):
            raise typer.BadParameter("--history and --badge are for the lanes, which --bridge-runner does not run")
        if sut is not None and not is_from_file(context, "sut"):
            raise typer.BadParameter("--bridge-runner is checked instead of --sut; give one of them")
        raise typer.Exit(
            runner.run(
                bridge_runner,
                bridge_inputs,
                outputs=bridge_outputs,
                contract=contract.value if contract else None,
                level=Level[level.value],
                deadline=deadline or 10.0,
                as_json=as_json,
            )
        )
    code = run(
        sut=sut,
        sut_clients=sut_clients,
        contract=contract.value if contract else None,
        lanes=[lane.strip() for lane in lanes.split(",")] if lanes is not None else None,
        effort=Effort(effort.value) if budget is None else _effort_of(budget),
        cases=cases,
        time_limit=time_limit,
        seed=seed,
        workers=workers,
        level=Level[level.value],
        self_test=self_test,
        as_json=as_json,
        coverage=coverage,
        examples=examples,
        limits=AdapterLimits(deadline=deadline),
        beyond_limits=beyond_limits,
        only=only,
        corpus=corpus,
        gate=Gate(
            baseline=baseline,
            update=update,
            report=report,
            fail_fast=fail_fast,
            require=require,
            minimise_seconds=minimise_seconds if report is not None else 0.0,
            again=command_again(context),
            artifact=artifact,
            history=history,
            badge=badge,
            configured=options_taken(context),
        ),
    )
    raise typer.Exit(code)


def _effort_of(budget: float) -> Effort:
    """Return the effort that the old option stands for, and say so."""
    from telltale_conformance.oracle.lanes.effort import effort_of_budget

    if not budget > 0:
        raise typer.BadParameter("the budget must be above 0 seconds", param_hint="--budget")
    effort = effort_of_budget(budget)
    typer.echo(f"telltale-conformance: --budget is deprecated; {budget:g} s picks --effort {effort}", err=True)
    return effort
