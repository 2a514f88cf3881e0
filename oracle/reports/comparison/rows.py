"""What reports say of the same lane, claim, row of the contract or class of divergence, side by side.

Three things are distinguished: what agrees, what diverges, and what was not judged; of claims, what is kept and what is
broken. Reports differ in a row when those that judged it do not say the same, or diverge by other classes. A row that
only some of them judged is no difference, and is counted apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from msgspec import Struct

from telltale_conformance.generators.floor import floor_of
from telltale_conformance.model.contract import CONTRACTS
from telltale_conformance.model.guard_table import GUARDS
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.claims.catalogue import CLAIMS, EXPECTED, in_order
from telltale_conformance.oracle.reports.comparison.reading import Class, Found, Lane, ReportRead
from telltale_conformance.oracle.verdict.fingerprints import WHOLE, Fingerprint
from telltale_conformance.readable import counted

State = Literal["agrees", "diverges", "kept", "broken", "broken too", "not judged"]
Row = tuple[str, str]
"""An operation and an answer of the contract: ``ok``, or the name of an error."""

SUCCESS: Final = "ok"
_ANSWERS: Final = (SUCCESS, *dict.fromkeys(guard.error for guard in GUARDS.values()))
_ERRORS: Final = frozenset(_ANSWERS[1:])


class Mark(Struct, frozen=True):
    """What one report says of a row."""

    state: State
    words: str
    """How it stands there, more exactly."""
    classes: tuple[str, ...] = ()
    """The fingerprints by which it diverges."""

    @property
    def judged(self) -> bool:
        """Whether the report says anything of it."""
        return self.state != "not judged"

    @property
    def key(self) -> tuple[State, tuple[str, ...]]:
        """What must be equal for two reports to say the same."""
        return self.state, self.classes


class Compared(Struct, frozen=True):
    """A row: one thing that every report says something of, or nothing."""

    name: str
    about: str
    """What it is, in words; empty where the name says it."""
    marks: tuple[Mark, ...]
    """One for each report, in their order."""

    @property
    def differs(self) -> bool:
        """Whether the reports that judged it do not all say the same."""
        return len({mark.key for mark in self.marks if mark.judged}) > 1

    @property
    def partly(self) -> bool:
        """Whether some of the reports judged it and some did not."""
        return len({mark.judged for mark in self.marks}) > 1

    @property
    def alike(self) -> bool:
        """Whether all of the reports say the same."""
        return not self.differs and not self.partly

    @property
    def rank(self) -> int:
        """Where it stands: what differs comes first, then what only some of the reports judged."""
        return 0 if self.differs else 1 if self.partly else 2


class Section(Struct, frozen=True):
    """The rows of one kind: those that differ, then those that some reports judged, then all others."""

    name: str
    rows: tuple[Compared, ...]

    @property
    def differing(self) -> tuple[Compared, ...]:
        """The rows in which the reports differ."""
        return tuple(row for row in self.rows if row.differs)

    @property
    def partly(self) -> tuple[Compared, ...]:
        """The rows that only some of the reports judged, and in which those do not differ."""
        return tuple(row for row in self.rows if row.partly and not row.differs)

    @property
    def alike(self) -> tuple[Compared, ...]:
        """The rows of which all reports say the same."""
        return tuple(row for row in self.rows if row.alike)

    @property
    def alike_by_state(self) -> dict[State, int]:
        """How many rows there are of which all reports say each thing."""
        return dict(Counter(row.marks[0].state for row in self.alike))


def sections(reports: Sequence[ReportRead]) -> tuple[Section, ...]:
    """Return all rows of these reports by their kinds."""
    kinds = {"lanes": _lanes, "claims": _claims, "rows of the contract": _rows, "divergences": _divergences}
    return tuple(Section(name, tuple(sorted(rows(reports), key=lambda row: row.rank))) for name, rows in kinds.items())


def _lanes(reports: Sequence[ReportRead]) -> Iterator[Compared]:
    by_name = [{lane.lane: lane for lane in report.lanes} for report in reports]
    for name in dict.fromkeys(name for lanes in by_name for name in lanes):
        yield Compared(name, "", tuple(_of_lane(lanes.get(name)) for lanes in by_name))


def _of_lane(lane: Lane | None) -> Mark:
    if lane is None:
        return Mark("not judged", "not asked for")
    if lane.verdict == "not run":
        return Mark("not judged", f"not run: {lane.why_not_run}" if lane.why_not_run else "not run")
    judged = f"{lane.judged:,} answers"
    if lane.verdict == "inconclusive":
        faults = f", {counted(lane.faults, 'fault')}" if lane.faults else ""
        return Mark("not judged", f"inconclusive, {judged}{faults}")
    return Mark("agrees" if lane.verdict == "agree" else "diverges", judged)


def _claims(reports: Sequence[ReportRead]) -> Iterator[Compared]:
    for name in in_order({claim for report in reports for claim in report.claims}):
        about = CLAIMS[name].name if name in CLAIMS else "unknown to this version"
        yield Compared(name, about, tuple(_of_claim(name, report) for report in reports))


def _of_claim(name: str, report: ReportRead) -> Mark:
    claim = report.claims.get(name)
    if claim is None or claim.status not in ("kept", "broken"):
        return Mark("not judged", "not judged" if report.claims else "no claim was watched")
    seen = f"on {claim.occasions or 0:,} occasion{'s' if claim.occasions != 1 else ''}"
    if claim.status == "broken" and EXPECTED.get(report.contract, {}).get(name) == "refuted":
        return Mark("broken too", f"{seen}, as {report.contract} breaks it")
    return Mark(claim.status, seen)


def _rows(reports: Sequence[ReportRead]) -> Iterator[Compared]:
    seen = [_Seen(report) for report in reports]
    rows = {row for one in seen for row in one.all_rows}
    for row in sorted(rows, key=_order):
        yield Compared(f"{row[0]}: {row[1]}", "", tuple(one.mark(row) for one in seen))


class _Seen:
    """Which rows of the contract a report speaks of."""

    def __init__(self, report: ReportRead) -> None:
        self.offered = report.implementation.ops
        self.situations: Counter[Row] = Counter(
            row_of(*cell[:2]) for cell in {cell for lane in report.lanes for cell in lane.coverage}
        )
        self.found: dict[Row, list[Found]] = {}
        for found in report.findings:
            self.found.setdefault(row_of(found.of.op, found.of.expected), []).append(found)
        floor = floor_of(report.contract, self.offered) if report.contract in CONTRACTS else ()
        demanded = (row_of(cell.operation, cell.outcome) for cell in floor)
        self.all_rows = {*self.situations, *self.found, *demanded}

    def mark(self, row: Row) -> Mark:
        """Say how it stands in this report."""
        found = self.found.get(row)
        if found:
            words = "; ".join(f"{one.of.guard}: {_answered(one.of)}{_accepted(one)}" for one in found)
            return Mark("diverges", words, tuple(sorted(one.fingerprint for one in found)))
        if row in self.situations:
            count = self.situations[row]
            return Mark("agrees", counted(count, "situation"))
        return Mark("not judged", "not reached" if row[0] in self.offered else "not offered")


def row_of(operation: str, outcome: str) -> Row:
    """Return the row of the contract in which an answer is, or of which a divergence is."""
    return operation.partition("/")[0], outcome if outcome in _ERRORS else SUCCESS


def _order(row: Row) -> tuple[int, str, int]:
    operation, answer = row
    known = list(OPERATIONS)
    return known.index(operation) if operation in OPERATIONS else len(known), operation, _ANSWERS.index(answer)


def _answered(of: Class) -> str:
    if of.kind in ("outcome", "panic"):
        return f"answered {of.actual}" if of.kind == "outcome" else "panicked"
    return f"another {of.kind}" + ("" if of.place == WHOLE else f" at {of.place}")


def _accepted(found: Found) -> str:
    return " (known)" if found.stand == "known" else f" ({found.stand})" if found.stand != "new" else ""


def _divergences(reports: Sequence[ReportRead]) -> Iterator[Compared]:
    classes = {found.fingerprint: found.of for report in reports for found in report.findings}
    seen = [_Seen(report) for report in reports]
    by_fingerprint = [{found.fingerprint: found for found in report.findings} for report in reports]
    for fingerprint in sorted(classes, key=lambda one: (_order(_of_class(classes[one])), one)):
        of = classes[fingerprint]
        marks = tuple(
            _of_finding(found.get(fingerprint), one, _of_class(of))
            for found, one in zip(by_fingerprint, seen, strict=True)
        )
        text = Fingerprint(**{name: getattr(of, name) for name in Fingerprint.__struct_fields__}).text()
        yield Compared(fingerprint[:12], text, marks)


def _of_class(of: Class) -> Row:
    return row_of(of.op, of.expected)


def _of_finding(found: Found | None, seen: _Seen, row: Row) -> Mark:
    if found is not None:
        count = len(found.cases)
        return Mark("diverges", f"{found.stand}, {counted(count, 'case')}", (found.fingerprint,))
    if row in seen.situations or row in seen.found:
        return Mark("agrees", "not seen where its row was judged")
    return Mark("not judged", seen.mark(row).words)
