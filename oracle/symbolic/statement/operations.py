"""The operations by wire name, and one step of a session (contract §12).

The names are written here once more, on purpose: this statement takes nothing from the reference.
"""

from __future__ import annotations

from collections.abc import Callable

from telltale_conformance.oracle.symbolic.statement import mutations, ownership, sessions, witnesses
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session
from telltale_conformance.oracle.symbolic.statement.step import Step

Transition = Callable[[Contract, Session, Args], Step]

OWNERSHIP: dict[str, Transition] = {
    "claim_ownership": ownership.claim,
    "release_ownership": ownership.release,
    "begin_ownership_transfer": ownership.begin,
    "commit_ownership_transfer": ownership.commit,
    "rollback_ownership_transfer": ownership.rollback,
    "attenuate_ownership_scope": ownership.attenuate,
    "validate_ownership_capability": ownership.validate,
    "apply_owned_session_mutation": mutations.mutate,
    "issue_readiness_witness": witnesses.issue,
    "consume_readiness_witness": witnesses.consume,
    "mark_owner_died": ownership.died,
    "cancel_abandoned_transfer": ownership.cancel,
    "fault_failed_transfer_commit": ownership.fault,
}
"""The ownership operations of contract §2."""

LIFECYCLE: dict[str, Transition] = {"close": sessions.close, "reap_sessions": sessions.reap}
"""What else changes a session's ownership state during its life."""

OPERATIONS: dict[str, Transition] = {**OWNERSHIP, **LIFECYCLE}
