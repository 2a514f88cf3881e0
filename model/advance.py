"""Local types in a live session: look-up, update, and the typed step (contract §7)."""

from __future__ import annotations

from typing import Literal

from telltale_conformance.model import guard_table as table
from telltale_conformance.model import limits
from telltale_conformance.model.errors import NoBranch
from telltale_conformance.model.state import TypeEntry
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.local_types import Choice, LocalType, Send
from telltale_conformance.model.types.payloads import ValType
from telltale_conformance.model.types.theory import unfolded_with_scope
from telltale_conformance.model.types.trees import strip_mu
from telltale_conformance.model.values import DomainValue, Endpoint

Direction = Literal["Send", "Recv"]


class BranchResolution(DomainValue, frozen=True):
    """What following a branch of an endpoint's current type means."""

    continuation: LocalType
    direction: Direction
    expected_type: ValType | None
    partner: str


class Advanced(DomainValue, frozen=True):
    """What a typed step did."""

    current: LocalType
    direction: Direction
    expected_type: ValType | None
    partner: str


def lookup_type(store: Store, ep: Endpoint) -> LocalType | None:
    """Return where an endpoint stands in its protocol, or None when there is no such endpoint."""
    entry = _entry(store, ep)
    return None if entry is None else entry.current


def original_type(store: Store, ep: Endpoint) -> LocalType | None:
    """Return the type that an endpoint follows, or None when there is no such endpoint."""
    entry = _entry(store, ep)
    return None if entry is None else entry.original


def update_type(store: Store, ep: Endpoint, new_type: LocalType) -> None:
    """Set an endpoint's current type as given; of a missing endpoint a silent no-op."""
    entry = _entry(store, ep)
    if entry is not None:
        limits.count_labels(store.sessions[ep.sid], new_type)
        entry.current = new_type
        store.unlike_reloaded.add(ep.sid)


def update_original(store: Store, ep: Endpoint, new_original: LocalType) -> None:
    """Set the type that an endpoint follows as given; of a missing endpoint a silent no-op."""
    entry = _entry(store, ep)
    if entry is not None:
        entry.original = new_original


def remove_type(store: Store, ep: Endpoint) -> None:
    """Take an endpoint's types away; of a missing endpoint a silent no-op."""
    session = store.sessions.get(ep.sid)
    if session is not None and session.types.pop(ep.role, None) is not None:
        store.totals.local_types -= 1
        store.unlike_reloaded.add(ep.sid)


def lookup_branch_resolution(store: Store, ep: Endpoint, label: str) -> BranchResolution | None:
    """Return the branch of that label in an endpoint's current type; of a repeated label the last."""
    entry = _entry(store, ep)
    if entry is None or not isinstance(entry.current, Choice):
        return None
    for branch in reversed(entry.current.branches):
        if branch.label.name == label:
            return BranchResolution(
                continuation=branch.continuation,
                direction="Send" if isinstance(entry.current, Send) else "Recv",
                expected_type=branch.value_type,
                partner=entry.current.partner,
            )
    return None


def unfold_mu(store: Store, lt: LocalType) -> LocalType:
    """Return the type with all leading Mu stripped, without substitution."""
    return strip_mu(lt)


def unfold_if_var(store: Store, cont: LocalType, original: LocalType) -> LocalType:
    """Resolve a continuation: a variable, whatever its name, goes back to the start of the original."""
    return unfolded_with_scope(cont, original)[0]


def unfold_if_var_with_scope(store: Store, cont: LocalType, original: LocalType) -> tuple[LocalType, LocalType | None]:
    """Resolve a continuation, and name the recursion that it enters, if any."""
    return unfolded_with_scope(cont, original)


def advance(store: Store, ep: Endpoint, label: str) -> Advanced:
    """Take one typed step along the branch of that label."""
    entry = _entry(store, ep)
    branch = lookup_branch_resolution(store, ep, label)
    if entry is None or branch is None:
        raise NoBranch(table.BRANCH, {"ep": ep, "label": label})

    current, original = store.contract.advanced_type(branch.continuation, entry.original)
    limits.count_labels(store.sessions[ep.sid], current)
    entry.current = current
    store.unlike_reloaded.add(ep.sid)
    if original is not None:
        entry.original = original
    return Advanced(
        current=entry.current,
        direction=branch.direction,
        expected_type=branch.expected_type,
        partner=branch.partner,
    )


def _entry(store: Store, ep: Endpoint) -> TypeEntry | None:
    session = store.sessions.get(ep.sid)
    return None if session is None else session.types.get(ep.role)
