"""In which order to offer the operations of the contract, so that each step already shows something."""

from __future__ import annotations

from typing import Final, NamedTuple


class Step(NamedTuple):
    """Operations that belong together."""

    title: str
    operations: tuple[str, ...]
    shows: str
    """What a check can find once they are offered."""


STEPS: Final = (
    Step(
        "Sessions and their owners",
        (
            "open",
            "session_ids",
            "next_session_id",
            "claim_ownership",
            "release_ownership",
            "validate_ownership_capability",
            "current_ownership",
            "authority_audit_log",
        ),
        "stale capabilities that still pass, owners that get lost, records that are missing",
    ),
    Step(
        "Transfers",
        ("begin_ownership_transfer", "commit_ownership_transfer", "rollback_ownership_transfer"),
        "two owners at once, a receipt that counts twice, a transfer that is half done",
    ),
    Step(
        "Readiness witnesses",
        ("issue_readiness_witness", "consume_readiness_witness"),
        "a witness that is consumed twice, or by an owner who may not",
    ),
    Step(
        "Typed steps",
        ("plan", "lookup_type", "lookup_branch_resolution", "advance"),
        "a step that the local type does not allow, recursion that goes back to the wrong place",
    ),
    Step(
        "Messages",
        ("send", "recv", "has_message"),
        "messages that are lost, repeated or out of order, full buffers",
    ),
    Step(
        "The state of a session",
        ("observe",),
        "anything that an operation leaves behind and its answer does not show",
    ),
    Step(
        "Closing and reaping",
        (
            "close",
            "closed_session_ids",
            "reap_closed",
            "reap_sessions",
            "archived_closed",
            "active_count",
            "live_count",
            "memory_usage",
        ),
        "a closed session that lives on, a summary that is wrong",
    ),
    Step(
        "The other ends of ownership",
        (
            "attenuate_ownership_scope",
            "mark_owner_died",
            "cancel_abandoned_transfer",
            "fault_failed_transfer_commit",
        ),
        "a session that goes on after its owner is gone",
    ),
    Step(
        "Handlers and traces",
        (
            "apply_owned_session_mutation",
            "lookup_handler",
            "lookup_trace",
            "default_handler_for_session",
            "update_handler",
            "set_default_handler_for_session",
            "update_trace",
            "has_bound_handler",
        ),
        "a change without the right to it, a handler of another session",
    ),
    Step(
        "Sessions under given ids",
        ("open_with_sid", "open_with_sid_from_plan", "reload"),
        "a new session that inherits from the old one, a store that changes when it is read back",
    ),
    Step(
        "More of local types",
        (
            "original_type",
            "update_type",
            "update_original",
            "remove_type",
            "unfold_mu",
            "unfold_if_var",
            "unfold_if_var_with_scope",
        ),
        "unfolding that differs from the contract's",
    ),
    Step(
        "Signed messages and their trees",
        (
            "send_with_sequence",
            "send_signed",
            "recv_signed",
            "recv_verified",
            "recv_verified_signed",
            "auth_root",
            "auth_leaves",
            "auth_proof",
            "auth_verify",
        ),
        "a bad signature that passes, a root that does not match its leaves",
    ),
    Step(
        "The rest",
        (
            "issue_timeout_witness",
            "advance_clock",
            "runtime_audit_log",
            "decode_edge_json",
            "lifecycle_state",
            "decode",
        ),
        "timeouts that do not end, JSON that is read otherwise",
    ),
)
"""Every operation of the contract is in one of the steps."""


def offered_by(steps: int) -> tuple[str, ...]:
    """Return the operations of the first steps."""
    return tuple(name for step in STEPS[:steps] for name in step.operations)
