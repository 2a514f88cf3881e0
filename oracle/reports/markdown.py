"""The report as Markdown, for people, and as annotations of GitHub's workflow log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from telltale_conformance.oracle.reports.in_repository import InRepository
from telltale_conformance.oracle.reports.next_step import next_step
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.what_broke import causes, what_broke, why_it_matters
from telltale_conformance.oracle.reports.wording import Place, message, problems, shown_path, verify_command
from telltale_conformance.oracle.verdict.results import LaneResult
from telltale_conformance.readable import shortened
from telltale_conformance.sinks import command_field, markdown_code, markdown_text, summary_text

SHOWN: Final = 10
"""Annotations: GitHub shows no more of them for one step."""
COMMENT: Final = 65_536
"""Characters of the longest comment on a pull request."""
STEP_SUMMARY: Final = 1_000_000
"""Bytes of the summary of a step, a little below GitHub's limit of 1 MiB, for another step may have written before."""
_CAUSES: Final = 10
_LONGEST_PROGRAM: Final = 4000
_LONGEST_MESSAGE: Final = 4000
_SIGNS: Final = {"agree": "✅", "diverge": "❌", "inconclusive": "⚠️", "not run": "▫️"}


def markdown(report: Report, folder: Path | None, most: int = COMMENT) -> str:
    """Return a summary in GitHub's Markdown; names of the implementation stay text in it.

    What broke comes first, the gravest first; what it takes to see it again is folded, and left out where the whole
    would be too long.

    Args:
        report: what was concluded.
        folder: of the other forms of the report; None where they are not written.
        most: how many bytes it may have.
    """
    head = "\n".join(_head(report)) + "\n"
    rest = "\n".join(_rest(report)) + "\n"
    details: list[str] = []
    room = most - _bytes(head) - _bytes(rest) - _bytes(_left_out(len(report.findings), folder))
    for finding in report.findings:
        text = "\n".join(_finding(finding, folder)) + "\n"
        room -= _bytes(text)
        if room < 0:
            break
        details.append(text)
    left = len(report.findings) - len(details)
    whole = head + "".join(details) + (_left_out(left, folder) if left else "") + rest
    return whole if _bytes(whole) <= most else whole.encode()[: most - 4].decode("utf-8", "ignore") + "…\n"


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _left_out(count: int, folder: Path | None) -> str:
    where = f"in `{shown_path(folder)}/index.html`" if folder is not None else "written by `--report DIR`"
    return f"\nThe details of {count} more are {where}.\n"


def _head(report: Report) -> Iterator[str]:
    yield f"## {_SIGNS[report.verdict]} telltale-conformance: {report.verdict}"
    yield ""
    yield markdown_text(report.headline)
    failing = causes(report.failing)
    if failing:
        yield ""
    for number, cause in enumerate(failing[:_CAUSES], 1):
        more = len(cause.findings) - 1
        also = f" ({more} more of the same cause)" if more else ""
        yield f"{number}. **{markdown_text(what_broke(cause.leading))}**{also} {why_it_matters(cause.leading.key)}"
    if len(failing) > _CAUSES:
        yield ""
        yield f"And {len(failing) - _CAUSES} more causes."
    for problem in problems(report):
        yield ""
        yield f"- **{problem.rule}** {markdown_text(problem.subject)}: {markdown_text(problem.message)}"
    yield ""
    yield f"**Next** {next_step(report).text}"


def _rest(report: Report) -> Iterator[str]:
    yield ""
    yield f"<details><summary>Lanes, and what the verdict does not cover ({report.seconds:.1f} s)</summary>"
    yield ""
    yield "| lane | verdict | cases | judged | uncovered | not judged | seconds |"
    yield "|---|---|--:|--:|--:|--:|--:|"
    for lane in report.lanes:
        yield _lane_row(lane)
    yield ""
    left_out = report.left_out
    yield (
        f"Not covered: {markdown_text('; '.join(left_out))}."
        if left_out
        else "Every lane, operation and claim is covered."
    )
    yield ""
    yield f"Level {report.level.name}, seed {report.seed}, effort {report.effort}, exit code {report.exit_code}."
    if report.configured is not None:
        yield ""
        yield f"Options {markdown_text(report.configured)}."
    yield ""
    yield "</details>"


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
    yield f"<details><summary>{mark} {summary_text(what_broke(finding))}{unsteady}</summary>"
    yield ""
    yield from markdown_code(shortened(message(finding), _LONGEST_MESSAGE), "text")
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


def workflow_commands(report: Report) -> list[str]:
    """Return the commands by which GitHub's runner marks lines: one for each thing that fails the gate."""
    places = InRepository(report)
    lines = []
    for finding in report.findings:
        level = "error" if finding.fails else "notice"
        lines.append(_command(level, places.of(finding), what_broke(finding), message(finding)))
    for problem in problems(report):
        level = "error" if problem.fails else "warning"
        place = places.of_problem(problem)
        lines.append(_command(level, place, f"{problem.rule}: {problem.subject}", problem.message))
    lines.sort(key=lambda line: not line.startswith("::error"))
    return lines[:SHOWN]


def _command(level: str, place: Place | None, title: str, text: str) -> str:
    at = {} if place is None else {"file": place.path, "line": str(place.line)}
    fields = ",".join(f"{name}={command_field(value, ':,')}" for name, value in {**at, "title": title}.items())
    return f"::{level} {fields}::{command_field(text)}"
