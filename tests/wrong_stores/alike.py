"""Stores that take look-alike names for one another at one place: ``comparing(place, key)`` changes the model so.

A place is where the model compares names of one sort; ``key`` is what is compared in their place. Each store is right
in everything else: it echoes and keeps the names as they were given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import eq
from typing import Any
from unittest.mock import patch

import msgspec

from telltale_conformance.model import guards, mutations, plan, sessions, timeouts
from telltale_conformance.model.values import Fragments

Key = Callable[[str], object]
PLACES: dict[str, Callable[[Key], Any]] = {}


def place(change: Callable[[Key], Any]) -> Callable[[Key], Any]:
    """List a place under its name."""
    PLACES[change.__name__] = change
    return change


@contextmanager
def comparing(where: str, key: Key) -> Iterator[None]:
    """Change the model of this process for a while."""
    with PLACES[where](key):
        yield


class Folding(dict[Any, Any]):
    """A dictionary that finds what it holds by a key of names; the first name under a key stays."""

    def __init__(self, fold: Callable[[Any], object], content: dict[Any, Any]) -> None:
        super().__init__()
        self._fold = fold
        self._known: dict[object, Any] = {}
        for name, value in content.items():
            self[name] = value

    def _of(self, name: Any) -> Any:
        return self._known.get(self._fold(name), name)

    def __setitem__(self, name: Any, value: Any) -> None:
        super().__setitem__(self._known.setdefault(self._fold(name), name), value)

    def __getitem__(self, name: Any) -> Any:
        return super().__getitem__(self._of(name))

    def __contains__(self, name: Any) -> bool:
        return super().__contains__(self._of(name))

    def get(self, name: Any, default: Any = None) -> Any:
        return super().get(self._of(name), default)

    def pop(self, name: Any, *default: Any) -> Any:
        found = self._of(name)
        self._known.pop(self._fold(name), None)
        return super().pop(found, *default)


def _folded(scope: Fragments, key: Key) -> set[object]:
    return {key(name) for name in scope.Fragments}


def _like(one: Any, other: Any, fields: tuple[str, ...], key: Key) -> Any:
    """The artifact with the other's texts and scopes where they look alike."""
    same = {}
    for field in fields:
        mine, its = getattr(one, field, None), getattr(other, field, None)
        if isinstance(mine, str) and isinstance(its, str):
            if key(mine) == key(its):
                same[field] = its
        elif isinstance(mine, Fragments) and isinstance(its, Fragments) and _folded(mine, key) == _folded(its, key):
            same[field] = its
    return msgspec.structs.replace(one, **same)


def _guard(name: str, fields: tuple[str, ...], passes: Callable[[Any, Any], bool]) -> Callable[[Key], Any]:
    """Let the guard pass where it would if the given artifact had the known one's names that look alike."""
    original = getattr(guards, name)

    def changed(key: Key) -> Any:
        def guard(session: Any, known: Any, given: Any, rejecting: Any = None) -> None:
            if not passes(known, _like(given, known, fields, key)):
                original(session, known, given, rejecting)

        return patch.object(guards, name, guard)

    return changed


def _same_owner(known: Any, given: Any) -> bool:
    return (known.owner_id, known.generation) == (given.owner_id, given.generation)


PLACES["owner_live"] = _guard("live", ("owner_id",), _same_owner)
PLACES["receipt_from_owner"] = _guard("match", ("from_owner_id",), eq)
PLACES["receipt_to_owner"] = _guard("match", ("to_owner_id",), eq)
PLACES["receipt_scope"] = _guard("match", ("scope",), eq)


def _unchanged(fields: tuple[str, ...]) -> Callable[[Key], Any]:
    original = guards.unchanged

    def changed(key: Key) -> Any:
        def guard(session: Any, witness: Any, rejecting: Any) -> None:
            known = session.ownership.issued[witness.witness_id]
            original(session, _like(witness, known, fields, key), rejecting)

        return patch.object(guards, "unchanged", guard)

    return changed


PLACES["witness_owner"] = _unchanged(("owner_id",))
PLACES["witness_scope"] = _unchanged(("scope",))
PLACES["witness_predicate"] = _unchanged(("predicate_ref",))


