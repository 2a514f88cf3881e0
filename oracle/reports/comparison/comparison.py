"""The comparison of several reports: who they are of, in what they are not alike, and all rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from telltale_conformance.errors import UsageError
from telltale_conformance.oracle.reports.comparison.reading import ReportRead, read_report
from telltale_conformance.oracle.reports.comparison.rows import Section, sections

FORMAT: Final = "telltale-conformance/comparison"
VERSION: Final = 1
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SETTINGS: Final[dict[str, tuple[Callable[[ReportRead], str], str]]] = {
    "contract": (lambda report: report.contract, "the same answer can agree with one contract and not with another"),
    "level": (lambda report: report.level, "a lower level compares less of each answer"),
    "harness": (lambda report: report.harness, "another version may try and compare other things"),
    "amount": (lambda report: report.amount, "less that is tried shows less"),
    "seed": (lambda report: str(report.seed), "other cases were generated"),
    "lanes": (
        lambda report: ", ".join(lane.lane for lane in report.lanes),
        "a lane that was not asked for shows nothing",
    ),
    "restriction": (
        lambda report: f"only {report.not_covered.restricted_to[0]}" if report.not_covered.restricted_to else "none",
        "all else was not asked for",
    ),
    "end": (lambda report: "cut short" if report.cut_short else "whole", "what was cut off was not judged"),
}
"""How reports may not be alike, and what follows for a comparison."""


class Side(Struct, frozen=True):
    """One of the reports."""

    letter: str
    path: str
    report: ReportRead

    @property
    def name(self) -> str:
        """Who was judged."""
        return f"{self.report.implementation.name} {self.report.implementation.version}".strip()


class Unlike(Struct, frozen=True):
    """A setting in which the reports are not alike: what differs below may come from that alone."""

    setting: str
    values: tuple[str, ...]
    """One for each report."""
    follows: str
    """What it means for a comparison."""


class Comparison(Struct, frozen=True):
    """Several reports side by side."""

    sides: tuple[Side, ...]
    unlike: tuple[Unlike, ...]
    sections: tuple[Section, ...]

    @property
    def differences(self) -> int:
        """In how many rows the reports differ."""
        return sum(len(section.differing) for section in self.sections)

    @property
    def partly(self) -> int:
        """How many rows only some of them judged, without a difference among those."""
        return sum(len(section.partly) for section in self.sections)


def comparison_of(paths: Sequence[Path]) -> Comparison:
    """Read these reports and compare them.

    Raises:
        UsageError: there are fewer than two, or more than can be shown side by side.
        BadReport: one of them cannot be read.
    """
    if not 2 <= len(paths) <= len(LETTERS):
        raise UsageError(
            f"a comparison needs 2 to {len(LETTERS)} reports, not {len(paths)}",
            remedy="name the report.json, or the folder, that check --report wrote for each",
        )
    sides = tuple(Side(letter, str(path), read_report(path)) for letter, path in zip(LETTERS, paths, strict=False))
    reports = [side.report for side in sides]
    return Comparison(sides, _unlike(reports), sections(reports))


def _unlike(reports: Sequence[ReportRead]) -> tuple[Unlike, ...]:
    found = []
    for setting, (value, follows) in _SETTINGS.items():
        values = tuple(value(report) for report in reports)
        if len(set(values)) > 1:
            found.append(Unlike(setting, values, follows))
    return tuple(found)


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON; schema ``comparison`` describes it."""
    return {
        "schema": FORMAT,
        "version": VERSION,
        "reports": [
            {
                "letter": side.letter,
                "path": side.path,
                "name": side.report.implementation.name,
                "version": side.report.implementation.version,
                "verdict": side.report.verdict,
                "harness": side.report.harness,
                "contract": side.report.contract,
                "level": side.report.level,
                "effort": side.report.effort,
                "cases": side.report.cases,
                "seed": side.report.seed,
                "cut_short": side.report.cut_short,
            }
            for side in comparison.sides
        ],
        "unlike": [
            {"setting": one.setting, "values": list(one.values), "follows": one.follows} for one in comparison.unlike
        ],
        "differences": comparison.differences,
        "judged_by_some": comparison.partly,
        "sections": [
            {
                "name": section.name,
                "rows": [
                    {
                        "name": row.name,
                        "about": row.about,
                        "differs": row.differs,
                        "judged_by_some": row.partly,
                        "marks": [
                            {"state": mark.state, "words": mark.words, "classes": list(mark.classes)}
                            for mark in row.marks
                        ],
                    }
                    for row in section.rows
                ],
            }
            for section in comparison.sections
        ],
    }
