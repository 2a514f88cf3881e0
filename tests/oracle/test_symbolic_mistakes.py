"""Seeded mistakes: one symbolic rule changed at a time; the comparison with the reference, or a claim, notices."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import z3

from telltale_conformance.oracle.claims.catalogue import EXPECTED
from telltale_conformance.oracle.symbolic.agreement.compiled import compiled
from telltale_conformance.oracle.symbolic.prove import prove
from telltale_conformance.oracle.symbolic.statement import contract as rules
from telltale_conformance.oracle.symbolic.statement import guards
from telltale_conformance.oracle.symbolic.statement.guards import Code, Guard
from telltale_conformance.oracle.symbolic.statement.operations import OPERATIONS
from telltale_conformance.oracle.symbolic.statement.records import Event, Record
from telltale_conformance.oracle.symbolic.statement.state import Args, Contract, Session, Status, status
from telltale_conformance.oracle.symbolic.statement.step import Step
from telltale_conformance.oracle.symbolic.statement.terms import TRUE, counter, u64
from tests.oracle.agreeing import CONTRACTS, on_every_situation, on_host_calls, on_parts, on_some_situations

Patch = Callable[[pytest.MonkeyPatch], None]


def passing(name: str) -> Patch:
    """A guard that lets everything pass."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        right = getattr(guards, name)
        monkeypatch.setattr(guards, name, lambda *args, **more: replace(right(*args, **more), passes=TRUE))

    return patch


def guard_made(name: str, change: Callable[..., Guard]) -> Patch:
    """A guard that is changed, given what it was made from."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        right = getattr(guards, name)
        monkeypatch.setattr(guards, name, lambda *args, **more: change(right(*args, **more), *args))

    return patch


def step_made(op: str, change: Callable[[Step, Contract, Session, Args], Step]) -> Patch:
    """An operation whose step is changed where it succeeds."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        right = OPERATIONS[op]

        def wrong(contract: Contract, s: Session, a: Args) -> Step:
            return change(right.step(contract, s, a), contract, s, a)

        monkeypatch.setitem(OPERATIONS, op, right._replace(step=wrong))

    return patch


def post_made(op: str, **changes: Callable[[Step, Session, Args], Any]) -> Patch:
    """An operation after whose success some fields of the state are wrong."""

    def change(step: Step, _: Contract, s: Session, a: Args) -> Step:
        fields = {key: z3.If(step.ok(), wrong(step, s, a), getattr(step.post, key)) for key, wrong in changes.items()}
        return replace(step, post=replace(step.post, **fields))

    return step_made(op, change)


def rule(module: Any, name: str, wrong: Callable[..., Any]) -> Patch:
    """A small rule replaced."""
    return lambda monkeypatch: monkeypatch.setattr(module, name, wrong)


