"""The command ``telltale-conformance`` with its subcommands, and how it ends.

Options of a subcommand are in the ``_app`` modules; bodies are imported when their command runs, so that starting
costs little.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from telltale_conformance.errors import HarnessError, InconclusiveError, UsageError
from telltale_conformance.oracle.cli.apart import Apart
from telltale_conformance.oracle.cli.authors_app import adapter_kit, init, schema
from telltale_conformance.oracle.cli.campaign_app import campaign_app
from telltale_conformance.oracle.cli.check_app import check
from telltale_conformance.oracle.cli.configured import Configured
from telltale_conformance.oracle.cli.divergences_app import minimise, verify
from telltale_conformance.oracle.cli.epilogs import CHECK, EXIT_CODES
from telltale_conformance.oracle.cli.lean_app import lean_app
from telltale_conformance.oracle.cli.prove_app import prove
from telltale_conformance.oracle.cli.reports_app import compare, trends
from telltale_conformance.oracle.cli.traces_app import record, replay
from telltale_conformance.oracle.cli.types_app import types
from telltale_conformance.version import HARNESS_VERSION

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
    try:
        os.getcwd()
    except OSError as error:
        raise UsageError(
            f"the current folder cannot be used: {error.strerror}", remedy="change to a folder that is there"
        ) from None


app.command(cls=Apart)(types)
app.command(cls=Configured)(replay)
app.command(cls=Configured, epilog=CHECK)(check)
app.command(cls=Configured)(minimise)
app.command()(verify)
app.command(cls=Apart)(prove)
app.command(cls=Configured)(record)
app.command()(init)
app.command("adapter-kit")(adapter_kit)
app.command()(schema)
app.command(cls=Apart)(compare)
app.command(cls=Apart)(trends)
app.add_typer(campaign_app)
app.add_typer(lean_app)


def main() -> None:
    """Run the command line and end with its exit code, which is 0, 1, 2 or 3 whatever happens.

    A fault of the harness itself and a signal end with 3, for 1 would mean a divergence. Commands that have something
    to save watch for signals themselves while they run (``oracle.process.interrupts``).
    """
    from telltale_conformance.oracle.process.garbage import collect_seldom
    from telltale_conformance.oracle.process.interrupts import ended_by_signals
    from telltale_conformance.oracle.process.output import guarded_output

    collect_seldom()
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
        return InconclusiveError.exit_code if isinstance(ended.code, str) else int(ended.code or 0)
    except HarnessError as error:
        from telltale_conformance.oracle.cli.terminal import tell

        return tell(error)
    except Exception as error:
        from telltale_conformance.oracle.cli.terminal import tell_fault

        return tell_fault(error)
    return 0
