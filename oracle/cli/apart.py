"""Commands that write to no file which they read, nor to one file twice: said before anything runs."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, Final, NamedTuple

from typer.core import TyperCommand

from telltale_conformance.errors import UsageError
from telltale_conformance.files import is_folder
from telltale_conformance.oracle.cli.options import in_a_folder_that_is_there

CONFIG_FILE: Final = "telltale-conformance config"
"""Under which the project's file is kept in the context of a command."""


class SameFile(UsageError):
    """Thrown when a command would overwrite what it reads, or what it writes."""

    remedy = "name another file"


class Apart(TyperCommand):
    """A command that compares the files of its parameters with each other before it runs."""

    def invoke(self, ctx: Any) -> Any:
        """Refuse one file under two names, of which one is written; else run the command."""
        from telltale_conformance.oracle.cli.terminal import tell

        for one, other in combinations(_named(ctx), 2):
            if (one.written or other.written) and _is_same(one.path, other.path):
                problem = f"{one.name} and {other.name} are the same file, which would be overwritten"
                ctx.exit(tell(SameFile(problem, place=os.fspath(one.path))))
        return super().invoke(ctx)


class _Named(NamedTuple):
    """A file that a command was given."""

    name: str
    path: Path
    written: bool


def _named(context: Any) -> Iterator[_Named]:
    """Yield the files of a command's parameters; folders hold several, so they are left to the command."""
    config = context.meta.get(CONFIG_FILE)
    if config is not None and context.params.get("config") is None:
        yield _Named("the project's file", Path(config), written=False)
    for parameter in context.command.params:
        value = context.params.get(parameter.name)
        is_option = parameter.param_type_name == "option"
        name = max(parameter.opts, key=len) if is_option else "the file to read"
        written = inspect.unwrap(parameter.callback) is in_a_folder_that_is_there if parameter.callback else False
        for path in value if isinstance(value, list | tuple) else (value,):
            if isinstance(path, Path) and path != Path("-") and not is_folder(path):
                yield _Named(name, path, written)


def _is_same(one: Path, other: Path) -> bool:
    """Say whether two paths lead to one file, by whatever links, or would."""
    try:
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)  # also of what cannot be looked at
