"""The store: its parts together, and its operations as requests in JSON."""

import json

from .forms import BadRequest, Forms, Refused
from .handlers import Handlers
from .messages import Messages
from .ownership import Ownership
from .reload import Reload
from .runtime import Runtime
from .sessions import Sessions
from .types import Types

OPENING = {"roles": "texts", "initial_types": "types", "buffer_config": "config"}
HOLDING = {"capability": "capability"}
STAGED = {"receipt": "receipt"}
ENDS = {"sid": "n", "from": "text", "to": "text"}
OPERATIONS = {
    "open": OPENING,
    "open_with_sid": {"sid": "n", **OPENING},
    "close": {"sid": "n"},
    "reap_closed": {},
    "reap_sessions": {"session_ids": "sids"},
    "closed_session_ids": {},
    "session_ids": {},
    "active_count": {},
    "live_count": {},
    "next_session_id": {},
    "archived_closed": {},
    "memory_usage": {},
    "plan": {"roles": "texts", "initial_types": "types"},
    "claim_ownership": {"sid": "n", "owner_id": "text", "scope": "scope"},
    "release_ownership": HOLDING,
    "validate_ownership_capability": HOLDING,
    "begin_ownership_transfer": {**HOLDING, "new_owner_id": "text", "new_scope": "scope"},
    "commit_ownership_transfer": STAGED,
    "rollback_ownership_transfer": STAGED,
    "cancel_abandoned_transfer": STAGED,
    "fault_failed_transfer_commit": {**STAGED, "reason": "text"},
    "attenuate_ownership_scope": {**HOLDING, "new_scope": "scope"},
    "apply_owned_session_mutation": {**HOLDING, "mutation": "mutation"},
    "issue_readiness_witness": {**HOLDING, "predicate_ref": "text"},
    "consume_readiness_witness": {**HOLDING, "witness": "witness"},
    "mark_owner_died": {"sid": "n", "owner_id": "text"},
    "current_ownership": {"sid": "n"},
    "authority_audit_log": {"sid": "n"},
    "lookup_handler": {"edge": "edge"},
    "lookup_trace": {"edge": "edge"},
    "default_handler_for_session": {"sid": "n"},
    "lookup_type": {"ep": "ep"},
    "original_type": {"ep": "ep"},
    "update_type": {"ep": "ep", "new_type": "type"},
    "update_original": {"ep": "ep", "new_original": "type"},
    "remove_type": {"ep": "ep"},
    "lookup_branch_resolution": {"ep": "ep", "label": "text"},
    "advance": {"ep": "ep", "label": "text"},
    "unfold_mu": {"lt": "type"},
    "unfold_if_var": {"cont": "type", "original": "type"},
    "unfold_if_var_with_scope": {"cont": "type", "original": "type"},
    "send": {**ENDS, "val": "val"},
    "recv": ENDS,
    "has_message": ENDS,
    "observe": {"sid": "n"},
    "decode_edge_json": {"value": "any", "session_hint": "hint"},
    "issue_timeout_witness": {"site": "text", "until_tick": "n"},
    "advance_clock": {"tick": "n"},
    "runtime_audit_log": {},
    "open_with_sid_from_plan": {"sid": "n", "plan": "plan", "buffer_config": "config"},
    "send_with_sequence": {**ENDS, "val": "val", "sequence_no": "n"},
    "send_signed": {**ENDS, "val": "val", "sequence_no": "hint", "signature": "signature"},
    "recv_signed": ENDS,
    "recv_verified": ENDS,
    "recv_verified_signed": ENDS,
    "reload": {"form": "form"},
    "update_handler": {"edge": "edge", "handler": "text"},
    "set_default_handler_for_session": {"sid": "n", "handler": "text"},
    "update_trace": {"edge": "edge", "trace": "valtypes"},
    "has_bound_handler": {"sid": "n"},
    "lifecycle_state": {"event": "event"},
}
"""The arguments of each operation and how each is read (§12, §21); those of §17 and §20 it does not offer."""
OPTIONAL = ("buffer_config", "session_hint")


class Store(Forms, Types, Sessions, Messages, Handlers, Reload, Runtime, Ownership):
    """A session store under one of the two contracts."""

    def __init__(self, contract="telltale-17"):
        self.hardened = contract == "hardened"
        self.sessions, self.archive, self.next_sid, self.last_id_used = {}, [], 0, False
        self.handlers, self.plans = {}, {}
        self.clock, self.sites, self.next_timeout, self.runtime_log = 0, {}, 0, []

    def key(self, kind, name):
        """Return what names are compared by: the whole name, whatever its kind."""
        return name

    def answer(self, op, given):
        """Carry out an operation; return ``ok`` or ``err``, the payload, and the new records."""
        return self.carried_out(op, self.arguments(op, given))

    def carried_out(self, op, values):
        """Carry out an operation on arguments that were read."""
        log = self.named_log(op, values)
        before = len(log)
        try:
            result = ("ok", getattr(self, op)(*values.values()))
        except Refused as refused:
            result = ("err", refused.error)
        return (*result, log[before:])

    def arguments(self, op, given):
        kinds = OPERATIONS[op]
        try:
            if not kinds.keys() >= given.keys():
                raise BadRequest(f"unknown arguments: {', '.join(given.keys() - kinds.keys())}")
            optional = OPTIONAL if op != "send_signed" else ("sequence_no",)
            return {
                name: self.read(kind, given.get(name) if name in optional else given[name])
                for name, kind in kinds.items()
            }
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadRequest(f"{type(error).__name__}: {error}") from None

    def named_log(self, op, values):
        """Return the log of the session that an operation names."""
        holding = values.get("capability") or values.get("receipt")
        sid = holding["session_id"] if holding else values.get("sid")
        named = None if op.startswith("open_with_sid") else self.sessions.get(sid)
        return [] if named is None else named["log"]

    def printed(self, value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