def both(*patches: Patch) -> Patch:
    """Several changes together."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        for one in patches:
            one(monkeypatch)

    return patch


def without_records(event: Event) -> Callable[[Step, Contract, Session, Args], Step]:
    """The log of a step lacks the records of one event."""

    def change(step: Step, *_: Any) -> Step:
        kept = tuple(entry for entry in step.log if not (isinstance(entry, Record) and entry.event is event))
        return replace(step, log=kept)

    return change


def swapped(op: str) -> Patch:
    """The log of a step in another order."""
    return step_made(op, lambda step, *_: replace(step, log=step.log[::-1]))


MISTAKES: dict[str, Patch] = {
    "live owner not compared": guard_made(
        "live", lambda g, s, cap: replace(g, passes=cap.generation == s.live.generation)
    ),
    "live generation not compared": guard_made("live", lambda g, s, cap: replace(g, passes=cap.owner == s.live.owner)),
    "terminal reason not looked at": passing("open"),
    "closed not looked at (H8)": passing("active"),
    "pending transfer not looked at": passing("idle"),
    "receipt compared without its scope": guard_made(
        "match", lambda g, s, r: replace(g, passes=z3.And(s.pending.claim_id == r.claim_id, s.pending.sid == r.sid))
    ),
    "given scope not compared (H5)": passing("honest"),
    "live scope not looked at": passing("scope"),
    "new scope may exceed (H3, H4)": passing("within"),
    "counter wraps around (H2)": passing("counter"),
    "foreign edges taken (H15)": passing("own_edge"),
    "consumed ids forgotten": passing("unconsumed"),
    "witness payload not compared": passing("unchanged"),
    "witness not bound to the capability": passing("bound"),
    "stale error names the live owner": guard_made(
        "live", lambda g, s, cap: replace(g, fields={**g.fields, "owner_id": s.live.owner})
    ),
    "unclaimed reported as stale": guard_made("owned", lambda g, s: replace(g, code=Code.TERMINAL)),
    "refusals logged under another reason (H11)": guard_made("open", lambda g, s: replace(g, rejected="terminated")),
    "generation starts with one": rule(
        rules,
        "claim_generation",
        lambda contract, s: z3.Extract(63, 0, s.next_generation) if contract is Contract.HARDENED else u64(1),
    ),
    "generations restart after release (H1)": rule(rules, "claim_generation", lambda contract, s: u64(0)),
    "attenuation does not saturate": rule(
        rules,
        "attenuated_generation",
        lambda contract, s, g: z3.Extract(63, 0, s.next_generation) if contract is Contract.HARDENED else g + 1,
    ),
    "ids do not saturate": rule(rules, "spend", lambda contract, ids: ids + 1),
    "witnesses outlive their generation (H9)": both(
        rule(rules, "endings", lambda contract, s, when=TRUE: []),
        rule(rules, "surviving", lambda contract, s, when=TRUE: s.issued),
    ),
    "release keeps the owner": post_made("release_ownership", owned=lambda step, s, a: s.owned),
    "commit keeps the receipt pending": post_made("commit_ownership_transfer", staged=lambda step, s, a: s.staged),
    "rollback ends ownership": post_made("rollback_ownership_transfer", owned=lambda step, s, a: z3.BoolVal(False)),
    "cancellation faults": post_made("cancel_abandoned_transfer", status=lambda step, s, a: status(Status.FAULTED)),
    "fault uses a witness id": post_made(
        "fault_failed_transfer_commit", next_witness_id=lambda step, s, a: s.next_witness_id + counter(1)
    ),
    "issuing forgets the witness": post_made("issue_readiness_witness", issued=lambda step, s, a: s.issued),
    "close does not count an epoch": post_made("close", epoch=lambda step, s, a: s.epoch),
    "close keeps edge traces": post_made("close", edge_traces=lambda step, s, a: s.edge_traces),
    "reaping takes active sessions": post_made("reap_sessions", exists=lambda step, s, a: z3.BoolVal(False)),
    "commit's records in another order": swapped("commit_ownership_transfer"),
    "owner death logs no cancellation": step_made("mark_owner_died", without_records(Event.ISSUED)),
    "refused receipt not logged": step_made("rollback_ownership_transfer", without_records(Event.REJECTED)),
    "resize passes its maximum (H12)": rule(
        rules,
        "grown",
        lambda contract, capacity, most: z3.If(z3.UGE(capacity, u64(1 << 63)), u64(2**64 - 1), capacity * 2),
    ),
    "resize adds one": rule(rules, "grown", lambda contract, capacity, most: capacity + 1),
    "session ids reused (H7)": rule(rules, "may_open_with", lambda *_: TRUE),
}


LATE = {
    "new scope may exceed (H3, H4)",
    "witness not bound to the capability",
    "resize passes its maximum (H12)",
    "may_attenuate",
    "may_transfer",
    "grown",
}
"""What only many situations show: mistakes, and rules that are left out."""


def late_nightly(names: Iterable[str]) -> list[Any]:
    """Return names as parameters, those that show late for the nightly run."""
    return [pytest.param(name, marks=[pytest.mark.nightly] if name in LATE else []) for name in names]


@pytest.fixture(autouse=True)
def _compiled_anew() -> Iterator[None]:
    compiled.cache_clear()
    yield
    compiled.cache_clear()


def noticed(contracts: Sequence[str] = CONTRACTS) -> bool:
    """Whether the comparison with the reference shows the mistake: in few situations, in more, or else in all."""
    return (
        in_situations(contracts, 8)
        or in_parts_and_host_calls(contracts, rounds=6, every=25)
        or in_situations(contracts, 24)
        or in_parts_and_host_calls(contracts, rounds=30, every=5)
        or in_situations(contracts, 60)
        or any(on_every_situation(contract, seed=1)[1] is not None for contract in contracts)
    )


def in_situations(contracts: Sequence[str], number: int) -> bool:
    """Whether so many situations of each operation show it."""
    return any(on_some_situations(contract, seed=1, number=number) is not None for contract in contracts)


def in_parts_and_host_calls(contracts: Sequence[str], rounds: int, every: int) -> bool:
    """Whether buffers and session ids show it, or every so manyth host call."""
    calls = (on_host_calls(contract, seed=1, every=every)[1] for contract in contracts)
    return on_parts(seed=1, rounds=rounds) is not None or any(found is not None for found in calls)


def test_nothing_is_noticed_without_a_mistake() -> None:
    assert not in_situations(CONTRACTS, 60)
    assert not in_parts_and_host_calls(CONTRACTS, rounds=30, every=5)


@pytest.mark.parametrize("mistake", late_nightly(MISTAKES))
def test_the_comparison_notices(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MISTAKES[mistake](monkeypatch)
    assert noticed()


@pytest.mark.parametrize(
    ("mistake", "contract", "claim"),
    [
        ("closed not looked at (H8)", "hardened", "K11"),
        ("given scope not compared (H5)", "hardened", "K6"),
        ("new scope may exceed (H3, H4)", "hardened", "K4"),
        ("foreign edges taken (H15)", "hardened", "K17"),
        ("generations restart after release (H1)", "hardened", "K1"),
        ("witnesses outlive their generation (H9)", "hardened", "K12-witness"),
        ("terminal reason not looked at", "telltale-17", "K9"),
        ("pending transfer not looked at", "telltale-17", "K7"),
        ("resize passes its maximum (H12)", "hardened", "K14"),
        ("session ids reused (H7)", "hardened", "K10"),
    ],
)
def test_the_claim_that_a_rule_serves_notices_too(
    mistake: str, contract: str, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    MISTAKES[mistake](monkeypatch)
    found = prove(claim, Contract(contract)).finding
    assert found.status != EXPECTED[contract].get(claim, "proved")
    assert found.status in ("spurious", "refuted"), found


RULES = [
    name
    for name, function in inspect.getmembers(rules, inspect.isfunction)
    if function.__module__ == rules.__name__ and "contract" in inspect.signature(function).parameters
]


@pytest.mark.parametrize("name", late_nightly(RULES))
def test_a_rule_of_hardened_that_is_left_out_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = getattr(rules, name)
    monkeypatch.setattr(rules, name, lambda contract, *given: right(Contract.TELLTALE_17, *given))
    assert noticed([Contract.HARDENED.value])


def test_at_least_twenty_mistakes() -> None:
    assert len(MISTAKES) >= 20
