"""Every operation of the contract at a glance (contract §12), and one step of a store."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from msgspec import Struct

from telltale_conformance.model import advance, edges, messages, mutations, observe, ownership, timeouts, witnesses
from telltale_conformance.model import sessions as lifecycle
from telltale_conformance.model.errors import Refused
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import AuditRecord


class Operation(NamedTuple):
    """An operation: its function over a store, its parameters, and the session that it names."""

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    """Argument names in the function's order; ``from_`` stands for ``from``."""
    subject: Callable[[tuple[Any, ...]], int] | None
    """Gives, of the arguments, the sid whose audit log is the event's; None where the log is not looked at."""


class Outcome(Struct, frozen=True, gc=False):
    """What an operation answered: ``ok`` or, when ``error`` is not None, a refusal; and its log records."""

    ok: Any
    error: Refused | None
    audit: Sequence[AuditRecord]


_NO_RECORDS: Final[Sequence[AuditRecord]] = ()


def step(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> Outcome:
    """Carry out one operation; a refusal is an outcome, and any other exception is a fault of the model.

    The records are those that the operation appended to the log of the session it names (none for ``open*``,
    which names none that was there before).
    """
    session = None if operation.subject is None else store.sessions.get(operation.subject(arguments))
    if session is None:
        try:
            return Outcome(operation.function(store, *arguments), None, _NO_RECORDS)
        except Refused as refusal:
            return Outcome(None, _alone(refusal), _NO_RECORDS)
    log = session.log
    before = len(log)
    try:
        ok, error = operation.function(store, *arguments), None
    except Refused as refusal:
        ok, error = None, _alone(refusal)
    return Outcome(ok, error, log[before:] if len(log) > before else _NO_RECORDS)


def _alone(refusal: Refused) -> Refused:
    """Return a refusal without the frames that it came through: they would keep every store of a run alive."""
    refusal.__context__ = None
    return refusal.with_traceback(None)


def _sid(arguments: tuple[Any, ...]) -> int:
    sid: int = arguments[0]
    return sid


def _session_id(arguments: tuple[Any, ...]) -> int:
    sid: int = arguments[0].session_id
    return sid


_SUBJECTS: Final = {"sid": _sid, "capability": _session_id, "receipt": _session_id}


def _operation(function: Callable[..., Any]) -> Operation:
    parameters = tuple(inspect.signature(function).parameters)[1:]
    names_session = parameters and not function.__name__.startswith("open")
    subject = _SUBJECTS.get(parameters[0]) if names_session else None
    return Operation(function.__name__, function, parameters, subject)


OPERATIONS: Final = {
    function.__name__: _operation(function)
    for function in (
        lifecycle.open,
        lifecycle.open_with_sid,
        lifecycle.close,
        lifecycle.reap_closed,
        lifecycle.reap_sessions,
        lifecycle.closed_session_ids,
        lifecycle.session_ids,
        lifecycle.active_count,
        lifecycle.live_count,
        lifecycle.next_session_id,
        lifecycle.archived_closed,
        lifecycle.memory_usage,
        lifecycle.plan,
        ownership.claim_ownership,
        ownership.release_ownership,
        ownership.validate_ownership_capability,
        ownership.begin_ownership_transfer,
        ownership.commit_ownership_transfer,
        ownership.rollback_ownership_transfer,
        ownership.cancel_abandoned_transfer,
        ownership.fault_failed_transfer_commit,
        ownership.attenuate_ownership_scope,
        mutations.apply_owned_session_mutation,
        witnesses.issue_readiness_witness,
        witnesses.consume_readiness_witness,
        ownership.mark_owner_died,
        ownership.current_ownership,
        ownership.authority_audit_log,
        mutations.lookup_handler,
        mutations.lookup_trace,
        mutations.default_handler_for_session,
        advance.lookup_type,
        advance.original_type,
        advance.update_type,
        advance.update_original,
        advance.remove_type,
        advance.lookup_branch_resolution,
        advance.advance,
        advance.unfold_mu,
        advance.unfold_if_var,
        advance.unfold_if_var_with_scope,
        messages.send,
        messages.recv,
        messages.has_message,
        observe.observe,
        edges.decode_edge_json,
        timeouts.issue_timeout_witness,
        timeouts.advance_clock,
        timeouts.runtime_audit_log,
    )
}
"""All operations by name."""
