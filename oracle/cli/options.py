"""The options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from secrets import randbelow
from typing import Annotated, Any

import typer

from telltale_conformance.files import is_folder, refuse_special, take_standard_input


def from_standard_input(paths: Any) -> Any:
    """Return the paths that a command reads; where ``-`` is one, standard input is taken for it."""
    if Path("-") in (paths if isinstance(paths, list) else [paths]):
        try:
            take_standard_input()
        except OSError as error:
            raise typer.BadParameter(f"standard input cannot be read: {error.strerror or error}") from None
    return paths


def in_a_folder_that_is_there(path: Path | None) -> Path | None:
    """Refuse a path to write to whose folder there is not: it is mistyped more often than meant; and a device or pipe.

    Raises:
        BadParameter: there is no such folder, or it is a device, a pipe or a socket.
    """
    if path is not None and not is_folder(path.absolute().parent):
        raise typer.BadParameter(f"there is no folder {path.parent} to write in; make it first, or correct the path")
    if path is not None:
        try:
            refuse_special(path)
        except OSError as error:
            raise typer.BadParameter(f"{path} cannot be written: {error.strerror}; name a file or folder") from None
    return path


def place_of_examples(place: str | None) -> str | None:
    """Refuse a folder for failing examples that has no folder above it; a Redis server needs none.

    Raises:
        BadParameter: there is no such folder.
    """
    if place is None:
        return None
    from telltale_conformance.generators.hypothesis_profiles import is_redis

    if not is_redis(place):
        in_a_folder_that_is_there(Path(place))
    return place


def seed_or_random(given: str | int) -> int:
    """Return the seed that is given; for ``random`` one that is drawn, which reports and their commands then name.

    Raises:
        BadParameter: it is neither.
    """
    if given == "random":
        return randbelow(10**9)
    try:
        seed = int(given)
    except ValueError:
        seed = -1
    if seed < 0:
        raise typer.BadParameter(f"{given!r} is neither a whole number from 0 nor random")
    return seed


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per subject, and nothing else.")]


class LevelName(StrEnum):
    """How strictly answers are compared."""

    outcome = "outcome"
    payload = "payload"
    audit = "audit"
    state = "state"


class ContractName(StrEnum):
    """The contracts that the reference states."""

    telltale_17 = "telltale-17"
    hardened = "hardened"


class MergeName(StrEnum):
    """How projection makes the branches one that a role does not see."""

    plain = "plain"
    full = "full"


class EffortName(StrEnum):
    """How much a check tries."""

    quick = "quick"
    default = "default"
    thorough = "thorough"


class Expected(StrEnum):
    """What a dossier that is run again should show."""

    reproduced = "reproduced"
    fixed = "fixed"


LevelOption = Annotated[LevelName, typer.Option(help="How strictly answers are compared.")]
ProtocolOption = Annotated[
    Path | None,
    typer.Option(metavar="PLACE", help="The input or the protocol of a run, a file or folder, if not beside it."),
]
ContractOption = Annotated[
    ContractName | None, typer.Option(help="Judge by this contract instead of the one that the file names.")
]

Page = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", callback=in_a_folder_that_is_there, metavar="PAGE.html", help="Write a page with all of it."
    ),
]
History = Annotated[
    Path | None,
    typer.Option(
        callback=in_a_folder_that_is_there,
        metavar="FILE",
        help="Append the result to a file of records, a line each; trends draws it.",
    ),
]
BadgeFile = Annotated[
    Path | None,
    typer.Option(
        callback=in_a_folder_that_is_there,
        metavar="FILE",
        help="Write the JSON of a badge for an endpoint of shields.io.",
    ),
]
