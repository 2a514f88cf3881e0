"""The command that runs the same check again: every option that was given, wherever it was given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final

import typer

from telltale_conformance.oracle.reports.places import command_from_here, path_from_here
from telltale_conformance.sinks import shell_word

_PROGRAM: Final = "telltale-conformance"
_COMMAND: Final = "CMD"
"""The metavar of options that take a command line."""


def command_again(context: typer.Context) -> str:
    """Return the command line of a command that is running, with what it took from elsewhere than its defaults.

    The options are those of the command itself, so none can be forgotten. Absolute paths are written as seen from the
    working directory, because the line is shown to people on other machines.
    """
    words = [_PROGRAM, str(context.info_name)]
    for parameter in context.command.params:
        name = parameter.name
        source = context.get_parameter_source(name) if name is not None else None
        if name in context.params and source is not None and source.name != "DEFAULT":
            words += _words(parameter, context.params[name])
    return " ".join(shell_word(word) for word in words)


def _words(parameter: Any, value: Any) -> Iterator[str]:
    """Yield the words that give an option this value."""
    long = [name for name in parameter.opts if name.startswith("--")]
    option = (long or parameter.opts)[0]
    if value is None:
        return
    if isinstance(value, bool):
        negated = parameter.secondary_opts
        yield from [option] if value else negated[:1]
        return
    for one in value if isinstance(value, list | tuple) else [value]:
        text = _text(one)
        if parameter.metavar == _COMMAND:
            text = command_from_here(text)
        elif os.path.isabs(text):
            text = path_from_here(text)
        yield from (f"{option}={text}",) if text.startswith("-") else (option, text)


def _text(value: Any) -> str:
    plain = getattr(value, "value", value)
    return str(int(plain)) if isinstance(plain, float) and plain.is_integer() else str(plain)
