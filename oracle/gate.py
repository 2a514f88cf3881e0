"""The gate: what a check concludes from its lanes, with the baseline, the reports and the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from telltale_conformance.errors import unwritable
from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.adapters import Hello
from telltale_conformance.oracle.adapters.reference import REFERENCE_NAME
from telltale_conformance.oracle.lanes.self_tests import SelfTest
from telltale_conformance.oracle.lanes.subject import Settings, Subject
from telltale_conformance.oracle.lanes.table import ASKED_FOR, BY_NAME_ONLY, LANES
from telltale_conformance.oracle.process.interrupts import Interrupted, let_through
from telltale_conformance.oracle.process.output import print_acting
from telltale_conformance.oracle.reference.judging import fault_of_harness
from telltale_conformance.oracle.reports.badge import NO_VERDICT, badge_of, write_badge
from telltale_conformance.oracle.reports.findings import findings
from telltale_conformance.oracle.reports.in_repository import chosen
from telltale_conformance.oracle.reports.markdown import STEP_SUMMARY, markdown, workflow_commands
from telltale_conformance.oracle.reports.report import Finding, Minimiser, Report, claims_seen
from telltale_conformance.oracle.reports.terminal import check_lines, last_line
from telltale_conformance.oracle.reports.trends.check_record import record_of
from telltale_conformance.oracle.reports.trends.file import append_record, make_ready
from telltale_conformance.oracle.reports.writing import write_reports
from telltale_conformance.oracle.verdict.baseline import (
    BadBaseline,
    Baseline,
    Standing,
    hold_against,
    read_baseline,
    updated,
    write_baseline,
)
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE
from telltale_conformance.oracle.verdict.fingerprints import fingerprint_of
from telltale_conformance.oracle.verdict.not_covered import not_covered, unsupported_by
from telltale_conformance.oracle.verdict.required import Required, required
from telltale_conformance.oracle.verdict.results import LaneResult
from telltale_conformance.readable import block, json_line
from telltale_conformance.version import HARNESS_VERSION

_ALL_LANES: Final = frozenset({*LANES, *ASKED_FOR})
KEPT_WITH_BASELINE: Final = 1000
"""After how many diverging cases a lane stops when known divergences are listed: they must not hide new ones."""


class Check(Struct, frozen=True, kw_only=True):
    """A check that was run, to its end or not."""

    subject: Subject
    hello: Hello
    settings: Settings
    results: tuple[LaneResult, ...] = ()
    self_tests: tuple[SelfTest, ...] = ()
    time_limit: float | None = None
    """After how many seconds it ends early; None for never."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Processor time of the lanes, of all processes that have ended."""
    cut_short: str | None = None
    """Why it did not come to its end; None when it did."""
    interrupted: bool = False
    """It was a signal that cut it short."""


