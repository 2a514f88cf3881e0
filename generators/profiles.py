"""Named weights of operations, and swarm selection: a random subset of operations per program.

A weight says how often an operation is tried relative to the others while the session in focus is in a phase in
which it can succeed; elsewhere it is tried a quarter as often, so that every refusal is reached too.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Final, NamedTuple

from telltale_conformance.generators.coverage import PHASES
from telltale_conformance.model.operations import OPERATIONS

_OPENING: Final = {"open": 1.5, "open_with_sid": 0.8}
_OWNERSHIP: Final = {
    "claim_ownership": 9.0,
    "release_ownership": 4.0,
    "begin_ownership_transfer": 9.0,
    "commit_ownership_transfer": 7.0,
    "rollback_ownership_transfer": 4.0,
    "attenuate_ownership_scope": 4.0,
    "validate_ownership_capability": 4.0,
    "current_ownership": 2.0,
    "authority_audit_log": 1.0,
}
_ENDINGS: Final = {
    "mark_owner_died": 1.6,
    "cancel_abandoned_transfer": 2.0,
    "fault_failed_transfer_commit": 2.0,
}
_WITNESSES: Final = {"issue_readiness_witness": 7.0, "consume_readiness_witness": 9.0}
_HANDLERS: Final = {
    "apply_owned_session_mutation": 8.0,
    "lookup_handler": 3.0,
    "lookup_trace": 3.0,
    "default_handler_for_session": 2.0,
}
_TYPES: Final = {
    "lookup_type": 2.0,
    "original_type": 2.0,
    "update_type": 1.5,
    "update_original": 1.5,
    "remove_type": 0.7,
    "lookup_branch_resolution": 3.0,
    "advance": 9.0,
    "unfold_mu": 1.5,
    "unfold_if_var": 1.5,
    "unfold_if_var_with_scope": 1.5,
}
_MESSAGES: Final = {"send": 14.0, "recv": 6.0, "has_message": 2.0}
_LIFECYCLE: Final = {
    "close": 3.0,
    "reap_closed": 0.6,
    "reap_sessions": 1.2,
    "closed_session_ids": 1.0,
    "session_ids": 1.0,
    "active_count": 0.7,
    "live_count": 0.7,
    "next_session_id": 0.7,
    "archived_closed": 0.7,
    "memory_usage": 0.7,
}
_PLANS: Final = {"plan": 2.0, "decode_edge_json": 2.0}
_TIMEOUTS: Final = {"issue_timeout_witness": 2.0, "advance_clock": 1.5, "runtime_audit_log": 1.0}
_OBSERVING: Final = {"observe": 4.0}
_GROUPS: Final = (
    _OPENING,
    _OWNERSHIP,
    _ENDINGS,
    _WITNESSES,
    _HANDLERS,
    _TYPES,
    _MESSAGES,
    _LIFECYCLE,
    _PLANS,
    _TIMEOUTS,
    _OBSERVING,
)


class Profile(NamedTuple):
    """Named weights; an operation without one is not tried under the profile."""

    name: str
    weights: Mapping[str, float]
    oddness: float
    """How often a name, a role list, a number or a capability is other than an ordinary one, 0 to 1."""
    swarm: float
    """The chance that an operation is left out of a program, 0 for always all of them."""


def _weights(*groups: Mapping[str, float], others: float = 0.0) -> dict[str, float]:
    base = {name: weight * others for group in _GROUPS for name, weight in group.items() if others}
    for group in (_OPENING, _OBSERVING, *groups):
        base.update(group)
    return base


PROFILES: Final = (
    Profile("mixed", _weights(others=1.0), 0.25, 0.3),
    Profile("ownership", _weights(_OWNERSHIP, {"close": 0.7}), 0.25, 0.15),
    Profile("witnesses", _weights(_WITNESSES, _OWNERSHIP, {"close": 0.5}), 0.2, 0.1),
    Profile("endings", _weights(_OWNERSHIP, _ENDINGS, _WITNESSES, _LIFECYCLE), 0.2, 0.1),
    Profile("handlers", _weights(_HANDLERS, {"claim_ownership": 9.0, "close": 0.7}, others=0.03), 0.25, 0.0),
    Profile("types", _weights(_TYPES, _PLANS), 0.25, 0.15),
    Profile("messages", _weights(_MESSAGES, {"close": 1.0, "memory_usage": 2.0}), 0.15, 0.1),
    Profile("lifecycle", _weights(_LIFECYCLE, _MESSAGES, {"claim_ownership": 3.0}), 0.3, 0.1),
    Profile("runtime", _weights(_TIMEOUTS, _PLANS, others=0.1), 0.3, 0.0),
    Profile("forged", _weights(_OWNERSHIP, _ENDINGS, _WITNESSES, _HANDLERS), 0.7, 0.1),
)
"""Taken in turn, so that a program's profile follows from its index."""

_FITTING: Final[dict[str, frozenset[str]]] = {
    "claim_ownership": frozenset({"unclaimed"}),
    "release_ownership": frozenset({"claimed"}),
    "begin_ownership_transfer": frozenset({"claimed"}),
    "attenuate_ownership_scope": frozenset({"claimed"}),
    "commit_ownership_transfer": frozenset({"pending"}),
    "rollback_ownership_transfer": frozenset({"pending"}),
    "cancel_abandoned_transfer": frozenset({"pending"}),
    "fault_failed_transfer_commit": frozenset({"pending"}),
    "apply_owned_session_mutation": frozenset({"claimed", "pending"}),
    "issue_readiness_witness": frozenset({"claimed", "pending"}),
    "consume_readiness_witness": frozenset({"claimed", "pending"}),
    "mark_owner_died": frozenset({"claimed", "pending"}),
    "reap_closed": frozenset({"closed", "terminal"}),
    "reap_sessions": frozenset({"closed", "terminal"}),
}
"""The phases in which an operation can succeed; others succeed in any. Closed sessions take what others do."""


class Selection(NamedTuple):
    """The operations of one program with their cumulative weights in each phase."""

    names: tuple[str, ...]
    cumulative: Mapping[str, list[float]]


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
                profile.weights[name] * (1.0 if phase in _FITTING.get(name, PHASES) or phase == "closed" else 0.25)
                for name in names
            )
        )
        for phase in PHASES
    }
    return Selection(tuple(names), cumulative)


assert {name for group in _GROUPS for name in group} == set(OPERATIONS), "every operation has a weight"
