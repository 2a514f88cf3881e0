"""The gate: what a check concludes from its lanes, with the baseline, the reports and the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from telltale_conformance.errors import HarnessError
from telltale_conformance.oracle.adapters import Hello
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.process.interrupts import Interrupted, let_through
from telltale_conformance.oracle.reference.judging import fault_of_harness
from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.verdict.baseline import (
    BadBaseline,
    Baseline,
    OlderBaseline,
    Standing,
    hold_against,
    read_baseline,
    updated,
    write_baseline,
)
from telltale_conformance.oracle.verdict.conversion import converted
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE
from telltale_conformance.oracle.verdict.fingerprints import fingerprint_of
from telltale_conformance.oracle.verdict.results import LaneResult
from telltale_conformance.version import HARNESS_VERSION

KEPT_WITH_BASELINE: Final = 1000
"""After how many diverging cases a lane stops when known divergences are listed: they must not hide new ones."""


FINDINGS_SHOWN: Final = 10
"""Divergences that are printed on the terminal once the report is written."""


class Check(Struct, frozen=True, kw_only=True):
    """A check that was run, to its end or not."""

    subject: Subject
    hello: Hello
    settings: Settings
    results: tuple[LaneResult, ...] = ()
    seconds: float = 0.0
    cut_short: str | None = None
    """Why it did not come to its end; None when it did."""
    interrupted: bool = False
    """It was a signal that cut it short."""


class CannotReport(HarnessError):
    """Thrown before a check when the folder of its reports cannot be made; the message names it."""


class Gate:
    """How a check ends: the baseline that it is compared with, where it is reported, when it stops early.

    Args:
        baseline: the file of known divergences; None for none.
        update: write the baseline anew instead of failing on what is new or stale.
        report: the folder of the reports; None for none.
        fail_fast: stop at the first divergence that is not known.
        minimise_seconds: how long the programs in the reports may be made smaller; 0 shows them as they are.
        today: by which entries expire; the day in UTC when not given.
    """

    def __init__(
        self,
        *,
        baseline: Path | None = None,
        update: bool = False,
        report: Path | None = None,
        fail_fast: bool = False,
        minimise_seconds: float = 0.0,
        today: date | None = None,
    ) -> None:
        self.baseline_path = baseline
        self.update = update
        self.report = report
        self.fail_fast = fail_fast
        self.minimise_seconds = minimise_seconds
        self.today = today or datetime.now(UTC).date()
        self.baseline: Baseline | None = None
        self.older: Baseline | None = None
        """The baseline as it stood, where ``--update`` has to convert it from the scheme before."""

    def prepare(self, contract: str) -> None:
        """Read the baseline, and make the folder of the reports: what cannot be done is said before the lanes run.

        Raises:
            BadBaseline: it cannot be read, is none, is for another contract, or ``--update`` names none.
            CannotReport: the folder cannot be made.
        """
        if self.report is not None:
            try:
                self.report.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CannotReport(f"cannot write the report to {self.report}: {error.strerror or error}") from None
        path = self.baseline_path
        if path is None:
            if self.update:
                raise BadBaseline("--update needs --baseline FILE, which it writes")
            return
        if self.update and not path.exists():
            self.baseline = Baseline(contract=contract)
            return
        try:
            self.baseline = read_baseline(path)
        except OlderBaseline as older:
            if not self.update:
                raise
            self.older = older.baseline
            self.baseline = Baseline(contract=older.baseline.contract)
        if self.baseline.contract != contract:
            raise BadBaseline(
                f"{path}: it lists divergences from contract {self.baseline.contract!r}, "
                f"and this implementation follows {contract!r}"
            )

    def settings(self, settings: Settings) -> Settings:
        """Return the settings of the lanes: when each of them stops."""
        if self.baseline is not None:
            return msgspec.structs.replace(settings, divergences=KEPT_WITH_BASELINE)
        return msgspec.structs.replace(settings, divergences=1) if self.fail_fast else settings

    def stops_after(self, result: LaneResult) -> str | None:
        """Say why no further lane is run after this one; None to go on."""
        if not self.fail_fast:
            return None
        for divergence in result.divergences:
            entry = self.baseline.entry(fingerprint_of(divergence).digest) if self.baseline else None
            if entry is None or date.fromisoformat(entry.expires) < self.today:
                return f"stopped by --fail-fast in lane {result.lane}"
        return None

    def conclude(self, check: Check, *, quiet: bool = False) -> int:
        """Hold the check against the baseline, write the reports, say what matters, and return the exit code.

        Args:
            check: what was run.
            quiet: print nothing on stdout.
        """
        try:
            standing, unwritten = self._standing(check), None
        except OSError as error:
            unwritten = f"cannot write the baseline {self.baseline_path}: {error.strerror or error}"
            standing = hold_against(self.baseline or Baseline(contract=""), check.results, self.today)
        check, found = self._findings(check)
        code = gate_code(check, standing)
        out = sys.stderr if quiet else sys.stdout
        for line in _baseline_lines(standing):
            print(line, file=out)
        problems = (unwritten, self._report(check, found, standing, code, out is sys.stderr))
        for problem in filter(None, problems):
            print(f"telltale-conformance: {problem}", file=sys.stderr)
        return code or (INCONCLUSIVE if any(problems) else AGREE)

    def _standing(self, check: Check) -> Standing | None:
        if self.baseline is None or self.baseline_path is None:
            return None
        if self.update and check.cut_short is not None:
            print(f"telltale-conformance: the baseline is not updated: {check.cut_short}", file=sys.stderr)
        elif self.update:
            lines = []
            if self.older is not None:
                conversion = converted(self.older, check.results)
                self.baseline, lines = conversion.baseline, conversion.lines()
            update = updated(self.baseline, check.results, self.today)
            write_baseline(self.baseline_path, update.baseline)
            self.baseline = update.baseline
            for line in [*lines, *update.lines()] or ["nothing changed"]:
                print(f"{self.baseline_path}: {line}", file=sys.stderr)
        return hold_against(self.baseline, check.results, self.today)

    @property
    def _on_github(self) -> bool:
        return os.environ.get("GITHUB_ACTIONS") == "true"

    def _findings(self, check: Check) -> tuple[Check, tuple[Finding, ...] | None]:
        """Run the divergences again for the reports, if there are any; a signal ends that and marks the check."""
        if self.report is None and not self._on_github:
            return check, None
        if not check.interrupted:
            try:
                with let_through():
                    return check, self.findings(check)
            except Interrupted as signal:
                reason = check.cut_short or f"interrupted by {signal.name} while programs were made smaller"
                check = msgspec.structs.replace(check, cut_short=reason, interrupted=True)
        return check, self.findings(check)

    def _report(
        self, check: Check, found: tuple[Finding, ...] | None, standing: Standing | None, code: int, to_stderr: bool
    ) -> str | None:
        """Write the reports; return what went wrong, if anything did."""
        if found is None:
            return None
        from telltale_conformance.oracle import reports

        folder = self.report
        report = self.assembled(check, found, standing, code)
        out = sys.stderr if to_stderr else sys.stdout
        try:
            if folder is not None:
                page = reports.write_reports(report, folder)
                for line in _finding_lines(report, folder):
                    print(line, file=out)
                print(f"report: {page}", file=out)
            if self._on_github:
                for line in reports.workflow_commands(report, folder):
                    print(line, file=out)
                summary = os.environ.get("GITHUB_STEP_SUMMARY")
                if summary:
                    with Path(summary).open("a", encoding="utf-8") as file:
                        file.write(reports.markdown(report, folder))
        except OSError as error:
            return f"cannot write the report to {error.filename or folder}: {error.strerror or error}"
        except Exception as error:  # the verdict stands, whatever is wrong with writing it down
            return fault_of_harness(error, "while the report was written")
        return None

    def findings(self, check: Check) -> tuple[Finding, ...]:
        """Return the divergences by class, each run again and made smaller in the time that there is for it."""
        from telltale_conformance.oracle.reports import findings
        from telltale_conformance.oracle.reports.minimal import minimising

        seconds = 0.0 if check.interrupted else self.minimise_seconds
        if seconds and sys.stderr.isatty() and any(result.divergences for result in check.results):
            print(f"making the programs of divergences smaller, for at most {seconds:g} s", file=sys.stderr)
        with minimising(check.subject, check.settings.level, seconds, interrupted=check.interrupted) as minimise:
            return findings(
                check.results,
                command=check.subject.command,
                hello=check.hello,
                level=check.settings.level,
                baseline=self.baseline,
                today=self.today,
                minimise=minimise,
            )

    def assembled(self, check: Check, found: tuple[Finding, ...], standing: Standing | None, code: int) -> Report:
        """Return what the reports are made of."""
        subject = check.subject
        return Report(
            harness=HARNESS_VERSION,
            command=subject.command,
            implementation=check.hello,
            contract=subject.contract,
            level=check.settings.level,
            seed=check.settings.seed,
            budget=check.settings.budget,
            seconds=check.seconds,
            exit_code=code,
            cut_short=check.cut_short,
            lanes=check.results,
            findings=found,
            standing=standing,
            baseline=None if self.baseline_path is None else str(self.baseline_path),
        )


def gate_code(check: Check, standing: Standing | None) -> int:
    """Return the exit code of a check.

    A signal makes it inconclusive. Else what is certain comes first: a divergence that is not known, a stale or
    expired entry. Then what is inconclusive, a fault that a known divergence hides included; then agreement.
    """
    results: Sequence[LaneResult] = check.results
    if check.interrupted:
        return INCONCLUSIVE
    diverges = standing.fails if standing is not None else any(result.divergences for result in results)
    if diverges:
        return DIVERGE
    open_question = any(result.open for result in results)
    if open_question or not any(result.tally.judged for result in results):
        return INCONCLUSIVE
    return AGREE


def _finding_lines(report: Report, folder: Path) -> Iterator[str]:
    """Say for each divergence that fails the gate how small its program is, and how to run it again."""
    from telltale_conformance.oracle.reports.wording import program_text, verify_command

    for finding in report.failing[:FINDINGS_SHOWN]:
        yield f"{finding.stand} {finding.short} {finding.key.text()}"
        yield f"  program  {program_text(finding)}"
        verify = verify_command(finding, folder)
        if verify is not None:
            yield f"  again    {verify}"
    if len(report.failing) > FINDINGS_SHOWN:
        yield f"and {len(report.failing) - FINDINGS_SHOWN} more kinds of divergence, in the report"


def _baseline_lines(standing: Standing | None) -> Iterator[str]:
    if standing is None:
        return
    yield (
        f"baseline: {len(standing.known)} known, {len(standing.new)} new, {len(standing.stale)} stale, "
        f"{len(standing.expired)} expired, {len(standing.unobserved)} unobserved"
    )
    for key in standing.new:
        yield f"  new      {key.short} {key.text()}"
    for mark, entries in (("stale", standing.stale), ("expired", standing.expired)):
        for entry in entries:
            yield f"  {mark:<8} {entry.fingerprint[:12]} {entry.text} (owner {entry.owner}, until {entry.expires})"
