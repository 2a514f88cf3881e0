"""An order in which the records of a sorted log can have been written.

A search over the runs of the contract: at every point each record that is left and can come next is tried. Refusals
change nothing, so one that can come next is taken at once. Records are tried in the order in which a log is most
likely to have had them, so that the order of a right log is mostly found without going back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from telltale_conformance.model.values import AuditRecord, CancellationArtifact, CapabilityArtifact, ReadinessArtifact
from telltale_conformance.oracle.telltale.log_replay import LogReplay

TRIES: Final = 50_000
"""How many records are tried before the search is given up."""

_Chain: TypeAlias = "tuple[_Chain, AuditRecord] | None"
"""The records so far, the last one first."""


class Order(NamedTuple):
    """The result of the search."""

    records: tuple[AuditRecord, ...]
    """The longest beginning of a log that was found."""
    whole: bool
    """It is all of them."""
    given_up: bool
    """There may be an order; it was not found in time."""


class _Point(NamedTuple):
    replay: LogReplay
    left: tuple[int, ...]
    """How many of each record are left."""
    taken: int
    chain: _Chain


def find_order(contract: str, sid: int, records: Sequence[AuditRecord]) -> Order:
    """Return an order of the records in which they are a log of the contract, or as much of one as there is."""
    replay = LogReplay(contract, sid)
    if all(replay.feed(record) for record in records) and replay.end():
        return Order(tuple(records), True, False)
    counts = Counter(records)
    ranked = sorted(counts, key=_likely)
    stack = [_Point(LogReplay(contract, sid), tuple(counts[record] for record in ranked), 0, None)]
    longest = stack[0]
    seen: set[tuple[str, tuple[int, ...]]] = set()
    tries = 0
    while stack:
        point = stack.pop()
        if point.taken > longest.taken:
            longest = point
        if point.taken == len(records) and point.replay.between:
            return Order(_records(point.chain), True, False)
        here = (point.replay.standing(), point.left)
        if here in seen:
            continue
        seen.add(here)
        tries += sum(map(bool, point.left))
        if tries > TRIES:
            return Order(_records(longest.chain), False, True)
        stack.extend(reversed(list(_following(point, ranked))))
    return Order(_records(longest.chain), False, False)


def _following(point: _Point, ranked: Sequence[AuditRecord]) -> Iterator[_Point]:
    due = point.replay.due
    for index, record in enumerate(ranked):
        if not point.left[index] or (due is not None and due != record):
            continue
        replay = point.replay.fork()
        if not replay.feed(record):
            continue
        left = (*point.left[:index], point.left[index] - 1, *point.left[index + 1 :])
        yield _Point(replay, left, point.taken + 1, (point.chain, record))
        same = point.replay.between and replay.session.status == point.replay.session.status
        if record.event == "Rejected" and same:
            return  # it changes nothing, and may not be possible later


def _records(chain: _Chain) -> tuple[AuditRecord, ...]:
    records = []
    while chain is not None:
        chain, record = chain
        records.append(record)
    return tuple(reversed(records))


def _likely(record: AuditRecord) -> tuple[int, int]:
    """Return how early a record is tried: first what changes least, and what has the lowest number."""
    artifact = record.artifact
    if record.event == "Rejected":  # a closed session takes nothing else any more
        return (9 if record.reason == "session closed" else 0, 0)
    if isinstance(artifact, ReadinessArtifact):
        return (1 if record.event == "Consumed" else 2, artifact.Readiness.witness_id)
    if isinstance(artifact, CapabilityArtifact):
        return (4 if record.event == "Invalidated" else 5, artifact.OwnershipCapability.generation)
    if isinstance(artifact, CancellationArtifact):
        return (6, 0)
    return (3, 0)
