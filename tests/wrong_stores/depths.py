"""Stores that are right as long as little has happened: a counter wraps or stops, a collection forgets or is full.

Each fault is laid where it would lie in an implementation, in the state of the store. ``DEEP`` names them all.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from telltale_conformance.model.operations import Operation, Outcome
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import OwnershipCapability, OwnershipReceipt
from tests.wrong_stores.beside import Arguments, Fault

DEEP: dict[str, Fault] = {}
Change = Callable[[Store, Session], None]


def _sessions(change: Change) -> Fault:
    """Change every live session after each step."""

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        for session in tuple(store.sessions.values())[-2:]:
            change(store, session)
        return outcome

    return Fault(left=left)


def _store(change: Callable[[Store], None]) -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        change(store)
        return outcome

    return Fault(left=left)


def _field(part: str, name: str, made: Callable[[int], int]) -> Fault:
    """Change a counter after each step, of the session or of its ownership."""

    def change(store: Store, session: Session) -> None:
        of: Any = session.ownership if part == "ownership" else session
        setattr(of, name, made(getattr(of, name)))

    return _sessions(change)


def _generation(made: Callable[[int], int]) -> Fault:
    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        given = outcome.ok
        if not isinstance(given, OwnershipCapability) or operation.reads_only:
            return outcome
        wrong = msgspec.structs.replace(given, generation=made(given.generation))
        store.sessions[given.session_id].ownership.current = wrong
        return msgspec.structs.replace(outcome, ok=wrong)

    return Fault(left=left)


def _generations_alike(alike: Callable[[int, int], bool]) -> Fault:
    """Take a capability of another generation of the live owner for the live one."""

    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.parameters[:1] != ("capability",):
            return arguments
        session = store.sessions.get(arguments[0].session_id)
        live = session.ownership.current if session is not None else None
        if live is None or live.owner_id != arguments[0].owner_id:
            return arguments
        if live.generation == arguments[0].generation or not alike(live.generation, arguments[0].generation):
            return arguments
        return (live, *arguments[1:])

    return Fault(given=given)


def _forgets(kept: int, of: Callable[[Session], Any]) -> Fault:
    """Keep the last few of a dict, a set or a list."""

    def change(store: Store, session: Session) -> None:
        collection = of(session)
        if isinstance(collection, list):
            del collection[:-kept]
        while len(collection) > kept:
            first = min(collection) if isinstance(collection, set) else next(iter(collection))
            collection.discard(first) if isinstance(collection, set) else collection.pop(first)

    return _sessions(change)


def _wraps(bits: int, first: int = 0) -> Callable[[int], int]:
    return lambda number: first if number >= 1 << bits else number


def _stops(bits: int) -> Callable[[int], int]:
    return lambda number: min(number, (1 << bits) - 1)


def _sid(made: Callable[[int], int]) -> Fault:
    def change(store: Store) -> None:
        store.next_sid = made(store.next_sid)

    return _store(change)


for bits in (4, 8):
    DEEP[f"generation wraps at 2^{bits}"] = _generation(_wraps(bits))
    DEEP[f"generation stops at 2^{bits}"] = _generation(_stops(bits))
    DEEP[f"generations are compared by {bits} bits"] = _generations_alike(
        lambda live, given, modulus=1 << bits: (live - given) % modulus == 0
    )
    for counter, first in (("next_claim_id", 1), ("next_witness_id", 1)):
        DEEP[f"{counter} wraps at 2^{bits}"] = _field("ownership", counter, _wraps(bits, first))
        DEEP[f"{counter} stops at 2^{bits}"] = _field("ownership", counter, _stops(bits))
    DEEP[f"epoch wraps at 2^{bits}"] = _field("session", "epoch", _wraps(bits))
    DEEP[f"epoch stops at 2^{bits}"] = _field("session", "epoch", _stops(bits))
    DEEP[f"next sid stops at 2^{bits}"] = _sid(_stops(bits))
DEEP["stale capabilities are taken from generation 6 on"] = _generations_alike(
    lambda live, given: live >= 6 and given < live
)
DEEP["a capability 64 generations old is taken"] = _generations_alike(lambda live, given: live - given == 64)
DEEP["generations are compared by 32 bits"] = _generations_alike(lambda live, given: (live - given) % 2**32 == 0)
DEEP["auth leaves stop at 2^8"] = _field("session", "auth_leaves", _stops(8))
for kept in (16, 64, 256):
    DEEP[f"consumed witnesses: the last {kept}"] = _forgets(kept, lambda session: session.ownership.consumed)
    DEEP[f"handlers by edge: the last {kept}"] = _forgets(kept, lambda session: session.edge_handlers)
    DEEP[f"handlers by pair: the last {kept}"] = _forgets(kept, lambda session: session.pair_handlers)
    DEEP[f"traces: the last {kept}"] = _forgets(kept, lambda session: session.edge_traces)
for kept in (8, 100):
    DEEP[f"issued witnesses: the last {kept}"] = _forgets(kept, lambda session: session.ownership.issued)
for kept in (64, 256, 1000):
    DEEP[f"log: the last {kept} records"] = _forgets(kept, lambda session: session.log)
for kept in (16, 64, 128):

    def _archive(store: Store, kept: int) -> None:
        del store.archive[:-kept]

    def _runtime_log(store: Store, kept: int) -> None:
        del store.timeouts.log[:-kept]

    def _sites(store: Store, kept: int) -> None:
        while len(store.timeouts.live) > kept:
            store.timeouts.live.pop(next(iter(store.timeouts.live)))

    DEEP[f"archive: the last {kept}"] = _store(partial(_archive, kept=kept))
    DEEP[f"runtime log: the last {kept}"] = _store(partial(_runtime_log, kept=kept))
    DEEP[f"timeout sites: the last {kept}"] = _store(partial(_sites, kept=kept))


def named(fault: Callable[[], Fault]) -> Callable[[], Fault]:
    """List a fault under its name."""
    DEEP[fault.__name__.replace("_", " ")] = fault()
    return fault


@named
def a_buffer_of_64_holds_63() -> Fault:
    def change(store: Store, session: Session) -> None:
        for buffer in session.buffers.values():
            if len(buffer.messages) == 63 and buffer.capacity == 64:
                buffer.capacity = 63

    return _sessions(change)


@named
def a_buffer_of_64_holds_65() -> Fault:
    def change(store: Store, session: Session) -> None:
        for buffer in session.buffers.values():
            if len(buffer.messages) == 64 and buffer.capacity == 64:
                buffer.capacity = 65

    return _sessions(change)


@named
def a_buffer_does_not_grow_past_512() -> Fault:
    def change(store: Store, session: Session) -> None:
        for buffer in session.buffers.values():
            if buffer.capacity > 512 and buffer.config.initial_capacity == 1:
                buffer.capacity = 512

    return _sessions(change)


@named
def messages_are_taken_from_the_wrong_end_beyond_32() -> Fault:
    def change(store: Store, session: Session) -> None:
        for buffer in session.buffers.values():
            if len(buffer.messages) > 32:
                buffer.messages.rotate(1)

    return _sessions(change)


@named
def at_most_256_sessions_live() -> Fault:
    def change(store: Store) -> None:
        while len(store.sessions) > 256:
            store.remove(next(iter(store.sessions)))

    return _store(change)


@named
def at_most_64_sessions_are_reaped_at_once() -> Fault:
    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.name == "reap_closed":
            store.ended = set(sorted(store.ended)[:64])
        return arguments

    return Fault(given=given)


@named
def settled_receipts_match_from_the_twentieth_on() -> Fault:
    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        first = arguments[0] if arguments else None
        if not isinstance(first, OwnershipReceipt):
            return arguments
        session = store.sessions.get(first.session_id)
        pending = session.ownership.pending if session is not None else None
        return (pending, *arguments[1:]) if pending is not None and pending.claim_id > 19 else arguments

    return Fault(given=given)


@named
def claim_ids_are_compared_by_16_bits() -> Fault:
    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        first = arguments[0] if arguments else None
        if not isinstance(first, OwnershipReceipt):
            return arguments
        short = msgspec.structs.replace(first, claim_id=first.claim_id & 0xFFFF)
        return (short, *arguments[1:])

    return Fault(given=given)


@named
def a_sid_is_kept_in_32_bits() -> Fault:
    def given(store: Store, operation: Operation, arguments: Arguments) -> Arguments:
        if operation.parameters[:1] == ("sid",):
            return (arguments[0] & 0xFFFF_FFFF, *arguments[1:])
        return arguments

    return Fault(given=given)


@named
def the_clock_is_kept_in_53_bits() -> Fault:
    def change(store: Store) -> None:
        store.timeouts.clock = min(store.timeouts.clock, 1 << 53)

    return _store(change)


@named
def timeout_witness_ids_wrap_at_8_bits() -> Fault:
    def change(store: Store) -> None:
        store.timeouts.next_witness_id %= 256

    return _store(change)


@named
def a_type_is_stuck_after_200_steps() -> Fault:
    steps: dict[int, int] = {}

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if outcome.error is None and operation.gives == "session":
            steps.pop(outcome.ok, None)
        if operation.name == "advance" and outcome.error is None:
            sid = arguments[0].sid
            steps[sid] = steps.get(sid, 0) + 1
            if steps[sid] > 200:
                store.sessions[sid].types.clear()
        return outcome

    return Fault(left=left)


@named
def witness_ids_go_on_after_reaping() -> Fault:
    live: dict[int, int] = {}
    reaped: dict[int, int] = {}

    def left(store: Store, operation: Operation, arguments: Arguments, outcome: Outcome) -> Outcome:
        if outcome.error is None and operation.gives == "session":
            if operation.name == "open" and outcome.ok == 0:
                reaped.clear()  # a fresh store
            store.sessions[outcome.ok].ownership.next_witness_id = reaped.get(outcome.ok, 1)
        if operation.result == "summaries" and not operation.reads_only:
            reaped.update((summary.sid, live[summary.sid]) for summary in outcome.ok if summary.sid in live)
        live.clear()
        live.update((sid, session.ownership.next_witness_id) for sid, session in store.sessions.items())
        return outcome

    return Fault(left=left)