@place
def owner_death(key: Key) -> Any:
    original = guards.named

    def named(session: Any, owner: Any, owner_id: str) -> None:
        if key(owner_id) != key(owner.owner_id):
            original(session, owner, owner_id)

    return patch.object(guards, "named", named)


@place
def fragments_dedup(key: Key) -> Any:
    def init(self: Any) -> None:
        kept: dict[object, str] = {}
        for name in sorted(set(self.Fragments)):
            kept.setdefault(key(name), name)
        msgspec.structs.force_setattr(self, "Fragments", tuple(kept.values()))

    return patch.object(Fragments, "__post_init__", init)


def _opened(change: Callable[[Any, Key], None]) -> Callable[[Key], Any]:
    original = sessions._open

    def changed(key: Key) -> Any:
        def opened(store: Any, *rest: Any) -> int:
            sid = original(store, *rest)
            change(store.sessions[sid], key)
            return sid

        return patch.object(sessions, "_open", opened)

    return changed


def _of_pair(key: Key) -> Callable[[Any], object]:
    return lambda pair: (key(pair[0]), key(pair[1]))


def _of_edge(key: Key) -> Callable[[Any], object]:
    return lambda edge: (edge.sid, key(edge.sender), key(edge.receiver))


@_opened
def _buffers(session: Any, key: Key) -> None:
    session.buffers = Folding(_of_pair(key), session.buffers)


@_opened
def _types(session: Any, key: Key) -> None:
    session.types = Folding(key, session.types)


@_opened
def _handlers(session: Any, key: Key) -> None:
    session.pair_handlers = Folding(_of_pair(key), {})


@_opened
def _traces(session: Any, key: Key) -> None:
    session.edge_traces = Folding(_of_edge(key), {})


PLACES.update(role_buffers=_buffers, role_types=_types, role_handlers=_handlers, role_traces=_traces)


@place
def role_plan(key: Key) -> Any:
    original = plan.open_plan

    def planned(roles: Any, types: Any, contract: Any = plan.TELLTALE_17) -> Any:
        first: dict[object, str] = {}
        for role in roles:
            first.setdefault(key(role), role)
        return original(tuple(first[key(role)] for role in roles), types, contract)

    return patch.object(sessions, "open_plan", planned)


@place
def label_lookup(key: Key) -> Any:
    from telltale_conformance.model import advance

    original = advance.lookup_branch_resolution

    def lookup(store: Any, ep: Any, label: str) -> Any:
        entry = advance._entry(store, ep)
        if entry is not None and isinstance(entry.current, advance.Choice):
            for branch in reversed(entry.current.branches):
                if key(branch.label.name) == key(label):
                    return original(store, ep, branch.label.name)
        return original(store, ep, label)

    return patch.object(advance, "lookup_branch_resolution", lookup)


@place
def handler_names(key: Key) -> Any:
    original = mutations.apply_owned_session_mutation

    def apply(store: Any, capability: Any, mutation: Any) -> Any:
        session = store.sessions.get(capability.session_id)
        if session is not None and hasattr(mutation, "handler"):
            known = (session.default_handler, *session.edge_handlers.values())
            same = next((name for name in known if key(name) == key(mutation.handler)), mutation.handler)
            mutation = msgspec.structs.replace(mutation, handler=same)
        return original(store, capability, mutation)

    return patch.object(mutations, "apply_owned_session_mutation", apply)


@place
def site_registry(key: Key) -> Any:
    original = timeouts.issue_timeout_witness

    def issue(store: Any, site: str, until_tick: int) -> Any:
        live = store.timeouts.live
        earlier = next((name for name in live if name != site and key(name) == key(site)), None)
        if earlier is not None and site not in live:
            witness = live[earlier]
            answer = original(store, site, until_tick)
            store.timeouts.log.insert(
                -1,
                timeouts.AuditRecord(
                    timeouts.TimeoutArtifact(witness),
                    "Invalidated",
                    "replaced by newer timeout witness",
                    store.timeouts.clock,
                ),
            )
            del live[earlier]
            return answer
        return original(store, site, until_tick)

    return patch.object(timeouts, "issue_timeout_witness", issue)
