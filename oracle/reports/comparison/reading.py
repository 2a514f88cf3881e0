"""Reading ``report.json`` back: what a comparison needs of it, strictly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from telltale_conformance.errors import HarnessError
from telltale_conformance.files import content
from telltale_conformance.lean_traces.limits import DEFAULT_LIMITS
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.oracle.reports.json_report import SCHEMA, VERSION
from telltale_conformance.oracle.reports.report import Stand
from telltale_conformance.oracle.reports.trends.check_record import EffortWord
from telltale_conformance.oracle.reports.trends.record import Count, LevelWord, Seconds
from telltale_conformance.oracle.verdict.claim_stand import ClaimStatus
from telltale_conformance.oracle.verdict.compare import DivergenceClass
from telltale_conformance.oracle.verdict.evidence import Verdict
from telltale_conformance.oracle.verdict.exit_codes import exit_code as exit_code_of
from telltale_conformance.oracle.verdict.fingerprints import SCHEME, Fingerprint
from telltale_conformance.oracle.verdict.results import LaneVerdict
from telltale_conformance.readable import counted, one_line

FILE_NAME: Final = "report.json"
_REMEDY: Final = (
    "name the report.json, or the folder, that check --report wrote; "
    "of a campaign that of check --corpus CAMPAIGN --report DIR, since claims and rows are judged there"
)


class BadReport(HarnessError):
    """Thrown when a file is not a report; the message names the file and the problem."""


class Judged(Struct, frozen=True, kw_only=True):
    """Who was judged."""

    name: str
    version: str
    ops: frozenset[str]


class Lane(Struct, frozen=True, kw_only=True):
    """What one lane found."""

    lane: str
    verdict: LaneVerdict
    why_not_run: str | None
    judged: Count
    faults: Count
    seconds: Seconds
    coverage: tuple[tuple[str, str, str, str, str], ...]


class Claim(Struct, frozen=True, kw_only=True):
    """How a claim stands."""

    status: ClaimStatus
    occasions: Count | None


class Class(Struct, frozen=True, kw_only=True):
    """The class of a divergence."""

    op: str
    kind: DivergenceClass = msgspec.field(name="class")
    expected: str
    actual: str
    guard: str
    place: str
    claim: str | None


class Found(Struct, frozen=True, kw_only=True):
    """One class of divergence, as the report has it."""

    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
    stand: Stand
    of: Class = msgspec.field(name="class")
    cases: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a fingerprint that is another class's, under whatever scheme it was made."""
        of = Fingerprint(**msgspec.structs.asdict(self.of))
        if self.fingerprint not in (of.digest_in(scheme) for scheme in range(1, SCHEME + 1)):
            raise ValueError("the fingerprint is not that of the class")


class NotCovered(Struct, frozen=True, kw_only=True):
    """What was left out on purpose."""

    restricted_to: tuple[str, ...]
    """The one thing that the check was restricted to; empty where it was whole."""


class ReportRead(Struct, frozen=True, kw_only=True):
    """What a comparison needs of a report."""

    schema: Literal["telltale-conformance/report"]
    version: Literal[2]
    harness: str
    verdict: Verdict
    exit_code: Literal[0, 1, 3]
    headline: str
    cut_short: str | None
    contract: str
    level: LevelWord
    seed: Count
    effort: EffortWord
    cases: Count | None
    implementation: Judged
    lanes: tuple[Lane, ...]
    findings: tuple[Found, ...]
    claims: Mapping[str, Claim]
    not_covered: NotCovered

    def __post_init__(self) -> None:
        """Refuse a verdict that the rest of the report contradicts."""
        if self.exit_code != exit_code_of((self.verdict,)):
            raise ValueError(f"the verdict is {self.verdict}, and the exit code {self.exit_code}")
        failing = any(found.stand != "known" for found in self.findings)
        unlisted = not self.findings and any(lane.verdict == "diverge" for lane in self.lanes)
        if self.verdict == "agree" and (failing or unlisted):
            raise ValueError("the verdict is agree, and something diverges that is not known")

    @property
    def amount(self) -> str:
        """How much was tried, in words."""
        return f"effort {self.effort}" if self.cases is None else counted(self.cases, "case")


def read_report(path: Path) -> ReportRead:
    """Read a report, from its file or from the folder in which it is.

    Raises:
        BadReport: it cannot be read, or it is not a report of this format.
    """
    if path.is_dir():
        path /= FILE_NAME
    try:
        data = content(path)
        document = parse(data, DEFAULT_LIMITS.nesting)
    except OSError as error:
        raise BadReport(f"cannot be read: {error.strerror or error}", place=path, remedy=_REMEDY) from None
    except StrictJsonError as error:
        lines = data.startswith(b'{"') and data.count(b"\n") > 1
        remedy = "what --json prints is a line for each lane, not a report; " if lines else ""
        raise BadReport(f"not a report: no JSON: {error.problem}", place=path, remedy=remedy + _REMEDY) from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        other = f"its schema is {one_line(str(schema), 80)}" if schema is not None else "it names no schema"
        raise BadReport(f"not a report: {other}", place=path, remedy=_REMEDY)
    if document.get("version") != VERSION:
        version = one_line(str(document.get("version")), 40)
        raise BadReport(
            f"a report of version {version}, and this harness reads version {VERSION}",
            place=path,
            remedy="run the check again with this harness",
        )
    try:
        return msgspec.convert(document, ReportRead)
    except msgspec.ValidationError as error:
        raise BadReport(f"not a report: {one_line(str(error))}", place=path, remedy=_REMEDY) from None
