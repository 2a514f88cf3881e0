"""The contract in plain words: what each operation does, and what it would mean if a guard were not kept.

This is the one home of these wordings. ``what_broke`` makes the sentences of reports of them and of the sentences that
the guards have themselves.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Words(NamedTuple):
    """An operation in plain words."""

    doing: str
    """As the subject of a sentence: ``Claiming ownership``."""
    done: str
    """As a sentence that says that it has succeeded: ``Ownership is claimed``."""


OPERATIONS_IN_WORDS: Final = {
    "open": Words("Opening a session", "A session is opened"),
    "open_with_sid": Words("Opening a session under a given id", "A session is opened under a given id"),
    "close": Words("Closing a session", "A session is closed"),
    "reap_closed": Words("Removing the closed sessions", "The closed sessions are removed"),
    "reap_sessions": Words("Removing listed sessions", "Listed sessions are removed"),
    "closed_session_ids": Words("Listing the closed sessions", "The closed sessions are listed"),
    "session_ids": Words("Listing the sessions", "The sessions are listed"),
    "active_count": Words("Counting the active sessions", "The active sessions are counted"),
    "live_count": Words("Counting the live sessions", "The live sessions are counted"),
    "next_session_id": Words("Asking for the next session id", "The next session id is given"),
    "archived_closed": Words("Listing the archived sessions", "The archived sessions are listed"),
    "memory_usage": Words("Asking for the memory in use", "The memory in use is given"),
    "plan": Words("Planning a session", "A session is planned"),
    "claim_ownership": Words("Claiming ownership", "Ownership is claimed"),
    "release_ownership": Words("Releasing ownership", "Ownership is released"),
    "validate_ownership_capability": Words("Validating a capability", "A capability is accepted as valid"),
    "begin_ownership_transfer": Words("Beginning a transfer", "A transfer is begun"),
    "commit_ownership_transfer": Words("Committing a transfer", "A transfer is committed"),
    "rollback_ownership_transfer": Words("Rolling back a transfer", "A transfer is rolled back"),
    "cancel_abandoned_transfer": Words("Cancelling an abandoned transfer", "A transfer is cancelled as abandoned"),
    "fault_failed_transfer_commit": Words("Reporting a failed transfer", "A transfer is accepted as failed"),
    "attenuate_ownership_scope": Words("Narrowing an owner's scope", "An owner's scope is narrowed"),
    "apply_owned_session_mutation": Words(
        "Changing a session in its owner's name", "A session is changed in its owner's name"
    ),
    "issue_readiness_witness": Words("Issuing a witness", "A witness is issued"),
    "consume_readiness_witness": Words("Consuming a witness", "A witness is consumed"),
    "mark_owner_died": Words("Reporting an owner's death", "An owner is accepted as dead"),
    "current_ownership": Words("Asking who owns a session", "The owner of a session is given"),
    "authority_audit_log": Words("Reading a session's audit log", "A session's audit log is given"),
    "lookup_handler": Words("Looking up a handler", "A handler is given"),
    "lookup_trace": Words("Looking up the trace of an edge", "The trace of an edge is given"),
    "default_handler_for_session": Words("Looking up a default handler", "A default handler is given"),
    "lookup_type": Words("Looking up a role's current type", "A role's current type is given"),
    "original_type": Words("Looking up a role's original type", "A role's original type is given"),
    "update_type": Words("Replacing a role's current type", "A role's current type is replaced"),
    "update_original": Words("Replacing a role's original type", "A role's original type is replaced"),
    "remove_type": Words("Removing a role's type", "A role's type is removed"),
    "lookup_branch_resolution": Words("Looking up a branch of a type", "A branch of a type is given"),
    "advance": Words("Following a branch of a type", "A branch of a type is followed"),
    "unfold_mu": Words("Unfolding a recursive type", "A recursive type is unfolded"),
    "unfold_if_var": Words("Unfolding a type variable", "A type variable is unfolded"),
    "unfold_if_var_with_scope": Words(
        "Unfolding a type variable with its scope", "A type variable is unfolded with its scope"
    ),
    "send": Words("Sending a message", "A message is sent"),
    "recv": Words("Receiving a message", "A message is received"),
    "has_message": Words("Asking whether a message is waiting", "It is answered whether a message is waiting"),
    "observe": Words("Looking at a session", "A session is shown"),
    "decode_edge_json": Words("Reading an edge from JSON", "An edge is read from JSON"),
    "issue_timeout_witness": Words("Issuing a timeout witness", "A timeout witness is issued"),
    "advance_clock": Words("Setting the clock", "The clock is set"),
    "runtime_audit_log": Words("Reading the runtime's audit log", "The runtime's audit log is given"),
    "open_with_sid_from_plan": Words("Opening a session from a plan", "A session is opened from a plan"),
    "send_with_sequence": Words("Sending a numbered message", "A numbered message is sent"),
    "send_signed": Words("Sending a signed message", "A signed message is sent"),
    "recv_signed": Words("Receiving a signed message", "A signed message is received"),
    "recv_verified": Words("Receiving a verified message", "A message is received as verified"),
    "recv_verified_signed": Words(
        "Receiving a verified message with its number", "A numbered message is received as verified"
    ),
    "reload": Words("Reloading the store", "The store is reloaded"),
    "update_handler": Words("Binding a handler as the host", "The host binds a handler"),
    "set_default_handler_for_session": Words(
        "Setting a default handler as the host", "The host sets a default handler"
    ),
    "update_trace": Words("Storing a trace as the host", "The host stores a trace"),
    "has_bound_handler": Words("Asking whether a handler is bound", "It is answered whether a handler is bound"),
    "auth_root": Words("Asking for the root of an auth tree", "The root of an auth tree is given"),
    "auth_leaves": Words("Asking for the leaves of an auth tree", "The leaves of an auth tree are given"),
    "auth_proof": Words("Asking for a proof of an auth tree", "A proof of an auth tree is given"),
    "auth_verify": Words("Verifying a proof of an auth tree", "A proof of an auth tree is verified"),
    "lifecycle_state": Words("Naming the state of an artifact", "The state of an artifact is named"),
    "decode": Words("Reading a value from JSON", "A value is read from JSON"),
}
"""Every operation of the contract, in its order."""

ACCEPTED_IN_WORDS: Final = {
    ("consume_readiness_witness", "§3.1"): "A consumed witness is accepted a second time.",
    ("consume_readiness_witness", "§3.2"): "A witness that was never issued is accepted.",
    ("consume_readiness_witness", "§3.3"): "A witness that differs from the issued one is accepted.",
    ("consume_readiness_witness", "§3.4"): "A witness is accepted under a capability that it was not issued for.",
    ("claim_ownership", "G-unowned"): "A session that has an owner is claimed a second time.",
    ("validate_ownership_capability", "G-live"): "A capability that is no longer live is accepted as valid.",
    ("attenuate_ownership_scope", "G-within"): "An owner's scope is changed to one that it does not contain.",
    ("begin_ownership_transfer", "G-idle"): "A transfer is begun although another one is pending.",
    ("recv", "H16"): "A message is received although its signature does not verify.",
    ("recv_verified", "§14 signature"): "A message is received as verified although its signature does not verify.",
    ("recv_verified_signed", "§14 signature"): (
        "A numbered message is received as verified although its signature does not verify."
    ),
}
"""Success where a guard must refuse, where it can be said better than by joining the two."""

IF_IT_IS_NOT_ASKED: Final = {
    "G-found": "Answers are given about sessions that do not exist.",
    "G-open": "A session whose ownership ended for good comes back to life.",
    "G-active": "A closed session goes on being used.",
    "G-owned": "Somebody acts as the owner where there is none.",
    "G-unowned": "Two clients each believe that they alone own the session.",
    "G-live": "A former owner goes on acting for the session.",
    "G-named": "Anyone can end a session by naming an owner that it does not have.",
    "G-honest": "A capability with a made-up scope passes for the live one.",
    "G-scope": "An owner of a part acts on the whole session.",
    "G-idle": "Ownership changes while it is on its way to somebody else.",
    "G-staged": "A transfer that is over, or never began, takes effect.",
    "G-match": "A forged receipt decides who owns the session.",
    "G-giver": "Ownership is handed over by someone who no longer has it.",
    "G-within": "An owner hands out more authority than it has.",
    "H15": "An owner changes what belongs to another session.",
    "§3.1": "What a witness allows once can be done again and again.",
    "§3.2": "Anyone can make up a witness, and it is believed.",
    "§3.3": "A witness that was altered on its way is believed.",
    "§3.4": "A witness of one owner works for another.",
    "G-counter generation": "Generations begin to repeat, and old capabilities become valid again.",
    "G-counter claim_id": "Claim ids begin to repeat, and old receipts become valid again.",
    "G-counter witness_id": "Witness ids begin to repeat, and old witnesses become valid again.",
    "§5 session": "Answers are given about sessions that do not exist.",
    "H7 left": "One session id comes to stand for two sessions.",
    "H7 ahead": "One session id comes to stand for two sessions.",
    "H7 unused": "One session id comes to stand for two sessions.",
    "§18 roles": "The contract does not say what happens beyond this limit.",
    "§18 handlers": "The contract does not say what happens beyond this limit.",
    "§18 labels": "The contract does not say what happens beyond this limit.",
    "§18 capacity": "The contract does not say what happens beyond this limit.",
    "H13": "Two roles of one name cannot be told apart.",
    "§7": "A role goes on along a branch that its type does not offer.",
    "§8 buffer": "A message travels between roles that have no channel.",
    "H16": "A message is believed that nobody signed, or it is lost.",
    "§14 signature": "A message is believed that nobody signed.",
    "H19": "Messages are taken twice, or out of order.",
    "§9 clock": "What has expired becomes valid again.",
    "§10.1 form": "A malformed edge is taken for another one.",
    "§10.1 roles": "A malformed edge is taken for another one.",
    "§10.1 sid": "A malformed edge is taken for one of another session.",
    "§10.2": "An edge is taken for one of a session that nobody named.",
}
"""Why it matters that a guard does not refuse, by its name."""
HOST_AND_OWNER: Final = "The host changes a session behind its owner's back."
"""The same of G-unowned in a host call."""
IF_A_TEXT_IS_READ: Final = "A malformed text is taken for a value."
"""The same of every guard of §20."""

STATE_IN_WORDS: Final = {
    "audit_len": "the length of its audit log",
    "auth": "the number of its auth leaves, trees or roots",
    "buffers": "its buffers",
    "default_handler": "its default handler",
    "edge_handlers": "its bound handlers",
    "edge_traces": "its stored traces",
    "edges": "its edges",
    "epoch": "its epoch",
    "local_types": "the types of its roles",
    "ownership": "its ownership",
    "ownership.consumed_witnesses": "its consumed witnesses",
    "ownership.current": "its live owner",
    "ownership.issued_readiness": "its issued witnesses",
    "ownership.next_claim_id": "its next claim id",
    "ownership.next_witness_id": "its next witness id",
    "ownership.pending_transfer": "its pending transfer",
    "ownership.terminal_reason": "its terminal reason",
    "role_ids": "the ids of its roles",
    "roles": "its roles",
    "sid": "its id",
    "status": "its status",
}
"""The parts of a session's state."""
WRONG_STATE_IN_WORDS: Final = {
    ("ownership.consumed_witnesses", "missing"): "A consumed witness is not remembered as consumed.",
    ("ownership.consumed_witnesses", "unexpected"): "A witness counts as consumed that nobody has consumed.",
    ("ownership.issued_readiness", "missing"): "An issued witness is forgotten.",
    ("ownership.issued_readiness", "unexpected"): "A witness counts as issued that is not.",
    ("ownership.current", "missing"): "A session has lost its owner.",
    ("ownership.current", "unexpected"): "A session has an owner where it must have none.",
    ("ownership.pending_transfer", "missing"): "A pending transfer is forgotten.",
    ("ownership.pending_transfer", "unexpected"): "A transfer counts as pending that is over, or never began.",
    ("ownership.terminal_reason", "missing"): "A session whose ownership ended for good is not marked as such.",
    ("ownership.terminal_reason", "unexpected"): "The ownership of a session counts as ended although it is not.",
}
"""What a look at a session shows, where it can be said better than by its parts."""
