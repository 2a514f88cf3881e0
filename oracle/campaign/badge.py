"""The badge of a campaign; green is agreement in all that there is to judge, as in that of a check."""

from __future__ import annotations

from msgspec import structs

from telltale_conformance.oracle.campaign.report import CampaignReport
from telltale_conformance.oracle.reports.badge import NO_VERDICT, Badge, agreeing
from telltale_conformance.readable import counted

_LABEL = "telltale campaign"


def badge_of(report: CampaignReport) -> Badge:
    """Return the badge of a campaign as it stands: never green for what was not judged, and grey for a fault."""
    if report.verdict == "agree":
        return agreeing(report.contract, whole=not _left_out(report), label=_LABEL)
    if report.verdict == "diverge":
        return Badge(label=_LABEL, message=f"{counted(len(report.findings), 'kind')} of divergence", color="red")
    if report.tally.faults:
        return Badge(label=_LABEL, message="fault, no verdict", color="lightgrey")
    return Badge(label=_LABEL, message="inconclusive" if report.tally.judged else "nothing judged", color="orange")


def no_verdict() -> Badge:
    """Return the badge of a campaign whose report failed."""
    return structs.replace(NO_VERDICT, label=_LABEL)


def _left_out(report: CampaignReport) -> bool:
    """Whether a campaign that agrees says of something that it was not judged."""
    tally = report.tally
    counts = tally.uncovered + tally.not_judged + tally.at_limit + tally.skipped
    return bool(counts or report.not_offered or report.no_turn)
