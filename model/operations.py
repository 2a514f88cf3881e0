"""Every operation of the contract at a glance (contract §12), and one step of a store.

This table is the one home of what is known of an operation: whoever needs a set of operations asks it for those of
which something is true (``those``).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple

from msgspec import Struct

from telltale_conformance.model import (
    advance,
    auth,
    decode,
    edges,
    host_calls,
    lifecycle_states,
    messages,
    mutations,
    observe,
    ownership,
    reload,
    timeouts,
    witnesses,
)
from telltale_conformance.model import sessions as lifecycle
from telltale_conformance.model.errors import Refused
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import AuditRecord

Result = Literal[
    "nothing",
    "session",
    "capability",
    "receipt",
    "witness",
    "cancellation",
    "records",
    "sids",
    "count",
    "summaries",
    "memory",
    "plan",
    "handler",
    "trace",
    "type",
    "scoped type",
    "branch",
    "typed step",
    "enqueued",
    "value",
    "signed message",
    "truth",
    "state",
    "edge",
    "timeout",
    "timeouts",
    "lifecycle state",
    "hash",
    "hashes",
    "proof",
    "decoded",
]
"""The kinds of results; ``nothing`` is null."""
Errors = Literal["none", "text", "ownership", "branch"]
"""What an operation refuses with: nothing, an error text, an ownership error (contract §1), or ``NoBranch`` (§7)."""
Log = Literal["session", "runtime"]
Reach = Literal["nothing", "session", "opening", "listed", "next sid", "archive", "sessions", "runtime", "everything"]
"""What of the store a call looks at and changes: no part of it; the one session that it names; the counter of ids and
the session that it opens; the sessions that it lists and the archive; which sessions are live, in what state, and the
archive; or anything at all. Calls that reach different parts do not see each other's effects."""


class Operation(NamedTuple):
    """An operation: its function over a store, its parameters, and what is known of every call of it."""

    name: str
    function: Callable[..., Any]
    parameters: tuple[str, ...]
    """Argument names in the function's order; ``from_`` stands for ``from``."""
    optional: frozenset[str]
    """The parameters that may be left out."""
    section: str
    """Of the contract."""
    result: Result
    nullable: bool
    """Whether a result other than ``nothing`` may be null."""
    errors: Errors
    shows_types: bool
    """Local types stand in its results."""
    reads_only: bool
    """It changes nothing, whatever it answers."""
    log: Log | None
    """The audit log that it may append to, under one of the contracts at least."""
    terminal: bool
    """It ends its session's ownership for good: a terminal reason is recorded."""
    grows: frozenset[str]
    """The counters and collections (``model.growth``) that it makes greater where it succeeds, under one of the
    contracts at least."""
    sid_of: Callable[[tuple[Any, ...]], int] | None
    """Gives, of the arguments, the sid that the first of them names, in whatever form; None where it names none."""
    subject: Callable[[tuple[Any, ...]], int] | None
    """Gives, of the arguments, the sid whose audit log is the event's; None where the log is not looked at."""
    reach: Reach
    """What of the store it looks at and changes."""

    @property
    def gives(self) -> Result | None:
        """What it newly gives that later operations take: a session, capability, receipt or witness."""
        return self.result if self.result in _TAKEN and not self.reads_only else None


_TAKEN: Final = frozenset({"session", "capability", "receipt", "witness"})


_WITH_TYPES: Final[frozenset[Result]] = frozenset({"plan", "type", "scoped type", "branch", "typed step", "state"})
"""The results in which local types stand."""


class Outcome(Struct, frozen=True, gc=False):
    """What an operation answered: ``ok`` or, when ``error`` is not None, a refusal; and its log records."""

    ok: Any
    error: Refused | None
    audit: Sequence[AuditRecord]
    any_bound_names: bool = False
    """Whether the contract fixes no names for the bound variables of the types in ``ok`` (H14)."""


_NO_RECORDS: Final[Sequence[AuditRecord]] = ()


def step(store: Store, operation: Operation, arguments: tuple[Any, ...]) -> Outcome:
    """Carry out one operation; a refusal is an outcome, and any other exception is a fault of the model.

    The records are those that the operation appended to the log of the session it names (none for ``open*``,
    which names none that was there before).
    """
    subject = operation.subject
    session = None if subject is None else store.sessions.get(subject(arguments))
    log = _NO_RECORDS if session is None else session.log
    before = len(log)
    try:
        ok, error = operation.function(store, *arguments), None
    except Refused as refusal:
        refusal.__context__ = refusal.__traceback__ = None  # its frames would keep every store of a run alive
        ok, error = None, refusal
    records = log[before:] if len(log) > before else _NO_RECORDS
    return Outcome(ok, error, records, operation.shows_types and store.contract.fixes_no_bound_names())


def _session_id(arguments: tuple[Any, ...]) -> int:
    sid: int = arguments[0].session_id
    return sid


def _own_sid(arguments: tuple[Any, ...]) -> int:
    sid: int = arguments[0].sid
    return sid


