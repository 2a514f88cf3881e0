"""Checks that can be compared with each other, in their order: one series for each way of checking.

Checks of other implementations, contracts, levels, amounts or lanes make series of their own, since a change of any of
these changes the figures too. Versions of the implementation and of the harness are what a series is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.oracle.reports.trends.record import CheckRecord, FoundRecord


class Way(NamedTuple):
    """What checks must have in common to be compared."""

    name: str
    contract: str
    level: str
    amount: str
    """The effort, or how many cases of its one lane."""
    lanes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}: contract {self.contract}, level {self.level}, {self.amount}, {self.lanes_in_words}"

    @property
    def lanes_in_words(self) -> str:
        """The lanes that were asked for."""
        return "lanes " + ", ".join(self.lanes) if len(self.lanes) != 1 else f"lane {self.lanes[0]}"


class Track(Struct, frozen=True, kw_only=True):
    """A class of divergence over the checks of a series."""

    fingerprint: str
    text: str
    first: CheckRecord
    """The first check that saw it."""
    last: CheckRecord
    checks: int
    """How many checks saw it."""
    open: bool
    """Whether the last check of the series saw it."""
    looked_for: bool
    """Whether a lane that saw it judged something in the last check of the series."""


class OfVersion(Struct, frozen=True, kw_only=True):
    """The checks of one version of the implementation by one version of the harness."""

    version: str
    harness: str
    checks: tuple[CheckRecord, ...]
    appeared: tuple[str, ...]
    """Texts of the divergences of its last check that the last check before it did not have."""
    gone: tuple[str, ...]
    """Texts of the divergences that the last check before it had, and its last check looked for and did not see."""
    not_looked_for: tuple[str, ...]
    """Texts of those that its last check does not have since none of the lanes judged anything that saw them before."""

    @property
    def last(self) -> CheckRecord:
        """Its last check."""
        return self.checks[-1]


class Series(Struct, frozen=True):
    """Checks of one way, in the order of their dates."""

    way: Way
    checks: tuple[CheckRecord, ...]

    @property
    def versions(self) -> tuple[OfVersion, ...]:
        """The checks by the versions of implementation and harness, in the order of their first checks."""
        groups: dict[tuple[str, str], list[CheckRecord]] = {}
        for check in self.checks:
            groups.setdefault((check.implementation.version, check.harness), []).append(check)
        found: list[OfVersion] = []
        before: dict[str, FoundRecord] | None = None
        for (version, harness), checks in groups.items():
            last = checks[-1]
            now = {one.fingerprint: one for one in last.findings}
            known = now if before is None else before
            missing = [one for digest, one in known.items() if digest not in now]
            found.append(
                OfVersion(
                    version=version,
                    harness=harness,
                    checks=tuple(checks),
                    appeared=tuple(one.text for digest, one in now.items() if digest not in known),
                    gone=tuple(one.text for one in missing if last.looked_for(one)),
                    not_looked_for=tuple(one.text for one in missing if not last.looked_for(one)),
                )
            )
            before = {**now, **{one.fingerprint: one for one in missing if not last.looked_for(one)}}
        return tuple(found)

    @property
    def tracks(self) -> tuple[Track, ...]:
        """Every class of divergence that a check saw: those of the last check first, then the latest."""
        seen: dict[str, list[CheckRecord]] = {}
        latest: dict[str, FoundRecord] = {}
        for check in self.checks:
            for found in check.findings:
                seen.setdefault(found.fingerprint, []).append(check)
                latest[found.fingerprint] = found
        tracks = [
            Track(
                fingerprint=fingerprint,
                text=latest[fingerprint].text,
                first=checks[0],
                last=checks[-1],
                checks=len(checks),
                open=checks[-1] is self.checks[-1],
                looked_for=self.checks[-1].looked_for(latest[fingerprint]),
            )
            for fingerprint, checks in seen.items()
        ]
        tracks.sort(key=lambda track: (track.text, track.fingerprint))
        return tuple(sorted(tracks, key=lambda track: (track.open, track.last.date), reverse=True))


def series_of(records: Iterable[CheckRecord]) -> tuple[Series, ...]:
    """Return the series of these records; one that occurs twice, as in merged files, counts once."""
    ways: dict[Way, dict[bytes, CheckRecord]] = {}
    for record in records:
        amount = f"effort {record.effort}" if record.cases is None else f"{record.cases} cases"
        lanes = tuple(sorted(record.lanes))
        way = Way(record.implementation.name, record.contract, record.level, amount, lanes)
        ways.setdefault(way, {})[msgspec.json.encode(record, order="sorted")] = record
    return tuple(Series(way, tuple(sorted(ways[way].values(), key=lambda one: one.date))) for way in sorted(ways))
