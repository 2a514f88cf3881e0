"""The report as Markdown, for people, and as annotations of GitHub's workflow log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.wording import message, place_of, problems, shown_path, title, verify_command
from telltale_conformance.oracle.verdict.results import LaneResult
from telltale_conformance.sinks import command_field, markdown_code, markdown_text

SHOWN: Final = 10
"""Findings that are spelled out, and annotations: GitHub shows no more of them for one step."""
_LONGEST_PROGRAM: Final = 4000
_SIGNS: Final = {"agree": "✅", "diverge": "❌", "inconclusive": "⚠️", "not run": "▫️"}


def markdown(report: Report, folder: Path | None) -> str:
    """Return a summary in GitHub's Markdown; names of the implementation stay text in it.

    Args:
        report: what was concluded.
        folder: of the other forms of the report; None where they are not written.
    """
    return "\n".join(_lines(report, folder)) + "\n"


def _lines(report: Report, folder: Path | None) -> Iterator[str]:
    yield f"## {_SIGNS[report.verdict]} telltale-conformance: {report.verdict}"
    yield ""
    yield markdown_text(report.headline)
    yield ""
    yield (
        f"Level {report.level.name}, seed {report.seed}, effort {report.effort}, {report.seconds:.1f} s, "
        f"exit code {report.exit_code}."
    )
    if report.configured is not None:
        yield ""
        yield f"Options {markdown_text(report.configured)}."
    yield ""
    left_out = report.not_covered.words()
    yield (
        f"Not covered: {markdown_text('; '.join(left_out))}."
        if left_out
        else "Every lane, operation and claim is covered."
    )
    yield ""
    yield "| lane | verdict | cases | judged | uncovered | not judged | seconds |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for lane in report.lanes:
        yield _lane_row(lane)
    for problem in problems(report):
        yield ""
        yield f"- **{problem.rule}** {markdown_text(problem.subject)}: {markdown_text(problem.message)}"
    if report.findings:
        yield ""
        yield f"### {len(report.findings)} kinds of divergence, {len(report.failing)} of them not accepted"
    for finding in report.findings[:SHOWN]:
        yield from _finding(finding, folder)
    if len(report.findings) > SHOWN:
        yield ""
        where = f" in `{shown_path(folder)}/index.html`" if folder is not None else "; `--report DIR` writes them all"
        yield f"{len(report.findings) - SHOWN} more are{where}."


def _lane_row(lane: LaneResult) -> str:
    tally = lane.tally
    numbers = f"{tally.cases} | {tally.judged} | {tally.uncovered} | {tally.not_judged} | {lane.seconds:.1f}"
    partly = lane.why_not_run is None and not lane.complete
    verdict = f"{_SIGNS[lane.verdict]} {lane.verdict}" + (" (not in full)" if partly else "")
    return f"| {lane.lane} | {verdict} | {numbers} |"


def _finding(finding: Finding, folder: Path | None) -> Iterator[str]:
    mark = "❌" if finding.fails else "☑️"
    unsteady = "" if finding.repeats else f" ({finding.ending})"
    yield ""
    head = f"{mark} {markdown_text(title(finding))}{unsteady}"
    yield f"<details{' open' if finding.fails else ''}><summary>{head}</summary>"
    yield ""
    yield from markdown_code(message(finding), "text")
    shown = (one for one in finding.reproducers if one.title in ("Shell", "Program"))
    shell = next((one for one in shown if len(one.text) <= _LONGEST_PROGRAM), None)
    if shell is not None:
        yield ""
        yield f"To see it again ({markdown_text(shell.title)}):"
        yield ""
        yield from markdown_code(shell.text.rstrip("\n"), "sh" if shell.title == "Shell" else "text")
    verify = verify_command(finding, folder)
    if verify is not None:
        yield ""
        yield "From its dossier, with pytest file, Lean check and all answers:"
        yield ""
        yield from markdown_code(verify, "sh")
    yield ""
    yield "</details>"


def workflow_commands(report: Report, folder: Path | None) -> list[str]:
    """Return the commands by which GitHub's runner marks lines: one for each thing that fails the gate."""
    lines = []
    for finding in report.findings:
        place = place_of(finding, folder)
        at = {} if place is None else {"file": place.path, "line": str(place.line)}
        level = "error" if finding.fails else "notice"
        lines.append(_command(level, {**at, "title": title(finding)}, message(finding)))
    for problem in problems(report):
        place = problem.place
        at = {} if place is None else {"file": place.path, "line": str(place.line)}
        level = "error" if problem.fails else "warning"
        lines.append(_command(level, {**at, "title": f"{problem.rule}: {problem.subject}"}, problem.message))
    lines.sort(key=lambda line: not line.startswith("::error"))
    return lines[:SHOWN]


def _command(level: str, properties: dict[str, str], text: str) -> str:
    fields = ",".join(f"{name}={command_field(value, ':,')}" for name, value in properties.items())
    return f"::{level} {fields}::{command_field(text)}"