_SID_OF: Final[dict[str, Callable[[tuple[Any, ...]], int]]] = {
    "sid": itemgetter(0),
    "capability": _session_id,
    "receipt": _session_id,
    "ep": _own_sid,
    "edge": _own_sid,
}
_WITHOUT_LOG: Final = frozenset({"ep", "edge"})
"""Parameters that name a session whose log the contract does not look at."""


_OPENED: Final = "Store.sessions Store.next_sid"
_GRANTED: Final = "Ownership.current Ownership.next_generation Session.log"
_CANCELLED: Final = "Store.ended Ownership.next_witness_id Session.log"
_SENT: Final = "Buffer.messages Buffer.capacity Session.auth Session.auth_leaves"
_GROWS: Final = {
    "open": _OPENED,
    "open_with_sid": _OPENED,
    "open_with_sid_from_plan": _OPENED,
    "close": "Store.ended Session.epoch Session.log",
    "reap_closed": "Store.archive",
    "reap_sessions": "Store.archive",
    "claim_ownership": _GRANTED,
    "release_ownership": "Session.log",
    "begin_ownership_transfer": "Ownership.next_claim_id Session.log",
    "commit_ownership_transfer": _GRANTED,
    "rollback_ownership_transfer": "Session.log",
    "cancel_abandoned_transfer": _CANCELLED,
    "fault_failed_transfer_commit": "Store.ended Session.log",
    "attenuate_ownership_scope": _GRANTED,
    "mark_owner_died": _CANCELLED,
    "apply_owned_session_mutation": "Session.edge_handlers Session.pair_handlers Session.edge_traces",
    "issue_readiness_witness": "Ownership.next_witness_id Ownership.issued Session.log",
    "consume_readiness_witness": "Ownership.consumed Session.log",
    **dict.fromkeys(("send", "send_with_sequence", "send_signed"), _SENT),
    "update_handler": "Session.edge_handlers Session.pair_handlers",
    "update_trace": "Session.edge_traces",
    "issue_timeout_witness": "Timeouts.next_witness_id Timeouts.live Timeouts.log",
    "advance_clock": "Timeouts.clock Timeouts.log",
}
"""What operations make greater; those that are not listed make nothing greater."""


def _row(
    function: Callable[..., Any],
    section: str,
    result: Result,
    errors: Errors = "none",
    *,
    nullable: bool = False,
    reads_only: bool = False,
    log: Log | None = None,
    terminal: bool = False,
    reach: Reach | None = None,
) -> Operation:
    given = dict(islice(inspect.signature(function).parameters.items(), 1, None))
    first = next(iter(given), "")
    sid_of = _SID_OF.get(first)
    return Operation(
        name=function.__name__,
        function=function,
        parameters=tuple(given),
        optional=frozenset(name for name, parameter in given.items() if parameter.default is None),
        section=section,
        result=result,
        nullable=nullable,
        errors=errors,
        shows_types=result in _WITH_TYPES,
        reads_only=reads_only,
        log=log,
        terminal=terminal,
        grows=frozenset(_GROWS.get(function.__name__, "").split()),
        sid_of=sid_of,
        subject=None if result == "session" or first in _WITHOUT_LOG else sid_of,
        reach=reach or ("opening" if result == "session" else "everything" if sid_of is None else "session"),
    )


