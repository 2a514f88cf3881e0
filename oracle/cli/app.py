"""The command ``telltale-conformance``: every subcommand, its options, and where its body is.

Bodies are imported when their command runs, so that starting costs little.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telltale_conformance.oracle.cli.campaign_app import campaign_app
from telltale_conformance.oracle.cli.configured import (
    ConfigOption,
    Configured,
    NoConfigOption,
    is_from_file,
    options_taken,
)
from telltale_conformance.oracle.cli.epilogs import CHECK, EXIT_CODES
from telltale_conformance.oracle.cli.lean_app import lean_app
from telltale_conformance.oracle.cli.options import (
    ContractName,
    ContractOption,
    EffortName,
    Expected,
    Json,
    LevelName,
    LevelOption,
    MergeName,
    ProtocolOption,
    from_standard_input,
    in_a_folder_that_is_there,
)
from telltale_conformance.oracle.cli.reports_app import compare, trends
from telltale_conformance.version import HARNESS_VERSION

if TYPE_CHECKING:
    from telltale_conformance.oracle.lanes.effort import Effort

app = typer.Typer(
    name="telltale-conformance",
    help="Decide whether an implementation of telltale's session store keeps its contract.",
    no_args_is_help=True,
    epilog=EXIT_CODES,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"telltale-conformance {HARNESS_VERSION}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Decide whether an implementation of telltale's session store keeps its contract."""


@app.command()
def types(
    files: Annotated[
        list[Path],
        typer.Argument(
            callback=from_standard_input,
            help="Protocol files (.session), types in text or JSON, folders with one protocol; - is standard input.",
        ),
    ],
    as_json: Json = False,
    lean_json: Annotated[bool, typer.Option(help="Print types in the Lean side's JSON form.")] = False,
    plan: Annotated[bool, typer.Option(help="Print the open plan and the edge blueprint.")] = False,
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
        MergeName, typer.Option(help="How the branches that a role does not see are made one: as Lean has it, or Rust.")
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


@app.command(cls=Configured)
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


@app.command(cls=Configured, epilog=CHECK)
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
        typer.Option(metavar="L,L…", help="Lanes and self-tests to run, separated by commas; all lanes without it."),
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
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="What the generated cases follow from.")] = 0,
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
    history: Annotated[
        Path | None,
        typer.Option(
            callback=in_a_folder_that_is_there,
            metavar="FILE",
            help="Append this check to a file of check records, a line each.",
        ),
    ] = None,
    badge: Annotated[
        Path | None,
        typer.Option(
            callback=in_a_folder_that_is_there,
            metavar="FILE",
            help="Write the JSON of a badge for an endpoint of shields.io.",
        ),
    ] = None,
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
        Path | None, typer.Option(metavar="DIR", help="A campaign, whose programs lane guided plays and changes.")
    ] = None,
    examples: Annotated[
        str | None, typer.Option(metavar="PLACE", help="Where Hypothesis keeps failing examples: folder or Redis URL.")
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


@app.command(cls=Configured)
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


@app.command()
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


class SecondSolver(StrEnum):
    """The solvers that can decide again what z3 has decided."""

    CVC5 = "cvc5"


@app.command()
def prove(
    contract: Annotated[str | None, typer.Option(metavar="CONTRACT", help="One contract; both without it.")] = None,
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


@app.command(cls=Configured)
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
    steps: Annotated[int, typer.Option(min=1, metavar="N", help="How long the generated program is.")] = 200,
    deadline: Annotated[float, typer.Option(metavar="SECONDS", help="For one answer.")] = 10.0,
    no_config: NoConfigOption = False,
    config: ConfigOption = None,
) -> None:
    """Drive an implementation and write what it answered as a trace."""
    from telltale_conformance.oracle.cli.record import run_chosen

    if (program is None) == (seed is None):
        raise typer.BadParameter("give either --program or --seed")
    raise typer.Exit(run_chosen(sut, program, seed, steps, output, deadline=deadline))


class LanguageName(StrEnum):
    """The languages that ``init`` has templates for."""

    python = "python"
    rust = "rust"
    typescript = "typescript"
    go = "go"
    java = "java"


@app.command()
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


@app.command("adapter-kit")
def adapter_kit(
    cmd: Annotated[str, typer.Argument(metavar="CMD", help="The adapter's command.")],
    as_json: Json = False,
    deadline: Annotated[float, typer.Option(metavar="SECONDS", help="For one answer.")] = 5.0,
) -> None:
    """Tell an adapter's author, check by check, whether it speaks the protocol."""
    from telltale_conformance.oracle.cli.adapter_kit import run

    raise typer.Exit(run(cmd, as_json=as_json, deadline=deadline))


@app.command()
def schema(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which schema; none lists them.")] = None,
) -> None:
    """Print a JSON Schema of the formats."""
    from telltale_conformance.oracle.cli.schema import run

    raise typer.Exit(run(name))


app.command()(compare)
app.command()(trends)
app.add_typer(campaign_app)
app.add_typer(lean_app)


def main() -> None:
    """Run the command line and end with its exit code, which is 0, 1, 2 or 3 whatever happens.

    A fault of the harness itself and a signal end with 3, for 1 would mean a divergence. Commands that have something
    to save watch for signals themselves while they run (``oracle.process.interrupts``).
    """
    from telltale_conformance.oracle.process.interrupts import ended_by_signals
    from telltale_conformance.oracle.process.output import guarded_output

    with guarded_output() as (out, _), ended_by_signals():
        code = _code()
        out.flush()
        if out.lost is not None:
            from telltale_conformance.oracle.cli.terminal import tell_lost

            code = tell_lost(out.lost, code)
    raise SystemExit(code)


def _code() -> int:
    """Run the command and return its exit code."""
    try:
        app()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except Exception as error:
        from telltale_conformance.oracle.cli.terminal import tell_fault

        return tell_fault(error)
    return 0
