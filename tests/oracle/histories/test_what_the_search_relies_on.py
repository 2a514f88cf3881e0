"""What the search takes for granted of the reference: refusals that change nothing, copies that share nothing."""

from __future__ import annotations

from random import Random

import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.lean_traces.printing import as_json
from telltale_conformance.model.operations import step
from telltale_conformance.model.store import Store
from telltale_conformance.model.values import AuditRecord, CapabilityArtifact, OwnershipCapability
from telltale_conformance.oracle.histories.logs import Tail, certain_log
from telltale_conformance.oracle.histories.parts import names_in, part_of
from telltale_conformance.oracle.histories.snapshots import copied_session, copy, key
from telltale_conformance.oracle.verdict.compare import error_variant


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
def test_whether_a_refusal_writes_a_record_is_in_its_answer(contract: str) -> None:
    """So a refused operation that changed nothing at one place changes nothing at any."""
    seen: dict[tuple[str, str], set[bool]] = {}
    for index in range(60):
        for made in Generator(2, index, contract=contract).steps(60):
            if made.outcome.error is not None:
                variant = error_variant(as_json(made.outcome.error.to_json()))
                if made.operation.subject is not None:
                    seen.setdefault((made.operation.name, variant), set()).add(bool(made.outcome.audit))
    assert len(seen) > 30
    assert {case: records for case, records in seen.items() if len(records) > 1} == {}


def test_a_copy_shares_nothing_that_changes() -> None:
    for index in range(10):
        store = Store("telltale-17")
        for made in Generator(3, index).steps(50):
            before = {name: key(part_of(store, name)) for name in names_in(store)}
            copies = {name: copy(part_of(store, name)) for name in names_in(store)}
            assert {name: key(part) for name, part in copies.items()} == before
            step(store, made.operation, made.arguments)
            assert {name: key(part) for name, part in copies.items()} == before


def test_what_cannot_be_copied_safely_is_refused() -> None:
    with pytest.raises(TypeError, match="how to copy"):
        copy(Random(0))


def record(number: int) -> AuditRecord:
    capability = OwnershipCapability(generation=number, owner_id="a", scope="Session", session_id=0)
    return AuditRecord(CapabilityArtifact(capability), "Issued")


def test_logs_in_any_order_are_every_order_and_no_other() -> None:
    a, b, c, d = (record(number) for number in range(4))
    base = certain_log([a])
    two = base.grown([b]).grown([c]).either(base.grown([c]).grown([b]))
    whole = two.grown([d])
    assert not whole.certain
    assert {tuple(log) for log in whole.all()} == {(a, b, c, d), (a, c, b, d)}
    for order in ([a, b, c, d], [a, c, b, d]):
        assert whole.matching(as_json(order)) == order
    for order in ([a, b, d, c], [a, b, c], [b, a, c, d], [a, b, c, d, d]):
        assert whole.matching(as_json(order)) is None
    assert base.grown([b]) is base.grown([b])
    assert base.grown([b]).settled() == [a, b]


def test_a_session_is_copied_without_its_log() -> None:
    store = Store("telltale-17")
    for made in Generator(1, 1).steps(40):
        step(store, made.operation, made.arguments)
    session = max(store.sessions.values(), key=lambda one: len(one.log))
    other = copied_session(session)
    assert isinstance(other.log, Tail)
    assert len(other.log) == len(session.log) > 0
    other.log.append(record(1))
    assert len(other.log) == len(session.log) + 1
