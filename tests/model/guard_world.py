"""What guards each ownership operation has, a state in which any set of them fails, and what each then answers.

``ROWS`` is the column "guards" of the contract's table of ownership operations, with those of ``hardened`` marked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from telltale_conformance.model.contract import HARDENED, Contract
from telltale_conformance.model.state import Session
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import (
    SESSION,
    Edge,
    Fragments,
    OwnerDied,
    OwnerDiedFields,
    OwnershipCapability,
    OwnershipReceipt,
    ReadinessWitness,
    Scope,
    SetDefaultHandler,
    UpdateEdgeHandler,
)
from tests.model.store_world import TOP, XY, XZ, X, do, opened, plain, receipt_record, witness_record

MISSING = 99

ROWS: dict[str, str] = {
    "claim_ownership": "found open active* unowned idle generation*",
    "release_ownership": "found open active* owned live honest* idle",
    "begin_ownership_transfer": "found open active* owned live honest* idle within* generation* claim_id*",
    "commit_ownership_transfer": "found open active* owned staged match giver generation*",
    "rollback_ownership_transfer": "found open active* staged match",
    "attenuate_ownership_scope": "found open active* owned live honest* idle within* generation*",
    "validate_ownership_capability": "found open active* owned live honest*",
    "apply_owned_session_mutation": "found open active* owned live honest* scope own_edge*",
    "issue_readiness_witness": "found open active* owned live honest* scope witness_id*",
    "consume_readiness_witness": "found open active* owned live honest* scope unconsumed issued unchanged bound",
    "mark_owner_died": "found open active* owned named witness_id*",
    "cancel_abandoned_transfer": "found open active* staged match witness_id*",
    "fault_failed_transfer_commit": "found open active* staged match",
}
NAMES = {
    "generation": "G-counter generation",
    "claim_id": "G-counter claim_id",
    "witness_id": "G-counter witness_id",
    "unconsumed": "§3.1",
    "issued": "§3.2",
    "unchanged": "§3.3",
    "bound": "§3.4",
    "own_edge": "H15",
}
"""How a refusal names the guards that are not ``G-`` with the name in the row."""
REFUSES_RECEIPT = (
    "commit_ownership_transfer",
    "rollback_ownership_transfer",
    "cancel_abandoned_transfer",
    "fault_failed_transfer_commit",
)
NARROW = ("begin_ownership_transfer", "attenuate_ownership_scope")
"""Their live scope is a fragment, since nothing lies outside the scope Session."""


def row(operation: str, contract: Contract) -> list[str]:
    """The guards that an operation walks under a contract, in order."""
    return [guard.rstrip("*") for guard in ROWS[operation].split() if contract is HARDENED or not guard.endswith("*")]


@dataclass
class Situation:
    """A state, and what an operation is given in it."""

    store: Store
    sid: int
    live: OwnershipCapability
    capability: OwnershipCapability
    pending: OwnershipReceipt
    receipt: OwnershipReceipt
    witness: ReadinessWitness
    new_scope: Scope
    mutation: Any = field(default_factory=lambda: SetDefaultHandler("h"))
    dead: str = "ann"

    @property
    def session(self) -> Session:
        return self.store.sessions[0]

    def arguments(self, operation: str) -> tuple[Any, ...]:
        return {
            "claim_ownership": (self.sid, "new", self.new_scope),
            "release_ownership": (self.capability,),
            "begin_ownership_transfer": (self.capability, "bob", self.new_scope),
            "commit_ownership_transfer": (self.receipt,),
            "rollback_ownership_transfer": (self.receipt,),
            "attenuate_ownership_scope": (self.capability, self.new_scope),
            "validate_ownership_capability": (self.capability,),
            "apply_owned_session_mutation": (self.capability, self.mutation),
            "issue_readiness_witness": (self.capability, "p"),
            "consume_readiness_witness": (self.capability, self.witness),
            "mark_owner_died": (self.sid, self.dead),
            "cancel_abandoned_transfer": (self.receipt,),
            "fault_failed_transfer_commit": (self.receipt, "why"),
        }[operation]


def situation(operation: str, contract: Contract, broken: frozenset[str] = frozenset()) -> Situation:
    """A state in which the operation succeeds but for the broken guards."""
    store = opened(contract)
    do(store, "open", ("A", "B"), {})  # a bystander: every refusal is checked to leave it alone
    do(store, "claim_ownership", 1, "ann", SESSION)
    session = store.sessions[0]
    ownership = session.ownership
    scope: Scope = XY if operation in NARROW or "scope" in broken else SESSION
    generation = TOP if "generation" in broken else 3
    sid = MISSING if "found" in broken else 0
    live = OwnershipCapability(generation=generation, owner_id="ann", scope=scope, session_id=0)
    ownership.next_generation = generation + 1
    ownership.next_claim_id = TOP + 1 if "claim_id" in broken else 8
    ownership.next_witness_id = TOP + 1 if "witness_id" in broken else 6

    given = replace(live, session_id=sid)
    if "honest" in broken:
        given = replace(given, scope=Fragments(("forged",)))
    if "live" in broken:
        given = replace(given, generation=2)
    pending = OwnershipReceipt(
        claim_id=7,
        from_generation=2 if "giver" in broken else generation,
        from_owner_id="ann",
        scope=X,
        session_id=sid,
        to_generation=4,
        to_owner_id="bob",
    )
    receipt = replace(pending, claim_id=6) if "match" in broken else pending
    witness = ReadinessWitness(
        generation=1 if "bound" in broken else given.generation,
        owner_id="ann",
        predicate_ref="p",
        scope=given.scope,
        session_id=sid,
        witness_id=5,
    )
    ownership.issued[4] = replace(witness, witness_id=4)
    if "issued" not in broken:
        ownership.issued[5] = replace(witness, predicate_ref="other") if "unchanged" in broken else witness
    if "unconsumed" in broken:
        ownership.consumed.add(5)

    claims = operation == "claim_ownership"
    if ("unowned" in broken) if claims else ("owned" not in broken):
        ownership.current = live
    needs_pending = operation in REFUSES_RECEIPT
    if ("staged" not in broken) if needs_pending else ("idle" in broken):
        ownership.pending = pending
    if "open" in broken:
        ownership.terminal = OwnerDied(OwnerDiedFields("zed"))
        store.set_status(session, "Cancelled")
    if "active" in broken:
        store.set_status(session, "Closed")
    made = Situation(store, sid, live, given, pending, receipt, witness, XZ if "within" in broken else X)
    if "own_edge" in broken:
        made.mutation = UpdateEdgeHandler(Edge(receiver="B", sender="A", sid=1), "h")
    if "named" in broken:
        made.dead = "bob"
    return made


def stale(s: Situation) -> Any:
    return {
        "StaleCapability": {
            "session_id": s.sid,
            "owner_id": s.capability.owner_id,
            "expected_generation": s.capability.generation,
            "actual_generation": s.live.generation,
        }
    }


def scope_violation(s: Situation, required: Scope) -> Any:
    fields = {"owner_id": "ann", "required": plain(required), "actual": plain(s.live.scope), "session_id": s.sid}
    return {"ScopeViolation": fields}


def invalid(reason: str) -> Callable[[Situation], Any]:
    return lambda s: {"InvalidWitness": {"session_id": s.sid, "witness_id": 5, "reason": reason}}


def exhausted(counter: str) -> Callable[[Situation], Any]:
    return lambda s: {"CounterExhausted": {"session_id": s.sid, "counter": counter}}


ERRORS: dict[str, Callable[[Situation], Any]] = {
    "found": lambda s: {"SessionNotFound": {"session_id": MISSING}},
    "open": lambda s: {"Terminal": {"session_id": s.sid, "reason": {"OwnerDied": {"owner_id": "zed"}}}},
    "active": lambda s: {"SessionClosed": {"session_id": s.sid}},
    "unowned": lambda s: {"AlreadyClaimed": {"session_id": s.sid, "current_owner_id": "ann"}},
    "owned": lambda s: {"Unclaimed": {"session_id": s.sid}},
    "live": stale,
    "honest": lambda s: scope_violation(s, s.capability.scope),
    "scope": lambda s: scope_violation(s, SESSION),
    "idle": lambda s: {"TransferPending": {"session_id": s.sid, "claim_id": 7}},
    "staged": lambda s: {"TransferNotPending": {"session_id": s.sid}},
    "match": lambda s: {"ReceiptMismatch": {"session_id": s.sid, "claim_id": 6}},
    "giver": lambda s: {
        "StaleCapability": {
            "session_id": s.sid,
            "owner_id": "ann",
            "expected_generation": 2,
            "actual_generation": s.live.generation,
        }
    },
    "within": lambda s: scope_violation(s, XZ),
    "generation": exhausted("generation"),
    "claim_id": exhausted("claim_id"),
    "witness_id": exhausted("witness_id"),
    "own_edge": lambda s: {"ForeignEdge": {"session_id": s.sid, "edge": {"sid": 1, "sender": "A", "receiver": "B"}}},
    "unconsumed": lambda s: {"WitnessConsumed": {"session_id": s.sid, "witness_id": 5}},
    "issued": invalid("witness was never issued"),
    "unchanged": invalid("witness payload mismatch"),
    "bound": invalid("live ownership no longer matches witness"),
    "named": lambda s: {
        "StaleCapability": {
            "session_id": s.sid,
            "owner_id": "bob",
            "expected_generation": s.live.generation,
            "actual_generation": s.live.generation,
        }
    },
}

ALWAYS_LOGGED = {
    ("commit_ownership_transfer", "staged"): "receipt is no longer pending",
    ("commit_ownership_transfer", "match"): "receipt payload mismatch",
    ("rollback_ownership_transfer", "staged"): "receipt is no longer pending",
    ("rollback_ownership_transfer", "match"): "receipt payload mismatch",
    ("consume_readiness_witness", "unconsumed"): "witness already consumed",
    ("consume_readiness_witness", "issued"): "witness was never issued",
    ("consume_readiness_witness", "unchanged"): "witness payload mismatch",
    ("consume_readiness_witness", "bound"): "live ownership no longer matches witness",
}
HARDENED_REASONS = {
    "open": "ownership terminated",
    "active": "session closed",
    "owned": "session unclaimed",
    "live": "stale capability",
    "giver": "stale capability",
    "honest": "scope mismatch",
    "scope": "scope violation",
    "staged": "receipt is no longer pending",
    "match": "receipt payload mismatch",
    "generation": "counter exhausted",
    "witness_id": "counter exhausted",
}


def rejection(s: Situation, operation: str, guard: str) -> list[Any]:
    """What a refusal by that guard logs: the starred ones of the table, and under hardened H11's."""
    reason = ALWAYS_LOGGED.get((operation, guard))
    takes_artifact = operation in REFUSES_RECEIPT or operation == "consume_readiness_witness"
    if reason is None and s.store.contract is HARDENED and takes_artifact:
        reason = HARDENED_REASONS.get(guard)
    if reason is None:
        return []
    if operation in REFUSES_RECEIPT:
        return [receipt_record(s.receipt, "Rejected", reason)]
    return [witness_record(s.witness, "Rejected", reason)]
