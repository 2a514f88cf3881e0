"""Guards: for every operation, contract and set of failing guards, the first in the row decides.

``ROWS`` is the column "guards" of the contract's table of ownership operations, with those of ``hardened``
marked. For every row each subset of its guards is broken in a state built for it: 2^n states per row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations
from typing import Any

import pytest
from msgspec.structs import replace

from telltale_conformance.model.contract import HARDENED, TELLTALE_17, Contract
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
    UpdateTrace,
)
from tests.model.store_world import BOTH, TOP, XY, XZ, X, do, opened, plain, receipt_record, refusal, witness_record

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


def subsets(guards: list[str]) -> Iterator[frozenset[str]]:
    return map(frozenset, chain.from_iterable(combinations(guards, n) for n in range(1, len(guards) + 1)))


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


CASES = [pytest.param(contract, name, id=f"{contract.name}-{name}") for contract in BOTH for name in ROWS]


@pytest.mark.parametrize(("contract", "operation"), CASES)
def test_with_no_guard_broken_the_operation_succeeds(contract: Contract, operation: str) -> None:
    s = situation(operation, contract)
    do(s.store, operation, *s.arguments(operation))


@pytest.mark.parametrize(("contract", "operation"), CASES)
def test_the_first_failing_guard_decides(contract: Contract, operation: str) -> None:
    guards = row(operation, contract)
    for broken in subsets(guards):
        s = situation(operation, contract, broken)
        first = next(guard for guard in guards if guard in broken)
        logs, by = rejection(s, operation, first), NAMES.get(first, f"G-{first}")
        error = refusal(s.store, operation, *s.arguments(operation), logs=logs, by=by)
        assert error == ERRORS[first](s), sorted(broken)


@pytest.mark.parametrize("operation", ROWS)
def test_telltale_17_has_none_of_the_added_guards(operation: str) -> None:
    added = frozenset(row(operation, HARDENED)) - frozenset(row(operation, TELLTALE_17))
    for broken in subsets(sorted(added)):
        s = situation(operation, TELLTALE_17, broken)
        ownership = s.session.ownership
        ownership.next_claim_id = min(ownership.next_claim_id, TOP)
        ownership.next_witness_id = min(ownership.next_witness_id, TOP)
        do(s.store, operation, *s.arguments(operation))


NOT_WALKED = {
    "owned": ("rollback_ownership_transfer", "cancel_abandoned_transfer", "fault_failed_transfer_commit"),
    "idle": (
        "validate_ownership_capability",
        "apply_owned_session_mutation",
        "issue_readiness_witness",
        "consume_readiness_witness",
        "mark_owner_died",
    ),
    "scope": (
        "release_ownership",
        "validate_ownership_capability",
        "rollback_ownership_transfer",
        "commit_ownership_transfer",
        "mark_owner_died",
    ),
    "giver": ("rollback_ownership_transfer", "cancel_abandoned_transfer", "fault_failed_transfer_commit"),
}
UNLISTED = [(guard, name) for guard, names in NOT_WALKED.items() for name in names]


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize(("guard", "operation"), UNLISTED)
def test_a_guard_that_a_row_does_not_list_is_not_walked(contract: Contract, guard: str, operation: str) -> None:
    assert guard not in row(operation, contract)
    s = situation(operation, contract, frozenset({guard}))
    do(s.store, operation, *s.arguments(operation))


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize("status", ["Active", "Draining", "Cancelled"])
@pytest.mark.parametrize("operation", ROWS)
def test_no_other_status_is_a_guard(contract: Contract, operation: str, status: Any) -> None:
    s = situation(operation, contract)
    s.session.status = status
    do(s.store, operation, *s.arguments(operation))


LIVE_USERS = [name for name in ROWS if " live" in ROWS[name]]


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize("operation", LIVE_USERS)
@pytest.mark.parametrize(
    "forged",
    [{"owner_id": "bob"}, {"generation": 4}, {"generation": 0}, {"owner_id": "bob", "generation": 2}, {"owner_id": ""}],
    ids=str,
)
def test_live_compares_owner_and_generation(contract: Contract, operation: str, forged: dict[str, Any]) -> None:
    s = situation(operation, contract)
    s.capability = replace(s.capability, **forged)
    logs = rejection(s, operation, "live")
    assert refusal(s.store, operation, *s.arguments(operation), logs=logs) == stale(s)


@pytest.mark.parametrize("operation", LIVE_USERS)
def test_under_telltale_17_the_scope_of_the_given_capability_is_not_compared(operation: str) -> None:
    s = situation(operation, TELLTALE_17, frozenset({"honest"}))
    do(s.store, operation, *s.arguments(operation))


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize("operation", REFUSES_RECEIPT)
@pytest.mark.parametrize(
    "forged",
    [
        {"claim_id": 8},
        {"from_generation": 2},
        {"from_owner_id": "eve"},
        {"to_generation": 5},
        {"to_owner_id": "eve"},
        {"scope": SESSION},
        {"scope": XY},
    ],
    ids=str,
)
def test_match_compares_every_field_of_the_receipt(contract: Contract, operation: str, forged: dict[str, Any]) -> None:
    s = situation(operation, contract)
    s.receipt = replace(s.receipt, **forged)
    error = refusal(s.store, operation, *s.arguments(operation), logs=rejection(s, operation, "match"))
    assert error == {"ReceiptMismatch": {"session_id": 0, "claim_id": s.receipt.claim_id}}


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
def test_a_receipt_naming_another_session_is_judged_there(contract: Contract) -> None:
    s = situation("commit_ownership_transfer", contract)
    elsewhere = replace(s.receipt, session_id=1)
    logs = [receipt_record(elsewhere, "Rejected", "receipt is no longer pending")]
    error = refusal(s.store, "commit_ownership_transfer", elsewhere, logs=logs)
    assert error == {"TransferNotPending": {"session_id": 1}}
    assert s.store.sessions[1].log[-1].event == "Rejected"


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
def test_the_last_check_of_commit_compares_the_owner_too(contract: Contract) -> None:
    s = situation("commit_ownership_transfer", contract)
    s.receipt = replace(s.receipt, from_owner_id="eve")
    s.session.ownership.pending = s.receipt
    error = refusal(
        s.store, "commit_ownership_transfer", s.receipt, logs=rejection(s, "commit_ownership_transfer", "giver")
    )
    fields = {"session_id": 0, "owner_id": "eve", "expected_generation": 3, "actual_generation": 3}
    assert error == {"StaleCapability": fields}


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize(
    "forged",
    [
        {"generation": 2},
        {"owner_id": "eve"},
        {"predicate_ref": "q"},
        {"scope": XY},
        {"session_id": 1},
    ],
    ids=str,
)
def test_a_witness_is_compared_in_every_field(contract: Contract, forged: dict[str, Any]) -> None:
    s = situation("consume_readiness_witness", contract)
    s.witness = replace(s.witness, **forged)
    logs = rejection(s, "consume_readiness_witness", "unchanged")
    error = refusal(s.store, "consume_readiness_witness", s.capability, s.witness, logs=logs)
    assert error == invalid("witness payload mismatch")(s)


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
@pytest.mark.parametrize(
    "bound_to", [{"generation": 2}, {"owner_id": "eve"}, {"scope": XY}, {"session_id": 1}], ids=str
)
def test_an_issued_witness_must_be_bound_to_the_given_capability(contract: Contract, bound_to: dict[str, Any]) -> None:
    s = situation("consume_readiness_witness", contract)
    s.witness = s.session.ownership.issued[5] = replace(s.witness, **bound_to)
    logs = rejection(s, "consume_readiness_witness", "bound")
    error = refusal(s.store, "consume_readiness_witness", s.capability, s.witness, logs=logs)
    assert error == invalid("live ownership no longer matches witness")(s)


@pytest.mark.parametrize("contract", BOTH, ids=lambda c: c.name)
def test_a_consumed_id_decides_alone_and_names_the_witness_s_own_session(contract: Contract) -> None:
    s = situation("consume_readiness_witness", contract, frozenset({"unconsumed"}))
    s.witness = replace(s.witness, session_id=1, owner_id="eve", generation=9, predicate_ref="q")
    logs = rejection(s, "consume_readiness_witness", "unconsumed")
    error = refusal(s.store, "consume_readiness_witness", s.capability, s.witness, logs=logs)
    assert error == {"WitnessConsumed": {"session_id": 1, "witness_id": 5}}


@pytest.mark.parametrize("edge", [("A", "B", 1), ("A", "C", 0), ("C", "A", 0), ("A", "B", TOP)], ids=str)
@pytest.mark.parametrize("kind", ["handler", "trace"])
def test_hardened_refuses_an_edge_of_another_session_or_role(edge: tuple[str, str, int], kind: str) -> None:
    s = situation("apply_owned_session_mutation", HARDENED)
    named = Edge(sender=edge[0], receiver=edge[1], sid=edge[2])
    s.mutation = UpdateEdgeHandler(named, "h") if kind == "handler" else UpdateTrace(named, ())
    error = refusal(s.store, "apply_owned_session_mutation", s.capability, s.mutation)
    assert error == {"ForeignEdge": {"session_id": 0, "edge": plain(named)}}


@pytest.mark.parametrize("granted", [SESSION, XZ, Fragments(("z",)), Fragments(("x", "y", "z"))], ids=str)
@pytest.mark.parametrize("operation", NARROW)
def test_hardened_grants_nothing_outside_the_live_scope(operation: str, granted: Scope) -> None:
    s = situation(operation, HARDENED)
    s.new_scope = granted
    assert refusal(s.store, operation, *s.arguments(operation)) == scope_violation(s, granted)


@pytest.mark.parametrize("granted", [XY, X, Fragments(()), Fragments(("y", "x", "y"))], ids=str)
@pytest.mark.parametrize("operation", NARROW)
def test_hardened_grants_all_within_the_live_scope(operation: str, granted: Scope) -> None:
    s = situation(operation, HARDENED)
    s.new_scope = granted
    assert do(s.store, operation, *s.arguments(operation)).scope == granted


@pytest.mark.parametrize("granted", [SESSION, XY, Fragments(())], ids=str)
@pytest.mark.parametrize("operation", NARROW)
def test_the_scope_session_contains_all(operation: str, granted: Scope) -> None:
    s = situation(operation, HARDENED)
    s.live = s.session.ownership.current = s.capability = replace(s.live, scope=SESSION)
    s.new_scope = granted
    assert do(s.store, operation, *s.arguments(operation)).scope == granted
