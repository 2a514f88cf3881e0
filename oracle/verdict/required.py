"""Required operations: an implementation that offers less than it must fails the gate, whatever it answers."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Final

from msgspec import Struct

from telltale_conformance.encoding import Utf8, other_encoding
from telltale_conformance.errors import HarnessError
from telltale_conformance.files import content
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.model.operations import CORE, OPERATIONS
from telltale_conformance.oracle.verdict.baseline import NESTING, Baseline, read_baseline
from telltale_conformance.readable import json_line

NAMED: Final = {"all": frozenset(OPERATIONS), "core": CORE}
"""The sets that ``--require`` knows by name; ``core`` is in the table of operations."""


class BadRequirement(HarnessError):
    """Thrown when ``--require`` cannot be read; the message says what, where and what to do."""


class Required(Struct, frozen=True):
    """The operations that an implementation must offer, and who says so."""

    operations: frozenset[str]
    by: str

    def lacking(self, offered: frozenset[str], unsupported: frozenset[str]) -> tuple[str, ...]:
        """Return the required operations that are not offered, or only offered and answered as unsupported."""
        return tuple(sorted(self.operations - (offered - unsupported)))


def required(option: str | None, baseline: Baseline | None) -> Required | None:
    """Return what is required: by the option, else by what the baseline records as offered; None for nothing.

    Args:
        option: ``all``, ``core``, a file of names or a baseline; None where it was not given.
        baseline: the one that the check is compared with; None without one.

    Raises:
        BadRequirement: the file cannot be read, or names an operation that the contract does not have.
        BadBaseline: it is a baseline, and a damaged one.
    """
    if option is None:
        if baseline is None or baseline.offered is None:
            return None
        return Required(frozenset(baseline.offered), "the baseline")
    if option in NAMED:
        return Required(NAMED[option], f"--require {option}")
    path = Path(option)
    try:
        text = content(path)
    except OSError as error:
        raise BadRequirement(
            f"{error.strerror or error}", place=f"--require {option}", remedy="give all, core or a file"
        ) from None
    if text.lstrip().startswith(b"{"):
        return Required(_of_baseline(path, text), f"{option}, what that baseline saw")
    return Required(_listed(path, text), option)


def _of_baseline(path: Path, text: bytes) -> frozenset[str]:
    try:
        parse(text, NESTING)
    except StrictJsonError as error:
        raise BadRequirement(f"neither a list of names nor a baseline: {error}", place=path) from None
    offered = read_baseline(path).offered
    if offered is None:
        raise BadRequirement(
            "this baseline does not record which operations were offered",
            place=path,
            remedy="bring it up to date with check --baseline FILE --update",
        )
    return frozenset(offered)


def _listed(path: Path, text: bytes) -> frozenset[str]:
    """Return the operations that a file names, one a line; ``#`` begins a comment."""
    problem = other_encoding(text) or Utf8().problem(text, last=True)
    if problem is not None:
        raise BadRequirement(problem, place=path, remedy="give one operation a line")
    lines = text.decode().splitlines()
    found = set()
    for number, line in enumerate(lines, 1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if name not in OPERATIONS:
            near = difflib.get_close_matches(name, OPERATIONS, 1)
            hint = f"did you mean {near[0]}?" if near else "see docs/contract.md, every operation at a glance"
            raise BadRequirement(f"there is no operation {json_line(name, 60)}", place=f"{path}:{number}", remedy=hint)
        found.add(name)
    if not found:
        raise BadRequirement("it names no operation", place=path, remedy="give one a line")
    return frozenset(found)
