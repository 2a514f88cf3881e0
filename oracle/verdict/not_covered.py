"""What a verdict does not cover, as data and in words: the last line of a check and its report say it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence, Set
from typing import Final

from msgspec import Struct

from telltale_conformance.model.operations import OPERATIONS
from telltale_conformance.oracle.verdict.claim_stand import ClaimStand
from telltale_conformance.oracle.verdict.compare import Level
from telltale_conformance.oracle.verdict.results import LaneResult

_NAMED: Final = 6
"""How many names of a kind are listed one by one in the line."""


class NotCovered(Struct, frozen=True, kw_only=True):
    """What a check says nothing about."""

    restricted_to: tuple[str, ...] = ()
    """The one thing that was asked for with ``--only``; empty for a whole check."""
    lanes_not_run: tuple[str, ...] = ()
    lanes_not_in_full: tuple[str, ...] = ()
    """Those that did not show all that they set out to show, a divergence or not."""
    operations_not_offered: tuple[str, ...] = ()
    operations_unsupported: tuple[str, ...] = ()
    """Offered, and answered as unsupported."""
    operations_not_judged: tuple[str, ...] = ()
    """Offered, and in no lane judged; of a whole check only, as the next."""
    claims_not_judged: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    """What of the answers was not compared, and why."""
    self_tests_not_shown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is anything."""
        return any(getattr(self, name) for name in self.__struct_fields__)

    def words(self, title_of: Callable[[str], str]) -> tuple[str, ...]:
        """Return a phrase for each kind of which there is something; ``title_of`` gives a claim of an id its name."""
        return tuple(self._phrases(title_of))

    def _phrases(self, title_of: Callable[[str], str]) -> Iterator[str]:
        if self.restricted_to:
            yield f"all but {', '.join(self.restricted_to)}: this is no whole check"
        if self.lanes_not_run:
            yield f"lanes not run: {', '.join(self.lanes_not_run)}"
        if self.lanes_not_in_full:
            yield f"lanes not in full: {', '.join(self.lanes_not_in_full)}"
        if self.operations_not_offered:
            offered = len(OPERATIONS) - len(self.operations_not_offered)
            yield f"{offered} of {len(OPERATIONS)} operations offered, not {_some(self.operations_not_offered)}"
        if self.operations_unsupported:
            yield f"answered as unsupported: {_some(self.operations_unsupported)}"
        if self.operations_not_judged:
            yield f"offered and not judged: {_some(self.operations_not_judged)}"
        if self.claims_not_judged:
            yield f"claims not judged: {_some([*map(title_of, self.claims_not_judged)])}"
        yield from self.not_compared
        if self.self_tests_not_shown:
            yield f"self-tests not shown: {', '.join(self.self_tests_not_shown)}"


def unsupported_by(results: Sequence[LaneResult]) -> frozenset[str]:
    """Return what is offered and was answered as unsupported, by all lanes together."""
    named = frozenset[str]().union(*(result.unsupported for result in results))
    return named | lacking_decode(named, frozenset[str]().union(*(result.decoded for result in results)))


def lacking_decode(unsupported: Set[str], decoded: Set[str]) -> frozenset[str]:
    """Return ``decode`` where it is to be taken for unsupported, though some of its types may be left out.

    It is where a type is there for some texts only, and where not one type is there.

    Args:
        unsupported: what was answered as unsupported: operations, and types of ``decode`` by its name and theirs.
        decoded: the types of which a text was answered, named in the same way.
    """
    types = unsupported - OPERATIONS.keys()
    return frozenset(["decode"] if types and (types & decoded or not decoded) else [])


def _judged(results: Sequence[LaneResult]) -> set[str]:
    """Return the operations of which an answer was judged: it agrees in a cell, or it diverges."""
    agreed = {cell.operation.partition("/")[0] for result in results for cell in result.coverage}
    return agreed | {divergence.op for result in results for divergence in result.divergences}


def not_covered(
    results: Sequence[LaneResult],
    *,
    lanes: Collection[str],
    offered: frozenset[str],
    observes: frozenset[str],
    level: Level,
    claims: dict[str, ClaimStand],
    self_tests: Collection[str] = (),
    only: str | None = None,
    own_reference: bool = False,
) -> NotCovered:
    """Return what a check says nothing about.

    Args:
        results: of the lanes that were asked for.
        lanes: all lanes that there are.
        offered: the operations that the implementation says it has.
        observes: what it shows besides answers.
        level: how strictly answers were compared.
        claims: how each claim stands by all lanes.
        self_tests: the self-tests that were not shown.
        only: the one thing that was asked for; None for a whole check.
        own_reference: no adapter was given, or that of the harness's own reference.
    """
    ran = {result.lane for result in results if result.why_not_run is None}
    judged, unsupported = _judged(results), unsupported_by(results)
    known = frozenset(OPERATIONS)
    return NotCovered(
        restricted_to=() if only is None else (only,),
        lanes_not_run=tuple(lane for lane in lanes if lane not in ran),
        lanes_not_in_full=tuple(result.lane for result in results if result.missing),
        operations_not_offered=tuple(sorted(known - offered)),
        operations_unsupported=tuple(sorted(unsupported)),
        operations_not_judged=() if only else tuple(sorted((offered & known) - judged - unsupported)),
        claims_not_judged=()
        if only
        else tuple(claim for claim, stand in claims.items() if stand.status == "not judged"),
        not_compared=((OWN_REFERENCE,) if own_reference else ()) + tuple(_not_compared(offered, observes, level)),
        self_tests_not_shown=tuple(self_tests),
    )


OWN_REFERENCE: Final = "no implementation judged: by its name this is the built-in reference"
_LEFT_OUT: Final = {
    Level.outcome: "level outcome: fields of answers, audit log and states not compared",
    Level.payload: "level payload: audit log and states not compared",
    Level.audit: "level audit: states not compared",
}


def _not_compared(offered: frozenset[str], observes: frozenset[str], level: Level) -> Iterator[str]:
    if level in _LEFT_OUT:
        yield _LEFT_OUT[level]
    if level >= Level.state and "observe" not in offered:
        yield "states not compared: observe is not offered"
    if level >= Level.audit and "audit" not in observes:
        yield "audit log not compared: the adapter does not observe it"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
