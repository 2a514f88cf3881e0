"""A closer watch for the search that the corpus is distilled from: kinds of values, other sessions, near numbers.

It takes more time than the watch of a campaign, which looks on while an implementation answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple

from telltale_conformance.generators.coverage import phase_of
from telltale_conformance.generators.reached import Feature, Watch
from telltale_conformance.generators.steps import Cell
from telltale_conformance.model.buffers import opening_capacity
from telltale_conformance.model.growth import grown
from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.signatures import verifies
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.types.trees import Mu
from telltale_conformance.model.values import SESSION, BufferConfig

_FEW: Final = 3
"""How many edges of a session, and how many other sessions, are looked at."""
_FAR_OFF: Final = 2
"""Numbers that differ by so much or more are all alike."""


_FAR: Final = 3
"""Greater powers of two count as this one."""


class _Met(NamedTuple):
    """What a step meets: taken before it."""

    alike: tuple[Any, ...]
    kinds: tuple[str, ...] = ()
    others: tuple[tuple[str, bool], ...] = ()
    near: tuple[tuple[str, int, int], ...] = ()


class CloseWatch(Watch):
    """Collects more features of a program."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._before: tuple[str, str] | None = None
        """The last operation that named no session, with its outcome."""
        self._read_back: dict[int, frozenset[str]] = {}
        """By sid, what had grown in the session when it was last read back."""

    def before(self, operation: Operation, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return what the step meets."""
        alike, near = super().before(operation, arguments), tuple(near_numbers(self.store, operation, arguments))
        if operation.sid_of is None:
            return _Met(alike, near=near)
        session = self.store.sessions.get(operation.sid_of(arguments))
        kinds = () if session is None else tuple(dict.fromkeys(kinds_in(self.store, session)))
        return _Met(alike, kinds, tuple(dict.fromkeys(others(self.store, session))), near)

    def after(
        self, operation: Operation, arguments: tuple[Any, ...], outcome: Outcome, cell: Cell, alike: tuple[Any, ...]
    ) -> tuple[Feature, ...]:
        """Return what a step reached."""
        met = alike
        assert isinstance(met, _Met)
        name, said = cell.operation, cell.outcome
        found = [*super().after(operation, arguments, outcome, cell, met.alike)]
        found += (("near", name, said, *near) for near in met.near)
        found += (("kind", name, said, kind) for kind in met.kinds)
        found += (("other", name, said, *other) for other in met.others)
        if isinstance(outcome.ok, list | tuple):
            found.append(("size", name, len(outcome.ok).bit_length()))
        if operation.name == "reload":
            self._read_back = {sid: self.grown(sid) for sid in self.store.sessions}
        opened = operation.gives == "session" and outcome.error is None
        if opened:
            self._read_back.pop(outcome.ok, None)
        sid = outcome.ok if opened else -1 if operation.sid_of is None else operation.sid_of(arguments)
        found += _with(name, said, tuple(grown(self.store, sid).items()))
        found += (("life after", "reload", name, said, one) for one in self._read_back.get(sid, ()))
        if sid == -1:
            if self._before is not None:
                found.append(("pair", self._before, name, said))
            self._before = name, said
        return tuple(found)


@lru_cache(1 << 14)
def _with(name: str, said: str, far_in: tuple[tuple[str, int], ...]) -> tuple[Feature, ...]:
    """Return how far every counter is after an operation, by powers of two, where it is not 0."""
    return tuple(("with", name, said, counter, min(_FAR, value.bit_length())) for counter, value in far_in if value)


def kinds_in(store: Store, session: Session) -> Iterator[str]:
    """Yield which of the values that the contract enumerates stand in a session, where they are not the usual ones."""
    if session.default_handler != "default_handler":
        yield "another default handler" if session.default_handler else "no default handler"
    live, pending, terminal = session.ownership.current, session.ownership.pending, session.ownership.terminal
    if live is not None and live.scope != SESSION:
        yield "owner of fragments"
    if pending is not None and pending.scope != SESSION:
        yield "transfer of fragments"
    if pending is not None and pending.from_owner_id == pending.to_owner_id:
        yield "transfer to its giver"
    if terminal is not None:
        yield type(terminal).__name__
    if len(session.edge_handlers) > len(session.pair_handlers):
        yield "foreign or unbound edges"
    if any(isinstance(entry.original, Mu) for entry in session.types.values()):
        yield "recursion"
    for (sender, receiver), buffer in islice(session.buffers.items(), _FEW):
        yield _kind_of(buffer.config)
        if buffer.capacity > opening_capacity(buffer.config):
            yield "grown buffer"
        for message in islice(buffer.messages, _FEW):
            if not verifies(message, session.sid, sender, receiver, store.contract):
                yield "bad signature"
            if message.sequence_no:
                yield "sequence number"


def _kind_of(config: BufferConfig) -> str:
    policy = config.policy
    return f"{config.mode}, {policy if isinstance(policy, str) else 'Resize'}"


def others(store: Store, session: Session | None) -> Iterator[tuple[str, bool]]:
    """Yield of a few other sessions the phase, and whether the session at hand has the same owner."""
    live = None if session is None else session.ownership.current
    for other in [*store.sessions.values()][-_FEW:]:
        if other is not session:
            owner = other.ownership.current
            yield phase_of(other), owner is not None and live is not None and owner.owner_id == live.owner_id


def near_numbers(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> Iterator[tuple[str, int, int]]:
    """Yield how far the given numbers are from those that the state compares them with, and how often so."""
    for parameter, argument in zip(operation.parameters, arguments, strict=True):
        for name in _OF_ARTIFACTS.get(parameter, (parameter,)):
            known = _COMPARED.get(name)
            given = argument if name == parameter else getattr(argument, name)
            if known is None or not isinstance(given, int):
                continue
            counts: dict[int, int] = {}
            for number in known(store, arguments):
                off = max(-_FAR_OFF, min(_FAR_OFF, given - number))
                counts[off] = counts.get(off, 0) + 1
            for off, count in counts.items():
                yield name, off, min(count, _FEW)


_OF_ARTIFACTS: Final = {"capability": ("generation",), "receipt": ("claim_id",), "witness": ("witness_id",)}
Numbers = Callable[[Store, tuple[Any, ...]], Iterator[int]]


def _generations(store: Store, arguments: tuple[Any, ...]) -> Iterator[int]:
    session = store.sessions.get(arguments[0].session_id)
    if session is not None and session.ownership.current is not None:
        yield session.ownership.current.generation


def _claims(store: Store, arguments: tuple[Any, ...]) -> Iterator[int]:
    session = store.sessions.get(arguments[0].session_id)
    if session is not None:
        yield session.ownership.next_claim_id


def _witnesses(store: Store, arguments: tuple[Any, ...]) -> Iterator[int]:
    session = store.sessions.get(arguments[0].session_id)
    if session is not None:
        yield session.ownership.next_witness_id


def _next_sid(store: Store, arguments: tuple[Any, ...]) -> Iterator[int]:
    yield store.next_sid


def _horizons(store: Store, arguments: tuple[Any, ...]) -> Iterator[int]:
    for witness in store.timeouts.live.values():
        yield witness.until_tick


def _clock_and_horizon(store: Store, arguments: tuple[Any, ...]) -> Iterator[int]:
    yield store.timeouts.clock
    earlier = store.timeouts.live.get(arguments[0])
    if earlier is not None:
        yield earlier.until_tick


def _leaves(store: Store, arguments: tuple[Any, ...]) -> Iterator[int]:
    session = store.sessions.get(arguments[0])
    if session is not None:
        yield len(session.auth.get((arguments[1].sender, arguments[1].receiver), ()))


_COMPARED: Final[dict[str, Numbers]] = {
    "generation": _generations,
    "claim_id": _claims,
    "witness_id": _witnesses,
    "sid": _next_sid,
    "tick": _horizons,
    "until_tick": _clock_and_horizon,
    "index": _leaves,
}
"""By the name of a parameter, or of a field of an artifact, the numbers of the state that decide what it does."""
