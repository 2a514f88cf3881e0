"""Named weights of operations, and swarm selection: a random subset of operations per program.

How often an operation is tried is data: ``data/profiles.toml`` states it, with what each number means.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from telltale_conformance.files import packaged
from telltale_conformance.generators.coverage import PHASES
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.model.operations import OPERATIONS


class Profile(NamedTuple):
    """Named weights; an operation without one is not tried under the profile."""

    name: str
    weights: Mapping[str, float]
    oddness: float
    """How often a name, a role list, a number or a capability is other than an ordinary one, 0 to 1."""
    swarm: float
    """The chance that an operation is left out of a program, 0 for always all of them."""
    course: str = ""
    """What a program begins with: ``lives``, ``sizes``, a session with edges (``edges``), or nothing but drawn steps;
    ``reloads``: each of them is followed by a reload; ``goals``: before many of them, what they want of the state."""


class _StatedProfile(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    groups: list[str]
    oddness: float
    swarm: float
    but: dict[str, float] = {}
    others: float = 0.0
    course: str = ""


class _Concern(Struct, frozen=True, forbid_unknown_fields=True):
    groups: list[str]
    but: dict[str, float] = {}


class _Directed(Struct, frozen=True, forbid_unknown_fields=True):
    turns: list[str]
    concerns: dict[str, _Concern]
    factors: dict[str, float]
    beside: dict[str, float]


class LastLook(Struct, frozen=True, forbid_unknown_fields=True):
    """The operations that the last steps of a program carry out, in their order."""

    session: tuple[str, ...]
    """On each session that was opened."""
    store: tuple[str, ...]


class _Stated(Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    weights: dict[str, dict[str, float]]
    profiles: list[_StatedProfile]
    directed: _Directed
    phases: dict[str, frozenset[str]]
    last_look: LastLook

    def profile(self, stated: _StatedProfile) -> Profile:
        """Return a profile with the weights of its operations."""
        weights = {
            name: weight * stated.others
            for group in self.weights.values()
            for name, weight in group.items()
            if stated.others
        }
        for group in ("opening", "observing", *stated.groups):
            weights.update(self.weights[group])
        weights.update(stated.but)
        return Profile(stated.name, weights, stated.oddness, stated.swarm, stated.course)

    def concern(self, name: str) -> Profile:
        """Return the profile of a concern: what changes something in it is tried alike, all else by a share of that."""
        stated = self.directed.concerns[name]
        of_it = [operation for group in stated.groups for operation in self.weights[group]]
        looks = [operation for operation in of_it if OPERATIONS[operation].reads_only]
        weights = {operation: 1.0 for operation in of_it if operation not in looks}
        all_of_it = len(weights)
        others = sorted(ALL_OPERATIONS - {*of_it} - {name for name, one in OPERATIONS.items() if one.reads_only})
        weights |= dict.fromkeys(looks, _LOOKS * all_of_it / max(1, len(looks)))
        weights |= dict.fromkeys(others, _OTHERS * all_of_it / len(others))
        for operation, factor in self.directed.factors.items():
            weights[operation] *= factor
        for operation, share in self.directed.beside.items():
            if operation not in of_it:
                weights[operation] = share * all_of_it
        return Profile(name, weights | stated.but, 0.0, 0.0, "goals")


_LOOKS: Final = 0.05
_OTHERS: Final = 0.9
"""How often the looks of a concern are tried, and what changes something outside of it, relative to what does in it."""
_STATED: Final = msgspec.toml.decode(packaged("telltale_conformance.generators", "data", "profiles.toml"), type=_Stated)
PROFILES: Final = tuple(_STATED.profile(stated) for stated in _STATED.profiles)
"""Taken in turn, so that a program's profile follows from its index."""
DIRECTED: Final = tuple(map(_STATED.concern, _STATED.directed.turns))
"""The profiles of programs that are drawn towards goals, taken in turn too."""
LAST_LOOK: Final = _STATED.last_look
_SELDOM: Final = 0.25
"""How often an operation is tried where it cannot succeed, relative to where it can."""


class Selection(NamedTuple):
    """The operations of one program with their cumulative weights in each phase."""

    names: tuple[str, ...]
    cumulative: Mapping[str, list[float]]

    def one(self, phase: str, chance: float) -> str:
        """Return the operation that a chance from 0 to 1 falls on, by the weights of a phase."""
        cumulative = self.cumulative[phase]
        return self.names[bisect(cumulative, chance * cumulative[-1])]

    def any(self, chance: float) -> str:
        """Return the same by the weights of operations that are all as likely to succeed."""
        return self.one("closed", chance)


def select(profile: Profile, rng: Random, offered: frozenset[str]) -> Selection:
    """Choose the operations of one program: those offered, less what the swarm leaves out.

    ``open`` and ``observe`` stay whenever they are offered: without them nothing can be reached or seen.
    """
    names = []
    for name, weight in profile.weights.items():
        left_out = rng.random() < profile.swarm and name not in ("open", "observe")
        if weight > 0 and name in offered and not left_out:
            names.append(name)
    cumulative = {
        phase: list(
            accumulate(
                profile.weights[name]
                * (1.0 if phase == "closed" or phase in _STATED.phases.get(name, PHASES) else _SELDOM)
                for name in names
            )
        )
        for phase in PHASES
    }
    return Selection(tuple(names), cumulative)


assert {name for group in _STATED.weights.values() for name in group} == ALL_OPERATIONS, "every operation has a weight"
