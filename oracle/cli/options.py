"""The options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

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
ContractOption = Annotated[ContractName | None, typer.Option(help="Judge by this contract instead of the trace's own.")]
