"""What the implementation needs beyond the contract, the likeliest steps first.

The contract's side of a divergence needs few steps. A wrong store may need more: what it got wrong may lie before
what shows it. The steps that are left are put in the order of how likely they matter, and tried one, two, four, eight
more at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from telltale_conformance.lean_traces.programs import Program
from telltale_conformance.oracle.minimise.removal import numbers, only, with_needed
from telltale_conformance.oracle.minimise.simplifying import places_of, plainest
from telltale_conformance.oracle.minimise.slicing import (
    changes_something,
    core,
    same_effect,
    same_presence,
    sessions_of,
)
from telltale_conformance.oracle.minimise.trying import Trials, Verdict
from telltale_conformance.oracle.minimise.visible import still_visible
from telltale_conformance.oracle.reference.run import Referred, on_reference
from telltale_conformance.oracle.verdict.compare import Divergence
from telltale_conformance.oracle.verdict.fingerprints import contract_side

PLAIN_UP_TO: Final = 12
"""A program of at most so many steps is at first tried with plain names and values."""

FEW: Final = 2
"""So few steps beyond what the contract's side needs are not looked for: each is taken out at the end anyway."""


def extended(trials: Trials, whole: Program, divergence: Divergence, tried: Verdict | None = None) -> Program | None:
    """Return what the divergence needs of a program beyond what the contract's side of it needs.

    Finds the first step, in the order of likelihood, without which those before it are not enough, keeps it with all
    that it needs to have the effect that it has, drops what is less likely, and begins again.

    Args:
        trials: with the target set.
        whole: a program that may show the divergence at its last step; it is run last, if nothing less shows it.
        divergence: what was seen there, or in a program like it.
        tried: the verdict on what the contract's side needs, plainly written, where that was tried. Where it agreed,
            one step more is plainly written too; where it departed in another way, values matter.

    Returns:
        None where not even the whole program reproduces.
    """
    assert trials.target is not None
    last = whole.steps[-1].seq
    least = core(whole, same_presence(trials.target.allows, divergence, on_reference(whole)))
    kept = with_needed(whole, {*numbers(least), last})
    waiting = likely_first(whole, kept)
    if tried is not None and len(waiting) <= FEW:
        attempt = trials.attempt(whole)
        return attempt.program if attempt.verdict == "reproduces" else None
    needed = _Needed(whole)
    plain = tried == "agrees"
    fails = -1 if tried is None else 0
    found: Program | None = None
    while True:
        shows, width = len(waiting), 1
        while shows - fails > 1 or found is None:
            middle = 0 if fails < 0 else min(fails + width, (fails + shows) // 2)
            part = only(whole, kept | needed.by(waiting[:middle])) if shows - fails > 1 else whole
            if plain and len(part.steps) <= PLAIN_UP_TO:
                visible = still_visible(divergence, on_reference(part))
                part = plainest(trials, part, places_of(part.steps[:-1]), visible)
            plain = False
            attempt = trials.attempt(part)
            if attempt.verdict == "reproduces":
                found = attempt.program
                shows = middle if shows - fails > 1 else shows
                if found.steps[-1].seq != last:
                    assert attempt.sighting is not None
                    return extended(trials, found, attempt.sighting.divergence or divergence)
            elif part is whole:
                return None
            else:
                fails, width = middle, 2 * width
        if shows <= 0:
            return found
        kept |= needed.by(waiting[shows - 1 : shows])
        waiting = [number for number in waiting[: shows - 1] if number not in kept]
        fails = -1


class _Needed:
    """Steps with those that they need before them to be answered and logged as they are in a program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._found: dict[int, set[int]] = {}

    def by(self, wanted: Iterable[int]) -> set[int]:
        """Return these steps and what they need."""
        found: set[int] = set()
        for number in wanted:
            if number not in found:
                found |= self._of(number)
        return found

    def _of(self, number: int) -> set[int]:
        if number not in self._found:
            before = self._program.steps[: numbers(self._program).index(number) + 1]
            part = only(self._program, with_needed(self._program, {step.seq for step in before}))
            part = msgspec.structs.replace(part, steps=part.steps[: len(before)])
            alone = core(part, same_effect(on_reference(part).steps[-1]))
            self._found[number] = with_needed(self._program, set(numbers(alone)))
        return self._found[number]


def likely_first(program: Program, kept: set[int]) -> list[int]:
    """Return the other steps of a program, those first on which its last step most likely depends.

    What changed a session of the last step comes before what changed others, and that before what changed nothing.
    Of what changed the same session, steps with the roles of the last one come first; of the others of one operation
    with one kind of answer, the last comes before the rest.
    """
    steps = on_reference(program).steps
    about, roles = sessions_of(steps[-1]), _roles(steps[-1])
    seen: set[tuple[str, tuple[str, str]]] = set()
    ranks: dict[int, tuple[bool, bool, bool, bool]] = {}
    for item in reversed(steps):
        far = bool(about) and not about & sessions_of(item)
        related = bool(roles) and not far and roles <= _roles(item)
        kind = item.step.op, contract_side(item.outcome)
        ranks[item.step.seq] = (not changes_something(item), far, not related, not related and kind in seen)
        if not far:
            seen.add(kind)
    others = [item.step.seq for item in reversed(steps) if item.step.seq not in kept]
    return sorted(others, key=lambda number: ranks[number])


def _roles(item: Referred) -> set[str]:
    """Return the roles whose messages, handlers or types a step is about."""
    places = [item.args, item.args.get("edge"), item.args.get("ep")]
    named = [place.get(name) for place in places if isinstance(place, dict) for name in _ROLES]
    return {role for role in named if isinstance(role, str)}


_ROLES: Final = ("from", "to", "sender", "receiver", "role")