class Gate:
    """How a check ends: the baseline that it is compared with, where it is reported, when it stops early.

    Args:
        baseline: the file of known divergences; None for none.
        update: write the baseline anew instead of failing on what is new or stale.
        report: the folder of the reports; None for none.
        fail_fast: stop at the first divergence that is not known.
        require: which operations must be offered: ``all``, ``core``, or a file; None for what the baseline says.
        minimise_seconds: how long the programs in the reports may be made smaller; 0 shows them as they are.
        history: the file of check records to which this one is appended; None for none.
        badge: the file of the badge; None for none.
        today: by which entries expire; the day in UTC when not given.
        again: the command that runs the same check again; None where it was not started by a command.
        artifact: the file of the repository beside which results are shown; None for what follows from the check.
        configured: the options that the project's file gave, and its name; None for none.
    """

    def __init__(
        self,
        *,
        baseline: Path | None = None,
        update: bool = False,
        report: Path | None = None,
        fail_fast: bool = False,
        require: str | None = None,
        minimise_seconds: float = 0.0,
        history: Path | None = None,
        badge: Path | None = None,
        today: date | None = None,
        again: str | None = None,
        artifact: str | None = None,
        configured: str | None = None,
    ) -> None:
        self.baseline_path = baseline
        self.update = update
        self.report = report
        self.fail_fast = fail_fast
        self.require = require
        self.minimise_seconds = minimise_seconds
        self.again = again
        self.artifact = artifact
        self.history = history
        self.badge = badge
        self.configured = configured
        self.today = today or datetime.now(UTC).date()
        self.baseline: Baseline | None = None
        self._required: Required | None = None

    def make_ready(self) -> None:
        """Look at the file of check records, and take down the badge of the run before: it says nothing of this one.

        Raises:
            BadRecords: the file holds something else.
            HarnessError: it, or the badge, cannot be written.
        """
        if self.history is not None:
            make_ready(self.history)
        if self.badge is not None:
            try:
                write_badge(self.badge, NO_VERDICT)
            except OSError as error:
                raise unwritable(error, self.badge) from None

    def restrict(self) -> None:
        """Take back what only a whole check may write: its record and its badge.

        Raises:
            BadBaseline: the baseline is to be written anew.
        """
        if self.update:
            raise BadBaseline("--update writes what a whole check saw; give it without --only")
        if self.history is not None or self.badge is not None:
            print("telltale-conformance: --only is no whole check: no record and no badge is written", file=sys.stderr)
        self.history = self.badge = None

    def prepare(self, contract: str) -> None:
        """Read the baseline, and make the folder of the reports: what cannot be done is said before the lanes run.

        Raises:
            BadBaseline: it cannot be read, is none, is for another contract, or ``--update`` names none.
            BadRequirement: what is required cannot be read.
            HarnessError: the folder cannot be made.
            UsageError: the file beside which results are to be shown is none of the repository.
        """
        if self.report is not None:
            try:
                self.report.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise unwritable(error, self.report) from None
        if self.artifact is not None:
            self.artifact = chosen(self.artifact)
        self._required = required(self.require, None)
        path = self.baseline_path
        if path is None:
            if self.update:
                raise BadBaseline("--update needs --baseline FILE, which it writes")
            return
        if self.update and not path.exists():
            self.baseline = Baseline(contract=contract)
            return
        self.baseline = read_baseline(path)
        if self.baseline.contract != contract:
            raise BadBaseline(
                f"{path}: it lists divergences from contract {self.baseline.contract!r}, "
                f"and this implementation follows {contract!r}"
            )
        for entry in self.baseline.entries:
            if unknown := sorted(set(entry.lanes) - _ALL_LANES):
                raise BadBaseline(
                    f"{path}: there is no lane {', '.join(map(json_line, unknown))}, so the entry could never become "
                    f"stale ({entry.text}); name lanes that there are: {', '.join(sorted(_ALL_LANES))}"
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

    def conclude(self, check: Check, *, quiet: bool = False, every_cell: bool = False) -> int:
        """Hold the check against the baseline, write the reports, tell all of it, and return the exit code.

        Args:
            check: what was run.
            quiet: print nothing on stdout; what fails the gate and the last line go to stderr.
            every_cell: tell every cell of the coverage.
        """
        try:
            standing, unwritten = self._standing(check), None
        except OSError as error:
            unwritten = f"cannot write the baseline {self.baseline_path}: {error.strerror or error}"
            standing = hold_against(self.baseline or Baseline(contract=""), check.results, self.today)
        check, found = self._findings(check)
        report = self.assembled(check, found, standing)
        out = sys.stderr if quiet else sys.stdout
        problems = [problem for problem in (unwritten, self._write(report)) if problem is not None]
        if problems and not report.exit_code:
            report = msgspec.structs.replace(report, exit_code=INCONCLUSIVE)
        lost = self._keep(report)
        if lost:
            problems.append(lost)
            report = msgspec.structs.replace(report, exit_code=report.exit_code or INCONCLUSIVE)
        for line in check_lines(report, self.report, every_cell=every_cell, brief=quiet):
            print(block(line), file=out)
        if self._on_github:
            for line in workflow_commands(report):
                print_acting(line, out)
        for problem in problems:
            print(f"telltale-conformance: {problem}", file=sys.stderr)
        print(block(last_line(report)), file=out, flush=True)
        return report.exit_code

    def _standing(self, check: Check) -> Standing | None:
        if self.baseline is None or self.baseline_path is None:
            return None
        if self.update and check.cut_short is not None:
            print(f"telltale-conformance: the baseline is not updated: {check.cut_short}", file=sys.stderr)
        elif self.update:
            update = updated(self.baseline, check.results, self.today, offered_in(check))
            write_baseline(self.baseline_path, update.baseline)
            self.baseline = update.baseline
            for line in update.lines() or ["nothing changed"]:
                print(f"{self.baseline_path}: {line}", file=sys.stderr)
        return hold_against(self.baseline, check.results, self.today)

    @property
    def _on_github(self) -> bool:
        return os.environ.get("GITHUB_ACTIONS") == "true"

    def _findings(self, check: Check) -> tuple[Check, tuple[Finding, ...]]:
        """Return the divergences by class; a signal ends making them smaller, and marks the check."""
        if not check.interrupted:
            try:
                with let_through():
                    return check, self.findings(check)
            except Interrupted as signal:
                reason = check.cut_short or f"interrupted by {signal.name} while programs were made smaller"
                check = msgspec.structs.replace(check, cut_short=reason, interrupted=True)
        return check, self.findings(check)

    def _write(self, report: Report) -> str | None:
        """Write the reports; return what went wrong, if anything did."""
        folder = self.report
        try:
            if folder is not None:
                write_reports(report, folder)
            summary = os.environ.get("GITHUB_STEP_SUMMARY") if self._on_github else None
            if summary:
                with Path(summary).open("a", encoding="utf-8") as file:
                    file.write(markdown(report, folder, most=STEP_SUMMARY))
        except OSError as error:
            return f"cannot write the report to {error.filename or folder}: {error.strerror or error}"
        except Exception as error:  # the verdict stands, whatever is wrong with writing it down
            return fault_of_harness(error, "while the report was written")
        return None

    def _keep(self, report: Report) -> str | None:
        """Append the check to its history, then write its badge; return what went wrong, if anything did."""
        try:
            if self.history is not None:
                remark = append_record(self.history, record_of(report, datetime.now(UTC))).remark
                if remark is not None:
                    print(f"telltale-conformance: {block(remark)}", file=sys.stderr)
            if self.badge is not None:
                write_badge(self.badge, badge_of(report))
        except OSError as error:
            return f"cannot write to {error.filename or self.history or self.badge}: {error.strerror or error}"
        except Exception as error:  # the verdict stands, whatever is wrong with keeping it
            return fault_of_harness(error, "while the history and the badge were written")
        return None

    def findings(self, check: Check) -> tuple[Finding, ...]:
        """Return the divergences by class, each run again and made smaller in the time that there is for it."""
        if self.report is None and not self._on_github:
            return self._found(check, None)
        from telltale_conformance.oracle.reports.minimal import minimising

        seconds = 0.0 if check.interrupted else self.minimise_seconds
        if seconds and sys.stderr.isatty() and any(result.divergences for result in check.results):
            print(f"making the programs of divergences smaller, for at most {seconds:g} s", file=sys.stderr)
        with minimising(check.subject, check.settings.level, seconds, interrupted=check.interrupted) as minimise:
            return self._found(check, minimise)

    def _found(self, check: Check, minimise: Minimiser | None) -> tuple[Finding, ...]:
        return findings(
            check.results,
            command=check.subject.command,
            clients=check.subject.clients,
            hello=check.hello,
            level=check.settings.level,
            baseline=self.baseline,
            today=self.today,
            minimise=minimise,
        )

    def assembled(self, check: Check, found: tuple[Finding, ...], standing: Standing | None) -> Report:
        """Return what the reports are made of."""
        subject, settings = check.subject, check.settings
        demanded = self._required or required(None, self.baseline)
        lacking = () if demanded is None else demanded.lacking(check.hello.ops, unsupported_by(check.results))
        return Report(
            harness=HARNESS_VERSION,
            command=subject.command,
            again=self.again,
            configured=self.configured,
            implementation=check.hello,
            contract=subject.contract,
            level=settings.level,
            seed=settings.seed,
            effort=settings.effort.value,
            cases=settings.cases,
            time_limit=check.time_limit,
            seconds=check.seconds,
            cpu_seconds=check.cpu_seconds,
            exit_code=gate_code(check, standing, lacking),
            cut_short=check.cut_short,
            lanes=check.results,
            self_tests=check.self_tests,
            findings=found,
            standing=standing,
            baseline=None if self.baseline_path is None else str(self.baseline_path),
            required=demanded,
            lacking=lacking,
            not_covered=not_covered(
                check.results,
                only=None if settings.only is None else str(settings.only),
                own_reference=_agrees_as_the_reference(check),
                lanes=tuple(LANES),
                offered=check.hello.ops,
                observes=check.hello.observes,
                level=settings.level,
                claims=claims_seen(check.results),
                self_tests=[
                    one.name for one in check.self_tests if one.shown_on is None and one.name not in BY_NAME_ONLY
                ],
            ),
        )


def _agrees_as_the_reference(check: Check) -> bool:
    """Say whether the implementation bears the name of the reference, and nothing shows that it is another."""
    return check.hello.name == REFERENCE_NAME and not any(result.divergences for result in check.results)


def offered_in(check: Check) -> frozenset[str]:
    """Return the operations of the contract that the implementation really has, by what it says and answered."""
    return (check.hello.ops & OPERATIONS.keys()) - unsupported_by(check.results)


def gate_code(check: Check, standing: Standing | None, lacking: Sequence[str] = ()) -> int:
    """Return the exit code of a check.

    A signal makes it inconclusive. Else what is certain comes first: a divergence that is not known, a stale or
    expired entry, a lane that diverges as a whole, a required operation that is lacking. Then what is inconclusive: a
    lane, a self-test that does not show what it is to show, a fault or an early end that a known divergence hides, an
    operation that is offered and not there. Then agreement.
    """
    results: Sequence[LaneResult] = check.results
    if check.interrupted:
        return INCONCLUSIVE
    diverges = standing.fails if standing is not None else any(result.divergences for result in results)
    if diverges or lacking or any(result.unexplained for result in results):
        return DIVERGE
    hollow = unsupported_by(results) & OPERATIONS.keys()
    open_question = any(result.open for result in results) or any(one.fails for one in check.self_tests)
    if hollow or open_question or check.cut_short is not None or not any(result.tally.judged for result in results):
        return INCONCLUSIVE
    return AGREE
