"""The one next step after a check: what to do first, in a sentence."""

from __future__ import annotations

from msgspec import Struct

from telltale_conformance.oracle.reports.report import Finding, Report
from telltale_conformance.oracle.reports.what_broke import causes
from telltale_conformance.oracle.reports.wording import problems
from telltale_conformance.oracle.verdict.exit_codes import AGREE
from telltale_conformance.oracle.verdict.not_covered import OWN_REFERENCE


class NextStep(Struct, frozen=True):
    """What to do next."""

    text: str
    finding: Finding | None = None
    """The finding that it is about, whose reproducer is to be copied."""


def next_step(report: Report) -> NextStep:
    """Return what to do next: the gravest divergence first, then what else fails the gate, then what is open."""
    if report.failing:
        found = causes(report.failing)
        first, which = found[0].leading, "it" if len(found) == 1 else "the first of them"
        if first.reproducers:
            return NextStep(
                f"Copy the program that shows {which}. Paste it into a shell in which the adapter's command"
                " works, and mend the implementation until it shows nothing any more.",
                first,
            )
        return NextStep(f"Look at {which}, and mend the implementation.", first)
    grave = sorted(problems(report), key=lambda one: not one.fails)
    if grave:
        return NextStep(_NEXT[grave[0].rule])
    if report.exit_code == AGREE and report.findings:
        return NextStep("Nothing new broke. Mend what is known before its entry in the baseline expires.")
    if report.exit_code == AGREE and OWN_REFERENCE in report.not_covered.not_compared:
        return NextStep("Name your adapter with --sut: what was judged here is the built-in reference.")
    if report.exit_code == AGREE:
        return NextStep("Nothing is to be done. Run the check for every change: docs/ci.md says how.")
    return NextStep("Run the check again, and give it the time to come to its end.")


_NEXT = {
    "baseline-stale": "Remove the entries that are not seen any more: the same check with --update does.",
    "baseline-expired": "Mend the divergence, or decide anew how long it is accepted, and edit the entry.",
    "lane-diverges": "Read what the lane says below: its cases together depart from the contract.",
    "operations-required": "Offer the operations that are required, or require fewer of them with --require.",
    "inconclusive": "Read what is missing in the lane, and repair the adapter or give the check more time.",
    "self-test": "The harness did not pass its own test. Run the check again with --self-test, and report it.",
    "cut-short": "Run the check again, and let it come to its end.",
}
"""By the rule of the problem."""
