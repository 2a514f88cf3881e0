"""The subcommands of ``telltale-conformance campaign``, their options, and where their bodies are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from telltale_conformance.oracle.cli.apart import Apart
from telltale_conformance.oracle.cli.options import (
    BadgeFile,
    ContractName,
    History,
    Json,
    LevelName,
    LevelOption,
    Page,
    in_a_folder_that_is_there,
)

campaign_app = typer.Typer(
    name="campaign", help="Search an implementation for hours, guided by what was reached; on a cluster too."
)
ClusterOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A scheduler of dask's; without it, workers on this machine.")
]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Workers on this machine; one for each processor.")
]
DashboardOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Where to serve dask's dashboard, as 127.0.0.1:8787.")
]
TasksOption = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="End after so many tasks, if the time is not over before.")
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a campaign.")]


@campaign_app.callback(invoke_without_command=True)
def campaign(
    context: typer.Context,
    sut: Annotated[
        str | None, typer.Option(metavar="CMD", help="The adapter's command; each worker starts its own.")
    ] = None,
    sut_clients: Annotated[
        str | None, typer.Option(metavar="CMD", help="The command of one of several clients on one store.")
    ] = None,
    hours: Annotated[float, typer.Option(metavar="H", help="How long, fractions too.")] = 1.0,
    tasks: TasksOption = None,
    corpus: Annotated[
        Path | None,
        typer.Option(
            callback=in_a_folder_that_is_there,
            metavar="DIR",
            help="The folder of the campaign: corpus, journal, findings.",
        ),
    ] = None,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    dashboard: DashboardOption = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="What the tasks follow from.")] = 0,
    contract: Annotated[
        ContractName | None,
        typer.Option(help="What the adapter must say that it follows; whichever it says without it."),
    ] = None,
    level: LevelOption = LevelName.state,
    deadline: Annotated[float, typer.Option(min=0.001, metavar="SECONDS", help="For one answer.")] = 10.0,
    unguided: Annotated[
        bool, typer.Option("--unguided", help="Keep no programs: change those of the package only.")
    ] = False,
    begin_with: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Another campaign, with whose programs this one begins.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Search an implementation for hours, guided by what was reached; on a cluster too."""
    if context.invoked_subcommand is not None:
        return
    from telltale_conformance.oracle.cli.campaign import run
    from telltale_conformance.oracle.verdict.compare import Level

    if sut is None:
        raise typer.BadParameter("name the adapter's command", param_hint="--sut")
    if corpus is None:
        raise typer.BadParameter("name the folder of the campaign", param_hint="--corpus")
    raise typer.Exit(
        run(
            sut=sut,
            sut_clients=sut_clients,
            hours=hours,
            tasks=tasks,
            corpus=corpus,
            cluster=cluster,
            workers=workers,
            dashboard=dashboard,
            seed=seed,
            contract=contract.value if contract else None,
            level=Level[level.value],
            deadline=deadline,
            guided=not unguided,
            begin_with=begin_with,
            as_json=as_json,
        )
    )


@campaign_app.command()
def resume(
    folder: Folder,
    hours: Annotated[
        float | None, typer.Option(metavar="H", help="How long; what is left of its hours without it.")
    ] = None,
    tasks: TasksOption = None,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    dashboard: DashboardOption = None,
    kept: Annotated[
        bool, typer.Option("--run", help="Run the command that the campaign names; it is shown and asked for without.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Go on with a campaign that paused, or was cut off in whatever manner."""
    from telltale_conformance.oracle.cli import campaign as body

    raise typer.Exit(
        body.resume(
            folder,
            hours=hours,
            tasks=tasks,
            cluster=cluster,
            workers=workers,
            dashboard=dashboard,
            kept=kept,
            as_json=as_json,
        )
    )


@campaign_app.command(cls=Apart)
def merge(
    sources: Annotated[list[Path], typer.Argument(metavar="DIR…", help="The folders of campaigns.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", callback=in_a_folder_that_is_there, metavar="DIR", help="The folder of the merger."
        ),
    ],
    as_json: Json = False,
) -> None:
    """Merge campaigns: programs once by content and distilled, findings once by class."""
    from telltale_conformance.oracle.cli import campaign as body

    raise typer.Exit(body.merge(sources, output, as_json=as_json))


@campaign_app.command(cls=Apart)
def report(
    folder: Folder, output: Page = None, history: History = None, badge: BadgeFile = None, as_json: Json = False
) -> None:
    """Tell how a campaign stands, also while it runs."""
    from telltale_conformance.oracle.cli import campaign as body

    raise typer.Exit(body.report(folder, output=output, history=history, badge=badge, as_json=as_json))
