"""One well-formed request for every operation of the contract, for asking whether an adapter understands it.

They are asked one after the other in a fresh store, in which ``open`` gives session 0; what is answered does
not matter.
"""

from __future__ import annotations

from typing import Any, Final

from lean_traces.codec import encode
from oracle.adapters.protocol import Request

_CAPABILITY: Final = {"session_id": 0, "owner_id": "alice", "generation": 0, "scope": "Session"}
_RECEIPT: Final = {
    "session_id": 0,
    "claim_id": 1,
    "from_owner_id": "alice",
    "from_generation": 0,
    "to_owner_id": "bob",
    "to_generation": 1,
    "scope": {"Fragments": ["left", "right"]},
}
_WITNESS: Final = {
    "witness_id": 1,
    "session_id": 0,
    "owner_id": "alice",
    "generation": 0,
    "scope": "Session",
    "predicate_ref": "ready",
}
_LABEL: Final = {"name": "ask", "sort": "Nat"}
_SEND: Final = {"Send": {"partner": "B", "branches": [[_LABEL, "Nat", "End"]]}}
_RECEIVE: Final = {"Recv": {"partner": "A", "branches": [[_LABEL, None, {"Var": "again"}]]}}
_LOOP: Final = {"Mu": {"var": "again", "body": _RECEIVE}}
_TYPES: Final = {"roles": ["A", "B"], "initial_types": {"A": _SEND, "B": _LOOP}}
_BUFFER: Final = {"mode": "Fifo", "initial_capacity": 2, "policy": {"Resize": {"max_capacity": 8}}}
_ENDPOINT: Final = {"sid": 0, "role": "A"}
_EDGE: Final = {"sid": 0, "sender": "A", "receiver": "B"}
_PAIR: Final = {"sid": 0, "from": "A", "to": "B"}
_MUTATION: Final = {"UpdateTrace": {"edge": _EDGE, "trace": ["Nat", {"Prod": ["Bool", "String"]}]}}
_SID: Final = {"sid": 0}

_ARGUMENTS: Final[dict[str, dict[str, Any]]] = {
    "open": {**_TYPES, "buffer_config": _BUFFER},
    "open_with_sid": {**_TYPES, "sid": 7},
    "plan": _TYPES,
    "claim_ownership": {"sid": 0, "owner_id": "alice", "scope": "Session"},
    "validate_ownership_capability": {"capability": _CAPABILITY},
    "apply_owned_session_mutation": {"capability": _CAPABILITY, "mutation": _MUTATION},
    "issue_readiness_witness": {"capability": _CAPABILITY, "predicate_ref": "ready"},
    "consume_readiness_witness": {"capability": _CAPABILITY, "witness": _WITNESS},
    "begin_ownership_transfer": {"capability": _CAPABILITY, "new_owner_id": "bob", "new_scope": "Session"},
    "rollback_ownership_transfer": {"receipt": _RECEIPT},
    "commit_ownership_transfer": {"receipt": _RECEIPT},
    "cancel_abandoned_transfer": {"receipt": _RECEIPT},
    "fault_failed_transfer_commit": {"receipt": _RECEIPT, "reason": "disk full"},
    "attenuate_ownership_scope": {"capability": _CAPABILITY, "new_scope": {"Fragments": []}},
    "release_ownership": {"capability": _CAPABILITY},
    "mark_owner_died": {"sid": 0, "owner_id": "alice"},
    "current_ownership": _SID,
    "authority_audit_log": _SID,
    "lookup_handler": {"edge": _EDGE},
    "lookup_trace": {"edge": _EDGE},
    "default_handler_for_session": _SID,
    "lookup_type": {"ep": _ENDPOINT},
    "original_type": {"ep": _ENDPOINT},
    "lookup_branch_resolution": {"ep": _ENDPOINT, "label": "ask"},
    "advance": {"ep": _ENDPOINT, "label": "ask"},
    "update_type": {"ep": _ENDPOINT, "new_type": _SEND},
    "update_original": {"ep": _ENDPOINT, "new_original": _LOOP},
    "unfold_mu": {"lt": _LOOP},
    "unfold_if_var": {"cont": {"Var": "again"}, "original": _LOOP},
    "unfold_if_var_with_scope": {"cont": "End", "original": _LOOP},
    "send": {**_PAIR, "val": {"Prod": [{"Nat": 3}, {"Str": "three"}]}},
    "has_message": _PAIR,
    "observe": _SID,
    "recv": _PAIR,
    "remove_type": {"ep": _ENDPOINT},
    "decode_edge_json": {"value": {"sender": "A", "receiver": "B"}, "session_hint": 0},
    "issue_timeout_witness": {"site": "door", "until_tick": 5},
    "advance_clock": {"tick": 9},
    "runtime_audit_log": {},
    "memory_usage": {},
    "session_ids": {},
    "active_count": {},
    "live_count": {},
    "next_session_id": {},
    "close": _SID,
    "closed_session_ids": {},
    "reap_sessions": {"session_ids": [0, 7]},
    "reap_closed": {},
    "archived_closed": {},
}

WELL_FORMED: Final = {op: Request(op, encode(arguments)) for op, arguments in _ARGUMENTS.items()}
"""The requests by operation, in the order in which they are to be asked."""
