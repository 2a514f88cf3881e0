"""Wrong stores that are the reference with a switch of clients where there must be none.

Each carries an operation out in steps; another client may come in between. What a client read before the switch it
still believes after it, as a store does that checks first and writes later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from telltale_conformance.lean_traces.printing import encode
from telltale_conformance.model.contract import contract_named
from telltale_conformance.model.operations import OPERATIONS, Outcome, step
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import AuditRecord
from telltale_conformance.oracle.adapters import Answer, Request
from telltale_conformance.oracle.adapters.reference import read_arguments, reference_hello
from telltale_conformance.oracle.adapters.scheduled import ClientEnded, ScheduledClients, Steps
from telltale_conformance.oracle.histories.snapshots import copy

SWITCHES = 6
"""How many turns of other clients a window lasts at most."""


class StepwiseClients(ScheduledClients):
    """The reference, with one race lost.

    Args:
        lose: how an operation is carried out; None for the right way.
        contract: that the store follows, but for that.
    """

    def __init__(self, lose: Callable[[StepwiseClients, int, str, tuple[Any, ...]], Any] | None, contract: str) -> None:
        self._lose = lose
        self.contract = contract_named(contract)
        super().__init__(msgspec.structs.replace(reference_hello(self.contract), observes=frozenset()))

    def fresh(self) -> None:
        self.store = Store(self.contract)
        self.replicas: dict[int, Store] = {}

    def steps(self, client: int, request: Request) -> Steps:
        operation = OPERATIONS[request.op]
        arguments = read_arguments(request.op, request.args)
        yield
        outcome = None
        if self._lose is not None:
            outcome = yield from self._lose(self, client, request.op, arguments)
        if outcome is None:
            outcome = step(self.store, operation, arguments)
        yield
        if outcome.error is None:
            return Answer("ok", encode(outcome.ok), None)
        return Answer("err", encode(outcome.error.to_json()), None)

    def window(self) -> Iterator[None]:
        """Let other clients come in."""
        for _ in range(self._rng.randrange(1, SWITCHES)):
            yield


def sid_of(op: str, arguments: tuple[Any, ...]) -> int | None:
    row = OPERATIONS[op]
    return None if row.sid_of is None else row.sid_of(arguments)


def lost_update(*ops: str) -> Callable[..., Any]:
    """The whole session is read, and written back after a switch: what others wrote in between is lost."""

    def lose(clients: StepwiseClients, client: int, op: str, arguments: tuple[Any, ...]) -> Any:
        if op not in ops:
            return None
        sid = sid_of(op, arguments)
        before = clients.store.sessions.get(sid) if sid is not None else None
        if before is None:
            return None
        read = copy(before)
        yield from clients.window()
        alone = Store(clients.contract)
        alone.insert(read)
        outcome = step(alone, OPERATIONS[op], arguments)
        clients.store.insert(alone.sessions[read.sid])
        return outcome

    return lose


def checked_then_done(*ops: str) -> Callable[..., Any]:
    """The guards are checked on what was read before a switch; then it is done to the session as it is.

    Unlike a lost update nothing is lost, but what no longer passes is done all the same.
    """

    def lose(clients: StepwiseClients, client: int, op: str, arguments: tuple[Any, ...]) -> Any:
        if op not in ops:
            return None
        sid = sid_of(op, arguments)
        session = clients.store.sessions.get(sid) if sid is not None else None
        if session is None:
            return None
        alone = Store(clients.contract)
        alone.insert(copy(session))
        outcome = step(alone, OPERATIONS[op], arguments)
        yield from clients.window()
        if outcome.error is None:
            _carry_over(alone.sessions[session.sid], session, outcome)
            if session.status != "Active":
                clients.store.ended.add(session.sid)
        return outcome

    return lose


def _carry_over(done: Session, session: Session, outcome: Outcome) -> None:
    session.ownership.current = done.ownership.current
    session.ownership.pending = done.ownership.pending
    session.ownership.terminal = done.ownership.terminal
    session.ownership.next_claim_id = done.ownership.next_claim_id
    session.ownership.next_witness_id = done.ownership.next_witness_id
    session.ownership.issued = dict(done.ownership.issued)
    session.ownership.consumed |= done.ownership.consumed
    session.status = done.status
    session.log.extend(outcome.audit)


def number_taken_late(clients: StepwiseClients, client: int, op: str, arguments: tuple[Any, ...]) -> Any:
    """The next session id is read, and counted up after a switch: two sessions get one id."""
    if op != "open":
        return None
    number = clients.store.next_sid
    yield from clients.window()
    clients.store.next_sid = number
    return None


def looked_up_then_replaced(clients: StepwiseClients, client: int, op: str, arguments: tuple[Any, ...]) -> Any:
    """Two openings under one id become two sessions for a moment: the loser's later steps go to the first."""
    if op != "open_with_sid":
        return None
    former = clients.store.sessions.get(arguments[0])
    outcome = step(clients.store, OPERATIONS[op], arguments)
    made = clients.store.sessions[arguments[0]]
    yield from clients.window()
    if clients.store.sessions.get(arguments[0]) is made and former is not None:
        clients.store.insert(former)
    return outcome


