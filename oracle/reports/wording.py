"""How reports put things into words and name places, the same in every form."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from telltale_conformance.files import content
from telltale_conformance.oracle.claims.catalogue import CLAIMS
from telltale_conformance.oracle.dossier.dossier import ANSWERS, PROGRAM
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.what_broke import what_broke, why_it_matters
from telltale_conformance.oracle.verdict.baseline import Entry
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.results import LaneResult
from telltale_conformance.readable import counted, spelled, value_line
from telltale_conformance.sinks import shell_word


class Place(NamedTuple):
    """A line of a file."""

    path: str
    """Relative to the working directory where the file is below it, with slashes."""
    line: int


class Problem(NamedTuple):
    """Something besides a divergence that fails the gate or leaves it open."""

    rule: str
    """One of those that the SARIF report describes."""
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


def place_of(finding: Finding, folder: Path | None) -> Place | None:
    """Return where a finding can be read.

    That is the line of the trace that was judged, else that of the answers or of the program in its dossier.

    Args:
        finding: the finding.
        folder: of the report; None where it is not written.
    """
    if finding.trace is not None:
        path, event = finding.trace
        return Place(shown_path(Path(path)), event + 2)
    if finding.folder is None or finding.program is None or folder is None:
        return None
    answers = finding.files.get(ANSWERS)
    if answers is not None and finding.divergence.kind != "panic":  # a panic is no line of a trace
        return Place(shown_path(folder / finding.folder / ANSWERS), answers.count(b"\n") - 1)
    steps = [step.seq for step in finding.program.steps]
    line = steps.index(finding.divergence.seq) + 2 if finding.divergence.seq in steps else len(steps) + 1
    return Place(shown_path(folder / finding.folder / PROGRAM), line)


def verify_command(finding: Finding, folder: Path | None) -> str | None:
    """Return the command that runs a finding again from its dossier; None where it has none, or none is written."""
    if finding.folder is None or folder is None:
        return None
    return f"telltale-conformance verify {shell_word(shown_path(folder / finding.folder))}"


def program_text(finding: Finding) -> str:
    """Return how far the program of a finding was made smaller, and what one must know about it."""
    if finding.divergence.race is not None:
        return f"a race of several clients, {finding.ending}" + (f"; {finding.remark}" if finding.remark else "")
    count = len(finding.program.steps) if finding.program is not None else 0
    steps = counted(count, "step")
    size = f"minimal, {steps}" if finding.minimal else f"of {steps}" if count else "not at hand"
    return f"{size}; {finding.remark}" if finding.remark else size


def title(finding: Finding) -> str:
    """Return a finding in one line."""
    key = finding.key
    claim = f"{CLAIMS[key.claim].title}: " if key.claim is not None and key.claim in CLAIMS else ""
    return claim + key.text()


def message(finding: Finding) -> str:
    """Return a finding in a few lines of plain text, what broke first."""
    divergence = finding.divergence
    lines = [
        what_broke(finding),
        why_it_matters(finding.key),
        f"class    {title(finding)}",
        f"case     {finding.cases[0]}" + (f" (and {len(finding.cases) - 1} more)" if len(finding.cases) > 1 else ""),
        f"args     {value_line(divergence.args)}",
        f"expected {value_line(divergence.expected)}",
        f"answered {value_line(divergence.actual)}",
        f"decision {divergence.reason}",
        f"program  {program_text(finding)}",
        f"baseline {stand_text(finding)}",
    ]
    return "\n".join(map(spelled, lines))


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
        if lane.unexplained:
            found.append(Problem("lane-diverges", True, f"lane {lane.lane}", against_text(lane), None))
        if lane.open:
            found.append(Problem("inconclusive", False, f"lane {lane.lane}", lane_notes(lane), None))
    if report.lacking:
        by = "" if report.required is None else f"required by {report.required.by}, "
        text = f"{by}not offered: {', '.join(report.lacking)}"
        found.append(Problem("operations-required", True, counted(len(report.lacking), "operation"), text, None))
    for one in report.self_tests:
        if one.fails:
            found.append(Problem("self-test", False, f"self-test {one.name}", lane_notes(one.result), None))
    if report.cut_short:
        found.append(Problem("cut-short", False, "check", f"this report is a partial one: {report.cut_short}", None))
    if report.verdict == "inconclusive" and not found:
        found.append(Problem("inconclusive", False, "check", report.open_question, None))
    return found


def _of_baseline(rule: str, report: Report, entry: Entry, text: str) -> Problem:
    place = None
    if report.baseline is not None:
        path = Path(report.baseline)
        place = Place(shown_path(path), _line_of(path, entry.fingerprint))
    return Problem(rule, True, f"{entry.op} {entry.fingerprint[:12]}", text, place)


def _line_of(path: Path, text: str) -> int:
    try:
        lines = content(path).decode().splitlines()
    except (OSError, UnicodeDecodeError):
        return 1
    return next((number for number, line in enumerate(lines, 1) if text in line), 1)


def against_text(lane: LaneResult) -> str:
    """Return what a lane found to be otherwise, by kind."""
    kinds = (f"{items.against} of {items.planned} {items.kind}" for items in lane.evidence if items.against)
    return f"{', '.join(kinds)} are not as the contract says"


def lane_notes(lane: LaneResult) -> str:
    """Return what is missing in a lane and its notes as one text."""
    why = () if lane.why_not_run is None else (lane.why_not_run,)
    return "; ".join((*why, *lane.missing, *lane.notes)) or "nothing was judged"


def occasions_text(stand: ClaimStand) -> str:
    """Return on how many occasions a claim was watched."""
    count = stand.occasions or 0
    return f"{count:,} occasion{'' if count == 1 else 's'}"
