"""Baselines of the scheme before: which of their entries go on being known under the fingerprints of today.

Under scheme 2 the guard followed from the variant of its error, so an entry may stand for several guards of today. It
is kept where only one of them can be meant: by the contract and the operation, or because the present run shows only
one. What is not kept is said, with everything that people wrote in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Struct

from telltale_conformance.model.guard import Guard
from telltale_conformance.model.guard_table import G_GIVER, G_LIVE, G_NAMED, GUARDS
from telltale_conformance.oracle.verdict.baseline import Baseline, Entry, seen_in
from telltale_conformance.oracle.verdict.results import LaneResult

_FORMER_NAMES: Final = {
    "AlreadyClaimed": "claim_ownership",
    "CounterExhausted": "G-counter",
    "ScopeViolation": "G-scope",
    "StaleCapability": "G-live",
}
"""The name of a guard under scheme 2 by the variant of its error, where it was another one."""
_OF_ONE_OPERATION: Final = {"commit_ownership_transfer": G_GIVER.name, "mark_owner_died": G_NAMED.name}
"""The operations that do not walk G-live, with the guard that gives its error in them."""


class Conversion(Struct, frozen=True, kw_only=True):
    """A baseline of today made from one of the scheme before."""

    baseline: Baseline
    kept: tuple[Entry, ...]
    lost: tuple[tuple[Entry, str], ...]
    """Entries that were not kept, with why."""

    def lines(self) -> list[str]:
        """Return one line for each entry of the file as it was."""
        return [
            *(f"= {entry.fingerprint[:12]} {entry.text} (kept: owner {entry.owner})" for entry in self.kept),
            *(
                f"! {entry.fingerprint[:12]} {entry.text} (not kept: {why}; owner {entry.owner}, "
                f"link {entry.link or 'none'}, expires {entry.expires}, reason: {entry.reason})"
                for entry, why in self.lost
            ),
        ]


def converted(older: Baseline, results: Sequence[LaneResult]) -> Conversion:
    """Return a baseline under today's fingerprints with every entry whose guard is certain.

    Args:
        older: as the file has it, in the words of the scheme before.
        results: of the present run.
    """
    seen = {key.digest for key in seen_in(results)}
    kept: list[Entry] = []
    lost: list[tuple[Entry, str]] = []
    for entry in older.entries:
        possible = [_renamed(entry, name) for name in _names_today(entry, older.contract)]
        shown = [one for one in possible if one.fingerprint in seen]
        certain = possible if len(possible) == 1 else shown
        if len(certain) == 1:
            kept.append(certain[0])
        else:
            names = ", ".join(one.guard for one in shown or possible)
            why = f"this run shows {len(shown)} of what it stood for" if shown else "not seen in this run"
            lost.append((entry, f"{entry.guard} may be {names}; {why}"))
    return Conversion(
        baseline=Baseline(contract=older.contract, entries=tuple(kept)), kept=tuple(kept), lost=tuple(lost)
    )


def _names_today(entry: Entry, contract: str) -> list[str]:
    """Return the guards that the name of an entry's guard may mean."""
    found = [
        guard.name
        for guard in GUARDS.values()
        if _former_name(guard) == entry.guard and (contract != "telltale-17" or not guard.hardened)
    ]
    if G_LIVE.name in found:
        return [_OF_ONE_OPERATION.get(entry.op, G_LIVE.name)]
    return found or [entry.guard]


def _former_name(guard: Guard) -> str:
    if guard.text is not None:
        return guard.error
    return _FORMER_NAMES.get(guard.error, guard.name)


def _renamed(entry: Entry, guard: str) -> Entry:
    renamed = msgspec.structs.replace(entry, guard=guard)
    return msgspec.structs.replace(renamed, fingerprint=renamed.of.digest)
