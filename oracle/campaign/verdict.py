"""The verdict of a campaign: a finding is certain; to agree, nothing may be missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.campaign.events import LaneWork
from telltale_conformance.oracle.campaign.folder import FOUND
from telltale_conformance.oracle.campaign.standing import Standing
from telltale_conformance.oracle.verdict.evidence import Verdict
from telltale_conformance.oracle.verdict.exit_codes import AGREE, DIVERGE, INCONCLUSIVE
from telltale_conformance.oracle.verdict.not_covered import lacking_decode
from telltale_conformance.readable import counted, one_line

EXIT_CODES: dict[Verdict, int] = {"agree": AGREE, "diverge": DIVERGE, "inconclusive": INCONCLUSIVE}


def missing_of(standing: Standing, lanes: Mapping[str, LaneWork]) -> Iterator[str]:
    """Yield what is missing for the verdict ``agree``: all that leaves a question, in words.

    Args:
        standing: of the campaign.
        lanes: what each lane did that the campaign has; one that had no task yet did nothing.
    """
    if standing.tally.faults:
        yield counted(standing.tally.faults, "fault")
    if standing.untold:
        yield (
            f"{counted(len(standing.untold), 'finding')} of which the journal does not tell, as where lines are "
            f"missing at its end; the first: {FOUND}/{one_line(standing.untold[0], 100)}"
        )
    hollow = lacking_decode(standing.unsupported, standing.decoded)
    refused = sorted(standing.unsupported & OPERATIONS.keys() | hollow)
    if refused:
        yield f"offered and answered as unsupported: {', '.join(refused)}"
    open_cases = sum(work.open for work in standing.lanes.values())
    if open_cases:
        why = f": {one_line('; '.join(standing.missing), 300)}" if standing.missing else ""
        yield f"{counted(open_cases, 'case')} without a verdict{why}"
    for lane, work in lanes.items():
        if not work.tally.judged:
            yield f"no answer was judged in lane {lane}"
    if not standing.tally.judged:
        yield "no answer was judged"
    if standing.inherited:
        yield from (f"campaign {name} was not over" for name, one in standing.inherited.items() if not one.over)
    elif not standing.over:
        yield "it is not over" if standing.ended is None else f"it ended before its time: {standing.ended}"


def verdict_of(standing: Standing, missing: Sequence[str]) -> Verdict:
    """Return the verdict that follows from a campaign, and from what is missing for agreement."""
    if standing.found:
        return "diverge"
    return "inconclusive" if missing else "agree"
