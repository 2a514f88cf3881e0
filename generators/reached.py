"""What a program reaches, as guidance sees it: cells, pairs of successive steps, abstract states, counters.

A feature is a small tuple. A program that has a feature which none before it had is worth keeping.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator
from functools import cache
from itertools import compress, product
from operator import itemgetter
from typing import Any, Final, NamedTuple

from telltale_conformance.generators.coverage import cell_of, phase_of, situation
from telltale_conformance.generators.steps import Cell
from telltale_conformance.lean_traces.argument_forms import ArgumentError
from telltale_conformance.lean_traces.codec import CODECS
from telltale_conformance.lean_traces.printing import as_json, encode_as_written
from telltale_conformance.lean_traces.programs import Step, UnresolvedReference, resolve
from telltale_conformance.model.growth import GROWING, counts, grown
from telltale_conformance.model.operations import Operation, Outcome, step, those
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store

Feature = Hashable


class Reached(NamedTuple):
    """Gets what the steps of a program reach."""

    tell: Callable[[int, Collection[Feature]], None]
    """Is given the place of a step among those carried out, and what it is the first to reach."""
    told: set[Hashable]
    """The features so far; several programs may share them, and then only the first one tells each."""
    most: int
    """How many steps of the program are looked at."""


class PlayedStep(NamedTuple):
    """One step of a program as the reference carried it out."""

    step: Step
    operation: Operation
    arguments: tuple[Any, ...]
    printed: bytes
    """The arguments as they are sent."""
    outcome: Outcome
    cell: Cell
    features: Collection[Feature]
    """What it is the first step of the program to reach; empty where nobody asked for it."""


def played(
    steps: tuple[Step, ...], contract: str, *, watched: Callable[[Store], Watch] | None = None
) -> Iterator[PlayedStep]:
    """Carry a program out on the reference; steps whose references have no result are left out.

    Args:
        steps: of the program.
        contract: what the reference follows.
        watched: says what each step is the first to reach; None where nobody asks for it.
    """
    store, results = Store(contract), dict[int, Any]()
    watch = None if watched is None else watched(store)
    for one in steps:
        codec = CODECS[one.op]
        try:
            args = resolve(one.args, results)
            arguments = codec.from_json(args)
        except (UnresolvedReference, ArgumentError):
            continue
        operation = codec.operation
        before = situation(store, operation, arguments)
        seen = watch.before(operation, arguments) if watch is not None else ()
        outcome = step(store, operation, arguments)
        if outcome.error is None and operation.gives:
            results[one.seq] = as_json(outcome.ok)
        cell = cell_of(before, operation, outcome)
        features = watch.after(operation, arguments, outcome, cell, seen) if watch is not None else ()
        yield PlayedStep(one, operation, arguments, encode_as_written(args), outcome, cell, features)


_WORTH: Final = {
    "pair": 1,
    "with": 1,
    "other": 1,
    "kind": 2,
    "life after": 3,
    "state": 5,
    "size": 5,
    "near": 10,
    "operation": 100,
    "far": 60,
    "alike": 60,
}
_WORTH_OF_A_CELL: Final = 40
_WORTH_FAR: Final = 30
"""Of a cell that was met where a counter had come far."""


def worth_of(feature: Feature) -> int:
    """Return how much a feature counts when a corpus is distilled: what is met in many ways anyway counts least."""
    if isinstance(feature, Cell) or not isinstance(feature, tuple):
        return _WORTH_OF_A_CELL
    if feature[0] == "met far":
        return _WORTH_FAR if feature[3] >= 3 else 3
    return _WORTH[feature[0]]


_FAR: Final = (
    "Ownership.current",
    "Ownership.next_claim_id",
    "Ownership.next_witness_id",
    "Ownership.issued",
    "Ownership.consumed",
    "Session.epoch",
)
"""What an abstract state counts, by powers of two."""
_far: Final = itemgetter(*map(list(GROWING).index, _FAR))
_NOT_FAR: Final = (0,) * len(_FAR)

_OF_SESSIONS: Final = tuple(name for name in GROWING if name.split(".")[0] in ("Session", "Ownership", "Buffer"))
"""What grows in a session."""
_FRESH: Final = {"Ownership.next_claim_id": 1, "Ownership.next_witness_id": 1}
"""Where the counters of a fresh session begin that do not begin at 0."""


_UNKNOWN: Final = (-1,) * len(GROWING)
"""The powers before the first step."""
_OPENING: Final = those(lambda operation: operation.gives == "session")
_REAPING: Final = those(lambda operation: operation.result == "summaries" and not operation.reads_only)
_NO_LIFE: Final = "", frozenset[str]()
_ALWAYS: Final = 1 << 62
"""More steps than a program has."""


class Watch:
    """Collects the features of one program, each once.

    Args:
        store: that the program is carried out on.
        told: the features so far, and further keys of this class; it grows.
        most: of how many steps features are collected.
    """

    def __init__(self, store: Store, told: set[Hashable] | None = None, most: int = _ALWAYS) -> None:
        self._told = set[Hashable]() if told is None else told
        self._left = most
        self.store = store
        self._powers: tuple[int, ...] = ()
        """How far everything had come after a step before, by powers of two."""
        self._stands: dict[int, tuple[Any, ...]] = {}
        """By sid, the abstract state of sessions, since the last step that may have changed any."""
        self._last: dict[int, tuple[str, str]] = {}
        """By session, the operation before with its outcome."""
        self._had: dict[int, frozenset[str]] = {}
        """By sid, what had grown in the sessions that the step at hand may end."""
        self._former: dict[int, tuple[str, frozenset[str]]] = {}
        """By sid, how the session before ended, and what had grown in it."""

    def before(self, operation: Operation, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return how the arguments stand to the state that they meet."""
        if not self._left:
            return ()
        sessions, sid_of = self.store.sessions, operation.sid_of
        if operation.name in _REAPING:
            self._had = {sid: self.grown(sid) for sid in self.store.ended}
        if sid_of is None:
            return ()
        sid = sid_of(arguments)
        if operation.name in _OPENING:
            self._had = {sid: self.grown(sid)} if sid in sessions else {}
        return _alike(sessions.get(sid), arguments)

    def grown(self, sid: int) -> frozenset[str]:
        """Return what has grown in a session."""
        far_in = grown(self.store, sid)
        return frozenset(name for name in _OF_SESSIONS if far_in[name] > _FRESH.get(name, 0))

    def after(
        self, operation: Operation, arguments: tuple[Any, ...], outcome: Outcome, cell: Cell, alike: tuple[Any, ...]
    ) -> Collection[Feature]:
        """Return what a step reached that is not among the features so far."""
        if not self._left:
            return ()
        self._left -= 1
        sid_of, opened = operation.sid_of, False
        if not operation.reads_only:
            self._stands.clear()
            if outcome.error is None and operation.name in _REAPING:
                self._former.update((ended.sid, ("reaped", self._had[ended.sid])) for ended in outcome.ok)
            opened = outcome.error is None and operation.name in _OPENING
            if opened and sid_of is not None and outcome.ok in self._had:
                self._former[outcome.ok] = "replaced", self._had[outcome.ok]
        reached: set[Feature] = {cell}
        if opened:
            self._about(outcome.ok, cell, alike, reached)
        elif sid_of is not None:
            self._about(sid_of(arguments), cell, alike, reached)
        fresh = reached - self._told
        self._told |= fresh
        return fresh

    def _about(self, sid: int, cell: Cell, alike: tuple[Any, ...], reached: set[Feature]) -> None:
        """Add what a step about a session reached."""
        name, said, phase, _, _ = cell
        reached.add(("alike", name, said, phase, alike))
        state = self._stands.get(sid)
        if state is None:
            state = self._stands[sid] = self._state(sid, reached)
        if self._first((cell, state[1:4])):
            come = zip(_FAR, state[1:4], strict=False)
            reached.update([("met far", cell, counter, power) for counter, power in come])
        before = self._last.get(sid)
        if before is not None:
            reached.add(("pair", before, name, said))
        self._last[sid] = name, said
        how, had = self._former.get(sid, _NO_LIFE)
        if had and sid in self.store.sessions and self._first((how, had, name, said)):
            reached.update(("life after", how, name, said, one) for one in had)

    def _state(self, sid: int, reached: set[Feature]) -> tuple[Any, ...]:
        """Return the abstract state that a session is in after a step; add it, and how far everything has come."""
        session = self.store.sessions.get(sid)
        powers = tuple(map(int.bit_length, counts(self.store, sid)))
        if self._first(powers):
            known = (*self._powers, *_UNKNOWN)  # what is as far as after a step before was told then
            come = zip(GROWING, powers, known, strict=False)
            reached.update([("far", counter, power) for counter, power, before in come if power != before])
        self._powers = powers
        state = phase_of(session), *(_NOT_FAR if session is None else _far(powers))
        reached.add(("state", state))
        return state

    def _first(self, key: Hashable) -> bool:
        """Whether this is not there yet; from now on it is."""
        told = self._told
        if key in told:
            return False
        told.add(key)
        return True


def _alike(session: Session | None, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Say which names of the session's ownership the given names are."""
    if session is None:
        return ()
    live, pending = session.ownership.current, session.ownership.pending
    owner = None if live is None else live.owner_id
    giver, receiver = (None, None) if pending is None else (pending.from_owner_id, pending.to_owner_id)
    found = []
    for argument in arguments:
        for field in _names_in(argument.__class__):
            name = getattr(argument, field) if field else argument
            found.append((field, _WHO[name == owner, name == giver, name == receiver]))
    return tuple(found)


_WHO: Final = {are: tuple(compress(("live", "giver", "receiver"), are)) for are in product((False, True), repeat=3)}
"""Which of the three a name is."""


@cache
def _names_in(kind: type) -> tuple[str, ...]:
    """Return where an argument of a type has the names of owners: in these fields, or it is one."""
    return (
        ("",)
        if issubclass(kind, str)
        else tuple(field for field in ("owner_id", "to_owner_id") if hasattr(kind, field))
    )
