"""Baselines: known divergences that an owner has accepted for a time, compared with what a check sees.

A baseline is two-sided. A divergence that it does not list fails the gate; so does an entry that is not seen any more
although a lane that used to see it ran in full, and an entry whose day has passed. What no lane looked at is said to
be unobserved, and fails nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from telltale_conformance.errors import HarnessError
from telltale_conformance.files import content
from telltale_conformance.lean_traces.schemas import validator
from telltale_conformance.lean_traces.strict_json import StrictJsonError, parse
from telltale_conformance.lean_traces.writer import written_whole
from telltale_conformance.oracle.verdict.compare import DivergenceClass
from telltale_conformance.oracle.verdict.fingerprints import SCHEME, Fingerprint, fingerprint_of
from telltale_conformance.oracle.verdict.results import LaneResult
from telltale_conformance.readable import one_line

FORMAT: Final = "telltale-conformance/baseline"
VERSION: Final = 2
NESTING: Final = 64
"""How deep the JSON of a baseline may nest; a deeper one is none, and what validates it would recurse."""
GRACE_DAYS: Final = 30
"""For how long ``--update`` accepts a divergence that no one has explained yet."""
UNASSIGNED: Final = "unassigned"
UNEXPLAINED: Final = "not explained yet: say why this is accepted, by whom, and where it is tracked"


class BadBaseline(HarnessError):
    """Thrown when a file is no baseline; the message names the file, the place and what to do."""


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One accepted divergence."""

    fingerprint: str
    op: str
    kind: DivergenceClass = msgspec.field(name="class")
    expected: str
    actual: str
    guard: str
    place: str
    claim: str | None
    lanes: tuple[str, ...]
    """The lanes that have seen it, in ascending order."""
    owner: str
    """Who answers for it."""
    reason: str
    """Why it is accepted."""
    link: str | None
    """Where it is tracked."""
    expires: str
    """The last day on which it is accepted, as ``2030-01-31``."""

    @property
    def of(self) -> Fingerprint:
        """The class that is accepted."""
        return Fingerprint(**{name: getattr(self, name) for name in Fingerprint.__struct_fields__})

    @property
    def text(self) -> str:
        """The class in one line."""
        return self.of.text()


class Baseline(Struct, frozen=True, kw_only=True):
    """The accepted divergences of one implementation."""

    contract: str
    entries: tuple[Entry, ...] = ()
    offered: tuple[str, ...] | None = None
    """The operations that the implementation offered when it was written; None where that was not recorded."""

    def entry(self, fingerprint: str) -> Entry | None:
        """Return the entry of a divergence, if it is listed."""
        return next((entry for entry in self.entries if entry.fingerprint == fingerprint), None)


class Standing(Struct, frozen=True, kw_only=True):
    """What a check says of a baseline."""

    new: tuple[Fingerprint, ...] = ()
    """Seen and not listed."""
    known: tuple[Entry, ...] = ()
    """Seen and listed."""
    stale: tuple[Entry, ...] = ()
    """Listed and not seen, although a lane that used to see it ran in full."""
    expired: tuple[Entry, ...] = ()
    """Listed, and the last day has passed, seen or not."""
    unobserved: tuple[Entry, ...] = ()
    """Listed, and no lane that used to see it ran in full."""

    @property
    def fails(self) -> bool:
        """Whether the gate must say 1."""
        return bool(self.new or self.stale or self.expired)


def read_baseline(path: Path) -> Baseline:
    """Read a baseline, strictly.

    Raises:
        BadBaseline: the file cannot be read or is no baseline.
    """
    try:
        document = parse(content(path), NESTING)
    except FileNotFoundError:
        raise BadBaseline(f"{path}: there is no such file; --update writes it") from None
    except OSError as error:
        raise BadBaseline(f"{path}: {error.strerror or error}") from None
    except StrictJsonError as error:
        raise BadBaseline(f"{path}: no JSON: {error}") from None
    if isinstance(document, dict) and document.get("schema") == FORMAT and document.get("scheme") != SCHEME:
        raise BadBaseline(
            f"{path}: its fingerprints are not of scheme {SCHEME}, which this version makes; move it away, let the "
            "same check write a new one with --update, and carry over what you wrote"
        )
    worst = next(iter(sorted(validator("baseline").iter_errors(document), key=lambda error: error.json_path)), None)
    if worst is not None:
        remedy = "see `telltale-conformance schema baseline`"
        raise BadBaseline(f"{path}: {worst.json_path}: {one_line(worst.message, 200)}; {remedy}")
    entries = tuple(msgspec.convert(entry, Entry) for entry in document["entries"])
    _refuse_what_the_schema_cannot(path, entries)
    offered = document.get("offered")
    return Baseline(contract=document["contract"], entries=entries, offered=None if offered is None else tuple(offered))