def reaped_from_a_list(clients: StepwiseClients, client: int, op: str, arguments: tuple[Any, ...]) -> Any:
    """What is to be reaped is listed, and reaped after a switch: a session is archived twice."""
    if not op.startswith("reap"):
        return None
    wanted = clients.store.ended if op == "reap_closed" else [sid for sid in arguments[0] if sid in clients.store.ended]
    listed = [copy(clients.store.sessions[sid]) for sid in sorted(wanted)]
    yield from clients.window()
    alone = Store(clients.contract)
    for session in listed:
        alone.insert(session)
        clients.store.remove(session.sid)
    outcome = step(alone, OPERATIONS["reap_closed"], ())
    clients.store.archive.extend(alone.archive)
    return outcome


def crash_in_the_middle(clients: StepwiseClients, client: int, op: str, arguments: tuple[Any, ...]) -> Any:
    """A commit that is cut off has taken the transfer away, and nobody owns what it left."""
    if op != "commit_ownership_transfer":
        return None
    session = clients.store.sessions.get(arguments[0].session_id)
    if session is None or session.ownership.pending != arguments[0] or session.ownership.terminal is not None:
        return None
    session.ownership.pending = None
    if clients._rng.random() < 0.5:
        raise ClientEnded
    yield
    session.ownership.pending = arguments[0]
    return None


def reordered_log(clients: StepwiseClients, client: int, op: str, arguments: tuple[Any, ...]) -> Any:
    """Records are written some time after the operation, in any order."""
    row = OPERATIONS[op]
    session = clients.store.sessions.get(row.subject(arguments)) if row.subject is not None else None
    if session is None or row.reads_only:
        return None
    before = len(session.log)
    outcome = step(clients.store, row, arguments)
    late: list[AuditRecord] = session.log[before:]
    del session.log[before:]
    yield from clients.window()
    session.log.extend(late)
    return outcome


def stale_read(clients: StepwiseClients, client: int, op: str, arguments: tuple[Any, ...]) -> Any:
    """Reads come from a replica that is a step behind."""
    if not OPERATIONS[op].reads_only or sid_of(op, arguments) is None:
        clients.replicas[0] = copied(clients.store)
        yield
        return None
    replica = clients.replicas.get(0)
    yield
    return None if replica is None else step(replica, OPERATIONS[op], arguments)


def copied(store: Store) -> Store:
    other = Store(store.contract)
    for session in store.sessions.values():
        other.insert(copy(session))
    other.archive = list(store.archive)
    other.next_sid = store.next_sid
    return other


def received_twice(clients: StepwiseClients, client: int, op: str, arguments: tuple[Any, ...]) -> Any:
    """A message is looked at, and taken away after a switch: two clients get it."""
    if op != "recv":
        return None
    session = clients.store.sessions.get(arguments[0])
    buffer = None if session is None else session.buffers.get((arguments[1], arguments[2]))
    if buffer is None or not buffer.messages:
        return None
    message = buffer.messages[0]
    yield from clients.window()
    if buffer.messages and buffer.messages[0] is message:
        buffer.messages.popleft()
        clients.store.totals.messages -= 1
    return Outcome(message.value, None, ())


WRONG: dict[str, Callable[..., Any]] = {
    "claim checked, then done": checked_then_done("claim_ownership"),
    "claim loses an update": lost_update("claim_ownership"),
    "release checked, then done": checked_then_done("release_ownership"),
    "commit checked, then done": checked_then_done("commit_ownership_transfer"),
    "rollback checked, then done": checked_then_done("rollback_ownership_transfer"),
    "cancel checked, then done": checked_then_done("cancel_abandoned_transfer"),
    "fault checked, then done": checked_then_done("fault_failed_transfer_commit"),
    "death checked, then done": checked_then_done("mark_owner_died"),
    "consume checked, then done": checked_then_done("consume_readiness_witness"),
    "consume loses an update": lost_update("consume_readiness_witness"),
    "issue loses an update": lost_update("issue_readiness_witness"),
    "generation loses an update": lost_update("attenuate_ownership_scope"),
    "begin checked, then done": checked_then_done("begin_ownership_transfer"),
    "close loses an update": lost_update("close"),
    "claim and close lose updates": lost_update("close", "claim_ownership"),
    "message received twice": received_twice,
    "session reaped twice": reaped_from_a_list,
    "session id given twice": number_taken_late,
    "session opened twice": looked_up_then_replaced,
    "crash in the middle of a commit": crash_in_the_middle,
    "reordered log": reordered_log,
    "stale read": stale_read,
}
"""How each of them loses its race, by name."""
