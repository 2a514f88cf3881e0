"""Does a divergence repeat? One that does not is told with its rate; no smaller program would mean anything."""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec import Struct

from lean_traces.programs import Program
from oracle.fingerprints import Fingerprint
from oracle.minimise.trying import Sighting, Trials

TO_BELIEVE: Final = 2
"""How many runs in a row must show the same divergence before it is minimised."""
TO_RATE: Final = 20
"""How many runs give the rate of one that does not repeat."""


class Rate(Struct, frozen=True, kw_only=True):
    """How often a program showed a divergence."""

    times: int
    runs: int
    others: tuple[tuple[str, int], ...] = ()
    """What the other runs showed, with how often."""

    @property
    def steady(self) -> bool:
        """Whether every run showed it."""
        return self.times == self.runs

    def text(self) -> str:
        """Return the rate for people, as ``3 of 20 runs``."""
        rest = ", ".join(f"{count} × {what}" for what, count in self.others)
        return f"{self.times} of {self.runs} runs" + (f" (the others: {rest})" if rest else "")


def rate(
    trials: Trials, program: Program, first: Sighting | None = None, *, runs: int = TO_BELIEVE, more: int = TO_RATE
) -> tuple[Rate, Sighting]:
    """Run a program again and again; return how often it showed its divergence, and one sighting of it.

    Args:
        trials: its target, where set, is the divergence asked for; otherwise the first one seen is.
        program: the steps.
        first: a run that was made already.
        runs: how many to make as long as all are alike.
        more: how many to make once they are not.
    """
    seen = [first if first is not None else trials.look(program)]
    while len(seen) < runs or (len(seen) < more and not _alike(seen, trials.target)):
        if seen[-1].fault is not None:
            break
        seen.append(trials.look(program))
    wanted = trials.target or next((sighting.fingerprint for sighting in seen if sighting.fingerprint), None)
    shown = [sighting for sighting in seen if _shows(sighting, wanted)]
    others = Counter(_other(sighting) for sighting in seen if not _shows(sighting, wanted))
    result = Rate(times=len(shown), runs=len(seen), others=tuple(sorted(others.items())))
    return result, shown[0] if shown else seen[-1]


def _shows(sighting: Sighting, wanted: Fingerprint | None) -> bool:
    return wanted is not None and sighting.fingerprint == wanted


def _alike(seen: list[Sighting], target: Fingerprint | None) -> bool:
    wanted = target or seen[0].fingerprint
    if wanted is None:
        return all(sighting.fingerprint is None for sighting in seen)
    return all(_shows(sighting, wanted) and sighting.at == seen[0].at for sighting in seen)


def _other(sighting: Sighting) -> str:
    if sighting.fault is not None:
        return f"fault of the adapter: {sighting.fault}"
    if sighting.fingerprint is None:
        return "no divergence"
    return sighting.fingerprint.text()
