"""The files of a new project: what each holds, and that all of them are written or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined

from telltale_conformance.errors import UsageError, naming
from telltale_conformance.files import packaged
from telltale_conformance.model.contract import TELLTALE_17
from telltale_conformance.oracle.init.growth import STEPS
from telltale_conformance.oracle.init.languages import LANGUAGES
from telltale_conformance.oracle.verdict.baseline import Baseline, printed
from telltale_conformance.version import HARNESS_VERSION

HOME: Final = "conformance"
"""The folder of the adapter and of all that belongs to it, within the project."""
CHECK: Final = "telltale-conformance check"
"""The command that checks the adapter, from the project's folder; the file there has its options."""
_PACKAGE: Final = "telltale_conformance.oracle"
_TEMPLATES: Final = ("init", "templates")
_SUFFIX: Final = ".tmpl"
_COMMON: Final = {
    "README.md": f"{HOME}/README.md",
    "gitignore": f"{HOME}/.gitignore",
    "telltale-conformance.toml": "telltale-conformance.toml",
    "workflow.yml": ".github/workflows/conformance.yml",
}
"""The files that all languages have in common, with their places in the project."""


def project_files(language: str) -> dict[str, bytes]:
    """Return what a new project holds, by the path within its folder."""
    chosen = LANGUAGES[language]
    # what is rendered is Markdown and YAML of this package, with nothing from outside
    environment = Environment(  # noqa: S701  # nosec B701  # see above
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    values = {
        "language": chosen,
        "steps": STEPS,
        "check": CHECK,
        "version": HARNESS_VERSION,
    }
    files = {
        place: environment.from_string(_template("common", name).decode()).render(values).encode()
        for name, place in _COMMON.items()
    }
    # it requires no operation of the toy's: whose store lacks one takes it out of the list, and is not red for it
    files[f"{HOME}/baseline.json"] = printed(Baseline(contract=TELLTALE_17.name))
    for path in _below(resources.files(_PACKAGE).joinpath(*_TEMPLATES, language)):
        files[f"{HOME}/{'/'.join(path)}"] = _template(language, *path)
    return dict(sorted(files.items()))


def _template(*names: str) -> bytes:
    return packaged(_PACKAGE, *_TEMPLATES, *names[:-1], names[-1] + _SUFFIX)


def _below(folder: Traversable, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield the paths of the files that the templates of a folder become."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, *above, entry.name)
        elif entry.name.endswith(_SUFFIX):
            yield (*above, entry.name.removesuffix(_SUFFIX))


def target(folder: Path) -> Path:
    """Return the folder of a new project, which may be new itself.

    Raises:
        UsageError: it is a file, or its own parent is not there.
    """
    if folder.is_dir():
        return folder
    if os.path.lexists(folder):
        raise UsageError("it is not a folder", place=folder, remedy="name a folder, or one to be made")
    if not folder.absolute().parent.is_dir():
        remedy = "make that folder first, or correct the path: init makes one folder, not a path of them"
        raise UsageError(f"there is no folder {folder.absolute().parent}", place=folder, remedy=remedy)
    return folder


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Write all files of a new project, or none.

    Raises:
        UsageError: some are there already.
        OSError: one cannot be written.
    """
    there = [name for name in files if _taken(folder, name)]
    if there:
        raise UsageError(
            f"there already: {', '.join(there)}",
            place=folder,
            remedy="nothing was written; init never overwrites: move these away, or name another folder",
        )
    made: list[Path] = []
    try:
        for name, content in files.items():
            path = folder / name
            for parent in reversed(path.parents):
                if not parent.exists():
                    parent.mkdir()
                    made.append(parent)
            with naming(path), path.open("xb") as file:
                made.append(path)
                file.write(content)
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        raise


def _taken(folder: Path, name: str) -> bool:
    """Tell whether a file cannot be made because something is there, or is where its folder should be."""
    path = folder / name
    if os.path.lexists(path):
        return True
    inside = path.relative_to(folder).parents
    return any(os.path.lexists(folder / part) and not (folder / part).is_dir() for part in inside)
