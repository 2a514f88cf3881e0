"""Models and stores that are wrong in what K19 to K24 say: the claims alone notice, with nothing to compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import z3

from telltale_conformance.generators.claim_programs import claim_programs
from telltale_conformance.generators.programs import generate_program
from telltale_conformance.lean_traces.programs import Program, Step
from telltale_conformance.model import mutations, ownership, witnesses
from telltale_conformance.model.errors import OwnershipError, Refused, StringError
from telltale_conformance.model.guard_table import G_IDLE, KNOWN_SESSION
from telltale_conformance.model.operations import OPERATIONS as MODEL_OPERATIONS
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import SESSION, UpdateEdgeHandler
from telltale_conformance.oracle.claims.catalogue import EXPECTED
from telltale_conformance.oracle.claims.judging import judge_claims
from telltale_conformance.oracle.lanes.claims import claims_of
from telltale_conformance.oracle.symbolic.proof.bounded import shortest_violation
from telltale_conformance.oracle.symbolic.proof.induction import find_gap
from telltale_conformance.oracle.symbolic.proof.solving import Limits
from telltale_conformance.oracle.symbolic.prove import OWNERSHIP_CLAIMS
from telltale_conformance.oracle.symbolic.statement.guards import Code
from telltale_conformance.oracle.symbolic.statement.operations import OWNERSHIP
from telltale_conformance.oracle.symbolic.statement.records import Record
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session
from telltale_conformance.oracle.symbolic.statement.step import Step as Stepped
from telltale_conformance.oracle.symbolic.statement.step import code
from telltale_conformance.oracle.symbolic.statement.terms import SESSION_SCOPE_BITS, choose, name, scope, succ, wide
from tests.oracle import wrong_references as wrong
from tests.oracle.test_symbolic_mistakes import Patch, both, guard_made, passing, post_made, step_made

NEW = ("K19", "K20", "K21", "K22", "K23", "K24")
STRANGER = 77


def result_made(op: str, change: Callable[[Any, Session, Args], Any]) -> Patch:
    """An operation that gives, logs and makes live something else than it should."""

    def changed(step: Stepped, _: Contract, s: Session, a: Args) -> Stepped:
        result = change(step.result, s, a)
        log = tuple(
            replace(entry, artifact=result) if isinstance(entry, Record) and entry.artifact is step.result else entry
            for entry in step.log
        )
        post = replace(step.post, live=choose(step.ok(), result, step.post.live))
        return replace(step, result=result, log=log, post=post)

    return step_made(op, changed)


def _refuse(step: Stepped, _: Contract, s: Session, __: Args) -> Stepped:
    """Refuse, as though no session were there."""
    return Stepped(code(Code.TERMINAL), ((z3.BoolVal(True), replace(step.failures[0][1])),), s, step.result, ())


def _by_any_owner(step: Stepped, _: Contract, s: Session, a: Args) -> Stepped:
    """Take a capability of the live generation, whoever it names; nothing is given, so nothing shows it later."""
    taken = z3.And(step.gives(Code.STALE_CAPABILITY), a.cap.generation == s.live.generation)
    failures = tuple(
        (z3.And(when, z3.Not(taken)), said) if said.code is Code.STALE_CAPABILITY else (when, said)
        for when, said in step.failures
    )
    return replace(step, code=z3.If(taken, code(Code.OK), step.code), failures=failures)


def _swapped(step: Stepped, s: Session, a: Args) -> z3.ArrayRef:
    back = z3.Concat(a.receiver, a.sender)
    stored = z3.Store(s.pair_handlers, back, a.text)
    return z3.If(a.mutation == 1, stored, step.post.pair_handlers)


STRANGER_OWNS = result_made(
    "commit_ownership_transfer",
    lambda cap, s, a: replace(cap, owner=name(STRANGER), scope=scope(SESSION_SCOPE_BITS)),
)
IDS_STAND = post_made("begin_ownership_transfer", next_claim_id=lambda step, s, a: s.next_claim_id)
ANYBODY_DIES = passing("named")
OTHER_ROLES = post_made("apply_owned_session_mutation", pair_handlers=_swapped)
REFUSES = both(*(step_made(op, _refuse) for op in OWNERSHIP))
COMBINED = both(STRANGER_OWNS, IDS_STAND, passing("scope"), ANYBODY_DIES, OTHER_ROLES)
"""The wrong model that passed every theorem and every claim up to K18."""

MISTAKES: dict[str, tuple[str, Patch]] = {
    "claim ids never advance": ("K19", IDS_STAND),
    "any receipt is the pending one": ("K19", passing("match")),
    "a receipt is matched without its claim id": (
        "K19",
        guard_made("match", lambda g, s, r: replace(g, passes=s.pending.from_owner == r.from_owner)),
    ),
    "the live scope is not looked at": ("K20", passing("scope")),
    "a set that is not empty is scope enough": (
        "K20",
        guard_made("scope", lambda g, s: replace(g, passes=s.live.scope != scope(0))),
    ),
    "a commit makes a stranger the owner": ("K21", STRANGER_OWNS),
    "a commit keeps the giver's scope": (
        "K21",
        result_made("commit_ownership_transfer", lambda cap, s, a: replace(cap, scope=s.live.scope)),
    ),
    "a commit makes a session over": (
        "K21",
        result_made("commit_ownership_transfer", lambda cap, s, a: replace(cap, sid=succ(cap.sid))),
    ),
    "an owned session is claimed": ("K21", passing("unowned")),
    "anybody reports a death": ("K22", ANYBODY_DIES),
    "the receiver of a transfer can die for the giver": (
        "K22",
        guard_made("named", lambda g, s, owner: replace(g, passes=z3.Or(g.passes, owner == s.pending.to_owner))),
    ),
    "handlers bound to other roles": ("K23", OTHER_ROLES),
    "a claim gives the whole session": (
        "K23",
        result_made("claim_ownership", lambda cap, s, a: replace(cap, scope=scope(SESSION_SCOPE_BITS))),
    ),
    "a refusal names another owner": (
        "K23",
        guard_made("unowned", lambda g, s: replace(g, fields={**g.fields, "current_owner_id": s.pending.to_owner})),
    ),
    "a witness of another predicate is consumed": ("K23", passing("unchanged")),
    "an owner is told that there is none": (
        "K23",
        guard_made("idle", lambda g, s: replace(g, code=Code.UNCLAIMED, fields={"session_id": s.sid})),
    ),
    "anybody is the owner": ("K23", step_made("validate_ownership_capability", _by_any_owner)),
    "everything is refused": ("K24", REFUSES),
    "an issued witness is not kept": ("K24", post_made("issue_readiness_witness", issued=lambda step, s, a: s.issued)),
    "a release keeps the session owned": ("K24", post_made("release_ownership", owned=lambda step, s, a: s.owned)),
}


def refuted(claim: str) -> bool:
    """Whether the claim is no longer proved, and a run from the opening breaks it."""
    stated = OWNERSHIP_CLAIMS[claim]
    if find_gap(stated, Contract.HARDENED, Limits()) is None:
        return False
    return shortest_violation(stated, Contract.HARDENED, 6, Limits()) is not None


def _first_of_each(mistakes: Mapping[str, tuple[str, Any]]) -> list[Any]:
    """Return the mistakes; of each claim the first is tried every time, the others nightly."""
    seen: set[str] = set()
    params = []
    for mistake, (claim, _) in mistakes.items():
        params.append(pytest.param(mistake, marks=[pytest.mark.nightly] if claim in seen else []))
        seen.add(claim)
    return params


@pytest.mark.parametrize("mistake", _first_of_each(MISTAKES))
def test_the_claim_alone_notices_the_mistake(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, patch = MISTAKES[mistake]
    patch(monkeypatch)
    assert refuted(claim)


def test_each_claim_has_two_mistakes() -> None:
    for mistakes in (MISTAKES, STORES):
        claims = [claim for claim, _ in mistakes.values()]
        assert all(claims.count(claim) >= 2 for claim in NEW)


def test_the_combined_wrong_model_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    COMBINED(monkeypatch)
    assert [claim for claim in NEW[:5] if refuted(claim)] == list(NEW[:5])


def test_a_witness_of_an_id_to_come_breaks_its_binding(monkeypatch: pytest.MonkeyPatch) -> None:
    """No claim that has ended issued it: none did."""

    def to_come(s: Session, a: Args) -> z3.BoolRef:
        return z3.UGE(wide(a.witness.id), s.next_witness_id)

    both(
        guard_made("issued", lambda g, s, a: replace(g, passes=z3.Or(g.passes, to_come(s, a)))),
        guard_made("unchanged", lambda g, s, a: replace(g, passes=z3.Or(g.passes, to_come(s, a)))),
    )(monkeypatch)
    assert refuted("K2")


# the same of live stores ---------------------------------------------------------------------------------------


def commit_to_stranger(store: Store, receipt: Any) -> Any:
    given = ownership.commit_ownership_transfer(store, receipt)
    session = store.sessions[receipt.session_id]
    session.ownership.current = msgspec.structs.replace(given, owner_id="stranger", scope=SESSION)
    return session.ownership.current


def begin_keeps_id(store: Store, capability: Any, new_owner_id: str, new_scope: Any) -> Any:
    given = ownership.begin_ownership_transfer(store, capability, new_owner_id, new_scope)
    store.sessions[capability.session_id].ownership.next_claim_id -= 1
    return given


def anybody_dies(store: Store, sid: int, owner_id: str) -> Any:
    session = store.sessions.get(sid)
    live = None if session is None else session.ownership.current
    return ownership.mark_owner_died(store, sid, owner_id if live is None else live.owner_id)


def binds_back(store: Store, capability: Any, mutation: Any) -> None:
    if isinstance(mutation, UpdateEdgeHandler):
        edge = mutation.edge
        back = msgspec.structs.replace(edge, sender=edge.receiver, receiver=edge.sender)
        mutation = msgspec.structs.replace(mutation, edge=back)
    mutations.apply_owned_session_mutation(store, capability, mutation)


def claim_gives_all(store: Store, sid: int, owner_id: str, scope: Any) -> Any:
    return ownership.claim_ownership(store, sid, owner_id, SESSION)


def refuses(store: Store, *given: Any) -> Any:
    raise OwnershipError(G_IDLE, {"session_id": 0, "claim_id": 1})


def refuses_in_words(store: Store, *given: Any) -> Any:
    raise StringError(KNOWN_SESSION, 0)


def consume_refused(store: Store, capability: Any, witness: Any) -> None:
    session = store.sessions.get(capability.session_id)
    if session is not None:
        session.ownership.issued.clear()
    witnesses.consume_readiness_witness(store, capability, witness)


def dies_for_the_giver(store: Store, sid: int, owner_id: str) -> Any:
    session = store.sessions.get(sid)
    pending = None if session is None else session.ownership.pending
    if session is not None and pending is not None and pending.to_owner_id == owner_id:
        owner_id = pending.from_owner_id
    return ownership.mark_owner_died(store, sid, owner_id)


def without_scope(operation: Callable[..., Any]) -> Callable[..., Any]:
    """An operation for which every live owner owns the whole session."""

    def ignores_scope(store: Store, capability: Any, given: Any) -> Any:
        session = store.sessions.get(capability.session_id)
        live = None if session is None else session.ownership.current
        if session is None or live is None:
            return operation(store, capability, given)
        whole = msgspec.structs.replace(capability, scope=SESSION) if capability == live else capability
        session.ownership.current = msgspec.structs.replace(live, scope=SESSION)
        try:
            return operation(store, whole, given)
        finally:
            session.ownership.current = live

    return ignores_scope


mutate_ignores_scope = without_scope(mutations.apply_owned_session_mutation)
issue_ignores_scope = without_scope(witnesses.issue_readiness_witness)


def rolls_back_anything(store: Store, receipt: Any) -> None:
    session = store.sessions.get(receipt.session_id)
    pending = None if session is None else session.ownership.pending
    ownership.rollback_ownership_transfer(store, receipt if pending is None else pending)


REFUSED = {name: refuses for name, known in MODEL_OPERATIONS.items() if known.errors == "ownership"}
STORES: dict[str, tuple[str, dict[str, Callable[..., Any]]]] = {
    "claim ids never advance": ("K19", {"begin_ownership_transfer": begin_keeps_id}),
    "any receipt is rolled back": ("K19", {"rollback_ownership_transfer": rolls_back_anything}),
    "witnesses for owners of fragments": ("K20", {"issue_readiness_witness": issue_ignores_scope}),
    "mutations by owners of fragments": ("K20", {"apply_owned_session_mutation": mutate_ignores_scope}),
    "a commit makes a stranger the owner": ("K21", {"commit_ownership_transfer": commit_to_stranger}),
    "a commit keeps the giver's scope": ("K21", {"commit_ownership_transfer": wrong.commit_scope_of_giver}),
    "anybody reports a death": ("K22", {"mark_owner_died": anybody_dies}),
    "the receiver can die for the giver": ("K22", {"mark_owner_died": dies_for_the_giver}),
    "handlers bound to other roles": ("K23", {"apply_owned_session_mutation": binds_back}),
    "a claim gives the whole session": ("K23", {"claim_ownership": claim_gives_all}),
    "everything is refused": ("K24", REFUSED),
    "everything is refused in words": ("K24", dict.fromkeys(REFUSED, refuses_in_words)),
    "closing is refused in words": ("K24", {"close": refuses_in_words}),
    "a fresh witness is refused": ("K24", {"consume_readiness_witness": consume_refused}),
    "a pending transfer is never committed": ("K24", {"commit_ownership_transfer": refuses}),
    "a pending transfer is never rolled back": ("K24", {"rollback_ownership_transfer": refuses}),
    "the death of the live owner is refused": ("K24", {"mark_owner_died": refuses}),
}


def _program(*steps: tuple[str, dict[str, Any]]) -> Program:
    return Program(
        contract="hardened",
        meta={},
        steps=tuple(Step(args=args, op=op, seq=seq) for seq, (op, args) in enumerate(steps)),
    )


_TRANSFER: tuple[tuple[str, dict[str, Any]], ...] = (
    ("open", {"roles": ["A", "B"], "initial_types": {}}),
    ("claim_ownership", {"sid": {"$ref": 0}, "owner_id": "a", "scope": "Session"}),
    ("begin_ownership_transfer", {"capability": {"$ref": 1}, "new_owner_id": "b", "new_scope": "Session"}),
)
TRANSFERS = (
    _program(*_TRANSFER, ("mark_owner_died", {"sid": {"$ref": 0}, "owner_id": "b"})),
    _program(
        *_TRANSFER[:2],
        ("issue_readiness_witness", {"capability": {"$ref": 1}, "predicate_ref": "p"}),
        ("consume_readiness_witness", {"capability": {"$ref": 1}, "witness": {"$ref": 2}}),
    ),
    _program(*_TRANSFER, ("rollback_ownership_transfer", {"receipt": {"$ref": 2, "set": {"to_owner_id": "c"}}})),
)


def broken_by(replaced: dict[str, Callable[..., Any]]) -> set[str]:
    """Return the claims that a store is seen to break, which no program was made for."""

    def programs() -> Iterator[tuple[str, Any]]:
        yield from claim_programs()
        yield from (("transfer", program) for program in TRANSFERS)
        for index in range(12):
            yield f"seeded {index}", generate_program(3, index, contract="hardened")

    stands = claims_of(judge_claims(wrong.WrongReference(replaced, "hardened"), programs()))
    return {claim for claim, stand in stands.items() if stand.status == "broken"}


def test_a_right_store_breaks_only_what_the_contract_breaks() -> None:
    assert broken_by({}) == {claim for claim, known in EXPECTED["hardened"].items() if known == "refuted"}


@pytest.mark.parametrize("mistake", STORES)
def test_the_monitor_alone_notices_the_store(mistake: str) -> None:
    claim, replaced = STORES[mistake]
    assert claim in broken_by(replaced)


def test_the_combined_wrong_store_breaks_what_it_is_wrong_in() -> None:
    parts = (
        {"commit_ownership_transfer": commit_to_stranger},
        {"begin_ownership_transfer": begin_keeps_id},
        {"issue_readiness_witness": issue_ignores_scope},
        {"mark_owner_died": anybody_dies},
        {"apply_owned_session_mutation": binds_back},
    )
    together = {op: function for part in parts for op, function in part.items()}
    assert set(NEW[:5]) <= broken_by(together)


def test_a_refusing_store_keeps_what_forbids_and_breaks_progress() -> None:
    broken = broken_by(REFUSED)
    assert "K24" in broken
    assert not broken & {"K1", "K2", "K4", "K6", "K7", "K9", "K20", "K22"}
    with pytest.raises(Refused):
        refuses(Store("hardened"))