_ROWS: Final = (
    _row(lifecycle.open, "§5", "session", "text"),
    _row(lifecycle.open_with_sid, "§5", "session", "text"),
    _row(lifecycle.close, "§5", "nothing", "text", log="session"),
    _row(lifecycle.reap_closed, "§5", "summaries", reach="sessions"),
    _row(lifecycle.reap_sessions, "§5", "summaries", reach="listed"),
    _row(lifecycle.closed_session_ids, "§5", "sids", reads_only=True, reach="sessions"),
    _row(lifecycle.session_ids, "§5", "sids", reads_only=True, reach="sessions"),
    _row(lifecycle.active_count, "§5", "count", reads_only=True, reach="sessions"),
    _row(lifecycle.live_count, "§5", "count", reads_only=True, reach="sessions"),
    _row(lifecycle.next_session_id, "§5", "count", reads_only=True, reach="next sid"),
    _row(lifecycle.archived_closed, "§5", "summaries", reads_only=True, reach="archive"),
    _row(lifecycle.memory_usage, "§5", "memory", reads_only=True, reach="sessions"),
    _row(lifecycle.plan, "§6", "plan", "text", reads_only=True, reach="nothing"),
    _row(ownership.claim_ownership, "§2", "capability", "ownership", log="session"),
    _row(ownership.release_ownership, "§2", "nothing", "ownership", log="session"),
    _row(ownership.validate_ownership_capability, "§2", "nothing", "ownership", reads_only=True),
    _row(ownership.begin_ownership_transfer, "§2", "receipt", "ownership", log="session"),
    _row(ownership.commit_ownership_transfer, "§2", "capability", "ownership", log="session"),
    _row(ownership.rollback_ownership_transfer, "§2", "nothing", "ownership", log="session"),
    _row(ownership.cancel_abandoned_transfer, "§2", "cancellation", "ownership", log="session", terminal=True),
    _row(ownership.fault_failed_transfer_commit, "§2", "nothing", "ownership", log="session", terminal=True),
    _row(ownership.attenuate_ownership_scope, "§2", "capability", "ownership", log="session"),
    _row(mutations.apply_owned_session_mutation, "§2", "nothing", "ownership"),
    _row(witnesses.issue_readiness_witness, "§2", "witness", "ownership", log="session"),
    _row(witnesses.consume_readiness_witness, "§3", "nothing", "ownership", log="session"),
    _row(ownership.mark_owner_died, "§2", "cancellation", "ownership", log="session", terminal=True),
    _row(ownership.current_ownership, "§2", "capability", nullable=True, reads_only=True),
    _row(ownership.authority_audit_log, "§2", "records", nullable=True, reads_only=True),
    _row(mutations.lookup_handler, "§4", "handler", nullable=True, reads_only=True),
    _row(mutations.lookup_trace, "§4", "trace", nullable=True, reads_only=True),
    _row(mutations.default_handler_for_session, "§4", "handler", nullable=True, reads_only=True),
    _row(advance.lookup_type, "§7", "type", nullable=True, reads_only=True),
    _row(advance.original_type, "§7", "type", nullable=True, reads_only=True),
    _row(advance.update_type, "§7", "nothing"),
    _row(advance.update_original, "§7", "nothing"),
    _row(advance.remove_type, "§7", "nothing"),
    _row(advance.lookup_branch_resolution, "§7", "branch", nullable=True, reads_only=True),
    _row(advance.advance, "§7", "typed step", "branch"),
    _row(advance.unfold_mu, "§7", "type", reads_only=True, reach="nothing"),
    _row(advance.unfold_if_var, "§7", "type", reads_only=True, reach="nothing"),
    _row(advance.unfold_if_var_with_scope, "§7", "scoped type", reads_only=True, reach="nothing"),
    _row(messages.send, "§8", "enqueued", "text"),
    _row(messages.recv, "§8", "value", "text", nullable=True),
    _row(messages.has_message, "§8", "truth", "text", reads_only=True),
    _row(observe.observe, "§8", "state", "text", reads_only=True),
    _row(edges.decode_edge_json, "§10", "edge", "text", reads_only=True, reach="nothing"),
    _row(timeouts.issue_timeout_witness, "§9", "timeout", log="runtime", reach="runtime"),
    _row(timeouts.advance_clock, "§9", "timeouts", "text", log="runtime", reach="runtime"),
    _row(timeouts.runtime_audit_log, "§9", "records", reads_only=True, reach="runtime"),
    _row(lifecycle.open_with_sid_from_plan, "§13", "session", "text"),
    _row(messages.send_with_sequence, "§14", "enqueued", "text"),
    _row(messages.send_signed, "§14", "enqueued", "text"),
    _row(messages.recv_signed, "§14", "signed message", "text", nullable=True),
    _row(messages.recv_verified, "§14", "value", "text", nullable=True),
    _row(messages.recv_verified_signed, "§14", "signed message", "text", nullable=True),
    _row(reload.reload, "§15", "nothing", reach="everything"),
    _row(host_calls.update_handler, "§16", "nothing", "ownership"),
    _row(host_calls.set_default_handler_for_session, "§16", "nothing", "ownership"),
    _row(host_calls.update_trace, "§16", "nothing", "ownership"),
    _row(host_calls.has_bound_handler, "§16", "truth", "text", reads_only=True),
    _row(auth.auth_root, "§17", "hash", "text", nullable=True, reads_only=True),
    _row(auth.auth_leaves, "§17", "hashes", "text", nullable=True, reads_only=True),
    _row(auth.auth_proof, "§17", "proof", "text", nullable=True, reads_only=True),
    _row(auth.auth_verify, "§17", "truth", reads_only=True, reach="nothing"),
    _row(lifecycle_states.lifecycle_state, "§19", "lifecycle state", reads_only=True, reach="nothing"),
    _row(decode.decode, "§20", "decoded", "text", reads_only=True, reach="nothing"),
)
OPERATIONS: Final = {operation.name: operation for operation in _ROWS}
"""All operations by name, in the contract's order."""


def those(wanted: Callable[[Operation], bool]) -> frozenset[str]:
    """Return the names of the operations of which something is true."""
    return frozenset(name for name, operation in OPERATIONS.items() if wanted(operation))


APART: Final = those(lambda operation: operation.section in ("§17", "§20"))
"""The operations over auth trees and ``decode``: programs ask for them beside the steps that they draw."""
CORE: Final = those(
    lambda operation: (
        operation.section in ("§2", "§3") or operation.name in ("open", "open_with_sid", "close", "observe")
    )
)
"""The core of the contract: ownership, witnesses and their log, opening and closing, and the look at a session."""
