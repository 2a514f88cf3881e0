"""Records of one session's audit log, for tests that write logs by hand."""

from __future__ import annotations

CAP = {"generation": 0, "owner_id": "a", "scope": "Session", "session_id": 0}
ISSUED = {"artifact": {"OwnershipCapability": CAP}, "event": "Issued", "reason": None, "tick": None}
DIED = {"artifact": {"OwnershipCapability": CAP}, "event": "Invalidated", "reason": "owner died", "tick": None}
CANCELLATION = {
    "generation": 0,
    "owner_id": "a",
    "reason": {"OwnerDied": {"owner_id": "a"}},
    "session_id": 0,
    "witness_id": 1,
}
CANCELLED = {"artifact": {"Cancellation": CANCELLATION}, "event": "Issued", "reason": None, "tick": None}
DEATH = [ISSUED, DIED, CANCELLED]
RECEIPT = {
    "claim_id": 1,
    "from_generation": 0,
    "from_owner_id": "a",
    "scope": "Session",
    "session_id": 0,
    "to_generation": 1,
    "to_owner_id": "b",
}
BEGUN = {"artifact": {"OwnershipReceipt": RECEIPT}, "event": "Issued", "reason": None, "tick": None}
WITNESS = {**CAP, "witness_id": 1, "predicate_ref": "p"}
READY = {"artifact": {"Readiness": WITNESS}, "event": "Issued", "reason": None, "tick": None}
CONSUMED = {**READY, "event": "Consumed"}
RELEASED = {**DIED, "reason": "ownership released"}
COMMIT = [
    {**DIED, "reason": "ownership transferred"},
    {**BEGUN, "event": "Committed"},
    {**ISSUED, "artifact": {"OwnershipCapability": {**CAP, "owner_id": "b", "generation": 1}}},
]
