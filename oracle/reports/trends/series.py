"""Records that can be compared with each other, in their order: one series for each way of checking or searching.

Records of other implementations, contracts, levels, amounts or lanes make series of their own, since a change of any of
these changes the figures too. Versions of the implementation and of the harness are what a series is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.oracle.reports.trends.campaign_record import CampaignRecord, newest
from telltale_conformance.oracle.reports.trends.record import FoundClass, Record


class Way(NamedTuple):
    """What records must have in common to be compared."""

    name: str
    contract: str
    level: str
    amount: str
    """The effort, or how many cases of its one lane; or that it is a campaign."""
    lanes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: contract {self.contract}, level {self.level}, {self.amount}, {self.lanes_in_words}"

    @property
    def lanes_in_words(self) -> str:
        """The lanes that were asked for."""
        return "lanes " + ", ".join(self.lanes) if len(self.lanes) != 1 else f"lane {self.lanes[0]}"


class Track(Struct, frozen=True, kw_only=True):
    """A class of divergence over the records of a series."""

    fingerprint: str
    text: str
    first: Record
    """The first record that has it."""
    last: Record
    seen: int
    """How many records have it."""
    open: bool
    """Whether the last record of the series has it."""
    looked_for: bool
    """Whether a lane that saw it judged something in the last record of the series."""


class OfVersion(Struct, frozen=True, kw_only=True):
    """The records of one version of the implementation by one version of the harness."""

    version: str
    harness: str
    records: tuple[Record, ...]
    appeared: tuple[str, ...]
    """Texts of its divergences that the last record before it did not have."""
    earlier: tuple[str, ...]
    """Texts of the divergences that a search before its last one found, and the last one did not find again."""
    gone: tuple[str, ...]
    """Texts of the divergences that the version before it had, and its last record looked for and did not see."""
    not_looked_for: tuple[str, ...]
    """Texts of those that its last record cannot have, since none of the lanes judged anything that saw them before."""

    @property
    def last(self) -> Record:
        """Its last record."""
        return self.records[-1]


class Series(Struct, frozen=True):
    """Records of one way, in the order of their dates."""

    way: Way
    records: tuple[Record, ...]

    @property
    def what(self) -> str:
        """What left the records, in a word."""
        return self.records[0].what

    @property
    def versions(self) -> tuple[OfVersion, ...]:
        """The records by the versions of implementation and harness, in the order of their first ones."""
        groups: dict[tuple[str, str], list[Record]] = {}
        for record in self.records:
            groups.setdefault((record.implementation.version, record.harness), []).append(record)
        found: list[OfVersion] = []
        before: dict[str, FoundClass] | None = None
        for (version, harness), records in groups.items():
            last = records[-1]
            seen = {one.fingerprint: one for record in records for one in record.findings}
            in_last = {one.fingerprint: one for one in last.findings}
            now = seen if last.searches else in_last
            known = now if before is None else before
            missing = [one for digest, one in known.items() if digest not in now]
            found.append(
                OfVersion(
                    version=version,
                    harness=harness,
                    records=tuple(records),
                    appeared=tuple(one.text for digest, one in now.items() if digest not in known),
                    earlier=tuple(one.text for digest, one in now.items() if digest not in in_last),
                    gone=tuple(one.text for one in missing if last.looked_for(one)),
                    not_looked_for=tuple(one.text for one in missing if not last.looked_for(one)),
                )
            )
            before = {**now, **{one.fingerprint: one for one in missing if not last.looked_for(one)}}
        return tuple(found)

    @property
    def tracks(self) -> tuple[Track, ...]:
        """Every class of divergence that a record has: those of the last record first, then the latest."""
        seen: dict[str, list[Record]] = {}
        latest: dict[str, FoundClass] = {}
        for record in self.records:
            for found in record.findings:
                seen.setdefault(found.fingerprint, []).append(record)
                latest[found.fingerprint] = found
        tracks = [
            Track(
                fingerprint=fingerprint,
                text=latest[fingerprint].text,
                first=records[0],
                last=records[-1],
                seen=len(records),
                open=records[-1] is self.records[-1],
                looked_for=self.records[-1].looked_for(latest[fingerprint]),
            )
            for fingerprint, records in seen.items()
        ]
        tracks.sort(key=lambda track: (track.text, track.fingerprint))
        return tuple(sorted(tracks, key=lambda track: (track.open, track.last.date), reverse=True))


def series_of(records: Iterable[Record]) -> tuple[Series, ...]:
    """Return the series of these records.

    One that occurs twice, as in merged files, counts once; so does a campaign, as it stood last.
    """
    once = list({msgspec.json.encode(record, order="sorted"): record for record in records}.values())
    older = {id(one) for one in once if isinstance(one, CampaignRecord)}
    older -= {id(one) for one in newest(one for one in once if isinstance(one, CampaignRecord))}
    ways: dict[Way, list[Record]] = {}
    for record in once:
        if id(record) not in older:
            lanes = tuple(sorted(record.lanes))
            way = Way(record.implementation.name, record.contract, record.level, record.amount, lanes)
            ways.setdefault(way, []).append(record)
    return tuple(Series(way, tuple(sorted(ways[way], key=lambda one: one.date))) for way in sorted(ways))