def _refuse_what_the_schema_cannot(path: Path, entries: Sequence[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        try:
            date.fromisoformat(entry.expires)
        except ValueError:
            raise BadBaseline(f"{path}: {entry.expires} is no day of the calendar ({entry.text})") from None
        if entry.fingerprint in seen:
            raise BadBaseline(f"{path}: {entry.fingerprint} is listed twice; keep one of the two")
        seen.add(entry.fingerprint)
        if entry.of.digest != entry.fingerprint:
            raise BadBaseline(
                f"{path}: {entry.fingerprint} is not the fingerprint of {entry.text}; let --update write entries, "
                "and change owner, reason, link and expires only"
            )


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline, whole or not at all: sorted, one field a line, so that a change is easy to review."""
    with written_whole(path) as file:
        file.write(printed(baseline))


def printed(baseline: Baseline) -> bytes:
    """Return a baseline as its file holds it; the same entries give the same bytes."""
    ordered = sorted(baseline.entries, key=lambda entry: (entry.op, entry.kind, entry.fingerprint))
    document = {
        "schema": FORMAT,
        "version": VERSION,
        "scheme": SCHEME,
        "contract": baseline.contract,
        **({} if baseline.offered is None else {"offered": sorted(baseline.offered)}),
        "entries": msgspec.to_builtins(ordered),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def seen_in(results: Iterable[LaneResult]) -> Mapping[Fingerprint, tuple[str, ...]]:
    """Return the classes of all divergences with the lanes that saw them, both in ascending order."""
    lanes: dict[Fingerprint, set[str]] = {}
    for result in results:
        for divergence in result.divergences:
            lanes.setdefault(fingerprint_of(divergence), set()).add(result.lane)
    ordered = sorted(lanes, key=lambda key: (key.op, key.kind, key.digest))
    return {key: tuple(sorted(lanes[key])) for key in ordered}


def hold_against(baseline: Baseline, results: Sequence[LaneResult], today: date) -> Standing:
    """Hold what a check saw against the baseline."""
    seen = {key.digest: key for key in seen_in(results)}
    ran = ran_in_full(results)
    listed = {entry.fingerprint for entry in baseline.entries}
    unseen = [entry for entry in baseline.entries if entry.fingerprint not in seen]
    return Standing(
        new=tuple(key for fingerprint, key in seen.items() if fingerprint not in listed),
        known=tuple(entry for entry in baseline.entries if entry.fingerprint in seen),
        stale=tuple(entry for entry in unseen if ran.intersection(entry.lanes)),
        expired=tuple(entry for entry in baseline.entries if date.fromisoformat(entry.expires) < today),
        unobserved=tuple(entry for entry in unseen if not ran.intersection(entry.lanes)),
    )


def ran_in_full(results: Iterable[LaneResult]) -> frozenset[str]:
    """Return the lanes whose silence says something: all their cases were run and judged."""
    return frozenset(result.lane for result in results if result.complete and not result.tally.faults)


class Update(Struct, frozen=True, kw_only=True):
    """A baseline brought up to date, with everything that was changed in it."""

    baseline: Baseline
    added: tuple[Entry, ...] = ()
    dropped: tuple[Entry, ...] = ()
    """Entries that were stale: each must be named where people see it."""
    widened: tuple[Entry, ...] = ()
    """Entries that another lane has seen too."""
    no_longer_offered: tuple[str, ...] = ()
    """Operations that were offered when the baseline was written before."""
    newly_offered: tuple[str, ...] = ()
    """Operations that the baseline did not require before, and does from now on."""

    def lines(self) -> list[str]:
        """Return one line for each change."""
        required = f"required from now on: {', '.join(self.newly_offered)}"
        return (
            [
                f"{mark} {entry.fingerprint[:12]} {entry.text}{more}"
                for mark, entries, more in (
                    ("+", self.added, f" (owner {UNASSIGNED}: edit the entry before it expires)"),
                    ("-", self.dropped, " (stale: its lanes ran and did not see it)"),
                    ("~", self.widened, " (seen by another lane too)"),
                )
                for entry in entries
            ]
            + [
                f"- operation {name} is not offered any more, and not required from now on"
                for name in self.no_longer_offered
            ]
            + [required] * bool(self.newly_offered)
        )


def updated(
    baseline: Baseline, results: Sequence[LaneResult], today: date, offered: frozenset[str] | None = None
) -> Update:
    """Return the baseline with new divergences added and stale entries dropped, and with what is offered now.

    What people wrote (owner, reason, link, expiry) is never changed; an expired entry therefore stays, and fails.
    Unobserved entries stay too.
    """
    standing = hold_against(baseline, results, today)
    lanes = {key.digest: names for key, names in seen_in(results).items()}
    expires = (today + timedelta(days=GRACE_DAYS)).isoformat()
    added = tuple(_new_entry(key, lanes[key.digest], expires) for key in standing.new)
    kept: list[Entry] = []
    widened: list[Entry] = []
    for entry in baseline.entries:
        if entry in standing.stale:
            continue
        names = tuple(sorted({*entry.lanes, *lanes.get(entry.fingerprint, ())}))
        if names != entry.lanes:
            entry = msgspec.structs.replace(entry, lanes=names)  # noqa: PLW2901 # the same entry, seen by one more
            widened.append(entry)
        kept.append(entry)
    entries = tuple(sorted((*kept, *added), key=lambda entry: (entry.op, entry.kind, entry.fingerprint)))
    before = frozenset(baseline.offered or ())
    return Update(
        baseline=Baseline(
            contract=baseline.contract,
            entries=entries,
            offered=baseline.offered if offered is None else tuple(sorted(offered)),
        ),
        added=added,
        dropped=standing.stale,
        widened=tuple(widened),
        no_longer_offered=() if offered is None else tuple(sorted(before - offered)),
        newly_offered=() if offered is None else tuple(sorted(offered - before)),
    )


def _new_entry(key: Fingerprint, lanes: tuple[str, ...], expires: str) -> Entry:
    fields: dict[str, Any] = {name: getattr(key, name) for name in Fingerprint.__struct_fields__}
    return Entry(
        fingerprint=key.digest,
        lanes=lanes,
        owner=UNASSIGNED,
        reason=UNEXPLAINED,
        link=None,
        expires=expires,
        **fields,
    )
