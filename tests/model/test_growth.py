"""What grows in a store: every field of the state is listed, and the table says what makes it greater."""

from collections import defaultdict
from dataclasses import fields

import pytest

from telltale_conformance.generators.programs import Generator
from telltale_conformance.generators.pump_programs import PumpProgram
from telltale_conformance.generators.pumps import pumped
from telltale_conformance.generators.tried import ALL_OPERATIONS
from telltale_conformance.model.buffers import Buffer
from telltale_conformance.model.clock import Timeouts
from telltale_conformance.model.growth import GROWING, NOT_GROWING, grown
from telltale_conformance.model.operations import OPERATIONS, Operation, Outcome, step
from telltale_conformance.model.state import Ownership, Session
from telltale_conformance.model.store import Store

ALL = ALL_OPERATIONS


def test_every_field_of_the_state_grows_or_is_said_not_to() -> None:
    found = {f"{kind.__name__}.{name}" for kind in (Store, Timeouts, Buffer) for name in kind.__slots__}
    found |= {f"{kind.__name__}.{field.name}" for kind in (Session, Ownership) for field in fields(kind)}
    assert found == {*GROWING, *NOT_GROWING}
    assert not NOT_GROWING.keys() & GROWING


def test_operations_make_greater_what_their_rows_say_and_nothing_else() -> None:
    seen: defaultdict[str, set[str]] = defaultdict(set)

    for contract in ("telltale-17", "hardened"):
        programs = [Generator(5, index, contract=contract) for index in range(60)]
        pumps = [PumpProgram(case, 0, ALL, contract) for case in pumped((17,), ALL)]
        for program in (*programs, *pumps):
            store = Store(contract)
            for made in program.steps():
                note(seen, store, made.operation, made.arguments)
    sends = {name for name in ALL if OPERATIONS[name].result == "enqueued"}
    rows = {name: set(OPERATIONS[name].grows) for name in ALL if OPERATIONS[name].grows}
    assert {name: found for name, found in seen.items() if name not in sends} == {
        name: row for name, row in rows.items() if name not in sends
    }
    for name in sends:  # they have one row, and few programs fill a buffer with the rarer ones
        assert seen[name] <= rows[name] == set().union(*(seen[other] for other in sends))


def note(
    seen: defaultdict[str, set[str]], store: Store, operation: Operation, arguments: tuple[object, ...]
) -> Outcome:
    """Carry out a step, and note what it made greater where it succeeded."""
    sid = operation.sid_of(arguments) if operation.sid_of and operation.gives != "session" else -1
    before = grown(store, sid)
    outcome = step(store, operation, arguments)
    if outcome.error is None:
        after = grown(store, sid)
        seen[operation.name] |= {name for name, value in before.items() if after.get(name, 0) > value}
        if not seen[operation.name]:
            del seen[operation.name]
    return outcome


def test_how_far_a_field_has_come_is_its_number_or_its_size() -> None:
    computed = {"Ownership.current", "Buffer.messages", "Buffer.capacity"}
    seen = set[str]()
    for index in range(8):
        generator = Generator(5, index)
        for _ in generator.steps(40):
            store = generator.store
            for sid, session in store.sessions.items():
                come = grown(store, sid)
                assert [*come] == [*GROWING]
                parts = {"Store": store, "Timeouts": store.timeouts, "Session": session, "Ownership": session.ownership}
                for name in come.keys() - computed:
                    part, field = name.split(".")
                    value = getattr(parts[part], field)
                    assert come[name] == (value if isinstance(value, int) else len(value)), name
                owner, buffers = session.ownership.current, session.buffers.values()
                assert come["Ownership.current"] == (owner.generation if owner else 0)
                assert come["Buffer.messages"] == session.buffered_messages()
                assert come["Buffer.capacity"] == max((buffer.capacity for buffer in buffers), default=0)
                seen.update(name for name, value in come.items() if value)
    assert len(seen) > 18


@pytest.mark.parametrize("name", GROWING)
def test_something_makes_it_greater(name: str) -> None:
    assert [operation.name for operation in OPERATIONS.values() if name in operation.grows]
