"""What a campaign leaves in the file that ``campaign report --history`` names: one line, schema ``campaign-record``.

A campaign grows, so a line tells how it stood at some time. Every later state of it contains the earlier ones, and a
merger contains the campaigns that were merged. Whoever counts takes the states that no other one contains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from telltale_conformance.oracle.reports.trends.record import Count, FoundClass, LaneCounts, Part, Record, Seconds

FORMAT: Final = "telltale-conformance/campaign-record"

CampaignState = Literal["running", "paused", "ended", "given up", "merged"]
CampaignName = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32)]


class CampaignLane(LaneCounts, frozen=True):
    """What the tasks of one lane did."""

    tasks: Count
    open: Count
    """Cases without a verdict."""


class Estimate(Part, frozen=True):
    """What is left to be reached, by the estimate of the campaign."""

    once: Count
    """Cells that one case reached."""
    twice: Count
    """Cells that two cases reached."""
    per_hour: Seconds
    """New cells in its last hour."""
    next_case: Annotated[float, Meta(ge=0)]
    """About how many new cells the next case reaches."""
    left: Annotated[float, Meta(ge=0)]
    """About how many cells more can be reached in this way, at least."""


class CampaignFound(FoundClass, frozen=True):
    """One class of divergence, as the search came upon it."""

    cases: Count
    after_answers: Count
    """How many answers were judged when it was first met."""
    ending: str
    """The result of running it again; ``waits`` before that."""
    steps: Count | None
    """Of its smallest program; None where it has none."""


class CampaignRecord(Record, frozen=True, tag_field="schema", tag=FORMAT):
    """How one campaign stood at some time."""

    what: ClassVar[str] = "campaign"
    searches: ClassVar[bool] = True

    campaign: CampaignName
    parts: Annotated[Mapping[CampaignName, Count], Meta(min_length=1)]
    """The campaigns that it tells of, each with how many events of its journal: itself, or those that were merged."""
    state: CampaignState
    why: str | None
    """Why it ended or paused."""
    missing: tuple[str, ...]
    """What is missing for the verdict ``agree``."""
    guided: bool
    hours: Seconds
    """How long it was to take."""
    tasks: Count
    lanes: Mapping[str, CampaignLane]
    estimate: Estimate
    corpus: Count
    """Programs that reached something new."""
    histories: Count
    """Of several clients, in which operations met as in none before."""
    findings: tuple[CampaignFound, ...]

    @property
    def amount(self) -> str:
        """Campaigns are compared whatever their length, since that changes from one to the next."""
        return "guided campaign" if self.guided else "unguided campaign"

    @property
    def not_seen(self) -> str:
        """A search may miss what is still there."""
        return "not found again"

    @property
    def not_over(self) -> str:
        """Its state, where it did not end as it was to end."""
        return "" if self.state == "ended" else self.state

    @property
    def within_reach(self) -> float:
        """About how many cells can be reached in this way, at least."""
        return self.coverage.cells + self.estimate.left

    @property
    def share_reached(self) -> float | None:
        """How many of 100 cells within reach were reached; None where none was."""
        return 100 * self.coverage.cells / self.within_reach if self.within_reach else None

    def contains(self, other: CampaignRecord) -> bool:
        """Whether this state has all that the other one tells of: its campaigns, as far as it followed them.

        Copies of one campaign that went on apart may have other findings; none of them is lost.
        """
        as_far = all(self.parts.get(name, -1) >= events for name, events in other.parts.items())
        return as_far and {one.fingerprint for one in other.findings} <= {one.fingerprint for one in self.findings}


def newest(records: Iterable[CampaignRecord]) -> Iterator[CampaignRecord]:
    """Yield the states that no other one contains; of states that say the same, the last one."""
    kept: dict[str, list[CampaignRecord]] = {}
    everything = list(records)
    for record in everything:
        for name in record.parts:
            held = kept.setdefault(name, [])
            held[:] = [one for one in held if not record.contains(one)]
            held.append(record)
    for record in everything:
        rivals = kept[next(iter(record.parts))]
        if record in rivals and not any(one.contains(record) and one is not record for one in rivals):
            yield record
