"""The command ``init``: start a project of one's own around an adapter."""

from __future__ import annotations

import shlex
from pathlib import Path

from telltale_conformance.errors import UsageError
from telltale_conformance.oracle.cli.config_file import FILE, PYPROJECT, TABLE, configuration
from telltale_conformance.oracle.cli.terminal import say, told
from telltale_conformance.oracle.init.languages import LANGUAGES, language_of
from telltale_conformance.oracle.init.project import CHECK, HOME, project_files, target, write
from telltale_conformance.oracle.verdict.exit_codes import AGREE


@told
def run(folder: Path, language: str | None) -> int:
    """Write a new project and say what to do next; 2 where it cannot be written.

    Args:
        folder: where; it may be new, its parent may not.
        language: a name of ``LANGUAGES``; None reads it off the files that are there.
    """
    folder = target(folder)
    language = language or language_of(folder)
    files = project_files(language)
    if (folder / PYPROJECT).exists() and configuration(folder=folder) is not None:
        raise UsageError(
            f"{PYPROJECT} has a table [tool.{TABLE}] already",
            place=folder,
            remedy=f"nothing was written; init writes {FILE}, and there can be one of the two: move the table away",
        )
    write(folder, files)
    chosen = LANGUAGES[language]
    place = f"./{folder}" if str(folder).startswith("-") else str(folder)
    next_steps = [f"cd {shlex.quote(place)}"] if folder.resolve() != Path.cwd() else []
    next_steps += [chosen.build] if chosen.build else []
    next_steps += [f'telltale-conformance adapter-kit "{chosen.sut}"', CHECK, chosen.test]
    lines = [
        f"A project in {chosen.title} was written; it needs {chosen.needs}.",
        *(f"  {name}" for name in files),
        "",
        "Try it as it stands:",
        *(f"  {step}" for step in next_steps),
        "",
        f"Then put your store in the place of {HOME}/{chosen.store_file}; {HOME}/README.md says how to grow.",
    ]
    say("\n".join(lines))
    return AGREE
