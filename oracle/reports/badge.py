"""The badge of a check: JSON for an endpoint badge of shields.io, which a README shows."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from telltale_conformance.lean_traces.writer import write_whole
from telltale_conformance.oracle.reports.report import Report
from telltale_conformance.readable import counted, one_line

Colour = Literal["green", "yellowgreen", "orange", "red", "lightgrey"]
_LABEL: Final = "telltale conformance"


class Badge(Struct, frozen=True, kw_only=True, rename="camel"):
    """What shields.io reads from an endpoint: nothing else is allowed in it."""

    schema_version: Literal[1] = 1
    label: str = _LABEL
    message: str
    color: Colour


NO_VERDICT: Final = Badge(message="no verdict", color="lightgrey")
"""Of a check that has not ended, or that ended without any conclusion."""


def badge_of(report: Report) -> Badge:
    """Return the badge of a check: green for agreement alone, red for a departure, grey for a fault.

    Green is agreement in all that there is to judge. Where the check says what it does not cover, so does the badge.
    """
    if report.verdict == "agree":
        known = len(report.findings)
        more = f", {counted(known, 'known divergence')}" if known else ""
        return agreeing(report.contract, more, whole=not report.not_covered)
    if report.verdict == "diverge":
        kinds = len(report.failing)
        if kinds:
            return Badge(message=f"{counted(kinds, 'kind')} of divergence", color="red")
        return Badge(message="diverges" if not report.lacking else "operations are lacking", color="red")
    asked_too_little = report.cut_short is not None or any(lane.open for lane in report.lanes) or not report.judged
    if report.tally.faults or not asked_too_little:
        return Badge(message="fault, no verdict", color="lightgrey")
    return Badge(message="inconclusive" if report.judged else "nothing judged", color="orange")


def agreeing(contract: str, more: str = "", *, whole: bool, label: str = _LABEL) -> Badge:
    """Return the badge of an agreement: green only for that of the whole."""
    with_what = f"{one_line(contract, 40)}{'' if whole else ' in part'}"
    return Badge(label=label, message=f"agrees with {with_what}{more}", color="green" if whole else "yellowgreen")


def write_badge(path: Path, badge: Badge) -> None:
    """Write a badge, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    write_whole(path, msgspec.json.format(msgspec.json.encode(badge), indent=2) + b"\n")
