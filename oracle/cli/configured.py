"""Commands that take options from the project's file: the command line comes first, and what was taken is said."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from telltale_conformance.errors import HarnessError
from telltale_conformance.oracle.cli.apart import CONFIG_FILE, Apart
from telltale_conformance.readable import spelled

_FROM_FILE: Final = "DEFAULT_MAP"
"""The source of a parameter's value that the file gave."""


class Configured(Apart):
    """A command that tells which options it takes from the project's file, before anything is run."""

    def invoke(self, ctx: Any) -> Any:
        """Tell, then run the command."""
        told = options_taken(ctx)
        if told is not None:
            from telltale_conformance.oracle.cli.terminal import warn

            warn(told)
        return super().invoke(ctx)


def options_taken(context: typer.Context) -> str | None:
    """Return which options a command takes from which file, whole, for one of them is a command; None for none."""
    words: list[str] = []
    for name, value in context.params.items():
        if is_from_file(context, name) and value is not False:
            words.append(f"--{name.replace('_', '-')}")
            words += [] if value is True else [str(getattr(value, "value", value))]
    return spelled(f"from {context.meta[CONFIG_FILE]}: {shlex.join(words)}") if words else None


def is_from_file(context: typer.Context, name: str) -> bool:
    """Say whether a parameter of a running command was given by the file and not on the command line."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == _FROM_FILE


def _read(context: typer.Context, given: Path | None) -> Path | None:
    """Let what the file sets stand in for the command's defaults."""
    if context.resilient_parsing or context.params.get("no_config"):
        return given
    from telltale_conformance.oracle.cli.config_file import configuration
    from telltale_conformance.oracle.cli.terminal import tell

    try:
        found = configuration(given)
    except HarnessError as error:
        raise typer.Exit(tell(error)) from None
    if found is not None:
        context.meta[CONFIG_FILE] = found.path
        context.default_map = {
            key.replace("-", "_"): ",".join(value) if isinstance(value, list) else value
            for key, value in found.values.items()
        }
    return given


NoConfigOption = Annotated[
    bool, typer.Option("--no-config", is_eager=True, help="Take no options from the project's file.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        is_eager=True,
        callback=_read,
        show_default=False,
        help="Take options from this file; telltale-conformance.toml or pyproject.toml of this folder without it.",
    ),
]
