"""What the table says an operation reaches is all that it looks at and changes."""

from __future__ import annotations

import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.lean_traces.printing import encode_answer
from telltale_conformance.model.operations import step
from telltale_conformance.model.store import Store
from telltale_conformance.oracle.histories.parts import footprint, names_in, part_of, store_of
from telltale_conformance.oracle.histories.snapshots import copy, key
from tests.oracle.history_world import answer_of

KNOWN_PARTS = {
    *("archive", "contract", "ended", "next_sid", "sessions", "sids_exhausted", "timeouts"),
    "totals",  # sums over the sessions
    "unlike_reloaded",  # whatever is put in is among them
}


def test_every_part_of_a_store_has_a_name() -> None:
    assert set(Store.__slots__) == KNOWN_PARTS, "name the new part in oracle/histories/parts.py"


@pytest.mark.parametrize("contract", ["telltale-17", "hardened"])
@pytest.mark.parametrize("answer_known", [True, False])
def test_an_operation_on_its_parts_alone_is_that_on_the_whole_store(contract: str, answer_known: bool) -> None:
    reached = set()
    for index in range(20):
        store = Store(contract)
        for made in Generator(5, index, contract=contract).steps(60):
            operation, arguments = made.operation, made.arguments
            answer = answer_of(made.outcome, audited=True) if answer_known else None
            names = footprint(operation, arguments, answer).names
            reached.add(operation.reach)
            before = {name: key(part_of(store, name)) for name in names_in(store)}
            within = names_in(store) if names is None else names
            alone = store_of(store.contract, [(name, copy(part_of(store, name))) for name in within])
            outcome = step(alone, operation, arguments)
            assert encode_answer(step(store, operation, arguments), audited=True) == encode_answer(
                outcome, audited=True
            )
            for name in names_in(store) | before.keys():
                now = key(part_of(store, name))
                if names is None or name in names:
                    assert key(part_of(alone, name)) == now, (operation.name, name)
                else:
                    assert before.get(name) == now, (operation.name, name)
    assert reached >= {"nothing", "session", "opening", "listed", "archive", "sessions", "runtime", "next sid"}
