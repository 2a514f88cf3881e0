"""How reports put things into words and name places, the same in every form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from oracle.baseline import Entry
from oracle.lanes import LaneResult
from oracle.reports.findings import program_name
from oracle.reports.report import CLAIMS, Finding, Report

_SHOWN = 400


class Place(NamedTuple):
    """A line of a file."""

    path: str
    """Relative to the working directory where the file is below it, with slashes."""
    line: int


class Problem(NamedTuple):
    """Something besides a divergence that fails the gate or leaves it open."""

    rule: str
    """``baseline-stale``, ``baseline-expired``, ``inconclusive`` or ``cut-short``."""
    fails: bool
    """Whether the gate says 1 because of it."""
    subject: str
    message: str
    place: Place | None


def shown_path(path: Path) -> str:
    """Return a path as reports show it: relative to the working directory where it is below that."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def place_of(finding: Finding, folder: Path) -> Place | None:
    """Return where a finding can be read: the line of its trace, or that of its program in the report's folder."""
    path = finding.divergence.path
    if path is not None:
        return Place(shown_path(Path(path)), finding.divergence.seq + 2)
    if finding.program is None:
        return None
    steps = [step.seq for step in finding.program.steps]
    line = steps.index(finding.divergence.seq) + 2 if finding.divergence.seq in steps else len(steps) + 1
    return Place(shown_path(folder / program_name(finding.fingerprint)), line)


def title(finding: Finding) -> str:
    """Return a finding in one line."""
    key = finding.key
    claim = f"{key.claim} {CLAIMS[key.claim][0]}: " if key.claim in CLAIMS else ""
    where = "" if key.place == "$" else f" at {key.place}"
    answers = f"expected {key.expected}, answered {key.actual}"
    if key.expected == key.actual:
        answers = f"another {key.actual}"
    return f"{claim}{key.op} diverges in {key.kind}{where}: {answers}"


def message(finding: Finding) -> str:
    """Return a finding in a few lines of plain text."""
    divergence = finding.divergence
    lines = [
        title(finding),
        f"case     {finding.cases[0]}" + (f" (and {len(finding.cases) - 1} more)" if len(finding.cases) > 1 else ""),
        f"args     {shortly(divergence.args)}",
        f"expected {shortly(divergence.expected)}",
        f"answered {shortly(divergence.actual)}",
        f"decided  {divergence.reason}",
        f"baseline {stand_text(finding)}",
    ]
    return "\n".join(lines)


def stand_text(finding: Finding) -> str:
    """Return how a finding stands to the baseline."""
    entry = finding.entry
    if entry is None:
        return f"{finding.stand}, fingerprint {finding.short}"
    until = f"since {entry.expires} expired" if finding.stand == "expired" else f"known until {entry.expires}"
    link = f", {entry.link}" if entry.link else ""
    return f"{until}, owner {entry.owner}: {entry.reason}{link}"


def problems(report: Report) -> list[Problem]:
    """Return what besides divergences fails the gate or leaves it open."""
    found = []
    if report.standing is not None:
        for entry in report.standing.stale:
            lanes = ", ".join(entry.lanes)
            text = f"not seen, although its lanes ran in full ({lanes}): {entry.text}; remove the entry"
            found.append(_of_baseline("baseline-stale", report, entry, text))
        for entry in report.standing.expired:
            text = f"expired on {entry.expires}, owner {entry.owner}: {entry.text}; repair it, or decide anew"
            found.append(_of_baseline("baseline-expired", report, entry, text))
    for lane in report.lanes:
        if lane.verdict == "inconclusive" or lane.faults:
            found.append(Problem("inconclusive", False, f"lane {lane.lane}", lane_notes(lane), None))
    if report.cut_short:
        found.append(Problem("cut-short", False, "check", f"this report is a partial one: {report.cut_short}", None))
    return found


def _of_baseline(rule: str, report: Report, entry: Entry, text: str) -> Problem:
    place = None
    if report.baseline is not None:
        path = Path(report.baseline)
        place = Place(shown_path(path), _line_of(path, entry.fingerprint))
    return Problem(rule, True, f"{entry.op} {entry.fingerprint[:12]}", text, place)


def _line_of(path: Path, text: str) -> int:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return 1
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)


def lane_notes(lane: LaneResult) -> str:
    """Return the notes of a lane as one text."""
    return "; ".join(lane.notes) or "nothing was judged"


def shortly(value: Any, limit: int = _SHOWN) -> str:
    """Return a JSON value in one line, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
